"""The desk's and the customer's pages as operations: lists, one ticket, a new ticket, an update."""

import html
import itertools
import random
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from urllib.parse import urlencode

from markupsafe import escape

from bench.client import FORM_COOKIE, Answer, Client, WrongAnswer
from bench.import_corpus import PRIORITIES, Known
from bench.measure import Operation
from services.tickets import WorkflowService

GRID = "/desk/tickets/"
ROWS = 25
DEPTH = 200  # pages
DEEP_PAGES = 10  # different ones that are measured there
URGENT_FIRST = {"sort": "priority", "desc": "1"}
OLDEST = {"sort": "created_at"}
WORDS = ("the page", "shows", "an error", "again", "after a restart", "and here", "is what", "was tried")
_VERSION = re.compile(r'name="version" value="(\d+)"')
_ROW = re.compile(r'href="/desk/tickets/(\d+)["?#]')
_NEXT = re.compile(r'<a\b[^>]*\brel="next"[^>]*>')
_HREF = re.compile(r'\bhref="([^"]+)"')
_CREATED = re.compile(r"/help/tickets/(\d+)$")

Connect = Callable[[], Client]


class Lists:
    """Pages of the ticket grid, checked row by row against what was loaded."""

    def __init__(self, connect: Connect, truth: Sequence[Known], agent: str) -> None:
        self._connect, self._agent = connect, agent
        newest = sorted(truth, key=lambda ticket: ticket.updated_at, reverse=True)
        self._all = newest
        self._open = [ticket for ticket in newest if ticket.is_open]
        self._mine = [ticket for ticket in self._open if ticket.assignee_id == agent]
        self.depth = 0

    def operations(self) -> list[Operation]:
        """Return the lists that indexes serve, pages deep in one of them, and those that the copy selects."""
        mine = {"state": "open", "assignee": self._agent}
        with_status = [ticket for ticket in self._mine if ticket.status == "open"]
        everything = {"state": "open"}
        deep = itertools.cycle(self._deep_pages(_address(everything)))
        lock = threading.Lock()

        def page_deep(client: Client) -> None:
            with lock:
                address, expected = next(deep)
            _check_rows(client.get(address), expected)

        return [
            self._first("open_list", "agent's open list", mine, self._mine),
            self._first("filtered", "by agent and status", mine | {"status": "open"}, with_status),
            self._first("first_page", "all open, first page", everything, self._open),
            Operation("deep", f"all open, page {self.depth + 1} on", self._connect, page_deep),
            *self._from_the_copy(),
        ]

    def _from_the_copy(self) -> list[Operation]:
        """Return the lists that no index serves: any sort, any filter, and what a mark of a chart counted."""
        ranks = {priority: place for place, priority in enumerate(PRIORITIES)}
        by_priority = sorted(self._mine, key=lambda one: (ranks[one.priority], one.ticket_id), reverse=True)
        urgent = [one for one in self._all if one.priority == PRIORITIES[-1]]
        by_creation = sorted(urgent, key=lambda one: (one.created_at, one.ticket_id))
        last = self._all[0].updated_at.date()
        first = last - timedelta(days=89)
        team = self._all[0].team_id
        counted = [one for one in self._all if one.team_id == team and first <= one.created_at.date() <= last]
        days = {"counted": "created", "counted.from": first.isoformat(), "counted.to": last.isoformat()}
        mine = {"state": "open", "assignee": self._agent}
        return [
            self._first("sorted", "agent's open list by priority", mine | URGENT_FIRST, by_priority),
            self._first(
                "any_filter", "one priority by creation", {"priority": PRIORITIES[-1]} | OLDEST, by_creation
            ),
            self._first("mark", "behind a chart's mark", days | {"counted.team": team}, counted),
        ]

    def _first(self, key: str, label: str, filters: Mapping[str, str], tickets: Sequence[Known]) -> Operation:
        address, expected = _address(filters), tickets[:ROWS]
        return Operation(key, label, self._connect, lambda c: _check_rows(c.get(address), expected))

    def _deep_pages(self, address: str) -> list[tuple[str, Sequence[Known]]]:
        """Walk there by the pages' own links, checking each; returns the last addresses with their rows."""
        client = self._connect()
        walked: list[tuple[str, Sequence[Known]]] = []
        last = (len(self._open) - 1) // ROWS  # counted from 0
        for page in range(min(DEPTH + DEEP_PAGES - 1, last) + 1):
            expected = self._open[page * ROWS : (page + 1) * ROWS]
            answer = client.get(address)
            _check_rows(answer, expected)
            walked.append((address, expected))
            if page < last:
                address = _older(answer)
        client.close()
        full = [(link, rows) for link, rows in walked if len(rows) == ROWS] or walked
        deep = full[-DEEP_PAGES:]
        self.depth = min(DEPTH, len(full) - len(deep) + 1)
        return deep


class Desk:
    """One ticket, and replies with a new status, on a different ticket each time."""

    def __init__(self, connect: Connect, truth: Sequence[Known], seed: int = 5) -> None:
        self._connect = connect
        self._rng = random.Random(seed)
        self._truth = list(truth)
        self._steps = {ticket.ticket_id: (ticket.version, ticket.status) for ticket in truth}
        self._lock = threading.Lock()
        self._order = self._shuffled()
        self._workflow = WorkflowService()
        self._token = ""

    def reading(self) -> Operation:
        """Return the operation that opens one ticket."""
        return Operation("ticket", "one ticket", self._connect, self._read)

    def writing(self) -> list[Operation]:
        """Return replies with a new status: the request alone, and with the page that follows."""
        client = self._connect()
        self._token = client.get(f"{GRID}{self._truth[0].ticket_id}").token
        client.close()
        return [
            Operation("update", "update and reply", self._connect, self._update),
            Operation("update_seen", "update and reply, then page", self._connect, self._update_and_see),
        ]

    def _read(self, client: Client) -> None:
        ticket = self._next()
        page = client.get(f"{GRID}{ticket.ticket_id}").text
        _check_ticket(page, ticket.ticket_id, ticket.version, ticket.subject)

    def _update(self, client: Client) -> None:
        cookie = client.cookies.get(FORM_COOKIE)
        self._send(client)
        # The message for the page that is not loaded here would make the cookie longer each time.
        if cookie is not None:
            client.cookies[FORM_COOKIE] = cookie

    def _update_and_see(self, client: Client) -> None:
        ticket, version, body = self._send(client)
        page = client.get(f"{GRID}{ticket.ticket_id}").text
        _check_ticket(page, ticket.ticket_id, version, body)

    def _send(self, client: Client) -> tuple[Known, int, str]:
        ticket = self._next()
        version, status = self._steps[ticket.ticket_id]
        new_status = self._workflow.allowed(status)[1]
        body = f"{_words()} {secrets.token_hex(4)}"
        fields = {
            "csrf_token": self._token,
            "message_id": secrets.token_hex(16),
            "version": str(version),
            "kind": "reply",
            "body": body,
            "status": new_status,
        }
        answer = client.post_form(f"{GRID}{ticket.ticket_id}/reply", fields)
        if not answer.location.endswith(f"{GRID}{ticket.ticket_id}"):
            raise WrongAnswer(f"the update of ticket {ticket.ticket_id} answered {answer.status}")
        self._steps[ticket.ticket_id] = (version + 1, new_status)
        return ticket, version + 1, body

    def _next(self) -> Known:
        with self._lock:
            return next(self._order)

    def _shuffled(self) -> Iterator[Known]:
        while True:
            yield from self._rng.sample(self._truth, len(self._truth))


class Customer:
    """New tickets by the customer's form."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._token = ""
        self._created: set[int] = set()

    def operations(self) -> list[Operation]:
        """Return the operation that sends the form; the page with the form is opened once, before."""
        client = self._connect()
        self._token = client.get("/help/new").token
        client.close()
        return [Operation("create", "create by form", self._connect, self._create)]

    def check_last(self) -> None:
        """Open the page of the newest ticket, if one was created; raises WrongAnswer when it is missing."""
        if self._created:
            client = self._connect()
            client.get(f"/help/tickets/{max(self._created)}")
            client.close()

    def _create(self, client: Client) -> None:
        fields = {
            "csrf_token": self._token,
            "message_id": secrets.token_hex(16),
            "subject": " ".join(_words().split()[:7]),
            "category": "",
            "body": " ".join(_words() for _ in range(2)),
        }
        answer = client.post_form("/help/new", fields)
        match = _CREATED.search(answer.location)
        if match is None or int(match[1]) in self._created:
            raise WrongAnswer(f"the new ticket was answered with {answer.status} {answer.location}")
        self._created.add(int(match[1]))


def _address(filters: Mapping[str, str]) -> str:
    return f"{GRID}?{urlencode(filters)}"


def _older(answer: Answer) -> str:
    match = _NEXT.search(answer.text)
    link = _HREF.search(match[0]) if match else None
    if link is None:
        raise WrongAnswer("the page has no link to older tickets")
    return html.unescape(link[1])


def _check_rows(answer: Answer, expected: Sequence[Known]) -> None:
    shown = list(dict.fromkeys(map(int, _ROW.findall(answer.text))))
    expected_ids = [ticket.ticket_id for ticket in expected]
    if shown != expected_ids:
        raise WrongAnswer(f"the list shows {len(shown)} rows from {shown[:3]}, not {expected_ids[:3]}")


def _check_ticket(page: str, ticket_id: int, version: int, words: str) -> None:
    shown = _VERSION.search(page)  # another client may have written since, so a later one is right too
    if shown is None or int(shown[1]) < version or str(escape(words)) not in page:
        raise WrongAnswer(f"the page of ticket {ticket_id} does not show version {version}")


def _words() -> str:
    """Return thirty random words."""
    return " ".join(random.choices(WORDS, k=30))
