"""Claim 49: what recurrent networks are good for, each beside a simple rule."""

from __future__ import annotations

from rnnbook.claims.claim import Claim, Measured, Results
from rnnbook.experiments import difference, interval


def _applications(results: Results) -> Measured:
    """Every kind of task, and whether the network beats the best simple rule on it."""
    parts, leads = [], {}
    languages = results["languages"]
    for length in languages.rows[0]["accuracy"]:
        own, counting = (languages.values(f"{key}.{length}") for key in ("accuracy", "naive_bayes"))
        leads[f"language {length}"] = difference(own, counting)
        parts.append(
            f"language of {length} characters {interval(own):.0%} "
            f"(counting {interval(counting):.0%})"
        )
    translation = results["translation"]
    plain, attending = (
        translation.values("exact", attention=attention) for attention in (False, True)
    )
    neighbour = translation.values("neighbour_exact", attention=True)
    leads["translation"] = difference(attending, neighbour)
    parts.append(
        f"numbers translated exactly {interval(plain):.0%}, with attention "
        f"{interval(attending):.0%} (nearest neighbour {interval(neighbour):.0%})"
    )
    digits = results["spoken_digits"]
    own, rule = digits.values("accuracy"), digits.values("logistic_in_four_parts")
    leads["digits"] = difference(own, rule)
    parts.append(
        f"spoken digits of unheard voices {interval(own):.0%} (logistic regression "
        f"{interval(rule):.0%})"
    )
    forecast = results["forecast"]
    for series, horizon, unit in (("co2", 52, "weeks"), ("sunspots", 5, "years")):
        own, naive, classical = (
            forecast.values(f"error.{by}.{horizon}", series=series)
            for by in ("network", "naive", "classical")
        )
        leads[series] = difference(naive, own)
        parts.append(
            f"error of a forecast of {series} over {horizon} {unit} {interval(own):.2f} (the last "
            f"value {interval(naive).mean:.2f}, a classical method {interval(classical).mean:.2f})"
        )
    ahead = ("translation", "co2", "sunspots")
    return Measured("; ".join(parts), all(leads[name].low > 0 for name in ahead))


CLAIMS: tuple[Claim, ...] = (
    Claim(
        49,
        "Recurrent networks work for all kinds of sequences: classification, translation, time "
        "series, speech, music.",
        "a small network on each, beside the best simple rule, on data that neither saw",
        "holds with a condition", "beyond",
        ("languages", "translation", "spoken_digits", "forecast", "completion"),
        _applications,
        "they work on all of them; simple rules are as good on some",
    ),
)  # fmt: skip
