"""What the dashboard's benchmarks share: a server, browsers, and the load of the machine."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: What must be on a page before it counts as whole.
PARTS = (".rnnbook-card", ".rnnbook-flow i", ".rnnbook-bars td", ".rnnbook-measures td",
         ".rnnbook-heatmap svg image", ".rnnbook-message p", ".rnnbook-link a")  # fmt: skip
WHOLE = f"""() => {list(PARTS)}.every((part) => document.querySelector(part))"""


class Server:
    """The dashboard on this machine, on a free port."""

    def __init__(self, *options: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        command = [sys.executable, "-m", "rnnbook.dashboard", "--no-browser", f"--port={self.port}"]
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [*command, *options], stdout=self.log, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def kernels(self) -> list[int]:
        """The process ids of the kernels, ready ones included."""
        return [pid for pid in children(self.process.pid) if "dashboard.kernel" in _command(pid)]

    def wait_for_kernels(self, count: int, seconds: float = 300) -> None:
        """Wait until so many pages are rendered: their kernels have come to rest."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            before = {pid: _ticks(pid) for pid in self.kernels()}
            time.sleep(1.5)
            if len(before) >= count and before == {pid: _ticks(pid) for pid in self.kernels()}:
                return
        found = len(self.kernels())
        raise TimeoutError(f"there are {found} kernels, not {count}\n{self.stop()[-3000:]}")

    def stop(self) -> str:
        """End it; the log."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)
        self.log.seek(0)
        return self.log.read()


@contextmanager
def serving(*options: str) -> Iterator[Server]:
    server = Server(*options)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def _spin(until: float) -> None:
    while time.time() < until:
        sum(range(10_000))


@contextmanager
def busy_cores(count: int, seconds: float = 3600) -> Iterator[None]:
    """So many processes that compute without end, at the usual priority."""
    processes = [
        multiprocessing.Process(target=_spin, args=(time.time() + seconds,), daemon=True)
        for _ in range(count)
    ]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.terminate()


def children(parent: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            if re.search(rf"^PPid:\s*{parent}$", path.read_text(), re.MULTILINE):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def resident(pid: int, peak: bool = False) -> float:
    """The resident memory of a process in MB, now or at its most."""
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = re.search(rf"^{'VmHWM' if peak else 'VmRSS'}:\s*(\d+)", status, re.MULTILINE)
    return int(kilobytes[1]) / 1024 if kilobytes else 0.0


def summary(values: list[float], digits: int = 3) -> dict[str, float]:
    """The least, the median, the 95th percentile and the largest."""
    ordered = sorted(values)
    at = min(len(ordered) - 1, int(0.95 * len(ordered)))
    found = (ordered[0], statistics.median(ordered), ordered[at], ordered[-1])
    names = ("least", "median", "p95", "largest")
    return {name: round(value, digits) for name, value in zip(names, found, strict=True)}


def load() -> float:
    """How many processes waited for a core in the last minute, on average."""
    return round(os.getloadavg()[0], 2)


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def _ticks(pid: int) -> int:
    """How long a process has computed, in ticks of a twentieth of a second."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) // 5
