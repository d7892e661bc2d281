"""The copy of everybody's name and address in this process: loaded once, then kept up from the audit log."""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from threading import Lock, Thread

import structlog

from models import audit as audit_table
from models import user as user_table
from models.audit import AuditEntry
from models.user import User as UserItem
from services import caching
from services.errors import EngineUnavailable
from services.users.authorization.roles import RoleService
from services.users.directory.person import Person
from services.users.identity.permissions import Permission, Scope

MAX_PEOPLE = 50_000
LOADED_AT_ONCE = 2_000  # people; more of them are loaded beside the request that asks first
FRESH = 2.0  # seconds between two looks at the audit log
OVERLAP = timedelta(seconds=60)  # by which an event may be written after its time
# The events after which a user's name, address, role, teams, organization or state may differ.
FOLLOWED = (
    "user.created",
    "user.registered",
    "user.changed",
    "user.address_changed",
    "user.erasure_asked",
    "user.erased",
    "user.imported",
)
log = structlog.get_logger()


class Directory:
    """Holds at most 50,000 people, those who work on tickets first; anybody beyond is not in it.

    It is read from the index by role, page by page, when it is first asked: up to 2,000 people at once, the
    rest in a thread of its own, and `complete` is False until that ends. From then on it reads the events of the
    audit log that are new, when it is asked and at most every two seconds, and the users they are about.
    """

    def __init__(
        self,
        roles: RoleService,
        *,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        most: int = MAX_PEOPLE,
    ) -> None:
        """Take two clocks: `clock` for the age of the copy, `now` for the time the audit log can have reached."""
        self._roles, self._clock, self._now, self._most = roles, clock, now, most
        self._lock = Lock()
        self._people: dict[str, Person] = {}
        self._by_name: tuple[Person, ...] | None = None
        self._loaded = self._loading = self._full = False
        self._next_look = self._looked_at = 0.0  # by the clock; in seconds since 1970
        self._reached: str | None = None  # the key of the latest event that was read
        self._seen: set[str] = set()  # keys of events that were read and may be read again
        self._removed: set[str] = set()  # people who are not to come back with the rest of the first load
        self._changed_here: set[str] = set()

    @property
    def complete(self) -> bool:
        """Tell whether everybody is in it: it has been loaded, and there are not more people than it holds."""
        return self._loaded and not self._full

    def people(self) -> tuple[Person, ...]:
        """Return everybody by name, at most a few seconds old."""
        self._keep_up()
        people = self._by_name
        if people is None:
            with self._lock:
                entries = sorted(self._people.values(), key=lambda one: (one.folded, one.user_id))
                people = self._by_name = tuple(entries)
        return people

    def changed(self, user_id: str) -> None:
        """Read a user again before the next answer, after a change by this process."""
        caching.note_change()
        if self._reached is None:
            return  # nobody has asked yet, as in a command
        with self._lock:
            self._changed_here.add(user_id)

    def _keep_up(self) -> None:
        must_look = bool(self._changed_here) or self._looked_at < caching.not_before()
        if not must_look and not self._is_due():
            return
        # What is known is good enough while another request looks, unless whoever asks changed something.
        if not self._lock.acquire(blocking=must_look or self._reached is None):
            return
        try:
            if self._is_due():
                self._look()
            changed, self._changed_here = self._changed_here, set()
            self._read_again(changed)
        finally:
            self._lock.release()

    def _is_due(self) -> bool:
        return self._clock() >= self._next_look or self._looked_at < caching.not_before()

    def _look(self) -> None:
        started = time.time()
        try:
            if self._reached is None:
                # What happens while everybody is read is an event after this point.
                self._reached = audit_table.latest_key(before=self._present()) or ""
            else:
                self._follow()
            if not self._loaded and not self._loading:
                self._load()
        except EngineUnavailable:
            if not self._people:
                raise
            log.warning("directory.stale")
        self._next_look, self._looked_at = self._clock() + FRESH, started

    def _load(self) -> None:
        everybody = self._everybody()
        self._loaded = self._add(islice(everybody, LOADED_AT_ONCE))
        if not self._loaded:
            self._loading = True
            Thread(target=self._load_rest, args=(everybody,), name="directory", daemon=True).start()

    def _load_rest(self, everybody: Iterator[UserItem]) -> None:
        """Read the other people, a page at a time; if that fails, the next look starts again."""
        try:
            while not self._loaded:
                page = list(islice(everybody, LOADED_AT_ONCE))
                with self._lock:
                    self._loaded = self._add(page)
        except EngineUnavailable:
            log.warning("directory.load_failed")
        finally:
            self._loading = False

    def _everybody(self) -> Iterator[UserItem]:
        """Walk everybody through the index by role, those who work on tickets first, up to the bound."""
        roles = sorted(
            self._roles.all(), key=lambda role: -role.permissions.get(Permission.TICKET_VIEW, Scope.NONE)
        )
        walk = (item for role in roles for item in user_table.of_role(role.role_id))
        yield from islice(walk, self._most)
        self._full = next(walk, None) is not None

    def _add(self, items: Iterable[UserItem]) -> bool:
        """Add a page of people, and tell whether it was the last."""
        entries = [Person.from_model(item) for item in items]
        # Somebody who was erased has neither an address nor access; the index does not say more.
        doubtful = [one.user_id for one in entries if not one.active and one.email is None]
        erased = {item.user_id for item in user_table.find_many(doubtful) if item.erased_at is not None}
        for one in entries:
            # What an event brought meanwhile is newer than the page of an index.
            if one.user_id not in erased and one.user_id not in self._removed:
                self._people.setdefault(one.user_id, one)
        self._by_name = None
        return len(entries) < LOADED_AT_ONCE

    def _follow(self) -> None:
        """Read the events since the last look, and some before it: an event may be written late."""
        reached = self._reached or ""
        # Most events are sign-ins, which are not followed: they move the point after which events are read, too.
        # A clock that runs ahead elsewhere must not make this copy skip what comes before it.
        latest = audit_table.latest_key(before=self._present()) or ""
        events = [
            event
            for event in audit_table.since(_earlier(reached), FOLLOWED)
            if event.entry_key not in self._seen
        ]
        missing = self._read_again({user_id for event in events for user_id in _users_of(event)})
        self._reached = max(reached, latest)
        oldest, late = _earlier(self._reached), self._now() - OVERLAP
        # An import names people just before it writes them: they are looked for again for a while.
        settled = [each for each in events if each.at < late or missing.isdisjoint(_imported_by(each))]
        self._seen = {key for key in self._seen | {each.entry_key for each in settled} if key > oldest}

    def _present(self) -> str:
        return audit_table.entry_key(self._now(), "")

    def _read_again(self, user_ids: Iterable[str]) -> set[str]:
        """Read people as they are stored now, and return those who do not exist (any more)."""
        missing = set(user_ids)
        if not missing:
            return missing
        for item in user_table.find_many(missing, strongly=True):
            if item.erased_at is not None:
                continue
            missing.discard(item.user_id)
            if item.user_id in self._people or len(self._people) < self._most:
                self._people[item.user_id] = Person.from_model(item)
            else:
                self._full = True
        for user_id in missing:
            self._people.pop(user_id, None)
        self._removed = set() if self._loaded else self._removed | missing
        self._by_name = None
        return missing


def _users_of(event: AuditEntry) -> list[str]:
    return _imported_by(event) or [event.subject.removeprefix("user:")]


def _imported_by(event: AuditEntry) -> list[str]:
    _, user_ids = event.changes.get("user_ids", (None, None))
    return [str(user_id) for user_id in user_ids] if isinstance(user_ids, list) else []


def _earlier(key: str) -> str:
    """Return the key after which events are read again."""
    return audit_table.entry_key(audit_table.time_of(key) - OVERLAP, "") if key else ""
