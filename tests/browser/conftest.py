"""Chromium, as Debian packages it, driven by Playwright; no browser is downloaded."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

# Names that lead here, as in DNS rebinding and for another site; nothing leaves the machine.
NAMES = "MAP evil.test 127.0.0.1, MAP rebind.test 127.0.0.1, MAP ours.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "the lane browser was asked for, and Chromium is not installed"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # it refuses to sandbox itself as root
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=[*sandbox, f"--host-resolver-rules={NAMES}"])
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A fresh profile."""
    made = chromium.new_context(ignore_https_errors=True)
    yield made
    made.close()
