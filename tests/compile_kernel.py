"""The kernels of the page, from their sources: ``python tests/compile_kernel.py``."""

from __future__ import annotations

import base64
from pathlib import Path

import wasmtime

from rnnbook.widgets import assets

FOLDER = assets.FOLDER / "engine"
#: The constant that holds each source, compiled.
SOURCES = {"KERNEL": "kernel.wat"}
HEAD = "// What the sources in .wat compile to, in base64: made by tests/compile_kernel.py.\n"


def compiled(source: str) -> bytes:
    """A module in binary, without the names that its source gives to what it has."""
    binary = bytes(wasmtime.wat2wasm(source))
    kept, at = binary[:8], 8
    while at < len(binary):
        start, kind = at, binary[at]
        size, at = _unsigned(binary, at + 1)
        at += size
        if kind != 0:  # a custom section, such as that of the names
            kept += binary[start:at]
    return kept


def _unsigned(binary: bytes, at: int) -> tuple[int, int]:
    """A number in LEB128, and where it ends."""
    value = shift = 0
    while True:
        byte, at = binary[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def script() -> str:
    """The module that holds what all sources compile to."""
    lines = [HEAD]
    for name, file in SOURCES.items():
        text = base64.b64encode(compiled((FOLDER / file).read_text(encoding="utf-8"))).decode()
        pieces = [text[k : k + 100] for k in range(0, len(text), 100)]
        joined = " +\n".join(f'  "{piece}"' for piece in pieces)
        lines.append(f"export const {name} =\n{joined};\n")
    return "\n".join(lines)


if __name__ == "__main__":
    Path(FOLDER / "kernel_code.js").write_text(script(), encoding="utf-8")
