"""What surrounds the code agrees with it: workflows, forms, versions, licences, documents, decisions."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from services import __version__

ROOT = Path(__file__).resolve().parent.parent
GITHUB = ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
STATUS = re.compile(r"Status: (accepted|superseded by \[\d+\]\(\S+\)), \d{4}-\d\d-\d\d")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
DOCUMENTS = sorted(
    path
    for place in (
        ROOT,
        GITHUB,
        ROOT / "docs",
        ROOT / "bench",
        ROOT / "pynamodb_grid",
        ROOT / "local",
        ROOT / "clients",
    )
    for path in (place.glob("*.md") if place == ROOT else place.rglob("*.md"))
)
CODE = re.compile(r"```.*?```|`[^`\n]+`|^ {4}.*$", re.DOTALL | re.MULTILINE)
# At the beginning of a line or a code span, or after another command or settings.
MAKE = re.compile(r"(?:^|`|&&|;)\s*(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)", re.MULTILINE)


def load(path: Path) -> Any:
    """Read a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def base_image(name: str) -> str:
    """Return a base image that the Dockerfile names."""
    match = re.search(rf"^ARG {name}=(\S+)$", (ROOT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert match
    return match[1]


def make_targets(text: str) -> set[str]:
    """Return the targets of all make commands in a text."""
    return set(MAKE.findall(text))


def defined_targets() -> set[str]:
    """Return the Makefile's targets that are not files."""
    return set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def steps() -> list[dict[str, Any]]:
    """Return every step of every workflow."""
    return [step for path in WORKFLOWS for job in load(path)["jobs"].values() for step in job["steps"]]


def test_make_commands_are_recognized():
    assert make_targets("make test") == {"test"}
    assert make_targets("first `make lint`, then\n    cd x && CI=true make test-engines") == {
        "lint",
        "test-engines",
    }
    assert make_targets('make bench BENCH_ARGS="--runs 5"') == {"bench"}
    assert make_targets("cmake x, make sure, remake y\nmake BENCH=1") == set()


def test_yaml_files_can_be_read():
    files = [*GITHUB.rglob("*.yml"), ROOT / ".pre-commit-config.yaml"]
    assert len(files) >= 6
    assert all(isinstance(load(path), dict) for path in files)


def test_workflows_run_make_targets_and_nothing_else():
    commands = [step["run"] for step in steps() if "run" in step]
    prepared = [command for command in commands if not command.startswith("apt-get ")]
    assert prepared
    assert all(re.fullmatch(r"make [a-z-]+", command) for command in prepared)
    assert {"make lint", "make test", "make synth", "make image-check", "make test-engines"} <= set(prepared)
    assert {target for command in prepared for target in make_targets(command)} <= defined_targets()


def test_workflows_may_only_read_and_end_by_themselves():
    for path in WORKFLOWS:
        workflow = load(path)
        assert workflow["permissions"] == {"contents": "read"}
        assert all(job["timeout-minutes"] for job in workflow["jobs"].values())
        assert not [step for step in steps() if "secrets." in str(step)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_make_targets_that_exist(path):
    code = "\n".join(CODE.findall(path.read_text(encoding="utf-8")))
    assert make_targets(code) <= defined_targets()


def test_hooks_run_what_the_checkout_has():
    hooks = [
        hook for repository in load(ROOT / ".pre-commit-config.yaml")["repos"] for hook in repository["hooks"]
    ]
    programs = {hook["entry"].split()[0] for hook in hooks if not hook["entry"].startswith("make ")}
    assert programs == {".venv/bin/ruff"}
    assert "ruff" in project()["tool"]
    assert (
        {target for hook in hooks for target in make_targets(hook["entry"])} == {"lint"} <= defined_targets()
    )
    assert all(hook["language"] == "system" for hook in hooks)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms_are_complete(path):
    form = load(path)
    assert form["name"]
    assert form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    ids = [field["id"] for field in fields]
    assert len(ids) == len(set(ids)) > 0
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)


def test_updates_cover_what_is_pinned():
    updates = load(GITHUB / "dependabot.yml")["updates"]
    watched = {
        (update["package-ecosystem"], place)
        for update in updates
        for place in update.get("directories", [update.get("directory")])
    }
    compiled = {f"/{path.parent.relative_to(ROOT)}".replace("/.", "/") for path in pinned_requirements()}
    expected = {("pip", place) for place in compiled}
    assert watched == expected | {("npm", "/"), ("github-actions", "/"), ("docker", "/")}


def pinned_requirements() -> list[Path]:
    """Return the files that are compiled into pinned requirements."""
    return [*ROOT.glob("*.in"), *(ROOT / "cdk").glob("*.in"), *(ROOT / "local").glob("*.in")]


def test_the_version_is_defined_once():
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    settings = project()
    assert settings["project"]["dynamic"] == ["version"]
    assert settings["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "services.__version__"}
    assert "version" not in settings["project"]
    assert "version" not in json.loads((ROOT / "package.json").read_text(encoding="utf-8"))


def test_python_and_node_are_those_of_image_and_workflow():
    settings = project()
    (python,) = re.findall(r"^python:(\d+\.\d+)-", base_image("PYTHON_IMAGE"))
    (node,) = re.findall(r"^node:(\d+)-", base_image("NODE_IMAGE"))
    assert settings["project"]["requires-python"] == f"=={python}.*"
    assert settings["tool"]["mypy"]["python_version"] == python
    assert settings["tool"]["ruff"]["target-version"] == f"py{python.replace('.', '')}"
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert package["engines"] == {"node": f"^{node}"}
    containers = [job["container"] for path in WORKFLOWS for job in load(path)["jobs"].values()]
    images = {place if isinstance(place, str) else place["image"] for place in containers}
    assert images == {f"node:{node}-bookworm"}  # Debian 12, whose python3 is 3.11
    guide = (ROOT / "docs" / "development" / "getting-started.md").read_text(encoding="utf-8")
    assert f"Python {python}, Node {node}" in guide


def test_licences_are_where_the_metadata_says():
    settings = project()["project"]
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    assert settings["license"] == f"{package['license']} AND BSD-3-Clause" == "Apache-2.0 AND BSD-3-Clause"
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in settings["license-files"]}
    assert "Apache License\n                           Version 2.0" in texts["LICENSE"]
    assert "END OF TERMS AND CONDITIONS" in texts["LICENSE"]
    assert texts["pynamodb_grid/LICENSE"].startswith("BSD 3-Clause License")


def test_security_page_supports_the_present_version():
    policy = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    assert f"| {__version__.rpartition('.')[0]}.x | yes |" in policy


def test_decisions_are_numbered_dated_and_listed():
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    numbers = [int(path.name[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
    for number, path in zip(numbers, DECISIONS, strict=True):
        title, _, status, *_ = text = path.read_text(encoding="utf-8").splitlines()
        assert re.fullmatch(rf"# {number}\. \S.*[^.]", title), path.name
        assert re.fullmatch(r"Status: (accepted|superseded by \[\d+\]\(\S+\)), \d{4}-\d\d-\d\d", status), (
            path.name
        )
        assert "## Alternatives" in text, path.name
        assert f"[{title.partition('. ')[2]}]({path.name})" in index, path.name
