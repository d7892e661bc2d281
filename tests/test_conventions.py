"""The project's own conventions, so that a review need not remember them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from local.settings import Settings
from portal.config.definition import definitions
from portal.config.providers import ProviderSettings

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "portal",
    "analytics_dash",
    "services",
    "models",
    "dynamodb_client",
    "pynamodb_grid",
    "local",
    "bench",
    "cdk",
)
FILE_LINES = 400
FUNCTION_LINES = 60
# Long because they are one idea: the reason stands beside each.
LONG_FUNCTIONS = {
    "services/bootstrap/users.py:build_user_services",  # wiring: one call per service, read from top to bottom
}
# Who may read the environment: the settings, and what runs before or around the product.
ENVIRONMENT_READERS = ("portal/config/settings.py", "local/", "bench/", "cdk/")
# What a function imports when it first runs, because a process that never needs it is spared this much: CPU and
# memory of the import beside everything the web process and the worker load anyway.
LAZY_IMPORTS = {
    "authlib": "single sign-on alone: 190 ms and 16 MB",
    "cryptography": "second factors and stored e-mails: 12 ms and 7 MB",
    "duckdb": "reports: 35 ms and 13 MB, in the web process at its first report",
    "joserfc": "single sign-on alone: 75 ms and 11 MB",
    "requests": "single sign-on alone: 50 ms and 5 MB",
    "segno": "the QR code of a new second factor: 27 ms and 3 MB",
    "tqdm": "the progress bar of an import: 16 ms and 2 MB, which the worker, who loads every command, is spared",
    "zxcvbn": "a chosen password: 28 ms and 13 MB",
}
CHECK_EXCEPTION = re.compile(
    r"#\s*(noqa|type: ignore|pragma)"
    r"(?P<codes>:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|\[[a-z, -]+\]|: no cover)?(?P<reason>.*)"
)


def product_files() -> list[Path]:
    """Return the product's own Python files, tests left out."""
    inside = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    files = [path for path in [*inside, *ROOT.glob("*.py")] if "tests" not in path.relative_to(ROOT).parts]
    assert len(files) > 50, "the tree has moved"
    return sorted(files)


FILES = product_files()


def trees() -> Iterator[tuple[str, ast.Module]]:
    """Yield each file's name and syntax tree."""
    for path in FILES:
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Yield every function as (file:name, tree), methods and inner ones included."""
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.name}", node


def test_files_are_not_too_long():
    lengths = {path: path.read_text(encoding="utf-8").count("\n") for path in FILES}
    long = [f"{path.relative_to(ROOT)} has {lines}" for path, lines in lengths.items() if lines > FILE_LINES]
    assert not long, f"files over {FILE_LINES} lines: {long}"


def test_functions_are_not_too_long():
    lengths = {name: (node.end_lineno or 0) - node.lineno + 1 for name, node in functions()}
    long = [
        f"{name} has {lines}"
        for name, lines in lengths.items()
        if lines > FUNCTION_LINES and name not in LONG_FUNCTIONS
    ]
    assert not long, f"functions over {FUNCTION_LINES} lines: {long}"


def imports_inside_functions() -> list[tuple[str, str]]:
    """List (file:function, package) of every import that is not at the top of its file."""
    return [
        (name, module.split(".")[0])
        for name, function in functions()
        for node in ast.walk(function)
        for module in imported_by(node)
    ]


def test_own_code_is_imported_at_the_top():
    inside = [
        f"{name} imports {package}" for name, package in imports_inside_functions() if package in PACKAGES
    ]
    assert not inside, f"a circle hides behind these, or they are in the wrong place: {inside}"


def test_other_packages_are_imported_at_the_top_unless_it_was_measured():
    inside = [(name, package) for name, package in imports_inside_functions() if package not in PACKAGES]
    unmeasured = [f"{name} imports {package}" for name, package in inside if package not in LAZY_IMPORTS]
    assert not unmeasured, f"import these at the top, or measure them for LAZY_IMPORTS: {unmeasured}"
    assert {package for _, package in inside} == set(LAZY_IMPORTS), "no function imports some of LAZY_IMPORTS"


def imported_by(node: ast.AST) -> list[str]:
    """Return the modules that an import statement names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def test_the_environment_is_read_in_one_place():
    reads = [
        f"{name} line {node.lineno}"
        for name, tree in trees()
        if not name.startswith(ENVIRONMENT_READERS)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv", "os.environb"}
    ]
    assert not reads, f"make these a field of Settings: {reads}"


def test_every_exception_from_a_check_says_why():
    bare = [
        f"{path.relative_to(ROOT)} line {number}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := CHECK_EXCEPTION.search(line)) and not (match["codes"] and match["reason"].strip(" #-:"))
    ]
    assert not bare, f"checks switched off without code and reason: {bare}"


class RecordingEnvironment(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, given: dict[str, str]) -> None:
        """Hold some settings and no question yet."""
        super().__init__(given)
        self.asked: set[str] = set()

    def get(self, name, default=None):
        """Answer like a dict, and remember the name."""
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name):
        """Answer like a dict, and remember the name."""
        self.asked.add(name)
        return super().__getitem__(name)


def test_every_setting_is_defined_and_documented(tmp_path):
    asked: set[str] = set()
    for environment in ("development", "production"):
        given = {"ENVIRONMENT": environment, "SECRET_KEY": "k" * 48, "DATA_DIR": str(tmp_path)}
        given |= {"PUBLIC_URL": "https://help.example.org", "OIDC_PROVIDERS": "corp"}
        given |= {"OIDC_CORP_ISSUER": "https://corp.example", "OIDC_CORP_DOMAINS": "*"}
        given |= {"OIDC_CORP_CLIENT_ID": "desk", "OIDC_CORP_CLIENT_SECRET": "secret"}
        env = RecordingEnvironment(given)
        Settings.from_env(env)
        asked |= env.asked
    defined = {one.name for one in definitions(Settings).values()}
    defined |= {f"OIDC_CORP_{one.name}" for one in definitions(ProviderSettings).values()}
    assert asked == defined, "the environment is asked for something that has no definition"
    guide = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
    missing = sorted(name for name in asked if f"`{name}`" not in guide)
    assert len(asked) > 10, "the settings are read in another way: teach this test"
    assert not missing, f"docs/operators.md lacks {missing}"
