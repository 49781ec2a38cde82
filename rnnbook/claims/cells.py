"""Claims 42 to 48: units that can be named, and what chance finds."""

from __future__ import annotations

from rnnbook.claims.claim import Claim, Measured, Results
from rnnbook.experiments import Interval, Result, difference, interval


def best_unit(result: Result, model: str, property: str) -> tuple[Interval, Interval, Interval]:
    """The best unit's held-out score, the largest null beside it, and how far it is above.

    Chance is the largest of three: the labels moved along the text, the labels shuffled, and
    the best unit of an untrained twin.
    """
    of = {"model": model, "property": property}
    scores = result.values("score", **of)
    nulls = [result.values(name, **of) for name in ("shifted", "permuted", "untrained")]
    largest = [max(values) for values in zip(*nulls, strict=True)]
    return interval(scores), interval(largest), difference(scores, largest)


def _unit(result: Result, model: str, property: str) -> tuple[str, Interval]:
    score, null, above = best_unit(result, model, property)
    (measure,) = set(result.values("measure", model=model, property=property))
    return f"{property} ({model}): {measure} {score:.3f}, by chance {null:.3f}", above


def _quotes(results: Results) -> Measured:
    result = results["units"]
    shown, above = _unit(result, "war-and-peace", "inside quotes")
    of = {"model": "war-and-peace", "property": "inside quotes"}
    ending = interval(result.values("ending", **of))
    random = interval(result.values("random_ending", **of))
    probe = interval(result.values("probe", **of))
    numbers = (
        f"{shown}; a linear probe of all units reaches {probe:.3f}. Holding the unit at its mean "
        f"costs {ending} nats on the mark that closes; holding a random unit costs {random}"
    )
    difference_of_costs = difference(
        result.values("ending", **of), result.values("random_ending", **of)
    )
    return Measured(numbers, above.low > 0 and difference_of_costs.low > 0)


def _line(results: Results) -> Measured:
    result = results["units"]
    places = [("war-and-peace", "since the newline"), ("war-and-peace", "late in the line")]
    shown, above = zip(*(_unit(result, *place) for place in places), strict=True)
    return Measured("; ".join(shown), all(gap.low > 0 for gap in above))


def _markup(results: Results) -> Measured:
    result, second = results["units"], results["second_bracket"]
    names = ("in a url", "inside [[ ]]", "after the first [")
    shown, above = zip(*(_unit(result, "wikipedia", name) for name in names), strict=True)
    first_value = interval(second.values("after_first"))
    second_value = interval(second.values("after_second"))
    numbers = (
        "; ".join(shown) + f". On a scale from outside (0) to inside (1), the unit that waits best "
        f"stands at {first_value:.2f} after the first [ and at {second_value:.2f} after the second"
    )
    waits = second_value.mean > first_value.mean + 0.3
    return Measured(numbers, above[0].low > 0 and above[1].low > 0 and waits)


def _share(results: Results) -> Measured:
    result = results["share_of_units"]
    parts, gaps = [], []
    for model in result.options("model"):
        own, untrained, shifted = (
            interval(result.values(key, model=model)) for key in ("found", "untrained", "shifted")
        )
        count = result.values("properties", model=model)[0]
        parts.append(
            f"{model} {own:.1%} for {count} properties (untrained {untrained.mean:.1%}, labels "
            f"moved {shifted.mean:.1%})"
        )
        gaps.append(own)
    threshold = result.rows[0]["threshold"]
    numbers = f"units with an AUC above {threshold} on both halves: " + "; ".join(parts)
    return Measured(numbers, all(0.0 < gap.mean < 0.15 for gap in gaps))


def _confident(results: Results) -> Measured:
    result = results["www"]
    inside, elsewhere, counting, first = (
        interval(result.values(key))
        for key in ("network_inside", "network_elsewhere", "ngram_inside", "network_1")
    )
    numbers = (
        f"probability of the right character: {inside:.3f} inside www. (from the second w to the "
        f"point), {first:.3f} for the first w, {elsewhere:.3f} in the text before; the n-gram "
        f"gives {counting:.3f} inside"
    )
    return Measured(numbers, inside.low > 0.9 > elsewhere.high)


def _gates(results: Results) -> Measured:
    result = results["gates"]
    parts, gaps = [], []
    for model in ("shakespeare", "war-and-peace", "python"):
        right, often = (
            interval(result.values(key, model=model))
            for key in ("f1_above", "f1_nearly_always_above")
        )
        before = interval(result.values("untrained_f1_above", model=model))
        parts.append(
            f"{model} {right:.1%} of all values above .9, {often:.1%} of the units nearly always "
            f"(untrained {before.mean:.1%} of values)"
        )
        gaps.append(right.low - before.high)
    return Measured("forget gates: " + "; ".join(parts), min(gaps) > 0)


def _oracle(results: Results) -> Measured:
    result = results["errors"]
    parts = [
        f"{model} {interval(result.values('ngram', model=model)):.1%}"
        for model in result.options("model")
    ]
    novel = interval(result.values("ngram", model="war-and-peace"))
    numbers = "errors that the n-gram would not have made: " + ", ".join(parts)
    return Measured(numbers, 0.03 < novel.mean < 0.3)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        42,
        "There is a cell that is on inside quotation marks and off outside.",
        "the best unit on one half of a held-out piece with dialogue was scored on the other, "
        "beside labels moved or shuffled and an untrained twin; then it was held at its mean",
        "holds", "inside", ("units",), _quotes,
    ),
    Claim(
        43,
        "There is a cell that tells the position in the line.",
        "the best unit for the number of characters since the newline, and for more than thirty of "
        "them",
        "holds", "inside", ("units",), _line,
    ),
    Claim(
        44,
        "There are cells for URLs and for [[ ]]; the latter waits for the second bracket.",
        "the best unit for each on held-out Wikipedia, and the values of one between the brackets",
        "holds with a condition", "inside", ("units", "second_bracket"), _markup,
        "they are there; whether the latter waits depends on the piece of text that is read",
    ),
    Claim(
        45,
        "About 5 % of the cells can be interpreted.",
        "all units against all properties that the book can compute; the threshold was stated "
        "before anything was measured",
        "holds with a condition", "inside", ("share_of_units",), _share,
        "the share depends on the properties that one thinks of and on the threshold",
    ),
    Claim(
        46,
        "Inside www. the network is sure of the next character.",
        "every www. in the held-out Wikipedia text",
        "holds with a condition", "inside", ("www",), _confident,
        "so is the n-gram: the four characters always come together",
    ),
    Claim(
        47,
        "Some forget gates are nearly always open: near-perfect integrators.",
        "gate values of trained and of untrained networks on held-out text",
        "holds with a condition", "inside", ("gates",), _gates,
        "they are a few units; most forget gates come and go",
    ),
    Claim(
        48,
        "An n-gram would have avoided a part of the errors (18 % in the paper).",
        "an error is a guess that gives the right character less than a half; the best n-gram of "
        "the same training text was asked the same",
        "holds with a condition", "inside", ("errors",), _oracle,
        "in prose the share is about half of the paper's",
    ),
)  # fmt: skip
