"""Measure how pages come up: `make paints` prints largest paint, layout shift and bytes, page by page."""

import statistics
import sys
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from local.screens import PAGES
from local.seeded_browser import SIZES, NoChromiumError, chromium, instance, opened, sign_in
from portal.config.private_files import write_privately

ROUNDS = 3
KB = 1024
# What counts as too much: milliseconds until the largest paint, layout shift.
SLOW_MS, SLOW_DASHBOARD_MS, JUMPING = 800, 1500, 0.02
PAINTS = """async () => {
  const seen = { "largest-contentful-paint": [], "layout-shift": [] };
  for (const [type, entries] of Object.entries(seen))
    new PerformanceObserver((list) => entries.push(...list.getEntries())).observe({ type, buffered: true });
  await document.fonts.ready;
  await new Promise((done) => setTimeout(done, 100));
  const shifts = seen["layout-shift"].filter((one) => !one.hadRecentInput);
  return {
    paint: seen["largest-contentful-paint"].at(-1)?.startTime ?? 0,
    shift: shifts.reduce((sum, one) => sum + one.value, 0),
  };
}"""


def main() -> int:
    """Measure every page in both sizes; returns the exit code, 1 when one is slow or jumps."""
    write_privately()
    try:
        with chromium() as browser, instance() as address:
            print(f"{'page':16}{'width':>6}{'LCP ms':>8}{'shift':>8}{'first KB':>10}{'repeat KB':>11}")
            fine = [_report(browser, address, width) for width in SIZES]
    except NoChromiumError as missing:
        print(f"paints: {missing}", file=sys.stderr)
        return 1
    return 0 if all(fine) else 1


def _report(browser: Browser, address: str, width: int) -> bool:
    states: dict[str | None, Any] = {}
    fine = True
    for name, role, path in PAGES:
        if role not in states:
            page = opened(browser, address, width)
            sign_in(page, role)
            states[role] = page.context.storage_state()
            page.context.close()
        page = opened(browser, address, width, storage_state=states[role])
        if name == "help-ticket":
            page.goto(path)
            path = page.locator("a.ticket-card").first.get_attribute("href") or path
        fine &= _line(name, page, path)
        page.context.close()
    return fine


def _line(name: str, page: Page, path: str) -> bool:
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    views = [_view(page, wire, path, cold=True) for _ in range(ROUNDS)]
    repeat = _view(page, wire, path, cold=False)
    paint = statistics.median(view["paint"] for view in views)
    shift = max(view["shift"] for view in views)
    fine = paint < (SLOW_DASHBOARD_MS if name == "dashboard" else SLOW_MS) and shift <= JUMPING
    width = page.viewport_size["width"] if page.viewport_size else 0
    sizes = f"{views[0]['bytes'] / KB:10.1f}{repeat['bytes'] / KB:11.1f}"
    print(f"{name:16}{width:6}{paint:8.0f}{shift:8.3f}{sizes}{'' if fine else '  too much'}", flush=True)
    return fine


def _view(page: Page, wire: CDPSession, path: str, *, cold: bool) -> dict[str, float]:
    loaded: list[float] = []
    if cold:
        wire.send("Network.clearBrowserCache")

    def note(said: dict[str, Any]) -> None:
        loaded.append(said["encodedDataLength"])

    wire.on("Network.loadingFinished", note)
    page.goto(path)
    if path == "/reports/":
        page.locator(".tile-value").first.wait_for()
        page.locator(".chart .lines path").first.wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    wire.remove_listener("Network.loadingFinished", note)
    return {**page.evaluate(PAINTS), "bytes": sum(loaded)}


if __name__ == "__main__":
    sys.exit(main())
