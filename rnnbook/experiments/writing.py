"""What the shipped networks write, beside the n-gram and the text that they imitate."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from statistics import median

import numpy as np

from rnnbook import checkpoints, evaluation
from rnnbook.experiments import form
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.experiments.form import number
from rnnbook.experiments.writers import (
    CONTEXT,
    COUNTING,
    NETWORK,
    TEXT,
    Material,
    Piece,
    dictionary,
    go_on,
    material,
    ngram,
    write,
)
from rnnbook.language_model import LanguageModel, log_softmax
from rnnbook.numpy_networks.model import NumpyModel

PIECES, LENGTH = 8, 1_500  # what a case writes: pieces, and characters in each

TEMPERATURES = (0.5, 0.8, 1.0)
MORE_TEMPERATURES = (0.2, 0.5, 0.8, 1.0, 1.3)
PROSE = ("shakespeare", "war-and-peace", "king-james")


def _cases(models: Sequence[str], temperatures: Sequence[float]) -> list[Case]:
    """Every model's three writers; cases of one model stand together."""
    return [
        {"model": model, "writer": writer, "temperature": temperature, "seed": seed}
        for model in models
        for writer in (NETWORK, COUNTING, TEXT)
        for temperature in (temperatures if writer != TEXT else (None,))
        for seed in SEEDS
    ]


def sampling_cases() -> list[Case]:
    return _cases(PROSE, MORE_TEMPERATURES)


def sampling(model: str, writer: str, temperature: float | None, seed: int) -> Row:
    """How sure a writer is at a temperature, and how many words are none.

    Entropies are in nats, of the guesses after temperature: along the writer's own text,
    and along the held-out text, which is the same for every temperature.
    """
    of = material(model)
    pieces = write(of, writer, temperature, seed, PIECES, LENGTH)
    row = _words(pieces, of)
    if temperature is not None:
        guesser = of.network if writer == NETWORK else ngram(of)
        read = write(of, TEXT, None, seed, PIECES, LENGTH)
        row["entropy"] = _entropy(guesser, pieces[:3], temperature)
        row["entropy_on_held_out"] = _entropy(guesser, read[:3], temperature)
    return row


def _words(pieces: Sequence[Piece], of: Material) -> Row:
    # the first word and the last may be cut
    found = [word for piece in pieces for word in evaluation.words(piece.text)[1:-1]]
    known = evaluation.word_rate(" ".join(found), dictionary(of.corpus, of.name))
    return {
        "words": len(found),
        "different_words": number(len(set(found)) / len(found)) if found else None,
        "non_words": number(1 - known),
    }


def _entropy(model: LanguageModel, pieces: Sequence[Piece], temperature: float) -> float | None:
    """The mean entropy of a model's guesses at a temperature, after what stands before."""
    entropies = []
    for piece in pieces:
        logits = _logits(model, piece.before + piece.text)[len(piece.before) :]
        probs = np.exp(log_softmax(logits.astype(float) / temperature))
        entropies.append(evaluation.entropy(probs).mean())
    return number(float(np.mean(entropies)))


def _logits(model: LanguageModel, text: str) -> np.ndarray:
    """Logits (T, V) after every character of a text."""
    ids, state = model.vocab.encode(text), model.initial_state()
    if isinstance(model, NumpyModel):
        return model.read(ids[None], state)[0][0]
    logits = []
    for char_id in ids:
        now, state = model.step(np.array([char_id]), state)
        logits.append(now[0])
    return np.array(logits)


def writing_cases() -> list[Case]:
    return _cases(tuple(form.MEASURES), TEMPERATURES)


def writing(model: str, writer: str, temperature: float | None, seed: int) -> Row:
    """How varied, how coherent and how much copied a text is, and whether it keeps its form."""
    of = material(model)
    pieces = write(of, writer, temperature, seed, PIECES, LENGTH)
    texts = [piece.text for piece in pieces]
    copy = evaluation.longest_copy(texts, of.train_text)
    return {
        "ngram_order": of.ngram_order,
        "characters": sum(map(len, texts)),
        **_words(pieces, of),
        "distinct_4": number(float(np.mean([evaluation.distinct(text, 4) for text in texts]))),
        "self_bleu": number(evaluation.self_bleu(texts)),
        "compression_ratio": number(evaluation.compression_ratio("".join(texts))),
        "longest_copy": len(copy),
        **{f"novel_{n}": number(evaluation.novel_ngrams(texts, of.train_text, n))
           for n in (8, 16, 32)},
        **form.measure(model, pieces, of),
    }  # fmt: skip


HEADS, BODY = 40, 500  # functions that a case goes on with, and characters of each
_HEAD = {
    "python": re.compile(r"^ *(?:async )?def \w+\([^\n]*\):\n", re.MULTILINE),
    "c": re.compile(r"^[A-Za-z_][^;{}#/]*\)\s*\{\n", re.MULTILINE),
}


def undefined_names_cases() -> list[Case]:
    return _cases(tuple(_HEAD), TEMPERATURES)


def undefined_names(model: str, writer: str, temperature: float | None, seed: int) -> Row:
    """The names that nothing defines in functions of which only the head is given."""
    of = material(model)
    heads = list(_HEAD[model].finditer(of.held_out, CONTEXT, len(of.held_out) - BODY))
    chosen = heads[seed :: len(SEEDS)]
    chosen = chosen[:: max(1, len(chosen) // HEADS)][:HEADS]
    pieces = go_on(of, writer, temperature, seed, [head.end() for head in chosen], BODY)
    names = [
        form.first_function_names(model, head[0] + piece.text, piece.before.removesuffix(head[0]))
        for head, piece in zip(chosen, pieces, strict=True)
    ]
    total = sum(names, evaluation.Names())
    return {"heads": len(chosen), **form.names_row(total)}


PROMPTS, GREEDY_LENGTH = 20, 2_000
LOOPING = ("shakespeare", "shakespeare-gru", "shakespeare-rnn", "war-and-peace", "wikipedia",
           "python", "king-james", "music")  # fmt: skip
NEAR_ZERO = (0.0, 0.1, 0.5)  # and one that is not, to compare with


def loops_cases() -> list[Case]:
    return [
        {"model": model, "writer": writer, "temperature": temperature, "seed": seed}
        for model in LOOPING
        for writer in (NETWORK, COUNTING)
        if writer == NETWORK or not model.startswith("shakespeare-")
        for temperature in NEAR_ZERO
        for seed in SEEDS
    ]


def loops(model: str, writer: str, temperature: float, seed: int) -> Row:
    """How many of 20 texts end by repeating themselves, and how long the cycle is.

    A cycle counts that stands three times or more at the end of 2,000 characters.
    """
    of = material(model)
    pieces = write(of, writer, temperature, seed, PROMPTS, GREEDY_LENGTH)
    found = [evaluation.cycle_length(piece.text) for piece in pieces]
    cycles = [length for length in found if length is not None]
    ends = {
        _canonical(piece.text[-length:])
        for piece, length in zip(pieces, found, strict=True)
        if length is not None
    }
    return {
        "prompts": len(pieces),
        "looped": number(len(cycles) / len(pieces)),
        "cycle": median(cycles) if cycles else None,
        "longest_cycle": max(cycles, default=None),
        "different_cycles": len(ends),
    }


def _canonical(cycle: str) -> str:
    """The same for a cycle wherever it was cut."""
    return min(cycle[place:] + cycle[:place] for place in range(len(cycle)))


SCORED, SCORED_PIECES = 15_000, 6
CONTEXTS = (2, 5, 10, 20, 50, 100, 200)
LOOKS = 300  # guesses that are scored with little context


def ngram_gain_cases() -> list[Case]:
    others = ("-untrained", "-large")  # the claim is on texts: one more network is no more text
    models = [name for name in checkpoints.shipped() if not name.endswith(others)]
    return [{"model": model, "seed": seed} for model in models for seed in range(SCORED_PIECES)]


def ngram_gain(model: str, seed: int) -> Row:
    """The loss of a network and of the best n-gram on one piece of held-out text.

    Losses are in nats per character; ``gain`` is the n-gram's less the network's. Bits and
    perplexity are computed from the probabilities too, not from the nats. With little
    context, network and n-gram score the same guesses.
    """
    of = material(model)
    slot = len(of.held_out) // SCORED_PIECES
    text = of.held_out[seed * slot : seed * slot + min(slot, SCORED)]
    ids, counter = of.network.vocab.encode(text), ngram(of)
    logits, _ = of.network.read(ids[None, :-1], of.network.initial_state())
    ours = log_softmax(logits[0].astype(float))[np.arange(len(ids) - 1), ids[1:]]
    theirs = counter.log_probs(ids)[1:]
    return {
        "ngram_order": counter.order,
        "characters": len(ours),
        "loss": number(-ours.mean()),
        "bits_per_char": number(-np.log2(np.exp(ours)).mean()),
        "perplexity": number(math.prod(np.exp(-ours) ** (1 / len(ours)))),
        "ngram_loss": number(-theirs.mean()),
        "gain": number(float((ours - theirs).mean())),
        **_with_contexts(of.network, ids, theirs),
    }


def _with_contexts(network: NumpyModel, ids: np.ndarray, theirs: np.ndarray) -> Row:
    """The gain where the network read only so many characters before its guess."""
    targets = np.linspace(max(CONTEXTS), len(ids) - 1, LOOKS, dtype=int)
    row: Row = {}
    for context in CONTEXTS:
        x = np.stack([ids[target - context : target] for target in targets])  # (B, T)
        logits, _ = network.read(x, network.initial_state(len(x)))
        ours = log_softmax(logits[:, -1].astype(float))[np.arange(len(x)), ids[targets]]
        row[f"gain_after_{context}"] = number(float((ours - theirs[targets - 1]).mean()))
    return row


EXPERIMENTS = (
    Experiment("sampling", "What does the temperature do to guesses and to words?",
               sampling_cases, sampling, over="samples of one network"),
    Experiment("loops", "Does the likeliest text run in a circle?", loops_cases, loops,
               over="samples of one network"),
    Experiment("writing", "How good is what is written: variety, coherence, novelty, form?",
               writing_cases, writing, over="samples of one network"),
    Experiment("undefined_names", "Are names used that nothing defines?",
               undefined_names_cases, undefined_names, over="samples of one network"),
    Experiment("ngram_gain", "By how much does the network beat counting, and with how much "
               "context?", ngram_gain_cases, ngram_gain, over="passages read by one network"),
)  # fmt: skip
