"""What the live figures need beside the pages of the built book."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Iterable
from pathlib import Path

from rnnbook import checkpoints
from rnnbook.widgets import assets


def write_assets(folder: Path, models: Iterable[str] | None = None) -> None:
    """Write ``boot.js``, ``live.css``, the figures' scripts, and the weights of the models.

    Without ``models``, of all that are shipped.

    The weights are there twice. A page that came over http fetches the checkpoint as it is,
    ``weights/NAME.safetensors``, and shows how much has come. A page on disk may not fetch a
    file, but it may load a script: ``weights/NAME.js``. Either is loaded when the reader first
    touches a figure that needs it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(assets.FOLDER / "boot.js", folder / "boot.js")
    (folder / "live.css").write_text(assets.style(), encoding="utf-8")
    (folder / "shared.js").write_text(assets.shared_script(), encoding="utf-8")
    for widget in assets.FIGURES:
        (folder / f"{widget}.js").write_text(assets.classic_script(widget), encoding="utf-8")
    (folder / "weights").mkdir(exist_ok=True)
    for name in checkpoints.shipped() if models is None else models:
        path = checkpoints.shipped_path(name)
        shutil.copyfile(path, folder / "weights" / path.name)
        data = base64.b64encode(path.read_bytes()).decode()
        script = f'globalThis.rnnbook.register("weights/{name}.js", "{data}");\n'
        (folder / "weights" / f"{name}.js").write_text(script, encoding="utf-8")
