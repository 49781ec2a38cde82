"""Many to one: the language of a few characters, and the digit that somebody speaks.

Pieces are of numbers that were not trained on; speakers are ones that were never heard.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.corpora import speech
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.text import Vocab

LANGUAGES = ("cs", "da", "de", "en", "es", "fr", "it", "nl", "no", "pl", "pt", "sv")
LENGTHS = (4, 8, 16)  # characters of a piece
PIECES = 1_200  # of each length are classified


@cache
def spelled(language: str) -> tuple[str, str]:
    """Numbers in words, a line each: 2,000 to train on, and 500 others."""
    from num2words import num2words

    drawn = np.random.default_rng(0).choice(np.arange(100, 1_000_000), size=2_500, replace=False)
    lines = [num2words(int(number), lang=language) + "\n" for number in drawn]
    return "".join(lines[:2_000]), "".join(lines[2_000:])


def pieces(part: int, length: int, count: int, rng: np.random.Generator) -> tuple[list[str], Any]:
    """Pieces of that length, cut anywhere, and the languages (count,) that they are in."""
    classes = rng.integers(len(LANGUAGES), size=count)
    texts = [spelled(LANGUAGES[k])[part] for k in classes]
    starts = [int(rng.integers(len(text) - length + 1)) for text in texts]
    cut = [text[start : start + length] for text, start in zip(texts, starts, strict=True)]
    return cut, classes


def languages_cases() -> list[Case]:
    return [{"seed": seed} for seed in SEEDS]


def languages(seed: int) -> Row:
    """Tell twelve languages apart by a few characters of a number in words."""
    from rnnbook.torch_networks.sequences import Classifier, fit, pad_left

    rng = np.random.default_rng(seed)
    vocab = Vocab.from_text("".join("".join(spelled(language)) for language in LANGUAGES))
    model = Classifier("lstm", 32, 64, len(LANGUAGES), rng, len(vocab) + 1)

    def read(cut: list[str]) -> Any:
        return pad_left([vocab.encode(text) + 1 for text in cut])

    def loss() -> Any:
        cut, classes = pieces(0, int(rng.choice(LENGTHS)), 64, rng)
        return model.loss(read(cut), classes)

    losses = [value for _, value in fit(model, loss, steps=2_500, learning_rate=5e-3)]
    network, counting = {}, {}
    for length in LENGTHS:
        cut, classes = pieces(1, length, PIECES, rng)
        network[str(length)] = round(float((model.predict(read(cut)) == classes).mean()), 4)
        counting[str(length)] = round(max(_naive_bayes(n, cut, classes) for n in range(1, 6)), 4)
    return {
        "accuracy": network,
        "naive_bayes": counting,
        "chance": round(1 / len(LANGUAGES), 4),
        "train_loss": round(float(np.mean(losses[-100:])), 4),
    }


@cache
def _bayes(order: int) -> tuple[Any, Any]:
    """Naive Bayes over the n-grams of up to that order, which counted the whole training part."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.naive_bayes import MultinomialNB

    counter = CountVectorizer(analyzer="char", ngram_range=(1, order), lowercase=False)
    counts = counter.fit_transform([spelled(language)[0] for language in LANGUAGES])
    return counter, MultinomialNB(alpha=0.1).fit(counts, range(len(LANGUAGES)))


def _naive_bayes(order: int, cut: list[str], classes: Any) -> float:
    counter, bayes = _bayes(order)
    return float((bayes.predict(counter.transform(cut)) == classes).mean())


UNHEARD = 6  # of the 20 speakers


def digits_cases() -> list[Case]:
    return [{"seed": seed} for seed in SEEDS]


def digits(seed: int) -> Row:
    """Which digit was spoken, by speakers that the network never heard?"""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    clips = speech.digits()
    unheard = set(rng.permutation(speech.SPEAKERS)[:UNHEARD].tolist())
    heard = [clip for clip in clips if clip.speaker not in unheard]
    tested = [clip for clip in clips if clip.speaker in unheard]
    x, y = ([speech.log_mel(clip.samples) for clip in part] for part in (heard, tested))
    labels, right = (np.array([clip.digit for clip in part]) for part in (heard, tested))

    def logistic(parts: int) -> float:
        """From the average over all frames, or over each of some parts of the clip."""
        model = LogisticRegression(max_iter=2_000).fit(_averages(x, parts), labels)
        return round(float((model.predict(_averages(y, parts)) == right).mean()), 4)

    means = np.stack([_averages(x, 1)[labels == digit].mean(0) for digit in range(10)])  # (10, E)
    nearest = ((_averages(y, 1)[:, None] - means) ** 2).sum(2).argmin(1)
    return {
        "accuracy": round(float((_listen(x, labels, y, rng) == right).mean()), 4),
        "nearest_mean": round(float((nearest == right).mean()), 4),
        "logistic": logistic(1),
        "logistic_in_four_parts": logistic(4),
        "chance": 0.1,
        "unheard": sorted(unheard),
        "clips": len(clips),
        "clips_sha256": hashlib.sha256(b"".join(c.samples.tobytes() for c in clips)).hexdigest(),
    }


def _averages(clips: list[Any], parts: int) -> NDArray[np.floating]:
    """Features (N, parts * E) in which the order of the frames is lost, but for the parts."""
    return np.stack(
        [np.concatenate([p.mean(0) for p in np.array_split(clip, parts)]) for clip in clips]
    )


def _listen(x: list[Any], labels: Any, y: list[Any], rng: np.random.Generator) -> Any:
    """The digits that a network hears in the clips ``y``, after training on ``x``."""
    from rnnbook.torch_networks.sequences import Classifier, fit, pad_left

    spread = np.concatenate([clip - clip.mean(0) for clip in x]).std(0)  # (E,)
    x, y = ([(clip - clip.mean(0)) / spread for clip in part] for part in (x, y))  # (T, E) each
    model = Classifier("lstm", speech.BANDS, 48, 10, rng)

    def another_voice(clip: Any) -> Any:
        """The clip a little higher or lower, and with noise: there are few speakers."""
        bands = np.clip(np.arange(speech.BANDS) + rng.integers(-2, 3), 0, speech.BANDS - 1)
        noise = 0.5 * rng.standard_normal(clip.shape, dtype=np.float32)
        return clip[:, bands] + noise

    def loss() -> Any:
        chosen = rng.integers(len(x), size=32)
        return model.loss(pad_left([another_voice(x[k]) for k in chosen]), labels[chosen])

    for _ in fit(model, loss, steps=500, learning_rate=5e-3, weight_decay=0.1):
        pass
    return model.predict(pad_left(y))


EXPERIMENTS = (
    Experiment("languages", "Many to one: in which language is it?", languages_cases, languages,
               over="trainings"),
    Experiment("spoken_digits", "Does a network hear digits from speakers that it never heard?",
               digits_cases, digits, over="trainings"),
)  # fmt: skip
