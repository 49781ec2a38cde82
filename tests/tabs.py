"""A page in a Chromium of one's own, driven by the browser's own protocol (CDP).

Playwright keeps every page visible, and a visible page is never frozen: its
``Page.setWebLifecycleState`` is answered, and nothing happens. Here a page can sleep.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import websocket

from rnnbook.book import chromium

_WHOLE_BROWSER = ["--headless=new", "--hide-scrollbars"]


class Tab:
    """One page. Its methods wait for their answer; one thread may use it at a time."""

    def __init__(self, browser: Chromium, address: str) -> None:
        self._socket = websocket.create_connection(
            browser.socket, suppress_origin=True, timeout=300
        )
        self._numbers = itertools.count(1)
        self._session: dict[str, str] = {}
        self._context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=self._context,
                           width=1366, height=768)["targetId"]  # fmt: skip
        found = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": found["sessionId"]}
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)
        self.send("Network.enable")
        self.send("Page.navigate", url=address)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a method of the protocol. Raises ``RuntimeError`` with what it answers."""
        number = next(self._numbers)
        self._socket.send(
            json.dumps({"id": number, "method": method, "params": parameters, **self._session})
        )
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def evaluate(self, expression: str) -> Any:
        """The value of an expression of JavaScript, or of the promise that it is."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True,
                          awaitPromise=True)  # fmt: skip
        if "exceptionDetails" in found:
            raise RuntimeError(found["exceptionDetails"]["exception"].get("description", "thrown"))
        return found["result"].get("value")

    def wait_for(self, expression: str, seconds: float = 120) -> Any:
        """Wait until an expression is true; what it gives. Between two pages, nothing is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(RuntimeError):
                if found := self.evaluate(expression):
                    return found
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} s: {expression}")

    def click(self, words: str) -> None:
        """Press the button that has these words."""
        self.evaluate(
            "[...document.querySelectorAll('button')]"
            f".find((one) => one.textContent.trim() === {json.dumps(words)}).click()"
        )

    def key(self, name: str, code: int) -> None:
        """Press and release a key."""
        for kind in ("rawKeyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                      windowsVirtualKeyCode=code)  # fmt: skip

    def set_offline(self, is_offline: bool) -> None:
        """Take the network from the page, which is told so, or give it back."""
        self.send("Network.emulateNetworkConditions", offline=is_offline, latency=0,
                  downloadThroughput=-1, uploadThroughput=-1)  # fmt: skip

    def freeze(self) -> None:
        """Hide the page and stop its timers, as a browser does with what nobody looks at."""
        self.send("Emulation.setFocusEmulationEnabled", enabled=False)
        self.send("Page.setWebLifecycleState", state="frozen")

    def thaw(self) -> None:
        """Let it go on, and show it again."""
        self.send("Page.setWebLifecycleState", state="active")
        self.send("Emulation.setFocusEmulationEnabled", enabled=True)

    def close(self) -> None:
        """Close it; the browser forgets all that it kept."""
        self._session = {}
        self.send("Target.disposeBrowserContext", browserContextId=self._context)
        self._socket.close()


class Chromium:
    """A browser without a window, and the address at which it is driven."""

    def __init__(self, folder: Path) -> None:
        program = chromium.program()
        whole = [] if "headless-shell" in program else _WHOLE_BROWSER
        self._process = subprocess.Popen(
            [program, *whole, *chromium.FLAGS, "--remote-debugging-port=0",
             f"--user-data-dir={folder}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        port, path = _written(folder / "DevToolsActivePort").split()
        self.socket = f"ws://127.0.0.1:{port}{path}"

    def stop(self) -> None:
        """Stop every process of it, as a laptop does that is closed."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Open the laptop."""
        os.killpg(self._process.pid, signal.SIGCONT)

    def end(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def _written(path: Path) -> str:
    """What the browser writes into a file once it listens."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if path.exists() and path.read_text().count("\n") == 1:
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError("Chromium did not begin to listen")


@contextmanager
def chromium_of_its_own() -> Iterator[Chromium]:
    """A browser for as long as the block. Raises :class:`NoBrowserError`."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        found = Chromium(Path(folder))
        try:
            yield found
        finally:
            found.end()
