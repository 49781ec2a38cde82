"""An installed Chromium without a window, for what has to be seen to be drawn."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# The shell draws the same pages. A whole browser builds its own bars and menus, which are pages
# too, for every page that is opened: three times the work.
NAMES = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "chrome",
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No name is ever looked up: a request to another host fails at once.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


class NoBrowserError(RuntimeError):
    """No Chromium is installed; the message says how to get one."""


def program() -> str:
    """The path of the installed Chromium. Raises :class:`NoBrowserError` if there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise NoBrowserError(
            "no Chromium here (Debian: apt-get install chromium-headless-shell, or chromium)"
        )
    return found


@contextmanager
def open_browser() -> Iterator[Any]:
    """Chromium, as Playwright drives it. Raises :class:`NoBrowserError`."""
    path = program()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()
