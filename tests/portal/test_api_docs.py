"""The description of the API for programs, and the pages that show it to people."""

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from portal.api import CONTROLLERS
from portal.web.problem_types import PROBLEM_TYPES
from services.errors import ServiceError
from tests.portal.api_client import Program, problem, token_for
from tests.portal.pages import Page

OPERATIONS = [operation for controller in CONTROLLERS for operation in controller.operations]
IDS = [operation.id for operation in OPERATIONS]


@pytest.fixture(scope="module")
def described(site):
    return site.app.test_client().get("/api/v1/openapi.json").json


def all_errors(kind=ServiceError):
    """List all classes of errors."""
    return {kind}.union(*(all_errors(each) for each in kind.__subclasses__()))


def test_the_description_is_valid(described):
    problems = [
        f"{list(error.path)}: {error.message}" for error in OpenAPIV31SpecValidator(described).iter_errors()
    ]
    assert problems == []


def test_the_description_needs_no_token_and_is_cached(site):
    client = site.app.test_client(use_cookies=False)
    first = client.get("/api/v1/openapi.json")
    again = client.get("/api/v1/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")


def test_every_operation_is_described_completely(described):
    assert len(IDS) == len(set(IDS))
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            name = f"{method} {path}"
            assert operation["summary"], name
            assert not operation["summary"].endswith("."), name
            assert "Needs " in operation["description"], name
            assert {"400", "401", "500", "503"} <= operation["responses"].keys(), name
            for parameter in operation["parameters"]:
                assert parameter["description"], (name, parameter["name"])
            codes = [code for each in operation["responses"].values() for code in each.get("x-codes", ())]
            assert set(codes) <= PROBLEM_TYPES.keys(), name


def test_every_error_of_the_services_has_a_kind():
    unknown = {f"{kind.__name__}: {kind.code}" for kind in all_errors() if kind.code not in PROBLEM_TYPES}
    assert not unknown


def test_problems_are_explained_where_their_type_says(site):
    kind = problem(Program(site, token_for(site)[1]).get("/api/v1/tickets?size=0"), 400)
    assert (kind["code"], kind["type"]) == ("invalid", "/api/v1/docs#invalid")
    page = site.as_("agent").get("/api/v1/docs").text
    for each in PROBLEM_TYPES.values():
        assert f'id="{each.code}"' in page


@pytest.mark.parametrize("role", ["customer", "agent", "administrator"])
def test_every_operation_has_a_page(site, described, role):
    client = site.as_(role)
    overview = Page(client.get("/api/v1/docs").text)
    links = {link for link in overview.links if link.startswith("/api/v1/docs/")}
    assert links == {f"/api/v1/docs/{name}" for name in IDS}
    names = IDS if role == "agent" else IDS[:1]
    for name in names:
        answer = client.get(f"/api/v1/docs/{name}")
        assert answer.status_code == 200, name
        assert "curl" in answer.text
    assert client.get("/api/v1/docs/nothing").status_code == 404


def test_people_sign_in_to_read(site):
    answer = site.app.test_client().get("/api/v1/docs")
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/login")
