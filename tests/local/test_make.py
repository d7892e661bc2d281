"""The Makefile on machines that lack something: one clear line and a non-zero exit."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.settings import ROOT

TOOLS = ("bash", "env", "make", "awk", "find", "cat", "rm", "touch", "uname", "id", "python3")


@pytest.fixture
def machine(tmp_path):
    """Return a folder of tools and a checkout with an awkward name, as (tools, checkout)."""
    tools, checkout = tmp_path / "tools", tmp_path / "it's a (new) clone, $1"
    tools.mkdir()
    checkout.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name) or name)
    for name in ("Makefile", "package.json", "package-lock.json", "requirements.txt"):
        shutil.copy(ROOT / name, checkout / name)
    return tools, checkout


def add_tool(tools: Path, name: str, script: str) -> None:
    """Put a program of our own among the tools."""
    (tools / name).write_text(f"#!/bin/bash\n{script}\n")
    (tools / name).chmod(0o755)


def make(machine: tuple[Path, Path], *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make with nothing but the machine's tools in reach."""
    tools, checkout = machine
    environment = {"PATH": str(tools), "HOME": str(checkout), **variables}
    return subprocess.run(
        ["make", *arguments], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )


def the_one_line(answer: subprocess.CompletedProcess[str]) -> str:
    """Return what a failed make says beside its own closing words."""
    assert answer.returncode != 0
    lines = [line for line in answer.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1, answer.stderr
    return lines[0]


def test_help_is_the_default_and_lists_every_target(machine):
    answer = make(machine)
    assert answer.returncode == 0
    listed = re.findall(r"make (\S+)", answer.stdout)
    assert set(listed) == {
        "run", "test", "quick", "test-deep", "test-engines", "test-faults", "test-api", "lint", "format", "bench",
        "capacity", "paints", "screens", "setup", "requirements", "clean", "compact", "help", "image-check",
        "synth",
    }  # fmt: skip


@pytest.mark.parametrize("missing", ["node", "npm"])
def test_node_and_npm_are_asked_for(machine, missing):
    if missing == "npm":
        add_tool(machine[0], "node", "echo 20")
    assert the_one_line(make(machine, "node_modules/.installed")).startswith(f"setup: {missing} is missing: ")


def test_an_old_node_is_named(machine):
    add_tool(machine[0], "node", 'if [ "$1" = -p ]; then echo 16; else echo v16.20.2; fi')
    add_tool(machine[0], "npm", "exit 0")
    assert the_one_line(make(machine, "node_modules/.installed")) == (
        "setup: node v16.20.2 is too old: install 18 or newer"
    )


def test_an_old_python_is_named(machine):
    add_tool(machine[0], "python-old", 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi')
    assert the_one_line(make(machine, ".venv/.made-in", "PYTHON=python-old")) == (
        "setup: Python 3.9.2 is too old: set PYTHON to 3.11 or newer"
    )


def test_a_python_without_venv_is_named(machine):
    add_tool(machine[0], "python-bare", 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    assert the_one_line(make(machine, ".venv/.made-in", "PYTHON=python-bare")) == (
        "setup: python-bare cannot make virtual environments: install python3-venv"
    )


def test_another_platform_is_named(machine):
    (machine[0] / "uname").unlink()
    add_tool(machine[0], "uname", "echo Linux riscv64")
    assert "not Linux riscv64" in the_one_line(make(machine, "node_modules/.installed"))


def test_a_missing_browser_fails_in_ci_and_is_a_line_elsewhere(machine):
    (machine[0] / "id").unlink()
    add_tool(machine[0], "id", "echo 1000")
    assert "chromium is missing" in the_one_line(make(machine, "browser", CI="true"))
    elsewhere = make(machine, "browser")
    assert elsewhere.returncode == 0
    assert "the browser tests are skipped" in elsewhere.stdout


@pytest.mark.parametrize(("user", "missing"), [("1000", "buildah"), ("0", "apt-get")])
def test_a_machine_that_cannot_build_images_says_so(machine, user, missing):
    tools, _ = machine
    (tools / "id").unlink()
    add_tool(tools, "id", f"echo {user}")
    if missing != "apt-get":
        add_tool(tools, "apt-get", "exit 1")
    assert the_one_line(make(machine, "image-tools")).startswith(
        "image-check: needs root and Debian's buildah"
    )


def test_root_gets_the_tools_for_images_from_debian(machine):
    tools, _ = machine
    (tools / "id").unlink()
    add_tool(tools, "id", "echo 0")
    add_tool(tools, "apt-get", "exit 100")
    assert (
        the_one_line(make(machine, "image-tools"))
        == "image-check: apt-get could not install buildah and mmdebstrap"
    )
    add_tool(tools, "apt-get", "exit 0")
    assert make(machine, "image-tools").stdout == "image-check: Debian's buildah and mmdebstrap\n"


@pytest.mark.parametrize("missing", ["javac", "mvn"])
def test_java_and_maven_are_asked_for(machine, missing):
    tools, _ = machine
    (tools / "id").unlink()
    add_tool(tools, "id", "echo 1000")
    add_tool(tools, "mvn" if missing == "javac" else "javac", "exit 0")
    assert the_one_line(make(machine, "java")) == (
        "test-engines: javac or mvn is missing: install Debian's default-jdk-headless and maven"
    )


def test_an_old_java_is_named(machine):
    add_tool(machine[0], "mvn", "exit 0")
    add_tool(machine[0], "javac", "echo javac 11.0.27")
    assert the_one_line(make(machine, "java")) == (
        "test-engines: Java 11.0.27 is too old: install 17 or newer"
    )


def test_root_gets_java_and_maven_from_debian(machine):
    tools, _ = machine
    (tools / "id").unlink()
    add_tool(tools, "id", "echo 0")
    add_tool(tools, "apt-get", "exit 100")
    assert the_one_line(make(machine, "java")) == "test-engines: apt-get could not install Java and Maven"
    (tools / "ln").symlink_to(shutil.which("ln") or "ln")
    add_tool(tools, "some-java", "echo javac 17.0.15")
    links = f"ln -s {tools}/some-java {tools}/javac; ln -s javac {tools}/mvn"
    add_tool(tools, "apt-get", f'case "$*" in *"jdk-headless maven") {links};; esac')
    answer = make(machine, "java")
    assert (answer.returncode, answer.stdout) == (0, "test-engines: Debian's Java and Maven\n")


def test_other_jars_than_those_listed_are_refused(machine):
    tools, checkout = machine
    folder = "local/dynamodb_local"
    shutil.copytree(ROOT / folder, checkout / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("sha256sum", "cmp", "mkdir"):
        (tools / name).symlink_to(shutil.which(name) or name)
    add_tool(tools, "javac", "echo javac 17.0.15")
    add_tool(tools, "mvn", "mkdir var/dynamodb-local/lib; touch var/dynamodb-local/lib/some.jar")
    told = the_one_line(make(machine, "var/dynamodb-local/.built"))
    assert told.startswith("test-engines: Maven gave other jars than are listed: ")
    assert not (checkout / "var/dynamodb-local/.built").exists()
    add_tool(tools, "mvn", "echo no route; exit 1")
    reason, told, *_ = make(machine, "var/dynamodb-local/.built").stderr.splitlines()
    assert (reason, told) == ("no route", "test-engines: Maven could not fetch DynamoDB Local")


def test_the_build_server_runs_make_test(machine):
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert script.read_text().rstrip().endswith("exec make test")


def test_root_gets_the_browser_from_debian(machine):
    tools, _ = machine
    (tools / "id").unlink()
    add_tool(tools, "id", "echo 0")
    shell = tools / "chromium-headless-shell"
    add_tool(tools, "apt-get", f'case "$*" in *shell) ln -s {tools}/cat {shell};; esac')
    (tools / "ln").symlink_to(shutil.which("ln") or "ln")
    answer = make(machine, "browser", CI="true")
    assert (answer.returncode, answer.stdout) == (0, "setup: Debian's chromium\n")
    again = make(machine, "browser", CI="true")
    assert (again.returncode, again.stdout) == (0, "")


def test_the_whole_browser_does_where_debian_has_no_shell(machine):
    tools, _ = machine
    (tools / "id").unlink()
    add_tool(tools, "id", "echo 0")
    add_tool(tools, "apt-get", "exit 100")
    add_tool(tools, "chromium", "exit 0")
    assert make(machine, "browser", CI="true").returncode == 0
