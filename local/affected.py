"""Which test files a change can affect, the nearest first, judged by imports alone."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from grimp import ImportGraph, build_graph

from local.settings import ROOT

# The stacks' tests run in an environment of their own: make synth.
PACKAGES = (
    "portal", "analytics_dash", "services", "models", "pynamodb_grid", "pynamodb_grid.tests", "local",
    "bench", "cdk", "tests",
)  # fmt: skip
TEXTS = (".py", ".html", ".js", ".css")  # files that may name another file
SKIPPED = {"node_modules", "build", "__pycache__"}


class Affected:
    """The imports of a checkout, followed from imported to importer."""

    def __init__(self, root: Path = ROOT, packages: Sequence[str] = PACKAGES) -> None:
        """Read all imports; a test also needs each conftest.py above it."""
        self.root = root
        self._modules = dict(_modules(root, packages))
        self._graph = build_graph(*packages, cache_dir=None, exclude_type_checking_imports=False)
        for module, path in self._modules.items():
            for above in path.parents:
                self._connect(module, above / "conftest.py")
        self._texts = _texts(root, packages)

    def _connect(self, module: str, conftest: Path) -> None:
        name = _name(conftest)
        if name in self._modules and name != module:
            self._graph.add_import(importer=module, imported=name)

    def tests(self, changed: Iterable[Path]) -> dict[Path, int]:
        """Return the test files that depend on changed files, with the number of imports between; nearest first."""
        distances = _distances(self._graph, {_name(path) for path in self._sources(changed)})
        distance_by_path = {
            self._modules[module]: steps
            for module, steps in distances.items()
            if module in self._modules and is_test(self._modules[module])
        }
        return dict(sorted(distance_by_path.items(), key=lambda item: (item[1], str(item[0]))))

    def _sources(self, changed: Iterable[Path]) -> set[Path]:
        """Return the Python files to start from: for a template, the files that name it."""
        sources: set[Path] = set()
        queue = list(changed)
        seen = set(queue)
        while queue:
            path = queue.pop()
            if path.suffix == ".py":
                sources.add(path)
                continue
            naming = {other for other, text in self._texts.items() if path.name in text} - seen
            seen |= naming
            queue += naming
        return sources


def is_test(path: Path) -> bool:
    """Tell whether pytest collects a file."""
    return path.name.startswith("test_") and path.suffix == ".py" and path.parts[0] != "cdk"


def mirror(path: Path) -> Path:
    """Return the folder in which a product file's own tests are."""
    if path.parts[0] == "pynamodb_grid":
        return Path("pynamodb_grid", "tests")
    return Path("tests") / path.parent


def _distances(graph: ImportGraph, changed: set[str]) -> dict[str, int]:
    distances = dict.fromkeys(changed & graph.modules, 0)
    queue = list(distances)
    for module in queue:
        for importer in sorted(graph.find_modules_that_directly_import(module)):
            if importer not in distances:
                distances[importer] = distances[module] + 1
                queue.append(importer)
    return distances


def _modules(root: Path, packages: Iterable[str]) -> Iterable[tuple[str, Path]]:
    for path in _files(root, packages):
        if path.suffix == ".py":
            yield _name(path), path


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _texts(root: Path, packages: Iterable[str]) -> dict[Path, str]:
    return {path: (root / path).read_text(encoding="utf-8") for path in _files(root, packages)}


def _files(root: Path, packages: Iterable[str]) -> Iterable[Path]:
    for package in packages:
        for folder, inside, names in os.walk(root / package.replace(".", "/")):
            inside[:] = [name for name in inside if name not in SKIPPED]
            for name in names:
                if Path(name).suffix in TEXTS:
                    yield (Path(folder) / name).relative_to(root)
