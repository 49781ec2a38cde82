r"""``\begin`` and ``\end``: does what was opened far back get closed by its own name?

Once on texts that are made for it, where the distance is set, and once on the shipped
models, where the text has something that closes as it was opened.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from rnnbook import checkpoints, corpora
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.ngram import NGram, best_order
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Ids, Vocab, split

#: Names that their first letters tell apart.
NAMES = ("assumption", "corollary", "definition", "example", "lemma", "proof", "remark", "theorem")
WORDS = 100  # the commonest of Shakespeare fill the environments
LONGEST = 320  # characters of filler in training
DISTANCES = (1, 5, 10, 20, 40, 80, 160, 320, 640)  # the last is longer than any in training
CHARACTERS, ROWS, SEQ_LEN = 1_600_000, 32, 64
TESTED = 200  # environments a distance

MODELS = {"rnn": ModelConfig("rnn", 192, 1, 32), "lstm": ModelConfig("lstm", 96, 1, 32)}
RATES = {"rnn": 1e-2, "lstm": 2e-2}


@cache
def common_words() -> tuple[str, ...]:
    """The commonest words of Shakespeare, in lower case."""
    words = re.findall("[a-z]+", corpora.load("shakespeare").text.lower())
    return tuple(word for word, _ in Counter(words).most_common(WORDS))


def filler(length: int, rng: np.random.Generator) -> str:
    """Words without sense, cut to so many characters."""
    words = common_words()
    return " ".join(words[k] for k in rng.integers(len(words), size=length // 2 + 1))[:length]


def environment(name: str, length: int, rng: np.random.Generator) -> str:
    r"""``\begin{name}filler\end{name}`` and a newline."""
    return f"\\begin{{{name}}}{filler(length, rng)}\\end{{{name}}}\n"


def stream(characters: int, grown: bool, rng: np.random.Generator) -> str:
    """Environments, one after another, whose lengths are uniform on a logarithmic scale.

    If the text is ``grown``, the first are of one character or two, and the longest come
    from half-way on.
    """
    parts, written = [], 0
    while written < characters:
        share = min(1.0, 2 * written / characters) if grown else 1.0
        longest = 2 + (LONGEST - 2) * share**3
        length = int(np.exp(rng.uniform(0, np.log(longest + 1))))
        parts.append(environment(str(rng.choice(NAMES)), length, rng))
        written += len(parts[-1])
    return "".join(parts)[:characters]


def questions(distance: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    r"""Texts up to ``\end{``, all of one length, and the letter that must come next."""
    texts, letters = [], []
    for _ in range(TESTED):
        before = environment(str(rng.choice(NAMES)), 40, rng)
        name = str(rng.choice(NAMES))
        text = f"{before}\\begin{{{name}}}{filler(distance, rng)}\\end{{"
        texts.append(text[-(distance + 40) :])
        letters.append(name[0])
    return texts, letters


def begin_end_cases() -> list[Case]:
    settings = (("rnn", True), ("lstm", True), ("lstm", False))
    return [{"kind": kind, "grown": grown, "seed": seed}
            for kind, grown in settings for seed in SEEDS]  # fmt: skip


def begin_end(kind: str, grown: bool, seed: int) -> Row:
    """Train on such a text; how often the right name is the likeliest, by distance."""
    from rnnbook.training import TrainingConfig, learning_rate_at
    from rnnbook.training.trainer import Trainer

    rng = np.random.default_rng(seed)
    text = "".join(stream(CHARACTERS // ROWS, grown, rng) for _ in range(ROWS))
    vocab = Vocab.from_text(text)
    ids, steps = vocab.encode(text), CHARACTERS // (ROWS * SEQ_LEN)
    config = TrainingConfig(seq_len=SEQ_LEN, batch_size=ROWS, dropout=0.0, steps=steps, seed=seed,
                            minutes=None, learning_rate=RATES[kind], weight_decay=0.01)  # fmt: skip
    trainer, losses = Trainer(vocab, MODELS[kind], config, ids, workers=1), []
    for step in range(steps):
        losses.append(trainer.train_step(learning_rate_at(step, steps, config)))
    network = NumpyModel(vocab, MODELS[kind], trainer.averaged_weights())
    trainer.close()
    cut = int(0.9 * len(ids))
    counter, _ = best_order(vocab, ids[:cut], ids[cut:])
    row: Row = {"accuracy": {}, "ngram": {}, "chance": round(1 / len(NAMES), 4)}
    for distance in DISTANCES:
        texts, letters = questions(distance, rng)
        asked = np.stack([vocab.encode(text) for text in texts])  # (B, T)
        right = vocab.encode("".join(letters))  # (B,)
        logits, _ = network.read(asked, network.initial_state(len(asked)))
        row["accuracy"][str(distance)] = _share(logits[:, -1].argmax(1) == right)
        counted = _ngram_logits(counter, asked)
        row["ngram"][str(distance)] = _share(counted.argmax(1) == right)
    return {**row, "train_loss": round(float(np.mean(losses[-20:])), 4), "steps": steps,
            "ngram_order": counter.order}  # fmt: skip


def _share(right: Any) -> float:
    return round(float(np.mean(right)), 4)


def _ngram_logits(counter: NGram, ids: Ids) -> Any:
    """Logits (B, V) after ids (B, T), of which an n-gram sees no more than its order."""
    state = counter.initial_state(len(ids))
    for column in ids[:, -counter.order :].T:
        logits, state = counter.step(column, state)
    return logits


# What closes as it was opened, in the texts of the shipped models. Each gives the place of
# the character that tells which, how far back it was opened, and the choices there are.

Question = tuple[int, int, str]


def _pairs(opening: dict[str, str], pattern: str, text: str) -> Iterator[Question]:
    """Brackets of some kinds, each closed by the one that belongs to it; the last closes first."""
    opened: list[tuple[str, int]] = []
    for match in re.finditer(pattern, text):
        mark = match.group(1)
        if mark in opening:
            opened.append((opening[mark], match.end()))
        elif opened:
            right, since = opened.pop()
            if right == mark:
                place = match.start(1)
                yield place, place - since, "".join(sorted({c[0] for c in opening.values()}))


def _delimiters(text: str) -> Iterator[Question]:
    r"""``\left(`` and ``\left|``, closed by ``\right)`` and ``\right|``."""
    opened: list[tuple[str, int]] = []
    for match in re.finditer(r"\\(left|right)([()|])", text):
        if match.group(1) == "left":
            opened.append((")" if match.group(2) == "(" else "|", match.end()))
        elif opened:
            right, since = opened.pop()
            if right == match.group(2):
                yield match.start(2), match.start(2) - since, ")|"


#: What is asked of which model.
ASKED: dict[str, tuple[str, Any]] = {
    "delimiters": ("latex-formulas", _delimiters),
    "brackets": ("latex", partial(_pairs, {"{": "}", "(": ")", "[": "]"}, r"([{}()\[\]])")),
    "links and templates": ("wikipedia", partial(_pairs, {"[[": "]]", "{{": "}}"},
                                         r"(\[\[|\]\]|\{\{|\}\})")),
}  # fmt: skip
BUCKETS = (20, 40, 80, 160)  # characters; the last bucket is all that is further
ORDER = 12  # of the n-gram, far enough to see what stands before ``\\right``
READ, STREAMS = 64_000, 8  # characters that are read, so many streams side by side


def closing_cases() -> list[Case]:
    return [{"pair": pair, "seed": seed} for pair in ASKED for seed in SEEDS]


def closing(pair: str, seed: int) -> Row:
    """How often a shipped model finds the one that closes likelier than the others."""
    name, find = ASKED[pair]
    checkpoint = checkpoints.load(name)
    train_text, held_out = split(corpora.load(name).text, 0.1)
    length = min(READ, len(held_out) // len(SEEDS)) // STREAMS
    start = seed * length * STREAMS
    pieces = [held_out[start + k * length : start + (k + 1) * length] for k in range(STREAMS)]
    network, vocab = checkpoint.model(), checkpoint.vocab
    ids = np.stack([vocab.encode(piece) for piece in pieces])  # (B, T)
    logits, _ = network.read(ids, network.initial_state(len(ids)))  # (B, T, V)
    counter = NGram(vocab, vocab.encode(train_text[-1_500_000:]), ORDER)
    found: dict[str, list[tuple[bool, bool, str]]] = {}
    for row, piece in enumerate(pieces):
        for place, distance, choices in find(piece):
            counted = _ngram_logits(counter, ids[row : row + 1, max(0, place - ORDER) : place])[0]
            right = ids[row, place]
            known = vocab.encode(choices)
            answers = (known[scores[known].argmax()] == right
                       for scores in (logits[row, place - 1], counted))  # fmt: skip
            found.setdefault(_bucket(distance), []).append((*answers, piece[place]))
    names = [name for name in map(_bucket, (*BUCKETS, BUCKETS[-1] + 1)) if name in found]
    return {
        "model": name,
        "count": {name: len(found[name]) for name in names},
        "accuracy": {name: _share([one[0] for one in found[name]]) for name in names},
        "ngram": {name: _share([one[1] for one in found[name]]) for name in names},
        "commonest": {name: _commonest([one[2] for one in found[name]]) for name in names},
        "ngram_order": ORDER,
    }


def _bucket(distance: int) -> str:
    return next((f"up to {edge}" for edge in BUCKETS if distance <= edge), "further")


def _commonest(chars: list[str]) -> float:
    """The accuracy of always saying the commonest."""
    return round(Counter(chars).most_common(1)[0][1] / len(chars), 4)


EXPERIMENTS = (
    Experiment("begin_end", r"At which distance is \begin still closed by its own \end?",
               begin_end_cases, begin_end, over="trainings"),
    Experiment("closing", "Do the shipped models close what was opened, at which distance?",
               closing_cases, closing, over="passages read by one network"),
)  # fmt: skip
