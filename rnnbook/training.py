"""Training from the outside: settings, schedule, progress, and files that survive a kill.

:func:`train` is a generator: it yields :class:`Progress` and the caller decides
to print, to plot or to stop. What computes gradients is in ``torch_training``,
which is imported when training starts.

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
import platform
import time
from collections.abc import Generator, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from rnnbook import __version__
from rnnbook.checkpoints import Checkpoint, Storage, load
from rnnbook.corpora import Corpus
from rnnbook.errors import CheckpointError, TextError, TrainingError
from rnnbook.files import write_atomically
from rnnbook.ngram import best_order
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig, count_parameters
from rnnbook.sampling import sample
from rnnbook.text import Ids, Vocab, split

#: A training saves what it needs to resume at least this often, in seconds.
SAVE_EVERY = 30.0
#: Validations on the way score at most this many characters; the last one all.
QUICK_VALIDATION = 20_000
_CALIBRATION = (5, 25)  # the steps between which the speed is measured
_READING = 0.5  # what reading a character costs, as a share of training on it
OPTIMIZERS = ("muon", "adamw", "rmsprop", "adagrad", "sgd")


@dataclass(frozen=True)
class TrainingConfig:
    """How to train. Every field can be set from the command line.

    Raises :class:`TrainingError` on values that cannot be.
    """

    minutes: float | None = 4.5  # the whole command ends by then; planned at step 25
    steps: int | None = None  # or a number of steps, the same on every machine; 0: untrained
    batch_size: int = 64  # B, contiguous streams side by side
    seq_len: int = 64  # T, how far gradients flow back
    learning_rate: float = 2e-2  # the peak, after the warm-up
    final_learning_rate: float = 0.02  # of the peak, where the cosine ends
    warmup_steps: int = 50
    optimizer: str = "muon"  # muon, adamw, rmsprop, adagrad or sgd
    weight_decay: float = 0.05  # on matrices only, not on biases
    clip: float = 1.0  # largest norm of the gradient
    dropout: float = 0.25
    embedding_dropout: float = 0.0  # share of symbols that a window cannot tell apart
    weight_dropout: float = 0.0  # share of W_hh's entries that a window goes without
    reset: float = 0.02  # chance that a stream starts a window with an empty state
    average: float = 0.99  # decay of the exponential moving average of the weights
    validation_fraction: float = 0.1
    validations: int = 12  # how often the validation loss is measured on the way
    sample_steps: tuple[int, ...] = ()  # further steps at which to keep a sample
    seed: int = 0

    def __post_init__(self) -> None:
        rules = {
            "minutes": self.minutes is None or 0 < self.minutes < math.inf,
            "steps": self.steps is None or self.steps >= 0,
            "batch_size": self.batch_size >= 1,
            "seq_len": self.seq_len >= 1,
            "learning_rate": 0 < self.learning_rate < math.inf,
            "final_learning_rate": 0 <= self.final_learning_rate <= 1,
            "warmup_steps": self.warmup_steps >= 0,
            "optimizer": self.optimizer in OPTIMIZERS,
            "weight_decay": 0 <= self.weight_decay < math.inf,
            "clip": self.clip > 0,
            "dropout": 0 <= self.dropout < 1,
            "embedding_dropout": 0 <= self.embedding_dropout < 1,
            "weight_dropout": 0 <= self.weight_dropout < 1,
            "reset": 0 <= self.reset <= 1,
            "average": 0 <= self.average < 1,
            "validation_fraction": 0 < self.validation_fraction < 1,
            "validations": self.validations >= 1,
            "seed": self.seed >= 0,
        }
        for name, holds in rules.items():
            if not holds:
                raise TrainingError(f"{name} cannot be {getattr(self, name)!r}")
        if self.minutes is None and self.steps is None:
            raise TrainingError("give the training a number of minutes or of steps")


@dataclass(frozen=True)
class Progress:
    """Where a training is. Losses are in nats per character."""

    step: int
    steps: int | None  # planned in all; None until the speed has been measured
    loss: float  # training loss, averaged over the last hundred steps or so
    learning_rate: float
    characters: int  # read so far
    seconds: float  # of training so far, resumed parts included
    validation_loss: float | None = None
    sample: str | None = None


#: Characters a second that a plan of the defaults reckons with: two cores, 384 units.
_TYPICAL_SPEED = 20_000


def defaults_for(
    num_characters: int, minutes: float | None = None
) -> tuple[ModelConfig, TrainingConfig]:
    """A network and settings that suit a text of this many characters, and a time.

    The rule of thumb for the size is a parameter a character (char-rnn's advice).
    The more often the text will be read in the time, the more dropout it takes
    not to learn it by heart.
    """
    minutes = TrainingConfig().minutes if minutes is None else minutes
    passes = 60 * (minutes or 0) * _TYPICAL_SPEED / max(1, num_characters)
    hidden_size = 128 if num_characters < 60_000 else 256 if num_characters < 400_000 else 384
    dropout = 0.1 if passes < 2 else 0.3 if passes < 8 else 0.4 if passes < 20 else 0.5
    seq_len = min(64, max(8, num_characters // 64))
    batch_size = min(64, max(1, num_characters // (4 * seq_len)))
    config = TrainingConfig(seq_len=seq_len, batch_size=batch_size, dropout=dropout)
    return ModelConfig("lstm", hidden_size, 1, 64), config


def learning_rate_at(step: int, steps: int | None, config: TrainingConfig) -> float:
    """The rate for the step after ``step``: linear warm-up, then half a cosine.

    Until the number of steps is planned, the rate warms up and stays.
    """
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    if steps is None:
        return config.learning_rate
    done = (step - config.warmup_steps) / max(1, steps - config.warmup_steps)
    cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, done))
    share = config.final_learning_rate + (1 - config.final_learning_rate) * cosine
    return config.learning_rate * share


@dataclass
class Run:
    """Everything about a training except the network: what a resume needs to know."""

    model_config: ModelConfig
    config: TrainingConfig
    vocab: Vocab
    corpus: dict[str, object]
    command: str
    ngram: dict[str, float] = field(default_factory=dict)  # order and loss
    steps: int | None = None
    loss: float | None = None
    first_loss: float | None = None
    best_validation: float = math.inf
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> str:
        content = {**asdict(self), "vocab": list(self.vocab.chars)}
        content["best_validation"] = (
            None if math.isinf(self.best_validation) else (self.best_validation)
        )
        return json.dumps(content, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Run:
        content = json.loads(text)
        content["model_config"] = ModelConfig(**content["model_config"])
        config = content["config"]
        content["config"] = TrainingConfig(
            **{**config, "sample_steps": tuple(config["sample_steps"])}
        )
        content["vocab"] = Vocab(content["vocab"])
        if content["best_validation"] is None:
            content["best_validation"] = math.inf
        return cls(**content)


def state_path(out: str | os.PathLike[str]) -> Path:
    """Where an unfinished training to ``out`` keeps what it needs to go on."""
    return Path(out).with_suffix(".training.safetensors")


def log_path(out: str | os.PathLike[str]) -> Path:
    """Where a training to ``out`` logs its progress, a JSON object a line."""
    return Path(out).with_suffix(".log.jsonl")


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
    from rnnbook.torch_processes import Processes
    from rnnbook.torch_training import Trainer

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


def check_length(num_train: int, num_validation: int, config: TrainingConfig) -> None:
    """Raise :class:`TextError` if a text is too short for these settings."""
    needed = max(config.seq_len + 1, 2 * config.batch_size)
    if num_train < needed or num_validation < 2:
        raise TextError(
            f"the text is too short: {num_train} characters are left to train on and "
            f"{num_validation} to validate on, but a sequence of {config.seq_len} in a batch "
            f"of {config.batch_size} needs {needed}; add text, or lower --seq-len or --batch-size"
        )


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
    from rnnbook.torch_training import read_state

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
            _restore_log(log_path(out), trainer.step, run.history)

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
            write_atomically(state_path(self.out), lambda path: _write(path, data))
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


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    from importlib.metadata import version

    return {
        "rnnbook": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": version("torch"),
    }


def read_log(path: str | os.PathLike[str]) -> list[Progress]:
    """The progress that a training logged."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [Progress(**json.loads(line)) for line in lines]


def _restore_log(path: Path, step: int, history: list[dict[str, Any]]) -> None:
    """The log as it was at the step that a training resumes from.

    What was logged later is dropped. A validation that was saved, and not yet logged when
    the process was killed, is put back.
    """
    logged = []
    if path.exists():
        logged = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    kept = {entry["step"]: entry for entry in [*history, *logged] if 0 < entry["step"] <= step}
    if kept or path.exists():
        text = "".join(json.dumps(kept[at]) + "\n" for at in sorted(kept))
        write_atomically(path, lambda temporary: _write(temporary, text.encode()))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def with_settings(config, **settings):
    """A copy of a configuration with the settings that are not None."""
    return replace(config, **{name: value for name, value in settings.items() if value is not None})
