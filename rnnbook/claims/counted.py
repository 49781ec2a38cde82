"""Claims 5 to 8: lines, characters, parameters and multiplications, which are counted."""

from __future__ import annotations

from rnnbook.claims.claim import HOLDS, Measured, Rule, Stored, claim
from rnnbook.claims.judging import above, every, grade, inside, verdict
from rnnbook.claims.mechanics import WRITTEN, rows_of
from rnnbook.experiments import interval


@claim(
    5,
    "The whole program fits in about 100 lines of Python.",
    tested="the lines of this book's version of its parts were counted",
    verdict=HOLDS, chapter="min-char-rnn", experiments=("mechanics",),
    rule=Rule(
        WRITTEN,
        holds="115 lines of code or fewer, without blank lines and comments",
        fails="150 or more",
        undecided="between: a matter of what “about” means",
    ),
)  # fmt: skip
def lines(results: Stored) -> Measured:
    (row,) = rows_of(results, "lines")
    numbers = f"{row['lines']} lines of code here, without blank lines and comments"
    return Measured(verdict(grade(row["lines"], 115, 150)), f"{row['lines']} lines", numbers)


@claim(
    6,
    "One step, applied again and again, reads a text of any length.",
    tested="a text was read whole and in pieces, with the state handed on",
    verdict=HOLDS, chapter="memory", experiments=("mechanics",),
    rule=Rule(
        WRITTEN,
        holds="the last states agree to 1e-9, however the text is cut",
        fails="they differ by 1e-6 or more, in double precision",
        undecided="between: more than rounding does, and less than another reading would",
    ),
)  # fmt: skip
def any_length(results: Stored) -> Measured:
    rows = rows_of(results, "any_length")
    largest = max(row["largest_difference"] for row in rows)
    numbers = (
        f"{rows[0]['parameters']} weights read 4,000 characters, whole or cut into pieces of 1 "
        f"to 1,000: the last states differ by at most {largest:.1e} ({len(rows)} seeds)"
    )
    answer = grade(largest, 1e-9, 1e-6)
    return Measured(verdict(answer), f"states differ by {largest:.0e}", numbers)


@claim(
    7,
    "The networks have the stated numbers of parameters.",
    tested="counted from the shapes of the weights, with char-rnn's two biases a block",
    verdict=HOLDS, chapter="lstm", experiments=("mechanics",),
    rule=Rule(
        WRITTEN,
        holds="the exact number is met, and each rounded one within 6 %",
        fails="the exact number is not met, or one is 20 % off or more",
        undecided="between: the statement was rounded, and one cannot say how",
    ),
)  # fmt: skip
def parameters(results: Stored) -> Measured:
    (row,) = rows_of(results, "parameters")
    counted = [row[key] for key in ("2x128, V 65", "2x512, V 65", "3x700, V 101")]
    said = (240_321, 3_500_000, 10_000_000)
    shares = [abs(a - b) / b for a, b in zip(counted, said, strict=True)]
    numbers = "; ".join(f"{a:,} for {b:,}" for a, b in zip(counted, said, strict=True))
    answer = every([shares[0] == 0, grade(max(shares), 0.06, 0.2)])
    return Measured(verdict(answer), f"{counted[0]:,} for {said[0]:,}", numbers)


@claim(
    8,
    "Twice the hidden size makes four times the work of a step.",
    tested="multiplications counted; single steps timed on one core",
    verdict=HOLDS, chapter="lstm", experiments=("flops",),
    rule=Rule(
        WRITTEN,
        holds="the multiplications are between 3.8 and 4.2 times as many, and a step from 512 to "
        "1,024 units takes more than 2.5 times as long",
        fails="the multiplications are not, or the step surely takes less",
        undecided="they are, and the timings lie on both sides of 2.5",
    ),
)  # fmt: skip
def flops(results: Stored) -> Measured:
    counted, timed, smaller = (
        interval(results["flops"].values(key)) for key in ("counted", "timed", "timed_below")
    )
    numbers = (
        f"512 to 1,024 units: {counted.mean:.2f} times the multiplications, {timed:.1f} times "
        f"the time; 256 to 512 units: {smaller:.1f} times the time"
    )
    answer = every([inside(counted, 3.8, 4.2), above(timed, 2.5)])
    return Measured(verdict(answer), f"{counted.mean:.2f} times the multiplications", numbers)


CLAIMS = (lines, any_length, parameters, flops)
