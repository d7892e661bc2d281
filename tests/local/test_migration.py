"""A data folder of the layout before 0.2.0: counters, jobs, identities and idempotency keys move to their tables."""

import tarfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

import models
from dynamodb_client import ConnectionOptions, disconnect
from local.data_fixture import opened
from local.engine import Engine
from local.settings import ROOT
from models import counter, idempotency_key, identity, job, migration, setting, transaction
from models import user as user_table
from models.counter import Counter
from models.idempotency_key import IdempotencyKey
from models.identity import Identity
from models.job import Job
from models.setting import Setting
from models.times import to_text
from models.user import UserEmail
from services.errors import Invalid
from services.privacy.erasure_job import KIND, Erasure
from services.readiness import NOT_SET_UP, StoreLook
from services.users.identity import normalize_email
from tests.engines import embedded_only

pytestmark = [pytest.mark.engine, embedded_only]
ARCHIVE = ROOT / "tests" / "data" / "before-0.2.0.tar.gz"
NOW = datetime(2026, 12, 1, tzinfo=UTC)  # the archive is one day old
PREFIX = "ledgerdesk-"
IDENTITY = "acme|https://id|7"


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Folder:
    """An old data folder on its engine, and what was put into it besides."""

    path: object
    engine: Engine
    user_id: str
    last_number: int
    keys: set[str]


@pytest.fixture
def folder(tmp_path):
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    with Engine(tmp_path) as engine:
        models.connect(ConnectionOptions("eu-central-1", engine.endpoint, PREFIX))
        try:
            yield filled(tmp_path, engine)
        finally:
            disconnect()


def erasure(user_id, **values):
    """Build the value of an erasure as it was stored then."""
    job_value = Erasure(user_id, "an-administrator", NOW, None, **values).item().value
    return job_value | {"done_at": None if values.get("done_at") is None else to_text(NOW)}


def filled(path, engine):
    """Add what the archive has no example of, in the old layout."""
    user_id = UserEmail.get("customer@demo.example").user_id
    UserEmail(email=f"identity {IDENTITY}", user_id=user_id).save()
    user_table.update(user_id, identities=[IDENTITY])
    Setting(
        kind="erasure", id="running", version=3, value=erasure("running", step=2, cursor=[1, None])
    ).save()
    Setting(kind="erased", id="done", version=9, value=erasure("done", done_at=NOW)).save()
    # Killed between the two writes that ended it.
    Setting(kind="erasure", id="both", version=8, value=erasure("both")).save()
    Setting(kind="erased", id="both", version=9, value=erasure("both", done_at=NOW)).save()
    later = NOW + timedelta(hours=1)
    Setting(kind="once#a", id="a1", value={"ticket_id": 7}, expires_at=later).save()
    Setting(kind="once#f", id="f1", value={}, expires_at=NOW - timedelta(hours=1)).save()
    last = int(setting.find("counter", "tickets").number)
    written_in_it = {item.id for item in old_items() if item.kind.startswith("once#") and item.id != "f1"}
    return Folder(path, engine, user_id, last, written_in_it)


def old_items():
    kinds = ("counter", "erasure", "erased", "once#")
    return [item for item in Setting.scan() if item.kind.startswith(kinds)]


def stored():
    """Take down everything in the new tables, and what is left in the old places."""
    tables = (Counter, IdempotencyKey, Identity, Job)
    new = {table.__name__: sorted(repr(item.serialize()) for item in table.scan()) for table in tables}
    left = [item.id for item in old_items()]
    return new, left + [claim.email for claim in UserEmail.scan() if " " in claim.email]


def migrate():
    models.create_tables()
    return migration.migrate(now=NOW)


def test_everything_moves(folder):
    assert len(folder.keys) > 1, "the archive has one of its own"
    assert migrate() == {"counters": 1, "jobs": 3, "identities": 1, "idempotency_keys": len(folder.keys)}
    assert stored()[1] == []
    assert counter.next_number("tickets") == folder.last_number + 1
    assert identity.find(IDENTITY).user_id == folder.user_id
    assert {item.key for item in IdempotencyKey.scan()} == folder.keys
    assert idempotency_key.find("a1").value == {"ticket_id": 7}
    assert [item.subject for item in job.running(KIND)] == ["running"]
    running = Erasure.from_model(job.find(KIND, "running"))
    assert (running.step, running.cursor, running.version) == (2, [1, None], 3)
    for finished in ("done", "both"):
        assert Erasure.from_model(job.find(KIND, finished)).done_at == NOW


def test_repeating_changes_nothing(folder):
    migrate()
    before = stored()
    assert migrate() == {}
    assert stored() == before


def test_a_process_killed_at_any_write_leaves_work_that_the_next_one_finishes(folder, monkeypatch):
    write, writes = transaction.write, [0]

    def killed_after_one(*args, **kwargs):
        if writes[0]:
            raise Killed
        write(*args, **kwargs)
        writes[0] += 1

    monkeypatch.setattr(transaction, "write", killed_after_one)
    rounds = 0
    models.create_tables()
    while setting.find(*migration.DONE) is None:
        rounds, writes[0] = rounds + 1, 0
        assert rounds < 50
        try:
            migration.migrate(now=NOW)
        except Killed:
            continue
    assert rounds > 7
    monkeypatch.undo()
    new, left = stored()
    assert left == []
    assert {name: len(lines) for name, lines in new.items()} == {
        "Counter": 1,
        "IdempotencyKey": len(folder.keys),
        "Identity": 1,
        "Job": 3,
    }
    assert counter.next_number("tickets") == folder.last_number + 1
    assert Erasure.from_model(job.find(KIND, "both")).done_at == NOW


def test_what_is_newer_in_the_new_place_stays(folder):
    """A process of the old version goes on for a moment, or the migration repeats after it was used."""
    models.create_tables()
    Counter(name="tickets", number=folder.last_number + 50).save()
    Identity(identity="acme#https://id|7", user_id="somebody else").save()
    IdempotencyKey(key="a1", value={"ticket_id": 8}, expires_at=NOW + timedelta(days=1)).save()
    assert migrate() == {"jobs": 3, "idempotency_keys": len(folder.keys) - 1}
    assert stored()[1] == []
    assert counter.next_number("tickets") == folder.last_number + 51
    assert idempotency_key.find("a1").value == {"ticket_id": 8}
    assert Identity.get("acme#https://id|7").user_id == "somebody else"


def test_a_counter_that_lags_behind_catches_up(folder):
    models.create_tables()
    assert counter.next_number("tickets") == 1
    assert migrate()["counters"] == 1
    assert counter.next_number("tickets") == folder.last_number + 1


def test_nothing_is_ready_before_the_counters_have_moved(folder):
    look = StoreLook()
    assert look() == NOT_SET_UP, "tables are missing"
    models.create_tables()
    assert look() == NOT_SET_UP
    migrate()
    assert look() == ""


def test_the_set_up_migrates_and_the_product_goes_on(folder):
    data = opened(folder.path)
    assert stored()[1] == []
    agent = data.sign_in("agent", NOW)
    ticket = data.services.tickets.service.create(actor=agent, now=NOW, subject="After", body="It goes on.")
    assert ticket.ticket_id == folder.last_number + 1
    assert data.services.tickets.audit.verify().violations == 0


def test_no_address_was_ever_taken_for_an_identity():
    with pytest.raises(Invalid):
        normalize_email(f"{migration.IDENTITY}corp|ada@corp.example")
