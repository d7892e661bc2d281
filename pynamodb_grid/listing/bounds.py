"""A range over one sort key, as DynamoDB can express it."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

_SURROGATES = range(0xD800, 0xE000)


def order_value(kind: str, text: str) -> Any:
    """Gives what compares as DynamoDB compares keys: text by code point, numbers by value."""
    return Decimal(text) if kind == "N" else text


def successor(prefix: str) -> str | None:
    """Finds the smallest text above everything that begins with prefix; None when there is none."""
    while prefix:
        code = ord(prefix[-1]) + 1
        if code in _SURROGATES:
            code = _SURROGATES.stop
        if code <= 0x10FFFF:
            return prefix[:-1] + chr(code)
        prefix = prefix[:-1]
    return None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Holds a lower and an upper end, each inclusive or open; values are raw key texts."""

    kind: str = "S"
    low: str | None = None
    low_open: bool = False
    high: str | None = None
    high_open: bool = False

    @classmethod
    def of_prefix(cls, prefix: str) -> "Bounds":
        """Covers every text that begins with prefix."""
        return cls(low=prefix).below(successor(prefix), open_=True)

    def above(self, value: str | None, *, open_: bool = False) -> "Bounds":
        """Raises the lower end where value is higher."""
        if value is None:
            return self
        if self.low is not None:
            mine, theirs = order_value(self.kind, self.low), order_value(self.kind, value)
            if mine > theirs or (mine == theirs and (self.low_open or not open_)):
                return self
        return replace(self, low=value, low_open=open_)

    def below(self, value: str | None, *, open_: bool = False) -> "Bounds":
        """Lowers the upper end where value is lower."""
        if value is None:
            return self
        if self.high is not None:
            mine, theirs = order_value(self.kind, self.high), order_value(self.kind, value)
            if mine < theirs or (mine == theirs and (self.high_open or not open_)):
                return self
        return replace(self, high=value, high_open=open_)

    @property
    def empty(self) -> bool:
        """Tells whether nothing can lie between the ends."""
        if self.low is None or self.high is None:
            return False
        low, high = order_value(self.kind, self.low), order_value(self.kind, self.high)
        return bool(low > high or (low == high and (self.low_open or self.high_open)))

    @property
    def excluded(self) -> frozenset[str]:
        """Names the ends that BETWEEN would wrongly include, for the reader to drop."""
        if self.low is None or self.high is None:
            return frozenset()
        ends = ((self.low, self.low_open), (self.high, self.high_open))
        return frozenset(text for text, is_open in ends if is_open)

    def expression(self, name: str, values: dict[str, Any]) -> str:
        """Writes the key condition on placeholder name, adding its values; empty text when unbounded."""
        if self.low is not None:
            values[":lo"] = {self.kind: self.low}
        if self.high is not None:
            values[":hi"] = {self.kind: self.high}
        if self.low is not None and self.high is not None:
            if self.low == self.high:
                del values[":hi"]
                return f"{name} = :lo"
            return f"{name} BETWEEN :lo AND :hi"
        if self.low is not None:
            return f"{name} {'>' if self.low_open else '>='} :lo"
        if self.high is not None:
            return f"{name} {'<' if self.high_open else '<='} :hi"
        return ""
