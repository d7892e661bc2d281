"""inspection.js finds what it checks for, on pages that are each broken in one way."""

import pytest

from tests.browser.checks import inspect, jumps

EVERY_RULE = {"within": None, "colours": False}

FRAME = """<!doctype html><html lang="en"><title>A page</title>
<style>:root { --accent: rgb(43, 79, 208) } body { margin: 0 }
:focus-visible { outline: 2px solid } {{ style }}</style>
<body><main><h1>A page</h1>{{ body }}</main></body></html>"""
TALL = "<p>Text.</p><div style='height: 2000px'></div>"
BAR = "<div style='position: fixed; left: 0; right: 0; bottom: 0; height: 80px; background: white'></div>"
LINKS = "".join(f"<p style='height: 60px'><a href='#{at}'>Link {at}</a></p>" for at in range(20))
BROKEN = {
    "scrolls sideways": ("", "<div style='width: 3000px; height: 1px'></div>"),
    "2 h1": ("", "<h1>Another</h1>"),
    "would move": ("", "<p style='transition: opacity 200ms'>Fades.</p>"),
    "moves": (
        "@keyframes turn { to { rotate: 1turn } }",
        "<p style='animation: turn 1s infinite'>Turns.</p>",
    ),
    "cut: “A long line": (
        "",
        "<p style='width: 60px; white-space: nowrap; overflow: hidden'>A long line of words.</p>",
    ),
    "cut: “Below": ("body { height: 100vh; overflow: hidden }", TALL + "<p>Below.</p>"),
    "covered: <a href": ("", LINKS + BAR),
    "covered: “The last": ("", f"<div style='height: 2000px'></div><p>The last line.</p>{BAR}"),
}
UNSEEN = {
    "has no outline": "<style>a:focus { outline: none }</style><a href='#'>Here</a>",
    "is outside the window": "<a href='#' style='position: fixed; left: -500px'>Here</a>",
    "is under": "<a href='#'>Here</a><div style='position: fixed; inset: 0; background: white'></div>",
    "cannot be seen": "<a href='#' style='opacity: 0'>Here</a>",
}


@pytest.fixture(scope="module")
def sheet(browser):
    """Give a function that shows a page with the given HTML."""
    context = browser.new_context(viewport={"width": 800, "height": 600})
    page = context.new_page()

    def shown(body: str, style: str = ""):
        page.goto("about:blank")
        page.set_content(FRAME.replace("{{ style }}", style).replace("{{ body }}", body))
        return page

    yield shown
    context.close()


def test_a_sound_page_has_no_complaint(sheet):
    page = sheet(
        "<p>All is well, <a href='#'>here</a> too.</p><div style='height: 3000px'></div><p>The end.</p>"
        "<div style='position: relative'>"
        "<b style='position: absolute; z-index: 1; pointer-events: none'>AB</b>"
        "<input aria-label='Over which a mark lies' style='background: white'></div>"
    )
    assert inspect(page, "layout") == []
    assert inspect(page, "axeFinds", EVERY_RULE) == []
    page.keyboard.press("Tab")
    assert inspect(page, "focus") == []


@pytest.mark.parametrize("complaint", BROKEN)
def test_a_broken_layout_is_found(complaint, sheet):
    style, body = BROKEN[complaint]
    assert any(text.startswith(complaint) for text in inspect(sheet(body, style), "layout"))


@pytest.mark.parametrize("complaint", UNSEEN)
def test_a_focus_that_nobody_sees_is_found(complaint, sheet):
    page = sheet(UNSEEN[complaint])
    page.keyboard.press("Tab")
    assert any(complaint in text for text in inspect(page, "focus"))


def test_axe_runs_every_rule_but_one(sheet):
    page = sheet("<p style='color: #999'>Pale.</p><button style='width: 9px; height: 9px'></button>")
    rules = {text.split(": ")[1] for text in inspect(page, "axeFinds", EVERY_RULE)}
    assert {"color-contrast", "button-name"} <= rules


def test_a_jump_is_found(sheet):
    page = sheet("<p>Text.</p>")
    assert jumps(page) == []
    page.evaluate("() => document.querySelector('main').style.marginTop = '300px'")
    page.wait_for_timeout(100)
    assert jumps(page)
