"""Adding a plain field to tickets is one entry and its tests: a patch does it to a copy of the product.

tests/patches/add_region_field.patch adds the field `region`. When code that it touches has changed, apply it by
hand (`git apply --3way`), and write it anew with `git diff`.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.settings import ROOT
from services.reporting import AnalyticsEngine
from tests.engines import embedded_only
from tests.services.reporting.ledgers import START, MemoryLedger, busy_desk, recorded_in_turn

pytestmark = pytest.mark.engine
PATCH = ROOT / "tests" / "patches" / "add_region_field.patch"
ITS_TESTS = "tests/portal/test_region_field.py"
MOST_FILES = 3
# Installed and built, not kept in git: the copy uses what is there.
SHARED = ("node_modules", "portal/static/build", "analytics_dash/build")
TESTS = "tests/"


def git(*arguments: str, folder: Path = ROOT) -> str:
    """Run git, which must not take a copy below the product's folder for a part of it."""
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(folder.parent)}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the product as it lies here, changes that are not committed included."""
    folder = tmp_path / "product"
    for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        source = ROOT / name
        if name and source.is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    for name in SHARED:
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture
def copy_before(tmp_path: Path) -> Path:
    """Write a columnar copy of a ledger before the field is there."""
    folder = tmp_path / "columnar"
    folder.mkdir()
    engine = AnalyticsEngine(folder, MemoryLedger(recorded_in_turn(busy_desk(20), START)))
    engine.follow(now=START)
    engine.close()
    return folder


@embedded_only  # the copy has no DynamoDB Local, and the engine does not matter here
def test_a_field_is_one_entry_and_its_tests(copy: Path, copy_before: Path) -> None:
    touched = re.findall(r"^\+\+\+ b/(.+)$", PATCH.read_text(encoding="utf-8"), re.MULTILINE)
    product = [name for name in touched if not name.startswith(TESTS)]
    assert 1 <= len(product) <= MOST_FILES
    assert ITS_TESTS in touched
    git("apply", str(PATCH), folder=copy)
    assert (copy / ITS_TESTS).is_file()
    around = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    options = ["-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib -p no:dash"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, ITS_TESTS],
        cwd=copy,
        env={**around, "COPY_BEFORE": str(copy_before), "PYTHONPATH": str(copy)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-2000:]
    assert re.search(r"\b9 passed\b", ran.stdout), ran.stdout[-500:]
