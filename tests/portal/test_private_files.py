"""What the product writes is for its user alone, also where an earlier release wrote it for everybody."""

import ast
import os
import runpy
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest

from local.settings import ROOT
from portal.config.private_files import close_alone, close_folder, make_private
from portal.config.settings import Settings

# Programs that write nothing of people: tools for the code, assets, the image, and questions.
WRITE_NOTHING = {
    "local/uv.py", "local/quick.py", "local/image/__main__.py", "portal/assets/build.py", "portal/web/probe.py",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder):
    paths = [folder, *folder.rglob("*")]
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in paths if not path.is_symlink()}


def test_folders_that_others_could_read_are_closed_and_stay_so(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("of somebody else")
    data = tmp_path / "data"
    (data / "mail").mkdir(parents=True)
    (data / "mail" / "old.eml").write_text("To: somebody")
    (data / "secret-key").touch(0o600)
    (data / "link").symlink_to(outside)
    (tmp_path / "rejects").mkdir()
    settings = Settings(data_dir=data, mail_dir=data / "mail", rejects_dir=tmp_path / "rejects")
    assert make_private(settings) == []
    (data / "mail" / "new.eml").write_text("To: somebody")
    assert modes(data) == {
        "data": 0o700, "mail": 0o700, "old.eml": 0o600, "new.eml": 0o600, "secret-key": 0o600,
    }  # fmt: skip
    assert modes(tmp_path)["rejects"] == 0o700
    assert modes(tmp_path)["outside"] == 0o644


@pytest.mark.parametrize("place", ["the home folder", "what holds the code"])
def test_a_folder_that_holds_more_is_left_alone_and_named(tmp_path, monkeypatch, place):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    folder = tmp_path if place == "the home folder" else ROOT.parent
    before = stat.S_IMODE(folder.stat().st_mode)
    (warning,) = close_folder(folder)
    assert str(folder) in warning
    assert stat.S_IMODE(folder.stat().st_mode) == before


def test_a_user_without_a_home_has_folders_too(tmp_path, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    assert close_folder(tmp_path) == []
    assert modes(tmp_path) == {tmp_path.name: 0o700}


def test_a_folder_can_be_closed_without_what_is_in_it(tmp_path):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "layer").touch()
    close_alone(tmp_path / "var")
    assert modes(tmp_path / "var") == {"var": 0o700, "layer": 0o644}
    close_alone(tmp_path / "nowhere")


def test_every_program_writes_privately():
    programs = [
        path
        for package in ("local", "bench", "portal")
        for path in sorted((ROOT / package).rglob("*.py"))
        if "__main__" in path.read_text() and path.name != "isolated_engine.py"
    ]
    assert len(programs) > len(WRITE_NOTHING)
    for path in programs:
        name = path.relative_to(ROOT).as_posix()
        source = ROOT / "portal/cli/main.py" if name == "portal/cli/__main__.py" else path
        calls = {node.func.id for node in ast.walk(ast.parse(source.read_text()))
                 if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}  # fmt: skip
        assert ("write_privately" in calls) != (name in WRITE_NOTHING), name


def test_the_web_process_says_that_development_is_open_to_other_machines(tmp_path, monkeypatch):
    said = []
    server = SimpleNamespace(log=SimpleNamespace(warning=lambda text, *more: said.append(text % more)))
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    for host, warned in (("127.0.0.2", False), ("192.0.2.1", True)):
        monkeypatch.setenv("HOST", host)
        runpy.run_path(str(Path(ROOT) / "gunicorn.conf.py"))["on_starting"](server)
        assert any(host in line for line in said) is warned, said
