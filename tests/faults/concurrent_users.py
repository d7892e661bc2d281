"""People who write through the product's doors, pages and API, and remember what they were told."""

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
RESENDS = 40  # of one wish, while the product answers that it cannot reach its engine
GRID = "/desk/tickets/"
PRIORITIES = ("low", "normal", "high", "urgent")
STATUSES = ("", "", "open", "pending", "on_hold", "solved")
JSON = {"Accept": "application/json"}
HOT, RECENT = 6, 40  # tickets that everybody works on, and others that are chosen from


@dataclass
class Wish:
    """One thing wanted once: words that carry a mark, a subject that is one, a value, or an undo.

    `at` are the versions that answers named as this wish's own.
    """

    who: str
    kind: str
    ticket_id: int | None = None
    mark: str = ""
    subject: str = ""
    value: tuple[str, str | None] | None = None
    undoes: int | None = None
    sent: int = 0
    outcome: str = "unknown"
    at: set[tuple[int, int]] = field(default_factory=set)


class Town:
    """What the people know in common: which tickets there are, their versions, and changes to take back."""

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
    """Somebody at a browser who also runs a program; `act` does one operation."""

    def __init__(self, site: Site, name: str, town: Town) -> None:
        super().__init__(name=name, daemon=True)
        self.wishes: list[Wish] = []
        self.strange: list[str] = []
        self.refused = self.unreachable = self.reads = 0
        self.who = site.users[name]
        self.town, self.browser = town, site.clients[name]
        self.token = TOKEN.search(self.browser.get("/help/new").text)[1]
        self.colleagues = [user_id for key, user_id in site.users.items() if key.startswith("agent")]
        self.rng = random.Random(f"{town.seed} {name}")
        self.menu: list[Callable[[], None]] = []

    def run(self) -> None:
        """Do operations until there are none left; nothing that goes wrong ends it, but all of it is kept."""
        while self.town.next() is not None:
            try:
                (self.rng.choice(self.menu) if self.town.tickets else self.create)()
            except Exception as error:
                self.strange.append(f"{type(error).__name__}: {error}")

    def create(self) -> None:
        """Open a ticket."""
        raise NotImplementedError

    def read(self, *paths: str) -> None:
        """Look at a page; it is there, or the product says that it cannot reach its engine."""
        self.reads += 1
        path = self.rng.choice(paths)
        answer = self.ask(path)
        if answer.status_code != 200 and not self._is_away(answer):
            self._wonder(path, answer)

    def ask(self, path: str) -> Any:
        """Open an address."""
        return self.browser.get(path)

    def send(self, wish: Wish, ask: Callable[[], Any], *, keyed: bool = True) -> Any:
        """Send a wish until it is answered; what carries a key is now and then sent once more after that."""
        self.wishes.append(wish)
        for _ in range(RESENDS):
            wish.sent += 1
            answer = ask()
            if self._is_away(answer):
                continue
            if answer.status_code in (200, 201, 302) and not answer.headers.get("Location", "").startswith(
                "/login"
            ):
                wish.outcome = "done"
                if keyed and self.rng.random() < 0.1:  # the answer got lost on the way to the person
                    again = ask()
                    if again.status_code != answer.status_code and not self._is_away(again):
                        self._wonder(f"{wish.kind} again", again)
                return answer
            if answer.status_code in (400, 409, 412):
                wish.outcome = "refused"
                self.refused += 1
            else:
                self._wonder(wish.kind, answer)
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
            self._wonder("a poor 503", answer)
        return True

    def _wonder(self, what: str, answer: Any) -> None:
        said = Page(answer.text).text[:300]
        self.strange.append(f"{what}: {answer.request.path} {answer.status_code} {answer.headers} {said}")


class Customer(Person):
    """Opens tickets, answers, says that it is sorted out, looks at lists; works on tickets of their own."""

    def __init__(self, site: Site, name: str, town: Town) -> None:
        super().__init__(site, name, town)
        self.mine: list[int] = []
        self.menu = [self.create, *[self.reply] * 4, self.solve, self.look, self.look]

    def create(self) -> None:
        """Open a ticket."""
        wish = Wish(self.who, "created", mark=_mark(), subject=_mark())
        key = secrets.token_hex(16)
        answer = self.send(
            wish, lambda: self.post("/help/new", subject=wish.subject, body=wish.mark, message_id=key)
        )
        if wish.outcome == "done":
            wish.ticket_id = _number(answer)
            self.mine.append(wish.ticket_id)
            self.town.opened(wish.ticket_id)

    def reply(self) -> None:
        """Add a message to a ticket."""
        if not self.mine:
            self.create()
            return
        wish = Wish(self.who, "replied", self.rng.choice(self.mine[-5:]), mark=_mark())
        key, path = secrets.token_hex(16), f"/help/tickets/{wish.ticket_id}/reply"
        self.send(wish, lambda: self.post(path, body=wish.mark, message_id=key))

    def solve(self) -> None:
        """Say that a ticket is sorted out."""
        if self.mine:
            wish = Wish(self.who, "value", self.rng.choice(self.mine[-5:]), value=("status", "solved"))
            self.send(wish, lambda: self.post(f"/help/tickets/{wish.ticket_id}/solve"), keyed=False)

    def look(self) -> None:
        """Read a list or a ticket."""
        own = [f"/help/tickets/{number}" for number in self.mine[-5:]]
        self.read("/help/", "/help/tickets", "/help/tickets?state=solved", *own)


class Agent(Person):
    """Does everything that agents do, to tickets that others work on too."""

    def __init__(self, site: Site, name: str, town: Town) -> None:
        super().__init__(site, name, town)
        self.program = Program(site, token_for(site, name)[1])
        self.menu = [
            self.create, self.reply, self.reply, self.patch, self.patch, self.change, self.assign,
            self.edit, self.edit, self.bulk, self.undo, self.look, self.look,
        ]  # fmt: skip

    def ask(self, path: str) -> Any:
        """Open an address, the API's as a program."""
        return (self.program if path.startswith("/api/") else self.browser).get(path)

    def create(self) -> None:
        """Open a ticket, by the form or by the API."""
        wish, key = Wish(self.who, "created", mark=_mark(), subject=_mark()), secrets.token_hex(16)
        words = {"subject": wish.subject, "body": wish.mark}
        if self.rng.random() < 0.5:
            answer = self.send(wish, lambda: self.program.post(TICKETS, words, **{"Idempotency-Key": key}))
        else:
            form = {**words, "requester": "customer@demo.example", "message_id": key, "priority": "normal"}
            answer = self.send(wish, lambda: self.post("/desk/new", **form))
        if wish.outcome == "done":
            wish.ticket_id = _number(answer)
            self.town.opened(wish.ticket_id)

    def reply(self) -> None:
        """Reply or note something, with or without a new status."""
        (ticket_id,) = self.town.some(self.rng)
        kind = self.rng.choice(("reply", "note"))
        wish = Wish(self.who, "replied" if kind == "reply" else "noted", ticket_id, mark=_mark())
        form = {"kind": kind, "status": self.rng.choice(STATUSES), "message_id": secrets.token_hex(16)}
        form["version"] = str(self.town.versions[ticket_id])
        self.send(wish, lambda: self.post(f"{GRID}{ticket_id}/reply", body=wish.mark, **form))
        self._catch_up(wish)

    def patch(self) -> None:
        """Set the subject and leave a note, as one change, by the API."""
        (ticket_id,) = self.town.some(self.rng)
        wish, key = Wish(self.who, "noted", ticket_id, mark=_mark(), subject=_mark()), uuid.uuid4().hex
        wanted, seen = {"subject": wish.subject, "note": wish.mark}, self.town.versions[ticket_id]
        path = f"{TICKETS}/{ticket_id}"
        answer = self.send(wish, lambda: self.program.patch(path, wanted, seen, **{"Idempotency-Key": key}))
        if wish.outcome == "done":
            self.town.reached(ticket_id, answer.json["version"])
        self._catch_up(wish)

    def change(self) -> None:
        """Set a property with the form beside the ticket."""
        (ticket_id,) = self.town.some(self.rng)
        wish = Wish(self.who, "value", ticket_id, value=("priority", self.rng.choice(PRIORITIES)))
        form = {"priority": wish.value[1], "version": str(self.town.versions[ticket_id])}
        form["message_id"] = secrets.token_hex(16)
        self.send(wish, lambda: self.post(f"{GRID}{ticket_id}/update", **form))
        self._catch_up(wish)

    def assign(self) -> None:
        """Give a ticket to somebody in the list."""
        self._edit("assignee_id", self.rng.choice(self.colleagues))

    def edit(self) -> None:
        """Set a priority in the list."""
        self._edit("priority", self.rng.choice(PRIORITIES))

    def bulk(self) -> None:
        """Set the priority of several tickets at once; each is a wish of its own."""
        chosen, value = self.town.some(self.rng, 4), self.rng.choice(PRIORITIES)
        whole = Wish(self.who, "bulk")
        rows = [f"{number}:{self.town.versions[number]}" for number in chosen]
        form = {"action": "priority", "value": value, "rowid": rows, "csrf_token": self.token}
        answer = self.send(
            whole, lambda: self.browser.post(f"{GRID}action/", data=form, headers=JSON), keyed=False
        )
        done = {row["pk"]: row for row in answer.json["results"]} if whole.outcome == "done" else {}
        for number in chosen:
            wish = Wish(self.who, "value", number, value=("priority", value), sent=whole.sent)
            self.wishes.append(wish)
            row = done.get(str(number), {"status": "unknown", "undo": None})
            if row["status"] == "done":
                wish.outcome = "done"
                self._named(wish, row["undo"])
            else:
                self._catch_up(wish)

    def undo(self) -> None:
        """Take a change back that somebody made."""
        if not self.town.changes:
            return
        change = self.rng.choice(self.town.changes[-20:])
        ticket_id, version = map(int, change.split(":"))
        wish = Wish(self.who, "undo", ticket_id, undoes=version)
        form = {"csrf_token": self.token, "change": change}
        answer = self.send(
            wish, lambda: self.browser.post("/desk/undo", data=form, headers=JSON), keyed=False
        )
        if wish.outcome == "done":
            for number, reached in answer.json["versions"].items():
                wish.at.add((int(number), reached))
                self.town.reached(int(number), reached)

    def look(self) -> None:
        """Read a list or a ticket."""
        (ticket_id,) = self.town.some(self.rng)
        lists = (f"{GRID}?state=open", f"{GRID}?assignee={self.who}&state=open", f"{TICKETS}?state=done")
        self.read(*lists, f"{GRID}{ticket_id}", f"{TICKETS}/{ticket_id}", f"{TICKETS}?requester={self.who}")

    def _edit(self, name: str, value: str) -> None:
        (ticket_id,) = self.town.some(self.rng)
        wish = Wish(self.who, "value", ticket_id, value=(name, value))
        wanted = {"pk": str(ticket_id), "field": name, "value": value}
        wanted["version"] = self.town.versions[ticket_id]
        headers = {"X-CSRFToken": self.token}
        answer = self.send(
            wish, lambda: self.browser.post(f"{GRID}ajax/update/", json=wanted, headers=headers), keyed=False
        )
        if wish.outcome == "done":
            self._named(wish, answer.json["undo"])
        self._catch_up(wish)

    def _named(self, wish: Wish, change: str | None) -> None:
        """Remember what an answer says that a wish wrote."""
        if change is not None:
            number, version = map(int, change.split(":"))
            wish.at.add((number, version))
            self.town.reached(number, version)
            self.town.changes.append(change)

    def _catch_up(self, wish: Wish) -> None:
        """Load a ticket again after a refusal, as people do."""
        if wish.outcome != "done":
            answer = self.program.get(f"{TICKETS}/{wish.ticket_id}")
            if answer.status_code == 200:
                self.town.reached(wish.ticket_id, answer.json["version"])


def _mark() -> str:
    return uuid.uuid4().hex


def _number(answer: Any) -> int:
    return int(re.findall(r"/tickets/(\d+)", answer.headers["Location"])[0])
