"""The LSTM and the GRU as drawings, gate by gate along the belt.

A unit's cell state runs along the belt on top; whatever touches it comes from below, and
that from the two things that every gate looks at, x and the old h. The symbols are those of
the equations in :mod:`rnnbook.recurrent`.

Used in the chapter *Long memory*. After the drawings of Olah (2015), "Understanding LSTM
Networks", in a hand of their own.
"""

from __future__ import annotations

from collections.abc import Collection

from rnnbook.drawings.canvas import RADIUS as R
from rnnbook.drawings.canvas import Drawing

#: The parts of the LSTM in the order in which they are explained.
LSTM_STAGES = ("belt", "inputs", "forget", "input", "candidate", "write", "output")
#: The parts of the GRU.
GRU_STAGES = ("belt", "inputs", "reset", "candidate", "update", "write")

_BELT, _GATES, _FLOOR = 62.0, 190.0, 240.0  # the heights of the belt, the gates and the inputs
_TOP, _BOTTOM = _GATES - 17, _GATES + 17  # of a gate

_LSTM_SAID = {
    "belt": "A broad belt, the cell state, runs straight through the cell from left to right, "
    "from c t minus 1 to c t.",
    "inputs": "Below it x t and h t minus 1 enter and run together along the floor of the cell.",
    "forget": "A logistic gate, f t, rises from the floor and multiplies the belt.",
    "input": "To its right a second logistic gate, i t, rises to another multiplication.",
    "candidate": "A tanh, g t, rises beside it to the same multiplication, below the belt.",
    "write": "Their product is added to the belt.",
    "output": "At the right a branch of the belt goes down through tanh, is multiplied by a "
    "third logistic gate, o t, and leaves the cell as h t.",
}
_GRU_SAID = {
    "belt": "A broad belt, the hidden state, runs straight through the cell from left to right, "
    "from h t minus 1 to h t.",
    "inputs": "A branch of it runs along the floor of the cell, with x t on a line below.",
    "reset": "A logistic gate, r t, multiplies the branch before it reaches the candidate.",
    "candidate": "At the right a tanh, n t, reads x t and what is left of the branch.",
    "update": "At the left a logistic gate, z t, multiplies the belt.",
    "write": "One minus z t multiplies n t, and the product is added to the belt.",
}


def lstm(until: str = "output", *, new: Collection[str] = (), live: bool = False) -> Drawing:
    """An LSTM cell up to one of :data:`LSTM_STAGES`; what comes later is only hinted at.

    The gates of the stages that are ``new`` are marked.

    A live one has places for numbers, which a script fills: ``f``, ``i``, ``g``, ``o``,
    ``c-before``, ``kept``, ``written``, ``c``, ``h-before``, ``h`` and ``x``.

    Raises :class:`ValueError` for another stage.
    """
    drawn = Stages(LSTM_STAGES, until, live, new)
    drawing = Drawing(544, 318, "The LSTM cell", drawn.said(_LSTM_SAID))
    drawing.frame(60, 20, 422, 250)
    for stage, draw in zip(
        LSTM_STAGES, (_belt, _inputs, _forget, _input, _candidate, _write, _output), strict=True
    ):
        with drawing.part(stage, ghost=drawn.is_ghost(stage), new=stage in new):
            draw(drawing)
    if live:
        _places(
            drawing,
            {"c-before": (30, 92), "kept": (206, 48), "c": (511, 92), "h-before": (30, 270),
             "h": (511, 270)},
            {"f": (157, 167), "i": (237, 167), "g": (318, 167), "o": (403, 168),
             "written": (294, 100)},
        )  # fmt: skip
        drawing.words(122, 306, "", anchor="start", strong=True, name="x", letters=18)
    return drawing


def gru(until: str = "write", *, new: Collection[str] = (), live: bool = False) -> Drawing:
    """A GRU cell up to one of :data:`GRU_STAGES`, as :func:`lstm`; a live one has places for
    ``r``, ``z``, ``n``, ``h-before``, ``kept``, ``written``, ``h`` and ``x``.

    Raises :class:`ValueError` for another stage.
    """
    drawn = Stages(GRU_STAGES, until, live, new)
    drawing = Drawing(544, 318, "The GRU cell", drawn.said(_GRU_SAID))
    drawing.frame(60, 20, 422, 250)
    for stage, draw in zip(
        GRU_STAGES,
        (_gru_belt, _gru_inputs, _reset, _gru_candidate, _update, _gru_write),
        strict=True,
    ):
        with drawing.part(stage, ghost=drawn.is_ghost(stage), new=stage in new):
            draw(drawing)
    if live:
        _places(
            drawing,
            {"h-before": (30, 92), "kept": (256, 48), "h": (511, 92)},
            {"z": (173, 168), "r": (259, 168), "n": (402, 168), "written": (378, 93)},
        )  # fmt: skip
        drawing.words(140, 306, "", anchor="start", strong=True, name="x", letters=18)
    return drawing


class Stages:
    """How far a drawing is built."""

    def __init__(self, stages: tuple[str, ...], until: str, live: bool, new: Collection[str]):
        for stage in (until, *new):
            if stage not in stages:
                raise ValueError(f"the stages are {', '.join(stages)}, not {stage!r}")
        self.shown, self.live = stages[: stages.index(until) + 1], live

    def is_ghost(self, stage: str) -> bool:
        return not self.live and stage not in self.shown

    def said(self, words: dict[str, str]) -> str:
        return " ".join(words[stage] for stage in self.shown)


def _places(
    drawing: Drawing, middle: dict[str, tuple[float, float]], start: dict[str, tuple[float, float]]
) -> None:
    """Where a script writes numbers: around their middles, or from a start."""
    for anchor, places in (("middle", middle), ("start", start)):
        for name, (x, y) in places.items():
            drawing.words(x, y, "", anchor=anchor, letters=16.5, strong=True, name=name)


def _belt(drawing: Drawing) -> None:
    drawing.belt((6, _BELT), (126 - R, _BELT), name="belt-before")
    drawing.belt((126 + R, _BELT), (286 - R, _BELT), name="belt-kept")
    drawing.belt((286 + R, _BELT), (538, _BELT), arrow=True, name="belt-after")
    drawing.operation(126, _BELT, "×")
    drawing.operation(286, _BELT, "+")
    drawing.label(30, 46, "c_{t-1}", letters=21)
    drawing.label(510, 46, "c_t", letters=21)


def _inputs(drawing: Drawing) -> None:
    drawing.line((6, _FLOOR), (372, _FLOOR), kind="h", arrow=False)
    drawing.line((90, 314), (90, _FLOOR), (112, _FLOOR), kind="x", arrow=False)
    drawing.label(30, 228, "h_{t-1}", letters=21)
    drawing.label(98, 306, "x_t", anchor="start", letters=21)


def _gate(drawing: Drawing, x: float, label: str, name: str) -> None:
    """A box that looks at x and h, and the symbol of what comes out."""
    drawing.line((x, _FLOOR), (x, _BOTTOM), kind="h")
    drawing.dot(x, _FLOOR, "h")
    drawing.box(x, _GATES, label, name=f"gate-{name}")
    drawing.label(x + 7, 164, f"{name}_t", anchor="start", letters=20)


def _forget(drawing: Drawing) -> None:
    _gate(drawing, 126, "σ", "f")
    drawing.line((126, _TOP), (126, _BELT + R), name="way-f")


def _input(drawing: Drawing) -> None:
    _gate(drawing, 206, "σ", "i")
    drawing.line((206, _TOP), (206, 124), (286 - R, 124), name="way-i")
    drawing.operation(286, 124, "×")


def _candidate(drawing: Drawing) -> None:
    _gate(drawing, 286, "tanh", "g")
    drawing.line((286, _TOP), (286, 124 + R), name="way-g")


def _write(drawing: Drawing) -> None:
    drawing.line((286, 124 - R), (286, _BELT + R), name="way-written")


def _output(drawing: Drawing) -> None:
    _gate(drawing, 372, "σ", "o")
    drawing.dot(450, _BELT, "c")
    drawing.line((450, _BELT), (450, 92), kind="c", name="way-c")
    drawing.box(450, 104, "tanh", size=(46, 24), letters=15, name="gate-tanh")
    drawing.line((450, 116), (450, 148 - R), kind="c", name="way-tanh")
    drawing.operation(450, 148, "×")
    drawing.line((372, _TOP), (372, 148), (450 - R, 148), name="way-o")
    drawing.line((450, 148 + R), (450, _FLOOR), (538, _FLOOR), kind="h", name="way-h")
    drawing.label(510, 228, "h_t", letters=21)


def _gru_belt(drawing: Drawing) -> None:
    drawing.belt((6, _BELT), (142 - R, _BELT), kind="h", name="belt-before")
    drawing.belt((142 + R, _BELT), (370 - R, _BELT), kind="h", name="belt-kept")
    drawing.belt((370 + R, _BELT), (538, _BELT), kind="h", arrow=True, name="belt-after")
    drawing.operation(142, _BELT, "×")
    drawing.operation(370, _BELT, "+")
    drawing.label(30, 46, "h_{t-1}", letters=21)
    drawing.label(510, 46, "h_t", letters=21)


def _gru_inputs(drawing: Drawing) -> None:
    drawing.dot(88, _BELT, "h")
    drawing.line((88, _BELT), (88, 228), (306 - R, 228), kind="h")
    drawing.line((108, 314), (108, 254), (370, 254), kind="x", arrow=False)
    drawing.label(116, 306, "x_t", anchor="start", letters=21)


def _gru_gate(drawing: Drawing, x: float, label: str, name: str) -> None:
    drawing.line((x, 254), (x, _BOTTOM), kind="x")
    drawing.dot(x, 254, "x")
    if name != "n":
        drawing.dot(x, 228, "h")
    drawing.box(x, _GATES, label, name=f"gate-{name}")
    drawing.label(x + 7, 164, f"{name}_t", anchor="start", letters=20)


def _reset(drawing: Drawing) -> None:
    _gru_gate(drawing, 228, "σ", "r")
    drawing.line((228, _TOP), (228, 144), (306, 144), (306, 228 - R), name="way-r")
    drawing.operation(306, 228, "×")


def _gru_candidate(drawing: Drawing) -> None:
    _gru_gate(drawing, 370, "tanh", "n")
    drawing.line((306 + R, 228), (370, 228), kind="h", arrow=False)
    drawing.dot(370, 228, "h")
    drawing.line((370, _TOP), (370, 112 + R), name="way-n")
    drawing.operation(370, 112, "×")


def _update(drawing: Drawing) -> None:
    _gru_gate(drawing, 142, "σ", "z")
    drawing.line((142, _TOP), (142, _BELT + R), name="way-z")


def _gru_write(drawing: Drawing) -> None:
    drawing.dot(142, 112)
    drawing.line((142, 112), (232, 112), arrow=False)
    drawing.box(256, 112, "1-z_t", size=(50, 26), letters=15, name="gate-rest")
    drawing.line((281, 112), (370 - R, 112), name="way-rest")
    drawing.line((370, 112 - R), (370, _BELT + R), name="way-written")
