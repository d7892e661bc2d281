"""The embedded engine as a process: its lock, its end, its data over a restart."""

import http.client
import json
import os
import signal
import subprocess
import sys
from contextlib import closing

import pytest

from local import engine as engine_module
from local.engine import DATABASE_NAME, Engine
from local.folder_lock import FolderLock
from local.server import EngineError, answers, http_connection, signed_headers
from local.settings import ROOT
from portal.config.readers import embedded_endpoint
from tests.engines import embedded_only
from tests.local.processes import children, wait_until, wait_until_gone
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, embedded_only]

STARTER = """
import sys, time
from pathlib import Path
from local.engine import DATABASE_NAME, Engine
from local.folder_lock import FolderLock
print(Engine(Path(sys.argv[1])).start().process.pid, flush=True)
time.sleep(60)
"""


def call(engine: Engine, operation: str, body: dict[str, object]) -> dict[str, object]:
    """Send one DynamoDB request to an engine."""
    headers = signed_headers(operation)
    connection = http_connection(engine.endpoint)
    try:
        connection.request("POST", "/", json.dumps(body), headers)
        answer = connection.getresponse()
        assert answer.status == http.HTTPStatus.OK
        return json.loads(answer.read())
    finally:
        connection.close()


def create_table(engine: Engine, name: str) -> None:
    """Create a small table through the wire protocol."""
    key = "id"
    call(
        engine,
        "CreateTable",
        {
            "TableName": name,
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_data_outlives_the_engine(tmp_path, end):
    engine = Engine(tmp_path).start()
    create_table(engine, "kept")
    getattr(engine, end)()
    with Engine(tmp_path) as again:
        assert call(again, "ListTables", {})["TableNames"] == ["kept"]


def test_it_answers_as_soon_as_it_has_started(tmp_path):
    with Engine(tmp_path) as engine:
        assert call(engine, "ListTables", {}) == {"TableNames": []}


def test_a_second_engine_on_the_folder_is_refused_by_name(tmp_path):
    with Engine(tmp_path) as engine:
        with pytest.raises(EngineError) as refused:
            Engine(tmp_path).start()
        assert str(refused.value) == (
            f"data folder {tmp_path} is already in use by process {engine.process.pid}: "
            "stop that one, or set DATA_DIR to another folder"
        )
        assert call(engine, "ListTables", {}) == {"TableNames": []}


def test_a_running_engine_is_not_started_twice(tmp_path):
    with Engine(tmp_path) as engine, pytest.raises(EngineError, match="runs already"):
        engine.start()


def test_a_reserved_folder_is_guarded_before_the_engine_runs(tmp_path):
    engine = Engine(tmp_path)
    engine.reserve()
    with pytest.raises(EngineError, match=f"already in use by process {os.getpid()}:"):
        Engine(tmp_path).reserve()
    engine.start().stop()


def test_the_folder_is_free_again_after_a_stop(tmp_path):
    Engine(tmp_path).start().stop()
    with Engine(tmp_path) as engine:
        assert engine.process.poll() is None


def test_engines_on_two_folders_do_not_meet(tmp_path):
    with Engine(tmp_path / "one") as first, Engine(tmp_path / "two") as second:
        create_table(first, "only-here")
        assert call(second, "ListTables", {}) == {"TableNames": []}


def test_a_folder_with_a_long_name_is_no_obstacle(tmp_path):
    with Engine(tmp_path / ("long" * 50)) as engine:
        assert call(engine, "ListTables", {}) == {"TableNames": []}


@pytest.mark.parametrize("part", ["the engine", "what connects clients to it"])
def test_neither_part_outlives_the_other(tmp_path, part):
    engine = Engine(tmp_path).start()
    connector = engine.process.pid
    (server,) = children(connector)
    os.kill(server if part == "the engine" else connector, signal.SIGKILL)
    engine.process.wait(PATIENCE)
    wait_until_gone(server)
    assert engine.process.returncode == (137 if part == "the engine" else -9)
    engine.stop()
    # The last thread of a killed process has the folder a moment longer.
    FolderLock(tmp_path).wait_until_free()
    with Engine(tmp_path) as again:
        assert call(again, "ListTables", {}) == {"TableNames": []}


def test_a_missing_binary_says_what_to_run(tmp_path, monkeypatch):
    monkeypatch.setattr(engine_module, "BINARY", tmp_path / "absent")
    with pytest.raises(EngineError, match="run make setup"):
        Engine(tmp_path).start()


def test_a_folder_that_cannot_be_written_is_one_clear_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EngineError, match=r"data folder .* cannot be used: "):
        Engine(tmp_path / "file" / "data").start()


def test_an_engine_that_cannot_open_its_data_says_why(tmp_path):
    (tmp_path / DATABASE_NAME).mkdir()
    with pytest.raises(
        EngineError, match=r"ended at once \(exit 1\): .*unable to open database file"
    ) as raised:
        Engine(tmp_path, subprocess.PIPE).start()
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_its_end_leaves_nothing_running_and_no_way_in(tmp_path, end):
    engine = Engine(tmp_path).start()
    pids = [engine.process.pid, *children(engine.process.pid)]
    getattr(engine, end)()
    wait_until_gone(*pids)
    assert not answers(engine.endpoint)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_request_that_never_arrives_whole_does_not_keep_it_running(tmp_path, number):
    engine = Engine(tmp_path).start()
    pids = [engine.process.pid, *children(engine.process.pid)]
    with closing(http_connection(engine.endpoint)) as connection:
        connection.putrequest("POST", "/")
        for name, value in signed_headers("ListTables").items():
            connection.putheader(name, value)
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"{")
        assert call(engine, "ListTables", {}) == {"TableNames": []}  # so the engine has read the other one
        try:
            os.kill(pids[0], number)
            wait_until_gone(*pids)
        finally:
            engine.kill()


def test_the_folder_stays_guarded_until_the_engine_is_gone_when_its_starter_is_killed(tmp_path):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    )
    assert starter.stdout is not None
    with starter.stdout:
        engine_pid = int(starter.stdout.readline())
    os.kill(engine_pid, signal.SIGSTOP)  # frozen, it cannot follow its starter yet
    try:
        starter.kill()
        starter.wait()
        with pytest.raises(EngineError, match=f"already in use by process {engine_pid}:"):
            Engine(tmp_path).start()
    finally:
        os.kill(engine_pid, signal.SIGCONT)
    wait_until_gone(engine_pid)
    with Engine(tmp_path) as engine:
        assert call(engine, "ListTables", {}) == {"TableNames": []}


def test_the_procfile_line_becomes_the_engine_and_holds_the_lock(tmp_path):
    settings = {**os.environ, "DATA_DIR": str(tmp_path)}
    line = [sys.executable, "-m", "local.engine"]
    process = subprocess.Popen(line, cwd=ROOT, env=settings, stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(embedded_endpoint(tmp_path)))
        with pytest.raises(EngineError, match=f"already in use by process {process.pid}:"):
            Engine(tmp_path).start()
        second = subprocess.run(line, cwd=ROOT, env=settings, capture_output=True, text=True)
        assert second.returncode == 1
        assert second.stderr.count("\n") == 1
        assert f"already in use by process {process.pid}" in second.stderr
    finally:
        process.terminate()
        process.wait(PATIENCE)
