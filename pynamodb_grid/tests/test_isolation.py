"""The package stands alone: it imports nothing of a project, and its listings no web framework."""

import ast
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
ALLOWED = {
    "pynamodb_grid",
    "pynamodb",
    "botocore",
    "flask",
    "flask_admin",
    "wtforms",
    "werkzeug",
    "markupsafe",
}


def imported(file: Path) -> set[str]:
    """Lists the top-level modules a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}: relative import"
            names.add((node.module or "").split(".")[0])
    return names


def test_only_known_packages_are_imported() -> None:
    for file in PACKAGE.rglob("*.py"):
        if "tests" not in file.relative_to(PACKAGE).parts:
            foreign = imported(file) - ALLOWED - set(sys.stdlib_module_names)
            assert not foreign, f"{file.relative_to(PACKAGE)} imports {foreign}"


def test_listing_loads_no_web_framework() -> None:
    code = (
        "import sys, pynamodb_grid.listing;"
        "web = {'flask', 'flask_admin', 'werkzeug', 'wtforms', 'jinja2'} & set(sys.modules);"
        "sys.exit(', '.join(web) or 0)"
    )
    done = subprocess.run(  # noqa: S603  (our own interpreter)
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")
