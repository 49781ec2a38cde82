"""For every claim, results that give each verdict its rule knows. Numbers are made up."""

from __future__ import annotations

from typing import Any

from claims.made_up import MadeUp, at, made, rows, yardsticks

HOLDS, PARTLY, FAILS, OPEN = (
    "holds", "holds with a condition", "does not hold here", "undecided",
)  # fmt: skip
LOW = 1.5  # nats of a network that has learnt more than any counter

# --- mechanics ------------------------------------------------------------------------


def mechanics(part: str, **values: Any) -> MadeUp:
    return made("mechanics", rows(part=part, **values))


def one(part: str, **values: Any) -> MadeUp:
    return made("mechanics", rows(1, part=part, **values))


def hello(*raised: int, difference: float = 0.0) -> MadeUp:
    rates = {str(rate): count for rate, count in enumerate(raised)}
    return one("hello", largest_difference=difference, raised=rates)


def memory(table: int, *hits: int) -> MadeUp:
    return mechanics("memory", best_table=table, rnn=list(hits), updates=9)


def gradient(numerical: float, torch: float) -> MadeUp:
    return mechanics("gradient", finite_differences=numerical, pytorch=torch)


def first_loss(largest: float) -> MadeUp:
    return mechanics("first_loss", largest=largest, gaps={"4": largest})


def parameters(exact: int, rounded: int) -> MadeUp:
    counts = {"2x128, V 65": exact, "2x512, V 65": 3_500_000, "3x700, V 101": rounded}
    return one("parameters", **counts)


def flops(counted: float, timed: float, wobble: float = 0.0) -> MadeUp:
    return made("flops", rows(counted=counted, timed=at(timed, wobble), timed_below=2.0))


MECHANICS = {
    1: {HOLDS: hello(4, 4, 4), FAILS: hello(4, 4, 4, difference=0.1), OPEN: hello(4, 3, 4)},
    2: {HOLDS: memory(3, 4, 4, 4), FAILS: memory(4, 4, 4, 4), OPEN: memory(3, 4, 3, 4)},
    3: {HOLDS: gradient(1e-9, 1e-15), FAILS: gradient(1e-9, 1e-3), OPEN: gradient(1e-6, 1e-15)},
    4: {HOLDS: first_loss(0.001), FAILS: first_loss(0.5), OPEN: first_loss(0.1)},
    5: {HOLDS: one("lines", lines=91), FAILS: one("lines", lines=200),
        OPEN: one("lines", lines=130)},
    6: {verdict: mechanics("any_length", largest_difference=apart, parameters=503)
        for verdict, apart in ((HOLDS, 0.0), (FAILS, 0.1), (OPEN, 1e-8))},
    7: {HOLDS: parameters(240_321, 10_170_401), FAILS: parameters(240_320, 10_000_000),
        OPEN: parameters(240_321, 11_000_000)},
    8: {HOLDS: flops(4, 3.6), FAILS: flops(2, 3.6), OPEN: flops(4, 2.6, wobble=0.5)},
}  # fmt: skip

# --- learning -------------------------------------------------------------------------

STEPS = (10, 100, 300, 1000)
RANGES = ("1 to 3", "3 to 10", "10 to 30", "30 to 100")


def looks(fallen: tuple[int, int, int], shares: tuple[float, ...]) -> list[dict[str, Any]]:
    """A training: by which step each kind's cost has fallen, and the early share of the gains."""
    kinds = dict(zip(("spaces", "short words", "long words"), fallen, strict=True))
    return [
        {
            "step": step,
            "loss": LOW,
            "cost": {k: 1.0 if step >= at_step else 4.0
                     for k, at_step in {**kinds, "closing quotes": 1000}.items()},
            "gain": {name: share if step <= 300 else 1.0
                     for name, share in zip(RANGES, shares, strict=True)},
        }
        for step in STEPS
    ]  # fmt: skip


def trainings(*each: list[dict[str, Any]]) -> MadeUp:
    return made("learning_order", rows(looks=list(each))) | yardsticks()


ORDERED, FAR_LAST = (100, 300, 1000), (1.0, 0.7, 0.1, 0.0)
BUDGETS, KINDS = (45_000, 375_000), ("rnn", "gru", "lstm")


def architectures(
    leads: dict[str, float], deeper: dict[str, float] | None = None, wobble: float = 0.0
) -> MadeUp:
    """How far a kind is ahead of the RNN, and what two layers and three gain it."""
    found = []
    for budget in BUDGETS:
        for kind in KINDS:
            for layers in (1, 2, 3):
                ahead = leads.get(kind, 0.0) + (layers > 1) * (deeper or {}).get(kind, 0.0)
                loss = at(LOW - ahead, wobble * (kind != "rnn" or layers > 1))
                found.append(rows(kind=kind, num_layers=layers, budget=budget, loss=loss))
    return made("architectures", *found) | yardsticks()


def gates(lstm: float, gru: float, wobble: float = 0.0) -> MadeUp:
    return architectures({"lstm": lstm, "gru": gru}, wobble=wobble)


def layers(rnn: float, gru: float, lstm: float, wobble: float = 0.0) -> MadeUp:
    return architectures({}, {"rnn": rnn, "gru": gru, "lstm": lstm}, wobble)


def sizes(by_text: float, by_size: float, wobble: float = 0.0, gap: float = 0.1) -> MadeUp:
    """What ten times the text gains, and four times the units on the long text."""
    found = []
    for text in (100_000, 1_000_000):
        for size in (64, 256):
            gained = by_text * (text > 100_000) + by_size * (size > 64) * (text > 100_000)
            loss = at(LOW - gained, wobble * (text > 100_000 and size > 64))
            found.append(rows(text=text, hidden_size=size, loss=loss,
                              train_loss=at(LOW - gained - gap)))  # fmt: skip
    return made("sizes", *found)


def step_cost(lengths: dict[int, Any], batches: dict[int, Any] | None = None) -> MadeUp:
    parts = [("length", lengths), ("batch", batches or {})]
    return made("step_cost", *(
        rows(part=part, value=value, milliseconds=time)
        for part, times in parts
        for value, time in times.items()
    ))  # fmt: skip


def windows(losses: dict[int, Any]) -> MadeUp:
    return made("sequence_length", *(
        rows(seq_len=length, loss=loss) for length, loss in losses.items()
    ))  # fmt: skip


def half(step: Any, rise: float, wobble: float = 0.0) -> MadeUp:
    """The time of a step of 50 where one of 100 takes 100, and what it costs in nats."""
    losses = windows({50: at(LOW + rise, wobble), 100: LOW})
    return step_cost({50: step, 100: 100.0}) | losses | yardsticks()


def serial(power: float, gap: float, wobble: float = 0.0) -> MadeUp:
    """The power of the batch up to 16, and how far the Transformer is behind."""
    cost = step_cost({}, {1: 1.0, 16: 16.0**power, 64: 64.0, 256: 256.0})
    both = made("transformer", rows(kind="lstm", characters=10, loss=LOW),
                rows(kind="transformer", characters=10, loss=at(LOW + gap, wobble)))  # fmt: skip
    return cost | both | yardsticks()


def devices(times: float | None, wobble: float = 0.0) -> MadeUp:
    accelerator = {} if times is None else {"cuda_milliseconds": at(100 / times, wobble)}
    name = "cpu" if times is None else "cuda"
    return made("devices", rows(hidden_size=512, device=name, cpu_milliseconds=100.0,
                                **accelerator))  # fmt: skip


def dropout(
    short_gap: float = 1.0, long_gap: float = 0.3, short: float = 0.2, long: float = -0.1,
    wobble: float = 0.0,
) -> MadeUp:  # fmt: skip
    """Gaps between the two losses without dropout, and what dropout gains on either text."""
    found = []
    for text, gap, gain in ((100_000, short_gap, short), (1_000_000, long_gap, long)):
        for share in (0.0, 0.2, 0.5):
            loss = at(LOW - gain * (share > 0), wobble * (share > 0))
            found.append(rows(text=text, dropout=share, loss=loss,
                              train_loss=at(LOW - gap, wobble)))  # fmt: skip
    return made("dropout", *found) | yardsticks()


DISTANCE = made("distance", *(
    rows(model=model, gain_up_to_10=1.0, gain_up_to_20=1.0, gain_up_to_40=1.0, gain_up_to_80=1.0)
    for model in ("python", "c")
))  # fmt: skip


def counters(*ahead: float) -> MadeUp:
    """How far the network is ahead on texts; 0 is where the pieces do not tell."""
    pieces = [{"model": f"text {k}", "ahead": at(lead, 0.0 if lead else 0.1, seeds=6)}
              for k, lead in enumerate(ahead)]  # fmt: skip
    return made("static_counters", pieces) | DISTANCE


LEARNING = {
    9: {HOLDS: trainings(*[looks(ORDERED, FAR_LAST)] * 3),
        FAILS: trainings(*[looks((300, 100, 1000), FAR_LAST)] * 3),
        OPEN: trainings(*[looks(ORDERED, FAR_LAST)] * 2, looks((300, 100, 1000), FAR_LAST))},
    10: {HOLDS: trainings(*[looks(ORDERED, FAR_LAST)] * 3),
         FAILS: trainings(*[looks(ORDERED, (0.1, 0.7, 0.9, 1.0))] * 3),
         OPEN: trainings(*[looks(ORDERED, FAR_LAST)] * 2, looks(ORDERED, (0.1, 0.7, 0.9, 1.0)))},
    11: {HOLDS: gates(0.2, 0.2), PARTLY: gates(0.2, 0.03), FAILS: gates(0.2, -0.03),
         OPEN: gates(0.03, 0.03, wobble=0.05)},
    12: {HOLDS: layers(0.1, 0.1, 0.1), PARTLY: layers(0.1, 0.0, 0.1), FAILS: layers(0, 0, 0.01),
         OPEN: layers(0.1, 0.1, 0.02, wobble=0.05)},
    13: {HOLDS: sizes(0.3, 0.1) | yardsticks(), PARTLY: sizes(0.3, -0.1) | yardsticks(),
         FAILS: sizes(-0.1, 0.0) | yardsticks(), OPEN: sizes(0.3, 0.1, 0.2) | yardsticks()},
    14: {HOLDS: half(0.25 * 100, 0.0), PARTLY: half(50.0, 0.0), FAILS: half(90.0, 0.0),
         OPEN: half(50.0, 0.0, wobble=0.1)},
    15: {verdict: step_cost({16: 1.0, 256: time}) for verdict, time in
         ((HOLDS, 16.0), (FAILS, 256.0), (OPEN, at(9.0, 3.0)))},
    16: {HOLDS: serial(0.4, -0.1), PARTLY: serial(0.4, 0.1), FAILS: serial(1.0, 0.1),
         OPEN: serial(0.4, 0.1, wobble=0.2)},
    17: {HOLDS: devices(10), FAILS: devices(100), OPEN: devices(None)},
    18: {HOLDS: dropout(), FAILS: dropout(short_gap=0.2), OPEN: dropout(long_gap=0.12, wobble=0.1)},
    19: {HOLDS: counters(0.1, 0.2, 0.3), PARTLY: counters(0.1, 0.2, -0.3, 0.0),
         FAILS: counters(0.1, -0.2, -0.1), OPEN: counters(0.1, 0.0, 0.0, 0.0)},
}  # fmt: skip

# --- craft ----------------------------------------------------------------------------


def lags(rnn: float, lstm: float, wobble: float = 0.0) -> MadeUp:
    """How much of the gradient is left at lag 50 in trained networks."""
    return made("gradient_lag", *(
        rows(kind=kind, weights=weights, decay=0.9, relative_50=at(left, wobble))
        for kind, left in (("rnn", rnn), ("lstm", lstm)) for weights in ("fresh", "trained")
    ))  # fmt: skip


def clipping(free: int, clipped: int) -> MadeUp:
    """How many of twelve trainings diverge without clipping, and with it."""
    found, left = [], {1e9: free, 1.0: clipped}
    for clip in left:
        for radius in (0.6, 3.0):
            for rate in (0.3, 1.0):
                for seed in range(3):
                    lost = left[clip] > 0
                    left[clip] -= lost
                    found.append({"clip": clip, "radius": radius, "learning_rate": rate,
                                  "seed": seed, "diverged": lost,
                                  "loss": None if lost else LOW})  # fmt: skip
    return made("clipping", found) | yardsticks()


def first_weights(shut: float, large: float, wobble: float = 0.0) -> MadeUp:
    """What shut gates cost, and large weights."""
    costs = {(-1.0, 1.0): shut, (0.0, 1.0): 0.0, (1.0, 1.0): 0.0, (1.0, 0.2): 0.0,
             (1.0, 3.0): large}  # fmt: skip
    return made("initialisation", *(
        rows(forget_bias=bias, scale=scale, loss=at(LOW + cost, wobble * (scale == 3.0)))
        for (bias, scale), cost in costs.items()
    )) | yardsticks()  # fmt: skip


def decay(short: float, long: float, wobble: float = 0.0) -> MadeUp:
    """What a little weight decay gains on either text."""
    return made("weight_decay", *(
        rows(text=text, weight_decay=strength,
             loss=at(LOW - gain * (strength == 0.05), wobble * (strength > 0)))
        for text, gain in ((100_000, short), (1_000_000, long)) for strength in (0.0, 0.05, 0.5)
    )) | yardsticks()  # fmt: skip


def both_cures(by_dropout: float, by_size: float, wobble: float = 0.0) -> MadeUp:
    return dropout(short=by_dropout, wobble=wobble) | sizes(0.0, by_size)


def optimizers(adagrad: float, rmsprop: float, adamw: float, wobble: float = 0.0) -> MadeUp:
    """How far each ends below gradient descent at its best rate."""
    leads = {"sgd": 0.0, "adagrad": adagrad, "rmsprop": rmsprop, "adamw": adamw}
    return made("optimizers", *(
        rows(optimizer=name, learning_rate=rate,
             loss=at(LOW - lead + 10 * (rate > 0.1), wobble * (name != "sgd")))
        for name, lead in leads.items() for rate in (0.1, 1.0)
    ))  # fmt: skip


def rates(worst: float, lost: bool, by_optimizer: float, wobble: float = 0.0) -> MadeUp:
    """What the worst rate costs, whether a high one is ruin, and what optimisers change."""
    high = rows(learning_rate=1.0, loss=[None, None, 9.0] if lost else LOW)
    found = made("learning_rate", high, rows(learning_rate=0.1, loss=LOW),
                 rows(learning_rate=1e-4, loss=at(LOW + worst, wobble)))  # fmt: skip
    return found | optimizers(by_optimizer, 0, 0) | yardsticks()


def at_random(rnn: int, lstm: int, drawn: int = 30) -> MadeUp:
    """Of so many settings drawn, how many come near the counter."""
    return made("random_settings", *(
        [{"kind": kind, "seed": seed, "diverged": False, "loss": LOW if seed < near else 9.0}
         for seed in range(drawn)] for kind, near in (("rnn", rnn), ("lstm", lstm))
    )) | yardsticks()  # fmt: skip


LONGEST = {25: LOW, 50: LOW, 200: LOW - 0.1}
CRAFT = {
    20: {HOLDS: lags(0.001, 0.5), FAILS: lags(0.001, 0.01), OPEN: lags(0.001, 0.1, wobble=0.0004)},
    21: {HOLDS: clipping(6, 0), FAILS: clipping(2, 2), OPEN: clipping(6, 1)},
    22: {HOLDS: first_weights(0.1, 0.1), PARTLY: first_weights(0.1, 0.0),
         FAILS: first_weights(0.0, 0.1), OPEN: first_weights(0.1, 0.05, wobble=0.1)},
    23: {HOLDS: dropout(long=0.1), PARTLY: dropout(), FAILS: dropout(short=-0.1),
         OPEN: dropout(short=0.1, wobble=0.2)},
    24: {HOLDS: decay(0.2, 0.1), PARTLY: decay(0.1, 0.2), FAILS: decay(-0.1, 0.1),
         OPEN: decay(0.1, 0.1, wobble=0.2)},
    25: {HOLDS: optimizers(0.1, 0.1, 0.1) | yardsticks(),
         PARTLY: optimizers(0.1, 0.2, 0.05, wobble=0.025) | yardsticks(),
         FAILS: optimizers(-0.1, -0.1, 0.1) | yardsticks(),
         OPEN: optimizers(0.1, 0.1, 0.1, wobble=0.2) | yardsticks()},
    26: {HOLDS: rates(2.0, True, 0.5), PARTLY: rates(0.2, True, 0.5), FAILS: rates(2.0, False, 0.5),
         OPEN: rates(1.0, True, 0.5, wobble=0.5)},
    27: {HOLDS: windows(LONGEST) | yardsticks(),
         FAILS: windows({**LONGEST, 50: LOW - 0.2}) | yardsticks(),
         OPEN: windows({**LONGEST, 200: at(LOW - 0.1, 0.2)}) | yardsticks()},
    28: {HOLDS: both_cures(0.2, 0.1), FAILS: both_cures(-0.1, 0.1),
         OPEN: both_cures(0.1, 0.1, wobble=0.2)},
    29: {HOLDS: at_random(6, 6), PARTLY: at_random(6, 29), FAILS: at_random(30, 30),
         OPEN: at_random(20, 20)},
}  # fmt: skip

# --- sampling -------------------------------------------------------------------------

WRITERS, PROSE = ("network", "n-gram"), ("shakespeare", "war-and-peace")


def written(
    name: str, models: dict[str, dict[str, Any]], temperatures: tuple[float, ...]
) -> MadeUp:
    """Texts of writers: the numbers of each model by writer, or by writer and temperature."""
    found = []
    for model, by_writer in models.items():
        for writer in (*WRITERS, "held-out text"):
            for temperature in temperatures if writer in WRITERS else (None,):
                numbers = by_writer.get((writer, temperature), by_writer.get(writer, {}))
                found.append(rows(model=model, writer=writer, temperature=temperature, **numbers))
    return made(name, *found)


def by_temperature(cold: dict[str, Any], hot: dict[str, Any]) -> MadeUp:
    """The experiment on temperatures: numbers of the network at 0.5 and at 1."""
    other = {"entropy_on_held_out": 1.0, "non_words": 0.05}
    writers = {("network", 0.5): cold, ("network", 1.0): hot, "n-gram": other,
               "held-out text": other}  # fmt: skip
    return written("sampling", dict.fromkeys(PROSE, writers), (0.5, 1.0))


def entropies(cold: Any, hot: Any) -> MadeUp:
    return by_temperature({"entropy_on_held_out": cold}, {"entropy_on_held_out": hot})


def unknown(cold: Any, hot: Any) -> MadeUp:
    return by_temperature({"non_words": cold}, {"non_words": hot})


def loops(cold: Any, warm: Any) -> MadeUp:
    """Which share of the texts loops at temperature 0, and at 0.5."""
    writers = {("network", 0.0): {"looped": cold, "cycle": 9.0},
               ("network", 0.5): {"looped": warm, "cycle": None},
               "n-gram": {"looped": 1.0, "cycle": 9.0}}  # fmt: skip
    return written("loops", dict.fromkeys((*PROSE, "wikipedia", "python"), writers), (0.0, 0.5))


def diversity(rise: float, bleu: float, wobble: float = 0.0) -> MadeUp:
    """By how much distinct-4 rises from 0.5 to 1, and self-BLEU falls."""

    def numbers(distinct: Any, alike: Any) -> dict[str, Any]:
        return {"distinct_4": distinct, "self_bleu": alike}

    writers = {("network", 0.5): numbers(0.6, 0.3), ("network", 0.8): numbers(0.6, 0.3),
               ("network", 1.0): numbers(at(0.6 + rise, wobble), 0.3 - bleu),
               "n-gram": numbers(0.6, 0.3), "held-out text": numbers(0.7, 0.3)}  # fmt: skip
    return written("writing", dict.fromkeys((*PROSE, "wikipedia"), writers), (0.5, 0.8, 1.0))


FORMS = {"shakespeare": "speaker_format", "wikipedia": "headings_closed",
         "python": "statements_read", "latex-formulas": "formulas_read", "music": "tunes_read",
         "numbers-en": "spelled_right"}  # fmt: skip


def forms(*leads: float) -> MadeUp:
    """The lead over the n-gram in each kind of text; 0 is where the runs do not tell."""
    models = {}
    for (model, key), lead in zip(FORMS.items(), leads, strict=True):
        own = at(0.5 + lead, 0.0 if lead else 0.1)
        models[model] = {"network": {key: own}, "n-gram": {key: 0.5}, "held-out text": {key: 1.0}}
    return written("writing", models, (0.5,))


def quality(bits: float, spelling: Any, *leads: float) -> MadeUp:
    """By how much the bits are off, the network's unknown words beside 5 %, and its forms."""
    nats = 1.2
    losses = made("ngram_gain", *(
        rows(model=model, loss=nats, perplexity=2.718281828459045**nats, gain=0.1,
             bits_per_char=nats / 0.6931471805599453 + bits)
        for model in dict.fromkeys((*PROSE, *FORMS))
    ))  # fmt: skip
    return losses | unknown(0.0, spelling) | forms(*leads)


def novelty(own: float, names: Any, cool: Any, wobble: float = 0.0) -> MadeUp:
    """The share of new 16-grams where a text of the kind has 0.9, and of new names at 1 and 0.8."""
    text = {"longest_copy": 30, "novel_16": 0.9}
    writers = {("network", 0.8): {"longest_copy": 30, "novel_16": at(own, wobble)},
               "held-out text": text}  # fmt: skip
    models: dict[str, dict[str, Any]] = dict.fromkeys((*PROSE, "python"), writers)
    models["names"] = {("network", 1.0): {"novel_names": names},
                       ("network", 0.8): {"novel_names": cool},
                       ("n-gram", 1.0): {"novel_names": 0.8},
                       "held-out text": {"novel_names": 1.0}}  # fmt: skip
    return written("writing", models, (0.8, 1.0))


ALL, NO = (0.3,) * 6, (-0.3,) * 6
HALF, FEW = (0.3, 0.3, 0.3, 0.0, 0.0, 0.0), (0.3, 0.0, 0.0, 0.0, 0.0, 0.0)
SAMPLING = {
    30: {HOLDS: entropies(0.5, 1.0), FAILS: entropies(1.0, 0.5),
         OPEN: entropies(0.9, at(1.0, 0.2))},
    31: {HOLDS: loops(1.0, 0.0), PARTLY: loops(1.0, 0.6), FAILS: loops(0.2, 0.0),
         OPEN: loops(at(0.6, 0.2), 0.0)},
    32: {HOLDS: unknown(0.0, 0.1), FAILS: unknown(0.1, 0.0), OPEN: unknown(0.0, at(0.1, 0.1))},
    33: {HOLDS: quality(0.0, 0.01, *ALL), PARTLY: quality(0.0, 0.1, *ALL),
         FAILS: quality(0.0, 0.1, *NO), OPEN: quality(0.0, at(0.1, 0.1), *ALL)},
    34: {HOLDS: diversity(0.1, 0.1), PARTLY: diversity(0.1, -0.1), FAILS: diversity(-0.1, 0.1),
         OPEN: diversity(0.1, 0.1, wobble=0.1)},
    35: {HOLDS: forms(*ALL), PARTLY: forms(*HALF), FAILS: forms(*NO), OPEN: forms(*FEW)},
    36: {HOLDS: novelty(0.9, 0.9, 0.9), PARTLY: novelty(0.9, 0.9, 0.7),
         FAILS: novelty(0.5, 0.9, 0.9), OPEN: novelty(0.82, 0.9, 0.9, wobble=0.05)},
}  # fmt: skip

# --- structure ------------------------------------------------------------------------

BALANCED = (("python", "brackets_closed"), ("python", "indentation"), ("c", "brackets_closed"),
            ("wikipedia", "markup_closed"), ("wikipedia", "tags_closed"),
            ("latex", "braces_closed"))  # fmt: skip


def balance(*leads: float) -> MadeUp:
    models: dict[str, dict[str, Any]] = {}
    for (model, key), lead in zip(BALANCED, leads, strict=True):
        of = models.setdefault(model, {"network": {}, "n-gram": {}, "held-out text": {}})
        of["network"][key] = at(0.5 + lead, 0.0 if lead else 0.1)
        of["n-gram"][key], of["held-out text"][key] = 0.5, 1.0
    return written("writing", models, (0.8,))


def names(rnn: Any, lstm: Any) -> MadeUp:
    return made("begin_end", *(
        rows(kind=kind, grown=grown, chance=0.125, accuracy={"1": 1.0, "160": right})
        for kind, grown, right in (("rnn", True, rnn), ("lstm", True, lstm), ("lstm", False, lstm))
    ))  # fmt: skip


def undefined(own: Any, text: float, count: int = 100) -> MadeUp:
    def share(value: Any, used: int) -> dict[str, Any]:
        return {"undefined": value, "names_used": used}

    writers = {"network": share(own, count), "n-gram": share(0.6, 5),
               "held-out text": share(text, 100)}  # fmt: skip
    return written("undefined_names", {"python": writers, "c": writers}, (0.8,))


def quotes(long: float, short: float, wobble: float = 0.0) -> MadeUp:
    """By how much more quotation marks are closed than by the n-gram, in either book."""
    models = {
        model: {"network": {"quotes_closed": at(0.5 + lead, wobble)},
                "n-gram": {"quotes_closed": 0.5}, "held-out text": {"quotes_closed": 1.0}}
        for model, lead in (("war-and-peace", long), ("sherlock", short))
    }  # fmt: skip
    return written("writing", models, (0.8, 1.0))


def book(behind: Any) -> MadeUp:
    """How far the network that read little is behind, on one text; None if that is not known."""
    shared = [{}, {}] if behind is None else [{"shared_loss": behind}, {"shared_loss": 0.0}]
    both = zip(("as much as the post", "all"), shared, strict=True)
    return made("book_source", *(
        rows(text=text, characters=9, loss=2.0, ngram=2.1, gap=0.5, **more,
             written={"known_words": 0.8}, held_out={"known_words": 0.9})
        for text, more in both
    ))  # fmt: skip


STRUCTURE = {
    37: {HOLDS: balance(*ALL), PARTLY: balance(*HALF), FAILS: balance(*NO), OPEN: balance(*FEW)},
    38: {HOLDS: names(0.1, 0.1), PARTLY: names(0.1, 1.0), FAILS: names(1.0, 1.0),
         OPEN: names(0.1, 0.7)},
    39: {HOLDS: undefined(0.6, 0.1), FAILS: undefined(0.1, 0.6), OPEN: undefined(0.6, 0.1, 5)},
    40: {HOLDS: quotes(0.4, 0.4), PARTLY: quotes(0.4, 0.02, wobble=0.02), FAILS: quotes(-0.1, 0.1),
         OPEN: quotes(0.4, 0.1, wobble=0.2)},
    41: {HOLDS: book(0.8), FAILS: book(0.1), OPEN: book(None)},
}  # fmt: skip

# --- cells ----------------------------------------------------------------------------


def unit(
    model: str, *properties: str, score: Any = 0.9, endings: int = 20, cost: float = 1.0,
    **training: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """The best unit for some properties; by chance there is 0.6."""
    return [
        row
        for property in properties
        for row in rows(model=model, property=property, measure="AUC", score=score, shifted=0.6,
                        permuted=0.5, untrained=0.55, endings=endings, probe=0.9, ending=cost,
                        random_ending=0.0, **training)
    ]  # fmt: skip


def several(*scores: Any, properties: tuple[str, ...]) -> MadeUp:
    """Units of several trainings."""
    return made("units", *(
        unit("war-and-peace", *properties, score=score, training=training)
        for training, score in enumerate(scores)
    ))  # fmt: skip


def alone(properties: tuple[str, ...], **settings: Any) -> MadeUp:
    return made("units", unit("war-and-peace", *properties, **settings))


def brackets(first: Any, score: Any = 0.9, endings: int = 20) -> MadeUp:
    """Where the unit for [[ ]] stands after the first bracket."""
    places = ("in a url", "inside [[ ]]", "after the first [")
    return made("units", unit("wikipedia", *places, score=score, endings=endings)) | made(
        "second_bracket", rows(after_first=first, after_second=1.1)
    )


def shares(*found: Any) -> MadeUp:
    return made("share_of_units", *(
        rows(model=f"text {k}", found=share, untrained=0.0, shifted=0.0, properties=5,
             threshold=0.9)
        for k, share in enumerate(found)
    ))  # fmt: skip


def www(inside: Any, ngram: float) -> MadeUp:
    return made("www", rows(network_inside=inside, ngram_inside=ngram, network_elsewhere=0.5,
                            network_1=0.7, count=100))  # fmt: skip


def open_gates(*nearly_always: Any) -> MadeUp:
    return made("gates", *(
        rows(model=model, f1_above=0.1, f1_nearly_always_above=share,
             untrained_f1_nearly_always_above=0.0)
        for model, share in zip(("shakespeare", "war-and-peace", "python"), nearly_always,
                                strict=True)
    ))  # fmt: skip


def oracle(*shares: Any) -> MadeUp:
    return made("errors", *(
        rows(model=model, any_ngram=share, ngram=0.1)
        for model, share in zip(("shakespeare", "war-and-peace", "python"), shares, strict=True)
    ))  # fmt: skip


QUOTES, LINE = ("inside quotes",), ("since the newline", "late in the line")
CELLS = {
    42: {HOLDS: several(0.9, 0.9, 0.9, properties=QUOTES), PARTLY: alone(QUOTES),
         FAILS: alone(QUOTES, score=0.5), OPEN: alone(QUOTES, endings=3)},
    43: {HOLDS: several(0.9, 0.9, 0.9, properties=LINE),
         PARTLY: several(0.9, 0.9, 0.5, properties=LINE), FAILS: alone(LINE, score=0.5),
         OPEN: alone(LINE, score=at(0.7, 0.1))},
    44: {HOLDS: brackets(0.1), PARTLY: brackets(0.9), FAILS: brackets(0.1, score=0.5),
         OPEN: brackets(0.1, endings=3)},
    45: {HOLDS: shares(0.05, 0.08), PARTLY: shares(0.05, 0.2), FAILS: shares(0.2, 0.3),
         OPEN: shares(0.05, at(0.08, 0.05))},
    46: {HOLDS: www(0.98, 0.8), PARTLY: www(0.98, 0.98), FAILS: www(0.7, 0.98),
         OPEN: www(at(0.92, 0.05), 0.8)},
    47: {HOLDS: open_gates(0.02, 0.02, 0.02), PARTLY: open_gates(0.02, 0.005, 0.02),
         FAILS: open_gates(0.02, 0.0, 0.02), OPEN: open_gates(0.02, at(0.005, 0.005), 0.02)},
    48: {HOLDS: oracle(0.18, 0.2, 0.4), PARTLY: oracle(0.18, 0.3, 0.3),
         FAILS: oracle(0.05, 0.08, 0.18), OPEN: oracle(0.18, at(0.2, 0.05), 0.2)},
}  # fmt: skip

# --- applications ---------------------------------------------------------------------


def applications(naive: Any, rule: float) -> MadeUp:
    """How far the networks are ahead of a naive guess, and of the best simple rule."""
    other = {"accuracy": 0.5, "chance": 0.0}
    spoken = rows(accuracy=0.5, logistic_in_four_parts=0.5 - rule, chance=0.1)
    translated = [rows(attention=attending, exact=0.9, neighbour_exact=0.1)
                  for attending in (False, True)]  # fmt: skip
    languages = rows(accuracy={"4": other["accuracy"]}, naive_bayes={"4": 0.5 - rule}, chance=0.1)
    forecasts = [
        rows(series=series, error={"network": {horizon: 1.0}, "naive": {horizon: naive},
                                   "classical": {horizon: 1.0 + rule}})
        for series, horizon in (("co2", "52"), ("sunspots", "5"))
    ]  # fmt: skip
    return (
        made("languages", languages) | made("translation", *translated)
        | made("spoken_digits", spoken) | made("forecast", *forecasts)
    )  # fmt: skip


APPLICATIONS = {
    49: {HOLDS: applications(2.0, 0.1), PARTLY: applications(2.0, -0.1),
         FAILS: applications(0.5, 0.1), OPEN: applications(at(1.1, 0.2), 0.1)},
}  # fmt: skip

# --- the return of recurrence -----------------------------------------------------------

LINEAR = ("mingru", "minlstm", "lru", "s6", "rglru")


def tasks(task: str, length: int, transformer: Any, others: Any, **of_kind: Any) -> MadeUp:
    """Shares of right answers at a length; the other rate is worse, and gets them all right."""
    kinds = ("rnn", "gru", "lstm", *LINEAR, "signed_mingru")
    shares = {"transformer": transformer, **dict.fromkeys(kinds, others), **of_kind}
    found = []
    for kind, share in shares.items():
        settings = {"task": task, "kind": kind.replace("_", " ")}
        found.append(rows(**settings, learning_rate=0.1, chosen_by=0.1, right={str(length): share}))
        found.append(rows(**settings, learning_rate=1.0, chosen_by=0.9, right={str(length): 1.0}))
    return made("tasks", *found)


def bits(others: Any, signed: Any, **of_kind: Any) -> MadeUp:
    return tasks("parity", 96, 0.5, others, signed_mingru=signed, **of_kind)


def letters(transformer: Any, others: Any, **of_kind: Any) -> MadeUp:
    return tasks("copying", 16, transformer, others, **of_kind)


def pairs(transformer: Any, others: Any, **of_kind: Any) -> MadeUp:
    return tasks("long recall", 8, transformer, others, **of_kind)


def language(mingru: float, minlstm: float, wobble: float = 0.0) -> MadeUp:
    """How far the two end above an LSTM, after a way on which all are level."""
    way = {budget: {"loss": LOW} for budget in ("100000", "300000", "1000000", "3000000")}
    found = [
        rows(kind=kind, loss=at(LOW + gap, wobble * (kind != "lstm")), by_budget=way)
        for kind, gap in (("lstm", 0.0), ("mingru", mingru), ("minlstm", minlstm))
    ]
    return made("kinds", *found) | yardsticks()


RETURN = {
    50: {HOLDS: bits(0.5, 1.0), PARTLY: bits(0.5, 0.7), FAILS: bits(0.5, 1.0, s6=0.95),
         OPEN: bits(0.5, 1.0, s6=0.8)},
    51: {HOLDS: letters(1.0, 0.7), PARTLY: letters(0.98, 0.7, lstm=at(0.95, 0.02)),
         FAILS: letters(0.97, 0.7, mingru=0.99), OPEN: letters(0.9, 0.7)},
    52: {HOLDS: pairs(1.0, 0.7), PARTLY: pairs(0.98, 0.7, lstm=at(0.95, 0.02)),
         FAILS: pairs(0.97, 0.7, s6=0.99), OPEN: pairs(1.0, 0.7, s6=at(0.95, 0.02))},
    53: {HOLDS: language(-0.01, 0.02), PARTLY: language(0.02, 0.04), FAILS: language(0.05, 0.04),
         OPEN: language(0.02, 0.02, wobble=0.1)},
}  # fmt: skip

CASES: dict[int, dict[str, MadeUp]] = {
    **MECHANICS, **LEARNING, **CRAFT, **SAMPLING, **STRUCTURE, **CELLS, **APPLICATIONS, **RETURN,
}  # fmt: skip
