"""The other steps of an erasure: account, e-mails, audit log, all other tables, files."""

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
from services.privacy.personal_data_matcher import ERASED, ERASED_NAME, PersonalDataMatcher, map_texts
from services.users.audit import NOBODY
from services.users.credentials import LoginThrottle
from services.users.identity import SYSTEM, sort_name

PAGE = 250
ENTRIES_PER_PAGE = 200
UNFINISHED = ".erasing"
# What stays of an account: it identifies nobody, and counts by role and by day stay the same.
KEPT_FIELDS = {"user_id", "role_id", "created_at"}
# Fields in the audit log that are personal data of the event's subject, whoever caused the event.
PERSONAL = {"name", "sort_name", "email", "phone", "identities", "address", "browser"}
OWNED: Sequence[type[LeanModel]] = (UserEmail, Identity, Session, ApiToken)
ELSEWHERE = (User, Ticket, TicketHistory, AuditEntry)  # tables that other steps handle


class Step(Protocol):
    """One step of the work; safe to run twice, and from any cursor it returned."""

    name: str

    def run(self, matcher: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Run the next part."""


class AccountStep:
    """Empties the account and removes every way to sign in to it."""

    name = "account"

    def __init__(self, forget: Callable[[str], None]) -> None:
        self._forget = forget

    def run(self, matcher: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Empty the account in each round: something may have been written to it since."""
        del cursor
        item = user_table.find(matcher.user_id)
        if item is not None:
            user_table.clear(item, kept_fields=KEPT_FIELDS, **_emptied(item, now))
            self._forget(matcher.user_id)
        for address in matcher.addresses:
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
    """Deletes e-mails to the person: those in the outbox, and in development those in the dev mailbox."""

    name = "emails"

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    def run(self, matcher: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Look through all e-mails; few of them wait in the outbox."""
        del cursor, now
        waiting = outbox_table.everything()
        for_them = [item for item in waiting if _is_for(matcher, item.payload)]
        for item in for_them:
            outbox_table.done(item)
        deleted = self._mailer.forget(matcher.mentions)
        return Outcome(len(waiting), {"letters": len(for_them) + deleted} if for_them or deleted else {})


def _is_for(matcher: PersonalDataMatcher, payload: dict[str, Any]) -> bool:
    addressed = map_texts(payload, lambda text: ERASED if matcher.mentions_address(text) else text) != payload
    return addressed or payload.get("user_id") == matcher.user_id


class AuditLogStep:
    """Redacts the person's data in the audit log; events, times and ids stay."""

    name = "audit_log"

    def run(self, matcher: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Redact the next page of events."""
        del now
        entries = redaction.audit_log_page(cursor, ENTRIES_PER_PAGE)
        redacted = sum(_redact_entry(matcher, entry) for entry in entries)
        after = entries[-1].entry_key if len(entries) == ENTRIES_PER_PAGE else None
        return Outcome(len(entries), {"acts": redacted} if redacted else {}, after)


def _redact_entry(matcher: PersonalDataMatcher, entry: AuditEntry) -> bool:
    is_theirs, is_about = entry.actor_id == matcher.user_id, entry.subject == f"user:{matcher.user_id}"
    clean = matcher.redact_names if is_theirs or is_about else matcher.redact_unique
    changes = {
        field: map_texts(pair, (lambda _: ERASED) if is_about and field in PERSONAL else clean)
        for field, pair in (entry.changes or {}).items()
    }
    subject = clean(entry.subject)
    # When somebody signs in for the first time, the system acts with their network address. Who failed to sign in
    # to their account may have been themselves.
    is_their_address = is_theirs or (is_about and entry.actor_id in (SYSTEM.user_id, NOBODY.user_id))
    address = None if is_their_address else entry.address
    if (changes, subject, address) == (entry.changes or {}, entry.subject, entry.address):
        return False
    redaction.audit_entry(entry, subject=subject, changes=changes, address=address)
    return True


class TablesStep:
    """Walks every other table: deletes what belongs to the person, and redacts them everywhere else."""

    name = "tables"
    tables: Sequence[type[LeanModel]] = tuple(table for table in TABLES if table not in ELSEWHERE)

    def run(self, matcher: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Handle the next items of the table that the cursor names."""
        del now
        at, start = cursor or (0, None)
        table = self.tables[at]
        items, after = sweep.page(table, start, PAGE)
        dropped = sum(_drop(matcher, item) for item in items)
        redacted = sum(_redact_item(matcher, item) for item in items)
        counts = {"records": dropped + redacted} if dropped or redacted else {}
        if after is None and at + 1 == len(self.tables):
            return Outcome(len(items), counts)
        return Outcome(len(items), counts, [at, after] if after is not None else [at + 1, None])


def _is_dropped(matcher: PersonalDataMatcher, item: sweep.Stored) -> bool:
    """Tell whether an item is deleted: it belongs to the person alone, or its key holds their address."""
    if item.table in OWNED and item.get("user_id") == matcher.user_id:
        return True
    return any(matcher.mentions_address(key.get("S", "")) for key in item.key.values())


def _drop(matcher: PersonalDataMatcher, item: sweep.Stored) -> bool:
    if not _is_dropped(matcher, item):
        return False
    sweep.remove(item)
    return True


def _redact_item(matcher: PersonalDataMatcher, item: sweep.Stored) -> bool:
    is_job = item.table is Job and item.get("running") == KIND  # holds what to look for until it is done
    if is_job or _is_dropped(matcher, item):
        return False
    texts = {
        name: clean
        for name, word in item.texts.items()
        if (clean := map_texts(word, matcher.redact_unique)) != word
    }
    return bool(texts) and sweep.rewrite(item, texts)


class FilesStep:
    """Redacts the person in stored files: rows that imports rejected, with the reasons."""

    name = "files"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def run(self, matcher: PersonalDataMatcher, cursor: Any, now: datetime) -> Outcome:
        """Rewrite each file that names the person, line by line."""
        del cursor, now
        for left in self._folder.rglob(f"*{UNFINISHED}"):
            left.unlink(missing_ok=True)
        files = [path for path in sorted(self._folder.rglob("*")) if path.is_file()]
        naming = [path for path in files if any(map(matcher.mentions, _lines(path)))]
        for path in naming:
            fresh = path.with_name(path.name + UNFINISHED)
            with fresh.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
                stream.writelines(map(matcher.redact_unique, _lines(path)))
            fresh.replace(path)
        return Outcome(len(files), {"files": len(naming)} if naming else {})


def _lines(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8", errors="surrogateescape", newline="") as stream:
        yield from stream


def build_steps(forget: Callable[[str], None], mailer: Mailer, rejects: Path) -> tuple[Step, ...]:
    """Build the steps in their order: the account first, so that it cannot add anything new.

    `forget` drops a user from the caches of this process.
    """
    steps: tuple[Step, ...] = (
        AccountStep(forget),
        MailStep(mailer),
        LedgerStep(),
        AuditLogStep(),
        TablesStep(),
    )
    return (*steps, FilesStep(rejects))
