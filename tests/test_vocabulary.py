"""Identifiers and file names use the standard terms of help desks, Flask and DynamoDB, not words of our own."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Words that are not part of any name, with the term to use instead.
WORDS = {
    "letter": "email, email template", "letters": "emails", "mailroom": "email notices",
    "wish": "input, request schema", "wishes": "inputs", "brake": "login throttle", "attempter": "login attempt",
    "door": "sign-in method", "doors": "sign-in methods", "vouch": "authenticate",
    "vouched": "federated identity", "arrival": "federated identity", "stint": "assignment",
    "stints": "assignments", "trail": "audit log", "recorder": "audit writer", "vault": "encryption",
    "seal": "encrypt", "sealed": "encrypted", "forgery": "csrf", "clash": "field conflict",
    "clashes": "field conflicts", "mend": "update", "amend": "update", "bring": "upsert", "house": "harness",
    "world": "fixture", "scene": "fixture", "acted": "tickets by actor", "stills": "cached macros",
    "blueprint": "table spec",
}  # fmt: skip

# Ordinary words that say nothing as the name of a module, a template, a script or a stylesheet.
FILE_NAMES = {
    "access", "act", "acts", "answers", "demands", "errors", "guard", "held", "kept", "made", "found",
    "mark", "marks", "members", "nothing", "once", "parts", "people", "small", "together", "traces", "turn",
    "wanted", "ways", "words",
}  # fmt: skip

# Names that could hold anything: a variable says what its value is.
VARIABLES = {"found", "made", "wanted", "kept"}

# (file or folder, name): why it stays.
EXCEPTIONS = {
    ("", "Blueprint"): "Flask's own class",
    ("", "create_blueprint"): "a method of Flask-Admin that views override",
    ("", "register_blueprint"): "Flask's own method",
    ("", "blueprint"): "the attribute of a Flask request",
    ("services/errors.py", "errors"): "the base errors of all domains, which each derive their own from",
}
MOST_EXCEPTIONS = 20


@cache
def files() -> list[str]:
    """List the files of the repository that are in their places."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\0")
    return [path for path in listed if path and path != "tests/test_vocabulary.py" and (ROOT / path).exists()]


def words_of(name: str) -> set[str]:
    """Split a name at underscores, hyphens, dots and capitals."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}


def names_in(tree: ast.AST) -> Iterator[tuple[int, str, bool]]:
    """Yield line, name, and whether it is a variable or parameter, for every name in a module."""
    for node in ast.walk(tree):
        match node:
            case ast.Name():
                yield node.lineno, node.id, isinstance(node.ctx, ast.Store)
            case ast.arg():
                yield node.lineno, node.arg, True
            case ast.Attribute():
                yield node.lineno, node.attr, False
            case ast.keyword(arg=str(name)):
                yield node.value.lineno, name, False
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name, False
            case ast.ExceptHandler(name=str(name)):
                yield node.lineno, name, True
            case ast.alias():
                yield node.lineno, node.asname or node.name, False


def is_excepted(path: str, name: str) -> bool:
    return any(name == known and path.startswith(folder) for folder, known in EXCEPTIONS)


def complaints_about_names(path: str) -> Iterator[str]:
    """Yield a line for each name in a Python file that holds one of the words."""
    reported = set()
    for line, name, is_variable in names_in(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        bad = sorted(words_of(name) & WORDS.keys())
        if name in reported or is_excepted(path, name):
            continue
        if bad:
            reported.add(name)
            yield f"{path}:{line}: {name}: not {bad[0]!r}, but {WORDS[bad[0]]}"
        elif is_variable and name in VARIABLES:
            yield f"{path}:{line}: {name}: say what the value is"


def test_python_names_hold_no_words_of_our_own():
    complaints = [
        complaint for path in files() if path.endswith(".py") for complaint in complaints_about_names(path)
    ]
    assert not complaints, f"{len(complaints)} names:\n" + "\n".join(complaints)


def test_file_names_hold_no_words_of_our_own():
    complaints = []
    for path in files():
        stem = Path(path).name.partition(".")[0]
        bad = sorted(words_of(stem) & WORDS.keys())
        named = Path(path).suffix in {".py", ".html", ".js", ".css"}
        if bad and not is_excepted(path, stem):
            complaints.append(f"{path}: not {bad[0]!r}, but {WORDS[bad[0]]}")
        elif named and stem in FILE_NAMES and not is_excepted(path, stem):
            complaints.append(f"{path}: name the file after what is inside")
    assert not complaints, f"{len(complaints)} files:\n" + "\n".join(complaints)


def test_exceptions_are_few_and_needed():
    assert len(EXCEPTIONS) <= MOST_EXCEPTIONS
    names: set[tuple[str, str]] = set()
    for path in files():
        names.add((path, Path(path).name.partition(".")[0]))
        if path.endswith(".py"):
            names |= {(path, name) for _, name, _ in names_in(ast.parse((ROOT / path).read_text()))}
    unused = [
        (folder, name)
        for folder, name in EXCEPTIONS
        if not any(path.startswith(folder) and name == each for path, each in names)
    ]
    assert not unused, f"no longer needed: {unused}"


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("_letters_to", {"letters"}),
        ("AuditTrail", {"trail"}),
        ("LETTER", {"letter"}),
        ("amendments", set()),
        ("vaulted", set()),
        ("door2", {"door"}),
    ],
)
def test_whole_words_count(name, bad):
    assert words_of(name) & WORDS.keys() == bad
