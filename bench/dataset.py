"""Data folders with N tickets of the corpus, loaded once through the product's own import and then reused."""

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.import_corpus import Known, People, fingerprint, known, team_id, tickets
from bench.product import ProductFailed
from dynamodb_client import disconnect
from local.commands import environment, run_command
from local.engine import Engine
from local.folder_lock import LOCK_NAME
from local.ports import free_port
from local.settings import ROOT
from portal.config.service_options import service_options
from portal.config.settings import Settings
from services.bootstrap import Services, build_services
from services.tickets import ImportedTicket
from services.users.identity import SYSTEM

HOME = ROOT / "var" / "bench"
FORMAT = 3  # of the folders; a folder of another format is loaded again
KEEP_FOR = timedelta(days=7)  # afterwards "the last 30 days" of a dashboard would hold too little
TELL_EVERY = 5.0  # seconds
# Of a dataset with many people: whom a desk has besides those who work on the tickets.
MANY_AGENTS, MANY_TEAMS, MANY_ORGANIZATIONS = 1_000, 200, 500
FEW, MANY = "few", "many"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Dataset:
    """A loaded folder: who can sign in with which password, and the midnight at which its history ends.

    With `crowd` MANY, the same tickets stand among many agents, teams and organizations.
    """

    folder: Path
    size: int
    people: People
    password: str
    end: datetime
    loaded: dict[str, Any]
    crowd: str = FEW

    @property
    def label(self) -> str:
        """Return what tells it from the others of a run."""
        return label_of(self.size, self.crowd)

    def truth(self, corpus: ModuleType) -> list[Known]:
        """Return what the product must show, ticket 1 first."""
        imported = tickets(corpus, self.size, self.people, self.end)
        return [known(number, ticket) for number, ticket in enumerate(imported, start=1)]

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """Yield a copy, so that every run starts with the same data; delete it afterwards."""
        copied = self.folder.parent / "run"
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(self.folder, copied, ignore=shutil.ignore_patterns(LOCK_NAME))
        try:
            yield copied
        finally:
            shutil.rmtree(copied, ignore_errors=True)


def label_of(size: int, crowd: str) -> str:
    """Name a dataset: the number of its tickets, and that it has many people."""
    return f"{size:,}" if crowd == FEW else f"{size:,} with many people"


def ensure(
    corpus: ModuleType, size: int, home: Path, say: Say, *, shards: int = 1, crowd: str = FEW
) -> Dataset:
    """Return the stored folder of this size; load it first if it is missing, old, or from another corpus.

    Use another `home` for another number of shards: the folder does not record how many it has.
    """
    place = home / (str(size) if crowd == FEW else f"{size}-{crowd}")
    dataset = loaded_before(place, corpus)
    if dataset is not None:
        say(f"tickets: {dataset.label}, loaded on {dataset.end:%d %B %Y}")
        return dataset
    shutil.rmtree(place, ignore_errors=True)
    partial = place / "partial"
    marker = _load(corpus, size, partial, say, shards=shards, crowd=crowd)
    partial.rename(place / "loaded")
    (place / "loaded.json").write_text(json.dumps(marker, indent=2))
    dataset = loaded_before(place, corpus)
    assert dataset is not None  # noqa: S101 - written two lines above
    return dataset


def loaded_before(place: Path, corpus: ModuleType) -> Dataset | None:
    """Return what is loaded there, unless it is too old, or of another format or corpus."""
    try:
        marker = json.loads((place / "loaded.json").read_text())
    except FileNotFoundError:
        return None
    end = datetime.fromisoformat(marker["end"])
    if marker["format"] != FORMAT or datetime.now(UTC) - end > KEEP_FOR:
        return None
    if marker["corpus"] != fingerprint(corpus):
        return None
    people = People(tuple(marker["agents"]), marker["customer"], marker["manager"])
    crowd = marker.get("crowd", FEW)
    return Dataset(place / "loaded", marker["size"], people, marker["password"], end, marker["loaded"], crowd)


def _load(
    corpus: ModuleType, size: int, folder: Path, say: Say, *, shards: int, crowd: str
) -> dict[str, Any]:
    """Set up, import and build the analytics copy; return what the marker stores."""
    password = secrets.token_urlsafe(16)
    with Engine(folder):
        given = environment(folder, free_port(), shards=shards)
        run_command(given=given)
        try:
            services = build_services(service_options(Settings.from_env(given)))
            people = _accounts(corpus, services, password)
            end = datetime.combine(datetime.now(UTC).date(), clock_time(), UTC)
            imported = tickets(corpus, size, people, end)
            loaded = _imported(services, imported, size, say)
            if crowd == MANY:
                loaded |= _crowd(services, people, say)
        finally:
            disconnect()
        begun = time.monotonic()
        run_command("analytics", "rebuild", given=given)
        loaded["rebuild_seconds"] = round(time.monotonic() - begun, 1)
    return {
        "format": FORMAT,
        "corpus": fingerprint(corpus),
        "size": size,
        "crowd": crowd,
        "end": end.isoformat(),
        "password": password,
        "loaded": loaded,
        **people._asdict(),
    }


def _accounts(corpus: ModuleType, services: Services, password: str) -> People:
    """Create the corpus's agents, a manager and a customer, all able to sign in."""
    now = datetime.now(UTC)

    def create(role: str, address: str, name: str) -> str:
        teams = [team_id(queue) for queue in corpus.QUEUE_NAMES] if role == "agent" else []
        account = services.users.accounts.create(
            actor=SYSTEM,
            now=now,
            name=name,
            email=f"{address}@bench.example",
            role_id=role,
            password=password,
            team_ids=teams,
        )
        return account.user_id

    agents = tuple(create("agent", f"agent-{n}", f"Agent {n}") for n in range(corpus.AGENTS))
    customer = create("customer", "customer", "Customer 0")
    return People(agents, customer, create("manager", "manager", "Manager"))


def _crowd(services: Services, people: People, say: Say) -> dict[str, int]:
    """Fill up agents, teams and organizations."""
    say(f"creating {MANY_AGENTS:,} agents, {MANY_TEAMS} teams and {MANY_ORGANIZATIONS} organizations")
    now, accounts = datetime.now(UTC), services.users.accounts
    present = len(services.catalog.teams())
    services.catalog.upsert("team", [(f"team-{n}", f"Team {n}") for n in range(present, MANY_TEAMS)])
    for n in range(MANY_ORGANIZATIONS):
        services.users.organizations.save(
            actor=SYSTEM,
            now=now,
            id_=None,
            name=f"Organization {n}",
            active=True,
            shares_tickets=False,
            domains=[f"org-{n}.example"],
            expected_version=0,
        )
    for n in range(len(people.agents), MANY_AGENTS):
        accounts.create(
            actor=SYSTEM,
            now=now,
            name=f"Agent {n}",
            email=f"agent-{n}@bench.example",
            role_id="agent",
            team_ids=[f"team-{present + n % (MANY_TEAMS - present)}"],
            invite=False,
        )
    return {"agents": MANY_AGENTS, "teams": MANY_TEAMS, "organizations": MANY_ORGANIZATIONS}


class _Progress:
    """Reports the progress of loading from time to time."""

    def __init__(self, size: int, say: Say) -> None:
        self._size, self._say = size, say
        self._done, self._begun = 0, time.monotonic()
        self._said = self._begun

    def advance(self, _events: int) -> None:
        """Count one ticket."""
        self._done += 1
        now = time.monotonic()
        if now - self._said < TELL_EVERY:
            return
        self._said = now
        rate = self._done / (now - self._begun)
        left = (self._size - self._done) / rate
        self._say(f"loaded {self._done:,} of {self._size:,} tickets, {rate:,.0f}/s, {left:,.0f} s left")


def _imported(services: Services, imported: Iterator[ImportedTicket], size: int, say: Say) -> dict[str, Any]:
    say(f"loading {size:,} tickets")
    refused: list[str] = []
    begun = time.monotonic()
    result = services.tickets.importer.run(
        source="bench",
        tickets=imported,
        clock=lambda: datetime.now(UTC),
        reject=lambda line, reason: refused.append(f"{line}: {reason}"),
        progress=_Progress(size, say).advance,
    )
    if refused or result.tickets != size:
        raise ProductFailed(f"the import took {result.tickets} of {size} tickets: {refused[:3]}")
    took = time.monotonic() - begun
    return {"tickets": size, "events": result.events, "kinds": dict(result.kinds), "seconds": round(took, 1)}
