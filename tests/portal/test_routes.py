"""A forgotten guard opens nothing; who gets in where stands in tests/authorization/matrix.txt."""

from services.users.identity import BUILT_IN, Permission


def test_a_route_without_a_guard_is_closed(site):
    site.app.view_functions["health.alive"].guard = None
    try:
        assert site.as_("administrator").get("/healthz").status_code == 403
    finally:
        site.app.view_functions["health.alive"].guard = "public"


def test_the_administrator_may_everything():
    assert set(BUILT_IN["administrator"][1]) == set(Permission)
