"""Claim 49: what recurrent networks are good for, each beside simple rules."""

from __future__ import annotations

from rnnbook.claims.claim import PARTLY, Measured, Rule, Stored, claim
from rnnbook.claims.judging import above, every, verdict
from rnnbook.experiments import Interval, difference, interval

WRITTEN = "2026-11-30"
SERIES = (("co2", "52", "weeks"), ("sunspots", "5", "years"))
Leads = dict[str, tuple[Interval, Interval]]  # over the naive guess, and over the best rule


@claim(
    49,
    "Recurrent networks work for all kinds of sequences: classification, translation, time "
    "series, speech, music.",
    tested="a small network on each, beside a naive guess and the best simple rule, on data that "
    "none of them saw",
    verdict=PARTLY, chapter="beyond",
    experiments=("languages", "translation", "spoken_digits", "forecast"),
    rule=Rule(
        WRITTEN,
        holds="on every task the network is better than a naive guess and the best simple "
        "rule",
        partly="on every task it is better than a naive guess, and not on every one shown to be "
        "better than the best simple rule",
        fails="on some task it surely is no better than a naive guess",
        undecided="on some task one cannot tell it from a naive guess",
    ),
    condition="they work on all of them; simple rules are as good on some",
)  # fmt: skip
def applications(results: Stored) -> Measured:
    leads: Leads = {}
    parts = [_languages(results, leads), _translation(results, leads), _digits(results, leads)]
    parts += [_series(results, leads, *series) for series in SERIES]
    works = every(above(naive, 0) for naive, _ in leads.values())
    better = [name for name, (_, rule) in leads.items() if above(rule, 0)]
    number = f"ahead of the best simple rule on {len(better)} of {len(leads)} tasks"
    numbers = "; ".join(parts) + f". Clearly ahead of the rule: {', '.join(better) or 'nowhere'}"
    return Measured(verdict(works, len(better) == len(leads)), number, numbers)


def _languages(results: Stored, leads: Leads) -> str:
    result = results["languages"]
    shown = []
    for length in result.rows[0]["accuracy"]:
        own, rule = (result.values(f"{key}.{length}") for key in ("accuracy", "naive_bayes"))
        shown.append(
            f"language of {length} characters {interval(own):.0%} (counting {interval(rule):.0%})"
        )
        if "languages" not in leads:  # the shortest, where there is room to be better
            leads["languages"] = (difference(own, result.values("chance")), difference(own, rule))
    return "; ".join(shown)


def _translation(results: Stored, leads: Leads) -> str:
    result = results["translation"]
    plain, own = (result.values("exact", attention=attention) for attention in (False, True))
    rule = result.values("neighbour_exact", attention=True)
    leads["translation"] = difference(own, rule), difference(own, rule)
    return (
        f"numbers translated exactly {interval(plain):.0%}, with attention "
        f"{interval(own):.0%} (nearest neighbour {interval(rule):.0%})"
    )


def _digits(results: Stored, leads: Leads) -> str:
    result = results["spoken_digits"]
    own, rule = result.values("accuracy"), result.values("logistic_in_four_parts")
    leads["digits"] = difference(own, result.values("chance")), difference(own, rule)
    return (
        f"spoken digits of unheard voices {interval(own):.0%} (logistic regression "
        f"{interval(rule):.0%})"
    )


def _series(results: Stored, leads: Leads, series: str, horizon: str, unit: str) -> str:
    own, naive, classical = (
        results["forecast"].values(f"error.{by}.{horizon}", series=series)
        for by in ("network", "naive", "classical")
    )
    leads[series] = difference(naive, own), difference(classical, own)
    return (
        f"error of a forecast of {series} over {horizon} {unit} {interval(own):.2f} (the last "
        f"value {interval(naive).mean:.2f}, a classical method {interval(classical).mean:.2f})"
    )


CLAIMS = (applications,)
