"""Users who write through the pages and the API, and remember what they were told."""

import random
import re
import secrets
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.portal.api_client import TICKETS, Program, token_for
from tests.portal.conftest import TOKEN, Site
from tests.portal.pages import Page

AWAY = ("We cannot reach your tickets right now", "The database did not answer", "The database is too busy")
RESENDS = 40  # of one write, while the product answers that it cannot reach its engine
GRID = "/desk/tickets/"
PRIORITIES = ("low", "normal", "high", "urgent")
STATUSES = ("", "", "open", "pending", "on_hold", "solved")
JSON = {"Accept": "application/json"}
HOT, RECENT = 6, 40  # tickets that everybody works on, and others that are chosen from


@dataclass
class Write:
    """One write that a user sends: a unique text, a unique subject, a value or an undo, and how it ended.

    `at` holds the (ticket, version) pairs that responses gave as the result of this write.
    """

    who: str
    kind: str
    ticket_id: int | None = None
    text: str = ""
    subject: str = ""
    value: tuple[str, str | None] | None = None
    undoes: int | None = None
    sent: int = 0
    outcome: str = "unknown"
    at: set[tuple[int, int]] = field(default_factory=set)


class SharedState:
    """What all users know: the tickets, their versions, and changes that can be undone."""

    def __init__(self, operations: int, seed: int) -> None:
        self.seed = seed
        self.tickets: list[int] = []
        self.versions: dict[int, int] = {}
        self.changes: list[str] = []
        self._left: Iterator[int] = iter(range(operations))
        self._lock = threading.Lock()

    def next(self) -> int | None:
        """Hand out the number of the next operation; None when there are no more."""
        with self._lock:
            return next(self._left, None)

    def opened(self, ticket_id: int) -> None:
        """Learn of a ticket."""
        self.versions.setdefault(ticket_id, 1)
        self.tickets.append(ticket_id)

    def reached(self, ticket_id: int, version: int) -> None:
        """Learn that a ticket has reached a version."""
        self.versions[ticket_id] = max(version, self.versions.get(ticket_id, 1))

    def some(self, rng: random.Random, count: int = 1) -> list[int]:
        """Choose tickets, half of the time among the few that everybody works on."""
        known = self.tickets[:HOT] if rng.random() < 0.5 else self.tickets[-RECENT:]
        return rng.sample(known, min(count, len(known)))


class Person(threading.Thread):
    """A user at a browser who may also call the API; `operations` are what they do at random."""

    def __init__(self, site: Site, name: str, shared: SharedState) -> None:
        super().__init__(name=name, daemon=True)
        self.writes: list[Write] = []
        self.unexpected: list[str] = []
        self.refused = self.unreachable = self.reads = 0
        self.who = site.users[name]
        self.shared, self.browser = shared, site.clients[name]
        self.token = TOKEN.search(self.browser.get("/help/new").text)[1]
        self.colleagues = [user_id for key, user_id in site.users.items() if key.startswith("agent")]
        self.rng = random.Random(f"{shared.seed} {name}")
        self.operations: list[Callable[[], None]] = []

    def run(self) -> None:
        """Do operations until there are none left; an error does not end the run, but is recorded."""
        while self.shared.next() is not None:
            try:
                (self.rng.choice(self.operations) if self.shared.tickets else self.create)()
            except Exception as error:
                self.unexpected.append(f"{type(error).__name__}: {error}")

    def create(self) -> None:
        """Open a ticket."""
        raise NotImplementedError

    def read(self, *paths: str) -> None:
        """Open a page; it is there, or the product says that it cannot reach its engine."""
        self.reads += 1
        path = self.rng.choice(paths)
        answer = self.ask(path)
        if answer.status_code != 200 and not self._is_away(answer):
            self._report_unexpected(path, answer)

    def ask(self, path: str) -> Any:
        """Open an address."""
        return self.browser.get(path)

    def send(self, write: Write, ask: Callable[[], Any], *, keyed: bool = True) -> Any:
        """Send a write until it is answered; one with an idempotency key is sometimes sent once more."""
        self.writes.append(write)
        for _ in range(RESENDS):
            write.sent += 1
            answer = ask()
            if self._is_away(answer):
                continue
            if answer.status_code in (200, 201, 302) and not answer.headers.get("Location", "").startswith(
                "/login"
            ):
                write.outcome = "done"
                if keyed and self.rng.random() < 0.1:  # as if the response was lost on its way to the user
                    again = ask()
                    if again.status_code != answer.status_code and not self._is_away(again):
                        self._report_unexpected(f"{write.kind} again", again)
                return answer
            if answer.status_code in (400, 409, 412):
                write.outcome = "refused"
                self.refused += 1
            else:
                self._report_unexpected(write.kind, answer)
            return answer
        return None

    def post(self, path: str, **fields: Any) -> Any:
        """Send a form."""
        return self.browser.post(path, data={"csrf_token": self.token, **fields})

    def _is_away(self, answer: Any) -> bool:
        """Tell whether the product says that it cannot reach its engine, and says so well."""
        if answer.status_code != 503:
            return False
        self.unreachable += 1
        is_json = answer.content_type == "application/problem+json"
        told = answer.json["status"] == 503 if is_json else any(words in answer.text for words in AWAY)
        if not told or int(answer.headers.get("Retry-After", 0)) <= 0 or "Traceback" in answer.text:
            self._report_unexpected("a poor 503", answer)
        return True

    def _report_unexpected(self, what: str, answer: Any) -> None:
        said = Page(answer.text).text[:300]
        self.unexpected.append(f"{what}: {answer.request.path} {answer.status_code} {answer.headers} {said}")


class Customer(Person):
    """Opens tickets, replies, marks them as solved and reads lists; works on their own tickets."""

    def __init__(self, site: Site, name: str, shared: SharedState) -> None:
        super().__init__(site, name, shared)
        self.mine: list[int] = []
        self.operations = [self.create, *[self.reply] * 4, self.solve, self.look, self.look]

    def create(self) -> None:
        """Open a ticket."""
        write = Write(self.who, "created", text=_unique_text(), subject=_unique_text())
        key = secrets.token_hex(16)
        answer = self.send(
            write, lambda: self.post("/help/new", subject=write.subject, body=write.text, message_id=key)
        )
        if write.outcome == "done":
            write.ticket_id = _number(answer)
            self.mine.append(write.ticket_id)
            self.shared.opened(write.ticket_id)

    def reply(self) -> None:
        """Add a message to a ticket."""
        if not self.mine:
            self.create()
            return
        write = Write(self.who, "replied", self.rng.choice(self.mine[-5:]), text=_unique_text())
        key, path = secrets.token_hex(16), f"/help/tickets/{write.ticket_id}/reply"
        self.send(write, lambda: self.post(path, body=write.text, message_id=key))

    def solve(self) -> None:
        """Mark a ticket as solved."""
        if self.mine:
            write = Write(self.who, "value", self.rng.choice(self.mine[-5:]), value=("status", "solved"))
            self.send(write, lambda: self.post(f"/help/tickets/{write.ticket_id}/solve"), keyed=False)

    def look(self) -> None:
        """Read a list or a ticket."""
        own = [f"/help/tickets/{number}" for number in self.mine[-5:]]
        self.read("/help/", "/help/tickets", "/help/tickets?state=solved", *own)


class Agent(Person):
    """Does everything that agents do, to tickets that others work on too."""

    def __init__(self, site: Site, name: str, shared: SharedState) -> None:
        super().__init__(site, name, shared)
        self.program = Program(site, token_for(site, name)[1])
        self.operations = [
            self.create, self.reply, self.reply, self.patch, self.patch, self.change, self.assign,
            self.edit, self.edit, self.bulk, self.undo, self.look, self.look,
        ]  # fmt: skip

    def ask(self, path: str) -> Any:
        """Open an address, the API's as a program."""
        return (self.program if path.startswith("/api/") else self.browser).get(path)

    def create(self) -> None:
        """Open a ticket, by the form or by the API."""
        write, key = (
            Write(self.who, "created", text=_unique_text(), subject=_unique_text()),
            secrets.token_hex(16),
        )
        words = {"subject": write.subject, "body": write.text}
        if self.rng.random() < 0.5:
            answer = self.send(write, lambda: self.program.post(TICKETS, words, **{"Idempotency-Key": key}))
        else:
            form = {
                **words,
                "requester_text": "customer@demo.example",
                "message_id": key,
                "priority": "normal",
            }
            answer = self.send(write, lambda: self.post("/desk/new", **form))
        if write.outcome == "done":
            write.ticket_id = _number(answer)
            self.shared.opened(write.ticket_id)

    def reply(self) -> None:
        """Reply or add a note, with or without a new status."""
        (ticket_id,) = self.shared.some(self.rng)
        kind = self.rng.choice(("reply", "note"))
        write = Write(self.who, "replied" if kind == "reply" else "noted", ticket_id, text=_unique_text())
        form = {"kind": kind, "status": self.rng.choice(STATUSES), "message_id": secrets.token_hex(16)}
        form["version"] = str(self.shared.versions[ticket_id])
        self.send(write, lambda: self.post(f"{GRID}{ticket_id}/reply", body=write.text, **form))
        self._catch_up(write)

    def patch(self) -> None:
        """Set the subject and leave a note, as one change, by the API."""
        (ticket_id,) = self.shared.some(self.rng)
        write, key = (
            Write(self.who, "noted", ticket_id, text=_unique_text(), subject=_unique_text()),
            uuid.uuid4().hex,
        )
        changes, version = {"subject": write.subject, "note": write.text}, self.shared.versions[ticket_id]
        path = f"{TICKETS}/{ticket_id}"
        answer = self.send(
            write, lambda: self.program.patch(path, changes, version, **{"Idempotency-Key": key})
        )
        if write.outcome == "done":
            self.shared.reached(ticket_id, answer.json["version"])
        self._catch_up(write)

    def change(self) -> None:
        """Set a property with the form beside the ticket."""
        (ticket_id,) = self.shared.some(self.rng)
        write = Write(self.who, "value", ticket_id, value=("priority", self.rng.choice(PRIORITIES)))
        form = {"priority": write.value[1], "version": str(self.shared.versions[ticket_id])}
        form["message_id"] = secrets.token_hex(16)
        self.send(write, lambda: self.post(f"{GRID}{ticket_id}/update", **form))
        self._catch_up(write)

    def assign(self) -> None:
        """Assign a ticket in the list."""
        self._edit("assignee_id", self.rng.choice(self.colleagues))

    def edit(self) -> None:
        """Set a priority in the list."""
        self._edit("priority", self.rng.choice(PRIORITIES))

    def bulk(self) -> None:
        """Set the priority of several tickets at once; each is a write of its own."""
        chosen, value = self.shared.some(self.rng, 4), self.rng.choice(PRIORITIES)
        whole = Write(self.who, "bulk")
        rows = [f"{number}:{self.shared.versions[number]}" for number in chosen]
        form = {"action": "priority", "value": value, "rowid": rows, "csrf_token": self.token}
        answer = self.send(
            whole, lambda: self.browser.post(f"{GRID}action/", data=form, headers=JSON), keyed=False
        )
        done = {row["pk"]: row for row in answer.json["results"]} if whole.outcome == "done" else {}
        for number in chosen:
            write = Write(self.who, "value", number, value=("priority", value), sent=whole.sent)
            self.writes.append(write)
            row = done.get(str(number), {"status": "unknown", "undo": None})
            if row["status"] == "done":
                write.outcome = "done"
                self._note_written(write, row["undo"])
            else:
                self._catch_up(write)

    def undo(self) -> None:
        """Undo a change that somebody made."""
        if not self.shared.changes:
            return
        change = self.rng.choice(self.shared.changes[-20:])
        ticket_id, version = map(int, change.split(":"))
        write = Write(self.who, "undo", ticket_id, undoes=version)
        form = {"csrf_token": self.token, "change": change}
        answer = self.send(
            write, lambda: self.browser.post("/desk/undo", data=form, headers=JSON), keyed=False
        )
        if write.outcome == "done":
            for number, reached in answer.json["versions"].items():
                write.at.add((int(number), reached))
                self.shared.reached(int(number), reached)

    def look(self) -> None:
        """Read a list or a ticket."""
        (ticket_id,) = self.shared.some(self.rng)
        lists = (f"{GRID}?state=open", f"{GRID}?assignee={self.who}&state=open", f"{TICKETS}?state=done")
        self.read(*lists, f"{GRID}{ticket_id}", f"{TICKETS}/{ticket_id}", f"{TICKETS}?requester={self.who}")

    def _edit(self, name: str, value: str) -> None:
        (ticket_id,) = self.shared.some(self.rng)
        write = Write(self.who, "value", ticket_id, value=(name, value))
        cell_update = {"pk": str(ticket_id), "field": name, "value": value}
        cell_update["version"] = self.shared.versions[ticket_id]
        headers = {"X-CSRFToken": self.token}
        answer = self.send(
            write,
            lambda: self.browser.post(f"{GRID}ajax/update/", json=cell_update, headers=headers),
            keyed=False,
        )
        if write.outcome == "done":
            self._note_written(write, answer.json["undo"])
        self._catch_up(write)

    def _note_written(self, write: Write, change: str | None) -> None:
        """Remember the version that a response gives for a write."""
        if change is not None:
            number, version = map(int, change.split(":"))
            write.at.add((number, version))
            self.shared.reached(number, version)
            self.shared.changes.append(change)

    def _catch_up(self, write: Write) -> None:
        """Load a ticket again after a refusal, as people do."""
        if write.outcome != "done":
            answer = self.program.get(f"{TICKETS}/{write.ticket_id}")
            if answer.status_code == 200:
                self.shared.reached(write.ticket_id, answer.json["version"])


def _unique_text() -> str:
    return uuid.uuid4().hex


def _number(answer: Any) -> int:
    return int(re.findall(r"/tickets/(\d+)", answer.headers["Location"])[0])
