"""What is learnt in which order, and what the memory is worth while it grows.

A network reads *War and Peace*, as in the post, and is examined at some steps: what it
writes, what its guesses cost by what is to be guessed, and what more context gains it.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook import corpora, evaluation
from rnnbook.experiments import small
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.language_model import log_softmax
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig
from rnnbook.sampling import sample
from rnnbook.text import Ids
from rnnbook.training import learning_rate_at

NOVEL = "war-and-peace"
TRAINED = 2_800_000  # characters
#: The steps of the post, with some before and after.
STEPS = (10, 30, 100, 200, 300, 500, 700, 1200, 2000, 3000)
SHORT, LONG = 3, 7  # letters: a short word has as many or fewer, a long one as many or more
CONTEXTS = (1, 3, 10, 30, 100)  # characters
READ, WRITTEN, SHOWN = 20_000, 6_000, 200  # characters


def cases() -> list[Case]:
    """One training a seed."""
    return [{"seed": seed} for seed in SEEDS]


def run(seed: int) -> Row:
    """Train an LSTM of 192 units, and examine it at some steps."""
    model = ModelConfig("lstm", 192, 1, 32)
    trainer, config = small.trainer(
        model, TRAINED, NOVEL, seed=seed, seq_len=64, batch_size=32, learning_rate=2e-2
    )
    looks = []
    for step in range(STEPS[-1]):
        trainer.train_step(learning_rate_at(step, STEPS[-1], config))
        if step + 1 in STEPS:
            network = NumpyModel(small.vocab(NOVEL), model, trainer.averaged_weights())
            looks.append({"step": step + 1, **look(network, seed)})
    trainer.close()
    return {"looks": looks}


def look(network: NumpyModel, seed: int) -> dict[str, Any]:
    """What a network writes, what its guesses cost, and what more context gains it.

    Costs and gains are in nats per character.
    """
    ids = small.held_out_ids(NOVEL)[:READ]
    text = network.vocab.decode(ids)
    written = sample(network, "\n", WRITTEN, temperature=0.8, rng=np.random.default_rng(seed))
    costs = _costs(network, ids)
    by_context = [_cost_after(network, ids, context) for context in CONTEXTS]
    return {
        **writing(written),
        "loss": round(float(costs.mean()), 4),
        "cost": {name: round(float(costs[at[1:]].mean()), 4) for name, at in kinds(text).items()},
        "gain": {
            f"{short} to {long}": round(first - second, 4)
            for short, long, first, second in zip(
                CONTEXTS, CONTEXTS[1:], by_context, by_context[1:], strict=False
            )
        },
        "sample": written[:SHOWN],
    }


def writing(written: str) -> dict[str, float | None]:
    """Spaces, words that the novel has, and quotes that are closed, as shares."""
    known = set(evaluation.words(corpora.load(NOVEL).text[:TRAINED]))
    found = evaluation.words(written)
    quotes = [part.count('"') for part in written.split("\n\n") if '"' in part]

    def share(words: list[str]) -> float | None:
        return round(sum(word in known for word in words) / len(words), 4) if words else None

    return {
        "spaces": round(written.count(" ") / len(written), 4),
        "short_words_known": share([word for word in found if len(word) <= SHORT]),
        "long_words_known": share([word for word in found if len(word) >= LONG]),
        "quotes_closed": round(float(np.mean([n % 2 == 0 for n in quotes])), 4) if quotes else None,
    }


def kinds(text: str) -> dict[str, NDArray[np.bool_]]:
    """Where (T,) the characters of some kinds stand."""
    chars = np.array(list(text))
    is_letter = np.array([char.isalpha() or char == "'" for char in text])
    begins = is_letter & ~np.concatenate([[False], is_letter[:-1]])
    number = np.cumsum(begins)
    lengths = np.bincount(number[is_letter], minlength=number.max() + 1)
    letters = np.where(is_letter, lengths[number], 0)  # of the word that it is in
    later = is_letter & ~begins
    closing = np.zeros(len(text), dtype=bool)
    closing[[match.end() - 1 for match in re.finditer(r'"[^"]{1,600}"', text)]] = True
    return {
        "spaces": chars == " ",
        "short words": later & (letters <= SHORT),
        "long words": later & (letters >= LONG),
        "closing quotes": closing,
    }


def _costs(network: NumpyModel, ids: Ids) -> NDArray[np.float64]:
    """Nats (T - 1,) of each of ids (T,) but the first."""
    logits, _ = network.read(ids[None, :-1], network.initial_state())
    costs: NDArray[np.float64] = -log_softmax(logits[0])[np.arange(len(ids) - 1), ids[1:]]
    return costs


def _cost_after(network: NumpyModel, ids: Ids, context: int) -> float:
    """The mean cost where only the last ``context`` characters were read."""
    places = np.arange(CONTEXTS[-1], len(ids), 23)
    x = np.stack([ids[place - context : place] for place in places])  # (B, context)
    logits, _ = network.read(x, network.initial_state(len(x)))
    return float(-log_softmax(logits[:, -1])[np.arange(len(x)), ids[places]].mean())


EXPERIMENTS = (
    Experiment("learning_order", "What is learnt first, and what last?", cases, run,
               lambda: corpora.load(NOVEL), over="trainings"),
)  # fmt: skip
