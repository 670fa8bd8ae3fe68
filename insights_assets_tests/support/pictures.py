"""The pictures of the README: `python -m …support.pictures URL`, with an API at URL.

Without a URL it takes that of `make demo` alone, whose output it draws as a terminal would.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright
from rich.console import Console
from rich.text import Text

from insights_assets_tests.support.browser import chromium

DOCS = Path(__file__).parents[2] / "docs"
LARGEST_BYTES = 200_000
# Each picture, the address below the API's that it shows, and how much of the page.
PICTURES = {
    "page.png": ("?category=ai_sector_risk&range=all", 1480),
    "metric.png": ("?category=ai_sector_risk&metric=yield_curve&range=all", 1180),
}
TERMINAL = {"FORCE_COLOR": "1", "COLUMNS": "90", "TERM": "xterm-256color"}
SHOWN_LINES = 38  # the first category, from both stores


def main(base: str | None = None) -> None:
    """Take every picture anew, or that of the demo alone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light", reduced_motion="reduce")
        take_demo(page, DOCS / "demo.png")
        for name, (address, height) in PICTURES.items() if base else ():
            page.set_viewport_size({"width": 1100, "height": height})
            take(page, f"{base}{address}", DOCS / name)
        browser.close()


def take_demo(page: Page, path: Path) -> None:
    """Run `insights demo` and draw the first lines of what it prints."""
    command = [sys.executable, "-m", "insights_assets.cli", "demo"]
    run = subprocess.run(
        command, check=True, env=os.environ | TERMINAL, text=True, capture_output=True
    )
    terminal = Console(record=True, width=int(TERMINAL["COLUMNS"]), file=io.StringIO())
    lines = (run.stderr + run.stdout).splitlines()[:SHOWN_LINES]
    terminal.print(Text.from_ansi("\n".join(lines)))
    page.set_viewport_size({"width": 960, "height": 1200})
    page.set_content(terminal.export_svg(title="make demo"))
    page.locator("svg").first.screenshot(path=path)
    check_size(path)


def take(page: Page, address: str, path: Path) -> None:
    """Take one picture of the page."""
    page.goto(address)
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    page.screenshot(path=path)
    check_size(path)


def check_size(path: Path) -> None:
    """Refuse a picture that is too large for a README."""
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise SystemExit(f"{path} has {size} bytes, more than {LARGEST_BYTES}: show less.")
    print(f"{path}: {size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
