"""On a phone the newest message can be read while one answers it."""

import pytest

from tests.browser.conftest import Opener

SIZES = ((390, 844), (360, 640), (320, 568), (390, 420), (844, 390))
PLACES = """() => {
  const box = (node) => node && node.getBoundingClientRect();
  const newest = box([...document.querySelectorAll(".event")].at(-1));
  const bar = document.querySelector(".bar");
  const timeline = document.querySelector(".timeline-scroll");
  const scrolls = getComputedStyle(timeline).overflowY !== "visible";
  const top = scrolls ? box(timeline).top : Math.max(0, box(bar).bottom);
  const composer = box(document.querySelector(".composer"));
  return { top, newest: [newest.top, newest.bottom], composer: composer.top, height: innerHeight };
}"""


def complaints(page, when):
    places = page.evaluate(PLACES)
    top, bottom = places["newest"]
    said = []
    if top < places["top"] - 1:
        said.append(f"{when}: the newest message begins above what is shown: {places}")
    if bottom > min(places["composer"], places["height"]) + 1:
        said.append(f"{when}: the newest message is covered: {places}")
    return said


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_the_newest_message_is_in_sight(open_as: Opener, people, size):
    number = people["customer"].new_ticket("A long subject of a ticket, on two lines", "Line\n" * 40)
    sent = {
        "version": "1",
        "kind": "reply",
        "body": "The newest message, which wraps on a phone.",
        "status": "",
    }
    people["agent"].post(f"/desk/tickets/{number}/reply", **sent)
    page = open_as("agent")
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(f"/desk/tickets/{number}")
    said = complaints(page, "at first")
    page.get_by_label("Message", exact=True).fill("A long answer\n" * 40)
    said += complaints(page, "while writing")
    assert not said, "\n".join(said)


def test_why_no_email_is_sent_can_be_read(open_as: Opener, people):
    number = people["agent"].new_ticket("My own")
    page = open_as("agent")
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"/desk/tickets/{number}")
    kinds, notice = page.locator(".composer .segments"), page.get_by_text("This is your own request")
    above, below = kinds.bounding_box(), notice.bounding_box()
    assert below["y"] >= above["y"] + above["height"]
    assert below["x"] + below["width"] <= 390


def test_a_toast_stands_above_the_composer_however_tall_it_is(open_as: Opener, people):
    page = open_as(
        "agent",
        f"/desk/tickets/{people['customer'].new_ticket('Toast above')}",
        viewport={"width": 390, "height": 844},
    )
    page.get_by_label("Message").fill("One\n\nTwo\n\nThree\n\nFour\n\nFive")
    page.evaluate(
        """() => {
          const toast = document.createElement("div");
          toast.className = "toast";
          toast.textContent = "Saved.";
          document.querySelector("#toasts").append(toast);
        }"""
    )
    toast, composer = page.locator(".toast").bounding_box(), page.locator(".composer").bounding_box()
    assert toast["y"] >= 0
    assert toast["y"] + toast["height"] <= composer["y"]
