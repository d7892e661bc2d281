"""Merges several key ranges into one ordered stream, in either direction, from any position."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from pynamodb_grid.listing.bounds import Bounds, order_value
from pynamodb_grid.listing.reader import Reader
from pynamodb_grid.listing.routes import Partition, Route
from pynamodb_grid.listing.schema import Item, Position, Schema

Anchor = tuple[Any, ...]
"""A row in a merged list: partition number, then its Position."""

_MAX_BATCH = 500


class Stream:
    """Reads one partition in batches, remembering where an unread rest would continue."""

    def __init__(self, schema: Schema, route: Route, number: int, forward: bool) -> None:
        """Begin at the partition's end that forward implies."""
        self._schema, self._route = schema, route
        self._partition: Partition = route.partitions[number]
        self.number, self._forward = number, forward
        self.bounds = self._partition.bounds
        self.buffer: deque[tuple[Any, Item]] = deque()
        self.done = self.bounds.empty
        self.filled = False
        self.selective = bool(route.filters or route.checks)
        self.evaluated, self.matched = 0, 0
        self._start: Item | None = None  # where the next batch begins
        self._resume: Position | None = None  # what to continue after, if the page ended now

    def start_after(self, position: Position) -> None:
        """Continue after a row of this partition."""
        self._start = self._schema.start_key(position, self._route.keys, self._partition.hash)
        self._resume = position

    def clip(self, bounds: Bounds) -> None:
        """Narrow the range, to begin beside a row of another partition."""
        self.bounds = bounds
        self.done = bounds.empty

    def fill(self, reader: Reader, limit: int) -> None:
        """Read one batch of up to limit items."""
        if self._start is not None and self.filled:
            self._resume = self._schema.position(self._start, self._route.keys)
        before = reader.scanned
        items, self._start = reader.query(
            self._route.keys,
            self._partition.hash,
            self.bounds,
            start=self._start,
            forward=self._forward,
            limit=limit,
            consistent=self._route.plan.consistent,
        )
        self.filled = True
        self.done = self._start is None
        self.evaluated += reader.scanned - before
        self._keep(items)

    def _keep(self, items: list[Item]) -> None:
        keys, checks, prefix = self._route.keys, self._route.checks, len(self._partition.prefix)
        excluded = {order_value(self.bounds.kind, text) for text in self.bounds.excluded}
        tests = [(self._schema.attr_name(t.field), t) for t in checks]
        for item in items:
            value = None
            if keys.range_name:
                kind, text = next(iter(item[keys.range_name].items()))
                if excluded and order_value(kind, text) in excluded:
                    continue
                value = order_value(kind, text[prefix:])
            if all(term.holds(item.get(name)) for name, term in tests):
                self.buffer.append((value, item))
        self.matched += len(self.buffer)

    def take(self) -> Item:
        """Hand over the next row."""
        self._resume = None  # the page's anchor is this row or a later one
        return self.buffer.popleft()[1]

    @property
    def resume(self) -> Position | bool | None:
        """Says where to continue: after a position, nowhere (False), or wherever the anchor says (None)."""
        if not self.buffer:
            if self.done:
                return False
            if self._start is not None and self.filled:
                return self._schema.position(self._start, self._route.keys)
        return self._resume


def open_streams(
    schema: Schema, route: Route, forward: bool, anchor: Anchor | None, positions: Sequence[Any] | None
) -> list[Stream]:
    """Place every partition beside the anchor, or further if a capped page has already read beyond it."""
    streams = [Stream(schema, route, number, forward) for number in range(len(route.partitions))]
    for stream in streams:
        position = positions[stream.number] if positions else None
        if position is False:
            stream.done = True
        elif position is not None and not _is_behind(stream, route, forward, position, anchor):
            stream.start_after(tuple(position))
        elif anchor is not None:
            _place(stream, route, forward, anchor)
    return streams


def _is_behind(
    stream: Stream, route: Route, forward: bool, position: Sequence[Any], anchor: Anchor | None
) -> bool:
    """Tell whether a position lies before the anchor, so that rows inserted between them would be out of order."""
    if anchor is None or anchor[0] == stream.number or anchor[1] is None:
        return False
    kind, own, other = stream.bounds.kind, route.partitions[stream.number], route.partitions[anchor[0]]
    at = (order_value(kind, position[0][len(own.prefix) :]), stream.number)
    last = (order_value(kind, anchor[1][len(other.prefix) :]), anchor[0])
    return at < last if forward else at > last


def _place(stream: Stream, route: Route, forward: bool, anchor: Anchor) -> None:
    """Begin right after the anchor row: rows are ordered by (sort value, partition number)."""
    number, position = anchor[0], tuple(anchor[1:])
    if stream.number == number:
        stream.start_after(position)
        return
    if position[0] is None:  # no range key: partitions follow one another
        stream.done = stream.done or (stream.number > number) is not forward
        return
    own, other = route.partitions[stream.number], route.partitions[number]
    value = own.prefix + position[0][len(other.prefix) :]
    open_ = (stream.number < number) is forward
    stream.clip(
        stream.bounds.above(value, open_=open_) if forward else stream.bounds.below(value, open_=open_)
    )


class Merge:
    """Draws rows from the streams in order, within a budget of evaluated items (None: unlimited)."""

    def __init__(
        self, reader: Reader, streams: list[Stream], forward: bool, want: int, budget: int | None
    ) -> None:
        """Expect to be asked for `want` rows."""
        self._reader, self._streams, self._forward = reader, streams, forward
        self._want, self._budget = want, budget
        self.capped = False

    def rows(self) -> Iterator[tuple[int, Item]]:
        """Yield (partition number, row) until the end, or until `capped`."""
        taken = 0
        while self._fill(self._want - taken):
            heads = [s for s in self._streams if s.buffer]
            if not heads:
                return
            stream = heads[0]
            if len(heads) > 1:
                pick = min if self._forward else max
                stream = pick(heads, key=_head)
            yield stream.number, stream.take()
            taken += 1

    def _fill(self, missing: int) -> bool:
        """Give every unfinished stream a head; False when the budget ends before that."""
        for stream in self._streams:
            while not stream.buffer and not stream.done:
                left = None if self._budget is None else self._budget - self._reader.scanned
                # Each stream may read once on every page, so that a capped page always makes progress.
                if left is not None and left <= 0 and stream.filled:
                    self.capped = True
                    return False
                stream.fill(self._reader, self._limit(stream, missing, left))
        return True

    def _limit(self, stream: Stream, missing: int, left: int | None) -> int:
        count = len(self._streams)
        share = missing if count == 1 else missing * 13 // (10 * count) + 2
        if stream.selective and not stream.evaluated:
            share *= 2
        if stream.evaluated:
            hits = max(stream.matched / stream.evaluated, 0.02)
            share = int(share / hits * 1.2) + 1
        share = max(1, min(share, _MAX_BATCH))
        return share if left is None else max(1, min(share, left))


def _head(stream: Stream) -> tuple[Any, int]:
    return stream.buffer[0][0], stream.number
