"""The live figures of one network, as they stand in a page that holds its weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from rnnbook import inspection, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.widgets.figure import LiveFigure, quantities
from rnnbook.widgets.gates import LONGEST as LONGEST_GATES
from rnnbook.widgets.gates import Gates
from rnnbook.widgets.reader import Reader
from rnnbook.widgets.sampler import Sampler
from rnnbook.widgets.temperature import Temperature
from rnnbook.widgets.unit_finder import UnitFinder

#: What can be shown, by name: a heading, and what a reader may do there.
FIGURES: Mapping[str, tuple[str, str]] = {
    "sampler": (
        "Let it write",
        "Give it a beginning, choose a temperature, and press Generate. The same seed gives the "
        "same text again.",
    ),
    "temperature": (
        "Two temperatures",
        "The same network and the same seed, once careful and once bold.",
    ),
    "reader": (
        "Let it read",
        "Each character has the colour of one unit after it was read; below it stand the five "
        "characters that the network expected next.",
    ),
    "unit_finder": (
        "Find a unit",
        "Choose something that a text can have, and see which unit of the network follows it, "
        "and how well one does that was never trained.",
    ),
    "gates": ("The gates of a unit", "One unit over a text: what it lets in, keeps, and shows."),
}
_READ = 240  # characters that the reading figures begin with
_WRITTEN = 300


@dataclass(frozen=True)
class Shown:
    """A figure of a page: its name in :data:`FIGURES`, and its widget."""

    name: str
    widget: LiveFigure

    def html(self, held_as: str) -> str:
        """The figure in a page that holds the network under that name."""
        return self.widget.static_html(held_as=held_as)


def own_words(checkpoint: Checkpoint, length: int = _READ, seed: int = 1) -> str:
    """A text that the network wrote itself, for its figures to read."""
    return sampling.sample(
        checkpoint.model(),
        sampling.default_prompt(checkpoint.vocab),
        length,
        temperature=0.7,
        rng=np.random.default_rng(seed),
    )


def figures_of(checkpoint: Checkpoint, text: str, names: list[str] | None = None) -> list[Shown]:
    """The figures of a network, those of ``names`` or all that it has, reading ``text``.

    An RNN has no gates; a text in which no property of :mod:`rnnbook.inspection` both holds
    and fails gives no figure that looks for one.
    """
    wanted = list(FIGURES) if names is None else names
    return [shown for shown in _made(checkpoint, text, wanted) if shown.name in wanted]


def _made(checkpoint: Checkpoint, text: str, wanted: list[str]) -> Iterator[Shown]:
    prompt = sampling.default_prompt(checkpoint.vocab)
    if "sampler" in wanted:
        yield Shown("sampler", Sampler(checkpoint, prompt=prompt, length=_WRITTEN))
    if "temperature" in wanted:
        yield Shown("temperature", Temperature(checkpoint, prompt=prompt))
    if not {"reader", "unit_finder", "gates"} & set(wanted):
        return
    kind = checkpoint.config.kind
    quantity = "c" if "c" in quantities(kind) else "h"
    finder = _finder(checkpoint, text, quantity)
    unit = finder._ranked[0]["unit"] if finder else 0
    if "reader" in wanted:
        yield Shown("reader", Reader(checkpoint, text, unit=unit, quantity=quantity))
    if finder and "unit_finder" in wanted:
        yield Shown("unit_finder", finder)
    if kind != "rnn" and "gates" in wanted:
        yield Shown("gates", Gates(checkpoint, text[:LONGEST_GATES], unit=unit))


def _finder(checkpoint: Checkpoint, text: str, quantity: str) -> UnitFinder | None:
    """A figure that looks for a property which both halves of the text have and lack."""
    for name, labels_of in inspection.PROPERTIES.items():
        labels = np.asarray(labels_of(text)) > 0
        halves = np.array_split(labels, 2)
        if all(0.02 < half.mean() < 0.98 for half in halves):
            return UnitFinder(checkpoint, text, property=name, quantity=quantity)
    return None
