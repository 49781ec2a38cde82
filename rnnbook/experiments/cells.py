"""Looking inside the shipped networks: is there a unit for it, and is it more than chance?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook import inspection
from rnnbook.experiments import held_out
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.experiments.held_out import rounded
from rnnbook.inspection import ablation
from rnnbook.inspection.gates import saturation
from rnnbook.inspection.units import is_count

THRESHOLD = 0.9  # AUC from which a unit counts as found; stated before anything was measured

#: What is looked for in each model.
#:
#: :meta hide-value:
PROPERTIES: dict[str, tuple[str, ...]] = {
    "war-and-peace": ("inside quotes", "late in the line", "since the newline",
                      "newline within 10", "capital to come"),
    "sherlock": ("inside quotes",),
    "shakespeare": ("in a speaker's name", "late in the line", "since the newline"),
    "python": ("python string or comment", "python if", "inside brackets", "bracket depth",
               "indentation"),
    "c": ("c string or comment", "c if", "inside ( )"),
    "wikipedia": ("inside [[ ]]", "after the first [", "inside {{ }}", "in a url",
                  "inside an element"),
    "latex": ("inside $ $", "inside { }"),
    "latex-formulas": ("inside an environment",),
}  # fmt: skip


def units_cases() -> list[Case]:
    return [{"model": model, "property": property, "seed": seed}
            for model, properties in PROPERTIES.items()
            for seed in SEEDS for property in properties]  # fmt: skip


def units(model: str, property: str, seed: int) -> Row:
    """The best unit on one half of a held-out piece, scored on the other, with its nulls."""
    labels = _detected(property, held_out.piece(model, seed))
    search, twin = held_out.search(model, seed), held_out.untrained_search(model, seed)
    rng = np.random.default_rng(seed)
    best = search.rank(labels)[0]
    nulls = {
        "shifted": search.shifted(labels, rng).max(),
        "permuted": search.permuted(labels, rng).max(),
        "untrained": twin.rank(labels)[0].score,
    }
    return {
        "measure": "R²" if is_count(labels) else "AUC",
        "share": rounded((labels > 0).mean()),
        "unit": best.unit,
        "sign": best.sign,
        "score": rounded(best.score),
        **{name: rounded(value) for name, value in nulls.items()},
        "above_nulls": rounded(best.score - max(nulls.values())),
        **_probe(search.values, twin.values, labels, rng),
        **_ablation(model, seed, labels, best.unit, rng),
    }


def _detected(property: str, text: str) -> NDArray[Any]:
    """Labels (T,) of a text; loads Pygments, which the claims do without."""
    from rnnbook.inspection.detectors import DETECTORS

    return np.asarray(DETECTORS[property](text))


def _probe(values: Any, twin: Any, labels: NDArray[Any], rng: np.random.Generator) -> Row:
    """What a linear probe finds, and its two nulls."""
    from rnnbook.inspection import probes

    return {
        "probe": rounded(probes.probe_score(values, labels)),
        "probe_untrained": rounded(probes.probe_score(twin, labels)),
        "probe_shifted": rounded(probes.shifted_probe_scores(values, labels, rng, 3).max()),
    }


def _ablation(
    model: str, seed: int, labels: NDArray[Any], unit: int, rng: np.random.Generator
) -> Row:
    """Nats that holding the unit at its mean costs on the second half, and holding others."""
    trace, network = held_out.trace(model, seed), held_out.network(model)
    half, width = len(labels) // 2, network.config.hidden_size * network.config.num_layers
    others = rng.choice(np.delete(np.arange(width), unit), size=3, replace=False)
    extra = ablation.extra_costs(network, trace, [unit, *others.tolist()], start=half)
    own, *random = (ablation.cost(row, labels[half:]) for row in extra)
    return {
        "endings": int((labels[half + 1 :] < labels[half:-1]).sum()),
        "inside": rounded(own.inside),
        "outside": rounded(own.outside),
        "ending": rounded(own.ending),
        "random_inside": rounded(np.mean([one.inside for one in random])),
        "random_ending": rounded(np.mean([one.ending for one in random])),
    }


def share_cases() -> list[Case]:
    return held_out.product(("war-and-peace", "python", "wikipedia"))


def share(model: str, seed: int) -> Row:
    """How many units reach the threshold for at least one property, and how many by chance."""
    text, rng = held_out.piece(model, seed), np.random.default_rng(seed)
    names = (*PROPERTIES[model], "late in the line", "newline within 10", "in a number")
    found = [_detected(name, text) for name in dict.fromkeys(names)]
    rows = np.stack([labels for labels in found if not is_count(labels)]).astype(bool)
    search = held_out.search(model, seed)
    shifts = rng.integers(len(text) // 10, 9 * len(text) // 10, size=10)
    moved = np.concatenate([np.roll(rows, int(shift), axis=1) for shift in shifts])
    every = search.reached(np.concatenate([rows, moved]), THRESHOLD)
    by_chance = every[len(rows) :].reshape(len(shifts), len(rows), -1).any(axis=1)
    twin = held_out.untrained_search(model, seed).reached(rows, THRESHOLD)
    return {
        "threshold": THRESHOLD,
        "properties": len(rows),
        "found": rounded(every[: len(rows)].any(axis=0).mean()),
        "shifted": rounded(by_chance.mean()),
        "untrained": rounded(twin.any(axis=0).mean()),
    }


def second_bracket_cases() -> list[Case]:
    return held_out.product(("wikipedia",))


def second_bracket(model: str, seed: int) -> Row:
    """The unit that is best at two things: inside ``[[ ]]``, and the second bracket, not the first.

    It is chosen on the first half by the worse of its two AUCs. On the second half
    ``inside_auc`` and ``second_auc`` are these two, and ``after_first`` and ``after_second``
    its mean values there, on a scale on which 0 is its mean outside, and 1 its mean inside.
    """
    text, network = held_out.piece(model, seed, 80_000), held_out.network(model)
    inside, first = (_detected(name, text) for name in ("inside [[ ]]", "after the first ["))
    trace = inspection.trace(network, text)
    twin = inspection.unit_values(inspection.trace(held_out.untrained(model), text))
    probs = np.exp(inspection.right_log_probs(trace.logits, network.vocab.encode(text)))
    row: Row = {
        "links": int(first[len(text) // 2 :].sum()),
        "probability_of_second": rounded(probs[np.flatnonzero(first)].mean()),
    }
    found, by_chance = (
        _waiting(values, inside, first) for values in (inspection.unit_values(trace), twin)
    )
    row |= {name: rounded(value) for name, value in found.items()}
    row |= {f"untrained_{name}": rounded(by_chance[name]) for name in ("inside_auc", "second_auc")}
    return row


def _waiting(values: Any, inside: Any, first: Any) -> dict[str, float]:
    """The unit of values (T, H) that waits best, and how well it does on the second half."""
    second, half = np.roll(first, 1), len(values) // 2
    brackets = first | second

    def aucs(part: slice) -> NDArray[np.float64]:  # (2, H)
        of_pair = brackets[part]
        return np.stack([
            inspection.auc(values[part], inside[part]),
            inspection.auc(values[part][of_pair], second[part][of_pair]),
        ])  # fmt: skip

    early = aucs(slice(half))
    least = np.maximum(early.min(axis=0), 1 - early.max(axis=0))  # whatever its sign
    unit = int(least.argmax())
    late = aucs(slice(half, None))[:, unit]
    late = late if early[0, unit] >= 0.5 else 1 - late
    read, inside, first, second = (
        array[half:] for array in (values[:, unit].astype(float), inside, first, second)
    )
    outside = read[~inside & ~first].mean()
    scale = read[inside & ~second].mean() - outside
    return {
        "inside_auc": late[0],
        "second_auc": late[1],
        "after_first": (read[first].mean() - outside) / scale,
        "after_second": (read[second].mean() - outside) / scale,
    }


def gates_cases() -> list[Case]:
    return held_out.product(("shakespeare", "war-and-peace", "python", "shakespeare-gru"))


def gates(model: str, seed: int) -> Row:
    """How much of the time gates are shut or open, and how many units mostly are.

    ``f1_above`` is the share of all values of the gate f of layer 1 that are above .9,
    ``f1_mostly_above`` the share of units that are there more than half of the time.
    """
    row: Row = {}
    text = held_out.piece(model, seed, 10_000)
    for prefix, network in (("", held_out.network(model)),
                            ("untrained_", held_out.untrained(model))):  # fmt: skip
        for name, found in saturation(inspection.trace(network, text)).items():
            for layer in range(network.config.num_layers):
                gate = f"{prefix}{name}{layer + 1}"
                row[f"{gate}_below"] = rounded(found.below[layer].mean())
                row[f"{gate}_above"] = rounded(found.above[layer].mean())
                row[f"{gate}_mostly_below"] = rounded(found.mostly_below(layer))
                row[f"{gate}_mostly_above"] = rounded(found.mostly_above(layer))
                row[f"{gate}_nearly_always_above"] = rounded(found.mostly_above(layer, 0.9))
    return row


EXPERIMENTS = (
    Experiment("units", "Is there a unit for it, and is it more than chance?",
               units_cases, units, over="passages read by one network"),
    Experiment("share_of_units", "What share of the units can be named?", share_cases, share,
               over="passages read by one network"),
    Experiment("second_bracket", "Does the unit for [[ ]] wait for the second bracket?",
               second_bracket_cases, second_bracket, over="passages read by one network"),
    Experiment("gates", "How saturated are the gates?", gates_cases, gates,
               over="passages read by one network"),
)  # fmt: skip
