"""The ticket grid over the columnar copy: heads that sort, numbered pages, what links of charts ask, bad addresses."""

import re
from datetime import UTC, datetime

import pytest

from portal.ui.grid_links import GRID
from services.users.identity import SYSTEM
from tests.portal.pages import Page

ROW = re.compile(r"/desk/tickets/(\d+)")
HEADS = {
    "status",
    "priority",
    "assignee_id",
    "requester_id",
    "team_id",
    "category",
    "channel",
    "created_at",
    "updated_at",
}


@pytest.fixture(scope="module")
def lot(site):
    """Open 70 tickets and build the copy over them."""
    numbers = [
        site.services.tickets.service.create(
            actor=SYSTEM, now=datetime.now(UTC), subject=f"Lot {n}", body="One of many.",
            requester_id=site.users[("customer", "stranger")[n % 2]],
            priority=("low", "normal", "high", "urgent")[n % 4],
            team_id=(None, "billing", "devices")[n % 3],
            assignee_id=site.users["agent"] if n % 5 == 0 else None,
        ).ticket_id
        for n in range(70)
    ]  # fmt: skip
    site.services.reporting.analytics.rebuild(now=datetime.now(UTC))
    return numbers


def shown(page):
    return list(dict.fromkeys(int(m[1]) for link in page.links if (m := ROW.fullmatch(link))))


def follow(page, word):
    return next((tag["href"] for name, tag in page.tags if name == "a" and tag.get("rel") == word), None)


@pytest.mark.parametrize("start", [GRID, f"{GRID}?state=open", f"{GRID}?team=billing&priority=high"])
def test_every_head_sorts_and_every_sort_is_served(site, lot, start):
    site.as_("agent").post(
        "/desk/tickets/columns/", data={"csrf_token": site.token("agent"), "column": [*HEADS], "url": start}
    )
    links = {link for link in site.read("agent", start).links if link.startswith(GRID) and "sort=" in link}
    assert {re.search("sort=([a-z_]+)", link)[1] for link in links} == HEADS
    before = shown(site.read("agent", start))
    for link in links:
        page = site.read("agent", link)
        assert len(shown(page)) == len(before), link
    assert shown(site.read("agent", start)) == before, "the order without a choice stays"


def test_pages_are_numbered_and_reached_directly(site, lot):
    start = f"{GRID}?priority=low&priority=urgent&sort=priority&desc=1"
    first = site.read("agent", start)
    text = site.as_("agent").get(start).text
    assert "Selected from data" in text
    assert re.search(r"35\s*<span class=\"?only-m", text)
    form = next(form for form in first.forms if "page" in form.fields)
    assert form.fields == {
        "priority": ["low", "urgent"], "sort": ["priority"], "desc": ["1"], "page": ["1"],
    }  # fmt: skip
    second = site.read("agent", f"{start}&page=2")
    assert len(shown(first)) == 25
    assert len(shown(second)) == 10
    assert not {*shown(first)} & {*shown(second)}
    assert shown(site.read("agent", follow(first, "next"))) == shown(second)
    assert shown(site.read("agent", follow(second, "prev"))) == shown(first)
    assert shown(site.read("agent", f"{start}&page=999")) == shown(second), "the last page"


@pytest.mark.parametrize(
    "query",
    [
        "status=opne", "priority=hihg", "team=nowhere", "category=nothing", "assignee=nobody-known", "state=ajar",
        "created.from=yesterday", "page=0", "page=-1", "page=x", "page=1.5", "page=9999999999", "desc=yes",
        "sort=nonsense", "sort=requester", "counted=dreamt&counted.from=2026-01-01&counted.to=2026-01-02",
        "counted=created", "counted=created&counted.from=2026-01-02&counted.to=2026-01-01",
        "counted=created&counted.from=2026-01-01&counted.to=2026-13-01",
        "counted=created&counted.from=0001-01-01&counted.to=9999-12-31",
        "counted=created&counted.from=2026-01-01&counted.to=2026-01-02&counted.team=nowhere",
        "counted=created&counted.from=2026-01-01&counted.to=2026-01-02&counted.priority=hihg",
        "counted=created&counted.from=2026-01-01&counted.to=2026-01-02&counted.hour=168",
        "counted=created&counted.from=2026-01-01&counted.to=2026-01-02&counted.hour=%C2%B2",
        "counted=created&counted=solved&counted.from=2026-01-01&counted.to=2026-01-02",
        "counted.from=2026-01-01", "counted.what=1",
    ],
)  # fmt: skip
def test_what_an_address_cannot_mean_is_refused_with_a_reason(site, lot, query):
    answer = site.as_("agent").get(f"{GRID}?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text or "role=alert" in answer.text
    assert not shown(Page(answer.text))


def test_another_filter_keeps_what_a_chart_counted(site, lot):
    today = datetime.now(UTC).date().isoformat()
    start = (
        f"{GRID}?counted=created&counted.from={today}&counted.to={today}&counted.team=billing&counted.team=-"
    )
    page = site.read("agent", start)
    filters = next(form for form in page.forms if form.id == "filters")
    sent = {name: values for name, values in filters.fields.items() if name.startswith("counted")}
    assert sent == {
        "counted": ["created"],
        "counted.from": [today],
        "counted.to": [today],
        "counted.team": ["billing", "-"],
    }
    expected = {number for n, number in enumerate(lot) if n % 3 < 2}
    assert {*shown(page)} <= expected
    assert f"{len(expected)}" in site.as_("agent").get(start).text
