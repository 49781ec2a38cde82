"""What every benchmark needs: where it ran, a table, and a JSON file."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rnnbook.files import write_atomically

RESULTS = Path(__file__).parent / "results"


def provenance(**more: Any) -> dict[str, Any]:
    """The machine, the releases, the date, and the command, without any path."""
    cpu = platform.processor()
    if (info := Path("/proc/cpuinfo")).exists():
        named = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = named[0].split(":")[1].strip() if named else cpu
    options = (word.rpartition("=") for word in sys.argv[1:])
    words = [f"benchmarks/{Path(sys.argv[0]).name}"]
    words += [before + sign + Path(value).name for before, sign, value in options]
    releases = {name: version(name) for name in ("rnnbook", "numpy", "torch")}
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python", *words]),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "versions": {"python": platform.python_version(), **releases},
        **more,
    }


def write_json(name: str | Path, content: dict[str, Any]) -> None:
    """``benchmarks/results/NAME.json``, or the file at a path; whole or not at all."""
    path = name if isinstance(name, Path) else RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, indent=1) + "\n"
    write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns as wide as they need be; the first is flush left."""
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    )
