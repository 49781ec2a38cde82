"""Claims 1 to 8: what can be computed exactly, or counted."""

from __future__ import annotations

from typing import Any

from rnnbook.claims.claim import Claim, Measured, Results
from rnnbook.experiments import interval


def _rows(results: Results, part: str) -> list[dict[str, Any]]:
    return results["mechanics"].where(part=part)


def _hello(results: Results) -> Measured:
    (row,) = _rows(results, "hello")
    raised = row["raised"]
    shown = ", ".join(f"{count} of 4 at rate {rate}" for rate, count in raised.items())
    numbers = (
        f"rounded scores differ from the drawn ones by {row['largest_difference']:.1g}; "
        f"one update raises the right letter's probability at {shown}"
    )
    return Measured(numbers, row["largest_difference"] < 1e-9 and min(raised.values()) == 4)


def _memory(results: Results) -> Measured:
    rows = _rows(results, "memory")
    hits = [row["rnn"] for row in rows]
    numbers = (
        f"the best table without memory is right on {rows[0]['best_table']} of 4; "
        f"an RNN on {min(hits)} of 4, after at most {max(row['updates'] for row in rows)} "
        f"updates ({len(rows)} seeds)"
    )
    return Measured(numbers, rows[0]["best_table"] == 3 and min(hits) == 4)


def _gradient(results: Results) -> Measured:
    rows = _rows(results, "gradient")
    numerical = max(row["finite_differences"] for row in rows)
    by_torch = max(row["pytorch"] for row in rows)
    numbers = (
        f"relative distance at most {numerical:.1e} from finite differences and "
        f"{by_torch:.1e} from PyTorch (every weight, {len(rows)} seeds)"
    )
    return Measured(numbers, numerical < 1e-7 and by_torch < 1e-12)


def _first_loss(results: Results) -> Measured:
    rows = _rows(results, "first_loss")
    largest = max(row["largest"] for row in rows)
    sizes = ", ".join(rows[0]["gaps"])
    numbers = f"at most {largest:.4f} nats from ln V for V = {sizes} ({len(rows)} seeds)"
    return Measured(numbers, largest < 0.02)


def _lines(results: Results) -> Measured:
    (row,) = _rows(results, "lines")
    numbers = f"{row['lines']} lines of code here, without blank lines and comments"
    return Measured(numbers, row["lines"] <= 115)


def _any_length(results: Results) -> Measured:
    rows = _rows(results, "any_length")
    largest = max(row["largest_difference"] for row in rows)
    numbers = (
        f"{rows[0]['parameters']} weights read 4,000 characters, whole or cut into pieces of 1 "
        f"to 1,000: the last states differ by at most {largest:.1e} ({len(rows)} seeds)"
    )
    return Measured(numbers, largest < 1e-9)


def _parameters(results: Results) -> Measured:
    (row,) = _rows(results, "parameters")
    counted = [row[key] for key in ("2x128, V 65", "2x512, V 65", "3x700, V 101")]
    said = (240_321, 3_500_000, 10_000_000)
    shares = [abs(a - b) / b for a, b in zip(counted, said, strict=True)]
    numbers = "; ".join(f"{a:,} for {b:,}" for a, b in zip(counted, said, strict=True))
    return Measured(numbers, shares[0] == 0 and max(shares) < 0.06)


def _flops(results: Results) -> Measured:
    counted = interval(results["flops"].values("counted"))
    timed = interval(results["flops"].values("timed"))
    below = interval(results["flops"].values("timed_below"))
    numbers = (
        f"512 to 1,024 units: {counted.mean:.2f} times the multiplications, {timed:.1f} times "
        f"the time; 256 to 512 units: {below:.1f} times the time"
    )
    return Measured(numbers, 3.8 < counted.mean < 4.0 and timed.mean > 2.5)


CLAIMS = (
    Claim(
        1,
        "The drawn network that reads “hell” has these scores, and one update raises those of "
        "the right letters.",
        "weights were solved for that give the drawn hidden states; then one step of gradient "
        "descent at three rates",
        "holds", "learning-through-time", ("mechanics",), _hello,
    ),
    Claim(
        2,
        "The second l of “hello” needs memory: the same letter wants another answer.",
        "every table from letter to letter was tried, and an RNN of three units was trained",
        "holds", "memory", ("mechanics",), _memory,
    ),
    Claim(
        3,
        "Backpropagation through time gives the gradient.",
        "against central differences in float64, unclipped, and against PyTorch's autograd",
        "holds", "learning-through-time", ("mechanics",), _gradient,
    ),
    Claim(
        4,
        "Before training, the loss is that of guessing: ln V.",
        "new networks of 100 units on random characters",
        "holds", "memory", ("mechanics",), _first_loss,
    ),
    Claim(
        5,
        "The whole program fits in about 100 lines of Python.",
        "the lines of this book's version of its parts were counted",
        "holds", "min-char-rnn", ("mechanics",), _lines,
    ),
    Claim(
        6,
        "One step, applied again and again, reads a text of any length.",
        "a text was read whole and in pieces, with the state handed on",
        "holds", "memory", ("mechanics",), _any_length,
    ),
    Claim(
        7,
        "The networks have the stated numbers of parameters.",
        "counted from the shapes of the weights, with char-rnn's two biases a block",
        "holds", "lstm", ("mechanics",), _parameters,
    ),
    Claim(
        8,
        "Twice the hidden size makes four times the work of a step.",
        "multiplications counted; single steps timed on one core",
        "holds", "lstm", ("flops",), _flops,
    ),
)  # fmt: skip
