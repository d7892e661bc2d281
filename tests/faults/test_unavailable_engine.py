"""While the engine refuses, pages and API answer 503 with Retry-After, and nothing is half written."""

import pytest

from tests.faults.fault_kinds import FaultAction, fail, lose_request, throttle
from tests.portal.api_client import ME, TICKETS, Program, problem, token_for
from tests.portal.pages import Page

JSON = {"Accept": "application/json"}
GRID = "/desk/tickets/"
WRITING = {"TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem"}
PAGES = [
    ("agent", "/desk/tickets/"), ("agent", "/desk/tickets/?state=open"), ("customer", "/help/"),
    ("customer", "/help/tickets"), ("administrator", "/admin/users/"), ("administrator", "/admin/tokens/"),
    ("administrator", "/admin/audit-log/"),
]  # fmt: skip


class Always:
    """Does the same to every request of some operations; None stands for all."""

    def __init__(self, act: FaultAction, operations: set[str] | None = None, *, spared: int = 0) -> None:
        self._act, self._operations, self._spared = act, operations, spared

    def act(self, operation: str, body: bytes) -> FaultAction | None:
        """Choose what happens to a request; the first ones may be spared."""
        del body
        if self._spared and (self._operations is None or operation in self._operations):
            self._spared -= 1
            return None
        return self._act if self._operations is None or operation in self._operations else None


@pytest.fixture(scope="module")
def program(site):
    return Program(site, token_for(site)[1])


@pytest.fixture
def number(site):
    return site.ticket()


def check_page(answer):
    """Check that a page says what is wrong and when to try again, without internals."""
    assert answer.status_code == 503, Page(answer.text).text
    assert int(answer.headers["Retry-After"]) > 0
    assert "Traceback" not in answer.text
    assert "Exception" not in answer.text
    said = Page(answer.text).text
    assert "We cannot reach your tickets right now" in said or "Try again in a moment" in said


def check_problem(answer):
    """Check for a problem document of RFC 9457 with Retry-After."""
    problem(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("act", [throttle, fail, lose_request])
def test_when_nothing_is_answered(site, proxy, program, number, act):
    token = site.token("agent")
    proxy.trouble = Always(act)
    for role, path in [*PAGES, ("agent", f"{GRID}{number}"), ("customer", f"/help/tickets/{number}")]:
        check_page(site.as_(role).get(path))
        check_problem(site.as_(role).get(path, headers=JSON))
    check_page(site.as_("agent").post(f"{GRID}{number}/reply", data={"csrf_token": token}))
    for path in (ME, TICKETS, f"{TICKETS}/{number}"):
        check_problem(program.get(path))
    check_problem(program.post(TICKETS, {"subject": "s", "body": "b"}))
    check_problem(program.patch(f"{TICKETS}/{number}", {"note": "n"}, 1))


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_a_list_that_is_not_answered(site, proxy, role, path):
    """The user can be loaded, the list cannot."""
    proxy.trouble = Always(throttle, {"Query"})
    check_page(site.as_(role).get(path))


def test_a_list_of_the_api_that_is_not_answered(proxy, program):
    proxy.trouble = Always(throttle, {"Query"})
    check_problem(program.get(TICKETS))


@pytest.mark.parametrize("act", [throttle, fail, lose_request])
def test_a_page_that_cannot_write(site, proxy, number, act):
    """The ticket can be read; what is sent is refused as a whole and can be sent again."""
    site.post("agent", f"{GRID}{number}/update", version="1", priority="high")
    token, before = site.token("agent"), site.events(number)
    mine = site.token("customer")
    proxy.trouble = Always(act, WRITING)
    said = {"csrf_token": token, "version": "2", "kind": "reply", "body": "Words"}
    for path, form in (
        (f"{GRID}{number}/reply", said),
        (f"{GRID}{number}/update", {"csrf_token": token, "version": "2", "priority": "low"}),
        (
            f"{GRID}{number}/resolve",
            {"csrf_token": token, "version": "2", "all": "yours", "yours_subject": "S"},
        ),
        (
            "/desk/new",
            {**said, "subject": "S", "priority": "normal", "requester_text": "customer@demo.example"},
        ),
        ("/desk/undo", {"csrf_token": token, "change": f"{number}:2"}),
        (
            f"{GRID}action/",
            {"csrf_token": token, "action": "priority", "value": "low", "rowid": f"{number}:2"},
        ),
    ):
        check_page(site.as_("agent").post(path, data=form))
        check_problem(site.as_("agent").post(path, data=form, headers=JSON))
    for path, form in (
        ("/help/new", {"csrf_token": mine, "subject": "S", "body": "B"}),
        (f"/help/tickets/{number}/reply", {"csrf_token": mine, "body": "B"}),
        (f"/help/tickets/{number}/solve", {"csrf_token": mine}),
    ):
        check_page(site.as_("customer").post(path, data=form))
    proxy.calm()
    assert site.events(number) == before


def test_a_cell_that_cannot_be_written(site, proxy, number):
    headers = {"X-CSRFToken": site.token("agent")}
    cell_update = {"pk": str(number), "field": "priority", "value": "low", "version": 1}
    proxy.trouble = Always(throttle, WRITING)
    check_problem(site.as_("agent").post(f"{GRID}ajax/update/", json=cell_update, headers=headers))
    proxy.calm()
    assert len(site.events(number)) == 1


def test_a_program_that_cannot_write(site, proxy, program, number):
    proxy.trouble = Always(throttle, WRITING)
    check_problem(program.post(TICKETS, {"subject": "s", "body": "b"}))
    check_problem(program.patch(f"{TICKETS}/{number}", {"subject": "other"}, 1))
    proxy.calm()
    assert len(site.events(number)) == 1


def test_many_of_which_the_last_cannot_be_written_say_which_were(site, proxy):
    numbers = [site.ticket() for _ in range(3)]
    token = site.token("agent")
    proxy.trouble = Always(throttle, WRITING, spared=2)
    form = {"csrf_token": token, "action": "priority", "value": "low"}
    form["rowid"] = [f"{number}:1" for number in numbers]
    answer = site.as_("agent").post(f"{GRID}action/", data=form, headers=JSON)
    assert answer.status_code == 200
    assert [row["status"] for row in answer.json["results"]] == ["done", "done", "failed"]
    assert "Try again in a moment" in answer.json["results"][2]["message"]
    proxy.calm()
    assert [len(site.events(number)) for number in numbers] == [2, 2, 1]
