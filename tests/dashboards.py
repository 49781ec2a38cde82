"""The dashboard's server for the tests, and what a visitor does on its page."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from browser import PATIENCE, visit
from conftest import random_checkpoint
from margins import sure_text
from playwright.sync_api import TimeoutError
from ports import free_port

from rnnbook.dashboard import models

LAPTOP = {"width": 1366, "height": 768}


@dataclass
class Server:
    """A running server: its address, its process, its log."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def kernels(self) -> list[int]:
        """The process ids of the kernels, whoever has started them."""
        return [pid for pid in descendants(self.process.pid) if is_kernel(pid)]

    def kernel_of(self, page: Any) -> int:
        """The process id of a page's kernel: the one that works in the folder of its number."""
        number = kernel_id(page)
        for pid in self.kernels():
            if number in os.readlink(f"/proc/{pid}/cwd"):
                return pid
        raise AssertionError(f"no process has the kernel {number}")

    def folder(self) -> Path:
        """The folder of the server on the disk, in which every kernel has its own."""
        return Path(os.readlink(f"/proc/{self.kernels()[0]}/cwd")).parent


def descendants(pid: int) -> list[int]:
    """The processes that a process has started, and those that these have."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def is_kernel(pid: int) -> bool:
    """Whether a process is a visitor's kernel, forked or started."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        return name == "rnnbook-kernel" or "rnnbook.dashboard.kernel" in _command(pid)
    except OSError:
        return False


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


@contextmanager
def serving(
    folder: Path, *options: str, small: bool = True, names: Sequence[str] = ("shakespeare",)
) -> Iterator[Server]:
    """The dashboard on a free port, with a small network of random weights among its models."""
    chosen = [option.partition("=")[2] for option in options if option.startswith("--port=")]
    port = int(chosen[0]) if chosen else free_port()
    models = list(names)
    if small:
        random_checkpoint(chars="\n <>:EJLMORTU.").save(folder / "small.safetensors")
        models.append(str(folder / "small.safetensors"))
    command = [sys.executable, "-m", "rnnbook.dashboard", *models, "--no-browser"]
    log = folder / "log.txt"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*command, *([] if chosen else [f"--port={port}"]), *options],
            stdout=file, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )  # fmt: skip
        try:
            wait_for_port(port, process, log)
            yield Server(f"http://127.0.0.1:{port}/", process, log)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=120)


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(2_400):
        assert process.poll() is None, f"the server ended: {log.read_text()[-2000:]}"
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


@contextmanager
def visitor(browser: Any, address: str, **options: Any) -> Iterator[tuple[Any, Any]]:
    """A visitor's whole page, and the record of what it did.

    Playwright waits for a condition by evaluating a string, which the server's policy
    forbids; so the policy is lifted here, and held by tests of its own.
    """
    options = {"viewport": LAPTOP, "bypass_csp": True, **options}
    with visit(browser, address, **options) as (page, record):
        wait_for_all(page)
        record.errors = [error for error in record.errors if "503" not in error]
        record.failed = [failure for failure in record.failed if not failure.startswith("503")]
        yield page, record


def wait_for_all(page: Any) -> None:
    """Wait for every output; a page that says "one moment" asks again by itself."""
    deadline = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            page.locator(".rnnbook-heatmap svg").wait_for(timeout=2_000)
            break
        except TimeoutError:
            assert time.monotonic() < deadline, page.content()[:2000]
    for part in (".rnnbook-bars", ".rnnbook-measures", ".rnnbook-flow i", ".rnnbook-card"):
        page.locator(part).first.wait_for()


def wait_until(holds: Callable[[], Any], seconds: float = 120) -> None:
    """Wait for something that will be so; how long it takes is not what is tested."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be so"
        time.sleep(0.1)


def kernel_id(page: Any) -> str:
    found = page.evaluate("JSON.parse(document.getElementById('jupyter-config-data').textContent)")
    return str(found["kernelId"])


def expected(prompt: str, length: int, temperature: float, seed: int, **cuts: Any) -> str:
    """The text that the sampler draws from the shipped Shakespeare, on any processor."""
    _, model = models.load("shakespeare")
    return prompt + sure_text(model, prompt, length, seed, temperature=temperature, **cuts)


def written(page: Any, place: int = 0) -> str:
    return str(page.locator(".rnnbook-flow").nth(place).text_content())


def said(page: Any, tab: str = "laboratory") -> str:
    return str(page.inner_text(f".rnnbook-{tab} .rnnbook-message"))


def wait_for_words(page: Any, words: str, tab: str = "laboratory", timeout: int = PATIENCE) -> None:
    page.wait_for_function(
        "([words, tab]) => document.querySelector(`.rnnbook-${tab} .rnnbook-message`)"
        "?.innerText?.includes(words)",
        arg=[words, tab],
        timeout=timeout,
    )


def generate(page: Any, button: str = "Generate") -> str:
    """Press Generate and return the text once it is done."""
    page.evaluate("document.querySelector('.rnnbook-message p')?.remove()")
    page.get_by_role("button", name=button).click()
    wait_for_words(page, "Wrote")
    return written(page)


def press(page: Any, name: str, *keys: str) -> None:
    """Press keys on a slider's handle, and let the hand rest."""
    page.get_by_role("slider", name=name, exact=True).focus()
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_timeout(200)


def choose_file(page: Any, button: str, name: str, content: bytes) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button).click()
    chooser.value.set_files([{"name": name, "mimeType": "text/plain", "buffer": content}])
