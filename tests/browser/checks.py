"""What must hold for every page, whatever it shows."""

import json
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
SIZES = ({"width": 1440, "height": 900}, {"width": 390, "height": 844})
THEMES = ("light", "dark")
# Colours are all that the theme changes.
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
FACTS = """() => ({
  width: document.documentElement.scrollWidth,
  headings: [...document.querySelectorAll('h1')].filter(h => h.checkVisibility()).length,
  language: document.documentElement.lang,
  title: document.title.trim(),
})"""
VIOLATIONS = """async (options) => (await axe.run(document, {resultTypes: ['violations'], ...options})).violations
  .map(found => `${found.impact}: ${found.id}: ` + found.nodes.slice(0, 3)
    .map(node => `${node.target.join(' ')} (${node.failureSummary})`).join('; '))"""
# What says that an element has the focus: an outline of its own, or a shadow it did not have before.
FOCUS = """() => {
  const node = document.activeElement;
  if (!node || node === document.body) return null;
  const style = () => getComputedStyle(node);
  const ring = () => style().outlineStyle !== 'none' && parseFloat(style().outlineWidth) > 0;
  const shown = node.matches('.segments input, .pick input') ? getComputedStyle(node.parentElement) : style();
  const box = node.getBoundingClientRect();
  const shadow = style().boxShadow;
  const outlined = ring() || (shown.outlineStyle !== 'none' && parseFloat(shown.outlineWidth) > 0);
  node.blur();
  const changes = style().boxShadow !== shadow;
  node.focus({focusVisible: true});
  return {
    what: node.outerHTML.slice(0, 120), visible: outlined || changes,
    inside: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
}"""


def problems(page: Page, variant: str, options: dict[str, Any] | None = None) -> list[str]:
    """List what is wrong with the page as it stands: its frame, its width, and what axe-core finds."""
    facts = page.evaluate(FACTS)
    width = page.viewport_size["width"]
    found = []
    if facts["width"] > width:
        found.append(f"{variant}: scrolls sideways, {facts['width']} px wide")
    if (facts["headings"], facts["language"]) != (1, "en") or not facts["title"]:
        found.append(f"{variant}: {json.dumps(facts)}")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    return found + [f"{variant}: {text}" for text in page.evaluate(VIOLATIONS, options or {})]


def focus_problems(page: Page, stops: int) -> list[str]:
    """Press Tab some times from the top and list where the focus cannot be seen."""
    found = []
    for stop in range(stops):
        page.keyboard.press("Tab")
        seen = page.evaluate(FOCUS)
        if seen and not (seen["visible"] and seen["inside"]):
            found.append(f"stop {stop + 1}: {seen}")
    return found
