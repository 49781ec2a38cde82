"""A text, where it comes from, and what was done to it.

Taught in the chapter *Text as numbers*.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from rnnbook.corpora.preparation import Preparation, replace_rare, shuffle_lines
from rnnbook.errors import TextError
from rnnbook.text import REPLACEMENT, cut_at


@dataclass(frozen=True)
class Corpus:
    """A text and where it comes from."""

    name: str
    text: str
    sha256: str  # of the cleaned and joined text as UTF-8, before it was prepared
    source: str
    licence: str
    parts: tuple[Mapping[str, Any], ...] = ()  # name, characters and SHA-256, if it was joined
    preparation: Preparation = field(default_factory=Preparation)
    replaced: tuple[int, int] = (0, 0)  # symbols and characters that became REPLACEMENT

    def __repr__(self) -> str:
        return f"Corpus({self.name!r}, {len(self.text):,} characters, from {self.source})"

    def describe(self) -> dict[str, object]:
        """What a checkpoint stores of its corpus: everything but the text."""
        found: dict[str, object] = {
            "name": self.name,
            "characters": len(self.text),
            "sha256": self.sha256,
            "source": self.source,
            "licence": self.licence,
        }
        if self.parts:
            found["parts"] = [dict(part) for part in self.parts]
        prepared = self.preparation.to_dict()
        if self.preparation.min_count > 1:
            symbols, characters = self.replaced
            prepared |= {"replacement": REPLACEMENT, "symbols": symbols, "characters": characters}
        return found | ({"preparation": prepared} if prepared else {})

    def prepare(self, preparation: Preparation) -> Corpus:
        """The same corpus with its lines shuffled and its rare symbols replaced.

        Raises :class:`TextError` if it was prepared in another way before, or if hardly a
        symbol would be left.
        """
        if preparation == self.preparation:
            return self
        if self.preparation != Preparation():
            raise TextError(f"{self.name} was prepared before; load it again")
        text, replaced = self.text, (0, 0)
        if preparation.shuffle_seed is not None:
            text = shuffle_lines(text, preparation.shuffle_seed)
        if preparation.min_count > 1:
            text, *counts = replace_rare(text, preparation.min_count)
            replaced = (counts[0], counts[1])
        return replace(self, text=text, preparation=preparation, replaced=replaced)

    def cut(self, validation_fraction: float = 0.1) -> int:
        """How many characters are left to train on.

        Shuffled lines are cut between two of them, so that no line is in both parts.
        """
        cut = cut_at(len(self.text), validation_fraction)
        if self.preparation.shuffle_seed is None:
            return cut
        return self.text.rfind("\n", 0, cut) + 1 or self.text.find("\n") + 1

    def split(self, validation_fraction: float = 0.1) -> tuple[str, str]:
        """The part to train on, and the one to validate on."""
        cut = self.cut(validation_fraction)
        return self.text[:cut], self.text[cut:]


def digest(text: str) -> str:
    """The SHA-256 of a text as UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
