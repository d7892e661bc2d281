"""What must hold for every page, whatever it shows."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
SIZES = ({"width": 390, "height": 844}, {"width": 1440, "height": 900})
THEMES = ("light", "dark")
# Colours are all that the theme changes.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
FACTS = """() => ({
  width: document.documentElement.scrollWidth,
  headings: [...document.querySelectorAll('h1')].filter(h => h.checkVisibility()).length,
  language: document.documentElement.lang,
  title: document.title.trim(),
})"""
VIOLATIONS = """async ([within, options]) =>
  (await axe.run(within || document, {resultTypes: ['violations'], ...options})).violations
  .map(found => `${found.impact}: ${found.id}: ` + found.nodes.slice(0, 3)
    .map(node => `${node.target.join(' ')} (${node.failureSummary})`).join('; '))"""
# The focus is seen when an outline, shadow or border of the element or of what it stands in changes with it.
FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const around = [node, node.parentElement, node.parentElement.parentElement, node.form].filter(Boolean);
  const look = () => around.map(each => getComputedStyle(each))
    .map(style => [style.outline, style.boxShadow, style.borderColor])
    .join();
  const box = node.getBoundingClientRect();
  const focused = look();
  node.blur();
  const visible = look() !== focused;
  node.focus({focusVisible: true});
  return {
    what: node.outerHTML.slice(0, 120), visible,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


def problems(page: Page, variant: str, options: dict[str, Any], within: str | None = None) -> list[str]:
    """List what is wrong with the page as it stands: its frame, its width, and what axe-core finds.

    `within` is where axe-core looks, all of the page without it.
    """
    facts = page.evaluate(FACTS)
    width = page.viewport_size["width"]
    found = []
    if facts["width"] > width:
        found.append(f"{variant}: scrolls sideways, {facts['width']} px wide")
    if (facts["headings"], facts["language"]) != (1, "en") or not facts["title"]:
        found.append(f"{variant}: {json.dumps(facts)}")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    return found + [f"{variant}: {text}" for text in page.evaluate(VIOLATIONS, [within, options])]


def focus_problems(page: Page, stops: int) -> list[str]:
    """Press Tab some times from the top and list where the focus cannot be seen."""
    found = []
    for stop in range(stops):
        page.keyboard.press("Tab")
        seen = page.evaluate(FOCUS)
        if seen and not (seen["visible"] and seen["inside"]):
            found.append(f"stop {stop + 1}: {seen}")
    return found
