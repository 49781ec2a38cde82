"""An encoder and a decoder, and where the decoder looks while it writes.

Used in the chapter *Beyond characters*.
"""

from __future__ import annotations

from rnnbook.drawings.canvas import Drawing

_STEP, _BOX = 34.0, 27.0
_WRITTEN, _READ = 74.0, 232.0  # the rows


def encoder_decoder(source: str, target: str) -> Drawing:
    """Both networks over the characters that they read and write; a script draws the looks.

    The lines from a decoder's state to the encoder's are ``look-K``, and all of them are drawn
    from the first letter; a script moves them and gives them their weights.
    """
    count = max(len(source), len(target))
    alt = (
        f"Below, the encoder: a row of {len(source)} states, one for each character of {source}. "
        f"The last is handed to the decoder above: a row of {len(target)} states, one for each "
        f"character of {target}. Lines from one state of the decoder to those of the encoder are "
        "the broader, the more weight it gives them."
    )
    width = _STEP * count + 40
    drawing = Drawing(width, 286, "An encoder, a decoder, and attention", alt)
    for k in range(len(source)):
        with drawing.group(f"look-{k}"):
            drawing.mark(
                f'<line x1="{place(0, len(target), width):g}" y1="{_WRITTEN + _BOX / 2:g}" '
                f'x2="{place(k, len(source), width):g}" y2="{_READ - _BOX / 2:g}" '
                'stroke="currentColor" stroke-linecap="round" stroke-width="1"/>'
            )
    _row(drawing, source, _READ, "h", width, letters_at=_READ + 36, name="read")
    _row(drawing, target, _WRITTEN, "y", width, letters_at=_WRITTEN - 24, name="written")
    last, first = place(len(source) - 1, len(source), width), place(0, len(target), width)
    drawing.line(
        (last + _BOX / 2, _READ), (width - 8, _READ), (width - 8, 16), (first - 26, 16),
        (first - 26, _WRITTEN), (first - _BOX / 2 - 1, _WRITTEN), kind="h",
    )  # fmt: skip
    return drawing


def place(number: int, count: int, width: float) -> float:
    """The middle of a state in a row of so many; rows stand in the middle of the drawing."""
    return (width - _STEP * (count - 1)) / 2 + _STEP * number + 6


def _row(
    drawing: Drawing, text: str, y: float, kind: str, width: float, *, letters_at: float, name: str
) -> None:
    for k, char in enumerate(text):
        x = place(k, len(text), width)
        if k:
            drawing.line((x - _STEP + _BOX / 2, y), (x - _BOX / 2, y), kind="h", arrow=False)
        drawing.box(x, y, size=(_BOX, _BOX), kind=kind, name=f"{name}-box-{k}")
        drawing.words(x, letters_at, "␣" if char == " " else char, letters=18, name=f"{name}-{k}")
