"""Chromium for the tests of the page: an installed one, or else what Playwright has brought.

As a program, it sees to it that there is one if it can: `python -m …support.browser`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_SECONDS = 600


def chromium() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    installed = next(filter(None, map(shutil.which, NAMES)), None)
    return installed or _playwrights()


def _playwrights() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def main() -> None:
    """Bring a Chromium by Playwright, or by apt-get as root; print why where neither works."""
    tries = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"]
        tries += [["apt-get", "update", "-qq"], install]
    for command in tries:
        if chromium():
            return
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        try:
            subprocess.run(
                command,
                env=environment,
                check=False,
                capture_output=True,
                timeout=PATIENCE_SECONDS,
            )
        except subprocess.TimeoutExpired:
            continue
    if not chromium():
        print("No Chromium could be had here: the tests of the page are left out.")


if __name__ == "__main__":
    main()
