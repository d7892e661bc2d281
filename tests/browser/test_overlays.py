"""Overlays in both sizes and themes and zoomed in: accessible and readable, and Esc closes them."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.checks import (
    DESKTOP,
    PHONE,
    SIZES,
    ZOOMED,
    in_all_variants,
    inspect,
    problems,
    ready,
    resize,
)
from tests.browser.conftest import Lender, Opener
from tests.browser.grid import OPEN, cell, editor
from tests.rotation import in_rotation

# From the first property back past the head of its group and the button that opens the panel.
STOPS_OUT = 3
EVERYWHERE = (*ZOOMED, *SIZES)
SMALL = (*ZOOMED, PHONE)


@dataclass(frozen=True)
class Overlay:
    """An overlay: who sees it on which page, the buttons that lead to it in order, and its selector.

    A step that a size does not show is skipped: on a desktop the account menu needs no drawer.
    """

    name: str
    role: str
    path: str
    steps: tuple[str, ...]
    part: str
    sizes: tuple = EVERYWHERE
    # In a date field, Esc closes every popover around it in Chromium.
    at_once: bool = False


HOLDS_FOCUS = "part => document.activeElement.matches(`${part}, ${part} *`)"
ADD = "#filters .chip.add"
MENU = "[popovertarget=me-menu]"
OVERLAYS = (
    Overlay("filters", "agent", OPEN, (ADD,), "#pop-add"),
    Overlay("choices", "agent", OPEN, (ADD, "[popovertarget=pop-priority]"), "#pop-priority"),
    Overlay("days", "agent", OPEN, (ADD, "[popovertarget=pop-created]"), "#pop-created", at_once=True),
    Overlay("long list", "agent", OPEN, (ADD, "[popovertarget=pop-assignee]"), "#pop-assignee"),
    Overlay("editor", "agent", OPEN, ("td.s button.ed",), ".pop.editor"),
    Overlay("people", "agent", OPEN, ("td.a button.ed",), ".pop.editor"),
    Overlay("columns", "agent", OPEN, ("[popovertarget=pop-columns]",), "#pop-columns", (DESKTOP,)),
    Overlay("order", "agent", OPEN, ("[popovertarget=pop-sort]",), "#pop-sort", SMALL),
    Overlay("navigation", "agent", OPEN, ("[data-nav-open]",), "#nav", SMALL),
    Overlay("account", "agent", OPEN, ("[data-nav-open]", MENU), "#me-menu"),
    Overlay("send as", "agent", "/desk/tickets/60", ("[popovertarget=send-as]",), "#send-as"),
    Overlay("panel", "agent", "/desk/tickets/60", ("[data-panel]",), "#panel", SMALL),
    Overlay("customer's account", "customer", "/help/", (MENU,), "#me-menu"),
    Overlay("customer's pages", "customer", "/help/", ("[popovertarget=help-menu]",), "#help-menu", SMALL),
    Overlay("explanation", "manager", "/reports/", ("[popovertarget=explain-created]",), "#explain-created"),
    Overlay("teams", "manager", "/reports/", ("[popovertarget=team-options]",), "#team-options"),
)


def sizes_of(sizes: tuple) -> list:
    """Return phone and desktop if they are among the sizes, and the zoom of this run's rotation."""
    turn = [*in_rotation(ZOOMED), *SIZES]
    return [size for size in sizes if size in turn]


def focused(page: Page, opener: str) -> str:
    """Give the focus to an opener and press Enter on it."""
    page.locator(opener).first.scroll_into_view_if_needed()
    page.locator(opener).first.focus()
    page.keyboard.press("Enter")
    return opener


@pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda overlay: overlay.name)
def test_an_overlay_is_sound_and_leads_back(overlay: Overlay, page_of: Lender):
    page = page_of(overlay.role)
    page.set_viewport_size(DESKTOP)
    page.goto(overlay.path)
    ready(page)
    complaints = []
    for size in sizes_of(overlay.sizes):
        resize(page, size)
        pressed = [focused(page, step) for step in overlay.steps if page.locator(step).first.is_visible()]
        page.wait_for_function(HOLDS_FOCUS, arg=overlay.part)
        # Zoom can only break the layout; everything else is the same as without zoom.
        seen = inspect(page, "layout", overlay.part) if size in ZOOMED else problems(page, overlay.part)
        seen += inspect(page, "focus")
        complaints += [f"{size['width']}: {text}" for text in seen]
        for opener in pressed[:1] if overlay.at_once else reversed(pressed):
            page.keyboard.press("Escape")
            expect(page.locator(opener).first).to_be_focused()
            complaints += [f"{size['width']}, shut: {text}" for text in inspect(page, "focus")]
        assert pressed, f"nothing opens it at {size['width']}"
        assert page.locator(overlay.part).locator("visible=true").count() == 0
    assert not complaints, "\n".join(complaints)


def test_the_panel_over_a_ticket_shuts_when_the_focus_goes_on(open_as: Opener):
    page = open_as("agent", "/desk/tickets/60", viewport=PHONE)
    focused(page, "[data-panel]")
    panel = page.locator("#panel")
    expect(panel).to_be_visible()
    for _ in range(STOPS_OUT):
        page.keyboard.press("Shift+Tab")
    expect(panel).to_be_hidden()
    expect(page.locator("[data-panel]")).to_have_attribute("aria-expanded", "false")
    assert inspect(page, "focus") == []


def test_the_bar_over_chosen_rows_hides_none_of_them(open_as: Opener):
    page = open_as("agent", OPEN)
    complaints = []
    for size in sizes_of(EVERYWHERE):
        page.set_viewport_size(size)
        page.locator("table.grid [name=rowid]").first.check()
        page.locator("[data-bulk]").wait_for()
        seen = inspect(page, "layout") if size in ZOOMED else problems(page)
        assign = page.locator("[data-action=assign]")
        focused(page, "[data-action=assign]")
        page.locator(".pop.editor").wait_for()
        seen += inspect(page, "focus") + inspect(page, "layout", ".pop.editor")
        page.keyboard.press("Escape")
        expect(assign).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("[data-bulk]")).to_be_hidden()
        complaints += [f"{size['width']}: {text}" for text in seen]
    assert not complaints, "\n".join(complaints)


def test_a_conflict_in_a_cell_is_sound_in_every_variant(open_as: Opener, watch, people):
    watch.expected.add(409)
    page = open_as("agent")

    def field_conflict() -> None:
        number = people["customer"].new_ticket("Changed in two cells")
        page.goto(OPEN)
        people["manager"].update(number, priority="high", seen_priority="normal")
        priority = cell(page, number, "priority")
        if not priority.is_visible():
            pytest.skip("this size shows no normal priority")
        priority.focus()
        page.keyboard.press("Enter")
        editor(page, "Priority", number).wait_for()
        page.keyboard.type("urg")
        page.keyboard.press("Enter")
        page.get_by_role("alertdialog").wait_for()

    page.set_viewport_size(DESKTOP)
    field_conflict()
    complaints = inspect(page, "focus") + problems(page, "[role=alertdialog]")
    assert not complaints, "\n".join(complaints)


def test_a_toast_is_sound_in_every_variant(open_as: Opener, people):
    number = people["customer"].new_ticket("Answered in every variant")
    page = open_as("agent")

    def toasted() -> None:
        page.goto(f"/desk/tickets/{number}")
        page.get_by_label("Message", exact=True).fill("It is on its way.")
        page.keyboard.press("Control+Enter")
        page.locator("#toasts .toast").wait_for()

    complaints = in_all_variants(page, toasted, "#toasts")
    assert not complaints, "\n".join(complaints)


def conflict(page: Page, people) -> None:
    """Bring a page to the conflict page."""
    number = people["customer"].new_ticket("Seen in every variant")
    page.goto(f"/desk/tickets/{number}")
    people["manager"].update(number, priority="high", seen_priority="normal")
    if page.viewport_size["width"] < 1200:
        page.get_by_role("button", name="Properties and requester").click()
    for label, words in (("Priority", "Urgent"), ("Category", "Refunds")):
        page.get_by_label(label).select_option(label=words)
    page.get_by_role("button", name="Save changes").click()
    page.locator(".conflict").wait_for()


def test_the_conflict_page_is_sound_in_every_variant(open_as: Opener, watch, people):
    watch.expected.add(409)
    page = open_as("agent")
    complaints = in_all_variants(page, lambda: conflict(page, people))
    assert not complaints, "\n".join(complaints)


def worked(page: Page, people) -> None:
    """Bring a page to a ticket with folded, undone and open changes, and a message that offers undo."""
    number = people["customer"].new_ticket("Worked on in every variant")
    for was, value in (("normal", "low"), ("low", "high"), ("high", "urgent")):
        people["manager"].update(number, priority=value, seen_priority=was)
    people["manager"].post("/desk/undo", change=f"{number}:4")
    page.goto(f"/desk/tickets/{number}")
    page.get_by_label("Message", exact=True).fill("It is done.")
    page.get_by_role("button", name="Send and change the status").click()
    page.get_by_role("button", name="Solved", exact=True).click()
    page.locator("#toasts").get_by_role("button", name="Undo").wait_for()
    page.locator(".folded summary").first.click()


def refused(page: Page, people) -> None:
    """Bring a page to a property form that was rejected with errors."""
    number = people["customer"].new_ticket("Refused in every variant")
    page.goto(f"/desk/tickets/{number}")
    people["manager"].update(number, status="closed", seen_status="new")
    page.evaluate("""() => {
      const field = document.querySelector('#p-status');
      field.value = 'pending';
      document.querySelector('[data-properties] [name=version]').value = '2';
      document.querySelector('[name=seen_status]').value = 'closed';
      field.form.submit();
    }""")
    page.locator("#p-status-error").wait_for()
    page.locator(".toast .close").first.click()


def test_the_field_of_a_sheet_stays_in_sight_while_its_list_scrolls(page_of: Lender):
    page = page_of("agent")
    page.goto(OPEN)
    ready(page)
    resize(page, {"width": 320, "height": 256})
    focused(page, "td.a button.ed")
    page.wait_for_function(HOLDS_FOCUS, arg=".pop.editor")
    expect(page.locator(".editor-list [role=option]").nth(3)).to_be_attached()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator(".editor-list [aria-selected=true]")).to_be_in_viewport()
    assert inspect(page, "focus") == []


# The form is in the panel, which covers the rest of the page on a phone.
@pytest.mark.parametrize(("lead", "within"), [(worked, None), (refused, "#panel")])
def test_a_ticket_in_use_is_sound_in_every_variant(lead, within, open_as: Opener, watch, people):
    watch.expected.add(400)
    page = open_as("agent")
    complaints = in_all_variants(page, lambda: lead(page, people), within)
    assert not complaints, "\n".join(complaints)
