"""Users who write all the time and remember what they were told."""

import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults.http_browser import Answer, NoAnswer, Visitor
from tests.portal.pages import Form

PRIORITIES = ("low", "normal", "high", "urgent")
RESENDS = 100  # until web is back
PAUSE = 0.05  # between checks whether the product answers again


@dataclass
class Write:
    """One write that a user sends: a unique `text`, or `changes` as pairs of old and new value by name."""

    kind: str
    ticket_id: int | None = None
    text: str = ""
    expected_version: int = 0
    changes: dict[str, tuple[str, str]] = field(default_factory=dict)
    sent: int = 0
    acknowledged: bool = False


class Writer(threading.Thread):
    """One user: opens tickets, writes messages, and changes properties of tickets nobody else changes."""

    def __init__(self, port: int, role: str, seed: int, stop: threading.Event) -> None:
        super().__init__(name=f"{role} {seed}", daemon=True)
        self.writes: list[Write] = []
        self.unanswered = 0
        self.unexpected: list[str] = []
        self._visitor = Visitor(port, role)
        self._rng = random.Random(seed)
        self._tickets: list[int] = []
        self._stop_now = stop
        self._desk = role != "customer"

    @property
    def acknowledged(self) -> int:
        """Count the writes that were answered as done."""
        return sum(write.acknowledged for write in self.writes)

    def run(self) -> None:
        """Write until told to stop; an error does not end the run, but is recorded."""
        while not self._stop_now.is_set():
            try:
                self._write_something()
            except NoAnswer:
                self.unanswered += 1
                time.sleep(PAUSE)
            except Exception as error:
                self.unexpected.append(f"{type(error).__name__}: {error}")
        self._visitor.leave()

    def _write_something(self) -> None:
        if not self._tickets or self._rng.random() < 0.2:
            self._create()
            return
        ticket_id = self._rng.choice(self._tickets[-5:])
        if self._desk and self._rng.random() < 0.5:
            self._change(ticket_id)
        else:
            self._say(ticket_id)

    def _create(self) -> None:
        path = "/desk/new" if self._desk else "/help/new"
        form = self._visitor.page(path).form(path)
        write = self._record(Write("created", text=uuid.uuid4().hex))
        filled = {"subject": f"Write {write.text}", "body": write.text}
        if self._desk:
            filled["requester_text"] = "customer@demo.example"
        answer = self._send(write, form, filled)
        if answer is not None:
            write.ticket_id = int(re.findall(r"/tickets/(\d+)", answer.location)[0])
            self._tickets.append(write.ticket_id)

    def _say(self, ticket_id: int) -> None:
        area = "desk" if self._desk else "help"
        form = self._visitor.page(f"/{area}/tickets/{ticket_id}").form(f"/{area}/tickets/{ticket_id}/reply")
        write = self._record(Write("said", ticket_id, uuid.uuid4().hex))
        kind = {"kind": self._rng.choice(["reply", "note"])} if self._desk else {}
        self._send(write, form, {"body": write.text, **kind})

    def _change(self, ticket_id: int) -> None:
        form = self._visitor.page(f"/desk/tickets/{ticket_id}").form(f"/desk/tickets/{ticket_id}/update")
        new_values = {
            name: self._rng.choice([value for value in form.offers[name] if value != form.one(name)])
            for name in ("priority", "category")
        }
        changes = {name: (form.one(name), value) for name, value in new_values.items()}
        write = Write("changed", ticket_id, expected_version=int(form.one("version")), changes=changes)
        self._send(self._record(write), form, new_values)

    def _record(self, write: Write) -> Write:
        self.writes.append(write)
        return write

    def _send(self, write: Write, form: Form, filled: dict[str, str]) -> Answer | None:
        """Send a form; most unanswered ones are sent again, as users do, the rest are given up."""
        resends = self._rng.choice([0, RESENDS, RESENDS])
        for _ in range(1 + resends):
            write.sent += 1
            answer = self._sent(lambda: self._visitor.send(form, **filled))
            if answer is not None and answer.status == 302 and not answer.location.startswith("/login"):
                write.acknowledged = True
                return answer
            if answer is not None and answer.status == 409 and write.kind == "changed":
                return None  # a change given up earlier went through after all: nothing was written now
            # 409: the process that was killed had claimed the form's key.
            if answer is not None and answer.status not in (409, 503):
                self.unexpected.append(f"{write.kind}: {answer.status} {answer.location} {answer.text[:300]}")
                return None
            self.unanswered += 1
            time.sleep(PAUSE)
        return None

    @staticmethod
    def _sent(send: Callable[[], Answer]) -> Answer | None:
        try:
            return send()
        except NoAnswer:
            return None
