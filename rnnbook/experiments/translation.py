"""Many to many: numbers from English into German, and from digits into words.

Every number that is asked for is one that was not trained on.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook import checkpoints, corpora
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.ngram import NGram
from rnnbook.sampling import sample_many
from rnnbook.text import Vocab, split

HELD_OUT, TAUGHT = 500, 3_000  # numbers below ten thousand
STEPS = (125, 250, 500, 1_000, 1_500)  # after which the held-out numbers are translated
NEIGHBOURS = 100  # held-out numbers for which the nearest neighbour is sought


def translation_cases() -> list[Case]:
    return [{"attention": attention, "seed": seed} for attention in (False, True) for seed in SEEDS]


def translation(attention: bool, seed: int) -> Row:
    """English numbers into German ones, without and with attention."""
    from rnnbook.torch_networks.sequences import fit, pad_left, pad_right
    from rnnbook.torch_networks.translation import EncoderDecoder

    rng = np.random.default_rng(seed)
    english, german = number_words("en"), number_words("de")
    numbers = rng.permutation(len(english))
    taught, held_out = numbers[:TAUGHT], numbers[-HELD_OUT:]
    sources, targets = Vocab.from_text("".join(english)), Vocab.from_text("".join(german))
    model = EncoderDecoder("lstm", len(sources) + 1, len(targets) + 2, 32, 96, rng, attention)

    def read(chosen: Any) -> Any:
        return pad_left([sources.encode(english[k]) + 1 for k in chosen])  # (S, B)

    def loss() -> Any:
        chosen = rng.choice(taught, size=32)
        ids = [np.append(targets.encode(german[k]) + 2, model.END) for k in chosen]
        return model.loss(read(chosen), pad_right(ids))

    def translate() -> list[str]:
        written, _ = model.translate(read(held_out), 60)  # (T, B)
        return [_spell(column, targets, model.END) for column in written.T]

    curve = {}
    for step, _value in fit(model, loss, steps=STEPS[-1], learning_rate=5e-3):
        if step in STEPS:
            written = translate()
            right = [text == german[k] for text, k in zip(written, held_out, strict=True)]
            curve[str(step)] = round(float(np.mean(right)), 4)
    return {
        "exact": curve[str(STEPS[-1])],
        "exact_at_step": curve,
        "wrong_characters": _wrong(written, [german[k] for k in held_out]),
        **_nearest(english, german, taught, held_out[:NEIGHBOURS]),
        "examples": [
            {"english": english[k], "german": german[k], "written": text}
            for k, text in zip(held_out[:6], written, strict=False)
        ],
    }


@cache
def number_words(language: str) -> tuple[str, ...]:
    """0 to 9,999 in words."""
    from num2words import num2words

    return tuple(num2words(number, lang=language) for number in range(10_000))


def _spell(ids: Any, vocab: Vocab, end: int) -> str:
    """The text that was written before the end."""
    ended = np.flatnonzero(ids == end)
    kept = ids[: ended[0]] if len(ended) else ids
    return vocab.decode(kept[kept > end] - 2)


def _nearest(english: Any, german: Any, taught: Any, asked: Any) -> dict[str, float]:
    """The translation of the nearest English number that was taught, by edit distance."""
    known = [english[k] for k in taught]
    found = [german[taught[int(edit_distances(english[k], known).argmin())]] for k in asked]
    right = [german[k] for k in asked]
    exact = np.mean([text == answer for text, answer in zip(found, right, strict=True)])
    return {
        "neighbour_exact": round(float(exact), 4),
        "neighbour_wrong_characters": _wrong(found, right),
    }


def _wrong(written: list[str], right: list[str]) -> float:
    """Edits that are needed, over the characters of the right answer."""
    edits = [edit_distances(text, [answer])[0] for text, answer in zip(written, right, strict=True)]
    return round(float(np.sum(edits) / sum(map(len, right))), 4)


def edit_distances(text: str, others: list[str]) -> NDArray[np.int64]:
    """Insertions, deletions and substitutions from a text to each of N others: (N,).

    Source: Levenshtein (1966); a column of his table at a time, for all others at once.
    """
    lengths = np.array([len(other) for other in others])
    width = max(int(lengths.max()), 1)
    codes = np.zeros((len(others), width), dtype=np.int64)
    for row, other in enumerate(others):
        codes[row, : len(other)] = [ord(char) for char in other]
    before = np.tile(np.arange(width + 1), (len(others), 1))  # (N, width + 1)
    places = np.arange(width + 1)
    for count, char in enumerate(text, start=1):
        first = np.full((len(others), 1), count)
        best = np.minimum(before[:, 1:] + 1, before[:, :-1] + (codes != ord(char)))
        both = np.concatenate([first, best], axis=1) - places
        before = np.minimum.accumulate(both, axis=1) + places  # insertions
    return before[np.arange(len(others)), lengths]


COMPLETED = 60  # numbers of each length


def completion_cases() -> list[Case]:
    return [{"model": f"numbers-{language}", "seed": seed}
            for language in ("en", "de", "fr") for seed in SEEDS]  # fmt: skip


def completion(model: str, seed: int) -> Row:
    """Greedy completions of lines such as ``7041:`` by a shipped model and by an n-gram."""
    from num2words import num2words

    checkpoint = checkpoints.load(model)
    train_text, _ = split(corpora.load(model).text, 0.1)
    seen = {int(line.split(":")[0]) for line in train_text.splitlines() if ":" in line}
    vocab = checkpoint.vocab
    counter = NGram(vocab, vocab.encode(train_text), checkpoint.info["ngram"]["order"])
    rng = np.random.default_rng(seed)
    row: Row = {"taught": len(seen), "exact": {}, "ngram_exact": {}, "examples": []}
    for digits in (4, 5, 6):
        unseen = sorted(set(range(10 ** (digits - 1), 10**digits)) - seen)
        numbers = rng.choice(unseen, size=COMPLETED, replace=False).tolist()
        right = [num2words(number, lang=model[-2:]) for number in numbers]
        for key, network in (("exact", checkpoint.model()), ("ngram_exact", counter)):
            written = _complete(network, numbers, max(map(len, right)) + 2)
            same = [text == answer for text, answer in zip(written, right, strict=True)]
            row[key][str(digits)] = round(float(np.mean(same)), 4)
            if key == "exact":
                row["examples"].append({"number": numbers[0], "written": written[0]})
    return row


def _complete(model: Any, numbers: list[int], length: int) -> list[str]:
    """What a model writes after ``NUMBER:``, to the end of the line, always the likeliest."""
    prompts = [f"\n{number}:" for number in numbers]
    rngs = [np.random.default_rng(0) for _ in prompts]  # nothing is left to chance
    written = sample_many(model, prompts, length, temperature=0, rngs=rngs)
    return [text.split("\n")[0].strip() for text in written]


EXPERIMENTS = (
    Experiment("translation", "Many to many: does an encoder-decoder translate numbers that it "
               "never saw, and what does attention add?", translation_cases, translation,
               over="trainings"),
    Experiment("completion", "Does a character model spell numbers that it never saw?",
               completion_cases, completion, over="samples of one network"),
)  # fmt: skip
