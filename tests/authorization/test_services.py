"""Every method of every service, asked by everybody about what is theirs and what is not."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import pytest

from services.errors import Forbidden, NotFound
from tests.authorization.access_case import AccessCase
from tests.authorization.calls import CALLS, Call, arguments, objects_of, outcome
from tests.authorization.matrix import MATRIX, Key, complaint
from tests.authorization.matrix_run import grants, refusals, unknown
from tests.authorization.matrix_site import MatrixSite

# Methods that answer whether something may be done.
ANSWERS = ("users.roles.allows", "tickets.service.may_answer")


def leaves(services: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each service with its path, such as users.roles, through the dataclasses that group them."""
    for field in fields(services):
        name, service = f"{path}{field.name}", getattr(services, field.name)
        if type(service).__module__.startswith("services.bootstrap."):
            yield from leaves(service, f"{name}.")
        else:
            yield name, service


class Methods:
    """The public methods of all services, and how each is tried."""

    def __init__(self, matrix_site: MatrixSite) -> None:
        self.matrix_site = matrix_site
        self.all: dict[str, Callable[..., Any]] = {
            f"{path}.{name}": method
            for path, service in leaves(matrix_site.services)
            for name, method in inspect.getmembers(service, inspect.isroutine)
            if not name.startswith("_")
        }
        self.asking = {
            name: method
            for name, method in self.all.items()
            if "actor" in inspect.signature(method).parameters and name not in MATRIX.internal
        }
        self.rows: set[Key] = {
            (name, about)
            for name, method in self.asking.items()
            for about in objects_of(method, CALLS.get(name, Call()))
        }

    def attempt(self, key: Key, column: str, fresh: bool) -> str:
        """Call a row's method as a column's person, and say in the matrix's words what came of it."""
        name, about = key
        method, call = self.asking[name], CALLS.get(name, Call())
        who = self.matrix_site.person(column) if call.spends and fresh else self.matrix_site.people[column]
        try:
            values = arguments(method, call, AccessCase(self.matrix_site, who, about, fresh))
            result = outcome(method, values)
        except Forbidden:
            return "no"
        except NotFound:
            return "hidden"
        except Exception as error:
            return f"{type(error).__name__}: {error}"  # calls.py has to hand over something better
        return "no" if result is False and name in ANSWERS else "yes"


@pytest.fixture(scope="module")
def methods(matrix_site):
    return Methods(matrix_site)


def test_who_asks_nobody_is_listed_with_the_reason(methods):
    silent = methods.all.keys() - methods.asking.keys()
    missing = [f"{name} | WHY CALLERS DECIDE" for name in sorted(silent - MATRIX.internal.keys())]
    assert not missing, "matrix.txt, table [internal]: take an actor, or say why not\n" + "\n".join(missing)
    gone = MATRIX.internal.keys() - silent
    assert not gone, f"matrix.txt, table [internal]: there is no such method: {sorted(gone)}"
    assert all(MATRIX.internal.values()), "matrix.txt, table [internal]: a method has no reason"


def test_every_call_is_of_a_method(methods):
    assert not set(CALLS) - methods.asking.keys(), "calls.py has these for nothing"


def test_what_is_refused(methods):
    wrong, traces = refusals("services", methods.rows, methods.attempt)
    assert not wrong, complaint("services", wrong)
    assert not traces, "\n".join(traces)


def test_what_is_allowed(methods):
    wrong = grants("services", methods.rows, methods.attempt)
    assert not wrong, complaint("services", wrong)


def test_every_method_has_its_rows(methods):
    missing, superfluous = unknown("services", methods.rows, methods.attempt)
    assert not missing, complaint("services", missing, superfluous)
    assert not superfluous, complaint("services", missing, superfluous)
