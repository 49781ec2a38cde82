"""How many steps a training makes in its minutes, and when it looks at its validation loss.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import time

from rnnbook.training.run import Run

#: Validations on the way score at most this many characters; the last one all.
QUICK_VALIDATION = 20_000
_CALIBRATION = (5, 25)  # the steps between which the speed is measured
_READING = 0.5  # what reading a character costs, as a share of training on it


def choosing(num_validation: int) -> int:
    """How many characters of the validation part choose the best weights: none of its second
    half, which is the test."""
    return min(QUICK_VALIDATION, max(2, num_validation // 2))


class Plan:
    """The number of steps of a run, ``run.steps``. Once made, it only becomes smaller."""

    def __init__(self, run: Run, num_validation: int, step: int):
        """For a run that is at ``step``, with so many characters to validate on."""
        self.run, self.num_validation = run, num_validation
        self._first = (step, time.monotonic())
        self._measured_from: tuple[int, float] | None = None  # a step, and when it had ended
        self._reading: float | None = None  # seconds a character, in a validation
        if run.config.steps is not None:
            run.steps = run.config.steps

    def measure(self, step: int) -> None:
        """Plan the number of steps from the speed, once, so that the time is kept.

        Where steps are slow, a few must do: measuring takes a twentieth of the time.
        """
        run, (first, last), now = self.run, _CALIBRATION, time.monotonic()
        if run.steps is not None or run.config.minutes is None:
            return
        share = (now - self._first[1]) / (60 * run.config.minutes)
        if self._measured_from is None:
            if step >= first or share > 0.01:
                self._measured_from = (step, now)
        elif step >= last or share > 0.05:
            per_step = (now - self._measured_from[1]) / (step - self._measured_from[0])
            quick = choosing(self.num_validation) * run.config.validations
            reserve = self._reserve(per_step) + self._time_to_read(quick, per_step)
            left = 60 * run.config.minutes - run.seconds - reserve
            run.steps = step + max(1, int(0.97 * left / per_step))

    def note_reading(self, characters: int, seconds: float) -> None:
        """So long took a validation on so many characters."""
        self._reading = seconds / max(1, characters)

    def _time_to_read(self, characters: int, per_step: float) -> float:
        """Seconds to validate on characters: as was measured, or else as steps suggest."""
        trained = self.run.config.batch_size * self.run.config.seq_len
        each = _READING * per_step / trained if self._reading is None else self._reading
        return each * characters

    def _reserve(self, per_step: float) -> float:
        """Seconds to keep for the last validation, which reads the whole part twice."""
        return 1 + self._time_to_read(2 * self.num_validation, per_step)

    def keep_the_time(self, step: int) -> None:
        """Plan fewer steps if the machine, or a validation, is slower than was thought."""
        run, (first, started) = self.run, self._first
        if run.config.steps is not None or run.config.minutes is None or run.steps is None:
            return
        elapsed = time.monotonic() - started
        if step < first + 100 and elapsed < 6 * run.config.minutes:  # a tenth of the time
            return
        per_step = elapsed / (step - first)
        left = 60 * run.config.minutes - run.seconds - self._reserve(per_step)
        affordable = step + max(0, int(left / per_step))
        if affordable < 0.98 * run.steps:
            run.steps = affordable

    def validation_is_due(self, step: int) -> bool:
        """Whether this is a step after which to validate: the last one is."""
        if self.run.steps is None:
            return False
        every = max(1, self.run.steps // self.run.config.validations)
        return step % every == 0 or step == self.run.steps
