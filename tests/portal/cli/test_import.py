"""`ledgerdesk import incidents` as an operator meets it."""

import gzip
import logging
from pathlib import Path

import pytest
from click.testing import Result

import models
from dynamodb_client import ConnectionOptions
from models import ticket as ticket_table
from portal.config.settings import Settings
from services.bootstrap import Services
from tests.portal.cli.run import run
from tests.services.tickets.importing import logs


@pytest.fixture
def services(tables: ConnectionOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    """Build the real services on empty tables, in a folder of their own."""
    models.connect(tables)
    models.delete_tables()
    models.create_tables()
    monkeypatch.chdir(tmp_path)
    return logs.build(tables, tmp_path)


def call(services: Services, *arguments: str | Path) -> Result:
    return run(services, "import", "incidents", *arguments, settings=Settings())


def test_it_tells_what_it_did(services: Services, tmp_path: Path):
    path = logs.write(tmp_path / "log.csv.gz", logs.incident(1, "New", "Oops", "Closed", "Closed"))
    result = call(services, path)
    assert result.exit_code == 0, result.output
    assert "1 incidents with 3 rows imported" in result.stdout
    assert "touched: 1" in result.stdout
    assert "1 rows were rejected: var/rejects/log.csv lists them with the reasons." in result.stdout
    assert [line for line, _ in logs.rejected(tmp_path / "var/rejects/log.csv")] == [3]
    again = call(services, path, "--rejects", tmp_path / "elsewhere.csv")
    assert "0 incidents with 0 rows imported" in again.stdout
    assert "1 incidents with 3 rows had already been imported." in again.stdout
    assert (tmp_path / "elsewhere.csv").exists()


def test_a_limit_takes_the_first_incidents(services: Services, tmp_path: Path):
    path = logs.write(tmp_path / "log.csv", [r for n in range(1, 9) for r in logs.incident(n, "New")])
    assert "3 incidents" in call(services, path, "--limit", "3").stdout
    assert ticket_table.find(4) is None
    assert "5 incidents" in call(services, path).stdout


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("log.csv", b"", "The file is empty."),
        ("log.csv", b"Issue id,Summary\n1,x\n", "another table"),
        ("log.csv.gz", b"number\n", "not whole gzip data"),
        ("log.csv.gz", gzip.compress(b"\xff\xfe\x00n", mtime=0), "not UTF-8"),
    ],
)
def test_a_wrong_file_is_one_line_and_writes_nothing(
    services: Services, tmp_path: Path, name: str, content: bytes, words: str
):
    path = tmp_path / name
    path.write_bytes(content)
    result = call(services, path)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"{name}: ")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert not list(ticket_table.all_ids())
    assert not (tmp_path / "var").exists()


def test_a_missing_file_or_folder_is_told(services: Services, tmp_path: Path):
    assert call(services, tmp_path / "absent.csv").exit_code == 2
    assert call(services, tmp_path).exit_code == 2
    path = logs.write(tmp_path / "log.csv", logs.incident(1, "New"))
    (tmp_path / "blocked").touch()
    result = call(services, path, "--rejects", tmp_path / "blocked" / "rejects.csv")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr
    assert not list(ticket_table.all_ids())


def test_an_engine_that_is_away_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.CRITICAL)
    nowhere = ConnectionOptions("eu-central-1", "http://127.0.0.1:1", "none-", max_attempts=1)
    path = logs.write(tmp_path / "log.csv", logs.incident(1, "New"))
    result = call(logs.build(nowhere, tmp_path), path, "--rejects", tmp_path / "rejects.csv")
    assert result.exit_code == 1
    assert "log.csv: The engine does not answer or has no tables." in result.stderr
    assert "Traceback" not in result.output
