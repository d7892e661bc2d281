"""The bench on sixty tickets: everything is loaded, requested and answered correctly; and its arithmetic."""

import html
import json
import os
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from bench import write_rate
from bench.__main__ import main
from bench.against import Comparison, Ratio
from bench.client import Client
from bench.dashboard import callback_body
from bench.dataset import FORMAT, MANY, loaded_before
from bench.import_corpus import (
    PRIORITIES,
    STATUSES,
    CorpusMissing,
    People,
    fingerprint,
    known,
    load_corpus,
    tickets,
)
from bench.measure import (
    MOST_ALONE,
    MOST_TOGETHER,
    Measured,
    Operation,
    OwnLane,
    Roots,
    Round,
    measure,
    run,
)
from bench.processes import Memory, cpu_seconds, memory, tree
from bench.report import SizeResult, table, verdicts
from local.settings import ROOT
from pynamodb_grid.tests.depth import deep
from tests.engines import embedded_only

END = datetime(2026, 11, 22, tzinfo=UTC)
# What they measure depends on what else the machine does.
pytestmark = deep
PEOPLE = People(tuple(f"agent-{n}" for n in range(20)), "customer", "manager")


@pytest.fixture(scope="module")
def sample():
    """Return sixty tickets of the corpus with what is known of each."""
    corpus = load_corpus()
    imported = list(tickets(corpus, 60, PEOPLE, END))
    return list(corpus.tickets(60)), imported, [known(n, t) for n, t in enumerate(imported, start=1)]


def test_the_corpus_is_the_same_each_time_and_has_its_shape():
    corpus = load_corpus()
    first = list(corpus.tickets(3_000))
    assert first == list(corpus.tickets(3_000))
    assert first != list(corpus.tickets(3_000, seed=1))
    larger = list(corpus.tickets(4_000))
    assert [one["body"] for one in first] == [one["body"] for one in larger[:3_000]]
    times = [one["created"] for one in first]
    assert times == sorted(set(times))
    assert corpus.END - timedelta(days=730) == times[0] < times[-1] < corpus.END
    assert {one["queue"] for one in first} == set(range(len(corpus.QUEUE_NAMES))) == set(range(5))
    assert {one["agent"] for one in first} == {None, *range(20)}
    assert max(one["customer"] for one in first) == 1_999
    assert {one["status"] for one in first} == set(range(len(STATUSES)))
    assert {one["priority"] for one in first} == set(range(len(PRIORITIES)))
    assert {len(one["followups"]) for one in first} == {3}
    assert all(html.escape(one["title"]) == one["title"] for one in first)
    assert all(70 <= len(one["body"].split()) < 90 for one in first)


def test_data_of_another_corpus_is_not_reused(tmp_path):
    other = tmp_path / "corpus.py"
    other.write_text((ROOT / "bench" / "corpus.py").read_text() + "# another one\n")
    marker = {"format": FORMAT, "corpus": fingerprint(load_corpus()), "size": 60, "password": "x"}
    marker |= {
        "agents": [],
        "customer": "c",
        "manager": "m",
        "loaded": {},
        "end": datetime.now(UTC).isoformat(),
    }
    (tmp_path / "loaded.json").write_text(json.dumps(marker))
    assert loaded_before(tmp_path, load_corpus()).size == 60
    assert loaded_before(tmp_path, load_corpus(other)) is None


def test_tickets_end_as_the_corpus_says(sample):
    raw, imported, facts = sample
    statuses, priorities = ("new", "open", "pending", "solved", "closed"), ("low", "normal", "high", "urgent")
    for number, (one, ticket, fact) in enumerate(zip(raw, imported, facts, strict=True), start=1):
        assert fact.ticket_id == number
        assert (fact.subject, fact.status) == (one["title"], statuses[one["status"]])
        assert fact.priority == priorities[one["priority"]]
        assert fact.assignee_id == (None if one["agent"] is None else f"agent-{one['agent']}")
        said = [event.body for event in ticket.events if event.body]
        assert said == [one["body"], *(body for _, body, _ in one["followups"])]


def test_events_are_in_order_before_the_end_and_by_the_right_people(sample):
    _, imported, facts = sample
    for ticket in imported:
        times = [event.at for event in ticket.events]
        assert times == sorted(set(times))
        assert END - timedelta(days=731) < times[0] < times[-1] < END
        for event in ticket.events:
            assert event.kind != "noted" or (event.actor_kind == "agent" and not event.public)
    kinds = Counter(event.kind for ticket in imported for event in ticket.events)
    assert set(kinds) == {"created", "assigned", "replied", "noted", "changed"}
    assert len({fact.updated_at for fact in facts}) == len(facts)


def test_a_missing_corpus_is_one_line(tmp_path, capsys):
    with pytest.raises(CorpusMissing):
        load_corpus(tmp_path / "corpus.py")
    assert main(["--corpus", str(tmp_path / "corpus.py"), "--home", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("bench: there is no corpus at ")
    assert said.count("\n") == 1


def test_cpu_and_memory_of_a_process_are_read():
    me = os.getpid()
    assert me in tree([me])
    before, own = cpu_seconds([me]), time.process_time()
    while time.process_time() - own < 0.2:
        pass
    assert 0.15 < cpu_seconds([me]) - before < 5
    used = memory([me])
    assert 10 < used.pss <= used.rss
    assert used.processes >= 1


def test_load_is_bounded_and_errors_are_counted():
    lock, calls = threading.Lock(), []

    def act(_client):
        with lock:
            calls.append(1)
            if len(calls) % 5 == 0:
                raise ValueError("wrong")

    operation = Operation("x", "x", lambda: Client(9), act)
    times, errors, _ = run(operation, 4, 10, 50)
    assert (len(times), len(errors), len(calls)) == (40, 10, 50)
    assert run(operation, 2, 0.0, 50)[0] == []


def test_sizes_take_turns_operation_by_operation():
    order: list[str] = []
    me = os.getpid()

    def lane(size: str) -> OwnLane:
        operations = [
            Operation(key, key, lambda: Client(9), lambda _, name=f"{size} {key}": order.append(name))
            for key in ("read", "write")
        ]
        return OwnLane(operations, Roots(me, me, me))

    small, large = measure([lane("small"), lane("large")], rounds=2, seconds=0.2, say=order.append)
    once = ["small read", "large read", "small write", "large write"]
    assert [name for name, _ in groupby(order)] == [*once, *once, "round 1 of 2", *once, "round 2 of 2"]
    for measured in (*small, *large):
        assert measured.is_valid
        assert [one.count for one in measured.rounds] == [MOST_ALONE + MOST_TOGETHER] * 2


def rounds(cpu: float, foreign: float = 0.0) -> list[Round]:
    """Return three rounds around a CPU time, half of it the engine's."""
    return [Round(cpu / 2 + d, cpu / 2, 0, 9, 12, 90, 20, foreign, 100) for d in (-0.5, 0, 0.5)]


def result(size: int, **cpu: float) -> SizeResult:
    """Return a result with the CPU times of some operations."""
    operations = [Measured(key, key, rounds(value)) for key, value in cpu.items()]
    return SizeResult(size, {}, operations, {}, 200)


def test_targets_are_compared_at_both_sizes_and_between_them():
    small = result(10_000, open_list=10, first_page=10, deep=10.5)
    large = result(100_000, open_list=13, first_page=10, deep=12)
    by_target = {verdict.what: verdict for verdict in verdicts([small, large])}
    assert by_target["open_list, at 100,000"].is_met
    assert not by_target["open_list, 100,000 against 10,000"].is_met
    assert by_target["open_list, 100,000 against 10,000"].value == pytest.approx(1.3)
    assert by_target["200 pages deep against the first page, at 10,000"].is_met
    assert not by_target["200 pages deep against the first page, at 100,000"].is_met


def test_many_people_are_compared_with_few_on_the_same_tickets():
    few, large, many = result(10_000, ticket=5), result(100_000, ticket=8), result(10_000, ticket=6)
    many.crowd = MANY
    by_target = {verdict.what: verdict for verdict in verdicts([many, few, large])}
    crowded = by_target["ticket, 10,000 with many people against few"]
    assert crowded.value == pytest.approx(1.2, abs=0.01)
    assert not crowded.is_met
    assert by_target["ticket, 100,000 against 10,000"].value == pytest.approx(1.6, abs=0.02)
    assert {
        "ticket, at 10,000",
        "ticket, at 100,000",
        "ticket, at 10,000 with many people",
    } <= by_target.keys()
    assert table(many)[0] == "Tickets: 10,000 with many people"


def test_two_checkouts_are_compared_round_by_round():
    own, others = (Measured("a", "a", [Round(ms, 0, 0, 9, 12, 90, 20, 0, 100) for ms in each])
                   for each in ((4, 9, 6, 8), (4, 10, 5, 16)))  # fmt: skip
    cpu, memory = Comparison([own], [others], [(300, 400), (330, 300)]).ratios()
    assert (cpu.own, cpu.other) == (7, 7.5)
    assert cpu.ratio == pytest.approx(0.95)  # of 1, 0.9, 1.2 and 0.5
    assert cpu.low < 0.9
    assert cpu.high > 1
    wrong = Measured("a", "a", others.rounds, ["WrongAnswer('x')"])
    assert Comparison([own], [wrong], [(1, 2)]).ratios() == [Ratio("memory (PSS), MiB", 1, 2, 0.5, 0.5, 0.5)]
    assert memory.ratio == pytest.approx((0.75 + 1.1) / 2)


def test_starts_are_taken_together():
    first, later = result(60, read=10, write=4), result(60, read=12, write=6)
    first.memory, later.memory = {"web": Memory(100, 200, 3)}, {"web": Memory(120, 180, 3)}
    for one, ms in ((first, 10), (later, 6)):
        others = [Measured("read", "read", rounds(ms)), Measured("write", "write", rounds(5))]
        one.against = Comparison(one.operations, others, [(one.total_pss, 100)])
    later.operations[1].errors.append("WrongAnswer('x')")
    first.add(later)
    assert first.cpu("read") == pytest.approx(11, abs=0.6)
    assert not first.is_valid
    assert first.total_pss == 120
    read, memory = first.against.ratios()
    assert read.ratio == pytest.approx(1.5, abs=0.1)
    assert memory.ratio == pytest.approx(1.1)


def test_a_checkout_that_is_not_set_up_is_one_line(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["--against", str(tmp_path)])
    assert f"{tmp_path} is not a checkout to measure" in capsys.readouterr().err


def test_noise_and_errors_are_marked():
    noisy = Measured("a", "busy", rounds(5, foreign=0.4))
    wrong = Measured("b", "wrong", rounds(5), ["WrongAnswer('x')"])
    nothing = Measured("c", "nothing", [], ["refused"])
    size_result = SizeResult(60, {}, [noisy, wrong, nothing], {}, 1)
    lines = table(size_result)
    assert not size_result.is_valid
    assert lines[2].endswith("noisy")
    assert lines[3].endswith("INVALID: WrongAnswer('x')")
    assert "nothing measured: refused" in lines[4]


def test_the_callback_is_built_from_what_the_page_lists():
    shapes = [
        {"output": "x.y", "inputs": [], "clientside_function": {"namespace": "n"}},
        {"output": "..a.data...b.children..", "inputs": [{"id": "url", "property": "search"}]},
    ]
    body = callback_body(shapes)
    assert body["outputs"] == [{"id": "a", "property": "data"}, {"id": "b", "property": "children"}]
    assert body["inputs"] == [{"id": "url", "property": "search"}]


def beside(folder: Path) -> Path:
    """Create another checkout of the same code, with data of its own."""
    checkout = folder / "other"
    checkout.mkdir()
    for entry in ROOT.iterdir():
        if entry.name != "var":
            (checkout / entry.name).symlink_to(entry)
    return checkout


@pytest.mark.engine
@embedded_only
@pytest.mark.takes(30)
def test_sixty_tickets_are_loaded_and_every_operation_is_answered_rightly(tmp_path, capsys):
    written = tmp_path / "results.json"
    arguments = ["--sizes", "60", "--seconds", "0.2", "--runs", "1", "--against", str(beside(tmp_path))]
    assert main([*arguments, "--home", str(tmp_path), "--json", str(written)]) == 0, capsys.readouterr().out
    assert "60 tickets" in capsys.readouterr().out
    results = json.loads(written.read_text())["sizes"]["60"]
    assert results["loaded"]["tickets"] == 60
    assert set(results["operations"]) == {
        "open_list", "filtered", "first_page", "deep", "sorted", "any_filter", "mark", "ticket", "dashboard",
        "dashboard_again", "create", "update", "update_seen",
    }  # fmt: skip
    for operation in results["operations"].values():
        assert operation["valid"], operation
        assert operation["count"] > 0
    assert results["memory_pss_mib"] > 50
    assert results["storm"]["signed_in"] > 0
    assert results["storm"]["pages"] > 0
    assert results["storm"]["errors"] == []
    labels = [operation["label"] for operation in results["operations"].values()]
    assert [one["label"] for one in results["against"]] == [*labels, "memory (PSS), MiB"]
    assert all(one["own"] > 0 and one["other"] > 0 for one in results["against"])
    assert not list(tmp_path.rglob("run"))


@embedded_only
def test_the_rate_of_writing_is_told(capsys):
    """What a mark and a stretch say: how many stood before, and three or four figures."""
    assert write_rate.main(["--marks", "0", "20", "--items", "21000"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[0] for line in lines if len(line) in (4, 5) and line[0].isdecimal()] == ["0", "20", "0"]
    assert all(
        float(figure.replace(",", "")) > 0
        for line in lines
        if line and line[0].isdecimal()
        for figure in line[1:]
    )
