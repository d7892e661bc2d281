"""`python -m bench.chart_marks LOG`: whether every mark of the dashboard opens its tickets, and how fast.

Imports an incident log (`docs/import.md`) into a product of its own, opens the dashboard for several periods and
filters, and requests the list behind every bar, point, hour and number, one after the other. It states how long the
pages took; the exit code is 1 if a list has another number of tickets than its mark.
"""

import argparse
import itertools
import json
import re
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.client import Client, WrongAnswer, sign_in
from bench.dashboard import CALL, JSON, PAGE, SHAPES, callback_body
from bench.product import running
from dynamodb_client import disconnect
from local.commands import environment, run_command
from local.engine import Engine
from local.ports import free_port
from portal.config.private_files import write_privately
from portal.config.service_options import service_options
from portal.config.settings import Settings
from services.bootstrap import build_services
from services.users.identity import SYSTEM

GROUP = "group-70"
PAGES: Mapping[str, Mapping[str, str]] = {
    "the whole log, by months": {"from": "2016-02-01", "to": "2017-02-28"},
    "by weeks": {"from": "2016-02-29", "to": "2016-07-31"},
    "March, by days": {"from": "2016-03-01", "to": "2016-03-31"},
    "one team": {"from": "2016-03-01", "to": "2016-06-30", "team": GROUP},
    "one priority": {"from": "2016-03-01", "to": "2016-06-30", "priority": "normal"},
    "the last days, ending now": {},
}
MANAGER = "manager@bench.example"
NUMBER = re.compile(r"[\d,]+")
COUNT = re.compile(r'class="count">\s*([\d,]+)')

Mark = tuple[str, int, str]  # where it stands, what it says, its link


def number(text: str) -> int:
    """Read the first number in a text."""
    match = NUMBER.search(text)
    if match is None:
        raise WrongAnswer(f"no number in {text[:60]!r}")
    return int(match[0].replace(",", ""))


def marks(payload: Mapping[str, Any]) -> Iterator[Mark]:
    """List everything on a dashboard that opens tickets, from what the browser gets."""
    for name, figure in payload["figures"].items():
        yield from _marks_of_figure(name, figure)
    for name, table in payload["tables"].items():
        # The short table of agents has no rows of its own: it shows those of another one.
        for cell in itertools.chain.from_iterable(table.get("rows", ())):
            if isinstance(cell, list | tuple):
                yield f"table {name}", number(cell[0]), cell[1]
    for hour, count in enumerate(itertools.chain.from_iterable(payload["heat"])):
        if count:
            yield "hours", count, f"{payload['heat_url']}{hour}"
    for text, link in _links_in(payload["parts"]["tiles"]):
        yield f"explanation: {text}", number(text), link


def _marks_of_figure(name: str, figure: Mapping[str, Any]) -> Iterator[Mark]:
    """List the marks of a chart; one without tickets links nowhere."""
    for trace in figure["data"]:
        values = trace["x"] if trace.get("orientation") == "h" else trace["y"]
        for value, link in zip(values, trace.get("customdata", ()), strict=False):
            if (link is not None) != bool(value):
                raise WrongAnswer(f"the chart {name} links {value} to {link}")
            if link:
                yield f"chart {name}", int(value), link


def _links_in(element: Any) -> Iterator[tuple[str, str]]:
    """Find the links below an element of a page, with their words."""
    if isinstance(element, list):
        for one in element:
            yield from _links_in(one)
    elif isinstance(element, dict):
        inside = element["props"].get("children")
        if element["type"] == "A":
            yield str(inside if isinstance(inside, str) else inside[0]), element["props"]["href"]
        else:
            yield from _links_in(inside)


def main(arguments: Sequence[str] | None = None) -> int:
    """Import, open everything and print the figures."""
    write_privately()
    parser = argparse.ArgumentParser(prog="python -m bench.chart_marks", description=__doc__)
    parser.add_argument("log", type=Path, help="an incident log, CSV or CSV in gzip")
    parser.add_argument("--limit", type=int, help="import the first N incidents only")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        folder, password = Path(temporary) / "data", secrets.token_urlsafe(16)
        print(_loaded(folder, options.log.resolve(), options.limit, password), flush=True)
        with running(folder) as product:
            cookies = sign_in(product.port, MANAGER, password)
            with closing(Client(product.port, cookies)) as client:
                return _report(client)


def _loaded(folder: Path, log: Path, limit: int | None, password: str) -> str:
    """Import the log with the product's own command and create a manager; return what the command said."""
    with Engine(folder):
        given = environment(folder, free_port())
        run_command(given=given)
        try:
            build_services(service_options(Settings.from_env(given))).users.accounts.create(
                actor=SYSTEM,
                now=datetime.now(UTC),
                name="Manager",
                email=MANAGER,
                role_id="manager",
                password=password,
            )
        finally:
            disconnect()
        only = ["--limit", str(limit)] if limit else []
        said = run_command("import", "incidents", str(log), *only, given=given)
        run_command("analytics", "rebuild", given=given)
    return said.splitlines()[0]


def _report(client: Client) -> int:
    seconds: list[float] = []
    wrong: list[str] = []
    for title, filters in PAGES.items():
        opened = list(dict.fromkeys(marks(_payload(client, f"?{urlencode(filters)}"))))
        for place, says, link in opened:
            begun = time.perf_counter()
            page = client.get(link)
            seconds.append(time.perf_counter() - begun)
            count = COUNT.search(page.text)
            if count is None or number(count[1]) != says:
                wrong.append(f"{title}: {place} says {says}, its list {count and count[1]}: {link}")
        print(f"{title}: {len(opened):,} marks", flush=True)
    print(*wrong[:20], sep="\n")
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    print(
        f"{len(seconds):,} marks, {len(wrong)} with another number than their lists; one page takes "
        f"p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms, at most {max(seconds) * 1000:.0f} ms"
    )
    return 1 if wrong else 0


def _payload(client: Client, search: str) -> dict[str, Any]:
    """Ask for a dashboard as the browser does."""
    client.get(PAGE)
    body = callback_body(client.get(SHAPES).json())
    for one in body["inputs"]:
        one["value"] = search if one["property"] == "search" else None
    headers = {"Content-Type": JSON, "Accept": JSON, "X-CSRFToken": client.cookies["csrf_token"]}
    answer = client.send("POST", CALL, json.dumps(body).encode(), headers)
    if answer.status != 200:
        raise WrongAnswer(f"the callback answered {answer.status}")
    response = answer.json()["response"]
    if not response["bar"]["data"]["hidden"]["problem"]:
        raise WrongAnswer(f"the dashboard says: {' '.join(response['bar']['data']['parts']['problem'])}")
    payload: dict[str, Any] = response["payload"]["data"]
    return payload


if __name__ == "__main__":
    sys.exit(main())
