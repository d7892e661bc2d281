"""Checks conditions against the model and gives them DynamoDB's form."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pynamodb.attributes import Attribute, JSONAttribute, ListAttribute, UnicodeAttribute

from pynamodb_grid.listing.bounds import order_value
from pynamodb_grid.listing.listing_errors import BadRequest
from pynamodb_grid.listing.request import Condition, Conditions, Op
from pynamodb_grid.listing.schema import Raw, Schema

MAX_CONDITIONS = 20
MAX_CHOICES = 100  # DynamoDB's limit of operands in IN
MAX_TEXT = 1024  # bytes; DynamoDB's limit of a range key
MAX_DIGITS = 38

_PRESENCE = frozenset({Op.EXISTS, Op.MISSING})
_EQUALITY = frozenset({Op.EQ, Op.NE, Op.IN, Op.NOT_IN})
_ORDER = frozenset({Op.BETWEEN, Op.GT, Op.GE, Op.LT, Op.LE})
_MANY = frozenset({Op.IN, Op.NOT_IN, Op.BETWEEN})
RANGE_OPS = frozenset({Op.EQ, Op.IN, Op.BEGINS}) | _ORDER
IMPLIES_PRESENCE = RANGE_OPS | {Op.CONTAINS, Op.EXISTS}


@dataclass(frozen=True, slots=True)
class Term:
    """Pairs a condition with its operands as raw values; virtual fields carry text operands."""

    field: str
    op: Op
    values: tuple[Any, ...]
    raws: tuple[Raw, ...]

    def holds(self, raw: Raw | None) -> bool:
        """Evaluates the term on one raw attribute value, with DynamoDB's meaning."""
        if self.op in _PRESENCE:
            return (raw is not None) is (self.op is Op.EXISTS)
        if raw is None:
            return self.op in (Op.NE, Op.NOT_IN)
        kind, text = next(iter(raw.items()))
        value = order_value(kind, text)
        operands = [order_value(k, t) for r in self.raws for k, t in r.items()]
        return bool(_COMPARE[self.op](value, operands))

    @property
    def text(self) -> str:
        """Shows the term as `field op value`."""
        if self.op in _PRESENCE:
            return f"{self.field} {self.op.value}"
        shown = ", ".join(repr(v)[:40] for v in self.values[:3]) + (", ..." if len(self.values) > 3 else "")
        return f"{self.field} {self.op.value} {shown}"


_COMPARE: dict[Op, Callable[[Any, list[Any]], bool]] = {
    Op.EQ: lambda v, o: v == o[0],
    Op.NE: lambda v, o: v != o[0],
    Op.IN: lambda v, o: v in o,
    Op.NOT_IN: lambda v, o: v not in o,
    Op.BETWEEN: lambda v, o: o[0] <= v <= o[1],
    Op.GT: lambda v, o: v > o[0],
    Op.GE: lambda v, o: v >= o[0],
    Op.LT: lambda v, o: v < o[0],
    Op.LE: lambda v, o: v <= o[0],
    Op.BEGINS: lambda v, o: v.startswith(o[0]),
    Op.CONTAINS: lambda v, o: o[0] in v,
}


def build_terms(
    schema: Schema,
    virtual: Mapping[str, Sequence[Any]],
    asked: Conditions,
    copied: Collection[str] = (),
) -> tuple[Term, ...]:
    """Checks every condition; BadRequest names the first field or value that cannot be used.

    virtual maps the fields that exist only in composed keys to their known values (empty: any text). copied names
    what a columnar copy knows beyond the model's fields, and checks itself.
    """
    if len(asked) > MAX_CONDITIONS:
        raise BadRequest(f"A list takes at most {MAX_CONDITIONS} conditions; {len(asked)} were given.")
    return tuple(_term(schema, virtual, condition, copied) for condition in asked)


def _term(
    schema: Schema, virtual: Mapping[str, Sequence[Any]], asked: Condition, copied: Collection[str]
) -> Term:
    attribute = schema.attributes.get(asked.field)
    if attribute is None and asked.field not in virtual and asked.field in copied:
        return Term(asked.field, asked.op, (asked.value,), ({"S": repr(asked.value)},))
    if attribute is None and asked.field not in virtual:
        raise BadRequest(f"There is no field {asked.field[:60]!r} to filter on.")
    if attribute is not None and asked.op not in _allowed(attribute):
        raise BadRequest(f"{asked.field} cannot be compared with {asked.op.value!r}.")
    values = _operands(asked)
    if attribute is None:
        raws = tuple(_virtual(asked, value, virtual[asked.field]) for value in values)
    else:
        raws = tuple(_encode(attribute, asked, value) for value in values)
    return Term(asked.field, asked.op, values, raws)


def _operands(asked: Condition) -> tuple[Any, ...]:
    if asked.op in _PRESENCE:
        return ()
    if asked.op not in _MANY:
        return (asked.value,)
    if isinstance(asked.value, str | bytes) or not isinstance(asked.value, Sequence | set | frozenset):
        raise BadRequest(f"{asked.field} needs a list of values.")
    values = tuple(asked.value)
    if asked.op is Op.BETWEEN and len(values) != 2:
        raise BadRequest(f"{asked.field} needs two values, from and to.")
    if not 1 <= len(values) <= MAX_CHOICES:
        raise BadRequest(f"{asked.field} takes 1 to {MAX_CHOICES} values; {len(values)} were given.")
    return values


def _allowed(attribute: Attribute[Any]) -> frozenset[Op]:
    kind = attribute.attr_type
    if isinstance(attribute, JSONAttribute):
        return _PRESENCE
    if isinstance(attribute, UnicodeAttribute):
        return frozenset(Op)
    if kind in ("S", "N"):
        return _PRESENCE | _EQUALITY | _ORDER
    if kind == "BOOL":
        return _PRESENCE | _EQUALITY
    if kind in ("SS", "NS", "L"):
        return _PRESENCE | {Op.CONTAINS}
    return _PRESENCE


def _virtual(asked: Condition, value: Any, known: Sequence[Any]) -> Raw:
    if asked.op not in _EQUALITY or (known and value not in known):
        choices = ", ".join(str(k) for k in known[:12])
        raise BadRequest(
            f"{asked.field} must be one of: {choices}." if known else f"{asked.field} takes equality only."
        )
    return {"S": str(value)}


def _encode(attribute: Attribute[Any], asked: Condition, value: Any) -> Raw:
    kind = attribute.attr_type
    if kind in ("SS", "NS", "L"):
        kind = {"SS": "S", "NS": "N"}.get(kind) or ("S" if isinstance(value, str) else "N")
        raw = value if kind == "S" else _number(asked, value)
    elif kind == "N":
        raw = attribute.serialize(_number_value(asked, value))
    elif kind == "BOOL" or isinstance(attribute, UnicodeAttribute):
        if not isinstance(value, bool if kind == "BOOL" else str):
            raise BadRequest(f"{asked.field} needs {'true or false' if kind == 'BOOL' else 'text'}.")
        raw = attribute.serialize(value)
    else:
        raw = _serialized(attribute, asked, value)
    if kind == "S":
        _check_text(asked, raw)
    return {kind: raw}


def _serialized(attribute: Attribute[Any], asked: Condition, value: Any) -> Any:
    if isinstance(attribute, ListAttribute):
        raise BadRequest(f"{asked.field} cannot be compared.")
    try:
        return attribute.serialize(value)
    except Exception as error:  # an attribute may fail in any way on a value of another type
        raise BadRequest(f"{asked.field} cannot take a value of type {type(value).__name__}.") from error


def _check_text(asked: Condition, text: Any) -> None:
    if not isinstance(text, str):
        raise BadRequest(f"{asked.field} needs text.")
    if not text:
        raise BadRequest(f"{asked.field} needs a value; it was empty.")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise BadRequest(f"{asked.field} holds characters that cannot be stored.") from None
    if size > MAX_TEXT:
        raise BadRequest(f"{asked.field} is longer than {MAX_TEXT} bytes.")


def _number_value(asked: Condition, value: Any) -> Any:
    _number(asked, value)
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _number(asked: Condition, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise BadRequest(f"{asked.field} needs a number.")
    number = (
        Decimal(str(value)) if not isinstance(value, int) or value.bit_length() < 500 else Decimal("Infinity")
    )
    if not number.is_finite() or len(number.as_tuple().digits) > MAX_DIGITS or abs(number.adjusted()) > 120:
        raise BadRequest(f"{asked.field} is a number out of range.")
    return str(number)
