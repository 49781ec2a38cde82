"""Claims 1 to 4: what can be computed exactly, in two ways."""

from __future__ import annotations

from typing import Any

from rnnbook.claims.claim import HOLDS, Measured, Rule, Stored, claim
from rnnbook.claims.judging import every, grade, verdict

WRITTEN = "2026-11-30"


def rows_of(results: Stored, part: str) -> list[dict[str, Any]]:
    """The rows of one part of the experiment."""
    return results["mechanics"].where(part=part)


@claim(
    1,
    "The drawn network that reads “hell” has these scores, and one update raises those of the "
    "right letters.",
    tested="weights were solved for that give the drawn hidden states; then one step of gradient "
    "descent at three rates",
    verdict=HOLDS, chapter="learning-through-time", experiments=("mechanics",),
    rule=Rule(
        WRITTEN,
        holds="the rounded scores are the drawn ones, and at each rate one update raises the "
        "probabilities of all four letters",
        fails="the scores differ, or at no rate all four rise",
        undecided="all four rise at some of the rates",
    ),
)  # fmt: skip
def hello(results: Stored) -> Measured:
    (row,) = rows_of(results, "hello")
    raised = row["raised"]
    shown = ", ".join(f"{count} of 4 at rate {rate}" for rate, count in raised.items())
    full = [count == 4 for count in raised.values()]
    rises = True if all(full) else None if any(full) else False
    numbers = (
        f"rounded scores differ from the drawn ones by {row['largest_difference']:.1g}; "
        f"one update raises the right letter's probability at {shown}"
    )
    answer = every([row["largest_difference"] < 1e-9, rises])
    return Measured(verdict(answer), f"{min(raised.values())} of 4 rise", numbers)


@claim(
    2,
    "The second l of “hello” needs memory: the same letter wants another answer.",
    tested="every table from letter to letter was tried, and an RNN of three units was trained",
    verdict=HOLDS, chapter="memory", experiments=("mechanics",),
    rule=Rule(
        WRITTEN,
        holds="no table is right on all four, and the RNN is, with every seed",
        fails="a table is right on all four",
        undecided="no table is, and with some seeds the RNN is not either",
    ),
)  # fmt: skip
def memory(results: Stored) -> Measured:
    rows = rows_of(results, "memory")
    hits, table = min(row["rnn"] for row in rows), rows[0]["best_table"]
    numbers = (
        f"the best table without memory is right on {table} of 4; an RNN on {hits} of 4, after "
        f"at most {max(row['updates'] for row in rows)} updates ({len(rows)} seeds)"
    )
    answer = every([table < 4, True if hits == 4 else None])
    return Measured(verdict(answer), f"table {table} of 4, RNN {hits} of 4", numbers)


@claim(
    3,
    "Backpropagation through time gives the gradient.",
    tested="against central differences in float64, unclipped, and against PyTorch's autograd",
    verdict=HOLDS, chapter="learning-through-time", experiments=("mechanics",),
    rule=Rule(
        WRITTEN,
        holds="within 1e-7 of finite differences, and within 1e-12 of PyTorch",
        fails="further than 1e-4 from the one or than 1e-6 from the other",
        undecided="between: rounding might explain it, or an error in a rare case",
    ),
)  # fmt: skip
def gradient(results: Stored) -> Measured:
    rows = rows_of(results, "gradient")
    numerical = max(row["finite_differences"] for row in rows)
    by_torch = max(row["pytorch"] for row in rows)
    numbers = (
        f"relative distance at most {numerical:.1e} from finite differences and "
        f"{by_torch:.1e} from PyTorch (every weight, {len(rows)} seeds)"
    )
    answer = every([grade(numerical, 1e-7, 1e-4), grade(by_torch, 1e-12, 1e-6)])
    return Measured(verdict(answer), f"{numerical:.0e} from finite differences", numbers)


@claim(
    4,
    "Before training, the loss is that of guessing: ln V.",
    tested="new networks of 100 units on random characters",
    verdict=HOLDS, chapter="memory", experiments=("mechanics",),
    rule=Rule(
        WRITTEN,
        holds="within 0.02 nats, for every size of the vocabulary and every seed",
        fails="further than 0.2 nats somewhere",
        undecided="between the two",
    ),
)  # fmt: skip
def first_loss(results: Stored) -> Measured:
    rows = rows_of(results, "first_loss")
    largest = max(row["largest"] for row in rows)
    sizes = ", ".join(rows[0]["gaps"])
    numbers = f"at most {largest:.4f} nats from ln V for V = {sizes} ({len(rows)} seeds)"
    return Measured(verdict(grade(largest, 0.02, 0.2)), f"{largest:.4f} nats from ln V", numbers)


CLAIMS = (hello, memory, gradient, first_loss)
