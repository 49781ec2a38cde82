"""The laboratory: what happens when its controls are touched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, zip_longest
from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from rnnbook.dashboard import models, pictures
from rnnbook.dashboard.later import Later
from rnnbook.dashboard.panels import UNIT, Controls
from rnnbook.dashboard.screen import Screen
from rnnbook.dashboard.settings import Chosen, from_query, to_query
from rnnbook.dashboard.writing import Writing
from rnnbook.errors import SamplingError

#: So many characters are drawn, and then the page has so many seconds to show them.
CHUNK, PAUSE = 10, 0.04
#: The heatmap is drawn again so often while a text is written, in seconds.
REDRAW = 0.5
#: A slider that moves is waited for so long, in seconds, before a picture is drawn.
SETTLE = 0.02
#: And a click so long before a text begins: the page sends a slider's last movement only
#: when the one before was answered, so that a click may arrive first.
GATHER = 0.15


class Laboratory:
    """One visitor's laboratory. :attr:`children` are its boxes.

    ``names`` are models by name or path; the first is chosen.
    """

    def __init__(self, names: list[str]) -> None:
        self.controls = Controls([(models.label(name), name) for name in names], names[0])
        self.screen = Screen()
        self.tools, self.views, self.say = self.screen.tools, self.screen.views, self.screen.say
        self.writings: list[Writing] = []
        self.task: asyncio.Task[None] | None = None
        self.later = Later(lambda sentence: self.say(sentence, is_problem=True))
        self._logits: NDArray[np.floating] | None = None  # (V,), after what was read last
        self._read = ""
        self._listen()
        self.later.now(self._begin)

    @property
    def writing(self) -> Writing:
        """The text, or the first of two."""
        return self.writings[0]

    def _listen(self) -> None:
        controls, later = self.controls, self.later
        controls.generate.on_click(lambda _: later.soon(self.start, GATHER))
        controls.go_on.on_click(lambda _: later.soon(self.go_on, GATHER))
        controls.stop.on_click(lambda _: later.now(self.stop))
        controls.model.observe(lambda _: later.now(self.show_model), "value")
        controls.prompt.observe(lambda _: later.soon(self.read_prompt, SETTLE), "value")
        for widget in (controls.temperature, controls.top_k, controls.top_p):
            widget.observe(lambda _: later.soon(self.show_distribution, SETTLE), "value")
        self.tools.colour.observe(lambda _: later.soon(self.show_colours, SETTLE), "value")
        self.tools.unit.observe(lambda _: later.soon(self.show_unit, SETTLE), "value")

    def _begin(self) -> None:
        """The first screen: a text that is there at once, and the network that wrote it."""
        self.show_model()
        self._write_at_once(self.controls.chosen())
        self.show_colours()
        self.say("Press Generate to see it written, with the same seed or another.")

    def restore(self, query: str) -> None:
        """Choose what a link says, and write its text."""
        known = [name for _, name in self.controls.model.options]
        chosen = from_query(query, self.controls.settings(), known)
        self._cancel()
        self.controls.choose(chosen)
        self.later.forget()
        self._write_at_once(chosen)
        self.say("This is the text of the link.")

    def welcome_back(self) -> None:
        """Say so when a page has its settings and its text again."""
        self.say("Your settings and your text are here again.")

    def _write_at_once(self, chosen: Chosen) -> None:
        writings = [Writing(settings) for settings in chosen.all()]
        for writing in writings:
            for _ in writing.draws():
                pass
        self.writings = writings
        self.screen.begin(writings)
        self._finish()

    def show_model(self) -> None:
        """The chosen model's card, and what it expects after a prompt that it can read."""
        name = self.controls.model.value
        self.views.card.value = pictures.card_html(models.card(name))
        self.tools.unit.max = models.load(name)[0].config.hidden_size - 1
        strange = self.controls.fit_prompt(models.load(name)[1].vocab)
        self._logits, self.views.distribution.value = None, ""
        self.read_prompt()
        if strange and not self._is_writing():
            self.say(
                f"This network has never met {strange}, so that the prompt is another. Yours comes "
                "back with a network that can read it."
            )

    def read_prompt(self) -> None:
        """Go back to what may come after the prompt; say so if the model cannot read it."""
        chosen = self.controls.settings()
        logits = models.next_logits(chosen.model, chosen.prompt)
        if not self._is_writing():
            self._expect(chosen.model, chosen.prompt, logits)
            self.say("")

    def _expect(self, model: str, read: str, logits: NDArray[np.floating]) -> None:
        """Keep what a model expects after a text, and show it."""
        self._logits, self._chars, self._read = logits, models.load(model)[1].vocab, read
        self.show_distribution()

    def show_distribution(self) -> None:
        """What may come after the text that was read last, as it would be drawn from."""
        if self._logits is None or self._is_writing():
            return
        self.screen.show_next(self._logits, self._chars, self._read, self.controls.settings())

    def start(self) -> None:
        """Begin a new text; one that is being written ends.

        The settings and the prompts are checked first: if they are refused, what is on
        the screen stays, and an ``RnnbookError`` is raised.
        """
        chosen = self.controls.chosen()
        if chosen.first.engine == "PyTorch":
            self.say("PyTorch is being loaded; the first time takes some seconds …")
        writings = [Writing(settings) for settings in chosen.all()]
        draws = [writing.draws() for writing in writings]
        self._run(writings, draws, since=[0, 0])

    def go_on(self) -> None:
        """Write on from the end of what is there."""
        if self._is_writing() or not self.writings:
            raise SamplingError("the text is being written; wait for its end, or press Stop")
        length = self.controls.length.value
        since = [len(writing.chars) for writing in self.writings]
        draws = [writing.more(length) for writing in self.writings]
        self._run(self.writings, draws, since=[*since, 0])

    def _run(self, writings: list[Writing], draws: list[Iterator[str]], since: list[int]) -> None:
        for each in draws:  # what is refused is refused here
            draws[draws.index(each)] = chain([next(each)], each)
        self._cancel()
        self.later.forget()
        self.writings = writings
        self.screen.begin(writings, since)
        self.controls.stop.disabled, self.controls.go_on.disabled = False, True
        self.say("Writing …")
        self.task = asyncio.get_running_loop().create_task(self._write(draws))

    async def _write(self, draws: list[Iterator[str]]) -> None:
        """Draw the rest, and let the kernel hear the visitor in between."""
        drawn_at, turns = time.monotonic(), 0
        try:
            for _ in zip_longest(*draws):
                turns += 1
                if turns % CHUNK == 0:
                    self.screen.show_texts(self.writings, is_writing=True)
                    self.screen.show_draw(self.writing)
                    await asyncio.sleep(PAUSE)
                if time.monotonic() - drawn_at > REDRAW:
                    self.screen.show_heatmap(self.writing)
                    drawn_at = time.monotonic()
            self._finish()
            self.say(f"Wrote {turns:,} characters.")
        except Exception as error:
            self._at_rest()
            self.later.report(error)

    def stop(self) -> None:
        """End the text where it is; what was written stays."""
        self.later.forget(self.start)
        self.later.forget(self.go_on)
        if self._is_writing():
            self._cancel()
            self._finish()
            self.say(f"Stopped after {len(self.writing.chars):,} characters.")

    def _is_writing(self) -> bool:
        return self.task is not None and not self.task.done()

    def _cancel(self) -> None:
        if self.task is not None:
            self.task.cancel()
            self.task = None

    def _at_rest(self) -> None:
        self.task = None
        self.controls.stop.disabled, self.controls.go_on.disabled = True, False

    def _finish(self) -> None:
        self._at_rest()
        for writing in self.writings:
            writing.finish()
        self.screen.show_texts(self.writings)
        first = self.writing
        self._expect(first.settings.model, first.read, first.finish())
        self.screen.show_heatmap(first)
        self.screen.show_measures(self.writings)
        self.tools.link.value = pictures.link_html(to_query(self._as_written()))

    def _as_written(self) -> Chosen:
        """The settings of what is on the screen, with its length."""
        settings = [replace(one.settings, length=len(one.chars)) for one in self.writings]
        return Chosen(settings[0], settings[1] if len(settings) == 2 else None)

    def show_colours(self) -> None:
        """Other colours were chosen."""
        self.screen.show_colours(self.writings, is_writing=self._is_writing())

    def show_unit(self) -> None:
        """Another unit was picked."""
        self.screen.show_heatmap(self.writing)
        if self.tools.colour.value == UNIT:
            self.show_colours()

    def children(self) -> list[Any]:
        """The boxes of one screen: controls at the left, text and pictures at the right."""
        views = self.views
        written = widgets.VBox([views.texts, views.message]).add_class("rnnbook-written")
        side = widgets.VBox([views.distribution, views.measures]).add_class("rnnbook-side")
        below = widgets.VBox([self.tools.box(), views.heatmap]).add_class("rnnbook-below")
        return [self.controls.box(views.card), written, side, below]
