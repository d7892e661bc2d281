"""The administrator: users, roles, teams and categories."""

import itertools
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Opener
from tests.browser.users_list import edit, listed, until

PASSWORD = "a first password that is long"
numbers = itertools.count(1)


@pytest.fixture
def newcomer(join):
    """Give a function that creates a user with a role and returns their name and email."""

    def created(role: str) -> tuple[str, str]:
        name, email = f"Aaron {role.title()} {next(numbers)}", f"{role}{next(numbers)}@new.example"
        join(name, email, role, PASSWORD)
        return name, email

    return created


def submit(page: Page, name: str) -> None:
    """Press a form's button."""
    page.get_by_role("button", name=name, exact=True).click()


def test_a_person_is_given_another_role(open_as: Opener, watch, sign_in, join, live_server):
    watch.expected.add(403)  # a process may cache the old role for five seconds
    join("Aava Aalto", "aava@new.example", "customer", PASSWORD)
    aava = open_as(sign_in("aava@new.example", PASSWORD), "/")
    expect(aava).to_have_url(re.compile("/help/$"))

    page = open_as("administrator")
    line = listed(page, "Aava Aalto")
    line.get_by_role("button", name="Customer").click()
    page.get_by_role("option", name="Agent").click()
    expect(line.get_by_role("button", name="Agent")).not_to_have_class(re.compile("saving"))
    # A new role needs a new session: the old session ends with the old role.
    aava.get_by_role("link", name="My tickets").first.click()
    aava.get_by_label("Email").fill("aava@new.example")
    aava.get_by_label("Password", exact=True).fill(PASSWORD)
    aava.keyboard.press("Enter")
    aava.wait_for_url(f"{live_server.url}/help/tickets")  # the page the click asked for
    until(lambda: (response := aava.goto("/")).ok and "/desk/tickets/" in response.url)
    page.reload()
    expect(line.get_by_role("button", name="Agent")).to_be_visible()


def test_a_refused_person_is_told_field_by_field(open_as: Opener, watch, live_server):
    watch.expected.add(400)
    page = open_as("administrator", "/admin/users/new/")
    page.get_by_label("Name").fill("Copy Cat")
    page.get_by_label("Email").fill(live_server.email("agent"))
    page.get_by_label("Role").select_option(label="Customer")
    submit(page, "Create")
    expect(page.locator(".error-text").first).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Copy Cat")


def test_a_suspended_person_is_out_with_the_next_click(open_as: Opener, sign_in, newcomer):
    name, email = newcomer("agent")
    theirs = open_as(sign_in(email, PASSWORD), "/desk/tickets/?state=open")
    page = open_as("administrator")
    edit(page, name)
    page.get_by_label("Can sign in").uncheck()
    submit(page, "Save")
    page.wait_for_url("**/admin/users/**")
    expect(page.locator("tr", has_text=name)).to_contain_text("Suspended")
    theirs.get_by_role("link", name="My work").click()
    expect(theirs).to_have_url(re.compile("/login"))


def test_a_role_of_ones_own_opens_what_it_grants_and_no_more(open_as: Opener, watch, sign_in, newcomer):
    watch.expected.add(403)
    page = open_as("administrator", "/admin/roles/")
    page.get_by_role("link", name="New role").click()
    page.get_by_label("Name").fill("Reader of reports")
    for permission in ("See tickets", "Read and write internal notes", "Open dashboards"):
        page.get_by_label(permission).select_option(label="All")
    submit(page, "Save role")
    expect(page.locator("#toasts")).to_contain_text("Saved Reader of reports.")
    expect(page.get_by_role("columnheader", name="Reader of reports")).to_be_visible()

    name, email = newcomer("customer")
    edit(page, name)
    page.wait_for_url("**/edit/**")
    until(lambda: "Reader of reports" in page.reload().text())
    page.get_by_label("Role").select_option(label="Reader of reports")
    submit(page, "Save")
    page.wait_for_url("**/admin/users/**")
    theirs = open_as(sign_in(email, PASSWORD), "/desk/tickets/")
    theirs.get_by_role("link", name="Dashboards").click()
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Service overview")
    assert theirs.goto("/admin/users/").status == 403
    theirs.goto("/desk/tickets/1")
    expect(theirs.get_by_label("Status", exact=True)).to_be_disabled()
    expect(theirs.get_by_text("Reply", exact=True)).to_have_count(0)

    page.goto("/admin/roles/")
    page.get_by_role("link", name="Reader of reports").click()
    page.get_by_label("Open dashboards").select_option(label="None")
    submit(page, "Save role")
    page.wait_for_url("**/admin/roles/")
    until(lambda: theirs.request.get("/reports/").status == 403)


def test_a_role_being_edited_shows_what_saving_would_change(open_as: Opener, people):
    scopes = {"scope_ticket:view": "team", "scope_ticket:note": "team"}
    people["administrator"].post("/admin/roles/new/", role_id="", version="0", name="Senior reader", **scopes)
    page = open_as("administrator", "/admin/roles/edit/?id=senior-reader")
    head = page.get_by_role("columnheader", name="Senior reader")
    expect(head).to_contain_text("Editing · 0 people")
    expect(page.get_by_role("heading", name="No changes yet")).to_be_visible()
    cell = page.get_by_role("cell").filter(has=page.get_by_label("See tickets"))
    struck = cell.locator("s")
    expect(struck).to_be_hidden()
    page.get_by_label("See tickets").select_option(label="All")
    expect(struck).to_be_visible()
    expect(struck).to_have_text("Team")
    page.get_by_label("Export tickets").select_option(label="Own")
    expect(page.get_by_role("heading", name="2 changes to Senior reader")).to_be_visible()
    expect(page.locator("[data-changes] li")).to_have_text(
        ["See ticketsTeam to All", "Export ticketsNone to Own"]
    )
    page.get_by_label("See tickets").select_option(label="Team")
    expect(struck).to_be_hidden()
    expect(page.get_by_role("heading", name="1 change to Senior reader")).to_be_visible()
    page.get_by_role("link", name="Discard").click()
    page.wait_for_url("**/admin/roles/")


def test_names_and_the_role_being_edited_stay_while_the_other_roles_scroll(open_as: Opener):
    page = open_as("administrator", "/admin/roles/new/", viewport={"width": 1100, "height": 800})
    main, name = page.locator("main"), page.get_by_role("rowheader", name="See tickets")
    manager, scope = page.get_by_role("columnheader", name="Manager"), page.get_by_label("See tickets")
    before = manager.bounding_box()["x"]
    for _ in range(2):
        edges = main.bounding_box()
        assert name.bounding_box()["x"] == edges["x"]
        assert scope.bounding_box()["x"] + scope.bounding_box()["width"] <= edges["x"] + edges["width"]
        name.click(trial=True)
        scope.click(trial=True)
        main.evaluate("main => main.scrollLeft = main.scrollWidth")
    assert manager.bounding_box()["x"] < before
    main.evaluate("main => main.scrollLeft = 0")
    page.get_by_role("link", name="Manager").focus()
    expect(page.get_by_role("link", name="Manager")).to_be_focused()
    assert manager.bounding_box()["x"] < before


def test_a_phone_shows_one_role_and_the_choice_of_the_others(open_as: Opener):
    page = open_as("administrator", "/admin/roles/", viewport={"width": 390, "height": 844})
    expect(page.get_by_role("heading", name="Customer", level=1)).to_be_visible()
    row = page.get_by_role("row", name="See tickets")
    expect(row.get_by_role("cell")).to_have_text(["Organization"])
    page.get_by_role("button", name="Choose a role").click()
    page.get_by_role("group", name="Choose a role").get_by_role("link", name="Manager").click()
    expect(page.get_by_role("heading", name="Manager", level=1)).to_be_visible()
    expect(row.get_by_role("cell")).to_have_text(["All"])


def test_teams_and_categories_are_added_renamed_and_offered(open_as: Opener, people):
    page = open_as("administrator")
    for place, noun in (("teams", "team"), ("categories", "category")):
        page.goto(f"/admin/{place}/")
        page.get_by_role("link", name=f"New {noun}").click()
        page.get_by_label("Name").fill(f"Added {noun}")
        submit(page, "Create")
        page.wait_for_url(f"**/admin/{place}/")
        page.get_by_role("link", name=f"Edit Added {noun}").click()
        page.get_by_label("Name").fill(f"Renamed {noun}")
        submit(page, "Save")
        expect(page.locator("tr", has_text=f"Renamed {noun}")).to_be_visible()
    desk = open_as("agent", f"/desk/tickets/{people['customer'].new_ticket('For a new team')}")
    until(lambda: "Renamed category" in desk.reload().text())
    desk.get_by_role("combobox", name="Team").fill("Renamed team")
    expect(desk.locator(".combo-list [aria-selected=true]")).to_have_text("Renamed team")
    desk.keyboard.press("Enter")
    desk.get_by_label("Category", exact=True).select_option(label="Renamed category")
    submit(desk, "Save changes")
    expect(desk.locator("#toasts")).to_contain_text("Saved as version")
