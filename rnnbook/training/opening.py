"""How a training begins: from a text, from where it was stopped, or from a finished network.

:func:`train` is a generator: it yields :class:`Progress` and the caller decides
to print, to plot or to stop.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from dataclasses import replace
from typing import Any

from rnnbook.checkpoints import Storage
from rnnbook.corpora import Corpus, Preparation
from rnnbook.errors import TrainingError
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab, fit
from rnnbook.training.config import TrainingConfig
from rnnbook.training.continuing import Parent
from rnnbook.training.outputs import Outputs
from rnnbook.training.run import Progress, Run
from rnnbook.training.session import Session


def train(
    corpus: Corpus,
    model_config: ModelConfig,
    config: TrainingConfig,
    out: str | os.PathLike[str],
    *,
    device: str = "cpu",
    **settings: Any,
) -> Generator[Progress, None, None]:
    """Train a network on a corpus and write its checkpoint to ``out``.

    ``settings`` are those of :func:`open_session`. They and the text are checked at the
    call, before the first step is asked for. Stopping the generator, or an interrupt,
    saves; ``resume=True`` goes on from there and, on one machine, gives bit for bit what
    an uninterrupted training would have. The checkpoint holds the averaged weights that
    were best on the validation part.

    Raises :class:`TextError` if the text is too short, :class:`TrainingError` if
    the loss leaves the rails or a setting cannot be, and
    :class:`CheckpointError` if a file cannot be written.
    """
    return open_session(corpus, model_config, config, out, **settings).start(device)


def open_session(
    corpus: Corpus,
    model_config: ModelConfig,
    config: TrainingConfig,
    out: str | os.PathLike[str],
    *,
    resume: bool = False,
    overwrite: bool = False,
    storage: Storage = "float32",
    command: str = "",
    continue_from: str | os.PathLike[str] | None = None,
    texts: Iterable[str | os.PathLike[str]] = (),
) -> Session:
    """A training, checked and with the right to write to ``out``, but not yet started.

    ``resume`` goes on with an unfinished one and ``overwrite`` replaces what a training
    left; ``continue_from`` is the finished network to go on from; ``texts`` are files
    that must not be written to. PyTorch is not loaded. Raises what :func:`train` does.
    """
    texts = [*texts, *([continue_from] if continue_from is not None else [])]
    outputs = Outputs(out, texts, is_first=_is_first())
    try:
        parent = Parent.load(continue_from) if continue_from is not None else None
        if resume and overwrite:
            raise TrainingError("--resume goes on and --overwrite starts again; give one of them")
        if resume:
            run, arrays = outputs.resumed()
            _check_resumed(run, corpus, parent, outputs)
            corpus = _as_before(corpus, run.corpus, run.vocab)
            run.check_same(model_config, config, storage)
            return Session(run, corpus, outputs, arrays=arrays)
        if parent is not None:
            described = parent.checkpoint.info.get("corpus") if parent.has_read(corpus) else None
            corpus = _as_before(corpus, described, parent.checkpoint.vocab)
        vocab = Vocab.from_text(corpus.text)
        run = Run(model_config, config, vocab, corpus.describe(), command, storage=storage)
        if parent is not None:
            parent.check(corpus, model_config, config)
            run.vocab, run.parent = parent.checkpoint.vocab, parent.describe()
        outputs.begin(run, overwrite)
        return Session(run, corpus, outputs, parent=parent)
    except BaseException:
        outputs.close()
        raise


def _as_before(corpus: Corpus, described: object, vocab: Vocab) -> Corpus:
    """The text as it was prepared before, in the characters of a vocabulary.

    Raises :class:`TrainingError` if it is to be prepared in another way now.
    """
    before = Preparation.of(described)
    if described is not None and corpus.preparation not in (Preparation(), before):
        raise TrainingError(
            "the training began with another --min-count or --shuffle-lines; leave them out to "
            "go on as it began, or start another training with another --out"
        )
    corpus = corpus.prepare(before) if described is not None else corpus
    return replace(corpus, text=fit(vocab, corpus.text)[0])


def _is_first() -> bool:
    """Whether this process writes the files: of those of ``torchrun``, only one does."""
    return os.environ.get("WORLD_SIZE", "1") == "1" or os.environ.get("RANK", "0") == "0"


def _check_resumed(run: Run, corpus: Corpus, parent: Parent | None, outputs: Outputs) -> None:
    if run.corpus["sha256"] != corpus.sha256:
        raise TrainingError(
            f"{outputs.state} was trained on another text than {corpus.name}; "
            "give the text that it began with"
        )
    if parent is not None and parent.describe() != {
        name: run.parent.get(name) for name in parent.describe()
    }:
        began = f"from {run.parent['name']}" if run.parent else "with a new network"
        raise TrainingError(
            f"the unfinished training began {began}, not from {parent.name}: leave "
            "--continue-from out, or start another training with another --out"
        )
