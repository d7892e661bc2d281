"""Whatever stands in an address, the answer is a page or a refusal in words, never a broken one."""

from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

NAMES = st.one_of(
    st.sampled_from(
        [
            "status",
            "status.not",
            "state",
            "assignee",
            "assignee.not",
            "requester",
            "team",
            "team.not",
            "priority",
            "category",
            "created.from",
            "created.to",
            "updated.from",
            "updated.to",
            "solved.from",
            "solved.to",
            "sort",
            "desc",
            "size",
            "cursor",
            "search",
            "role",
            "role.not",
            "active",
            "url",
            "lang",
            "id",
            "open",
        ]
    ),
    st.text(max_size=12),
)
VALUES = st.one_of(
    st.sampled_from(
        [
            "",
            "-",
            "new",
            "open",
            "done",
            "urgent",
            "updated_at",
            "created_at",
            "ticket_id",
            "name",
            "sort_name",
            "25",
            "100",
            "1",
            "0",
            "-1",
            "yes",
            "2026-01-01",
            "0001-01-01",
            "9999-12-31",
            "2026-02-30",
            "customer",
            "billing",
            "agent",
            "\x00",
            "\u0130",
            "\u0661",
            "' OR 1=1",
            "{{7*7}}",
            "../..",
            "%",
            "x" * 2000,
            "\U0001f600" * 200,
            "\ud800",
        ]
    ),
    st.text(max_size=40),
    st.dates().map(str),
    st.integers().map(str),
)
QUERIES = st.lists(st.tuples(NAMES, VALUES), max_size=6).map(
    lambda pairs: urlencode(pairs, encoding="utf-8", errors="surrogatepass")
)
RAW = st.binary(max_size=60).map(quote_from_bytes)
CAREFUL = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
FINE = {200, 302, 400, 403, 404, 405, 414}


def check(site, path, query):
    answer = site.as_("administrator").get(f"{path}?{query}")
    assert answer.status_code in FINE, f"{answer.status_code} for {path}?{query}"
    assert "Traceback" not in answer.text
    answer.close()


@pytest.mark.parametrize("path", ["/desk/tickets/", "/admin/users/", "/desk/tickets/export/csv/"])
@given(query=st.one_of(QUERIES, RAW))
@example(query="assignee=%00")
@example(query="created.from=0001-01-01&created.to=0001-01-01")
@example(query="assignee=" + "x" * 200 + "&sort=subject")
@example(query="sort=name&desc=1")
@example(query="search=%CC%81")
@example(query="search=%00")
@example(query="search=" + "%F0%9F%98%80" * 200)
@CAREFUL
def test_lists(site, path, query):
    check(site, path, query)


@given(
    path=st.sampled_from(
        [
            "/admin/teams/",
            "/admin/categories/",
            "/help/",
            "/login",
            "/desk/new",
            "/admin/users/edit/",
            "/admin/roles/edit/",
            "/admin/teams/edit/",
            "/desk/tickets/edit/",
            "/desk/tickets/details/",
            "/admin/users/new/",
            "/reports/",
            "/",
        ]
    ),
    query=st.one_of(QUERIES, RAW),
)
@CAREFUL
def test_other_pages(site, path, query):
    check(site, path, query)


@given(path=st.one_of(st.text(max_size=40), st.binary(max_size=40)))
@CAREFUL
def test_any_path(site, path):
    raw = path.encode("utf-8", "surrogatepass") if isinstance(path, str) else path
    raw = raw.lstrip(b"/")  # to the test's client, two slashes begin the name of a host
    for start in ("/", "/desk/tickets/", "/help/tickets/", "/admin/", "/static/"):
        answer = site.as_("administrator").get(start + quote_from_bytes(raw))
        assert answer.status_code in FINE | {308}, f"{answer.status_code} for {start}{raw!r}"
        answer.close()


FIELDS = st.dictionaries(
    st.one_of(
        st.sampled_from(
            [
                "subject",
                "body",
                "category",
                "message_id",
                "version",
                "kind",
                "status",
                "priority",
                "assignee_id",
                "team_id",
                "seen_status",
                "seen_priority",
                "choice_status",
                "yours_status",
                "all",
                "requester",
                "name",
                "email",
                "role_id",
                "active",
                "password",
                "action",
                "value",
                "rowid",
                "url",
                "_version",
                "_shown_values",
                "scope_ticket:view",
                "theme",
                "next",
                "id",
            ]
        ),
        st.text(max_size=10),
    ),
    VALUES,
    max_size=10,
)


@given(
    path=st.sampled_from(
        [
            "/help/new",
            "/help/tickets/1/reply",
            "/desk/new",
            "/desk/tickets/1/reply",
            "/desk/tickets/1/update",
            "/desk/tickets/1/resolve",
            "/desk/tickets/action/",
            "/admin/users/new/",
            "/admin/roles/new/",
            "/admin/teams/new/",
            "/admin/users/edit/?id=x",
            "/preferences/theme",
            "/admin/roles/edit/?id=agent",
        ]
    ),
    fields=FIELDS,
)
@example(path="/desk/tickets/action/", fields={"url": "\r"})
@CAREFUL
def test_any_form(site, path, fields):
    token = getattr(site, "kept_token", None) or site.token("administrator")
    site.kept_token = token
    body = urlencode({**fields, "csrf_token": token}, encoding="utf-8", errors="surrogatepass")
    answer = site.as_("administrator").post(path, data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in FINE | {409, 413}, f"{answer.status_code} for {path} {fields}"


@given(
    edit=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["pk", "field", "value", "version", "old"]), inner, max_size=5)
        ),
        max_leaves=8,
    )
)
@CAREFUL
def test_any_cell(site, edit):
    token = getattr(site, "kept_token", None) or site.token("administrator")
    site.kept_token = token
    for path in ("/desk/tickets/ajax/update/", "/admin/users/ajax/update/", "/admin/teams/ajax/update/"):
        answer = site.as_("administrator").post(path, json=edit, headers={"X-CSRFToken": token})
        assert answer.status_code in {400, 404, 409}, f"{answer.status_code} for {path} {edit}"
