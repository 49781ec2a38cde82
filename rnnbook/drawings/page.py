"""A drawing on the page: with its caption, and with words for those who cannot see it."""

from __future__ import annotations

from html import escape

from rnnbook.drawings.canvas import Drawing


def figure_html(drawing: Drawing, caption: str) -> str:
    """What :func:`show` displays: a ``<figure>`` with the drawing inside the page.

    Raises :class:`ValueError` if the caption or the alternative text is empty.
    """
    if not caption.strip() or not drawing.alt.strip():
        raise ValueError("a drawing needs a caption and an alternative text")
    return (
        f'<figure class="rnnbook-plot" style="margin: 1.2em 0">{drawing.svg()}'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def show(drawing: Drawing, caption: str) -> None:
    """Display a drawing with its caption."""
    from IPython.display import HTML, display

    display(HTML(figure_html(drawing, caption)))
