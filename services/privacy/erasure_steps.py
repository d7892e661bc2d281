"""The other steps of an erasure: the account, the mails, the trail, all other tables, and files."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from dynamodb_client import LeanModel
from models import TABLES, redaction, sweep
from models import outbox as outbox_table
from models import user as user_table
from models.api_token import ApiToken
from models.audit import AuditEntry
from models.identity import Identity
from models.job import Job
from models.session import Session
from models.ticket import Ticket
from models.ticket_history import TicketHistory
from models.user import User, UserEmail
from services.mail import Mailer
from services.privacy.erasure_job import KIND, Outcome
from services.privacy.ledger_step import LedgerStep
from services.privacy.personal_data_matcher import ERASED, ERASED_NAME, PersonalDataMatcher, deep
from services.users.credentials import LoginThrottle
from services.users.identity import SYSTEM, sort_name

PAGE = 250
ACTS = 200
UNFINISHED = ".erasing"
# What stays of an account: nobody is found by it, and what is counted by role and by day stays.
KEPT = {"user_id", "role_id", "created_at"}
# What the trail says of a person that is theirs alone, whoever wrote it there.
PERSONAL = {"name", "sort_name", "email", "identities", "address", "browser"}
OWNED: Sequence[type[LeanModel]] = (UserEmail, Identity, Session, ApiToken)
ELSEWHERE = (User, Ticket, TicketHistory, AuditEntry)  # tables that other steps know better


class Step(Protocol):
    """One part of the work; safe to run twice, and from any cursor it gave."""

    name: str

    def run(self, traces: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Do the next part."""


class AccountStep:
    """Empties the account and takes away every way into it."""

    name = "account"

    def __init__(self, forget: Callable[[str], None]) -> None:
        self._forget = forget

    def run(self, traces: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Empty the account, in each round: something may have been written to it since."""
        del cursor
        item = user_table.find(traces.user_id)
        if item is not None:
            user_table.clear(item, kept=KEPT, **_emptied(item, now))
            self._forget(traces.user_id)
        for address in traces.addresses:
            LoginThrottle.forget(address)
        return Outcome(1)


def _emptied(item: User, now: datetime) -> dict[str, Any]:
    return {
        "version": int(item.version) + 1,
        "name": ERASED_NAME,
        "sort_name": sort_name(ERASED_NAME),
        "active": False,
        "valid_after": item.valid_after or now,
        "erased_at": item.erased_at or now,
    }


class MailStep:
    """Drops letters to the person: those that wait, and in development those that lie in the mailbox."""

    name = "emails"

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    def run(self, traces: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Look through all letters; those that wait are few."""
        del cursor, now
        waiting = outbox_table.everything()
        for_them = [item for item in waiting if _is_for(traces, item.payload)]
        for item in for_them:
            outbox_table.done(item)
        lying = self._mailer.forget(traces.mentioned)
        return Outcome(len(waiting), {"letters": len(for_them) + lying} if for_them or lying else {})


def _is_for(traces: PersonalDataMatcher, payload: dict[str, Any]) -> bool:
    addressed = deep(payload, lambda text: ERASED if traces.by_address(text) else text) != payload
    return addressed or payload.get("user_id") == traces.user_id


class AuditLogStep:
    """Takes the person out of the words of the trail; acts, their times and ids stay."""

    name = "audit_log"

    def run(self, traces: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Look at the next acts."""
        del now
        entries = redaction.audit_log_page(cursor, ACTS)
        reworded = sum(_reword(traces, entry) for entry in entries)
        after = entries[-1].entry_key if len(entries) == ACTS else None
        return Outcome(len(entries), {"acts": reworded} if reworded else {}, after)


def _reword(traces: PersonalDataMatcher, entry: AuditEntry) -> bool:
    is_theirs, is_about = entry.actor_id == traces.user_id, entry.subject == f"user:{traces.user_id}"
    clean = traces.near if is_theirs or is_about else traces.far
    changes = {
        field: deep(pair, (lambda _: ERASED) if is_about and field in PERSONAL else clean)
        for field, pair in (entry.changes or {}).items()
    }
    subject = clean(entry.subject)
    # The system acts from where somebody comes who signs in for the first time.
    came = is_about and entry.actor_id == SYSTEM.user_id
    address = None if is_theirs or came else entry.address
    if (changes, subject, address) == (entry.changes or {}, entry.subject, entry.address):
        return False
    redaction.audit_entry(entry, subject=subject, changes=changes, address=address)
    return True


class TablesStep:
    """Walks every other table: drops what belongs to the person, and takes them out of all other words."""

    name = "tables"
    tables: Sequence[type[LeanModel]] = tuple(table for table in TABLES if table not in ELSEWHERE)

    def run(self, traces: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Look at the next items of the table the cursor names."""
        del now
        at, start = cursor or (0, None)
        table = self.tables[at]
        found, after = sweep.page(table, start, PAGE)
        dropped = sum(_drop(traces, item) for item in found)
        reworded = sum(_reword_item(traces, item) for item in found)
        counts = {"records": dropped + reworded} if dropped or reworded else {}
        if after is None and at + 1 == len(self.tables):
            return Outcome(len(found), counts)
        return Outcome(len(found), counts, [at, after] if after is not None else [at + 1, None])


def _is_dropped(traces: PersonalDataMatcher, item: sweep.Stored) -> bool:
    """Tell what goes whole: a thing of this person's alone, or one that is kept under their address."""
    if item.table in OWNED and item.get("user_id") == traces.user_id:
        return True
    return any(traces.by_address(key.get("S", "")) for key in item.key.values())


def _drop(traces: PersonalDataMatcher, item: sweep.Stored) -> bool:
    if not _is_dropped(traces, item):
        return False
    sweep.remove(item)
    return True


def _reword_item(traces: PersonalDataMatcher, item: sweep.Stored) -> bool:
    is_job = item.table is Job and item.get("running") == KIND  # knows whom to look for until it is done
    if is_job or _is_dropped(traces, item):
        return False
    texts = {name: clean for name, word in item.texts.items() if (clean := deep(word, traces.far)) != word}
    return bool(texts) and sweep.rewrite(item, texts)


class FilesStep:
    """Takes the person out of files that are kept: rows that imports left out, with the reasons."""

    name = "files"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, traces: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Write anew each file that names the person, line by line."""
        del cursor, now
        for left in self._folder.rglob(f"*{UNFINISHED}"):
            left.unlink(missing_ok=True)
        files = [path for path in sorted(self._folder.rglob("*")) if path.is_file()]
        naming = [path for path in files if any(map(traces.mentioned, _lines(path)))]
        for path in naming:
            fresh = path.with_name(path.name + UNFINISHED)
            with fresh.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
                stream.writelines(map(traces.far, _lines(path)))
            fresh.replace(path)
        return Outcome(len(files), {"files": len(naming)} if naming else {})


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
        yield from stream


def in_order(forget: Callable[[str], None], mailer: Mailer, rejects: Path) -> tuple[Step, ...]:
    """List the steps as they are done: the account first, so that nothing new comes from it.

    `forget` lets this process read a person anew.
    """
    steps: tuple[Step, ...] = (
        AccountStep(forget),
        MailStep(mailer),
        LedgerStep(),
        AuditLogStep(),
        TablesStep(),
    )
    return (*steps, FilesStep(rejects))
