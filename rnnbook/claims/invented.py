"""Claims 39 and 41: names that nothing defines, and a network that read this book."""

from __future__ import annotations

from rnnbook.claims.claim import HOLDS, UNDECIDED, Measured, Overturned, Rule, Stored, claim
from rnnbook.claims.closing import three
from rnnbook.claims.judging import above, apart, every, verdict
from rnnbook.claims.temperature import COUNTING, NETWORK, TEXT, of, values_of
from rnnbook.experiments import Result, difference, interval

WRITTEN = "2026-11-30"
ENOUGH = 100  # names, to say anything of their share
LITTLE, ALL = "as much as the post", "all"


@claim(
    39,
    "Generated code uses variables that were never defined.",
    tested="names in generated functions were looked up among what is defined before them, the "
    "same for real code",
    verdict=HOLDS, chapter="voices", experiments=("undefined_names",),
    rule=Rule(
        WRITTEN,
        holds="in both languages a larger share of the network's names is undefined than of the "
        "text's, with intervals apart",
        fails="in one of them surely a smaller share",
        undecided="intervals overlap, or fewer than a hundred names were written",
    ),
)  # fmt: skip
def undefined(results: Stored) -> Measured:
    result, parts, answers, shown = results["undefined_names"], [], [], []
    for model in result.options("model"):
        names = {
            writer: sum(values_of(result, "names_used", model, writer, None if writer == TEXT
                                  else 0.8))
            for writer in (NETWORK, COUNTING, TEXT)
        }  # fmt: skip
        own, text = (
            of(result, "undefined", model, NETWORK, 0.8),
            of(result, "undefined", model, TEXT),
        )
        counts = f"{names[NETWORK]:.0f} names, n-gram {names[COUNTING]:.0f}, text {names[TEXT]:.0f}"
        parts.append(f"{model} {_share(result, model, names[COUNTING])}, from {counts}")
        shown.append(f"{model} {own:.0%}")
        is_enough = min(names[NETWORK], names[TEXT]) >= ENOUGH
        answers.append(apart(own, text) if is_enough else None)
    numbers = "names that nothing defines, in functions begun from a real head: " + "; ".join(parts)
    return Measured(verdict(every(answers)), ", ".join(shown), numbers)


def _share(result: Result, model: str, counted: float) -> str:
    """The shares; that of the n-gram only where it wrote enough names to have one."""
    if counted >= ENOUGH:
        return three(result, "undefined", model)
    own, text = of(result, "undefined", model, NETWORK, 0.8), of(result, "undefined", model, TEXT)
    return f"{own:.0%} (the text {text:.0%}; the n-gram hardly writes any)"


@claim(
    41,
    "A network trained on the post itself writes nonsense: its text is too small.",
    tested="the book's own source in place of the post: as many characters as the post had, and "
    "all",
    verdict=UNDECIDED, chapter="this-book", experiments=("book_source",),
    rule=Rule(
        WRITTEN,
        holds="on one and the same held-out text, the network that read as much as the post is "
        "half a nat behind the one that read everything, or more",
        fails="it surely is less than that behind",
        undecided="the interval has half a nat in it, or the two were not scored on one text",
    ),
    condition="the two networks were scored on different texts, and losses on different texts "
    "cannot be compared",
    history=(Overturned(
        WRITTEN, HOLDS, UNDECIDED,
        "the losses that were compared were of different texts, which the page itself forbids; and "
        "the shorter text was the source of a trainer where the post is prose",
    ),),
)  # fmt: skip
def book(results: Stored) -> Measured:
    result, parts = results["book_source"], []
    for text in (LITTLE, ALL):
        of_text = {"text": text}
        loss, ngram, gap = (
            interval(result.values(key, **of_text)) for key in ("loss", "ngram", "gap")
        )
        own, real = (
            interval(result.values(f"{by}.known_words", **of_text))
            for by in ("written", "held_out")
        )
        parts.append(
            f"{result.values('characters', **of_text)[0]:,} characters: loss {loss} (n-gram "
            f"{ngram.mean:.3f}), {gap} above its training loss, {own:.0%} of the words it writes "
            f"are known (of the held-out text {real.mean:.0%})"
        )
    numbers = "; ".join(parts)
    if not all("shared_loss" in row for row in result.rows):
        written = interval(result.values("written.known_words", text=LITTLE))
        why = "the two networks were not scored on one and the same text"
        return Measured(UNDECIDED, f"{written:.0%} of its words are known", numbers, why)
    behind = difference(
        result.values("shared_loss", text=LITTLE), result.values("shared_loss", text=ALL)
    )
    numbers += f"; on one and the same text the first is {behind} nats behind"
    return Measured(verdict(above(behind, 0.5)), f"{behind} nats behind", numbers)


CLAIMS = (undefined, book)
