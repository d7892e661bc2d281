"""One ZIP with all data about a person: JSON for programs, a page for people; written while it is sent."""

import io
import zipfile
from collections.abc import Iterator
from html import escape
from typing import Any

import orjson

from services.privacy.data_export import PersonalData, Section

PIECE = 64 * 1024  # bytes gathered before they are sent
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1c1c1a}"
    "article{border:1px solid #d9d8d2;border-radius:8px;padding:.75rem 1rem;margin:.75rem 0}"
    "h2{margin-top:2.5rem}"
    "dl{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:.25rem 1rem;margin:0}dt{color:#5c5b55}"
    "dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}"
)


class _Pipe(io.RawIOBase):
    """Receives what the ZIP writes and hands it out in pieces; cannot seek."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def writable(self) -> bool:
        """Tell the ZIP that it accepts bytes."""
        return True

    def write(self, data: Any) -> int:
        """Append bytes."""
        self._buffer += data
        return len(data)

    def pieces(self, least: int) -> Iterator[bytes]:
        """Yield the gathered bytes if there are at least `least`."""
        if len(self._buffer) >= least:
            yield bytes(self._buffer)
            self._buffer.clear()


def archive(data: PersonalData) -> Iterator[bytes]:
    """Write the ZIP piece by piece, in constant memory."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w") as target:
        for name, texts in (("data.json", as_json(data)), ("read-me.html", as_page(data))):
            about = zipfile.ZipInfo(name, data.at.timetuple()[:6])
            about.compress_type, about.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            with target.open(about, "w") as file:
                for text in texts:
                    file.write(text)
                    yield from pipe.pieces(PIECE)
    yield from pipe.pieces(1)


def as_json(data: PersonalData) -> Iterator[bytes]:
    """Write one JSON object: a list of records under the key of each section."""
    yield b'{"person": ' + orjson.dumps(data.user_id) + b', "exported_at": ' + orjson.dumps(data.at)
    for section in data.sections():
        yield b",\n" + orjson.dumps(section.key) + b": ["
        for number, record in enumerate(section.records):
            yield (b",\n" if number else b"\n") + orjson.dumps(record, option=orjson.OPT_INDENT_2)
        yield b"]"
    yield b"}\n"


def as_page(data: PersonalData) -> Iterator[bytes]:
    """Write a page that any browser shows offline."""
    title = "Your data in Ledgerdesk"
    yield (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
        f"<h1>{title}</h1><p>{data.at:%d %B %Y, %H:%M} UTC. The file data.json contains the same data for programs.</p>"
    ).encode()
    for section in data.sections():
        yield from _section(section)
    yield b"</html>\n"


def _section(section: Section) -> Iterator[bytes]:
    yield f"<h2>{escape(section.title)}</h2>".encode()
    if section.note:
        yield f"<p>{escape(section.note)}</p>".encode()
    has_records = False
    for record in section.records:
        has_records = True
        yield f"<article>{_html(record)}</article>\n".encode("utf-8", "replace")
    if not has_records:
        yield b"<p>Nothing.</p>"


def _html(value: Any) -> str:
    """Write a value as HTML: records and lists nested, texts as they were typed."""
    if isinstance(value, dict):
        rows = (f"<dt>{escape(_label(key))}<dd>{_html(one)}" for key, one in value.items())
        return f"<dl>{''.join(rows)}</dl>" if value else "none"
    if isinstance(value, list | tuple):
        if all(isinstance(one, str) for one in value):
            return escape(", ".join(value)) or "none"
        return "".join(f"<article>{_html(one)}</article>" for one in value)
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return escape(str(value))


def _label(key: str) -> str:
    words = key.replace("_", " ")
    return words[:1].upper() + words[1:]
