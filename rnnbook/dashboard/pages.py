"""A visitor's network as one HTML file, made in a process of its own.

A page is made of live figures. In a kernel each would introduce itself to the visitor's browser
with all its weights; in another process nobody listens, and the memory that it took is free again.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from rnnbook.errors import DashboardError

#: What a page may weigh, in bytes, and how long it may take, in seconds on a busy machine.
MOST, PATIENCE = 6_000_000, 120.0
_TITLE = "A network that learnt from a text"


def page_of(path: Path) -> bytes:
    """The page of the checkpoint at a path, as :mod:`rnnbook.page` makes it, without any text.

    Raises :class:`DashboardError` if it is too large, or was not made.
    """
    with tempfile.TemporaryDirectory(prefix="rnnbook-page-") as folder:
        out = Path(folder, "page.html")
        command = [sys.executable, "-m", "rnnbook", "page", str(path), "--out", str(out)]
        try:
            subprocess.run(
                [*command, "--title", _TITLE], check=True, timeout=PATIENCE,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except subprocess.SubprocessError as error:
            raise DashboardError(
                "the page could not be made here; download the checkpoint and make it with: "
                f"rnnbook page {path.name}"
            ) from error
        if out.stat().st_size > MOST:
            raise DashboardError(
                f"the page has {out.stat().st_size / 1e6:.1f} MB, and here {MOST / 1e6:g} at most; "
                f"download the checkpoint and make it with: rnnbook page {path.name}"
            )
        return out.read_bytes()
