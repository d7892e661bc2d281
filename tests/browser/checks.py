"""Checks that every page must pass, whatever it shows."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Page, TimeoutError, ViewportSize

from tests.rotation import in_rotation

ROOT = Path(__file__).resolve().parents[2]
AXE = (ROOT / "node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
INSPECTION = Path(__file__).with_name("inspection.js").read_text(encoding="utf-8")
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SIZES = (PHONE, DESKTOP)
# 1280 by 800 at 200 %, 1280 by 1024 at 400 %: to a page, zoom only means fewer pixels.
ZOOMED: tuple[ViewportSize, ...] = ({"width": 640, "height": 400}, {"width": 320, "height": 256})
THEMES = ("light", "dark")
JUMPING = 0.02
PAST_THE_END = True  # where Tab may lead
# Charts resize a moment after the page; what still sticks out by then is a finding.
FOLLOWING_MS = 2000
FITS = """() => document.documentElement.scrollWidth <= innerWidth
  && [...document.querySelectorAll('.main-svg')]
    .every(svg => svg.clientWidth <= svg.parentElement.clientWidth + 1)"""


def inspect(page: Page, question: str, argument: object = None) -> list[str]:
    """Ask a page one of the questions of inspection.js and return its complaints."""
    needed = (
        "axe" if question == "axeFinds" else "inspection"
    )  # axe is half a megabyte: load it only where it is needed
    asked = (
        f"argument => 'inspection' in window && '{needed}' in window ? inspection.{question}(argument) : null"
    )
    answer = page.evaluate(asked, argument)
    if answer is None:
        page.evaluate(INSPECTION)
        if needed == "axe":
            page.evaluate(AXE)
        answer = page.evaluate(asked, argument)
    return answer


def problems(page: Page, within: str | None = None) -> list[str]:
    """List what is wrong with a page: axe's findings (in dark, about colours only), then its layout.

    `within` selects the part to check, by default the whole page. The themes are those of this run's rotation.
    """
    complaints = []
    for theme in themes_at(page.viewport_size):
        page.emulate_media(color_scheme=theme)
        asked = {"within": within, "colours": theme == "dark"}
        complaints += [f"{theme}: {text}" for text in inspect(page, "axeFinds", asked)]
    page.emulate_media(color_scheme="light")
    return complaints + inspect(page, "layout", within)


def themes_at(size: ViewportSize | None) -> Sequence[str]:
    """Return the themes to check in a size: of phone and desktop, one is light and the other dark."""
    return in_rotation(THEMES, SIZES.index(size) if size in SIZES else 0)


def ready(page: Page) -> None:
    """Wait until everything a page loads late is there."""
    if "/reports/" in page.url:
        page.locator("[data-tile=created] .tile-value").wait_for()
        page.locator(".chart .lines path").first.wait_for(state="attached")


def in_all_variants(page: Page, load: Callable[[], object], within: str | None = None) -> list[str]:
    """Load a page on a phone and a desktop, check it (or a part) in the themes of each, list what is wrong."""
    complaints = []
    for size in SIZES:
        page.set_viewport_size(size)
        load()
        complaints += [f"{size['width']}: {text}" for text in problems(page, within)]
    return complaints


def zoom_problems(page: Page) -> list[str]:
    """Zoom the open page to 200 or 400 % and list what is lost."""
    complaints = []
    for size in in_rotation(ZOOMED):
        resize(page, size)
        complaints += [f"{size['width']}: {text}" for text in inspect(page, "layout")]
    return complaints


def resize(page: Page, size: ViewportSize) -> None:
    """Resize the window and wait until the page fits it, up to `FOLLOWING_MS`."""
    page.set_viewport_size(size)
    with suppress(TimeoutError):
        page.wait_for_function(FITS, timeout=FOLLOWING_MS)


def jumps(page: Page) -> list[str]:
    """List what jumped while the page loaded, if it moved too far."""
    seen = inspect(page, "shifts")
    return [f"jumps by {seen['sum']:.3f}: {seen['what']}"] if seen["sum"] > JUMPING else []


def focus_problems(page: Page, stops: int) -> list[str]:
    """Press Tab `stops` times and list where the focus cannot be seen."""
    complaints = []
    for stop in range(stops):
        page.keyboard.press("Tab")
        complaints += [f"stop {stop + 1}: {text}" for text in inspect(page, "focus", PAST_THE_END)]
    return complaints
