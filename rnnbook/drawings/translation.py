"""An encoder and a decoder, and where the decoder looks while it writes.

Used in the chapter *Beyond characters*.
"""

from __future__ import annotations

from rnnbook.drawings.canvas import Drawing

_WIDEST, _WIDTH = 34.0, 544.0  # from one state to the next, and of a row at most
_WRITTEN, _READ = 74.0, 232.0  # the rows


def encoder_decoder(source: str, target: str) -> Drawing:
    """Both networks over the characters that they read and write; a script draws the looks.

    The lines from a decoder's state to the encoder's are ``look-K``, and all of them are drawn
    from the first letter; a script moves them and gives them their weights.
    """
    step = min(_WIDEST, _WIDTH / max(len(source), len(target)))
    width = step * max(len(source), len(target)) + 40
    above, below = _places(len(target), width, step), _places(len(source), width, step)
    alt = (
        f"Below, the encoder: a row of {len(source)} states, one for each character of {source}. "
        f"The last is handed to the decoder above: a row of {len(target)} states, one for each "
        f"character of {target}. Lines from one state of the decoder to those of the encoder are "
        "the broader, the more weight it gives them."
    )
    drawing = Drawing(width, 286, "An encoder, a decoder, and attention", alt)
    half = 0.39 * step  # of a state's box
    for k, x in enumerate(below):
        with drawing.group(f"look-{k}"):
            drawing.mark(
                f'<line x1="{above[0]:g}" y1="{_WRITTEN + half:g}" x2="{x:g}" '
                f'y2="{_READ - half:g}" stroke="currentColor" stroke-linecap="round" '
                'stroke-width="1"/>'
            )
    _row(drawing, source, below, _READ, half, kind="h", letters_at=_READ + half + 23, name="read")
    _row(
        drawing, target, above, _WRITTEN, half, kind="y", letters_at=_WRITTEN - half - 9,
        name="written",
    )  # fmt: skip
    side = above[0] - half - 14
    drawing.line(
        (below[-1] + half, _READ), (width - 6, _READ), (width - 6, 14), (side, 14),
        (side, _WRITTEN), (above[0] - half - 1, _WRITTEN), kind="h",
    )  # fmt: skip
    return drawing


def _places(count: int, width: float, step: float) -> list[float]:
    """The middles of so many states in a row, which stands in the middle of the drawing."""
    first = (width - step * (count - 1)) / 2 + 3
    return [first + step * number for number in range(count)]


def _row(
    drawing: Drawing,
    text: str,
    places: list[float],
    y: float,
    half: float,
    *,
    kind: str,
    letters_at: float,
    name: str,
) -> None:
    for k, (char, x) in enumerate(zip(text, places, strict=True)):
        if k:
            drawing.line((places[k - 1] + half, y), (x - half, y), kind="h", arrow=False)
        drawing.box(x, y, size=(2 * half, 2 * half), kind=kind, name=f"{name}-box-{k}")
        shown, letters = ("␣" if char == " " else char), min(18.0, 2.3 * half)
        drawing.words(x, letters_at, shown, letters=letters, name=f"{name}-{k}")
