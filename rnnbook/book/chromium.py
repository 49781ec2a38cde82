"""An installed Chromium without a window, for what has to be seen to be drawn."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
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
        raise NoBrowserError("no Chromium here (Debian and Ubuntu: apt-get install chromium)")
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
