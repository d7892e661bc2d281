"""`make quick`: what counts as changed, what it leaves out and says so, and that it ends in time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.quick import Run, changed_files, integration_allowed
from local.settings import ROOT

TESTS = """
import pytest

def test_quick(): pass

@pytest.mark.engine
def test_on_the_engine(): pass

@pytest.mark.browser
def test_in_the_browser(): pass

@pytest.mark.takes(20)
def test_at_length(): pass
"""


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=A", "-c", "user.email=a@demo.example")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_changes_are_those_since_the_main_branch_and_new_files(tmp_path):
    git(tmp_path, "init", "-b", "main")
    for name in ("same.py", "committed.py", "edited.py", "deleted.py", "a name.py"):
        (tmp_path / name).write_text("")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    assert changed_files(tmp_path) == []
    git(tmp_path, "switch", "-c", "work")
    (tmp_path / "committed.py").write_text("1")
    git(tmp_path, "commit", "-am", "second")
    (tmp_path / "edited.py").write_text("1")
    (tmp_path / "a name.py").write_text("1")
    (tmp_path / "deleted.py").unlink()
    (tmp_path / "new.py").write_text("")
    expected = ("a name.py", "committed.py", "deleted.py", "edited.py", "new.py")
    assert changed_files(tmp_path) == [Path(name) for name in expected]


def test_integration_tests_run_where_they_or_what_they_mirror_changed():
    test, source = Path("tests/services/test_text.py"), Path("services/text.py")
    assert integration_allowed([test], test)
    assert integration_allowed([source], test)
    assert not integration_allowed([Path("models/ticket.py")], test)
    assert not integration_allowed([Path("tests/services/test_other.py")], test)


@pytest.fixture
def quick(tmp_path):
    """Give a function that runs two files of tests as make quick does, and returns exit code and output."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  engine\n  browser\n  takes\n")
    for name in ("test_near.py", "test_far.py"):
        (tmp_path / name).write_text(TESTS)

    def run(seconds: float, *integration: str) -> tuple[int, str]:
        settings = {
            "QUICK_SECONDS": str(seconds),
            "QUICK_INTEGRATION": os.pathsep.join(integration),
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        command = [sys.executable, "-m", "pytest", "-v", "-p", "local.quick_tests", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, "test_near.py", "test_far.py"],
            cwd=tmp_path,
            text=True,
            capture_output=True,
            check=False,
            env={**os.environ, **settings},
        )
        return done.returncode, done.stdout

    return run


def test_unit_tests_run_in_order_and_the_rest_is_said(quick):
    code, output = quick(60)
    assert code == 0
    passed = [line.split()[0] for line in output.splitlines() if "PASSED" in line]
    assert passed == ["test_near.py::test_quick", "test_far.py::test_quick"]
    assert "left out, integration, browser and long tests: 6 in test_near.py (3), test_far.py (3)" in output


def test_integration_tests_come_last(quick):
    code, output = quick(60, "test_near.py")
    assert code == 0
    passed = [line.split()[0] for line in output.splitlines() if "PASSED" in line]
    assert passed == [
        "test_near.py::test_quick",
        "test_far.py::test_quick",
        "test_near.py::test_on_the_engine",
    ]


def test_when_the_time_is_over_nothing_is_started_and_it_says_so(quick):
    code, output = quick(0)
    assert code == 0
    assert "PASSED" not in output
    assert "left out, no time left: 2 in test_near.py (1), test_far.py (1)" in output


def test_what_hangs_is_ended_and_fails(monkeypatch, capsys):
    run = Run()
    monkeypatch.setattr(run, "left", lambda: 0.2)
    run.finish(run.start("python", "-c", "import time\nwhile True: time.sleep(60)"), "pytest")
    assert run.failed
    assert "left out: pytest did not end in time" in capsys.readouterr().out
