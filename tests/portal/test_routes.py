"""Every route is guarded, and the guard is the one the route declares."""

import pytest

from services.users import BUILT_IN, Permission

# One row per page: path, and who gets in. Everybody else is sent to sign in (anonymous) or refused.
PAGES = {
    "/help/": ("customer", "agent", "manager", "administrator"),
    "/help/tickets": ("customer", "agent", "manager", "administrator"),
    "/help/new": ("customer", "agent", "manager", "administrator"),
    "/desk/new": ("agent", "manager", "administrator"),
    "/jump": ("agent", "manager", "administrator"),
    "/desk/tickets/": ("agent", "manager", "administrator"),
    "/desk/tickets/export/csv/": ("manager", "administrator"),
    "/admin/users/": ("manager", "administrator"),
    "/admin/users/new/": ("administrator",),
    "/admin/roles/": ("administrator",),
    "/admin/roles/new/": ("administrator",),
    "/admin/teams/": ("administrator",),
    "/admin/teams/new/": ("administrator",),
    "/admin/categories/": ("administrator",),
    "/admin/trail/": ("administrator",),
    "/account/": ("customer", "agent", "manager", "administrator"),
    "/account/second-factor": ("customer", "agent", "manager", "administrator"),
    "/reports/": ("manager", "administrator"),
    "/reports/_dash-layout": ("manager", "administrator"),
    "/reports/_dash-dependencies": ("manager", "administrator"),
}
ROLES = ("customer", "agent", "manager", "administrator")


def test_a_route_without_a_guard_is_closed(site):
    site.app.view_functions["health.alive"].guard = None
    try:
        assert site.as_("administrator").get("/healthz").status_code == 403
    finally:
        site.app.view_functions["health.alive"].guard = "public"


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("role", ["anonymous", *ROLES])
def test_who_gets_in(site, path, role):
    answer = site.as_(role).get(path)
    if role == "anonymous":
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/login")
    else:
        assert answer.status_code == (200 if role in PAGES[path] else 403)


def test_the_administrator_may_everything():
    assert set(BUILT_IN["administrator"][1]) == set(Permission)
