"""Claims 18 and 19: how much text there is, and what counting makes of it."""

from __future__ import annotations

from rnnbook.claims.claim import (
    FAILS,
    HOLDS,
    PARTLY,
    UNDECIDED,
    Measured,
    Overturned,
    Rule,
    Stored,
    Verdict,
    claim,
)
from rnnbook.claims.judging import (
    AT_THIS_BUDGET,
    Answer,
    above,
    every,
    level,
    trained,
    verdict,
)
from rnnbook.experiments import difference, interval

WRITTEN = "2026-11-30"
LONG = 1_000_000  # characters of a text of 1 MB
DISTANCES = {"up_to_10": "10", "up_to_20": "20", "up_to_40": "40", "up_to_80": "80"}


@claim(
    18,
    "A text of 1 MB is very small.",
    tested="an LSTM of 192 units without dropout, 1.5 million characters in all",
    verdict=UNDECIDED, chapter="training", experiments=("rates", "dropout", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="on a million characters the held-out loss is a tenth of a nat above the training "
        "loss or more, and on a tenth of the text the gap is wider",
        fails="the gap on a million is surely below a tenth of a nat, or the shorter text's is "
        "surely not wider",
        undecided="the intervals do not tell",
        level=True,
    ),
    condition=AT_THIS_BUDGET,
    history=(Overturned(
        WRITTEN, HOLDS, UNDECIDED,
        "the gap is there, but the network is behind the best counter of the same million "
        "characters: it has not learnt all that the text can teach",
    ),),
)  # fmt: skip
def small_text(results: Stored) -> Measured:
    result = results["dropout"]
    texts = sorted(result.options("text"))
    gaps = [
        [a - b for a, b in zip(*(result.values(key, text=text, dropout=0.0)
                                 for key in ("loss", "train_loss")), strict=True)]
        for text in texts
    ]  # fmt: skip
    short, long = (interval(found) for found in gaps)
    numbers = (
        f"validation minus training loss after 1.5 million characters: {short} nats on a text of "
        f"{texts[0]:,}, and {long} on one of {texts[1]:,}"
    )
    said = verdict(every([above(long, 0.1), above(difference(*gaps), 0)]))
    best = level(results, "dropout", ("dropout",), LONG, text=LONG)
    return trained(said, f"a gap of {long} nats", numbers, best)


@claim(
    19,
    "The network beats the best n-gram, and most where something far back decides.",
    tested="the shipped networks beside the best static counter of the same text, on pieces on "
    "which neither was chosen; brackets sorted by how far back they were opened, beside the n-gram "
    "of Witten and Bell",
    verdict=PARTLY, chapter="inside", experiments=("static_counters", "distance"),
    rule=Rule(
        WRITTEN,
        holds="the network has the lower loss on every text",
        partly="it surely has on a third of the texts or more, and on more than the counter",
        fails="the counter surely has on as many as the network, or on more",
        undecided="neither surely has on a third of the texts",
    ),
    history=(Overturned(
        WRITTEN, HOLDS, PARTLY,
        "the rival was Witten and Bell's smoothing, which all networks beat. A counter "
        "with interpolated modified Kneser-Ney smoothing and longer contexts is ahead of them on "
        "some, and on others one cannot tell",
    ),),
    condition="on tunes, names, made-up formulas, numbers and the longest prose it does; on LaTeX, "
    "on Wikipedia and on a short book the counter is ahead, and on the rest one cannot tell",
)  # fmt: skip
def counting(results: Stored) -> Measured:
    counters, distance = results["static_counters"], results["distance"]
    ahead = {row["model"]: interval(row["ahead"]) for row in counters.rows}
    leads = {model: above(found, 0) for model, found in ahead.items()}
    yes, behind = (sorted(m for m, lead in leads.items() if lead is x) for x in (True, False))
    least, most = (pick(ahead, key=lambda model: ahead[model].mean) for pick in (min, max))
    parts = []
    for model in ("python", "c"):
        shown = ", ".join(
            f"{interval(distance.values(f'gain_{key}', model=model)):.2f} up to {name}"
            for key, name in DISTANCES.items()
        )
        parts.append(f"{model} {shown}")
    numbers = (
        f"ahead of the best static counter on {len(yes)} of {len(ahead)} texts "
        f"({', '.join(yes) or 'none'}), behind on {len(behind)} "
        f"({', '.join(behind) or 'none'}), by {ahead[least]} ({least}) to {ahead[most]} nats "
        f"({most}). On a bracket that closes, ahead of Witten and Bell's n-gram by characters "
        f"since it opened: {'; '.join(parts)} nats"
    )
    number = f"ahead on {len(yes)} of {len(ahead)} texts, behind on {len(behind)}"
    return Measured(_on_texts(list(leads.values())), number, numbers)


def _on_texts(leads: list[Answer]) -> Verdict:
    yes, behind, count = leads.count(True), leads.count(False), len(leads)
    if yes == count:
        return HOLDS
    if 3 * max(yes, behind) < count:
        return UNDECIDED
    return PARTLY if yes > behind else FAILS


CLAIMS = (small_text, counting)
