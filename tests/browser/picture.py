"""The README's picture of the posture page: `PYTHONPATH=src:tests python tests/browser/picture.py docs/posture.png`.

Of the canary under bubblewrap, at `high` and `isolated`, as root and so with everything that root can show.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from support import Catalyst

WIDTH, HEIGHT = 1100, 760


def main(file: str) -> None:
    """Start, log in by the link, take the picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as started:
        catalyst = Catalyst("bwrap", Path(folder) / "data")
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to sandbox itself as root
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=sandbox)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        with catalyst.up(NETWORK_MODE="isolated", SECURITY_LEVEL="high") as running:
            page.goto(catalyst("token", "link").stdout.strip())
            page.wait_for_load_state("networkidle")
            page.goto(f"{running.url.rstrip('/')}/catalyst")
            page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
