"""The widgets that show what came of it: each picture is the value of an HTML widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from rnnbook.dashboard import pictures

#: A text is shown in pieces of so many characters, and only the last is sent again when
#: it grows: a thousand characters cost the socket no more than two hundred.
PIECE = 200


class Passage:
    """A text that grows: a box of pieces that flow into one another."""

    def __init__(self) -> None:
        first = widgets.HTML()
        self._shared = {"layout": first.layout, "style": first.style}  # a third of the models
        self.flow = widgets.Box([first]).add_class("rnnbook-flow")
        self.box = widgets.Box([self.flow]).add_class("rnnbook-page")
        self._grow(2)

    @property
    def html(self) -> str:
        """Everything that is shown."""
        return "".join(piece.value for piece in self.flow.children)

    def show(
        self,
        prompt: str,
        prompt_classes: Sequence[str],
        chars: Sequence[str],
        classes: Sequence[str],
        *,
        since: int = 0,
        is_writing: bool = False,
    ) -> None:
        """Show a prompt and the characters after it, each with the class of its colour.

        The characters before ``since`` are shown already.
        """
        count = 1 + max(1, -(-len(chars) // PIECE))
        self._grow(count)
        pieces = self.flow.children
        pieces[0].value = pictures.prompt_html(prompt, prompt_classes)
        for number in range(1 + max(0, since - 1) // PIECE, len(pieces)):  # less the last cursor
            part = slice((number - 1) * PIECE, number * PIECE)
            html = pictures.passage_html(chars[part], classes[part])
            is_last = number == count - 1
            pieces[number].value = html + pictures.CURSOR if is_writing and is_last else html

    def _grow(self, count: int) -> None:
        missing = count - len(self.flow.children)
        if missing > 0:
            new = [widgets.HTML(**self._shared) for _ in range(missing)]
            self.flow.children = (*self.flow.children, *new)


class Views:
    """Everything that the laboratory shows."""

    def __init__(self) -> None:
        self.card = html("facts")
        self.passages = (Passage(), Passage())
        self.heads = (html("headline"), html("headline"))
        self.message = html("message")
        self.distribution = html("distribution")
        self.measures = html("shares")
        self.heatmap = html("heatmap", tabbable=True)
        columns = [
            widgets.VBox([head, passage.box]).add_class("rnnbook-column")
            for head, passage in zip(self.heads, self.passages, strict=True)
        ]
        self.second = columns[1]
        self.texts = widgets.HBox(columns).add_class("rnnbook-texts")
        self.show_columns(1)

    def show_columns(self, number: int, heads: Sequence[str] = ("", "")) -> None:
        """One text, or two side by side with what each was written with."""
        self.second.layout.display = None if number == 2 else "none"
        for view, head in zip(self.heads, heads, strict=True):
            view.value = pictures.message_html(head)
            view.layout.display = None if number == 2 else "none"

    def all(self) -> list[widgets.HTML]:
        """Every view that the first screen fills."""
        return [self.card, self.message, self.distribution, self.measures, self.heatmap]


def html(name: str, **traits: Any) -> widgets.HTML:
    """An HTML widget with a class of its own."""
    return widgets.HTML(**traits).add_class(f"rnnbook-{name}")
