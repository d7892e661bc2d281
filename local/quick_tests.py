"""The part of `make quick` within pytest: files in the given order, no browser tests, and a time limit."""

import os
import time
from collections import Counter

import pytest

_started = time.monotonic()
_late: Counter[str] = Counter()
_integration: Counter[str] = Counter()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the short unit tests, and the integration tests of files that may run them."""
    allowed = os.environ["QUICK_INTEGRATION"].split(os.pathsep)
    files = list(config.args)
    chosen = []
    for item in items:
        file = item.nodeid.partition("::")[0]
        is_chosen = file in allowed or not item.get_closest_marker("engine")
        if item.get_closest_marker("browser") or item.get_closest_marker("takes"):
            is_chosen = False
        if is_chosen:
            chosen.append(item)
        else:
            _integration[file] += 1
    is_slow = {id(item): item.get_closest_marker("engine") is not None for item in chosen}
    items[:] = sorted(chosen, key=lambda i: (is_slow[id(i)], files.index(i.nodeid.partition("::")[0])))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """Start no test after the time limit."""
    if time.monotonic() - _started < float(os.environ["QUICK_SECONDS"]):
        return None
    _late[item.nodeid.partition("::")[0]] += 1
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out."""
    for left, why in ((_late, "no time left"), (_integration, "integration, browser and long tests")):
        if left:
            named = ", ".join(f"{file} ({count})" for file, count in left.most_common(8))
            more = f" and {len(left) - 8} more" if len(left) > 8 else ""
            terminalreporter.write_line(f"quick: left out, {why}: {sum(left.values())} in {named}{more}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Do not fail when every affected test was left out."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK
