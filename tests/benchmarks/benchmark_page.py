"""How fast pages are in headless Chromium, beside an empty page, since this machine may be busy.

python -m tests.benchmarks.benchmark_page results/world/index.html results/world/countries/USA/index.html

For each page: its size, when something is first painted, when the map stands, and how many frames a second it has while
the mouse drags the map, at first sight and from near, where the sites are drawn. Each figure is the median of the runs.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

ROUNDS = 3
STEPS = 120
PAN = 4  # pixels a step
ZOOMS = 4
EMPTY = "<!doctype html><p style='height: 2000px'>Nothing</p>"
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
COUNT_FRAMES = """() => {
    window.frames_seen = 0;
    const step = () => { window.frames_seen += 1; requestAnimationFrame(step); };
    requestAnimationFrame(step);
}"""


def frames_a_second(page: Any) -> float:
    """While the mouse is dragged over the middle of the window, as far as it goes and back."""
    page.mouse.move(500, 500)
    page.mouse.down()
    before, started = page.evaluate("[window.frames_seen, performance.now()]")
    for step in range(STEPS):
        away = min(step, STEPS - step)
        page.mouse.move(500 - PAN * away, 500 - PAN * away / 4)
    after, ended = page.evaluate("[window.frames_seen, performance.now()]")
    page.mouse.up()
    return 1000 * float(after - before) / float(ended - started)


def measure(browser: Any, path: Path) -> dict[str, float]:
    """The figures of one page, opened as a file without a network."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_offline(True)
    page = context.new_page()
    page.goto(path.as_uri())
    page.wait_for_function("!document.querySelector('#map[aria-busy]')")
    found = {"first paint, s": page.evaluate(FIRST_PAINT) / 1000, "map, s": page.evaluate("performance.now()") / 1000}
    page.evaluate(COUNT_FRAMES)
    found["frames/s far"] = frames_a_second(page)
    for _ in range(ZOOMS if page.locator("#map").count() else 0):
        page.get_by_role("button", name="Zoom in").click()
        page.wait_for_timeout(600)
    found["frames/s near"] = frames_a_second(page)
    context.close()
    return found


def main(paths: list[Path]) -> None:
    """Print a line for the empty page and for each page."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as engine, tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.html"
        empty.write_text(EMPTY, encoding="utf-8")
        browser = engine.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for path in [empty, *paths]:
            rounds = [measure(browser, path.resolve()) for _ in range(ROUNDS)]
            figures = {key: statistics.median(found[key] for found in rounds) for key in rounds[0]}
            told = "  ".join(f"{key} {value:.2f}" for key, value in figures.items())
            print(f"{path}: {path.stat().st_size / 1e6:.2f} MB  {told}", flush=True)
        browser.close()


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
