"""Data folders with N tickets of the corpus, loaded once through the product's own import and then kept."""

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

from bench.corpus import Known, People, known, team_id, tickets
from bench.product import ProductFailed, environment, run_command
from dynamodb_client import disconnect
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
FORMAT = 2  # of the folders; another one is loaded anew
KEEP_FOR = timedelta(days=7)  # afterwards "the last 30 days" of a dashboard would hold too little
TELL_EVERY = 5.0  # seconds

Say = Callable[[str], None]


@dataclass(frozen=True)
class Dataset:
    """A loaded folder: who can sign in with which password, and the midnight at which its history ends."""

    folder: Path
    size: int
    people: People
    password: str
    end: datetime
    loaded: dict[str, Any]

    def truth(self, corpus: ModuleType) -> list[Known]:
        """Tell what the product must show, ticket 1 first."""
        told = tickets(corpus, self.size, self.people, self.end)
        return [known(number, ticket) for number, ticket in enumerate(told, start=1)]

    @contextmanager
    def copy(self) -> Iterator[Path]:
        """Lend a copy, so that every run begins with the same data; it is gone afterwards."""
        copied = self.folder.parent / "run"
        shutil.rmtree(copied, ignore_errors=True)
        shutil.copytree(self.folder, copied, ignore=shutil.ignore_patterns(LOCK_NAME))
        try:
            yield copied
        finally:
            shutil.rmtree(copied, ignore_errors=True)


def ensure(corpus: ModuleType, size: int, home: Path, say: Say, *, shards: int = 1) -> Dataset:
    """Return the kept folder of this size, loading it first when there is none or it is old.

    Another number of shards asks for another `home`: what is kept does not say how many it has.
    """
    place = home / str(size)
    kept = _kept(place)
    if kept is not None:
        say(f"{size:,} tickets, loaded on {kept.end:%d %B %Y}")
        return kept
    shutil.rmtree(place, ignore_errors=True)
    partial = place / "partial"
    marker = _load(corpus, size, partial, say, shards)
    partial.rename(place / "loaded")
    (place / "loaded.json").write_text(json.dumps(marker, indent=2))
    made = _kept(place)
    assert made is not None  # noqa: S101 - written two lines above
    return made


def _kept(place: Path) -> Dataset | None:
    try:
        marker = json.loads((place / "loaded.json").read_text())
    except FileNotFoundError:
        return None
    end = datetime.fromisoformat(marker["end"])
    if marker["format"] != FORMAT or datetime.now(UTC) - end > KEEP_FOR:
        return None
    people = People(tuple(marker["agents"]), marker["customer"], marker["manager"])
    return Dataset(place / "loaded", marker["size"], people, marker["password"], end, marker["loaded"])


def _load(corpus: ModuleType, size: int, folder: Path, say: Say, shards: int) -> dict[str, Any]:
    """Set up, import and build the analytics copy; returns what the marker keeps."""
    password = secrets.token_urlsafe(16)
    with Engine(folder, free_port()) as engine:
        given = environment(folder, free_port(), engine.port, shards=shards)
        run_command("release", given=given)
        try:
            services = build_services(service_options(Settings.from_env(given)))
            people = _accounts(corpus, services, password)
            end = datetime.combine(datetime.now(UTC).date(), clock_time(), UTC)
            told = tickets(corpus, size, people, end)
            loaded = _imported(services, told, size, say)
        finally:
            disconnect()
        begun = time.monotonic()
        run_command("release", "analytics", "rebuild", given=given)
        loaded["rebuild_seconds"] = round(time.monotonic() - begun, 1)
    return {
        "format": FORMAT,
        "size": size,
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
        made = services.users.accounts.create(
            actor=SYSTEM,
            now=now,
            name=name,
            email=f"{address}@bench.example",
            role_id=role,
            password=password,
            team_ids=teams,
        )
        return made.user_id

    agents = tuple(create("agent", f"agent-{n}", f"Agent {n}") for n in range(corpus.AGENTS))
    customer = create("customer", "customer", "Customer 0")
    return People(agents, customer, create("manager", "manager", "Manager"))


class _Progress:
    """Says now and then how far the loading is."""

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


def _imported(services: Services, told: Iterator[ImportedTicket], size: int, say: Say) -> dict[str, Any]:
    say(f"loading {size:,} tickets")
    refused: list[str] = []
    begun = time.monotonic()
    result = services.tickets.importer.run(
        source="bench",
        tickets=told,
        clock=lambda: datetime.now(UTC),
        reject=lambda line, reason: refused.append(f"{line}: {reason}"),
        progress=_Progress(size, say).advance,
    )
    if refused or result.tickets != size:
        raise ProductFailed(f"the import took {result.tickets} of {size} tickets: {refused[:3]}")
    took = time.monotonic() - begun
    return {"tickets": size, "events": result.events, "kinds": dict(result.kinds), "seconds": round(took, 1)}
