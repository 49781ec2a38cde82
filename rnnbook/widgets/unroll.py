"""The "hello" network, unrolled.

Taught in the chapters *A network with memory* and *Learning through time*.
"""

from __future__ import annotations

from typing import Any

import traitlets

from rnnbook import hello
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure


class Unroll(LiveFigure):
    """The post's network of three units, step by step: forward, backward, and an update.

    The weights are those of :func:`rnnbook.hello.weights`. The trait ``step`` can be
    linked to other widgets: 0 is before the first character, 4 after the last, 8 when
    the gradient has come back to the first.

    Raises :class:`traitlets.TraitError` for a step that is not there.
    """

    _esm = assets.module("unroll")
    _css = assets.style()
    _widget = "unroll"
    _shared = ("step", "_vocab", "_word", "_weights_of")

    step = traitlets.Int(0).tag(sync=True)
    _vocab = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _word = traitlets.Unicode().tag(sync=True)
    _weights_of: traitlets.Dict[str, list[float]] = traitlets.Dict().tag(sync=True)

    def __init__(self, step: int = 0):
        super().__init__(
            _vocab=list(hello.CHARS),
            _word=hello.WORD,
            _weights_of={name: array.ravel().tolist() for name, array in hello.weights().items()},
        )
        self.step = step

    @traitlets.validate("step")
    def _valid_step(self, proposal: Any) -> int:
        last = 2 * (len(hello.WORD) - 1)
        if not 0 <= proposal["value"] <= last:
            raise traitlets.TraitError(f"the steps are 0 to {last}, not {proposal['value']}")
        return int(proposal["value"])

    def _still(self) -> str:
        lines = ["input  " + "  ".join(f"{char:>5}" for char in hello.WORD[:-1])]
        for row, char in enumerate(hello.CHARS):
            lines.append(
                f"{char:6} " + "  ".join(f"{value:5.1f}" for value in hello.LOGITS[:, row])
            )
        return "\n".join([*lines, "target " + "  ".join(f"{char:>5}" for char in hello.WORD[1:])])
