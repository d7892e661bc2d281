"""Before the worker has built the copy: lists that indexes serve work, others say what they wait for."""

from portal.ui.grid_links import GRID


def test_what_needs_the_copy_says_so_and_when_to_come_back(site):
    ticket_id = site.ticket()
    answer = site.as_("manager").get(
        f"{GRID}?counted=created&counted.from=2026-01-01&counted.to=2026-12-31&counted.team=billing"
    )
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "still being built" in answer.text
    assert f"/desk/tickets/{ticket_id}" in site.as_("manager").get(GRID).text
    assert f"/desk/tickets/{ticket_id}" in site.as_("manager").get(f"{GRID}?priority=normal").text
    offered = {link for link in site.read("manager", GRID).links if "sort=" in link}
    assert {link.partition("sort=")[2].partition("&")[0] for link in offered} == {"updated_at"}
