"""What the dashboard's benchmarks share: a server, browsers, and the load of the machine."""

from __future__ import annotations

import itertools
import multiprocessing
import os
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
    """The dashboard on this machine, on a free port; of another checkout if one is given."""

    def __init__(self, *options: str, checkout: Path | None = None, port: int = 0) -> None:
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}/"
        command = [sys.executable, "-m", "rnnbook.dashboard", "--no-browser", f"--port={self.port}"]
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115
        root = str(checkout or Path(__file__).parents[1])
        self.process = subprocess.Popen(
            [*command, *options], stdout=self.log, stderr=subprocess.STDOUT, cwd=root,
            env={**os.environ, "PYTHONPATH": root},
        )  # fmt: skip

    def kernels(self) -> list[int]:
        """The process ids of the kernels, ready ones included."""
        return [pid for pid in descendants(self.process.pid) if _is_kernel(pid)]

    def seconds_a_kernel(self, count: int) -> list[float]:
        """Seconds from one kernel's process to the next, while so many are made ready in turn."""
        seen: dict[int, float] = {}
        deadline = time.monotonic() + 600
        while len(seen) <= count and time.monotonic() < deadline:
            for pid in self.kernels():
                seen.setdefault(pid, time.monotonic())
            time.sleep(0.005)
        times = sorted(seen.values())
        return [after - before for before, after in itertools.pairwise(times)]

    def memory(self) -> dict[str, float]:
        """In MB: what is a kernel's own, and what all processes of the dashboard take together."""
        kernels = self.kernels()
        everything = [self.process.pid, *descendants(self.process.pid)]
        return {
            "kernels": len(kernels),
            "a kernel's own MB, median": round(statistics.median(map(private, kernels)), 1),
            "a kernel's own MB, largest": round(max(map(private, kernels)), 1),
            "the server's own MB": round(private(self.process.pid), 1),
            "all processes MB": round(sum(map(proportional, everything)), 1),
        }

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
        self.process.send_signal(signal.SIGTERM)  # a background job may hear no SIGINT
        self.process.wait(timeout=60)
        self.log.seek(0)
        return self.log.read()


@contextmanager
def serving(*options: str, checkout: Path | None = None, port: int = 0) -> Iterator[Server]:
    """A server, for as long as the block; on a port of one's choice, or on a free one."""
    server = Server(*options, checkout=checkout, port=port)
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


def private(pid: int) -> float:
    """The memory that a process shares with no other, in MB."""
    return _sum_of_maps(pid, "Private_")


def proportional(pid: int) -> float:
    """The memory of a process in MB, what it shares divided by those who share it."""
    return _sum_of_maps(pid, "Pss:")


def _sum_of_maps(pid: int, kind: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


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


def _is_kernel(pid: int) -> bool:
    """Whether a process is a visitor's kernel, forked or started."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
        command = Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return False
    return name == "rnnbook-kernel" or "rnnbook.dashboard.kernel" in command


def _ticks(pid: int) -> int:
    """How long a process has computed, in ticks of a twentieth of a second."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) // 5
