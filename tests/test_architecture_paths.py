"""The five paths in docs/development/architecture.md agree with the code."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "development" / "architecture.md"
PATHS = ("Login", "Customer creates a ticket", "Cell edit in the grid", "Dashboard filter", "API update")
MOST_FILES = 8
STEP = re.compile(r"(\d)\. `(\S+)`: (`[\w.]+`(?:, `[\w.]+`)*)(?: \(from (\d)\))? \S")
DEFINITION = ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign


@dataclass(frozen=True)
class Step:
    """One line of a path: a file, what is used of it, and the number of the step that uses it."""

    file: str
    names: tuple[str, ...]
    caller: int


def read_steps(text: str) -> list[Step]:
    """Read the numbered list of one path; raises ValueError for a line of another form."""
    steps: list[Step] = []
    for line in re.findall(r"^\d+\. .*$", text, re.MULTILINE):
        match = STEP.match(line)
        if match is None or int(match[1]) != len(steps) + 1:
            raise ValueError(line)
        names = tuple(re.findall(r"[\w.]+", match[3]))
        steps.append(Step(match[2], names, int(match[4] or len(steps))))
    return steps


def read_page() -> dict[str, list[Step]]:
    """Read all paths of the page by their headings."""
    _, _, text = PAGE.read_text(encoding="utf-8").partition("\n## Five paths\n")
    sections = re.split(r"^### (.+)$", text, flags=re.MULTILINE)[1:]
    return {title: read_steps(body) for title, body in zip(sections[::2], sections[1::2], strict=True)}


@cache
def definitions(file: str) -> dict[str, list[DEFINITION]]:
    """Return what a file defines: functions, methods as `Class.method` and alone, classes, constants."""
    defined: dict[str, list[DEFINITION]] = {}
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.setdefault(node.name, []).append(node)
        if isinstance(node, ast.ClassDef):
            for method in node.body:
                if isinstance(method, ast.FunctionDef):
                    defined.setdefault(f"{node.name}.{method.name}", []).append(method)
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            for name in used_names(node.targets[0] if isinstance(node, ast.Assign) else node.target):
                defined.setdefault(name, []).append(node)
    return defined


def used_names(node: ast.AST) -> Iterator[str]:
    """Walk all names and attributes in a piece of code."""
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            yield each.id
        elif isinstance(each, ast.Attribute):
            yield each.attr


def reached(file: str, names: tuple[str, ...]) -> set[str]:
    """Return every name that some functions of a file use, directly or through others of the same file."""
    known, waiting = set[str](), list(names)
    while waiting:
        for node in definitions(file).get(waiting.pop(), ()):
            # A class that is named is not a call of all its methods.
            body = [] if isinstance(node, ast.ClassDef) else [node]
            fresh = {name for part in body for name in used_names(part)} - known
            known |= fresh
            waiting += fresh
    return known


def problems(steps: list[Step]) -> list[str]:
    """List where a path and the code disagree."""
    disagreements = []
    for number, step in enumerate(steps, 1):
        if not (ROOT / step.file).is_file():
            disagreements.append(f"{number}: there is no {step.file}")
            continue
        disagreements += [
            f"{number}: {step.file} has no {name}"
            for name in step.names
            if name not in definitions(step.file)
        ]
        if number == 1 or not 0 < step.caller < number or not (ROOT / steps[step.caller - 1].file).is_file():
            continue
        caller = steps[step.caller - 1]
        uses = reached(caller.file, caller.names)
        disagreements += [
            f"{number}: {', '.join(caller.names)} in {caller.file} does not use {name}"
            for name in step.names
            if name.rpartition(".")[2] not in uses
        ]
    return disagreements


def test_the_page_has_the_five_paths():
    assert tuple(read_page()) == PATHS


@pytest.mark.parametrize("title", PATHS)
def test_a_path_agrees_with_the_code(title):
    steps = read_page()[title]
    assert 3 <= len(steps) <= MOST_FILES
    assert len({step.file for step in steps}) == len(steps)
    assert all(0 < step.caller < number for number, step in enumerate(steps, 1) if number > 1)
    assert problems(steps) == []


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("2. `services/nowhere.py`: `write` writes.", "2: there is no services/nowhere.py"),
        ("2. `models/ledger.py`: `publish` writes.", "2: models/ledger.py has no publish"),
        (
            "2. `models/ledger.py`: `sweep_idempotency_keys` deletes.",
            "2: TicketWriter.change in services/tickets/writer.py does not use sweep_idempotency_keys",
        ),
    ],
)
def test_a_wrong_step_is_found(line, problem):
    first = "1. `services/tickets/writer.py`: `TicketWriter.change` reads.\n"
    disagreements = problems(read_steps(first + line))
    assert problem in disagreements


def test_a_line_of_another_form_is_found():
    with pytest.raises(ValueError, match="something"):
        read_steps("1. something: `write` writes.")
