"""What the laboratory shows of its texts: colours, heatmap, next characters, measures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnnbook import plots
from rnnbook.dashboard import measures, models, pictures
from rnnbook.dashboard.panels import PLAIN, SURPRISE, UNIT, Tools
from rnnbook.dashboard.settings import Settings
from rnnbook.dashboard.views import Views
from rnnbook.dashboard.writing import Writing
from rnnbook.sampling import next_char_probs


class Screen:
    """The views of one or two texts, and the tools that say how they are shown."""

    def __init__(self) -> None:
        self.tools, self.views = Tools(), Views()
        self._shown = [0, 0]  # characters of each text that the page has

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Show a sentence under the text."""
        self.views.message.value = pictures.message_html(text, is_problem=is_problem)

    def begin(self, writings: Sequence[Writing], since: Sequence[int] = (0, 0)) -> None:
        """Make room for texts, of which the page has the first ``since`` characters each."""
        self._shown = list(since)
        both = [writing.settings for writing in writings]
        if len(both) == 1:
            return self.views.show_columns(1)
        heads = [models.label(one.model) for one in both]
        if both[0].model == both[1].model:
            heads = [f"temperature {one.temperature:.2f}" for one in both]
        self.views.show_columns(2, heads)

    def show_texts(self, writings: Sequence[Writing], *, is_writing: bool = False) -> None:
        """The texts as they are now."""
        for place, writing in enumerate(writings):
            prompt_classes, classes = self._classes(writing)
            self.views.passages[place].show(
                writing.settings.prompt, prompt_classes, writing.chars, classes,
                since=self._shown[place], is_writing=is_writing,
            )  # fmt: skip
            self._shown[place] = len(writing.chars) if is_writing else 0

    def show_colours(self, writings: Sequence[Writing], *, is_writing: bool) -> None:
        """Colour the texts anew, and say what the colours mean."""
        kinds = {PLAIN: "", SURPRISE: "s", UNIT: "u"}
        self.tools.legend.value = pictures.legend_html(kinds[self.tools.colour.value])
        self._shown = [0, 0]
        self.show_texts(writings, is_writing=is_writing)

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

    def show_draw(self, writing: Writing) -> None:
        """What the last character was drawn from."""
        vocab, drawn = models.load(writing.settings.model)[1].vocab, writing.chars[-1]
        caption = f"after “{pictures.end_of(writing.read)}”: drew {plots.visible(drawn)}"
        if writing.probs is not None:
            self.views.distribution.value = pictures.distribution_html(
                writing.probs, vocab, caption, drawn
            )

    def show_next(
        self, logits: NDArray[np.floating], chars: Sequence[str], read: str, chosen: Settings
    ) -> None:
        """What may come after the text that was read, as it would be drawn from now."""
        probs = next_char_probs(logits, chosen.temperature, chosen.top_k, chosen.top_p)
        caption = f"after “{pictures.end_of(read)}”, at temperature {chosen.temperature:.2f}"
        self.views.distribution.value = pictures.distribution_html(probs, chars, caption)

    def show_heatmap(self, writing: Writing) -> None:
        """The units that change most, and the one that was picked."""
        picked = min(self.tools.unit.value, len(writing.hidden[0]) - 1)
        units = models.lively_units(writing.settings.model, pictures.NUM_UNITS).tolist()
        if picked not in units:
            units = sorted([*units[: pictures.NUM_UNITS - 1], picked])
        self.views.heatmap.value = pictures.heatmap_html(
            writing.hidden, writing.read, units, picked
        )

    def show_measures(self, writings: Sequence[Writing]) -> None:
        """How varied, new and well spelt the texts are, beside the corpus of the first."""
        names = ("this text",) if len(writings) == 1 else ("first", "second")
        columns = {
            name: measures.measure(one.text, one.settings.model)
            for name, one in zip(names, writings, strict=True)
        }
        checkpoint = models.load(writings[0].settings.model)[0]
        columns["corpus"] = measures.measure_corpus(checkpoint, len(writings[0].chars))
        self.views.measures.value = pictures.measures_html(columns)
