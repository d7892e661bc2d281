"""No dead ends: every link and every form of every page leads somewhere the person may go."""

from urllib.parse import urlsplit

import pytest

from tests.portal.pages import Page

START = {
    "customer": ["/help/"],
    "agent": ["/desk/tickets/"],
    "manager": ["/desk/tickets/", "/reports/"],
    "administrator": ["/desk/tickets/", "/reports/", "/admin/users/", "/admin/roles/"],
}
MOST = 150


@pytest.fixture(scope="module")
def furnished(site):
    """Bring some tickets, so that lists have rows and more than one page."""
    for n in range(30):
        site.ticket(subject=f"Number {n}")
    return site


@pytest.mark.parametrize("role", START)
def test_every_link_leads_to_a_page(furnished, role):
    site = furnished
    adapter = site.app.url_map.bind("localhost")
    to_see, seen = list(START[role]), set()
    while to_see and len(seen) < MOST:
        path = to_see.pop(0)
        if path in seen:
            continue
        seen.add(path)
        answer = site.as_(role).get(path)
        assert answer.status_code in (200, 302), f"{path} answered {answer.status_code}"
        answer.get_data()  # an export is a stream that holds its request open
        if answer.mimetype != "text/html" or answer.status_code == 302:
            continue
        page = Page(answer.text)
        for form in page.forms:
            if form.method == "dialog":
                continue
            assert adapter.test(urlsplit(form.action or path).path, form.method.upper()), (
                f"{path}: {form.action}"
            )
        for link in page.links:
            parts = urlsplit(link)
            assert not parts.netloc, f"{path} leads away: {link}"
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            if parts.path.startswith("/") and not parts.path.startswith("/static/"):
                to_see.append(target)
    assert len(seen) > 5


@pytest.mark.parametrize("role", START)
def test_every_id_is_there_once(furnished, role):
    for path in START[role]:
        ids = [has["id"] for _, has in Page(furnished.as_(role).get(path).text).tags if has.get("id")]
        assert len(ids) == len(set(ids)), path
