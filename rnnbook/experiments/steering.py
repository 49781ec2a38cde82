"""Does the unit for quotation marks make the network open and close them?"""

from __future__ import annotations

from statistics import fmean

import numpy as np

from rnnbook.experiments import held_out
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.experiments.held_out import rounded
from rnnbook.inspection import find_unit, unit_values
from rnnbook.inspection.markup import quotes
from rnnbook.inspection.steering import held_at, quotations, write_held

MODEL = "war-and-peace"
DOSES = (-4, -2, 0, 2, 4)  # standard deviations; towards what the unit does inside, where positive
OTHERS = 3  # units drawn by lot
TEXTS, BEFORE, LENGTH = 16, 200, 300  # texts, and characters that are read and written
TEMPERATURE = 0.8


def cases() -> list[Case]:
    return [{"seed": seed} for seed in SEEDS]


def run(seed: int) -> Row:
    """Marks opened and closed, by the dose, with the unit for quotations held and with others.

    The unit is the best on the first half of a held-out piece; texts begin in the second half.
    ``free`` is the network with nothing held.
    """
    network, text = held_out.network(MODEL), held_out.piece(MODEL, seed)
    trace, rng = held_out.trace(MODEL, seed), np.random.default_rng(seed)
    values = unit_values(trace)
    found = find_unit(values, quotes(text))
    starts = np.linspace(len(text) // 2, len(text) - BEFORE - 1, TEXTS, dtype=int)
    prompts = [text[start : start + BEFORE] for start in starts]
    others = rng.choice(np.delete(np.arange(values.shape[1]), found.unit), OTHERS, replace=False)

    def counted(unit: int, dose: float | None) -> dict[str, float]:
        at = None if dose is None else held_at(trace, unit, dose)
        texts = write_held(network, prompts, LENGTH, unit=unit, at=at, temperature=TEMPERATURE,
                           rng=np.random.default_rng([seed, unit]))  # fmt: skip
        return quotations(prompts, texts)

    def mean(of: list[dict[str, float]]) -> Row:
        return {key: rounded(fmean(one[key] for one in of)) for key in of[0]}

    return {
        "unit": found.unit,
        "free": mean([counted(found.unit, None)]),
        "held": {str(dose): mean([counted(found.unit, found.sign * dose)]) for dose in DOSES},
        "others": {str(dose): mean([counted(int(unit), dose) for unit in others])
                   for dose in DOSES},
    }  # fmt: skip


EXPERIMENTS = (
    Experiment("steering", "Does the unit for quotation marks make the network open and close any?",
               cases, run, over="samples of one network"),
)  # fmt: skip
