"""A training from its first step to its checkpoint, with files that survive a kill.

:func:`train` is a generator: it yields :class:`Progress` and the caller decides
to print, to plot or to stop. What computes gradients is in
:mod:`rnnbook.training.trainer`, which is imported when training starts.

Three files belong to a training that writes to ``NAME.safetensors``: that
checkpoint, renewed at every validation; ``NAME.training.safetensors`` with
everything needed to go on as if nothing had happened, removed at the end; and
``NAME.log.jsonl``, a line for every progress.

Taught in the chapter *Long memory*.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from rnnbook.checkpoints import Checkpoint, Storage, load
from rnnbook.corpora import Corpus
from rnnbook.errors import CheckpointError, TrainingError
from rnnbook.files import write_atomically
from rnnbook.ngram import best_order
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig, count_parameters
from rnnbook.sampling import sample
from rnnbook.text import Ids, Vocab, split
from rnnbook.training.config import TrainingConfig, check_length, learning_rate_at
from rnnbook.training.run import (
    Progress,
    Run,
    log_path,
    read_state,
    restore_log,
    state_path,
    versions,
)

#: A training saves what it needs to resume at least this often, in seconds.
SAVE_EVERY = 30.0
#: Validations on the way score at most this many characters; the last one all.
QUICK_VALIDATION = 20_000
_CALIBRATION = (5, 25)  # the steps between which the speed is measured
_READING = 0.5  # what reading a character costs, as a share of training on it


def train(
    corpus: Corpus,
    model_config: ModelConfig,
    config: TrainingConfig,
    out: str | os.PathLike[str],
    *,
    device: str = "cpu",
    resume: bool = False,
    storage: Storage = "float32",
    command: str = "",
) -> Generator[Progress, None, None]:
    """Train a network on a corpus and write its checkpoint to ``out``.

    The settings and the text are checked at the call, before the first step is
    asked for. Stopping the generator, or an interrupt, saves; ``resume=True`` goes on from
    there and, on one machine, gives bit for bit what an uninterrupted training
    would have. The checkpoint holds the averaged weights that were best on the
    validation part.

    Raises :class:`TextError` if the text is too short, :class:`TrainingError` if
    the loss leaves the rails or there is nothing to resume, and
    :class:`CheckpointError` if a file cannot be written.
    """
    from rnnbook.training.processes import Processes
    from rnnbook.training.trainer import Trainer

    started = time.monotonic()
    processes = Processes.from_environment()
    is_first = processes.is_first
    run, arrays = _begin(corpus, model_config, config, out, resume, command, is_first)
    ids = run.vocab.encode(corpus.text)
    train_ids, validation_ids = split(ids, run.config.validation_fraction)
    check_length(len(train_ids), len(validation_ids), run.config)
    trainer = Trainer(run.vocab, run.model_config, run.config, train_ids, device, processes)
    if arrays is not None:
        trainer.restore(arrays)
    return _Session(run, trainer, validation_ids, Path(out), storage, started).steps()


def _begin(corpus, model_config, config, out, resume, command, is_first):
    """A new run, or the one to resume with its arrays."""
    if not resume:
        if is_first and state_path(out).exists():
            raise TrainingError(
                f"{state_path(out)} holds an unfinished training; go on with --resume, "
                "or delete it to start again"
            )
        vocab = Vocab.from_text(corpus.text)
        return Run(model_config, config, vocab, corpus.describe(), command), None
    if not state_path(out).exists():
        raise TrainingError(f"there is no unfinished training to resume at {state_path(out)}")
    text, arrays = read_state(state_path(out))
    run = Run.from_json(text)
    if run.corpus["sha256"] != corpus.sha256:
        raise TrainingError(
            f"{state_path(out)} was trained on another text than {corpus.name}; "
            "give the text that it began with"
        )
    return run, arrays


class _Session:
    """One process's share of a run: it steps, validates, saves and logs."""

    def __init__(self, run, trainer, validation_ids: Ids, out: Path, storage, started: float):
        self.run, self.trainer, self.validation_ids = run, trainer, validation_ids
        self.out, self.storage = out, storage
        self.before = run.seconds  # of earlier processes
        self.started = started
        self.saved = time.monotonic()
        self._calibration_start = 0.0
        self.save_is_due = 0.0
        if trainer.processes.is_first:
            restore_log(log_path(out), trainer.step, run.history)

    def steps(self) -> Generator[Progress, None, None]:
        """Train to the end; if stopped before it, save and close."""
        try:
            self._count_ngrams()
            yield from self._steps()
        except (KeyboardInterrupt, GeneratorExit):
            if self.trainer.processes.count == 1:  # else the others may be elsewhere
                self.save_state()
            raise
        finally:
            self.trainer.close()
            self.trainer.processes.close()

    def _count_ngrams(self) -> None:
        """The baseline, once for every run."""
        if not self.run.ngram and self.trainer.processes.is_first:
            ngram, losses = best_order(self.run.vocab, self.trainer.ids, self.validation_ids)
            self.run.ngram = {"order": ngram.order, "loss": losses[ngram.order]}

    def _steps(self) -> Iterator[Progress]:
        run, trainer = self.run, self.trainer
        if run.config.steps is not None:
            run.steps = run.config.steps
        self._first_step = (trainer.step, time.monotonic())
        while run.steps is None or trainer.step < run.steps:
            rate = learning_rate_at(trainer.step, run.steps, run.config)
            self._note_loss(trainer.train_step(rate))
            self._calibrate()
            self._agree()
            due = run.steps is not None and self._validation_due(trainer.step)
            if due or trainer.step in run.config.sample_steps:
                yield self._log(self._validate(rate))
            elif trainer.step % 10 == 0:
                yield self._log(self._progress(rate))
            if self.save_is_due:
                self.save_state()
        if trainer.processes.is_first:
            self._finish()

    def _agree(self) -> None:
        """Under ``torchrun``, let the first process's clock decide for all."""
        run, processes = self.run, self.trainer.processes
        is_due = time.monotonic() - self.saved > SAVE_EVERY
        steps, self.save_is_due = processes.agree(run.steps or 0, is_due)
        run.steps = int(steps) or None

    def _note_loss(self, loss: float) -> None:
        run, step = self.run, self.trainer.step
        first = run.first_loss if run.first_loss is not None else loss
        if not math.isfinite(loss) or loss > 3 * first:
            raise TrainingError(
                f"the loss is {loss:.3g} at step {step}, after {first:.3g} at the start: the "
                f"training has diverged. Try a learning rate below {run.config.learning_rate:g} "
                f"(--learning-rate {run.config.learning_rate / 3:.1g}) or a lower --clip; "
                "what was saved before is untouched"
            )
        run.first_loss = first
        weight = min(step, 100)
        run.loss = loss if run.loss is None else run.loss + (loss - run.loss) / weight
        run.seconds = self.before + time.monotonic() - self.started

    def _calibrate(self) -> None:
        """Plan the number of steps from the speed, once, so that the time is kept."""
        run, step = self.run, self.trainer.step
        first, last = _CALIBRATION
        if step == first:
            self._calibration_start = time.monotonic()
        if run.steps is None and step >= last and self._calibration_start:
            per_step = (time.monotonic() - self._calibration_start) / (step - first)
            quick = min(QUICK_VALIDATION, len(self.validation_ids)) * run.config.validations
            trained = run.config.batch_size * run.config.seq_len
            reserve = self._reserve(per_step) + _READING * per_step * quick / trained
            left = 60 * run.config.minutes - run.seconds - reserve
            run.steps = step + max(1, int(0.97 * left / per_step))

    def _reserve(self, per_step: float) -> float:
        """Seconds to keep for the last validation, which reads the whole part twice."""
        trained = self.run.config.batch_size * self.run.config.seq_len
        return 1 + 2 * _READING * per_step * len(self.validation_ids) / trained

    def _keep_the_time(self) -> None:
        """Plan fewer steps if the machine has become slower than it was."""
        run, step = self.run, self.trainer.step
        if (
            run.config.steps is not None
            or run.config.minutes is None
            or step < self._first_step[0] + 100
        ):
            return
        per_step = (time.monotonic() - self._first_step[1]) / (step - self._first_step[0])
        left = 60 * run.config.minutes - run.seconds - self._reserve(per_step)
        affordable = step + max(0, int(left / per_step))
        if affordable < 0.98 * run.steps:
            run.steps = affordable

    def _validation_due(self, step: int) -> bool:
        every = max(1, self.run.steps // self.run.config.validations)
        return step % every == 0 or step == self.run.steps

    def _progress(self, rate: float, **more: Any) -> Progress:
        run, step = self.run, self.trainer.step
        characters = step * run.config.batch_size * run.config.seq_len
        return Progress(step, run.steps, run.loss, rate, characters, run.seconds, **more)

    def _validate(self, rate: float) -> Progress:
        run = self.run
        if not self.trainer.processes.is_first:
            self.save_state()  # its part of it
            return self._progress(rate)
        weights = self.trainer.averaged_weights()
        model = NumpyModel(run.vocab, run.model_config, weights)
        quick = self.validation_ids[:QUICK_VALIDATION]
        loss = self.trainer.evaluate(quick, weights).nats
        text = draw_sample(model, run.config.seed)
        progress = self._progress(rate, validation_loss=loss, sample=text)
        run.history.append(asdict(progress))
        self._keep_the_time()
        if loss < run.best_validation:
            run.best_validation = loss
            self.trainer.keep_best()
        checkpoint = Checkpoint(
            run.model_config, run.vocab, self.trainer.best_weights(), self._info(None)
        )
        self.save_state()
        checkpoint.save(self.out, self.storage)
        return progress

    def _finish(self) -> None:
        """Score the whole validation part, write the last checkpoint, clear the state.

        What is scored is the checkpoint as it is stored, rounding included.
        """
        run = self.run
        Checkpoint(run.model_config, run.vocab, self.trainer.best_weights(), self._info(None)).save(
            self.out, self.storage
        )
        stored = load(self.out).weights
        loss = self.trainer.evaluate(self.validation_ids, stored)
        blocks = self.trainer.evaluate_blocks(self.validation_ids, stored)
        run.seconds = self.before + time.monotonic() - self.started
        info = self._info(loss, blocks)
        Checkpoint(run.model_config, run.vocab, stored, info).save(self.out, self.storage)
        state_path(self.out).unlink(missing_ok=True)

    def _info(self, loss, blocks=None) -> dict[str, Any]:
        run = self.run
        info: dict[str, Any] = {
            "corpus": run.corpus,
            "parameters": count_parameters(run.model_config, len(run.vocab)),
            "training": asdict(run.config),
            "steps": self.trainer.step,
            "planned_steps": run.steps,
            "characters_read": self.trainer.step * run.config.batch_size * run.config.seq_len,
            "seconds": round(run.seconds, 1),
            "command": run.command,
            "ngram": run.ngram,
            "history": run.history,
            "versions": versions(),
        }
        if loss is None:
            info["validation_loss"] = run.best_validation
            info["measured"] = "so far, on the first characters of the validation part"
        else:
            info["validation_loss"] = loss.nats
            info["measured"] = (
                f"on all {loss.characters:,} predictions of the validation part (the last "
                f"{run.config.validation_fraction:.0%} of the text), with the state carried"
            )
            info["block_loss"] = blocks.nats if blocks is not None else None
        return info

    def save_state(self) -> None:
        """Write all that a resume needs; the file before it stays if that fails."""
        self.run.seconds = self.before + time.monotonic() - self.started
        data = self.trainer.to_bytes(self.run.to_json())
        self.saved = time.monotonic()
        if not self.trainer.processes.is_first:
            return
        try:
            write_atomically(state_path(self.out), lambda path: path.write_bytes(data))
        except OSError as error:
            raise CheckpointError(
                f"cannot save {state_path(self.out)}: {error.strerror}. What was saved before "
                "is untouched; make room and go on with --resume"
            ) from error

    def _log(self, progress: Progress) -> Progress:
        if not self.trainer.processes.is_first:
            return progress
        with log_path(self.out).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(progress)) + "\n")
        return progress


def draw_sample(model: NumpyModel, seed: int, length: int = 300) -> str:
    """The sample that a training keeps: after a newline, temperature 0.8, a fixed seed."""
    prompt = "\n" if "\n" in model.vocab else model.vocab[0]
    return sample(model, prompt, length, temperature=0.8, rng=np.random.default_rng(seed))
