"""The copy follows the ledger: nothing lost, nothing twice, whatever is repeated, late, killed or damaged."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pynamodb_grid.tests.depth import DEEP
from services.reporting import AnalyticsEngine, CopyDamaged, CopyMissing, ReportingService
from tests.services.reporting.conftest import MakeEngine
from tests.services.reporting.ledgers import START, Action, MemoryLedger, busy_desk, history, recorded_in_turn

LATER = START + timedelta(days=300)


def content(engine: AnalyticsEngine) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a figure could be made from."""
    with engine.view() as view:
        return {
            "facts": view.rows("SELECT * EXCLUDE void_at FROM facts ORDER BY ALL"),
            "tickets": view.rows("SELECT * FROM tickets ORDER BY ticket_id"),
            "waiting": view.rows("SELECT * FROM waiting ORDER BY ticket_id"),
            "events": [(sum(file.rows for file in (*view.manifest.closed, *view.manifest.recent)),)],
        }


def of_rebuild(make_engine: MakeEngine, ledger: MemoryLedger) -> dict[str, list[tuple[Any, ...]]]:
    engine = make_engine(ledger, name="afresh")
    engine.rebuild(now=LATER)
    return content(engine)


def follow_in_turns(engine: AnalyticsEngine, ledger: MemoryLedger, size: int) -> None:
    events = ledger.events
    for count in range(0, len(events) + size, size):
        ledger.events = events[: count + size]
        engine.follow(now=START + timedelta(seconds=min(count + size, len(events))))


def test_following_in_small_turns_equals_a_rebuild(make_engine: MakeEngine) -> None:
    ledger = MemoryLedger(recorded_in_turn(busy_desk(60), START))
    engine = make_engine(ledger)
    follow_in_turns(engine, ledger, 9)
    assert content(engine) == of_rebuild(make_engine, ledger)
    with engine.view() as view:
        assert view.manifest.closed
        assert sum(file.rows for file in view.manifest.recent) <= 40 + 9


def test_many_small_files_are_merged(make_engine: MakeEngine, tmp_path: Path) -> None:
    ledger = MemoryLedger(recorded_in_turn(busy_desk(20), START))
    engine = make_engine(ledger, recent_rows=10_000)
    follow_in_turns(engine, ledger, 1)
    assert len(list((tmp_path / "copy").glob("events-*"))) < 40
    assert content(engine) == of_rebuild(make_engine, ledger)


def test_repeated_and_unordered_events_count_once(make_engine: MakeEngine) -> None:
    ledger = MemoryLedger(recorded_in_turn(busy_desk(40), START))
    ledger.repeat = 3
    engine = make_engine(ledger)
    follow_in_turns(engine, ledger, 30)
    again = engine.follow(now=LATER)
    assert again.added == 0
    assert content(engine) == of_rebuild(make_engine, ledger)


def test_an_event_the_index_shows_late_is_read_from_the_ledger(make_engine: MakeEngine) -> None:
    events = recorded_in_turn(
        history(5, START, [Action(1), Action(2, {"status": "solved"}), Action(9)]), START
    )
    ledger = MemoryLedger(events)
    ledger.hidden = {(5, 2)}
    engine = make_engine(ledger)
    ledger.events = []
    engine.rebuild(now=START)
    ledger.events = events
    progress = engine.follow(now=START + timedelta(seconds=5))
    assert (progress.added, progress.gaps) == (3, 0)
    assert content(engine) == of_rebuild(make_engine, ledger)


def test_an_event_that_turns_up_within_the_overlap_is_taken(make_engine: MakeEngine) -> None:
    events = recorded_in_turn(busy_desk(3), START)
    ledger = MemoryLedger()
    engine = make_engine(ledger)
    engine.rebuild(now=START)
    ledger.events = events
    last = events[-1]
    ledger.hidden = {(last.ticket_id, last.version)}
    engine.follow(now=last.recorded_at)
    ledger.hidden = set()
    engine.follow(now=last.recorded_at + timedelta(seconds=30))
    engine.follow(now=last.recorded_at + timedelta(seconds=60))
    assert content(engine) == of_rebuild(make_engine, ledger)


def test_a_version_missing_from_the_ledger_is_counted_and_does_not_stop_the_rest(
    make_engine: MakeEngine,
) -> None:
    events = recorded_in_turn(
        history(1, START, [Action(1), Action(1), Action(1, {"status": "solved"})]), START
    )
    ledger = MemoryLedger(events[:1] + events[2:])
    engine = make_engine(ledger)
    assert engine.rebuild(now=LATER).gaps == 1
    ledger.events = []
    engine.rebuild(now=START)
    ledger.events = events[:1] + events[2:]
    assert engine.follow(now=START + timedelta(seconds=9)).gaps == 1
    assert ReportingService(engine).summary()["by_status"] == {"solved": 1}


def test_without_a_copy_following_builds_it(make_engine: MakeEngine) -> None:
    ledger = MemoryLedger(busy_desk(5))
    engine = make_engine(ledger)
    with pytest.raises(CopyMissing), engine.view():
        pass
    assert engine.follow(now=LATER).rebuilt
    assert content(engine) == of_rebuild(make_engine, ledger)


def test_an_empty_ledger_is_a_copy_too(make_engine: MakeEngine) -> None:
    engine = make_engine(MemoryLedger())
    engine.rebuild(now=START)
    assert ReportingService(engine).summary()["tickets"] == 0


def test_only_one_process_writes(make_engine: MakeEngine) -> None:
    ledger = MemoryLedger(busy_desk(5))
    engine, other = make_engine(ledger), make_engine(ledger)
    engine.rebuild(now=START)
    with engine._store.writing(wait=True):
        assert other.follow(now=LATER).waiting
    assert not other.follow(now=LATER).waiting


def test_another_reader_sees_what_was_followed(make_engine: MakeEngine) -> None:
    """Through added files, through a compaction, and through a rebuild."""
    ledger = MemoryLedger()
    events = recorded_in_turn(busy_desk(60), START)
    writer, reader = make_engine(ledger), make_engine(ledger)
    writer.rebuild(now=START)
    for count in (5, 6, 200, len(events)):
        ledger.events = events[:count]
        writer.follow(now=START + timedelta(seconds=count))
        reader._reader.invalidate()
        assert content(reader) == content(writer)
    writer.rebuild(now=LATER)
    reader._reader.invalidate()
    assert content(reader) == content(writer)


def test_a_forked_process_opens_its_own_view(make_engine: MakeEngine) -> None:
    ledger = MemoryLedger(recorded_in_turn(busy_desk(20), START))
    engine = make_engine(ledger)
    engine.rebuild(now=START)
    expected = ReportingService(engine).summary()
    with engine.view():  # the parent holds its lock and its database while the child is born
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = 0 if ReportingService(engine).summary() == expected else 2
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert ReportingService(engine).summary() == expected


KILLS = 8 if DEEP else 4


def test_kills_at_any_moment_change_no_answer(make_engine: MakeEngine, tmp_path: Path) -> None:
    """A process that follows and compacts is killed again and again; what it built equals a rebuild."""
    chance = random.Random(5)
    folder = tmp_path / "copy"
    folder.mkdir()
    command = [sys.executable, "-m", "tests.services.reporting.follower", str(folder), "250"]
    kills = 0
    for _ in range(40):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(chance.uniform(0.0, 0.25))
            process.send_signal(signal.SIGKILL)
            if process.stdout.readline() == "done\n":
                break
            kills += 1
        if kills == KILLS:
            break
    assert kills >= KILLS - 2
    ledger = MemoryLedger(recorded_in_turn(busy_desk(250), START))
    engine = make_engine(ledger)
    engine.follow(now=LATER)
    assert content(engine) == of_rebuild(make_engine, ledger)
    with engine.view() as view:
        named = {file.name for file in (view.manifest.cache, *view.manifest.closed, *view.manifest.recent)}
    files = {path.name for path in folder.iterdir() if path.suffix in (".parquet", ".duckdb")}
    assert files == named
    assert not [path for path in (folder / "tmp").iterdir() if path.is_file()]


def flip(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x55
    path.write_bytes(content)


def flip_cache_and_a_segment_below_it(folder: Path) -> None:
    flip(min(folder.glob("events-*")))
    flip(*folder.glob("closed-*"))


DAMAGES: dict[str, Callable[[Path], object]] = {
    "recent segment": lambda folder: flip(max(folder.glob("events-*"))),
    "cache and closed segment": flip_cache_and_a_segment_below_it,
    "cache": lambda folder: flip(*folder.glob("closed-*")),
    "missing cache": lambda folder: next(folder.glob("closed-*")).unlink(),
    "torn manifest": lambda folder: (folder / "manifest.json").write_bytes(b'{"format":1,"crc":12'),
    "changed manifest": lambda folder: flip(folder / "manifest.json"),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_damage_gives_a_clear_error_and_is_repaired(
    make_engine: MakeEngine, tmp_path: Path, what: str
) -> None:
    ledger = MemoryLedger(recorded_in_turn(busy_desk(50), START))
    engine = make_engine(ledger)
    follow_in_turns(engine, ledger, 60)
    added = history(9999, START, [Action(1), Action(5, reply=True)])
    ledger.events += recorded_in_turn(added, START + timedelta(seconds=999))
    engine.follow(now=START + timedelta(seconds=1000))
    expected = content(engine)
    engine.close()
    DAMAGES[what](tmp_path / "copy")
    reader = make_engine(ledger)
    with pytest.raises(CopyDamaged, match="is being rebuilt"), reader.view():
        pass
    assert engine.follow(now=START + timedelta(seconds=1010)).rebuilt
    assert content(engine) == content(reader) == expected
    assert not engine.follow(now=START + timedelta(seconds=1020)).rebuilt


def test_a_copy_with_other_columns_is_built_anew(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A field that reports learn of later is one: the older copy cannot be asked for it."""
    ledger = MemoryLedger(recorded_in_turn(busy_desk(20), START))
    older = make_engine(ledger)
    older.follow(now=LATER)
    expected = content(older)
    older.close()
    monkeypatch.setattr("services.reporting.store.FINGERPRINT", "one column more")
    newer = make_engine(ledger)
    with pytest.raises(CopyDamaged, match="is being rebuilt"), newer.view():
        pass
    assert newer.follow(now=LATER).rebuilt
    assert content(newer) == expected
    assert not newer.follow(now=LATER).rebuilt


def test_a_false_alarm_rebuilds_nothing(make_engine: MakeEngine, tmp_path: Path) -> None:
    ledger = MemoryLedger(recorded_in_turn(busy_desk(5), START))
    engine = make_engine(ledger)
    engine.rebuild(now=START)
    (tmp_path / "copy" / "damaged").touch()
    assert not engine.follow(now=LATER).rebuilt
    assert not (tmp_path / "copy" / "damaged").exists()


def test_a_long_catch_up_is_taken_in_bounded_batches(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.reporting.engine.BATCH", 50)
    ledger = MemoryLedger()
    engine = make_engine(ledger)
    engine.rebuild(now=START)
    ledger.events = recorded_in_turn(busy_desk(80), START)
    progress = engine.follow(now=LATER)
    assert progress.seen == progress.added == len(ledger.events)
    assert content(engine) == of_rebuild(make_engine, ledger)


def test_a_quiet_ledger_costs_no_new_files(make_engine: MakeEngine, tmp_path: Path) -> None:
    ledger = MemoryLedger(recorded_in_turn(busy_desk(5), START))
    engine = make_engine(ledger)
    engine.rebuild(now=START)
    engine.follow(now=START + timedelta(minutes=5))
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "copy").glob("*.*")}
    engine.follow(now=START + timedelta(minutes=5, seconds=30))
    assert {path.name: path.stat().st_mtime_ns for path in (tmp_path / "copy").glob("*.*")} == before
    with engine.view() as view:
        assert engine.followed_at(view) == START + timedelta(minutes=5, seconds=30)
