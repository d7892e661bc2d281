"""What people and scripts are told when something goes wrong, and what is written down about it."""

import io
import json
import re
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta

import pytest
from botocore.retries.standard import ExponentialBackoff
from flask import request
from werkzeug.exceptions import TooManyRequests

from dynamodb_client import ConnectionOptions
from portal.web.guards import public
from tests.engines import new_engine
from tests.portal.conftest import PASSWORD, build
from tests.portal.pages import Page

JSON = {"Accept": "application/json"}
READS = [
    "/help/",
    "/help/tickets",
    "/help/new",
    "/help/tickets/1",
    "/desk/tickets/",
    "/desk/tickets/1",
    "/desk/new",
    "/admin/users/",
    "/admin/roles/",
    "/admin/teams/",
    "/desk/tickets/export/csv/",
    "/reports/",
    "/login?next=/help/",
    "/",
]
WRITES = [
    "/help/new",
    "/desk/new",
    "/desk/tickets/1/reply",
    "/desk/tickets/1/update",
    "/preferences/theme",
    "/desk/tickets/action/",
    "/logout",
]


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory):
    """Build the whole application, sign everybody in, and take its engine away."""
    import models

    with new_engine(tmp_path_factory.mktemp("engine")) as engine, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
        options = ConnectionOptions(region="eu-central-1", endpoint=engine.endpoint, prefix="cut-")
        models.connect(options)
        models.create_tables()
        site = build(options, tmp_path_factory.mktemp("site"))
        site.ticket()
        token = site.token("administrator")
        engine.stop()
        yield site, token
        site.services.reporting.analytics.close()


def problem_of(answer, status):
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    return answer.json


@pytest.mark.parametrize("path", READS)
def test_without_the_engine_a_page_says_so(cut_off, path):
    answer = cut_off[0].as_("administrator").get(path)
    assert answer.status_code == 503, path
    assert int(answer.headers["Retry-After"]) > 0
    page = Page(answer.text)
    assert "We cannot reach your tickets right now" in page.text
    assert "Everything you have saved is safe" in page.text
    assert "We try again in 5 seconds" in page.text
    assert "Traceback" not in answer.text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in answer.text
    problem = problem_of(cut_off[0].as_("administrator").get(path, headers=JSON), 503)
    assert "Traceback" not in json.dumps(problem)


@pytest.mark.parametrize("path", WRITES)
def test_without_the_engine_nothing_is_written(cut_off, path):
    site, token = cut_off
    fields = {
        "csrf_token": token,
        "subject": "S",
        "body": "B",
        "kind": "note",
        "version": "1",
        "theme": "dark",
        "action": "status",
        "value": "open",
        "rowid": "1:1",
        "requester_text": "customer@demo.example",
    }
    answer = site.as_("administrator").post(path, data=fields)
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    text = Page(answer.text).text
    assert "may not have been saved. Go back and send it again" in text
    assert "We try again" not in text
    assert "http-equiv" not in answer.text
    detail = site.as_("administrator").post(path, data=fields, headers=JSON).json["detail"]
    assert detail.startswith("We cannot reach your tickets right now. ")


def test_without_the_engine_nobody_is_signed_out(cut_off):
    site, _ = cut_off
    answer = site.as_("agent").get("/desk/tickets/")
    assert "Set-Cookie" not in answer.headers
    assert site.as_("agent").get_cookie("ledgerdesk_session") is not None


def test_without_the_engine_the_sign_in_page_shows_and_says_why_it_cannot_go_on(cut_off):
    client = cut_off[0].app.test_client()
    form = Page(client.get("/login").text).form("/login")
    answer = client.post("/login", data=form.filled(email="agent@demo.example", password=PASSWORD))
    assert answer.status_code == 503
    assert PASSWORD not in answer.text


def test_without_the_engine_the_process_lives_but_is_not_ready(cut_off):
    client = cut_off[0].app.test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "engine unavailable"}
    assert int(answer.headers["Retry-After"]) > 0


@pytest.fixture(scope="module")
def breaking(site):
    """Add routes that break or refuse, before the first request."""

    def broken():
        raise ZeroDivisionError("the inner reason")

    def busy():
        wait = request.args["wait"]
        later = datetime.now(UTC) + timedelta(seconds=int(wait.removeprefix("until ") or 0))
        raise TooManyRequests(retry_after=later if wait.startswith("until ") else int(wait) if wait else None)

    # Flask refuses new routes after the first request, which signing in was; its switch is put back.
    site.app._got_first_request = False
    for view in (broken, busy):
        site.app.add_url_rule(f"/{view.__name__}", view.__name__, public(view), methods=["GET", "POST"])
    site.app._got_first_request = True
    return site


@pytest.mark.parametrize(
    ("wait", "seconds", "words"),
    [("30", 30, "30 seconds"), ("1", 1, "1 second"), ("", 60, "60 seconds"), ("until 90", 90, "90 seconds")],
)
def test_too_many_tries_say_how_long_to_wait(breaking, wait, seconds, words):
    answer = breaking.as_("agent").get("/busy", query_string={"wait": wait})
    assert answer.status_code == 429
    assert abs(int(answer.headers["Retry-After"]) - seconds) <= 1
    page = Page(answer.text)
    assert "Too many attempts" in page.text
    assert words in page.text or wait.startswith("until ")
    assert "This page reloads by itself" in page.text
    assert f'http-equiv="refresh" content="{answer.headers["Retry-After"]}"' in answer.text
    problem = problem_of(breaking.as_("agent").get(f"/busy?wait={wait}", headers=JSON), 429)
    assert problem["detail"].startswith("Too many attempts. Wait ")


def test_a_form_sent_too_often_is_not_sent_again_by_itself(breaking):
    answer = breaking.post("agent", "/busy?wait=300")
    assert answer.status_code == 429
    text = Page(answer.text).text
    assert "Wait 5 minutes. Then go back and send it again." in text
    assert "by itself" not in text
    assert "http-equiv" not in answer.text


def test_a_problem_carries_the_reference_and_the_moment(breaking):
    answer, lines = logged(lambda: breaking.as_("agent").get("/broken", headers=JSON))
    assert answer.json["reference"] == next(line["request_id"] for line in lines)
    assert re.fullmatch(r"\d+ \w{3} \d{4} \d\d:\d\d:\d\d", answer.json["at"])


def logged(call):
    """Run a call and return its answer with the log's lines."""
    written = io.StringIO()
    with redirect_stdout(written):
        from portal.web.logs import init_logs

        init_logs()
        answer = call()
    init_logs()
    return answer, [json.loads(line) for line in written.getvalue().splitlines()]


def test_what_nobody_expected_is_a_page_with_the_reference_of_the_log(breaking):
    answer, lines = logged(lambda: breaking.as_("agent").get("/broken"))
    assert answer.status_code == 500
    page = Page(answer.text)
    assert "Something went wrong on our side" in page.text
    assert "ZeroDivisionError" not in answer.text
    assert "Traceback" not in answer.text
    (line,) = [line for line in lines if line["event"] == "unexpected_error"]
    assert re.fullmatch("[0-9a-f]{4}-[0-9a-f]{4}", line["request_id"])
    assert line["request_id"] in page.text
    assert "path" not in line, "an address can hold the token of a link"
    assert "ZeroDivisionError" in line["exception"]


def test_what_nobody_expected_is_a_problem_for_scripts(breaking):
    answer, _ = logged(lambda: breaking.as_("agent").get("/broken", headers=JSON))
    problem = problem_of(answer, 500)
    assert "ZeroDivision" not in json.dumps(problem)
    assert "inner reason" not in json.dumps(problem)


def test_every_request_has_a_reference_of_its_own(breaking):
    answers = [logged(lambda: breaking.as_("agent").get("/broken"))[0].text for _ in range(3)]
    assert len({re.search(r"data-reference>([^<]+)", text)[1] for text in answers}) == 3


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("agent", "/nowhere", 404),
        ("agent", "/admin/users/", 403),
        ("anonymous", "/desk/new", 401),
        ("agent", "/desk/tickets/999999999", 404),
        ("agent", "/logout", 405),
        ("agent", "/help/tickets?cursor=x", 400),
    ],
)
def test_scripts_get_problems_and_people_pages(site, role, path, status):
    problem = problem_of(site.as_(role).get(path, headers=JSON), status)
    assert problem["title"]
    assert problem["detail"]
    answer = site.as_(role).get(path)
    if status == 401:
        assert answer.status_code == 302
    else:
        assert answer.status_code == status
        assert Page(answer.text).text
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("role", "path", "status", "place"),
    [
        ("agent", "/nowhere", 404, "My work"),
        ("agent", "/desk/tickets/999999999", 404, "My work"),
        ("agent", "/admin/users/", 403, "Back to desk"),
        ("manager", "/nowhere", 404, "Dashboards"),
        ("administrator", "/admin/nowhere", 404, "Back to desk"),
        ("customer", "/nowhere", 404, "My tickets"),
        ("customer", "/help/tickets/999999999", 404, "My tickets"),
        ("customer", "/desk/new", 403, "My tickets"),
    ],
)
def test_who_went_astray_goes_on_by_the_navigation(site, role, path, status, place):
    answer = site.as_(role).get(path)
    assert answer.status_code == status
    page = Page(answer.text)
    assert place in page.text
    assert f"Error {status}, reference" in page.text
    assert answer.text.count("<h1") == 1


def test_a_stranger_sees_no_navigation(site):
    answer = site.as_("anonymous").get("/nowhere")
    assert answer.status_code == 404
    assert "<nav" not in answer.text


@pytest.mark.parametrize(
    ("role", "path", "above"),
    [
        ("customer", "/help/tickets/{}/reply", "/help/tickets/{}"),
        ("agent", "/desk/tickets/{}/update", "/desk/tickets/{}"),
        ("agent", "/account/password", "/account"),
        ("customer", "/account/devices/end", "/account"),
    ],
)
def test_who_opens_the_address_of_a_refused_form_comes_to_its_page(site, role, path, above):
    ticket_id = site.ticket()
    answer = site.as_(role).get(path.format(ticket_id))
    assert (answer.status_code, answer.location) == (302, above.format(ticket_id))
    problem_of(site.as_(role).get(path.format(ticket_id), headers=JSON), 405)


def test_only_a_page_to_come_back_to_is_remembered(site):
    client = site.app.test_client()
    assert client.get("/desk/new").location == "/login?next=/desk/new"
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/login").text)[1]
    assert client.post("/desk/new", data={"csrf_token": token}).location == "/login"


PRIVATE = [
    "a very private sentence",
    "PRIVATE-SUBJECT",
    "agent@demo.example",
    "customer@demo.example",
    PASSWORD,
]


def test_the_log_names_nobody_and_quotes_nothing(breaking, capfd):
    site = breaking
    client = site.app.test_client()

    def visit():
        form = Page(client.get("/login").text).form("/login")
        client.post("/login", data=form.filled(email="agent@demo.example", password="wrong " + PASSWORD))
        client.post("/login", data=form.filled(email="agent@demo.example", password=PASSWORD))
        token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/desk/new").text)[1]
        fields = {
            "csrf_token": token,
            "requester_text": "customer@demo.example",
            "subject": "PRIVATE-SUBJECT",
            "body": "a very private sentence",
            "kind": "reply",
            "version": "1",
        }
        location = client.post("/desk/new", data=fields).location
        client.post(f"{location}/reply", data=fields)
        client.post(f"{location}/reply", data=fields | {"body": "a very private sentence" * 5000})
        client.post("/desk/new", data=fields | {"csrf_token": "bad"})
        client.post("/broken", data=fields)
        client.post("/broken?email=customer@demo.example", data=fields)
        client.get("/desk/tickets/?requester=customer@demo.example&status=PRIVATE-SUBJECT")
        client.get("/customer@demo.example")
        return token

    token, lines = logged(visit)
    captured = capfd.readouterr()
    everything = json.dumps(lines) + captured.out + captured.err
    session = client.get_cookie("ledgerdesk_session").value
    assert "unexpected_error" in everything
    for secret in [*PRIVATE, token, session, client.get_cookie("ledgerdesk_form").value]:
        assert secret not in everything
