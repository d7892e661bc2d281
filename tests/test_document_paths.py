"""Documents name files and folders that exist."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "*/README.md", "bench/**/*.md")
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)
TOP = ("analytics_dash", "bench", "cdk", "docs", "dynamodb_client", "local", "models", "portal", "pynamodb_grid",
       "services", "tests")  # fmt: skip
NAMED = re.compile(rf"`((?:{'|'.join(TOP)})/[\w./-]*)`")
# Made by a build, or a placeholder of an instruction.
NOT_STORED = re.compile(r"^(portal/static/build|analytics_dash/build)|NAME|VERSION|NNNN")


def named_paths(text: str) -> list[str]:
    """List the files and folders of the repository that a text names as code."""
    return [path for path in NAMED.findall(text) if not NOT_STORED.search(path)]


def test_paths_are_found_in_text():
    assert named_paths(
        "in `portal/web/guards.py`, `services/` and `services/NAME.py`; not `GET /tickets`"
    ) == [
        "portal/web/guards.py",
        "services/",
    ]
    assert sum(len(named_paths(path.read_text(encoding="utf-8"))) for path in DOCUMENTS) > 100


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_name_files_that_exist(document):
    named = set(named_paths(document.read_text(encoding="utf-8")))
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


@pytest.mark.parametrize("document", ["README.md", "docs/development/architecture.md"])
def test_the_tree_names_every_package_of_the_product(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tools = {"local", "cdk", "bench"} if document.startswith("docs/") else set()
    packages = set(settings["tool"]["importlinter"]["root_packages"]) - tools
    named = set(re.findall(r"^ {4}(\w+)/", text, re.MULTILINE))
    assert packages <= named
    assert all((ROOT / name).is_dir() for name in named)
