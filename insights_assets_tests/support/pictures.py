"""The pictures of the page in the README: `python -m …support.pictures URL`, with an API at URL."""

import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from insights_assets_tests.support.browser import chromium

DOCS = Path(__file__).parents[2] / "docs"
LARGEST_BYTES = 200_000
# Each picture, the address below the API's that it shows, and how much of the page.
PICTURES = {
    "page.png": ("?category=ai_sector_risk&range=all", 1480),
    "metric.png": ("?category=ai_sector_risk&metric=yield_curve&range=all", 1180),
}


def main(base: str) -> None:
    """Take every picture anew."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light", reduced_motion="reduce")
        for name, (address, height) in PICTURES.items():
            page.set_viewport_size({"width": 1100, "height": height})
            take(page, base + address, DOCS / name)
        browser.close()


def take(page: Page, address: str, path: Path) -> None:
    """Take one picture; a picture that is too large for a README is an error."""
    page.goto(address)
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")
    page.screenshot(path=path)
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise SystemExit(f"{path} has {size} bytes, more than {LARGEST_BYTES}: show less.")
    print(f"{path}: {size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
