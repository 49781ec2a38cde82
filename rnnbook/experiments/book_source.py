"""The post's closing joke: a network that has read this book, prose and code."""

from __future__ import annotations

import io
import keyword
import re
import tokenize
from typing import Any

import numpy as np

from rnnbook import corpora, evaluation
from rnnbook.corpora import Corpus
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.ngram import best_order
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig, count_parameters
from rnnbook.sampling import sample
from rnnbook.text import Vocab, split

POST = 46_000  # characters: as many as the post had
SHARED = 15_000  # characters of prose that both networks are scored on
READ = {"as much as the post": 1_000_000, "all": 2_000_000}  # characters that training reads
SIZES = {"as much as the post": 128, "all": 192}
DROPOUT = {"as much as the post": 0.25, "all": 0.1}
LOOKS = 8  # how often the held-out part is scored on the way; the best weights are kept
WRITTEN, SHOWN = 4_000, 300  # characters of a sample, and of what a row keeps of it
TEMPERATURE = 0.7


def corpus() -> Corpus:
    """The book's own source."""
    return corpora.load("book")


def cases() -> list[Case]:
    return [{"text": text, "seed": seed} for text in READ for seed in SEEDS]


def run(text: str, seed: int) -> Row:
    """Train on nine tenths of the text, score the rest, and look at what is written.

    In place of the post stands as much of the book's prose. Losses on different texts cannot be
    compared, so ``shared_loss`` is that on one text for both: prose that neither has read.
    """
    source = corpus().text
    vocab = Vocab.from_text(source)
    train_text, held_out = split(source, 0.1)
    shared = vocab.encode(prose(held_out)[:SHARED])
    if text != "all":
        source = prose(train_text)[:POST]
        train_text, held_out = split(source, 0.1)
    train_ids, held_out_ids = vocab.encode(train_text), vocab.encode(held_out)
    model = ModelConfig("lstm", SIZES[text], 1, 32)
    counter, losses = best_order(vocab, train_ids, held_out_ids)
    network, row = _train(vocab, model, train_ids, held_out_ids, text, seed)
    row["shared_loss"] = round(evaluation.evaluate(network, shared).nats, 4)
    rng = np.random.default_rng(seed)
    written, counted = (
        sample(one, "\n", WRITTEN, temperature=TEMPERATURE, rng=rng) for one in (network, counter)
    )
    return {
        "characters": len(source),
        "parameters": count_parameters(model, len(vocab)),
        "ngram": round(losses[counter.order], 4),
        "ngram_order": counter.order,
        **row,
        "written": _look(written, train_text),
        "written_by_ngram": _look(counted, train_text),
        "held_out": _look(held_out[:WRITTEN], train_text),
        "temperature": TEMPERATURE,
        "sample": written[:SHOWN],
    }


def prose(source: str) -> str:
    """The paragraphs of a source that are sentences: what the post was made of."""
    parts = source.split("\n\n")
    return "\n\n".join(part for part in parts if _is_prose(part))


def _is_prose(part: str) -> bool:
    letters = sum(char.isalpha() or char in " \n" for char in part)
    ends = part.rstrip().endswith((".", "?", ":"))
    is_text = part[:1].isupper() and ends and letters > 0.9 * len(part)
    return is_text and not any(map(is_code, part.split("\n")))


def _train(
    vocab: Vocab, model: ModelConfig, ids: Any, held_out_ids: Any, text: str, seed: int
) -> tuple[NumpyModel, Row]:
    """The network at its best look, and its losses in nats per character."""
    from rnnbook.training import TrainingConfig, learning_rate_at
    from rnnbook.training.trainer import Trainer

    steps = READ[text] // (32 * 64)
    config = TrainingConfig(seq_len=64, batch_size=32, dropout=DROPOUT[text], steps=steps,
                            minutes=None, learning_rate=2e-2, seed=seed)  # fmt: skip
    trainer = Trainer(vocab, model, config, ids, workers=1)
    looks, best = [], float("inf")
    for step in range(steps):
        trainer.train_step(learning_rate_at(step, steps, config))
        if (step + 1) % (steps // LOOKS) == 0:
            loss = trainer.evaluate(held_out_ids, trainer.averaged_weights()).nats
            looks.append({"step": step + 1, "loss": round(loss, 4)})
            if loss < best:
                best = loss
                trainer.keep_best()
    weights = trainer.best_weights()
    train_loss = trainer.evaluate(_spread(ids, len(held_out_ids)), weights).nats
    trainer.close()
    row = {
        "loss": round(best, 4),
        "train_loss": round(train_loss, 4),
        "gap": round(best - train_loss, 4),
        "looks": looks,
        "passes": round(READ[text] / len(ids), 1),
    }
    return NumpyModel(vocab, model, weights), row


def _spread(ids: Any, count: int) -> Any:
    """About ``count`` ids of a text, in twenty pieces from all over it."""
    return np.concatenate([piece[: count // 20] for piece in np.array_split(ids, 20)])


def _look(text: str, train_text: str) -> Row:
    """Known words, the longest run that is copied, and lines of code that tokenise."""
    lines = [line for line in text.split("\n")[1:-1] if is_code(line)]
    return {
        "known_words": round(evaluation.word_rate(text, set(evaluation.words(train_text))), 4),
        "longest_copy": len(evaluation.longest_copy(text, train_text)),
        "code_lines": len(lines),
        "code_tokenises": round(sum(map(tokenises, lines)) / len(lines), 4) if lines else None,
    }


_OPENING = re.compile(rf"\s*(?:{'|'.join(keyword.kwlist)}|@\w+)\b")


def is_code(line: str) -> bool:
    """Whether a line looks like Python: an assignment, a call, or a keyword and a colon."""
    if re.match(r"\s*[\w.\[\], ]+ [-+*/]?= \S", line) or re.match(r"\s*[\w.]+\(", line):
        return True
    return bool(_OPENING.match(line)) and line.rstrip().endswith((":", ")", ","))


def tokenises(line: str) -> bool:
    """Whether Python's tokenizer takes a line; brackets may stay open, as in longer statements."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(line.strip() + "\n").readline))
    except tokenize.TokenError as error:
        return "EOF in multi-line" in str(error)
    except (SyntaxError, IndentationError):
        return False
    return all(token.type != tokenize.ERRORTOKEN for token in tokens)


EXPERIMENTS = (
    Experiment("book_source", "What does a network write that has read this book?",
               cases, run, corpus, over="trainings"),
)  # fmt: skip
