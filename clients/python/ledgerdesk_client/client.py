"""The client: one method for each common operation, and `request` for all others."""

import http.client
import json
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ledgerdesk_client.refusals import Conflict, Problem, Unreachable
from ledgerdesk_client.types import ChangePage, Job, JobResult, Ticket, User

TRIES = 5
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds
TRY_AGAIN = frozenset({429, 502, 503, 504})
UNDER_WAY = frozenset({"still_in_progress", "too_busy"})
GONE = frozenset({401, 404})  # 401 where the token itself was deleted
Value = str | int | bool | None
Query = Mapping[str, Value | Iterable[str]]


class _NoRedirects(HTTPRedirectHandler):
    """The API redirects nowhere, and the token is for one host alone."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Client:
    """Calls the API of a desk with a token.

    A request that gets no answer, or one that says to try again within half a minute, is sent again: reads because they
    change nothing, changes because they carry an Idempotency-Key or a version, and a deletion because what is gone
    already counts as deleted. Raises Problem, Conflict and Unreachable.
    """

    def __init__(self, address: str, token: str, *, timeout: float = 30.0) -> None:
        """Take the address of the desk, such as https://help.example.org, and a token of a user."""
        if urlsplit(address).scheme not in ("http", "https"):
            raise ValueError("the address begins with https://")
        self._base, self._token, self._timeout = f"{address.rstrip('/')}/api/v1", token, timeout
        self._opener = build_opener(_NoRedirects)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        body: Mapping[str, Any] | None = None,
        version: int | None = None,
        key: str | None = None,
        wait: float = 0.0,
    ) -> Any:
        """Carry out any operation and return its JSON; `path` is below /api/v1, `wait` adds to the timeout."""
        pairs = [(name, each) for name, value in (query or {}).items() for each in _texts(value)]
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if method in ("POST", "PATCH"):
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        request = Request(  # noqa: S310 - the scheme was checked
            f"{self._base}{path}{'?' if pairs else ''}{urlencode(pairs)}",
            data=None if body is None else json.dumps(body).encode(),
            headers=headers,
            method=method,
        )
        return self._sent(request, self._timeout + wait)

    def me(self) -> User:
        """Return the user of the token."""
        return cast(User, self.request("GET", "/me"))

    def tickets(self, **filters: Value | Iterable[str]) -> Iterator[Ticket]:
        """Walk through a list of tickets, page by page; filters and `sort` have the names of the API."""
        yield from self._pages("/tickets", "tickets", filters)

    def ticket(self, ticket_id: int) -> Ticket:
        """Return a ticket."""
        return cast(Ticket, self.request("GET", f"/tickets/{ticket_id}"))

    def create_ticket(
        self,
        *,
        subject: str,
        body: str,
        requester: Mapping[str, str] | None = None,
        key: str | None = None,
        **fields: Value,
    ) -> Ticket:
        """Create a ticket, for oneself or a requester with `email` and `name`; `key` makes it happen once."""
        sent: dict[str, Any] = {"subject": subject, "body": body, **fields}
        if requester is not None:
            sent["requester"] = dict(requester)
        return cast(Ticket, self.request("POST", "/tickets", body=sent, key=key))

    def change_ticket(self, ticket: Ticket, *, key: str | None = None, **fields: Value) -> Ticket:
        """Change fields of a ticket as it was read; raises Conflict if somebody else has changed the same ones."""
        path = f"/tickets/{ticket['id']}"
        return cast(Ticket, self.request("PATCH", path, body=fields, version=ticket["version"], key=key))

    def reply(self, ticket_id: int, text: str, *, key: str | None = None) -> Ticket:
        """Reply to the requester."""
        path = f"/tickets/{ticket_id}/replies"
        return cast(Ticket, self.request("POST", path, body={"body": text}, key=key))

    def note(self, ticket_id: int, text: str, *, key: str | None = None) -> Ticket:
        """Add an internal note."""
        return cast(Ticket, self.request("POST", f"/tickets/{ticket_id}/notes", body={"body": text}, key=key))

    def changes(
        self, cursor: str | None = None, *, since: str | None = None, wait: int = 60
    ) -> Iterator[ChangePage]:
        """Follow the change feed for good: store `cursor` of each page together with what you made of its events.

        Begins after a cursor, at a time, or now. A page may be empty, when nothing happened for `wait` seconds.
        """
        query: dict[str, Value] = {"size": 100, "after": cursor, "since": since}
        while True:
            page = cast(ChangePage, self.request("GET", "/events", query=query, wait=wait))
            yield page
            query = {"size": 100, "after": page["cursor"], "wait": None if page["more"] else wait}

    def change_tickets(self, ticket_ids: Iterable[int], *, key: str | None = None, **fields: Value) -> Job:
        """Start a job that makes the same change in many tickets."""
        sent = {"tickets": [{"id": ticket_id} for ticket_id in ticket_ids], "changes": fields}
        return cast(Job, self.request("POST", "/tickets/changes", body=sent, key=key))

    def finished(self, job: Job, *, every: float = 1.0) -> Job:
        """Wait until a job has ended, and return it."""
        while job["state"] in ("running", "paused"):
            time.sleep(every)
            job = cast(Job, self.request("GET", f"/jobs/{job['id']}"))
        return job

    def results(self, job: Job, *, failed: bool = False) -> Iterator[JobResult]:
        """Walk through what became of the tasks of a job, or through those that failed."""
        yield from self._pages(f"/jobs/{job['id']}/results", "results", {"failed": True} if failed else {})

    def _pages(self, path: str, rows: str, query: Query) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            page = self.request("GET", path, query={"size": 100, **query, "cursor": cursor})
            yield from page[rows]
            cursor = page["next"]
            if cursor is None:
                return

    def _sent(self, request: Request, timeout: float) -> Any:
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2**attempt)
            try:
                with self._opener.open(request, timeout=timeout) as answer:
                    text = answer.read()
                    return json.loads(text) if text else None
            except HTTPError as refused:
                if attempt and request.get_method() == "DELETE" and refused.code in GONE:
                    return None  # the first request arrived after all
                problem, asked = _problem(refused), refused.headers.get("Retry-After", "")
                pause = float(asked) if asked.isdecimal() else pause
                again = refused.code in TRY_AGAIN or problem.code in UNDER_WAY
                if not again or last or pause > LONGEST_PAUSE:
                    raise problem from None
            except (URLError, http.client.HTTPException, OSError) as error:
                if last:
                    raise Unreachable(str(error)) from error
            time.sleep(pause)
        raise AssertionError("not reached")


def _texts(value: Value | Iterable[str]) -> list[str]:
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [str(value)] if isinstance(value, str | int) else list(value)


def _problem(refused: HTTPError) -> Problem:
    try:
        document = json.loads(refused.read())
    except ValueError:
        document = {"detail": refused.reason}
    if not isinstance(document, dict):
        document = {"detail": str(document)}
    kind = Conflict if refused.code == 412 and "conflicts" in document else Problem
    return kind(refused.code, document)
