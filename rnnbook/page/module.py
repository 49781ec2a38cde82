"""One figure as an ES module, for pages that show anywidgets: MyST's ``{anywidget}`` directive."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path

from rnnbook.checkpoints import Checkpoint, Storage
from rnnbook.errors import CheckpointError
from rnnbook.page.figures import FIGURES, figures_of, own_words
from rnnbook.widgets import assets

_HERE = Path(__file__).parent


def module(
    name: str, checkpoint: Checkpoint, figure: str = "sampler", *,
    storage: Storage = "int8", text: str = "",
) -> str:  # fmt: skip
    """The text of an ES module that shows one of :data:`FIGURES`, with its network inside.

    Its default export has anywidget's ``render({ el })``; nothing is asked of a kernel or of
    another host, and the state that a page hands over is not read. ``text`` is what a figure that
    reads begins with: by default, what the network wrote itself.

    Raises :class:`CheckpointError` for a figure that there is not, or that the network does not
    have, and for what :meth:`Checkpoint.to_bytes` raises it.
    """
    if figure not in FIGURES:
        raise CheckpointError(f"there is no figure {figure!r}; choose {', '.join(FIGURES)}")
    found = figures_of(checkpoint, text or own_words(checkpoint), [figure])
    if not found:
        raise CheckpointError(f"this {checkpoint.config.kind} has no figure {figure!r}")
    held = base64.b64encode(gzip.compress(checkpoint.to_bytes(storage), mtime=0)).decode()
    given = {
        "name": name,
        "start": found[0].widget.state(held_as=name),
        "sheet": assets.style(),
        "held": held,
    }
    constants = "".join(
        f"const rnnbook_{key} = {json.dumps(value)};\n" for key, value in given.items()
    )
    body = assets.module(figure).removesuffix("export default { render };\n")
    own = (_HERE / "module.js").read_text(encoding="utf-8")
    return body + constants + own
