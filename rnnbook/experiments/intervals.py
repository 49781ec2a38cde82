"""Means over seeds with their intervals, and whether a repeat agrees with what is stored.

The interval is the one of Student (1908): two runs are enough for one, three are what
the book asks for.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnbook.errors import ExperimentError
from rnnbook.experiments.experiment import Case, Result

# The 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
      2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093)  # fmt: skip


@dataclass(frozen=True)
class Interval:
    """A mean over seeds and half the width of its 95 % interval (Student's t)."""

    mean: float
    half: float
    count: int

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - self.half

    @property
    def high(self) -> float:
        """The upper end."""
        return self.mean + self.half

    @property
    def span(self) -> tuple[float, float, float]:
        """Mean, low and high: what the plots take."""
        return self.mean, self.low, self.high

    def __format__(self, spec: str) -> str:
        """``f"{found:.2f}"`` is ``1.43 ± 0.02``; with ``%``, both are percentages."""
        spec = spec or ".3f"
        return f"{self.mean:{spec}} ± {self.half:{spec}}"

    def __str__(self) -> str:
        return format(self)


def interval(values: Sequence[float]) -> Interval:
    """The mean of some values, with its 95 % interval.

    Raises :class:`ExperimentError` for fewer than two, since one run has no spread, and
    for a value that is no number.
    """
    if len(values) < 2:
        raise ExperimentError("it takes two runs or more to have an interval")
    if any(value is None or not math.isfinite(value) for value in values):
        raise ExperimentError(f"some of the runs gave no number: {list(values)}")
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)
    freedom = len(values) - 1
    quantile = _T[freedom - 1] if freedom <= len(_T) else 1.96 + 2.4 / freedom
    return Interval(mean, quantile * math.sqrt(variance / len(values)), len(values))


def difference(first: Sequence[float], second: Sequence[float]) -> Interval:
    """First minus second, paired by seed: what the seed does to both cancels."""
    if len(first) != len(second):
        raise ExperimentError(f"{len(first)} runs cannot be paired with {len(second)}")
    return interval([a - b for a, b in zip(first, second, strict=True)])


@dataclass(frozen=True)
class Deviation:
    """A number whose repeat lies outside of what was stored."""

    case: Case  # without the seed
    key: str
    stored: Interval
    repeated: float

    def __str__(self) -> str:
        case = ", ".join(f"{name}={value}" for name, value in self.case.items())
        return f"{case or 'all'}: {self.key} was {self.stored:.4g}, and is {self.repeated:.4g}"


def deviations(
    stored: Result, repeated: Result, cases: Sequence[Case], slack: float = 1e-4
) -> tuple[int, list[Deviation]]:
    """How many means were compared, and those that the stored intervals do not hold.

    Numbers are compared case by case, as means over the seeds. Where a case has one seed
    or its seeds agree, ``slack`` is what the repeat may differ by, as a share: another
    processor takes sums in another order, and most are taken in float32. Times are left
    out: they belong to a machine.
    """
    before, after = _groups(stored, cases), _groups(repeated, cases)
    compared, found = 0, []
    for group, numbers in before.items():
        for key, values in numbers.items():
            again = after.get(group, {}).get(key)
            if not again:
                continue
            one = values if len(values) > 1 else [values[0], values[0]]
            wide = interval(one)
            mean = math.fsum(again) / len(again)
            compared += 1
            if abs(mean - wide.mean) > wide.half + slack * max(1.0, abs(wide.mean)):
                found.append(Deviation(json.loads(group), key, wide, mean))
    return compared, found


def _groups(result: Result, cases: Sequence[Case]) -> dict[str, dict[str, list[float]]]:
    """The numbers of the rows by their settings without the seed: key to values."""
    settings = {name for case in cases for name in case}
    groups: dict[str, dict[str, list[float]]] = {}
    for row in result.rows:
        case = {name: row[name] for name in row if name in settings and name != "seed"}
        numbers = groups.setdefault(json.dumps(case, sort_keys=True), {})
        for key, value in _numbers({k: v for k, v in row.items() if k not in settings}):
            numbers.setdefault(key, []).append(value)
    return groups


def _numbers(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """All finite numbers in a row, however deep, with the dotted key of each."""
    for key, value in found.items():
        if isinstance(value, Mapping):
            yield from _numbers(value, f"{prefix}{key}.")
        elif _is_time(key):
            continue
        elif isinstance(value, (int, float)) and math.isfinite(value):
            yield prefix + key, float(value)


def _is_time(key: str) -> bool:
    return key.startswith("timed") or key.endswith(("seconds", "milliseconds"))
