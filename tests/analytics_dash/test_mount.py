"""The dashboard in a Flask app: guarded everywhere, deaf to hostile calls, separate from its neighbours."""

import json
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_dash.charts import CHARTS
from analytics_dash.mount import PREFIX
from services.errors import Forbidden, Unavailable
from services.reporting import Filters
from tests.analytics_dash.fakes import NOW, TODAY, call, make_site, post

CALL = f"{PREFIX}_dash-update-component"


def drawn(answer):
    """Read what an answer lets the browser draw."""
    return answer.json["response"]["payload"]["data"]


def every_path(site):
    """Walk the app's own rules and the files its page names."""
    rules = [str(rule) for rule in site.server.url_map.iter_rules() if str(rule).startswith(PREFIX)]
    plain = [re.sub(r"<[^>]*>", "something", rule) for rule in rules]
    page = site.server.test_client().get(PREFIX).text
    named = re.findall(r'(?:src|href)="(/reports/[^"]+)"', page)
    assert len(rules) >= 8
    assert len(named) >= 8
    return [*plain, *named, "/reports", "/reports/_dash-anything", "/reports/deep/er"]


def test_the_guard_is_asked_on_every_path(site):
    site.server.config["WTF_CSRF_ENABLED"] = False  # it would refuse the calls without a token even earlier
    paths = every_path(site)
    client = site.server.test_client()
    for path in paths:
        for send in (client.get, client.post, client.options):
            before = site.guard.asked
            send(path).close()
            assert site.guard.asked == before + 1, path


def test_nobody_else_reads_anything(site):
    paths = every_path(site)
    site.guard.refuse()
    client = site.server.test_client()
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == (302 if path == PREFIX else 401), path
        assert b"_dash" not in answer.data
    assert post(site, call(site)).status_code in (400, 401)  # no page, so no token either
    assert site.services.reporting.dashboards.asked == []


def test_what_the_guard_raises_reaches_the_portal(site):
    def forbid():
        raise Forbidden("Managers only.")

    site.guard.answer = forbid
    site.server.register_error_handler(Forbidden, lambda error: (error.message, 403))
    assert site.server.test_client().get(PREFIX).status_code == 403


def test_other_paths_are_none_of_its_business(site):
    assert site.server.test_client().get("/desk/tickets/").status_code == 200
    assert site.server.test_client().get("/reportsomething").status_code == 404
    assert site.guard.asked == 0


def test_unknown_paths_are_not_the_page(site):
    client = site.server.test_client()
    for path in (
        "x",
        "_reload-hash",
        "_favicon.ico",
        "_mcp",
        "_dash-component-suites/dash/dash.py",
        "_dash-component-suites/os/path.py",
        "_dash-component-suites/",
        "assets/../mount.py",
    ):
        assert client.get(PREFIX + path).status_code == 404, path


def test_the_shell_gets_every_part():
    seen = {}

    def shell(parts):
        seen.update(parts)
        return "".join(parts.values())

    make_site(shell=shell).server.test_client().get(PREFIX)
    assert set(seen) == {"title", "metas", "css", "config", "scripts", "app_entry", "renderer"}
    assert "python_version" not in seen["config"]
    config = json.loads(re.search(r">(.*)</script>", seen["config"], re.DOTALL)[1])
    assert (config["csrf_token_name"], config["csrf_header_name"]) == ("csrf_token", "X-CSRFToken")
    assert config["update_title"] is None
    assert "dash_version_url" not in seen["config"]


def test_the_layout_holds_no_data_and_no_upload_button(site):
    text = site.server.test_client().get(f"{PREFIX}_dash-layout").text
    assert text.count('"showSendToCloud":false') == len(CHARTS)
    assert text.count('"displaylogo":false') == len(CHARTS)
    assert "Billing" not in text
    assert site.services.reporting.dashboards.asked == []


def test_the_address_decides_what_is_asked(site):
    answer = post(site, call(site, "?period=7d&team=t1&team=t2&priority=urgent&category=c3"))
    assert answer.status_code == 200
    filters, now, actor = site.services.reporting.dashboards.asked[0]
    assert filters == Filters(TODAY - timedelta(days=6), TODAY, ("t1", "t2"), ("urgent",), ("c3",), "UTC")
    assert (now, actor) == (NOW, "manager")


def test_the_heatmap_and_the_chart_count_the_same_tickets(site):
    data = drawn(post(site, call(site, "?period=7d")))
    charted = sum(data["figures"]["daily"]["data"][0]["y"])
    assert sum(map(sum, data["heat"])) == charted > 0


def test_all_agents_are_offered_where_the_page_shows_only_some(site):
    response = post(site, call(site)).json["response"]
    data = response["payload"]["data"]
    assert (data["tables"]["agents"]["most"], len(data["tables"]["agent"]["rows"])) == (8, 10)
    assert data["tables"]["agents"]["people"].count(None) == 1
    assert (data["parts"]["all-agents"], data["hidden"]["more-agents"]) == (["All 9"], False)


def test_days_begin_in_the_given_zone():
    site = make_site(zone="Pacific/Kiritimati", now=lambda: NOW.replace(hour=23))
    post(site, call(site, "?period=7d"))
    assert site.services.reporting.dashboards.asked[0][0].end == TODAY + timedelta(days=1)
    assert site.services.reporting.dashboards.asked[0][0].zone == "Pacific/Kiritimati"


def test_a_wrong_link_gives_a_message_and_the_default(site):
    response = post(site, call(site, "?period=abc&team=nobody")).json["response"]
    assert response["bar"]["data"]["hidden"]["problem"] is False
    assert response["bar"]["data"]["parts"]["problem"][0].startswith("The period in this link")
    assert len(response["payload"]["data"]["figures"]["daily"]["data"][0]["x"]) == 30


def test_a_service_that_cannot_answer_says_so_and_keeps_the_filters(site):
    def overview(**_):
        raise Unavailable("The figures are being rebuilt. Try again in a minute.")

    site.services.reporting.dashboards.overview = overview
    response = post(site, call(site)).json["response"]
    parts = response["bar"]["data"]["parts"]
    assert parts["problem"] == ["The figures are being rebuilt. Try again in a minute."]
    assert parts["periods"]
    assert "payload" not in response


def test_names_cannot_write_tags_into_a_chart(site):
    data = drawn(post(site, call(site)))
    labels = data["figures"]["category"]["data"][0]["y"]
    assert "&lt;b&gt;Odd&lt;/b&gt; &amp; named" in labels
    assert len(set(labels)) == len(labels)


def test_a_call_without_the_token_is_refused(site):
    client = site.server.test_client()
    client.get(PREFIX)
    assert client.post(CALL, json=call(site)).status_code == 400
    assert site.services.reporting.dashboards.asked == []


def changed(body, **changes):
    return {**body, **changes}


LONG = "x" * 20_000
HOSTILE = [
    lambda _: None,
    lambda _: [],
    lambda _: "x",
    lambda _: {},
    lambda body: changed(body, output="..nothing.children.."),
    lambda body: changed(body, output={"id": 1}),
    lambda body: changed(body, output=["x"]),
    lambda body: changed(body, inputs={}),
    lambda body: changed(body, inputs=[]),
    lambda body: changed(body, inputs=body["inputs"][:1]),
    lambda body: changed(body, inputs=[[body["inputs"][0]], body["inputs"][1]]),
    lambda body: changed(body, inputs=[changed(body["inputs"][0], value={"a": 1}), body["inputs"][1]]),
    lambda body: changed(body, inputs=[changed(body["inputs"][0], value=LONG), body["inputs"][1]]),
    lambda body: changed(body, inputs=[changed(body["inputs"][0], id={"type": "x"}), body["inputs"][1]]),
    lambda body: changed(body, state=[{"id": "x", "property": "y", "value": 1}]),
    lambda body: changed(body, outputs=[]),
    lambda body: changed(body, outputs={"id": "payload", "property": "data"}),
    lambda body: changed(body, outputs=[{"id": "x", "property": "y"}] * len(body["outputs"])),
    lambda body: changed(body, changedPropIds="url.search"),
    lambda body: changed(body, changedPropIds=[{}]),
]


@pytest.mark.parametrize("spoil", HOSTILE)
def test_a_call_no_page_sends_is_refused(site, spoil):
    assert post(site, spoil(call(site))).status_code == 400
    assert site.services.reporting.dashboards.asked == []


def test_a_huge_call_is_refused(site):
    assert post(site, changed(call(site), padding="x" * 70_000)).status_code == 413


def test_text_that_is_not_json_is_refused(site):
    client = site.server.test_client()
    client.get(PREFIX)
    token = client.get_cookie("csrf_token", path=PREFIX).value
    for data in (b"{", b"\xff\xfe", b"", b"[" * 5000):
        answer = client.post(CALL, data=data, headers={"X-CSRFToken": token}, content_type="application/json")
        assert answer.status_code == 400


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
SHARED = make_site()


@given(anything, st.sampled_from(["search", "inputs", "outputs", "state", "changedPropIds", "output"]))
def test_no_call_ends_in_a_stack_trace(value, place):
    body = call(SHARED, value) if place == "search" else changed(call(SHARED), **{place: value})
    assert post(SHARED, body).status_code in (200, 400)


def test_two_apps_in_one_process_do_not_mix():
    first, second = make_site(), make_site()
    for site in (second, first):
        assert post(site, call(site, "?period=7d")).status_code == 200
        assert len(site.services.reporting.dashboards.asked) == 1


def test_inline_scripts_are_all_hashed(site):
    page = site.server.test_client().get(PREFIX).text
    inline = re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page)
    assert len(inline) == len(site.app.csp_hashes()) == 1
    assert "unsafe-eval" not in site.server.test_client().get(PREFIX).headers["Content-Security-Policy"]
