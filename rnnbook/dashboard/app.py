"""The dashboard: the panels, and what happens when they are touched."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from rnnbook import plots, theme
from rnnbook.dashboard import pictures, state
from rnnbook.dashboard.panels import Controls, Views
from rnnbook.dashboard.state import Writing
from rnnbook.errors import RnnbookError
from rnnbook.sampling import next_char_probs

#: So many characters are drawn, and then the page has so many seconds to show them.
CHUNK, PAUSE = 10, 0.04
#: The heatmap is drawn again so often while a text is written, in seconds.
REDRAW = 0.5
#: A slider that moves is waited for so long, in seconds, before a picture is drawn.
SETTLE = 0.02
#: And a click so long before a text begins: the page sends a slider's last movement only
#: when the one before was answered, so that a click may arrive first.
GATHER = 0.15
_log = logging.getLogger(__name__)


class Dashboard:
    """One visitor's dashboard. Show :attr:`box` in a notebook.

    ``models`` are names of shipped checkpoints or paths of others; by default, all
    that are known (see :func:`rnnbook.dashboard.state.models`), and the first is chosen.
    Raises :class:`CheckpointError` if one cannot be read.
    """

    def __init__(self, models: Sequence[str] | None = None) -> None:
        names = list(models or state.models())
        self.controls = Controls([(state.label(name), name) for name in names], names[0])
        self.views = Views()
        self.writing: Writing | None = None
        self.task: asyncio.Task[None] | None = None
        self._pending: dict[Callable[[], None], asyncio.Task[None]] = {}
        self._logits: NDArray[np.floating] | None = None  # (V,), after what was read last
        self._listen()
        self.box = self._compose()
        self._guarded(self._begin)

    def _listen(self) -> None:
        controls = self.controls
        controls.generate.on_click(lambda _: self._soon(self.start, GATHER))
        controls.stop.on_click(lambda _: self._guarded(self.stop))
        controls.model.observe(lambda _: self._guarded(self.show_model), "value")
        controls.prompt.observe(lambda _: self._soon(self.read_prompt), "value")
        controls.temperature.observe(lambda _: self._soon(self.show_distribution), "value")

    def _begin(self) -> None:
        """The first screen: a text that is there at once, and the network that wrote it."""
        self.show_model()
        writing = Writing(self.controls.settings())
        for _ in writing.draws():
            pass
        self._finish(writing, "Press Generate to see it written, with the same seed or another.")

    def show_model(self) -> None:
        """The chosen model's card, and what it expects after the prompt."""
        self.views.card.value = pictures.card_html(state.card(self.controls.model.value))
        self._logits, self.views.distribution.value = None, ""
        self.read_prompt()

    def read_prompt(self) -> None:
        """Go back to what may come after the prompt; say so if the model cannot read it."""
        chosen = self.controls.settings()
        logits = state.next_logits(chosen.model, chosen.prompt)
        if not self._is_writing():
            self._expect(chosen.model, chosen.prompt, logits)
            self.say("")

    def _expect(self, model: str, read: str, logits: NDArray[np.floating]) -> None:
        """Keep what a model expects after a text, and show it."""
        self._logits, self._chars, self._read = logits, state.load(model)[1].vocab, read
        self.show_distribution()

    def show_distribution(self) -> None:
        """What may come after the text that was read last, at the chosen temperature."""
        temperature = self.controls.temperature.value
        if self._logits is not None and not self._is_writing():
            probs = next_char_probs(self._logits, temperature)
            caption = f"after “{pictures.end_of(self._read)}”, at temperature {temperature:.2f}"
            self.views.distribution.value = pictures.distribution_html(probs, self._chars, caption)

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Show a sentence under the text."""
        self.views.message.value = pictures.message_html(text, is_problem=is_problem)

    def start(self) -> None:
        """Begin a new text; one that is being written ends.

        The settings and the prompt are checked first: if they are refused, what is on
        the screen stays, and an ``RnnbookError`` is raised.
        """
        writing = Writing(self.controls.settings())
        draws = writing.draws()
        next(draws)
        self._cancel()
        for pending in self._pending.values():
            pending.cancel()
        self._pending.clear()
        self.writing = writing
        self.controls.stop.disabled = False
        self.say("Writing …")
        self.task = asyncio.get_running_loop().create_task(self._write(writing, draws))

    async def _write(self, writing: Writing, draws: Iterator[str]) -> None:
        """Draw the rest, and let the kernel hear the visitor in between."""
        drawn_at = time.monotonic()
        try:
            for _ in draws:
                if len(writing.chars) % CHUNK == 0:
                    self._show_text(writing, is_writing=True)
                    self._show_draw(writing)
                    await asyncio.sleep(PAUSE)
                if time.monotonic() - drawn_at > REDRAW:
                    self._show_heatmap(writing)
                    drawn_at = time.monotonic()
            self._finish(writing, f"Wrote {len(writing.chars):,} characters.")
        except Exception as error:
            self._report(error)

    def stop(self) -> None:
        """End the text where it is; what was written stays."""
        if self.start in self._pending:
            self._pending.pop(self.start).cancel()
        if self._is_writing() and self.writing is not None:
            self._cancel()
            self._finish(self.writing, f"Stopped after {len(self.writing.chars):,} characters.")

    def _is_writing(self) -> bool:
        return self.task is not None and not self.task.done()

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self.task = None

    def _finish(self, writing: Writing, message: str) -> None:
        self.writing, self.task = writing, None
        self.controls.stop.disabled = True
        self._show_text(writing)
        logits = writing.finish()
        self._expect(writing.settings.model, writing.read, logits)
        self._show_heatmap(writing)
        self.say(message)

    def _show_text(self, writing: Writing, *, is_writing: bool = False) -> None:
        self.views.text.value = pictures.text_html(
            writing.settings.prompt, writing.text, writing=is_writing
        )

    def _show_draw(self, writing: Writing) -> None:
        """What the last character was drawn from."""
        vocab, drawn = state.load(writing.settings.model)[1].vocab, writing.chars[-1]
        caption = f"after “{pictures.end_of(writing.read)}”: drew {plots.visible(drawn)}"
        if writing.probs is not None:
            self.views.distribution.value = pictures.distribution_html(
                writing.probs, vocab, caption, drawn
            )

    def _show_heatmap(self, writing: Writing) -> None:
        units = state.lively_units(writing.settings.model, pictures.NUM_UNITS)
        self.views.heatmap.value = pictures.heatmap_html(
            writing.hidden, writing.read, units.tolist()
        )

    def _soon(self, action: Callable[[], None], seconds: float = SETTLE) -> None:
        """Do it once the visitor's hand rests; without a running loop, at once."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return self._guarded(action)
        if action in self._pending:
            self._pending[action].cancel()
        self._pending[action] = loop.create_task(self._after(seconds, action))

    async def _after(self, seconds: float, action: Callable[[], None]) -> None:
        await asyncio.sleep(seconds)
        del self._pending[action]
        self._guarded(action)

    def _guarded(self, action: Callable[[], None]) -> None:
        try:
            action()
        except Exception as error:
            self._report(error)

    def _report(self, error: Exception) -> None:
        """An error as a sentence in the page; what it was in detail goes to the server's log."""
        if isinstance(error, RnnbookError):
            return self.say(str(error), is_problem=True)
        _log.error("the dashboard met an error", exc_info=error)
        self.say("Something broke here. Reload the page to begin anew.", is_problem=True)

    def _compose(self) -> Any:
        """One screen: controls at the left, text and pictures at the right."""
        views = self.views
        style_sheet = widgets.HTML(f"<style>{style()}</style>").add_class("rnnbook-style")
        head = widgets.HTML(
            "<h1>Let it write</h1><p>A recurrent network draws one character after another. "
            "Move the temperature, change the seed, look inside.</p>"
        ).add_class("rnnbook-head")
        left = self.controls.box(views.card)
        written = widgets.VBox([views.text, views.message]).add_class("rnnbook-written")
        boxes = [style_sheet, head, left, written, views.distribution, views.heatmap]
        return widgets.Box(boxes).add_class("rnnbook-dashboard")


def style() -> str:
    """The style sheet. Voila follows the visitor's system, JupyterLab its own theme."""
    light, dark = theme.css_variables("light"), theme.css_variables("dark")
    own = (Path(__file__).parent / "dashboard.css").read_text(encoding="utf-8")
    is_dark = 'body[data-jp-theme-light="false"]'
    return (
        f"body[data-voila], .rnnbook-dashboard {{ {light} }}\n"
        "@media (prefers-color-scheme: dark) {"
        f" body[data-voila], body[data-voila] .rnnbook-dashboard {{ {dark} }} }}\n"
        f"{is_dark}, {is_dark} .rnnbook-dashboard {{ {dark} }}\n{own}"
    )
