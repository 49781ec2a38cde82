"""The dashboard: the panels, and what happens when they are touched."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from rnnbook import checkpoints, theme
from rnnbook.dashboard import pictures, state
from rnnbook.dashboard.panels import Controls, Views
from rnnbook.dashboard.state import Writing
from rnnbook.errors import RnnbookError

#: A view is renewed this often while a text is written, in seconds.
REFRESH = 0.05
#: And this many characters are drawn between two looks at the clock.
CHUNK = 12


class Dashboard:
    """One visitor's dashboard. Show :attr:`box` in a notebook."""

    def __init__(self) -> None:
        names = checkpoints.shipped()
        first = "shakespeare" if "shakespeare" in names else names[0]
        self.controls, self.views = Controls(names, first), Views.empty()
        self.writing: Writing | None = None
        self.task: asyncio.Task[None] | None = None
        self._listen()
        self.show_model()
        self.show_distribution()
        self.box = self._compose()

    def _listen(self) -> None:
        controls = self.controls
        controls.generate.on_click(lambda _: self.start())
        controls.stop.on_click(lambda _: self.stop())
        controls.model.observe(self._changed, "value")
        for control in (controls.prompt, controls.temperature):
            control.observe(lambda _: self.show_distribution(), "value")

    def _changed(self, change: Any) -> None:
        self.show_model()
        self.show_distribution()

    def show_model(self) -> None:
        """The card of the chosen model."""
        self.views.card.value = pictures.note_html(state.card(self.controls.model.value))

    def show_distribution(self) -> None:
        """What may come after the prompt, at the chosen temperature."""
        try:
            chosen = self.controls.settings()
            checkpoint, _ = state.load(chosen.model)
            logits = state.next_logits(chosen.model, chosen.prompt or "\n")
            self.views.distribution.value = pictures.distribution_html(
                logits, list(checkpoint.vocab), chosen.temperature
            )
            self.views.message.value = ""
        except RnnbookError as error:
            self.say(str(error), is_problem=True)

    def say(self, text: str, *, is_problem: bool = False) -> None:
        self.views.message.value = pictures.message_html(text, is_problem=is_problem)

    def start(self) -> None:
        """Begin a new text; one that is being written ends."""
        self._cancel()
        try:
            self.writing = Writing(self.controls.settings())
            draws = self.writing.draws()
            next(draws)
        except RnnbookError as error:
            return self.say(str(error), is_problem=True)
        self.controls.stop.disabled = False
        self.say("Writing …")
        self.task = asyncio.get_running_loop().create_task(self._write(self.writing, draws))

    async def _write(self, writing: Writing, draws: Any) -> None:
        """Draw the rest, and let the kernel hear the visitor in between."""
        for _ in draws:
            if len(writing.chars) % CHUNK == 0:
                self._show_text(writing, is_writing=True)
                await asyncio.sleep(REFRESH)
        self._finish(writing, f"Wrote {len(writing.chars)} characters.")

    def stop(self) -> None:
        """End the text where it is; what was written stays."""
        if self.task is not None and not self.task.done() and self.writing is not None:
            self._cancel()
            self._finish(self.writing, f"Stopped after {len(self.writing.chars)} characters.")

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self.task = None

    def _finish(self, writing: Writing, message: str) -> None:
        self.controls.stop.disabled = True
        self._show_text(writing)
        read = writing.settings.prompt + writing.text
        trace = state.trace_of_end(writing.settings.model, read, pictures.NUM_CHARS)
        self.views.heatmap.value = pictures.heatmap_html(trace)
        self.say(message)

    def _show_text(self, writing: Writing, *, is_writing: bool = False) -> None:
        self.views.text.value = pictures.text_html(
            writing.settings.prompt, writing.text, writing=is_writing
        )

    def _compose(self) -> widgets.Widget:
        """One screen: controls at the left, the text at the right, the network below."""
        views = self.views
        views.text.value = pictures.text_html("", "")
        head = widgets.HTML(
            "<h1>Let it write</h1><p class='rnnbook-said'>A recurrent network draws one "
            "character after another. Move the temperature, change the seed, look inside.</p>"
        )
        left = widgets.VBox([self.controls.box(), views.card]).add_class("rnnbook-left")
        right = widgets.VBox([views.text, views.message]).add_class("rnnbook-right")
        top = widgets.Box([left, right]).add_class("rnnbook-columns")
        below = widgets.Box([views.distribution, views.heatmap]).add_class("rnnbook-below")
        page = widgets.VBox([widgets.HTML(f"<style>{style()}</style>"), head, top, below])
        return page.add_class("rnnbook-dashboard")


def style() -> str:
    """The style sheet, light and dark."""
    light, dark = theme.css_variables("light"), theme.css_variables("dark")
    own = (Path(__file__).parent / "dashboard.css").read_text(encoding="utf-8")
    return f":root {{ {light} }} @media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }} {own}"
