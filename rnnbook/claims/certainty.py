"""Claims 46 to 48: guesses that are sure, gates that stay open, and errors that need not be."""

from __future__ import annotations

from rnnbook.claims.claim import HOLDS, PARTLY, Measured, Overturned, Rule, Stored, claim
from rnnbook.claims.judging import above, below, every, inside, verdict
from rnnbook.experiments import difference, interval

WRITTEN = "2026-11-30"
TEXTS = ("shakespeare", "war-and-peace", "python")
PROSE = TEXTS[:2]


@claim(
    46,
    "Inside www. the network is sure of the next character.",
    tested="every www. in the held-out Wikipedia text",
    verdict=PARTLY, chapter="inside", experiments=("www",),
    rule=Rule(
        WRITTEN,
        holds="it gives the right character more than 0.9 there, less before, and more than the "
        "n-gram does there",
        partly="it is as sure, and the n-gram is surely no less than 0.05 behind it",
        fails="it surely gives less than 0.9 there, or as much elsewhere",
        undecided="the intervals do not tell",
    ),
    condition="so is the n-gram: the four characters always come together",
)  # fmt: skip
def confident(results: Stored) -> Measured:
    result = results["www"]
    inside_it, elsewhere, counting, first = (
        interval(result.values(key))
        for key in ("network_inside", "network_elsewhere", "ngram_inside", "network_1")
    )
    more = difference(result.values("network_inside"), result.values("ngram_inside"))
    numbers = (
        f"probability of the right character: {inside_it:.3f} inside www. (from the second w to "
        f"the point), {first:.3f} for the first w, {elsewhere:.3f} in the text before; the n-gram "
        f"gives {counting:.3f} inside ({min(result.values('count'))} of them a passage or more)"
    )
    sure = every([above(inside_it, 0.9), below(elsewhere, 0.9)])
    surer = True if above(more, 0) else False if below(more, 0.05) else None
    return Measured(verdict(sure, surer), f"{inside_it:.3f} given to the right one", numbers)


@claim(
    47,
    "Some forget gates are nearly always open: near-perfect integrators.",
    tested="gate values of three trained networks on held-out text: the share of the units whose "
    "forget gate is above .9 for nine characters in ten",
    verdict=PARTLY, chapter="inside", experiments=("gates",),
    rule=Rule(
        WRITTEN,
        holds="in every network such units are one in a hundred or more",
        partly="in every network there are some, and in one of them surely fewer than that",
        fails="in some network there is none",
        undecided="in some network it depends on the passage whether there is one, or one in a "
        "hundred",
    ),
    condition="they are a few units; most forget gates come and go",
)  # fmt: skip
def gates(results: Stored) -> Measured:
    result, parts, shares = results["gates"], [], {}
    for model in TEXTS:
        right, shares[model], before = (
            interval(result.values(key, model=model))
            for key in ("f1_above", "f1_nearly_always_above", "untrained_f1_nearly_always_above")
        )
        parts.append(
            f"{model} {shares[model]:.1%} of the units nearly always ({before.mean:.1%} untrained; "
            f"{right:.1%} of all values above .9)"
        )
    some = every(above(share, 0.0005) for share in shares.values())
    many = every(above(share, 0.01) for share in shares.values())
    number = " to ".join(f"{pick(x.mean for x in shares.values()):.1%}" for pick in (min, max))
    numbers = "forget gates above .9: " + "; ".join(parts)
    return Measured(verdict(some, many), number + " of the units", numbers)


@claim(
    48,
    "An n-gram would have avoided a part of the errors (18 % in the paper).",
    tested="an error is a guess that gives the right character less than a half; it counts as "
    "avoided if an n-gram of any order from 1 to 9, of the same training text, gives a half or "
    "more",
    verdict=HOLDS, chapter="inside", experiments=("errors",),
    rule=Rule(
        WRITTEN,
        holds="in both texts of prose the share lies between 12 and 24 %, a third around the "
        "paper's",
        partly="in one it lies there, and in the other surely outside",
        fails="in both it surely lies outside",
        undecided="an interval reaches beyond one of the bounds",
    ),
    history=(Overturned(
        WRITTEN, PARTLY, HOLDS,
        "one n-gram, the best, had been asked, and it removes half of what the paper's oracle "
        "does; that oracle asks nine. By the paper's own rule the paper's number comes out",
    ),),
)  # fmt: skip
def oracle(results: Stored) -> Measured:
    result = results["errors"]
    shares, alone = (
        {model: interval(result.values(key, model=model)) for model in TEXTS}
        for key in ("any_ngram", "ngram")
    )
    numbers = "errors that one n-gram of nine would not have made: " + ", ".join(
        f"{model} {share:.1%} (the best of them alone {alone[model].mean:.1%})"
        for model, share in shares.items()
    )
    answers = [inside(shares[model], 0.12, 0.24) for model in PROSE]
    either = None if None in answers else any(answers)
    number = ", ".join(f"{model} {shares[model]:.1%}" for model in PROSE)
    return Measured(verdict(either, every(answers)), number, numbers)


CLAIMS = (confident, gates, oracle)
