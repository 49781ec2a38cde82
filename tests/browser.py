"""Headless Chromium for the tests that look at pages, with every other host shut out."""

from __future__ import annotations

import functools
import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from rnnbook.book import chromium

PATIENCE = 120_000  # milliseconds that a page may take on a machine with other things to do


@dataclass
class Record:
    """What a page did that a page of the book should not do."""

    foreign: list[str] = field(default_factory=list)  # requests to other hosts
    errors: list[str] = field(default_factory=list)  # of the console and of the scripts
    failed: list[str] = field(default_factory=list)  # requests without an answer, and 4xx, 5xx

    def clear(self) -> None:
        """Forget what was seen, after a tool that asks for files itself."""
        for seen in (self.foreign, self.errors, self.failed):
            seen.clear()

    def assert_clean(self) -> None:
        assert not self.foreign, f"requests to other hosts: {self.foreign}"
        assert not self.failed, f"failed requests: {self.failed}"
        assert not self.errors, f"errors in the page: {self.errors}"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium. Without one the test is skipped, or fails if RNNBOOK_REQUIRE_BROWSER is set."""
    try:
        chromium.program()
    except chromium.NoBrowserError as message:
        if os.environ.get("RNNBOOK_REQUIRE_BROWSER"):
            pytest.fail(f"{message}, and RNNBOOK_REQUIRE_BROWSER is set")
        pytest.skip(str(message))
    with chromium.open_browser() as browser:
        yield browser


@contextmanager
def visit(browser: Any, url: str, **options: Any) -> Iterator[tuple[Any, Record]]:
    """Open a page and record what it asks for; only its own host answers."""
    record = Record()
    home = urlsplit(url)

    def foreign(address: str) -> bool:
        parts = urlsplit(address)
        inside = parts.scheme in ("blob", "data", "about")
        same = parts.scheme.replace("ws", "http") == home.scheme and parts.netloc == home.netloc
        return not (inside or same)

    def on_request(request: Any) -> None:
        if foreign(request.url):
            record.foreign.append(request.url)

    def on_console(message: Any) -> None:
        if message.type == "error":
            record.errors.append(message.text)

    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.on("request", on_request)
    page.on("requestfailed", lambda request: record.failed.append(request.url))
    page.on("websocket", lambda socket: foreign(socket.url) and record.foreign.append(socket.url))
    page.on("response", lambda r: r.status >= 400 and record.failed.append(f"{r.status} {r.url}"))
    page.on("console", on_console)
    page.on("pageerror", lambda error: record.errors.append(str(error)))
    try:
        page.goto(url)
        yield page, record
    finally:
        context.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; gives the address, without a slash at the end."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
