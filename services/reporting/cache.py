"""Write the files of the columnar copy: segments from folded events, and the cache over them.

Everything streams: memory stays the same however long the ledger is.
"""
# ruff: noqa: S608 - statements are put together from this package's own names; values are parameters

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from services.reporting.reader import connect
from services.reporting.schema import (
    COUNTED,
    DIMENSIONS,
    EVENT,
    FACT,
    FAR,
    MARK,
    TICKET,
    WAITS,
    quoted,
    table,
    ticket_columns,
    typed,
    waiting_columns,
)
from services.reporting.store import File, Store

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# A checkpoint of the backlog stands at the start of every stretch of 28 days that has facts.
STRETCH = 28 * 86_400 * 1_000_000
MEMORY = ("32MB", "512MB")  # for writing the cache: what should do, and what must
ROW_GROUP = 20_480  # rows of the cache that are skipped or read together
SEGMENT_GROUP = 8_192  # rows a segment is buffered by while it is written
_DIMS = quoted(DIMENSIONS)
_FACTS = f"STRUCT({typed(FACT)})[]"
_COLUMNS = ", ".join(f"'{name}': '{kind}'" for name, kind in {**EVENT, "facts": _FACTS}.items())
_SEGMENT = f"""
COPY (SELECT * FROM read_json('{{source}}', format = 'newline_delimited', columns = {{{{{_COLUMNS}}}}},
                              maximum_object_size = 1048576))
TO '{{target}}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {SEGMENT_GROUP})
"""
_STAGE = f"""
ATTACH '{{path}}' AS stage;
{table("stage.facts", FACT)};
CREATE TABLE stage.latest (ticket_id BIGINT, version INTEGER);
CREATE VIEW staged_tickets AS SELECT {quoted(TICKET)} FROM read_parquet({{files}})
    JOIN (SELECT ticket_id, max(version) AS version FROM stage.latest GROUP BY 1) USING (ticket_id, version);
"""
_STAGE_FILE = (
    f"INSERT INTO stage.facts SELECT {quoted(FACT, 'fact.')} "
    "FROM (SELECT unnest(facts) AS fact FROM read_parquet(?))",
    "INSERT INTO stage.latest SELECT ticket_id, max(version) FROM read_parquet(?) GROUP BY 1",
)
_NEXT = f"""
{table("next.facts", COUNTED)};
{table("next.tickets", ticket_columns())};
{table("next.marks", MARK)};
{table("next.waiting", waiting_columns())};
CREATE OR REPLACE TEMP TABLE running AS SELECT * EXCLUDE "at" FROM next.marks;
CREATE OR REPLACE TEMP TABLE voided AS
    SELECT ticket_id, voids AS version, "at" AS void_at FROM {{facts}} WHERE voids IS NOT NULL;
"""
_STRETCH = f"""
INSERT INTO next.marks SELECT {{start}}, {_DIMS}, backlog, waiting FROM running;
INSERT INTO next.facts SELECT {quoted(FACT, "f.")}, coalesce(v.void_at, {FAR})
    FROM (SELECT * FROM {{facts}} WHERE "at" >= {{start}} AND "at" < {{end}}) f
    LEFT JOIN voided v ON f.ticket_id = v.ticket_id AND f.version = v.version
    ORDER BY f."at", f.ticket_id, f.version;
CREATE OR REPLACE TEMP TABLE running AS
    SELECT {_DIMS}, sum(backlog)::BIGINT AS backlog, sum(waiting)::BIGINT AS waiting FROM (
        SELECT {_DIMS}, backlog, waiting FROM running
        UNION ALL SELECT {_DIMS}, backlog, waiting FROM next.facts WHERE "at" >= {{start}} AND "at" < {{end}})
    GROUP BY ALL HAVING sum(backlog) <> 0 OR sum(waiting) <> 0;
"""

_WAITING = f"""
INSERT INTO next.waiting SELECT {quoted(waiting_columns())} FROM next.tickets
WHERE {WAITS} ORDER BY created_at
"""


class SegmentWriter:
    """Collects folded rows and turns them into one segment file."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._source = store.temporary / "segment.json"
        self._stream = self._source.open("wb")
        self.rows = 0

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append rows in the order they were folded."""
        for row in rows:
            self._stream.write(orjson.dumps(row))
            self._stream.write(b"\n")
            self.rows += 1

    def finish(self, connection: "DuckDBPyConnection", number: int) -> File:
        """Write the segment under its number and empty the collection."""
        self._stream.close()
        target = self._store.temporary / "segment.parquet"
        connection.execute(_SEGMENT.format(source=_text(self._source), target=_text(target)))
        self._source.unlink()
        return self._store.finish(target, f"events-{number:06d}.parquet", self.rows)


def merge_segments(
    connection: "DuckDBPyConnection", store: Store, files: Sequence[File], number: int
) -> File:
    """Write several segments as one, in their order."""
    target = store.temporary / "segment.parquet"
    connection.execute(
        f"COPY (SELECT * FROM read_parquet({_list(store, files)})) TO '{_text(target)}' "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {SEGMENT_GROUP})"
    )
    return store.finish(target, f"events-{number:06d}.parquet", sum(file.rows for file in files))


def cache_of_segments(store: Store, files: Sequence[File], number: int, memory: str) -> File:
    """Build the cache from segments alone."""
    stage = store.temporary / "stage.duckdb"
    stage.unlink(missing_ok=True)
    connection = connect(memory, store.spill())
    try:
        for file in files:
            store.checked(file)
        connection.execute(_STAGE.format(path=_text(stage), files=_list(store, files)))
        for file in files:
            for statement in _STAGE_FILE:
                connection.execute(statement, [str(store.folder / file.name)])
        return write_cache(connection, store, number, facts="stage.facts", tickets="staged_tickets")
    finally:
        connection.close()
        for left in store.temporary.glob("stage.duckdb*"):
            left.unlink(missing_ok=True)


def write_cache(
    connection: "DuckDBPyConnection", store: Store, number: int, *, facts: str, tickets: str
) -> File:
    """Write a new cache from two relations: facts in order of time with checkpoints, and latest rows.

    Stretch by stretch, so that sorting never holds more than 28 days. The database keeps what it writes
    in memory up to its limit, so the limit is low unless that turns out to be too low.
    """
    import duckdb

    target = store.temporary / "closed.duckdb"
    for memory in MEMORY:
        for left in store.temporary.glob("closed.duckdb*"):
            left.unlink()
        connection.execute(f"SET memory_limit = '{memory}'")
        connection.execute(f"ATTACH '{_text(target)}' AS next (BLOCK_SIZE 16384, ROW_GROUP_SIZE {ROW_GROUP})")
        try:
            _fill(connection, facts, tickets)
            break
        except duckdb.OutOfMemoryException:
            if memory == MEMORY[-1]:
                raise
        finally:
            connection.execute("DETACH next; DROP TABLE IF EXISTS running; DROP TABLE IF EXISTS voided")
    return store.finish(target, f"closed-{number:06d}.duckdb")


def _fill(connection: "DuckDBPyConnection", facts: str, tickets: str) -> None:
    connection.execute(_NEXT.format(facts=facts))
    starts = connection.execute(
        f'SELECT DISTINCT "at" - ("at" % {STRETCH} + {STRETCH}) % {STRETCH} FROM {facts} ORDER BY 1'
    ).fetchall()
    for (start,) in starts:
        connection.execute(_STRETCH.format(facts=facts, start=start, end=start + STRETCH))
    if starts:  # the checkpoint that today's reports start from
        connection.execute("INSERT INTO next.marks SELECT ?, * FROM running", [starts[-1][0] + STRETCH])
    connection.execute(f"INSERT INTO next.tickets SELECT {quoted(TICKET)} FROM {tickets}")
    connection.execute(_WAITING)
    connection.execute("CHECKPOINT next")


def _text(path: Path) -> str:
    return str(path).replace("'", "''")


def _list(store: Store, files: Sequence[File]) -> str:
    return "[" + ", ".join(f"'{_text(store.folder / file.name)}'" for file in files) + "]"
