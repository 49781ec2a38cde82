"""The laboratory: what happens when its controls are touched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from itertools import chain, zip_longest
from typing import Any

import ipywidgets as widgets
import numpy as np
from numpy.typing import NDArray

from rnnbook import plots
from rnnbook.dashboard import measures, models, pictures
from rnnbook.dashboard.later import Later
from rnnbook.dashboard.panels import PLAIN, SURPRISE, Controls, Tools
from rnnbook.dashboard.settings import Chosen, from_query, to_query
from rnnbook.dashboard.views import Views
from rnnbook.dashboard.writing import Writing
from rnnbook.errors import SamplingError
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


class Laboratory:
    """One visitor's laboratory. :attr:`children` are its boxes.

    ``names`` are models by name or path; the first is chosen.
    """

    def __init__(self, names: list[str]) -> None:
        self.controls = Controls([(models.label(name), name) for name in names], names[0])
        self.tools, self.views = Tools(), Views()
        self.writings: list[Writing] = []
        self.task: asyncio.Task[None] | None = None
        self.later = Later(lambda sentence: self.say(sentence, is_problem=True))
        self._logits: NDArray[np.floating] | None = None  # (V,), after what was read last
        self._read, self._shown = "", [0, 0]
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

    def _write_at_once(self, chosen: Chosen) -> None:
        writings = [Writing(settings) for settings in chosen.all()]
        for writing in writings:
            for _ in writing.draws():
                pass
        self._prepare(writings)
        self._finish()

    def show_model(self) -> None:
        """The chosen model's card, and what it expects after the prompt."""
        name = self.controls.model.value
        self.views.card.value = pictures.card_html(models.card(name))
        self.tools.unit.max = models.load(name)[0].config.hidden_size - 1
        self._logits, self.views.distribution.value = None, ""
        self.read_prompt()

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
        chosen = self.controls.settings()
        probs = next_char_probs(self._logits, chosen.temperature, chosen.top_k, chosen.top_p)
        caption = f"after “{pictures.end_of(self._read)}”, at temperature {chosen.temperature:.2f}"
        self.views.distribution.value = pictures.distribution_html(probs, self._chars, caption)

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Show a sentence under the text."""
        self.views.message.value = pictures.message_html(text, is_problem=is_problem)

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
        self._prepare(writings, since)
        self.controls.stop.disabled, self.controls.go_on.disabled = False, True
        self.say("Writing …")
        self.task = asyncio.get_running_loop().create_task(self._write(draws))

    def _prepare(self, writings: list[Writing], since: list[int] | None = None) -> None:
        self.writings, self._shown = writings, since or [0, 0]
        both = [writing.settings for writing in writings]
        if len(both) == 1:
            return self.views.show_columns(1)
        differ = both[0].model == both[1].model
        heads = [
            f"temperature {one.temperature:.2f}" if differ else models.label(one.model)
            for one in both
        ]
        self.views.show_columns(2, heads)

    async def _write(self, draws: list[Iterator[str]]) -> None:
        """Draw the rest, and let the kernel hear the visitor in between."""
        drawn_at, turns = time.monotonic(), 0
        try:
            for _ in zip_longest(*draws):
                turns += 1
                if turns % CHUNK == 0:
                    self._show_texts(is_writing=True)
                    self._show_draw(self.writing)
                    await asyncio.sleep(PAUSE)
                if time.monotonic() - drawn_at > REDRAW:
                    self._show_heatmap()
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
        self._show_texts()
        first = self.writing
        self._expect(first.settings.model, first.read, first.finish())
        self._show_heatmap()
        self._show_measures()
        self.tools.link.value = pictures.link_html(to_query(self._as_written()))

    def _as_written(self) -> Chosen:
        """The settings of what is on the screen, with its length."""
        from dataclasses import replace

        settings = [replace(one.settings, length=len(one.chars)) for one in self.writings]
        return Chosen(settings[0], settings[1] if len(settings) == 2 else None)

    def _show_texts(self, *, is_writing: bool = False) -> None:
        for place, writing in enumerate(self.writings):
            prompt_classes, classes = self._classes(writing)
            self.views.passages[place].show(
                writing.settings.prompt, prompt_classes, writing.chars, classes,
                since=self._shown[place], is_writing=is_writing,
            )  # fmt: skip
            self._shown[place] = len(writing.chars) if is_writing else 0

    def _classes(self, writing: Writing) -> tuple[list[str], list[str]]:
        """The colours of the prompt and of the text."""
        size, kind = len(writing.settings.prompt), self.tools.colour.value
        if kind == PLAIN:
            return [""] * size, [""] * len(writing.chars)
        if kind == SURPRISE:
            return [""] * size, pictures.surprise_levels(writing.surprise)
        unit = min(self.tools.unit.value, len(writing.hidden[0]) - 1)
        classes = pictures.unit_levels([hidden[unit] for hidden in writing.hidden])
        classes += [""] * (size + len(writing.chars) - len(classes))  # the last is not read yet
        return classes[:size], classes[size:]

    def show_colours(self) -> None:
        """Colour what is on the screen anew."""
        self._shown = [0, 0]
        self._show_texts(is_writing=self._is_writing())

    def show_unit(self) -> None:
        """Another unit was picked."""
        self._show_heatmap()
        if self.tools.colour.value not in (PLAIN, SURPRISE):
            self.show_colours()

    def _show_draw(self, writing: Writing) -> None:
        """What the last character was drawn from."""
        vocab, drawn = models.load(writing.settings.model)[1].vocab, writing.chars[-1]
        caption = f"after “{pictures.end_of(writing.read)}”: drew {plots.visible(drawn)}"
        if writing.probs is not None:
            self.views.distribution.value = pictures.distribution_html(
                writing.probs, vocab, caption, drawn
            )

    def _show_heatmap(self) -> None:
        writing = self.writing
        size = len(writing.hidden[0])
        picked = min(self.tools.unit.value, size - 1)
        lively = models.lively_units(writing.settings.model, pictures.NUM_UNITS).tolist()
        if picked not in lively:
            lively = sorted([*lively[: pictures.NUM_UNITS - 1], picked])
        self.views.heatmap.value = pictures.heatmap_html(
            writing.hidden, writing.read, lively, picked
        )

    def _show_measures(self) -> None:
        names = ("this text",) if len(self.writings) == 1 else ("first", "second")
        checkpoint = models.load(self.writing.settings.model)[0]
        columns = {
            name: measures.measure(one.text, models.load(one.settings.model)[0])
            for name, one in zip(names, self.writings, strict=True)
        }
        columns["corpus"] = measures.measure_corpus(checkpoint, len(self.writing.chars))
        self.views.measures.value = pictures.measures_html(columns)

    def children(self) -> list[Any]:
        """The boxes of one screen: controls at the left, text and pictures at the right."""
        views = self.views
        written = widgets.VBox([views.texts, views.message]).add_class("rnnbook-written")
        side = widgets.VBox([views.distribution, views.measures]).add_class("rnnbook-side")
        below = widgets.VBox([self.tools.box(), views.heatmap]).add_class("rnnbook-below")
        return [self.controls.box(views.card), written, side, below]
