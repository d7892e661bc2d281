"""`make quick`: what a change needs within a minute. Lints what changed and runs the unit tests near it.

Nothing can make it take longer: tests stop being started when their time is over, and what still runs then is
ended. What was left out is said. `make test` runs everything.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from local.affected import Affected, is_test, mirror
from local.settings import ROOT

MAIN = "main"
TESTS_SECONDS = 40.0  # after this no test is started
ALL_SECONDS = 57.0  # after this nothing goes on
MOST_FILES = 100
BIN = Path(sys.executable).parent


class Run:
    """One run of `make quick`: its clock, and whether something failed."""

    def __init__(self) -> None:
        """Start the clock."""
        self._started = time.monotonic()
        self.failed = False

    def left(self, until: float = ALL_SECONDS) -> float:
        """Return the seconds that are left until a moment of the run."""
        return max(until - (time.monotonic() - self._started), 0.1)

    def start(self, program: str, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start one of the tools that lie beside this Python."""
        return subprocess.Popen(
            [BIN / program, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            start_new_session=True,
            stdout=None if program == "python" else subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def finish(self, process: subprocess.Popen[bytes], name: str) -> None:
        """Wait for a tool as long as there is time, and say what it says when it complains."""
        try:
            said, _ = process.communicate(timeout=self.left())
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            print(f"quick: left out: {name} did not end in time")
            self.failed |= name == "pytest"  # one of its tests hangs; the others are only slow
            return
        if process.returncode:
            print((said or b"").decode().strip())
            self.failed = True


def changed_files(root: Path = ROOT, main: str = MAIN) -> list[Path]:
    """List what differs from where this branch left the main one, new files included, deleted ones too."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    base = git("merge-base", "HEAD", main) or "HEAD"
    edited = git("diff", "--name-only", "-z", base)
    new = git("ls-files", "--others", "--exclude-standard", "-z")
    return sorted(Path(name) for name in {*edited.split("\0"), *new.split("\0")} if name)


def integration_allowed(changed: Sequence[Path], test: Path) -> bool:
    """Tell whether a file's integration tests run: it changed itself, or is of what changed."""
    return test in changed or any(mirror(path) == test.parent for path in changed if not is_test(path))


def lint(run: Run, changed: Sequence[Path]) -> list[tuple[subprocess.Popen[bytes], str]]:
    """Lint what changed; return the type checker, which goes on while tests run."""
    python = [str(path) for path in changed if path.suffix == ".py" and (ROOT / path).exists()]
    if not python:
        return []
    types = run.start("mypy")
    contracts = run.start("lint-imports", "--no-logo")
    run.finish(run.start("ruff", "check", "--quiet", *python), "ruff check")
    run.finish(run.start("ruff", "format", "--check", "--quiet", *python), "ruff format")
    return [(contracts, "lint-imports"), (types, "mypy")]


def test(run: Run, changed: Sequence[Path]) -> None:
    """Run the nearest tests that are affected."""
    near = list(Affected().tests(changed))
    if not near:
        print("quick: no test imports what changed")
        return
    chosen, far = near[:MOST_FILES], near[MOST_FILES:]
    if far:
        print(f"quick: left out: the {len(far)} farthest of {len(near)} test files that the change reaches")
    integration = [str(path) for path in chosen if integration_allowed(changed, path)]
    settings = {
        "QUICK_SECONDS": str(run.left(TESTS_SECONDS)),
        "QUICK_INTEGRATION": os.pathsep.join(integration),
    }
    arguments = ["-p", "local.quick_tests", *map(str, chosen)]
    run.finish(run.start("python", "-m", "pytest", *arguments, **settings), "pytest")


def main() -> int:
    """Check what changed; 0 when nothing is wrong with it."""
    run, changed = Run(), changed_files()
    if not changed:
        print(f"quick: nothing differs from {MAIN}")
        return 0
    print(f"quick: {len(changed)} files differ from {MAIN}")
    waiting = lint(run, changed)
    test(run, changed)
    for process, name in waiting:
        run.finish(process, name)
    return int(run.failed)


if __name__ == "__main__":
    sys.exit(main())
