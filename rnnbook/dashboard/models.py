"""The networks that a visitor may choose, and what is known of them."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from rnnbook import checkpoints, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.counters.measured import baseline
from rnnbook.dashboard import room
from rnnbook.errors import CheckpointError, SamplingError
from rnnbook.language_model import LanguageModel
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import count_parameters
from rnnbook.recurrent import label as label_of
from rnnbook.recurrent.linear import state_sizes
from rnnbook.text import Ids

#: Checkpoints of the reader's own: a JSON list of names and paths, which may hold any character.
OWN_MODELS = "RNNBOOK_MODELS"
#: The shipped model that a visitor meets first.
FIRST = "shakespeare"
#: The largest checkpoint that may be brought, in bytes, and the largest network in it.
MAX_UPLOAD = 6_000_000
MAX_HIDDEN, MAX_LAYERS = 1024, 4


def names() -> list[str]:
    """The reader's own checkpoints, if the launcher was given some, then the shipped ones.

    Raises :class:`CheckpointError` if the environment's list of them is none.
    """
    try:
        own = json.loads(os.environ.get(OWN_MODELS) or "[]")
        if not all(isinstance(name, str) for name in own):
            raise TypeError
    except (ValueError, TypeError) as error:
        raise CheckpointError(
            f'{OWN_MODELS} is a JSON list of names and paths, as in ["my-text.safetensors"]'
        ) from error
    shipped = sorted(checkpoints.shipped(), key=lambda name: name != FIRST)  # stable
    return list(dict.fromkeys([*own, *shipped]))


def key(name: str) -> str:
    """What a link calls a model: its name, or a file's without folder and ending."""
    return Path(name).stem


@lru_cache(maxsize=2)
def load(name: str) -> tuple[Checkpoint, NumpyModel]:
    """A shipped checkpoint and its network, kept for the next time."""
    checkpoint = checkpoints.load(name)
    return checkpoint, checkpoint.model()


@lru_cache(maxsize=2)
def engine(name: str, kind: str) -> LanguageModel:
    """A network in one of the engines. PyTorch is imported when it is first asked for."""
    checkpoint, model = load(name)
    if kind == "NumPy":
        return model
    room.check_for_torch()
    from rnnbook.torch_networks.linear import from_weights

    return from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)


@lru_cache(maxsize=4)
def lively_units(name: str, number: int) -> Ids:
    """The units of the top layer that change most, by number.

    Measured on one text of the model's own, so that the rows of a heatmap stay the
    same units whatever is written.
    """
    _, model = load(name)
    start = "\n" if "\n" in model.vocab else model.vocab[0]
    text = sampling.sample(model, start, 200, rng=np.random.default_rng(0))
    spread = model.trace(text).hidden[-1].std(axis=0)  # (H,)
    return np.sort(np.argsort(-spread, kind="stable")[:number])


def next_logits(name: str, read: str) -> np.ndarray:
    """Logits (V,) for the character after ``read``.

    Raises :class:`SamplingError` if nothing was read, and
    :class:`UnknownCharacterError` for characters that the model does not know.
    """
    if not read:
        raise SamplingError("the prompt is empty; give at least one character")
    _, model = load(name)
    logits, _ = model.read(model.vocab.encode(read)[None], model.initial_state())
    last: np.ndarray = logits[0, -1]
    return last


#: Texts whose names are written in another way than that of their files.
_TITLES = {
    "king-james": "King James Bible",
    "latex": "LaTeX",
    "latex-formulas": "LaTeX formulas",
    "numbers-de": "Numbers in German",
    "numbers-en": "Numbers in English",
    "numbers-fr": "Numbers in French",
    "sherlock": "Sherlock Holmes",
    "war-and-peace": "War and Peace",
}


def label(name: str) -> str:
    """How a model is called in the list: ``Shakespeare (LSTM)``. Only the header is read."""
    kind = checkpoints.read_header(name).config.kind
    return f"{_title(key(name))} ({label_of(kind)})"


def _title(stem: str) -> str:
    """The text behind a file's name, as one writes it, and what sets this network apart."""
    text, _, last = stem.rpartition("-")
    if text and last in ("rnn", "gru"):  # the label says it
        return _title(text)
    if text and last in ("large", "untrained"):
        return f"{_title(text)}, {last}"
    return _TITLES.get(stem) or stem.capitalize().replace("-", " ")


def card(name: str) -> dict[str, str]:
    """What is known of a model: its corpus, its size, its loss and the best counter's.

    Losses are in nats per character. What a checkpoint does not tell is left out.
    """
    checkpoint, _ = load(name)
    config, info = checkpoint.config, checkpoint.info
    corpus, counter = info.get("corpus") or {}, baseline(info)
    number = count_parameters(config, len(checkpoint.vocab))
    facts = {"Corpus": str(corpus.get("name", "not told"))}
    if "characters" in corpus:
        facts["Its characters"] = f"{corpus['characters']:,}"
    facts["Units"] = str(config.hidden_size)
    if config.num_layers > 1:
        facts["Units"] = f"{config.num_layers} layers of {config.hidden_size}"
    facts["Parameters"] = f"{number:,}"
    if "validation_loss" in info:
        facts["Loss (nats/character)"] = f"{info['validation_loss']:.3f}"
    if counter is not None:
        facts[f"Loss of the {counter.name}"] = f"{counter.loss:.3f}"
    return facts


def bring(data: bytes, folder: Path, name: str = "yours") -> str:
    """Keep a checkpoint that a visitor brings; its path, by which it can be loaded.

    The file is called by ``name``, as far as that can be the name of a file, so that a link
    can; one that was brought under the same name before is replaced. Only safetensors is
    read, and of what the file tells only numbers and names are kept. Raises
    :class:`CheckpointError` for a file that is too large, that is no whole checkpoint, or
    whose network is too large to be run here.
    """
    if len(data) > MAX_UPLOAD:
        raise CheckpointError(f"a checkpoint has at most {MAX_UPLOAD // 1_000_000} MB here")
    with tempfile.NamedTemporaryFile(dir=folder, suffix=".safetensors", delete=False) as file:
        file.write(data)
    path = Path(file.name)
    try:
        _check_size(path)
        checkpoint = checkpoints.load(path)
        replace(checkpoint, info=_known(checkpoint.info)).save(path)
        load(str(path))
    except CheckpointError as error:
        path.unlink()
        raise CheckpointError(str(error).replace(path.name, "the file")) from error
    kept = folder / f"{_file_name(name)}.safetensors"
    path.replace(kept)
    forget()
    return str(kept)


def forget() -> None:
    """Read every file anew: one may have been written again."""
    load.cache_clear()
    engine.cache_clear()
    lively_units.cache_clear()


def _file_name(name: str) -> str:
    """A name without what files may not be called; never one of a shipped model."""
    kept = re.sub(r"[^\w-]+", "-", name).strip("-")[:40] or "yours"
    return f"{kept}-of-yours" if kept in checkpoints.shipped() else kept


def _check_size(path: Path) -> None:
    """Raise unless the header tells of a network that can be run here."""
    config = checkpoints.read_header(path).config
    widest = max(config.hidden_size, config.stream)
    if config.is_linear:
        widest = max(widest, *(size // 16 for size in state_sizes(config).values()))
    if widest > MAX_HIDDEN or config.num_layers > MAX_LAYERS:
        raise CheckpointError(
            f"here a network has at most {MAX_HIDDEN} units a layer and {MAX_LAYERS} layers"
        )


def _known(info: Mapping[str, Any]) -> dict[str, Any]:
    """What a stranger's checkpoint tells of itself, as far as it has the right form."""
    corpus, ngram = info.get("corpus"), info.get("ngram")
    name = corpus.get("name") if isinstance(corpus, dict) else None
    known: dict[str, Any] = {"corpus": {"name": str(name or "not told")[:60]}}
    if isinstance(info.get("validation_loss"), float):
        known["validation_loss"] = info["validation_loss"]
    if isinstance(ngram, dict) and all(isinstance(v, int | float) for v in ngram.values()):
        known["ngram"] = {k: ngram[k] for k in ("order", "loss") if k in ngram}
    return known
