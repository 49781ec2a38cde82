"""How much memory there is, and what a process may take of it.

Limits are the kernel's own (``setrlimit``), and hold wherever the process goes; what is
free is read from Linux, and from the control group in which everything may run. Where the
system tells nothing, nothing is refused.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

from rnnbook.errors import SamplingError

MB = 1024**2
#: What importing PyTorch and one network in it take, in bytes.
TORCH = 300 * MB
#: The most memory of its own that a visitor's process may take, in bytes: PyTorch, and room.
KERNEL = 1024 * MB
#: The most that it may write into one file, in bytes, and files open at once.
FILE, FILES = 64 * MB, 256

#: In the environment: the folder in which all visitors' processes of this machine meet, for the
#: temporary folder is each visitor's own.
SHARED = "RNNBOOK_SHARED"

_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def limit(memory: int, files: int = FILES) -> None:
    """Bound this process and all that it starts: memory, the size of a file, open files."""
    if resource is None:
        return
    wanted = {"RLIMIT_DATA": memory, "RLIMIT_FSIZE": FILE, "RLIMIT_NOFILE": files, "RLIMIT_CORE": 0}
    for name, value in wanted.items():
        number = getattr(resource, name, None)
        if number is not None:
            _, most = resource.getrlimit(number)
            value = value if most == resource.RLIM_INFINITY else min(value, most)
            resource.setrlimit(number, (value, most))  # what it starts may have limits of its own


def available() -> int | None:
    """Bytes that can still be taken on this machine, or None if it does not say."""
    found = [one for one in (_of_the_machine(), _of_the_group()) if one is not None]
    return min(found, default=None)


def _of_the_machine() -> int | None:
    try:
        kilobytes = re.search(r"^MemAvailable:\s*(\d+)", _MEMORY.read_text(), re.MULTILINE)
    except OSError:
        return None
    return int(kilobytes[1]) * 1024 if kilobytes else None


def _of_the_group() -> int | None:
    """What the control group leaves (version 2, as it is seen from inside a container)."""
    try:
        most = (_GROUP / "memory.max").read_text().strip()
        return None if most == "max" else int(most) - _taken_by_the_group()
    except (OSError, ValueError):
        return None


def _taken_by_the_group() -> int:
    taken = int((_GROUP / "memory.current").read_text())
    cache = re.search(r"^inactive_file (\d+)", (_GROUP / "memory.stat").read_text(), re.MULTILINE)
    return taken - int(cache[1] if cache else 0)


def check_for_torch() -> None:
    """Raise :class:`SamplingError` if PyTorch is not loaded yet and there is no room for it."""
    free = available()
    if "torch" not in sys.modules and free is not None and free < 2 * TORCH:
        raise SamplingError(
            f"there is no room for PyTorch here now ({free // MB} MB are free, and it takes "
            f"{TORCH // MB}); NumPy writes the same text"
        )
