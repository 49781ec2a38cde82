"""How much of its text a network repeats: the longest string that it writes and that is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnbook import sampling
from rnnbook.evaluation.novelty import longest_copy, novel_ngrams

#: Characters that are written to look for copies.
WRITTEN = 20_000
_SIDE_BY_SIDE = 40
_N = 20


@dataclass(frozen=True)
class Copies:
    """What a network repeats of a text, in so many characters that it wrote."""

    longest: str  # the longest string that stands in the text as well
    written: int  # characters
    share: float  # of the strings of 20 characters, how many stand in the text

    def __str__(self) -> str:
        return (
            f"in {self.written:,} characters that it wrote at temperature 1, the longest string "
            f"that stands in the text as well has {len(self.longest)} characters; of the strings "
            f"of {_N}, {self.share:.2%} stand there"
        )


def copies(model: Any, text: str, *, written: int = WRITTEN) -> Copies:
    """Let a model write ``written`` characters, with seeds 0, 1, …, and look for them in a text.

    Raises what :func:`rnnbook.sampling.sample_many` raises.
    """
    prompt = sampling.default_prompt(model.vocab)
    texts = sampling.sample_many(
        model,
        [prompt] * _SIDE_BY_SIDE,
        max(1, written // _SIDE_BY_SIDE),
        rngs=[np.random.default_rng(seed) for seed in range(_SIDE_BY_SIDE)],
    )
    count = sum(map(len, texts))
    return Copies(longest_copy(texts, text), count, 1 - novel_ngrams(texts, text, _N))
