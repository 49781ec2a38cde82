"""What long experiments measure: one command each, and a file of results each.

``python -m rnnbook experiment NAME`` runs one, or goes on with it. The book and its ledger
of claims read the results.
"""

from __future__ import annotations

from rnnbook.errors import ExperimentError
from rnnbook.experiments import (
    applications,
    book_source,
    cells,
    counters,
    curves,
    guesses,
    kinds,
    lags,
    learning,
    matching,
    mechanics,
    serial,
    steering,
    tasks,
    trainings,
    writing,
)
from rnnbook.experiments.benchmarks import benchmark, benchmarks
from rnnbook.experiments.experiment import Experiment, Result, load, result_path, run
from rnnbook.experiments.intervals import Interval, deviations, difference, interval
from rnnbook.experiments.places import OUTPUT, RESULTS

__all__ = [
    "EXPERIMENTS",
    "OUTPUT",
    "RESULTS",
    "Experiment",
    "Interval",
    "Result",
    "benchmark",
    "benchmarks",
    "deviations",
    "difference",
    "find",
    "interval",
    "load",
    "result_path",
    "run",
]

#: All experiments by name.
#:
#: :meta hide-value:
EXPERIMENTS: dict[str, Experiment] = {
    one.name: one
    for module in (
        mechanics,
        trainings,
        curves,
        learning,
        serial,
        cells,
        guesses,
        steering,
        lags,
        matching,
        tasks,
        kinds,
        book_source,
        applications,
        writing,
        counters,
    )
    for one in module.EXPERIMENTS
}


def find(name: str) -> Experiment:
    """The experiment of that name. Raises :class:`ExperimentError` if there is none."""
    if name not in EXPERIMENTS:
        raise ExperimentError(
            f"there is no experiment {name!r}; there are: {', '.join(EXPERIMENTS)}"
        )
    return EXPERIMENTS[name]
