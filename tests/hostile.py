"""What somebody might bring in place of a checkpoint."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
from conftest import random_checkpoint

from rnnbook.dashboard import models


def hostile_checkpoints() -> dict[str, bytes]:
    """Files that are no checkpoints, or whose headers lie, by what is wrong with them."""
    whole = random_checkpoint()
    data = whole.to_bytes()
    nan = bytearray(data)
    nan[-4:] = np.float32("nan").tobytes()
    huge = whole.to_bytes().replace(b'num_layers\\": 1', b'num_layers\\": 9')
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb", b"\0" * 50_000_000)
    return {
        "truncated": data[: len(data) // 2],
        "cut in its header": data[:40],
        "nan": bytes(nan),
        "too many layers": huge,
        "zip": archive.getvalue(),
        "pickle": pickle.dumps({"a": 1}),
        "empty": b"",
        "html": b"<script>alert(1)</script>",
        "header that lies": (2**60).to_bytes(8, "little") + b"{}",
        "too large": b"\0" * (models.MAX_UPLOAD + 1),
    }
