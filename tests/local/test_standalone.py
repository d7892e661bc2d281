"""What a small team runs without AWS: a copy of the data taken at any time, a unit for systemd, a file for Compose."""

import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import models
from dynamodb_client import ConnectionOptions, disconnect
from local.backup import backup
from local.engine import DATABASE_NAME, Engine
from local.settings import ROOT, Settings
from models.counter import Counter
from tests.engines import embedded_only

UNIT = ROOT / "deploy" / "ledgerdesk.service"
COMPOSE = ROOT / "deploy" / "compose.yaml"
PREFIX = "b-"


@pytest.mark.engine
@embedded_only
def test_a_backup_of_a_busy_engine_opens_with_all_that_was_acknowledged_before(tmp_path):
    stop, written = threading.Event(), []

    def write():
        while not stop.is_set():
            name = f"n{len(written)}"
            Counter(name, number=len(written)).save()
            written.append(name)

    with Engine(tmp_path / "data") as engine:
        models.connect(ConnectionOptions("eu-central-1", engine.endpoint, PREFIX))
        models.create_tables()
        for number in range(20):
            Counter(f"before{number}", number=number).save()
        writer = threading.Thread(target=write)
        writer.start()
        try:
            backup(tmp_path / "data", tmp_path / "copy")
        finally:
            stop.set()
            writer.join()
            disconnect()
    with Engine(tmp_path / "copy") as engine:
        models.connect(ConnectionOptions("eu-central-1", engine.endpoint, PREFIX))
        try:
            names = {counter.name for counter in Counter.scan()}
        finally:
            disconnect()
    assert {f"before{number}" for number in range(20)} <= names
    begun = names - {f"before{number}" for number in range(20)}
    assert begun == set(written[: len(begun)]), "a state between two writes"


@pytest.mark.parametrize(
    ("prepared", "said"),
    [
        ("nothing", "there is no data in"),
        ("a backup", "is there already"),
        ("a file in the way", "copy: File exists"),
    ],
)
def test_a_backup_that_cannot_be_is_one_line(tmp_path, prepared, said):
    if prepared == "a backup":
        for folder in ("data", "copy"):
            (tmp_path / folder).mkdir()
            (tmp_path / folder / DATABASE_NAME).touch()
    elif prepared == "a file in the way":
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / DATABASE_NAME).touch()
        (tmp_path / "copy").touch()
    done = subprocess.run(
        [sys.executable, "-m", "local.backup", str(tmp_path / "copy")],
        cwd=ROOT, env={**os.environ, "DATA_DIR": str(tmp_path / "data")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert "Errno" not in done.stderr


def test_the_example_of_the_environment_is_complete_but_for_the_secret(tmp_path):
    lines = (ROOT / "deploy" / "ledgerdesk.env.example").read_text().splitlines()
    env = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert env["SECRET_KEY"] == ""
    settings = Settings.from_env(env | {"SECRET_KEY": "k" * 48, "DATA_DIR": str(tmp_path)})
    assert settings.is_production
    assert settings.embedded_engine
    assert settings.proxies == 1


def test_the_documented_user_has_no_home_in_the_data():
    """The product leaves the permissions of a folder alone that is somebody's home."""
    page = (ROOT / "docs" / "standalone.md").read_text()
    (home,) = re.findall(r"useradd .*--home-dir (\S+)", page)
    (data_dir,) = re.findall(r"(?m)^DATA_DIR=(.*)$", (ROOT / "deploy" / "ledgerdesk.env.example").read_text())
    assert not Path(home).is_relative_to(data_dir)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze checks units")
def test_systemd_understands_the_unit(tmp_path):
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/ledgerdesk", str(ROOT)))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_compose_understands_its_file():
    check = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.compose-spec",
        str(COMPOSE),
    ]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
