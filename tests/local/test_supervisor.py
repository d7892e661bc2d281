"""The supervisor: what it says, the order in which it stops, what it does when a process dies."""

import os
import signal
import socket
from pathlib import Path

import pytest

from local.demo_password import keep_demo_password
from local.engine import Engine
from local.procfile import ProcfileError, read_procfile
from tests.engines import embedded_only
from tests.local.processes import is_running, wait_until_gone
from tests.patience import PATIENCE

pytestmark = [pytest.mark.engine, embedded_only]


def engine_pid(data_dir: Path) -> int:
    """Return the process id in the lock file."""
    return int((data_dir / "engine.lock").read_text())


def test_it_prints_address_and_logins_once_everything_answers(start_run):
    run = start_run()
    run.wait_for("Ctrl-C stops everything")
    assert f"ready at http://127.0.0.1:{run.port}/" in run.output
    for role in ("customer", "agent", "manager", "administrator"):
        assert f"{role}@demo.example" in run.output
    assert "password: the value of DEMO_PASSWORD" in run.output
    assert "a password for tests" not in run.output


def test_nothing_about_demo_accounts_in_production(start_run):
    run = start_run(ENVIRONMENT="production", SECRET_KEY="k" * 48, PUBLIC_URL="https://x.example")
    run.wait_for("ready at")
    run.end()
    assert "demo" not in run.output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_it_stops_web_then_worker_then_engine(start_run, tmp_path, number):
    run = start_run()
    run.wait_for("ready at")
    engine = engine_pid(tmp_path / "data")
    assert run.end(number) == 0
    stops = [line for line in run.journal.read_text().splitlines() if "pid" not in line]
    assert stops == ["web asked", "web ended", "worker asked", "worker ended"]
    assert run.output.index("worker stopped") < run.output.index("engine stopped")
    assert not is_running(engine)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_a_process_that_dies_ends_the_run_by_name(start_run, tmp_path, name):
    run = start_run()
    run.wait_for("ready at")
    pids = {each: run.pid_of(each) for each in ("web", "worker")}
    os.kill(pids[name], signal.SIGKILL)
    assert run.process.wait(PATIENCE) == 1
    assert f"{name} ended unexpectedly (exit -9); its last lines:\n    {name} ready" in run.output
    wait_until_gone(*pids.values(), engine_pid(tmp_path / "data"))


def test_the_death_of_the_engine_ends_the_run_by_name(start_run, tmp_path):
    run = start_run()
    run.wait_for("ready at")
    os.kill(engine_pid(tmp_path / "data"), signal.SIGKILL)
    assert run.process.wait(PATIENCE) == 1
    assert "engine ended unexpectedly (exit -9)" in run.output
    wait_until_gone(run.pid_of("web"), run.pid_of("worker"))


def test_a_failed_set_up_shows_its_last_lines_and_starts_nothing_else(start_run, tmp_path):
    run = start_run(procfile="release: bash -c 'echo no tables today; exit 3'\nweb: false\nworker: false\n")
    assert run.process.wait(PATIENCE) == 1
    assert "setting up failed (exit 3):\n    no tables today" in run.output
    assert "ready" not in run.output
    wait_until_gone(engine_pid(tmp_path / "data"))


def test_a_command_that_is_not_installed_says_what_to_run(start_run):
    run = start_run(procfile="release: no-such-tool setup\nweb: false\nworker: false\n")
    assert run.process.wait(PATIENCE) == 1
    assert "no-such-tool is not installed: run make setup" in run.output


def test_a_port_in_use_is_one_clear_line(start_run):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = start_run(PORT=str(port))
        assert run.process.wait(PATIENCE) == 1
    assert run.output == f"ledgerdesk: port {port} is already in use: set PORT to a free one\n"
    assert not run.journal.exists()


def test_a_second_start_on_the_data_folder_is_one_clear_line(start_run, tmp_path):
    with Engine(tmp_path / "data") as engine:
        run = start_run()
        assert run.process.wait(PATIENCE) == 1
        holder = engine.process.pid
    assert len(run.output.splitlines()) == 1
    assert f"data is already in use by process {holder}: stop that one, or set DATA_DIR" in run.output


def test_killed_outright_it_leaves_nothing_running(start_run, tmp_path):
    run = start_run()
    run.wait_for("ready at")
    pids = (run.pid_of("web"), run.pid_of("worker"), engine_pid(tmp_path / "data"))
    run.process.kill()
    wait_until_gone(*pids)
    assert start_run().process.poll() is None


def test_a_process_that_will_not_end_is_killed_at_the_second_ctrl_c(start_run, tmp_path):
    stubborn = tmp_path / "stubborn.py"
    stubborn.write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('worker ready', flush=True)\nwhile True: time.sleep(60)\n"
    )
    program = f"python {tmp_path / 'program.py'} web {tmp_path / 'journal'}"
    # Nothing but the second Ctrl-C ends it.
    run = start_run(procfile=f"release: true\nweb: {program}\nworker: python {stubborn}\n", GRACE="inf")
    run.wait_for("ready at")
    run.process.send_signal(signal.SIGINT)
    run.wait_for("web stopped")
    assert run.end(signal.SIGINT) == 0


class TestProcfile:
    """Reading the Procfile."""

    def test_names_keep_their_order_and_quotes_their_words(self, tmp_path):
        (tmp_path / "Procfile").write_text("# what runs\n\nb: run 'two words'\na: run --flag=1\n")
        assert read_procfile(tmp_path / "Procfile") == {"b": ["run", "two words"], "a": ["run", "--flag=1"]}

    @pytest.mark.parametrize("line", ["no command:", "just words", "a: one\na: two"])
    def test_a_wrong_line_is_named(self, tmp_path, line):
        (tmp_path / "Procfile").write_text(line + "\n")
        with pytest.raises(ProcfileError, match="Procfile line"):
            read_procfile(tmp_path / "Procfile")


class TestDemoPassword:
    """The generated password."""

    def test_it_is_made_once_and_for_its_owner_alone(self, tmp_path):
        path = tmp_path / "var" / "demo-password"
        password = keep_demo_password(path)
        assert len(password) >= 16
        assert keep_demo_password(path) == password
        assert path.stat().st_mode & 0o777 == 0o600

    def test_an_empty_file_is_filled(self, tmp_path):
        path = tmp_path / "demo-password"
        path.touch(mode=0o644)
        assert keep_demo_password(path)
        assert path.stat().st_mode & 0o777 == 0o600
