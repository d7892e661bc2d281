"""Chooses the plan for a request: index, then small set, then columnar copy."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from pynamodb_grid.listing.listing_errors import BadRequest, Unservable
from pynamodb_grid.listing.plans import IndexPlan, Partitioned, Plan, Prefixed, SmallTable, known_values
from pynamodb_grid.listing.request import Conditions, Sort
from pynamodb_grid.listing.routes import Matcher, Route
from pynamodb_grid.listing.schema import Item, Schema
from pynamodb_grid.listing.terms import Term, build_terms

Implied = Callable[[Conditions], Conditions]
_UNSORTABLE = frozenset({"SS", "NS", "BS", "L", "M", "B", "NULL"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Is a checked request: what was asked, its terms, and what they imply."""

    conditions: Conditions
    sort: Sort | None
    terms: tuple[Term, ...]
    implied: tuple[Term, ...]
    all_conditions: Conditions

    def context(self, table: str, kind: str, route: Route | None) -> bytes:
        """Gives what a cursor is bound to: table, conditions, sort, plan family and partitions."""
        parts = [
            table,
            kind,
            sorted(repr((t.field, t.op.value, t.raws)) for t in self.terms),
            (self.sort.field, self.sort.descending) if self.sort else None,
            [route.plan.index, [(p.hash, p.prefix) for p in route.partitions]] if route else None,
        ]
        return hashlib.sha256(repr(parts).encode()).digest()


class Planner:
    """Knows a model's declared plans; reads nothing."""

    def __init__(
        self,
        schema: Schema,
        plans: Sequence[Plan],
        implied: Implied | None,
        columnar_fields: Collection[str] = (),
        sorted_by_copy: Collection[str] = (),
    ) -> None:
        """Check the declarations; KeyError or TypeError for one that does not fit the model."""
        self._schema, self._plans, self._implied = schema, tuple(plans), implied
        self._columnar_fields, self._sorted_by_copy = frozenset(columnar_fields), frozenset(sorted_by_copy)
        for plan in self._plans:
            if isinstance(plan, IndexPlan):
                _check(schema, plan)

    @property
    def small_table(self) -> SmallTable | None:
        """Finds the opt-in to whole-table reads."""
        return next((p for p in self._plans if isinstance(p, SmallTable)), None)

    def _virtual(self) -> dict[str, tuple[Any, ...]]:
        """Lists fields that exist only inside composed keys, with their known values."""
        fields: dict[str, tuple[Any, ...]] = {}
        for plan in self._plans:
            if isinstance(plan, IndexPlan):
                if isinstance(plan.hash, Partitioned) and plan.hash.field not in self._schema.attributes:
                    fields[plan.hash.field] = known_values(plan.hash.values)
                if isinstance(plan.range, Prefixed) and plan.range.prefix not in self._schema.attributes:
                    fields[plan.range.prefix] = known_values(plan.range.values)
        return fields

    def check(self, conditions: Conditions, sort: Sort | None) -> Asked:
        """Checks fields, operators and values; BadRequest names the first that cannot be used."""
        virtual = self._virtual()
        terms = build_terms(self._schema, virtual, conditions, self._columnar_fields)
        if sort is not None:
            attribute = self._schema.attributes.get(sort.field)
            if attribute is None or attribute.attr_type in _UNSORTABLE:
                raise BadRequest(f"There is no field {sort.field[:60]!r} to sort by.")
        extra = tuple(self._implied(conditions)) if self._implied else ()
        implied = build_terms(self._schema, virtual, extra) if extra else ()
        return Asked(conditions, sort, terms, implied, conditions + extra)

    def routes(self, asked: Asked) -> list[Route]:
        """Lists the index plans that can find the rows, best first: most keys used, least merging."""
        if not self._is_stored(asked):
            return []
        matcher = Matcher(self._schema, asked.terms, asked.implied, asked.sort)
        routes = []
        for plan in self._plans:
            if isinstance(plan, IndexPlan):
                small = plan.small(asked.all_conditions) if callable(plan.small) else plan.small
                route = matcher.match(plan, small)
                if route is not None:
                    routes.append(route)
        return sorted(routes, key=lambda r: (-len(r.keyed), len(r.partitions)))

    def choose_index(self, asked: Asked) -> Route | None:
        """Picks the best route whose order is the requested one."""
        return next((r for r in self.routes(asked) if r.ordered), None)

    def choose_small(self, asked: Asked) -> Route | None:
        """Picks the best route declared small enough to sort in memory."""
        return next((r for r in self.routes(asked) if r.small), None)

    def columnar_serves(self, conditions: Conditions, sort: Sort | None) -> bool:
        """Tells whether the columnar copy knows every field involved."""
        return {c.field for c in conditions} | ({sort.field} if sort else set()) <= self._columnar_fields

    def sortable(self, conditions: Conditions, *, with_copy: bool) -> set[str]:
        """Lists the fields by which a list with these conditions can be sorted, with or without the copy."""
        asked = self.check(conditions, None)
        routes = self.routes(asked)
        fields = {r.range_field for r in routes if r.range_field}
        every = {f for f, a in self._schema.attributes.items() if a.attr_type not in _UNSORTABLE}
        if any(r.small for r in routes) or self._small_table_serves(asked):
            fields |= every - self._sorted_by_copy
        if with_copy and self.columnar_serves(conditions, None):
            fields |= self._columnar_fields & every
        return fields

    def held_by(self, item: Item, term: Term) -> bool:
        """Tells whether a row read from the table matches a term; what only the copy knows counts as matched."""
        if term.field in self._schema.attributes:
            return term.holds(item.get(self._schema.attr_name(term.field)))
        prefixed = self._prefixed(term.field)
        if prefixed is None:
            return True
        text = item[self._schema.keys_of(prefixed.index).range_name or ""]["S"]
        return term.holds({"S": text.partition(_range(prefixed).separator)[0]})

    def attributes_of(self, term: Term) -> set[str]:
        """Names the stored attributes that held_by reads."""
        if term.field in self._schema.attributes:
            return {self._schema.attr_name(term.field)}
        prefixed = self._prefixed(term.field)
        return {self._schema.keys_of(prefixed.index).range_name or ""} if prefixed else set()

    def _prefixed(self, field: str) -> IndexPlan | None:
        """Finds a plan in whose composed keys a field stands in front."""
        plans = (p for p in self._plans if isinstance(p, IndexPlan) and isinstance(p.range, Prefixed))
        return next((p for p in plans if _range(p).prefix == field), None)

    def _is_stored(self, asked: Asked) -> bool:
        """Tells whether the table itself knows all that is asked; some things only the copy knows."""
        known = self._schema.attributes.keys() | self._virtual().keys()
        return all(t.field in known for t in asked.terms) and (
            asked.sort is None or asked.sort.field not in self._sorted_by_copy
        )

    def _small_table_serves(self, asked: Asked) -> bool:
        return self.small_table is not None and all(t.field in self._schema.attributes for t in asked.terms)

    def uses_small_table(self, asked: Asked) -> bool:
        """Tells whether a whole-table read is declared, and can evaluate every condition and the sort."""
        return self._small_table_serves(asked) and self._is_stored(asked)

    def unservable(self, asked: Asked, *, with_copy: bool) -> Unservable:
        """Explains what would make the request servable."""
        name = self._schema.model.__name__
        sorts = sorted(self.sortable(asked.conditions, with_copy=with_copy))
        if asked.sort is not None and sorts:
            return Unservable(
                f"{name} with these filters cannot be sorted by {asked.sort.field}. It can be sorted by: "
                f"{', '.join(sorts)}."
            )
        keys = [p.hash.field for p in self._plans if isinstance(p, IndexPlan)]
        return Unservable(
            f"No index of {name} answers these filters. Filter on one of: {', '.join(dict.fromkeys(keys))}."
        )


def _range(plan: IndexPlan) -> Prefixed:
    assert isinstance(plan.range, Prefixed)  # noqa: S101  (callers choose such plans)
    return plan.range


def _check(schema: Schema, plan: IndexPlan) -> None:
    keys = schema.keys_of(plan.index)
    where = f"{schema.model.__name__}, plan on {plan.index or 'the table'}"
    if plan.range is not None and keys.range_name is None:
        raise TypeError(f"{where}: the index has no range key")
    if plan.consistent and plan.index is not None:
        raise TypeError(f"{where}: only the table itself can be read consistently")
    if plan.range is None and keys.range_name and schema.kinds[keys.range_name] not in ("S", "N"):
        raise TypeError(f"{where}: the range key must be text or number")
    fields = [] if isinstance(plan.hash, Partitioned) else [plan.hash.field]
    if plan.range is not None:
        fields.append(plan.range.field)
    for field in fields:
        if field not in schema.attributes:
            raise TypeError(f"{where}: {field!r} is not an attribute")
