"""How many steps a training makes in its minutes, and when it looks at its validation loss.

Taught in the chapter *Long memory*.
"""

from __future__ import annotations

import time

from rnnbook.training.run import Run

#: Validations on the way score at most this many characters; the last one all.
QUICK_VALIDATION = 20_000
_CALIBRATION = (5, 25)  # the steps between which the speed is measured
_READING = 0.5  # what reading a character costs, as a share of training on it


class Plan:
    """The number of steps of a run, ``run.steps``. Once made, it only becomes smaller."""

    def __init__(self, run: Run, num_validation: int, step: int):
        """For a run that is at ``step``, with so many characters to validate on."""
        self.run, self.num_validation = run, num_validation
        self._first = (step, time.monotonic())
        self._started = 0.0
        if run.config.steps is not None:
            run.steps = run.config.steps

    def measure(self, step: int) -> None:
        """Plan the number of steps from the speed, once, so that the time is kept."""
        run, (first, last) = self.run, _CALIBRATION
        if step == first:
            self._started = time.monotonic()
        if run.steps is None and step >= last and self._started and run.config.minutes is not None:
            per_step = (time.monotonic() - self._started) / (step - first)
            quick = min(QUICK_VALIDATION, self.num_validation) * run.config.validations
            trained = run.config.batch_size * run.config.seq_len
            reserve = self._reserve(per_step) + _READING * per_step * quick / trained
            left = 60 * run.config.minutes - run.seconds - reserve
            run.steps = step + max(1, int(0.97 * left / per_step))

    def _reserve(self, per_step: float) -> float:
        """Seconds to keep for the last validation, which reads the whole part twice."""
        trained = self.run.config.batch_size * self.run.config.seq_len
        return 1 + 2 * _READING * per_step * self.num_validation / trained

    def keep_the_time(self, step: int) -> None:
        """Plan fewer steps if the machine has become slower than it was."""
        run, (first, started) = self.run, self._first
        if run.config.steps is not None or run.config.minutes is None or step < first + 100:
            return
        per_step = (time.monotonic() - started) / (step - first)
        left = 60 * run.config.minutes - run.seconds - self._reserve(per_step)
        affordable = step + max(0, int(left / per_step))
        if run.steps is not None and affordable < 0.98 * run.steps:
            run.steps = affordable

    def validation_is_due(self, step: int) -> bool:
        """Whether this is a step after which to validate: the last one is."""
        if self.run.steps is None:
            return False
        every = max(1, self.run.steps // self.run.config.validations)
        return step % every == 0 or step == self.run.steps
