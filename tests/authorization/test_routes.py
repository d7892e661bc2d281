"""Every route, asked by everybody about what is theirs and what is not."""

from typing import Any

import pytest
from werkzeug.routing import Rule

from tests.authorization.access_case import AccessCase
from tests.authorization.matrix import Key, complaint
from tests.authorization.matrix_run import grants, refusals, unknown
from tests.authorization.matrix_site import NOBODY, MatrixSite
from tests.authorization.requests import PLANS, Plan, unplanned


class Routes:
    """The routes of the application, and how each is tried."""

    def __init__(self, matrix_site: MatrixSite) -> None:
        self.matrix_site = matrix_site
        self.rules: dict[tuple[str, str], Rule] = {
            (method, rule.rule): rule
            for rule in matrix_site.app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        }
        self.rows: set[Key] = {
            (*place, about) for place, rule in self.rules.items() for about in self.plan(place, rule).objects
        }

    @staticmethod
    def plan(place: tuple[str, str], rule: Rule) -> Plan:
        """Return how a route is called."""
        return PLANS.get(" ".join(place)) or unplanned(rule)

    def attempt(self, key: Key, column: str, fresh: bool) -> str:
        """Send a row's request as a column's person, and say how it was answered."""
        method, address, about = key
        rule = self.rules[method, address]
        plan = self.plan((method, address), rule)
        own = plan.spends and fresh and method != "GET" and column != NOBODY
        who = self.matrix_site.person(column) if own else self.matrix_site.people[column]
        case = AccessCase(self.matrix_site, who, about, fresh and method != "GET")
        form = dict(plan.form(case)) if method != "GET" else {}
        sent: dict[str, Any] = {"headers": {"X-CSRFToken": who.token, **plan.headers}}
        sent |= {"json": plan.json(case)} if plan.json and method != "GET" else {"data": form}
        path = self.matrix_site.app.url_map.bind("localhost").build(
            rule.endpoint, plan.path(case), method=method
        )
        answer = case.client.open(path, method=method, query_string=plan.query(case), buffered=True, **sent)
        return plan.read(case, answer)


@pytest.fixture(scope="module")
def routes(matrix_site):
    return Routes(matrix_site)


def test_every_request_is_of_a_route(routes):
    assert not set(PLANS) - {" ".join(place) for place in routes.rules}, "requests.py has these for nothing"


def test_what_is_refused(routes):
    wrong, traces = refusals("routes", routes.rows, routes.attempt)
    assert not wrong, complaint("routes", wrong)
    assert not traces, "\n".join(traces)


@pytest.mark.takes(6)
def test_what_is_allowed(routes):
    wrong = grants("routes", routes.rows, routes.attempt)
    assert not wrong, complaint("routes", wrong)


def test_every_route_has_its_rows(routes):
    missing, superfluous = unknown("routes", routes.rows, routes.attempt)
    assert not missing, complaint("routes", missing, superfluous)
    assert not superfluous, complaint("routes", missing, superfluous)
