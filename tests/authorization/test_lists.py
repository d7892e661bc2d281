"""What lists, exports and other pages hold of the tickets that are one's own, one's team's, and foreign."""

import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from services.reporting import Filters
from services.users.identity import SYSTEM, Permission, Scope
from tests.authorization.access_case import TICKETS, AccessCase
from tests.authorization.matrix import MATRIX, Key, complaint
from tests.authorization.matrix_site import FOREIGN_TEAM, MatrixSite
from tests.authorization.requests import JSON, word
from tests.portal.conftest import sign_in

NUMBER = re.compile(r"/(?:desk|help)/tickets/(\d+)\b")
Found = str | Iterable[int]


def page(address: Callable[[AccessCase], str]) -> Callable[[AccessCase], Found]:
    """Read which tickets a page leads to, itself left out."""

    def read(case: AccessCase) -> Found:
        path = address(case)
        answer = case.client.get(path)
        here = NUMBER.findall(path)
        if answer.status_code != 200:
            return word(case, answer)
        return [int(number) for number in NUMBER.findall(answer.text) if number not in here]

    return read


def exported(case: AccessCase) -> Found:
    """Read which tickets the export holds."""
    answer = case.client.get("/desk/tickets/export/csv/", buffered=True)
    if answer.status_code != 200:
        return word(case, answer)
    return [int(line.partition(",")[0]) for line in answer.text.splitlines()[1:]]


def jumped(case: AccessCase) -> Found:
    """Try to jump to each ticket by its number."""
    numbers: list[int] = []
    for kind in TICKETS:
        number = case.matrix_site.shared_ticket(case.who.column, kind).ticket_id
        read = page(lambda _, number=number: f"/jump?q={number}")(case)
        if isinstance(read, str):
            return read
        numbers += read
    return numbers


def programmed(case: AccessCase) -> Found:
    """Read which tickets the API lists for a token of the person."""
    _, secret = case.matrix_site.token(case.who)
    answer = case.client.get("/api/v1/tickets?size=100", headers={"Authorization": f"Bearer {secret}"})
    if answer.status_code != 200:
        return word(case, answer)
    return [ticket["id"] for ticket in answer.json["tickets"]]


def counted(case: AccessCase) -> str:
    """Ask for the tickets behind a figure of today, of every team."""
    day = case.matrix_site.now().date()
    return urlencode({"counted": "created", "counted.from": day - timedelta(days=1), "counted.to": day})


def _team_ticket(case: AccessCase) -> str:
    return f"/desk/tickets/{case.matrix_site.shared_ticket(case.who.column, 'team').ticket_id}"


LISTS: dict[str, Callable[[AccessCase], Found]] = {
    "/desk/tickets/": page(lambda _: "/desk/tickets/"),
    "/desk/tickets/?requester=ONESELF": page(lambda s: f"/desk/tickets/?requester={s.who.user_id}"),
    "/desk/tickets/?requester=SOMEBODY": page(
        lambda s: f"/desk/tickets/?requester={s.matrix_site.stranger.user_id}"
    ),
    "/desk/tickets/?team=FOREIGN": page(lambda _: f"/desk/tickets/?team={FOREIGN_TEAM}"),
    "/desk/tickets/?counted=created": page(lambda s: f"/desk/tickets/?{counted(s)}"),
    "/desk/tickets/export/csv/": exported,
    "/desk/tickets/TEAM, earlier ones": page(_team_ticket),
    "/api/v1/tickets": programmed,
    "/help/": page(lambda _: "/help/"),
    "/help/tickets": page(lambda _: "/help/tickets"),
    "/help/tickets?of=organization": page(lambda _: "/help/tickets?of=organization"),
    "/jump": jumped,
}


def held(case: AccessCase, result: Found) -> str:
    """Say in the table's words which tickets were found."""
    if isinstance(result, str):
        return result
    numbers, matrix_site, column = set(result), case.matrix_site, case.who.column
    kinds = [kind for kind in TICKETS if matrix_site.shared_ticket(column, kind).ticket_id in numbers]
    others = {
        matrix_site.shared_ticket(other, "own").ticket_id for other in matrix_site.people if other != column
    }
    assert {"shared", "foreign"} & set(kinds) or not numbers & others, f"{column} reads what others asked"
    return "all" if len(kinds) == len(TICKETS) else " ".join(kinds) or "none"


def test_lists_hold_what_their_reader_may_see(matrix_site):
    table = MATRIX.tables["lists"]
    by_list: dict[Key, dict[str, str]] = {}
    for name, read in LISTS.items():
        scenes = {
            column: AccessCase(matrix_site, matrix_site.people[column], "-", fresh=False)
            for column in table.columns
        }
        by_list[(name,)] = {column: held(case, read(case)) for column, case in scenes.items()}
    wrong = {key: outcomes for key, outcomes in by_list.items() if table.rows.get(key) != outcomes}
    assert not wrong, complaint("lists", wrong)
    assert set(table.rows) == set(by_list), complaint("lists", {}, set(table.rows) - set(by_list))


def test_a_bulk_action_leaves_foreign_tickets_alone(matrix_site):
    lead = matrix_site.people["lead"]
    mine, theirs = matrix_site.ticket(lead, "team"), matrix_site.ticket(lead, "foreign")
    answer = post(
        matrix_site,
        lead,
        "/desk/tickets/action/",
        data={"action": "status", "value": "pending", "rowid": [f"{t.ticket_id}:2" for t in (mine, theirs)]},
    )
    assert [row["status"] for row in answer.json["results"]] == ["done", "failed"]
    assert status(matrix_site, mine) == "pending"
    assert status(matrix_site, theirs) == "new"


@pytest.fixture(scope="module")
def reader(matrix_site):
    """Somebody who sees every ticket and changes those of their team alone."""
    seeing = {Permission.TICKET_VIEW: Scope.ALL, Permission.TICKET_NOTE: Scope.ALL}
    matrix_site.role("reader", seeing | {Permission.TICKET_UPDATE: Scope.TEAM})
    return matrix_site.person("reader")


def test_seeing_is_not_changing(matrix_site, reader):
    mine, theirs = matrix_site.ticket(reader, "team"), matrix_site.ticket(reader, "foreign")
    cell = {"field": "status", "value": "pending", "version": 2}
    address = "/desk/tickets/ajax/update/"
    assert reader.actor.may(Permission.TICKET_UPDATE)
    assert post(matrix_site, reader, address, json=cell | {"pk": str(mine.ticket_id)}).status_code == 200
    assert post(matrix_site, reader, address, json=cell | {"pk": str(theirs.ticket_id)}).status_code == 403
    form = {"action": "status", "value": "pending", "rowid": f"{theirs.ticket_id}:2"}
    answer = post(matrix_site, reader, "/desk/tickets/action/", data=form)
    assert answer.json["results"][0]["message"] == "Your role does not allow this."
    assert status(matrix_site, theirs) == "new"


def test_the_front_page_is_one_that_the_role_opens(matrix_site):
    matrix_site.role("nothing", {})
    for column in [*MATRIX.tables["lists"].columns, "nothing"]:
        client = sign_in(matrix_site.app, matrix_site.person(column).email)
        answer = client.get("/", follow_redirects=True)
        assert answer.status_code == 200, f"{column} is led to {answer.request.path}"
        assert client.get("/account/").status_code == 200


def post(matrix_site: MatrixSite, who: Any, address: str, **sent: Any) -> Any:
    """Send something as a script would."""
    return matrix_site.client(who).post(address, headers={"X-CSRFToken": who.token, **JSON}, **sent)


def status(matrix_site: MatrixSite, ticket: Any) -> str:
    """Read a ticket's status as it is now."""
    return matrix_site.services.tickets.service.get(actor=SYSTEM, ticket_id=ticket.ticket_id).status


def test_figures_and_their_lists_can_reach_less_far_than_tickets(matrix_site):
    """Somebody who sees all tickets and the figures of their team gets the team's, as figure and as list."""
    seeing = {Permission.TICKET_VIEW: Scope.ALL, Permission.TICKET_NOTE: Scope.ALL}
    matrix_site.role("analyst", seeing | {Permission.REPORT_VIEW: Scope.TEAM})
    analyst = matrix_site.person("analyst")
    case = AccessCase(matrix_site, analyst, "-", fresh=False)
    others = {
        matrix_site.shared_ticket("lead", kind).ticket_id: kind for kind in ("shared", "team", "foreign")
    }
    assert others.keys() <= set(LISTS["/desk/tickets/"](case))
    counted_ones = LISTS["/desk/tickets/?counted=created"](case)
    assert [kind for number, kind in others.items() if number in counted_ones] == ["team"]
    day = matrix_site.now().date()
    created = {
        who.column: matrix_site.services.reporting.dashboards.overview(
            actor=who.actor, now=matrix_site.now(), filters=Filters(day - timedelta(days=1), day)
        ).figures["created"]
        for who in (analyst, matrix_site.people["lead"], matrix_site.people["manager"])
    }
    assert (
        0
        < created["analyst"].value
        == created["lead"].value
        == len(set(counted_ones))
        < created["manager"].value
    )
