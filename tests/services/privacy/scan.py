"""Looking everywhere for words: in every item of every table and index, every byte and column of files."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb

from dynamodb_client import client


def found(words: Iterable[str], *, prefix: str, folders: Iterable[Path], logs: str = "") -> list[str]:
    """List where any of some words stands, in whatever case, as "place: word"."""
    places = [*_tables(prefix), *(place for folder in folders for place in _files(folder)), ("logs", logs)]
    folded = [word.casefold() for word in words]
    return sorted(
        {f"{place}: {word}" for place, text in places for word in folded if word in text.casefold()}
    )


def _tables(prefix: str) -> Iterator[tuple[str, str]]:
    names = [name for name in client().list_tables()["TableNames"] if name.startswith(prefix)]
    assert len(names) > 10, "the tables have moved"
    for name in names:
        indexes = client().describe_table(TableName=name)["Table"].get("GlobalSecondaryIndexes", [])
        for index in (None, *(index["IndexName"] for index in indexes)):
            place = f"{name.removeprefix(prefix)}{f'/{index}' if index else ''}"
            yield from ((place, _as_read(item)) for item in _scan(name, index))


def _scan(table: str, index: str | None) -> Iterator[dict]:
    arguments = {"TableName": table, **({"IndexName": index} if index else {})}
    while True:
        answer = client().scan(**arguments)
        yield from answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _as_read(item: dict) -> str:
    """Write an item with its letters as they are, also inside values that are JSON themselves."""
    texts = [text for value in item.values() for text in value.values()]
    return "\n".join([json.dumps(item, ensure_ascii=False), *map(str, texts)])


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, f"{path.name}\n{path.read_bytes().decode('utf-8', 'replace')}"
            yield f"{path.name} read", "\n".join(_columns(path))


def _columns(path: Path) -> Iterator[str]:
    if path.suffix == ".parquet":
        yield str(duckdb.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchall())
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as copy:
            for (table,) in copy.execute("SELECT table_name FROM duckdb_tables()").fetchall():
                yield str(copy.execute(f'SELECT * FROM "{table}"').fetchall())  # noqa: S608 - our own names
