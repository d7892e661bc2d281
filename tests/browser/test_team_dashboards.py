"""A lead whose role shows the figures of their teams: in no team, and then in one."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.browser.users_list import edit, until

NAME, EMAIL, PASSWORD = "Ottilie Lead", "ottilie.lead@harbor.example", "a lamp beside the harbor"


def test_a_role_limited_to_teams_shows_their_figures(open_as: Opener, sign_in, join):
    join(NAME, EMAIL, "agent", PASSWORD)
    page = open_as("administrator", "/admin/roles/new/?like=agent")
    page.get_by_label("Name").fill("Shift supervisor")
    page.get_by_label("Open dashboards").select_option(label="Team")
    page.get_by_role("button", name="Save role").click()
    expect(page.locator("#toasts")).to_contain_text("Saved Shift supervisor.")
    edit(page, NAME)
    page.wait_for_url("**/edit/**")
    until(
        lambda: "Shift supervisor" in page.reload().text()
    )  # each process lists the roles anew after a few seconds
    page.get_by_label("Role").select_option(label="Shift supervisor")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/users/**")

    theirs = open_as(sign_in(EMAIL, PASSWORD), "/")
    theirs.get_by_role("link", name="Dashboards").click()
    expect(theirs.get_by_role("heading", name="You are in no team.")).to_be_visible()
    for place in ("#report-filters", "#tiles", "#cards"):
        expect(theirs.locator(place)).to_be_hidden()

    edit(page, NAME)
    page.wait_for_url("**/edit/**")
    page.get_by_role("checkbox", name="Billing").check()
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/admin/users/**")
    until(lambda: theirs.reload().ok and theirs.locator("#covered").is_visible())
    expect(theirs.locator("#covered")).to_have_text(
        "Teams you are in: Billing. Every figure counts the tickets that are in this team now."
    )
    created = theirs.locator("[data-tile=created] .tile-value")
    expect(created).to_have_text(re.compile(r"\d"))
    mine = int(created.inner_text())
    manager = open_as("manager", "/reports/")
    whole = manager.locator("[data-tile=created] .tile-value")
    expect(whole).to_have_text(re.compile(r"\d"))
    expect(manager.locator("#covered")).to_be_hidden()
    assert 0 < mine < int(whole.inner_text())

    theirs.locator(".report-chip", has_text="Team").click()
    expect(theirs.locator("#team-options").get_by_role("checkbox")).to_have_text(["Billing"])
    theirs.keyboard.press("Escape")
    theirs.get_by_role("button", name="Explain created").click()
    panel = theirs.get_by_role("dialog", name="Created, explained")
    expect(panel).to_contain_text("tickets that are now in the teams you are in")
    panel.get_by_role("link", name=re.compile("Open the")).click()
    theirs.wait_for_url("**/desk/tickets/?*")
    expect(theirs.get_by_role("button", name=re.compile("now in a team of yours"))).to_be_visible()
    expect(theirs.locator("header .count, .bar .count").first).to_have_text(re.compile(rf"^\s*{mine}\b"))
