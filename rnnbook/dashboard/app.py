"""The dashboard: the laboratory and the workshop, one at a time on one page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import ipywidgets as widgets

from rnnbook import theme
from rnnbook.dashboard import kept, models
from rnnbook.dashboard.home import Home
from rnnbook.dashboard.laboratory import SETTLE, Laboratory
from rnnbook.dashboard.workshop import Workshop

#: The names of the two tabs.
LABORATORY, WORKSHOP = "Laboratory", "Train your own"


class Dashboard:
    """One visitor's dashboard. Show :attr:`box` in a notebook.

    ``names`` are names of shipped checkpoints or paths of others; by default, all
    that are known (see :func:`rnnbook.dashboard.models.names`), and the first is chosen.
    ``model_id`` is the number of the box among Jupyter's widgets, if it shall have a certain
    one. Raises :class:`CheckpointError` if a checkpoint cannot be read.
    """

    def __init__(self, names: Sequence[str] | None = None, model_id: str | None = None) -> None:
        self.laboratory = Laboratory(list(names or models.names()))
        self.workshop = Workshop(self._use)
        self.tabs = widgets.ToggleButtons(options=[LABORATORY, WORKSHOP])
        self.query = widgets.Text()  # the page writes its address's query here
        self.query.observe(lambda _: self._restore(), "value")
        self._boxes = {
            LABORATORY: _box(self.laboratory.children(), "rnnbook-laboratory"),
            WORKSHOP: _box(self.workshop.children(), "rnnbook-workshop"),
        }
        self.tabs.observe(lambda _: self._show(), "value")
        self._show()
        self.box = self._compose(model_id)
        self.home = Home()
        self.home.take_in(self.box)

    def _show(self) -> None:
        for name, box in self._boxes.items():
            box.layout.display = None if name == self.tabs.value else "none"

    def _restore(self) -> None:
        asked, later = self.query.value, self.laboratory.later
        if asked.startswith("{"):
            later.now(lambda: self._take_back(kept.read(asked)))
        elif asked:
            later.now(lambda: self.laboratory.restore(asked))

    def _take_back(self, record: kept.Kept) -> None:
        """Be again what the page was before its process ended."""
        later = self.laboratory.later
        if record.query:
            later.now(lambda: self.laboratory.restore(record.query))
        for name, box in self._boxes.items():
            kept.choose(box, record.fields.get(name, {}))
        if record.tab in self._boxes:
            self.tabs.value = record.tab
        later.soon(self.laboratory.welcome_back, SETTLE * 5)

    def _use(self, label: str, path: str) -> None:
        """A network that the visitor has trained or brought is chosen, and writes."""
        self.laboratory.controls.add_model(label, path)
        self.laboratory.later.now(self.laboratory.show_model)
        self.tabs.value = LABORATORY
        self.laboratory.later.now(self.laboratory.start)

    def _compose(self, model_id: str | None) -> widgets.Widget:
        style_sheet = widgets.HTML(f"<style>{style()}</style>").add_class("rnnbook-style")
        title = widgets.HTML(
            "<h1>Let it write</h1><p>A recurrent network draws one character after another.</p>"
        ).add_class("rnnbook-title")
        head = widgets.HBox([title, self.tabs.add_class("rnnbook-tabs")]).add_class("rnnbook-head")
        hidden = self.query.add_class("rnnbook-query")
        boxes = [style_sheet, head, *self._boxes.values(), hidden]
        chosen = {"model_id": model_id} if model_id else {}
        return widgets.Box(boxes, **chosen).add_class("rnnbook-dashboard")


def _box(children: list[widgets.Widget], name: str) -> widgets.Widget:
    return widgets.Box(children).add_class("rnnbook-tab").add_class(name)


def style() -> str:
    """The style sheet. Voila follows the visitor's system, JupyterLab its own theme."""
    light, dark = theme.css_variables("light"), theme.css_variables("dark")
    own = (Path(__file__).parent / "dashboard.css").read_text(encoding="utf-8")
    is_dark = 'body[data-jp-theme-light="false"]'
    return (
        f"body[data-voila], .rnnbook-dashboard {{ {light} }}\n"
        "@media (prefers-color-scheme: dark) {"
        f" body[data-voila], body[data-voila] .rnnbook-dashboard {{ {dark} }} }}\n"
        f"{is_dark}, {is_dark} .rnnbook-dashboard {{ {dark} }}\n{_shades()}\n"
        f"{re.sub(r'/[*].*?[*]/', '', own, flags=re.DOTALL)}"
    )


def _shades() -> str:
    """The colours of characters: s1 to s7 by surprise, u0 to u8 by a unit."""
    rules = [
        f".rnnbook-tab .s{level} {{ background: {_mixed(theme.SEQUENTIAL[3], 8 * level)}; }}"
        for level in range(1, 8)
    ]
    low, high = theme.DIVERGING[0], theme.DIVERGING[-1]
    for level in (0, 1, 2, 3, 5, 6, 7, 8):
        colour = _mixed(low if level < 4 else high, 14 * abs(level - 4))
        rules.append(f".rnnbook-tab .u{level} {{ background: {colour}; }}")
    return "\n".join(rules)


def _mixed(colour: str, percent: int) -> str:
    return f"color-mix(in srgb, {colour} {percent}%, transparent)"
