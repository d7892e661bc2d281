"""The layout of a grid: its columns and density, and its cards on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.checks import PHONE, problems
from tests.browser.conftest import DESKTOP, Opener
from tests.browser.grid import OPEN, cell, editor, saved

MINE = "Subject and requester"


def heads(page: Page) -> list[str]:
    """Read the column headings of the grid."""
    return [words for words in page.locator("table.grid thead th").all_inner_texts() if words]


def columns(page: Page) -> Locator:
    """Open the column chooser."""
    page.get_by_role("button", name="Columns").click()
    return page.get_by_role("group", name="Columns")


def test_columns_are_chosen_by_keyboard_and_stay_chosen(open_as: Opener):
    page = open_as("manager", OPEN)
    usual = heads(page)
    page.get_by_role("button", name="Columns").focus()
    page.keyboard.press("Enter")
    chooser = page.get_by_role("group", name="Columns")
    expect(chooser.get_by_label("Status")).to_be_focused()
    expect(chooser.get_by_label(MINE)).to_be_disabled()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(chooser.get_by_label("Priority")).to_be_focused()
    chooser.get_by_label("Category").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("table.grid thead")).to_contain_text("Category")
    assert heads(page) == ["Priority", MINE, "Category", "Team", "Assignee", "Updated"]
    expect(page.locator("table.grid td.s")).to_have_count(0)
    # The editors still belong to the right fields.
    page.locator("td.p button.ed").first.click()
    expect(page.get_by_role("combobox", name=re.compile("^Priority, #"))).to_be_focused()
    page.keyboard.press("Escape")
    page.goto("/desk/tickets/?state=done")
    assert heads(page)[:3] == ["Priority", MINE, "Category"]
    columns(page).get_by_role("button", name="Reset").click()
    expect(page.locator("table.grid thead")).to_contain_text("Status")
    assert heads(page) == usual


def test_columns_and_density_are_chosen_without_a_script(open_as: Opener):
    page = open_as("manager", OPEN, java_script_enabled=False)
    chooser = columns(page)
    chooser.get_by_label("Team").uncheck()
    chooser.get_by_role("button", name="Apply").click()
    expect(page.locator("table.grid thead")).not_to_contain_text("Team")
    assert page.url.endswith(OPEN)
    page.get_by_role("button", name="Compact rows").click()
    expect(page.locator("table.grid")).to_have_class(re.compile("compact"))
    expect(page.get_by_role("button", name="Compact rows")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Compact rows").click()
    expect(page.locator("table.grid")).not_to_have_class(re.compile("compact"))


def test_density_does_not_wait_for_a_script(open_as: Opener):
    page = open_as("agent", OPEN)
    rows = page.locator("table.grid tbody tr")
    tall = rows.first.bounding_box()["height"]
    page.get_by_role("button", name="Compact rows").click()
    assert rows.first.bounding_box()["height"] < tall - 8
    page.route("**/*.js", lambda route: route.abort("aborted"))
    page.reload()
    assert rows.first.bounding_box()["height"] < tall - 8
    expect(page.get_by_role("button", name="Compact rows")).to_have_attribute("aria-pressed", "true")


def test_cards_are_sorted_from_a_menu(open_as: Opener):
    page = open_as("agent", OPEN)
    expect(page.get_by_role("button", name="Sort")).to_be_hidden()
    offered = page.locator("table.grid thead a").all_inner_texts()
    page.set_viewport_size(PHONE)
    opener = page.get_by_role("button", name="Sort")
    opener.click()
    menu = page.get_by_role("group", name="Sort")
    assert [words.split("\n")[0].strip() for words in menu.get_by_role("link").all_inner_texts()] == offered
    box = menu.bounding_box()
    assert (box["x"], box["width"]) == (0, PHONE["width"])
    assert box["y"] + box["height"] >= PHONE["height"] - 1
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    opener.click()
    menu.get_by_role("link", name="Updated").click()
    page.wait_for_url("**sort=updated_at*")
    opener.click()
    expect(menu).to_contain_text("longest unchanged first")


def test_a_phone_has_cards_with_the_team(open_as: Opener):
    page = open_as("agent", f"{OPEN}&team=billing")
    page.set_viewport_size(PHONE)
    card = page.locator("table.grid tbody tr").first
    expect(card.locator(".two p")).to_have_text(re.compile(r"^#\d+ · .+ · Billing$"))
    expect(page.locator("table.grid td.t").first).to_be_hidden()


def test_a_phone_has_a_foot_on_one_line(open_as: Opener):
    page = open_as("agent", OPEN)
    page.set_viewport_size(PHONE)
    foot = page.locator("footer.foot")
    expect(foot).to_contain_text("25 shown")
    parts = [foot.get_by_text("25"), foot.get_by_text("Newer"), foot.get_by_text("Older")]
    middles = [box["y"] + box["height"] / 2 for box in (part.bounding_box() for part in parts)]
    assert max(middles) - min(middles) < 3
    people = open_as("administrator", "/admin/users/", viewport=PHONE)
    foot = people.locator("footer.foot")
    assert {"Earlier", "Later"} <= set(foot.inner_text().split("\n"))
    assert foot.bounding_box()["height"] < 64


def test_on_a_phone_the_other_actions_are_under_more(open_as: Opener, people):
    numbers = [people["customer"].new_ticket(f"From a phone, {place}") for place in range(2)]
    page = open_as("agent", OPEN, viewport=PHONE)
    for number in numbers:
        page.get_by_label(f"Select #{number}", exact=True).check()
    bar = page.get_by_role("region", name="Selected tickets")
    assert bar.bounding_box()["width"] <= PHONE["width"] - 16
    assert bar.evaluate("bar => bar.scrollWidth <= bar.clientWidth")
    shown = [words for words in bar.get_by_role("button").all_inner_texts() if words]
    assert shown == ["Assign", "Status", "More"]
    bar.get_by_role("button", name="More").click()
    page.get_by_role("group", name="More actions").get_by_role("button", name="Priority").click()
    expect(page.get_by_role("group", name="More actions")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(bar.get_by_role("button", name="More")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("group", name="More actions").get_by_role("button", name="Priority").click()
    page.get_by_role("option", name="Urgent").click()
    for number in numbers:
        saved(page, number, priority="Urgent")


def test_on_a_phone_the_search_is_an_icon_that_opens(open_as: Opener):
    page = open_as("administrator", "/admin/users/", viewport=PHONE)
    search = page.get_by_role("searchbox")
    assert search.bounding_box()["width"] <= 44
    search.click()
    expect(search).to_be_focused()
    assert search.bounding_box()["width"] > 300
    search.fill("Ben")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=Ben*")
    assert search.bounding_box()["width"] > 300
    expect(page.get_by_role("link", name="Ben Demo", exact=True)).to_be_visible()


def test_on_a_phone_a_whole_card_opens_its_person(open_as: Opener):
    page = open_as("administrator", "/admin/users/?search=Ben+D", viewport=PHONE)
    expect(page.locator("table.grid .who p:visible")).to_have_text(re.compile("^Agent · Billing"))
    box = page.locator("table.grid tbody tr").first.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 8)
    page.wait_for_url("**/edit/**")


def test_the_editor_says_who_is_near_and_marks_what_was_typed(open_as: Opener):
    page = open_as("agent", "/desk/tickets/?team=billing&state=open")
    number = int(page.locator("table.grid .two p").first.inner_text().split(" ")[0].removeprefix("#"))
    cell(page, number, "assignee").click()
    expect(editor(page, "Assignee", number)).to_be_focused()
    expect(page.get_by_role("dialog")).to_contain_text(f"Assign #{number} · people in Billing first")
    options = page.get_by_role("option")
    held = [words for words in options.all_inner_texts() if not re.search(r"\d+ open$", words)]
    assert len(held) <= 2, "only nobody and the present assignee go without their load"
    page.keyboard.type("gra")
    expect(options.filter(has_text="Grace Chen")).to_contain_text(re.compile(r"\d+ open$"))
    expect(options.locator("b").first).to_have_text("Gra")
    assert set(options.locator("b").all_inner_texts()) == {"Gra"}
    page.keyboard.press("Escape")
    expect(cell(page, number, "assignee")).to_be_focused()
    cell(page, number, "status").click()
    expect(page.get_by_role("dialog")).to_contain_text(f"Status of #{number}")


def test_filters_are_added_changed_and_removed_by_keyboard(open_as: Opener):
    page = open_as("agent", OPEN)
    page.get_by_role("button", name="Filter", exact=True).focus()
    page.keyboard.press("Enter")
    for _ in range(20):
        page.keyboard.press("ArrowDown")
        if page.evaluate("document.activeElement.textContent") == "Status":
            break
    page.keyboard.press("Enter")
    chooser = page.get_by_role("group", name="Filter by status")
    expect(chooser.get_by_label("New")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**status=new*")
    chip = page.get_by_role("button", name="Change filter: Status any of 3 values")
    expect(chip.locator("svg")).to_have_count(3)
    chip.focus()
    page.keyboard.press("Enter")
    expect(chooser.get_by_label("New")).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "status=new" not in url and "status=open" in url)
    page.get_by_role("link", name="Remove filter: Status").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"\?state=open$"))


def test_a_long_list_of_choices_is_boxes_to_tick_with_a_search(open_as: Opener):
    page = open_as("agent")
    box = '<label><input class="check" type="checkbox" name="category" value="c{0}"> Category {0}</label>'
    search = (
        '<input class="input small" type="search" data-narrows="flt-category" aria-label="Search category">'
    )

    def lengthened(route):
        answer = route.fetch()
        more = "".join(box.format(number) for number in range(60))
        body = answer.text().replace(
            '<div class="checks" id="flt-category">',
            f'{search}<div class="checks many" id="flt-category">{more}',
        )
        route.fulfill(response=answer, body=body)

    page.route("**/desk/tickets/?state=open", lengthened)
    page.goto(OPEN)
    page.get_by_role("button", name="Filter", exact=True).click()
    page.locator("#pop-add").get_by_role("button", name="Category").click()
    chooser = page.get_by_role("group", name="Filter by category")
    chooser.get_by_label("Category 7", exact=True).check()
    chooser.get_by_role("searchbox").fill("REF")
    expect(chooser.get_by_label("Category 12", exact=True)).to_be_hidden()
    expect(chooser.get_by_label("Category 7", exact=True)).to_be_visible()  # what is ticked stays
    chooser.get_by_label("Category 7", exact=True).uncheck()
    chooser.get_by_label("Refunds").check()
    chooser.get_by_role("button", name="Apply").click()
    page.wait_for_url("**category=refunds*")


def test_a_narrow_table_can_be_sorted_by_what_it_leaves_out(open_as: Opener):
    page = open_as("agent", OPEN, viewport={"width": 1024, "height": 768})
    expect(page.get_by_role("columnheader", name="Updated")).to_be_hidden()
    page.get_by_role("button", name="Sort").click()
    page.get_by_role("group", name="Sort").get_by_role("link", name="Updated").click()
    page.wait_for_url("**sort=updated_at*")


def test_a_day_of_another_year_is_shown_whole_and_a_toast_leaves_the_foot_free(open_as: Opener):
    page = open_as("agent", OPEN)
    shown = page.evaluate("""() => {
        const cell = document.querySelector("td.u time, td.u");
        (cell.firstElementChild ?? cell).textContent = "28 Sep 2025";
        return [cell.scrollWidth, cell.clientWidth];
    }""")
    assert shown[0] <= shown[1]
    page.evaluate("""() => {
        const toast = Object.assign(document.createElement("div"), {className: "toast", textContent: "Saved."});
        document.querySelector("#toasts").append(toast);
    }""")
    toast, foot = page.locator(".toast").bounding_box(), page.locator(".foot").bounding_box()
    assert toast["y"] + toast["height"] <= foot["y"]


def test_an_empty_view_leads_on(open_as: Opener):
    page = open_as("administrator", "/")
    page.get_by_role("link", name="My work").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("Nothing is waiting for you")
    page.get_by_role("main").get_by_role("link", name="Unassigned").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Unassigned")


def press(name: str) -> Callable[[Page], None]:
    return lambda page: page.get_by_role("button", name=name, exact=True).click()


def more(page: Page) -> None:
    page.locator("[name=rowid]").first.check()
    press("More")(page)


def assign(page: Page) -> None:
    page.locator("td.a button.ed").first.click()
    page.keyboard.type("gr")


@pytest.mark.parametrize(
    ("size", "act", "within"),
    [
        (DESKTOP, press("Columns"), "#pop-columns"),
        (DESKTOP, assign, ".pop.editor"),
        (PHONE, press("Sort"), "#pop-sort"),
        (PHONE, more, "#bulk-more"),
        (PHONE, assign, ".pop.editor"),
    ],
)
def test_what_opens_over_a_grid_is_sound(open_as: Opener, size, act, within):
    page = open_as("manager", OPEN, viewport=size)
    act(page)
    expect(page.locator(within)).to_be_visible()
    complaints = problems(page, within)
    assert not complaints, "\n".join(complaints)
