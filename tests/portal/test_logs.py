"""Logs: one JSON line each, with the request's id and without anybody's data; the id is answered back."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest
import structlog

from local.settings import ROOT
from portal.app import create_app
from portal.assets.manifest import Assets
from portal.config.settings import PRODUCTION, Settings
from portal.web.guards import public
from portal.web.logs import init_logs

OWN_ID = re.compile("[0-9a-f]{4}-[0-9a-f]{4}")
PROXY_ID = "9f1c5e6a-77b2-4c60.ab_1"


@pytest.fixture(scope="module")
def build(site):
    """Return a maker of applications with other settings, which have a view that logs."""

    def make(**settings):
        app = create_app(replace(Settings(secret_key="s" * 48), **settings), site.services)

        def talks(word):
            structlog.get_logger().info("inside")
            return "done"

        app.add_url_rule("/talks/<word>", "talks", public(talks))
        return app.test_client()

    return make


@pytest.fixture
def lines(capsys):
    """Return what was logged since, line by line."""
    init_logs()
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_line_of_a_request_and_its_answer_carry_one_id(build, lines):
    client = build(environment=PRODUCTION)
    init_logs()
    first, second = (client.get("/talks/secret?who=ana@demo.example", buffered=True) for _ in range(2))
    inside, about, *later = lines()
    assert OWN_ID.fullmatch(first.headers["X-Request-Id"])
    assert inside["request_id"] == about["request_id"] == first.headers["X-Request-Id"]
    assert {line["request_id"] for line in later} == {second.headers["X-Request-Id"]}
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_the_line_about_a_request_names_its_route_and_nobody(build, lines):
    client = build(environment=PRODUCTION)
    init_logs()
    client.get("/talks/secret?who=ana@demo.example", headers={"User-Agent": "Firefox"}, buffered=True)
    _, about = lines()
    assert about.pop("ms") >= 0
    assert about.pop("request_id")
    assert about.pop("timestamp")
    assert about == {
        "event": "request", "level": "info", "method": "GET", "route": "/talks/<word>", "status": 200,
    }  # fmt: skip


def test_what_is_asked_all_the_time_or_in_development_leaves_no_line(build, lines):
    client = build(environment=PRODUCTION)
    init_logs()
    for path in ("/healthz", "/readyz", Assets.load().url("app.css")):
        assert client.get(path, buffered=True).status_code == 200, path
    build().get("/login", buffered=True)
    assert lines() == []
    client.get("/nowhere", buffered=True)
    assert [(line["route"], line["status"]) for line in lines()] == [(None, 404)]


@pytest.mark.parametrize("proxy_id", [PROXY_ID, "a" * 64])
def test_a_proxy_may_name_the_request(build, proxy_id):
    named = build(proxies=1).get("/talks/x", headers={"X-Request-Id": proxy_id}).headers["X-Request-Id"]
    assert named == proxy_id


@pytest.mark.parametrize(
    "proxy_id", ["", "short", "a" * 65, "ana@demo.example", "a b c d e f", "-" * 20, 'x"}{"y":1']
)
def test_what_is_no_id_is_not_taken(build, proxy_id):
    answer = build(proxies=1).get("/talks/x", headers={"X-Request-Id": proxy_id})
    assert OWN_ID.fullmatch(answer.headers["X-Request-Id"])


def test_nobody_but_a_proxy_names_requests(build):
    answer = build(proxies=0).get("/talks/x", headers={"X-Request-Id": PROXY_ID})
    assert OWN_ID.fullmatch(answer.headers["X-Request-Id"])


LIBRARY = """
import logging
from portal.web import logs
logs.init_library_logs()
logging.getLogger("gunicorn.error").info("Listening at: %s", "here")
logging.getLogger("botocore").info("chatter")
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("botocore").exception("broke")
"""


def test_libraries_write_the_same_lines():
    written = subprocess.run(
        [sys.executable, "-c", LIBRARY], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert written.stderr == ""
    listening, broke = map(json.loads, written.stdout.splitlines())
    assert (listening["event"], listening["logger"], listening["level"]) == (
        "Listening at: here", "gunicorn.error", "info",
    )  # fmt: skip
    assert "ZeroDivisionError" in broke["exception"]
    assert broke["level"] == "error"
