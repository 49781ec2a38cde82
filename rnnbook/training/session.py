"""A training from its first step to its checkpoint: it steps, validates, saves and logs.

What computes gradients is in :mod:`rnnbook.training.trainer`, which is imported when
training starts; the files are described in :mod:`rnnbook.training.outputs`.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rnnbook.checkpoints import Checkpoint, load
from rnnbook.corpora import Corpus
from rnnbook.errors import CheckpointError, TrainingError
from rnnbook.ngram import best_order
from rnnbook.numpy_networks import network
from rnnbook.training.config import check_length, learning_rate_at
from rnnbook.training.continuing import Parent
from rnnbook.training.interrupts import Interrupts
from rnnbook.training.outputs import Outputs
from rnnbook.training.plan import Plan, choosing
from rnnbook.training.run import Progress, Run
from rnnbook.training.story import draw_sample, info

if TYPE_CHECKING:
    from rnnbook.training.trainer import Trainer

#: A training saves what it needs to resume at least this often, in seconds.
SAVE_EVERY = 30.0


class Session:
    """One process's share of a run: it steps, validates, saves and logs."""

    def __init__(
        self,
        run: Run,
        corpus: Corpus,
        outputs: Outputs,
        arrays: dict[str, Any] | None = None,
        parent: Parent | None = None,
    ):
        ids, cut = run.vocab.encode(corpus.text), corpus.cut(run.config.validation_fraction)
        self.corpus, self.train_ids, self.validation_ids = corpus, ids[:cut], ids[cut:]
        self.choosing_ids = self.validation_ids[: choosing(len(self.validation_ids))]
        check_length(len(self.train_ids), len(self.validation_ids), run.config)
        self.run, self.outputs, self.is_resumed = run, outputs, arrays is not None
        self._arrays, self._parent = arrays, parent
        self.before = run.seconds  # of earlier processes
        self.started = self._saved = time.monotonic()
        self._saved_at: int | None = None  # the step
        self.interrupts = Interrupts()

    def start(
        self,
        device: str = "cpu",
        interrupts: Interrupts | None = None,
        *,
        count_ngrams: bool = True,
        show_counting: bool = False,
        announce: Callable[[str], None] = lambda line: None,
    ) -> Generator[Progress, None, None]:
        """Load PyTorch, make the network, and train; raises what :func:`train` does.

        Before the first step it finds the best n-gram, the baseline, unless ``count_ngrams`` is
        false; ``show_counting`` shows a bar on a terminal meanwhile. ``announce`` is told in
        which arithmetic products are computed.
        """
        from rnnbook.training.processes import Processes
        from rnnbook.training.trainer import Trainer

        run = self.run
        self.interrupts = interrupts or self.interrupts
        self._counts_ngrams, self._shows_counting = count_ngrams, show_counting
        try:
            processes = Processes.from_environment()
            self.trainer = Trainer(
                run.vocab, run.model_config, run.config, self.train_ids, device, processes
            )
            run.config = self.trainer.config  # with the precision that was settled on
            announce(str(self.trainer.choice))
            if self._arrays is not None:
                self._restore(self.trainer, self._arrays)
            elif self._parent is not None:
                self.trainer.load_weights(self._parent.checkpoint.weights)
        except BaseException:
            self.outputs.close()
            raise
        return self._progress_points()

    def _restore(self, trainer: Trainer, arrays: dict[str, Any]) -> None:
        try:
            trainer.restore(arrays)
        except (KeyError, IndexError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{self.outputs.state} does not hold the training that it describes; "
                "start again with --overwrite"
            ) from error

    def close(self) -> None:
        """Give up the right to write; more than once does no harm."""
        self.outputs.close()

    def _progress_points(self) -> Generator[Progress, None, None]:
        """Train to the end; if stopped before it, save and close."""
        work = self._work()
        try:
            while True:
                with self.interrupts.held():
                    point = next(work, None)
                if point is None:
                    if self.interrupts.received is not None:  # too late to stop anything
                        raise KeyboardInterrupt
                    return
                yield point
        except GeneratorExit:
            if self.trainer.processes.count == 1:  # else the others may be elsewhere
                with self.interrupts.held():
                    self.save_state()
            raise
        finally:
            self.trainer.close()
            self.trainer.processes.close()
            self.outputs.close()

    def _work(self) -> Iterator[Progress]:
        run, trainer = self.run, self.trainer
        with self.interrupts.exposed():  # there is nothing to save yet
            self._count_ngrams()
            self._measure_parent()
        if self.is_resumed:
            self._saved_at = trainer.step
        self.save_state()  # what cannot be written is known before anything is learnt
        self.outputs.restore_log(run, trainer.step)
        self.plan = Plan(run, len(self.validation_ids), trainer.step)
        while run.steps is None or trainer.step < run.steps:
            rate = learning_rate_at(trainer.step, run.steps, run.config)
            self._note_loss(trainer.train_step(rate))
            self.plan.measure(trainer.step)
            save_is_due, stop = self._agree()
            point = self._look(rate)
            if save_is_due or stop:
                self.save_state()
            if stop:
                raise KeyboardInterrupt
            if point is not None:
                yield point
        if self.outputs.is_first:
            self._finish()

    def _count_ngrams(self) -> None:
        """The baseline, once for every run."""
        if self._counts_ngrams and not self.run.ngram and self.outputs.is_first:
            ngram, losses = best_order(
                self.run.vocab, self.train_ids, self.validation_ids, progress=self._shows_counting
            )
            self.run.ngram = {"order": ngram.order, "loss": losses[ngram.order]}

    def _measure_parent(self) -> None:
        """How good the network is that this one goes on from; it is the best so far."""
        if self._parent is None or not self.outputs.is_first:
            return
        weights, run = self._parent.checkpoint.weights, self.run
        run.best_validation = self.trainer.evaluate(self.choosing_ids, weights).nats
        run.parent["validation_loss_here"] = self.trainer.evaluate(
            self.validation_ids, weights
        ).nats

    def _agree(self) -> tuple[bool, bool]:
        """Whether to save and to stop; under ``torchrun``, the first process decides for all."""
        is_due = time.monotonic() - self._saved > SAVE_EVERY
        stop = self.interrupts.received is not None
        agreed = self.trainer.processes.agree(self.run.steps or 0, is_due, stop)
        self.run.steps = int(agreed[0]) or None
        return bool(agreed[1]), bool(agreed[2])

    def _note_loss(self, loss: float) -> None:
        run, step = self.run, self.trainer.step
        first = run.first_loss if run.first_loss is not None else loss
        if not math.isfinite(loss) or loss > 3 * max(first, math.log(len(run.vocab))):
            raise TrainingError(
                f"the loss is {loss:.3g} at step {step}, after {first:.3g} at the start: the "
                f"training has diverged. Try a learning rate below {run.config.learning_rate:g} "
                f"(--learning-rate {run.config.learning_rate / 3:.1g}) or a lower --clip; "
                "what was saved before is untouched"
            )
        run.first_loss = first
        weight = min(step, 100)
        run.loss = loss if run.loss is None else run.loss + (loss - run.loss) / weight
        run.seconds = self._seconds()

    def _seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def _look(self, rate: float) -> Progress | None:
        """Validate, if it is time to, or see how far the training is; log what was seen."""
        step = self.trainer.step
        if self.plan.validation_is_due(step) or step in self.run.config.sample_steps:
            point = self._validate(rate)
        elif step % 10 == 0:
            point = self._point(rate)
        else:
            return None
        self.outputs.log(point)
        return point

    def _point(self, rate: float, **more: Any) -> Progress:
        run, step = self.run, self.trainer.step
        assert run.loss is not None
        characters = step * run.config.batch_size * run.config.seq_len
        return Progress(step, run.steps, run.loss, rate, characters, run.seconds, **more)

    def _validate(self, rate: float) -> Progress:
        run, trainer = self.run, self.trainer
        if not self.outputs.is_first:
            self.save_state()  # its part of it
            return self._point(rate)
        weights = trainer.averaged_weights()
        began = time.monotonic()
        loss = trainer.evaluate(self.choosing_ids, weights).nats
        self.plan.note_reading(len(self.choosing_ids), time.monotonic() - began)
        text = draw_sample(network(run.vocab, run.model_config, weights), run.config.seed)
        self.plan.keep_the_time(trainer.step)
        point = self._point(rate, validation_loss=loss, sample=text)
        run.history.append(asdict(point))
        if loss < run.best_validation:
            run.best_validation = loss
            trainer.keep_best()
        self.save_state()
        self._save_checkpoint(trainer.best_weights(), info(run, self.trainer.step))
        return point

    def _finish(self) -> None:
        """Score the whole validation part and the test, its second half; write the last
        checkpoint, clear the state.

        What is scored is the checkpoint as it is stored, rounding included.
        """
        run, step = self.run, self.trainer.step
        self._save_checkpoint(self.trainer.best_weights(), info(run, step))
        stored = load(self.outputs.out).weights
        with self.interrupts.exposed():  # a resume would only do this again
            log_probs = self.trainer.log_probs(self.validation_ids, stored)
            blocks = self.trainer.evaluate_blocks(self.validation_ids, stored)
        run.seconds = self._seconds()
        self._save_checkpoint(stored, info(run, step, log_probs, blocks))
        self.outputs.remove_state()

    def _save_checkpoint(self, weights: dict[str, Any], story: dict[str, Any]) -> None:
        checkpoint = Checkpoint(self.run.model_config, self.run.vocab, weights, story)
        self.outputs.save_checkpoint(checkpoint.to_bytes(self.run.storage))

    def save_state(self) -> None:
        """Write all that a resume needs, once a step; the file before it stays if that fails."""
        run = self.run
        if self._saved_at == self.trainer.step:
            return
        run.seconds, run.step = self._seconds(), self.trainer.step
        data = self.trainer.to_bytes(run.to_json())
        if self.outputs.is_first:
            self.outputs.save_state(data)
        self._saved, self._saved_at = time.monotonic(), run.step
