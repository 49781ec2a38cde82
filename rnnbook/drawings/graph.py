"""The chain rule as a graph: numbers forward, slopes backward, and two ways that add up.

A recurrent network of one unit takes two steps with one weight: h1 = tanh(w h0), then
h2 = tanh(w h1), and the loss is half the square of what h2 lacks to 1.

Used in the chapter *Learning through time*.
"""

from __future__ import annotations

from rnnbook.drawings.canvas import RADIUS as R
from rnnbook.drawings.canvas import Drawing

_ROW, _BACK, _WEIGHT = 70.0, 82.0, 194.0
_TIMES, _TANH, _LOSS = (96.0, 272.0), (184.0, 360.0), 452.0
ALT = (
    "A graph from left to right: h 0 is multiplied by the weight w, the product a 1 goes through "
    "tanh and becomes h 1; h 1 is multiplied by the same w, the product a 2 goes through tanh and "
    "becomes h 2; h 2 gives the loss. Beside each arrow a second one leads back. Two of them meet "
    "at w."
)


def chain_rule() -> Drawing:
    """The graph with places for its numbers, which a script fills.

    Numbers forward are ``h0``, ``a1``, ``h1``, ``a2``, ``h2``, ``loss`` and ``w``. A way back is a
    group, ``back-`` and the name of what it leads to, with its number ``d-`` and that name;
    the two that meet at the weight are ``w1`` and ``w2``, and their sum is ``sum``.
    """
    drawing = Drawing(490, 244, "The chain rule in a network of one unit", ALT)
    _forward(drawing)
    for number, x in enumerate(_TIMES, start=1):
        drawing.operation(x, _ROW, "×")
        drawing.box(_TANH[number - 1], _ROW, "tanh", size=(50, 34), letters=17)
    drawing.box(_LOSS, _ROW, "loss", size=(56, 34), kind="y", letters=17)
    drawing.words(_LOSS, 45, "", letters=16.5, strong=True, name="loss")
    drawing.box(184, _WEIGHT, size=(92, 34))
    drawing.label(160, _WEIGHT + 6, "w", letters=19)
    drawing.words(195, _WEIGHT + 6, "", letters=16.5, strong=True, name="w")
    _backward(drawing)
    return drawing


def _forward(drawing: Drawing) -> None:
    ends = [
        ("h0", "h_0", 6, _TIMES[0] - R),
        ("a1", "a_1", _TIMES[0] + R, _TANH[0] - 25),
        ("h1", "h_1", _TANH[0] + 25, _TIMES[1] - R),
        ("a2", "a_2", _TIMES[1] + R, _TANH[1] - 25),
        ("h2", "h_2", _TANH[1] + 25, _LOSS - 28),
    ]
    for name, symbol, start, end in ends:
        middle, kind = (start + end) / 2 - 2, "h" if name[0] == "h" else ""
        with drawing.group(f"way-{name}"):
            drawing.line((start, _ROW), (end - 1, _ROW), kind=kind)
            drawing.label(middle, 25, symbol, letters=19)
            drawing.words(middle, 50, "", letters=16.5, strong=True, name=name)
    for x, side in ((_TIMES[0], 138), (_TIMES[1], 230)):
        drawing.line((side, _WEIGHT), (x, _WEIGHT), (x, _ROW + R + 1))


def _backward(drawing: Drawing) -> None:
    ends = [
        ("h2", _LOSS - 28, _TANH[1] + 25), ("a2", _TANH[1] - 25, _TIMES[1] + R),
        ("h1", _TIMES[1] - R, _TANH[0] + 25), ("a1", _TANH[0] - 25, _TIMES[0] + R),
        ("h0", _TIMES[0] - R, 6),
    ]  # fmt: skip
    for name, start, end in ends:
        with drawing.group(f"back-{name}"):
            drawing.line((start - 1, _BACK), (end + 1, _BACK), kind="d")
            drawing.words((start + end) / 2, 107, "", letters=16.5, kind="d", strong=True,
                          name=f"d-{name}")  # fmt: skip
    for number, x in enumerate(_TIMES, start=1):
        with drawing.group(f"back-w{number}"):
            drawing.line((x + 11, _ROW + R + 4), (x + 11, _WEIGHT - 16), kind="d")
            drawing.words(x + 19, 148, "", anchor="start", letters=16.5, kind="d", strong=True,
                          name=f"d-w{number}")  # fmt: skip
    with drawing.group("back-sum"):
        drawing.words(184, 235, "", letters=16.5, kind="d", strong=True, name="sum")
