"""Matches one declared index plan against conditions and sort."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import product
from typing import Any

from pynamodb_grid.listing.bounds import Bounds, order_value, successor
from pynamodb_grid.listing.plans import Fixed, IndexPlan, Partitioned, Plain, Prefixed, known_values
from pynamodb_grid.listing.request import Op, Sort
from pynamodb_grid.listing.schema import KeySchema, Raw, Schema
from pynamodb_grid.listing.terms import IMPLIES_PRESENCE, RANGE_OPS, Term

MAX_PARTITIONS = 32


@dataclass(frozen=True, slots=True)
class Partition:
    """Is one key range: a hash value, the prefix its range keys share, and the bounds within."""

    hash: Raw
    prefix: str
    bounds: Bounds

    @property
    def text(self) -> str:
        """Shows the partition as `hash/prefix`."""
        value = next(iter(self.hash.values()))
        return f"{value}/{self.prefix}" if self.prefix else str(value)


@dataclass(frozen=True, slots=True)
class Route:
    """Is a plan applied to a request: partitions to merge, filters for the server, checks for the reader.

    range_field is the field whose order the merged partitions have; ordered tells whether that is the
    requested sort.
    """

    plan: IndexPlan
    keys: KeySchema
    partitions: tuple[Partition, ...]
    filters: tuple[Term, ...]
    checks: tuple[Term, ...]
    keyed: tuple[Term, ...]
    range_field: str | None
    ordered: bool
    small: bool
    descending: bool = False

    @property
    def text(self) -> str:
        """Describes the route in one line for administrators."""
        parts = [self.plan.index or "table"]
        if self.keyed:
            parts.append("keys: " + ", ".join(t.text for t in self.keyed))
        if self.filters or self.checks:
            parts.append("filter: " + ", ".join(t.text for t in self.filters + self.checks))
        count = len(self.partitions)
        parts.append("1 partition" if count == 1 else f"{count} partitions merged")
        return "; ".join(parts)


class Matcher:
    """Tries plans against one request; asked terms must all hold, implied ones only help to find keys."""

    def __init__(
        self, schema: Schema, asked: Sequence[Term], implied: Sequence[Term], sort: Sort | None
    ) -> None:
        """Keep the request."""
        self._schema, self._asked, self._sort = schema, tuple(asked), sort
        self._all = tuple(asked) + tuple(implied)

    def match(self, plan: IndexPlan, small: bool) -> Route | None:
        """Applies a plan; None when its keys cannot answer the request."""
        keys = self._schema.keys_of(plan.index)
        hashes = self._hashes(plan.hash)
        if hashes is None:
            return None
        used = {plan.hash.field}
        ranged = self._ranges(plan.range, used)
        if ranged is None:
            return None
        partitions = tuple(
            Partition(h, prefix, bounds)
            for h, (prefix, bounds) in product(hashes, ranged)
            if not bounds.empty
        )
        filters, checks = self._residual(plan, keys, used)
        if len(partitions) > MAX_PARTITIONS or not self._visible(plan, keys, filters, used):
            return None
        field = plan.range.field if plan.range else None
        single = plan.index is None and keys.range_name is None
        ordered = self._sort is None or self._sort.field == field or (single and len(partitions) <= 1)
        descending = bool(self._sort and self._sort.descending and self._sort.field == field)
        keyed = tuple(t for t in self._all if t.field in used and t not in checks and t not in filters)
        sorts = (
            not self._sort
            or keys.projected is None
            or self._schema.attr_name(self._sort.field) in keys.projected
        )
        return Route(
            plan,
            keys,
            partitions,
            filters,
            checks,
            keyed,
            field,
            ordered,
            (small or single) and sorts,
            descending,
        )

    def _on(self, field: str) -> tuple[Term, ...]:
        return tuple(t for t in self._all if t.field == field)

    def _hashes(self, key: Fixed | Partitioned) -> list[Raw] | None:
        if isinstance(key, Fixed):
            return self._fixed(self._on(key.field))
        values = self._logical(key.field, known_values(key.values))
        if values is None:
            return None
        keys = dict.fromkeys(k for v in values for k in key.keys(v))
        return [{"N" if isinstance(k, int) else "S": str(k)} for k in keys]

    @staticmethod
    def _fixed(terms: Sequence[Term]) -> list[Raw] | None:
        """Lists the raw values that equality allows; None without an equality."""
        source = next((t for op in (Op.EQ, Op.IN) for t in terms if t.op is op), None)
        if source is None:
            return None
        unique = {str(r): r for r in source.raws}
        return [raw for raw in unique.values() if all(t.holds(raw) for t in terms)]

    def _logical(self, field: str, known: Sequence[Any]) -> list[Any] | None:
        """Lists the logical values that the terms allow; None when they cannot be enumerated."""
        terms = self._on(field)
        if not known:
            allowed = self._fixed(terms)
            values = {str(r): v for t in terms for r, v in zip(t.raws, t.values, strict=True)}
            return None if allowed is None else [values[str(r)] for r in allowed]
        attribute = self._schema.attributes.get(field)
        kind = attribute.attr_type if attribute is not None else "S"
        raws = {
            value: {kind: attribute.serialize(value) if attribute is not None else str(value)}
            for value in known
        }
        return [value for value in known if all(t.holds(raws[value]) for t in terms)]

    def _ranges(self, key: Plain | Prefixed | None, used: set[str]) -> list[tuple[str, Bounds]] | None:
        if key is None:
            return [("", Bounds())]
        terms = [t for t in self._on(key.field) if t.op in RANGE_OPS]
        if isinstance(key, Plain):
            used.add(key.field)
            kind = self._schema.attributes[key.field].attr_type
            return [("", reduce(_narrow, terms, Bounds(kind)))]
        values = self._logical(key.prefix, known_values(key.values))
        if values is None:
            return None
        used.add(key.prefix)
        prefixes = [f"{value}{key.separator}" for value in values]
        encoded = [self._in_key(key, term) for term in terms]
        return [
            (p, reduce(_narrow, [_prefixed(p, t) for t in encoded], Bounds.of_prefix(p))) for p in prefixes
        ]

    @staticmethod
    def _in_key(key: Prefixed, term: Term) -> Term:
        if key.encode is None:
            return term
        return replace(term, raws=tuple({"S": key.encode(value)} for value in term.values))

    def _residual(
        self, plan: IndexPlan, keys: KeySchema, used: set[str]
    ) -> tuple[tuple[Term, ...], tuple[Term, ...]]:
        """Splits what the keys leave over: filters for the server, and checks on the index's own keys.

        DynamoDB refuses filters on the keys of the queried index, so the reader checks those itself.
        """
        filters, checks = [], []
        for term in self._asked:
            if term.field == plan.hash.field:
                continue
            if isinstance(plan.range, Prefixed):
                if term.field == plan.range.prefix:
                    continue
                # Bounds on the composed key answer these exactly; the rest is a filter on the attribute.
                if term.field == plan.range.field and term.op in RANGE_OPS - {Op.IN}:
                    used.add(term.field)
                    continue
            elif isinstance(plan.range, Plain) and term.field == plan.range.field:
                if term.op not in RANGE_OPS - {Op.IN}:
                    checks.append(term)
                continue
            if term.field not in self._schema.attributes:
                filters.append(term)  # a virtual field outside the keys: _visible refuses it
                continue
            name = self._schema.attr_name(term.field)
            (checks if name in (keys.hash_name, keys.range_name) else filters).append(term)
        return tuple(filters), tuple(checks)

    def _visible(self, plan: IndexPlan, keys: KeySchema, filters: Sequence[Term], used: set[str]) -> bool:
        """Tells whether the index holds every row and every attribute that the answer needs."""
        attributes = self._schema.attributes
        for term in filters:
            if term.field not in attributes:
                return False
            if keys.projected is not None and attributes[term.field].attr_name not in keys.projected:
                return False
        if plan.complete is not None or plan.index is None:
            return plan.complete is not False
        fields = used | ({plan.range.field} if plan.range else set())
        nullable = [f for f in fields if f in attributes and attributes[f].null]
        return all(any(t.op in IMPLIES_PRESENCE for t in self._on(f)) for f in nullable)


def _narrow(bounds: Bounds, term: Term) -> Bounds:
    kind = bounds.kind
    texts = [r[kind] for r in term.raws]
    first = texts[0]
    if term.op is Op.BEGINS:
        return bounds.above(first).below(successor(first), open_=True)
    if term.op is Op.IN:
        ordered = sorted(texts, key=lambda text: order_value(kind, text))
        return bounds.above(ordered[0]).below(ordered[-1])
    if term.op is Op.BETWEEN:
        return bounds.above(first).below(texts[1])
    if term.op in (Op.EQ, Op.GT, Op.GE):
        bounds = bounds.above(first, open_=term.op is Op.GT)
    if term.op in (Op.EQ, Op.LT, Op.LE):
        bounds = bounds.below(first, open_=term.op is Op.LT)
    return bounds


def _prefixed(prefix: str, term: Term) -> Term:
    return replace(term, raws=tuple({"S": prefix + next(iter(r.values()))} for r in term.raws))
