"""How often a page asks the database: what a process has read a moment ago it does not read again for each row."""

from datetime import UTC, datetime

import pytest

from tests.reads import requests

MOST = 4
TRIES = 10
PAGES = (
    "/admin/users/", "/admin/users/?role=agent", "/admin/users/?active=yes", "/admin/organizations/",
    "/admin/tokens/", "/admin/audit-log/", "/admin/sessions/", "/admin/access/", "/admin/teams/",
    "/admin/categories/", "/admin/roles/", "/desk/tickets/", "/desk/tickets/?state=open", "/reports/",
)  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_takes_four_requests_at_most(site, path):
    administrator = site.as_("administrator")
    assert administrator.get(path).status_code == 200
    # What is a few seconds old is read again now and then, on a busy machine perhaps just here: not every time.
    for _ in range(TRIES):
        with requests() as heard:
            administrator.get(path)
        if len(heard) <= MOST:
            return
    pytest.fail(f"{path} asks every time: {heard}")


def test_the_list_of_users_reads_its_rows_at_once_however_many_roles_there_are(site):
    people = {f"many-{n}": (f"Many {n:02d}", ("customer", "agent", "manager")[n % 3]) for n in range(40)}
    site.services.users.accounts.upsert(people, now=datetime.now(UTC))
    administrator = site.as_("administrator")
    administrator.get("/admin/users/")
    with requests() as heard:
        page = administrator.get("/admin/users/?page=2")
    assert not [each for each in heard if each.startswith("Query users")]
    assert "Many 39" in page.text
    assert "45" in page.text
