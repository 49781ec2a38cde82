"""Which text is read, and how: for ``rnnbook train``, and wherever a model meets a text."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rnnbook import corpora
from rnnbook.checkpoints import Checkpoint
from rnnbook.corpora import Corpus, Preparation
from rnnbook.corpora.files import STANDARD_INPUT, STANDARD_INPUT_NAME
from rnnbook.corpora.preparation import advise_min_count, is_alphabetical
from rnnbook.errors import CorpusError
from rnnbook.text import REPLACEMENT, fit

ENCODING_HELP = "of text files, such as cp1252 (default: UTF-8, or as a byte-order mark says)"
#: With more symbols than this, a step costs noticeably more for each of them.
MANY_SYMBOLS = 1_000


def add_options(parser: argparse.ArgumentParser) -> None:
    """The texts, as arguments, and what is done to them."""
    parser.add_argument(
        "corpus",
        nargs="*",
        default=[],
        help="text files, folders of .txt files, - for standard input, or one of: "
        f"{', '.join(corpora.names())}; several are joined",
    )
    group = parser.add_argument_group("the text")
    group.add_argument("--encoding", metavar="NAME", help=ENCODING_HELP)
    group.add_argument(
        "--min-count",
        type=int,
        metavar="N",
        help=f"symbols that occur less than N times become one, {REPLACEMENT} (default: 1)",
    )
    group.add_argument(
        "--shuffle-lines",
        action="store_true",
        default=None,
        help="read the lines in an order drawn once for all, and hold out whole lines: for lists",
    )


def load(options: argparse.Namespace) -> Corpus:
    """The text that the options name, prepared as they say."""
    corpus = corpora.load(*options.corpus, encoding=options.encoding)
    seed = 0 if options.shuffle_lines else None
    least = 1 if options.min_count is None else options.min_count
    return corpus.prepare(Preparation(least, seed))


def own_corpus(described: object) -> str:
    """The one name by which the text of a model can be read again, as a checkpoint tells of it.

    Raises :class:`CorpusError` if there is none.
    """
    told = described if isinstance(described, dict) else {}
    name = told.get("name")
    if not isinstance(name, str) or name == STANDARD_INPUT_NAME or told.get("parts"):
        what = f"was trained on {name}" if name else "does not say what it was trained on"
        raise CorpusError(f"the model {what}; name the text")
    return name


def text_for(
    checkpoint: Checkpoint, names: Sequence[str], encoding: str | None = None
) -> tuple[Corpus, bool, str]:
    """A text as the model reads it, whether it learnt from it, and what was changed for that.

    The text that it learnt from is prepared as it was then.
    """
    described = checkpoint.info.get("corpus") or {}
    corpus = corpora.load(*names or [own_corpus(described)], encoding=encoding)
    is_own = corpus.sha256 == described.get("sha256")
    if is_own:
        corpus = corpus.prepare(Preparation.of(described))
    text, note = fit(checkpoint.vocab, corpus.text)
    return replace(corpus, text=text), is_own, note


def validation_fraction(checkpoint: Checkpoint) -> float:
    """The share of its text that a model was not trained on."""
    share = (checkpoint.info.get("training") or {}).get("validation_fraction")
    return share if isinstance(share, float) and 0 < share < 1 else 0.1


def words(options: argparse.Namespace) -> list[str]:
    """The texts and the options as they are recorded: names of files, without their folders."""
    recorded = [_recorded(name) for name in options.corpus]
    if options.preset:
        recorded = ["--preset", options.preset]
    for name in ("encoding", "min_count"):
        value = getattr(options, name)
        if value is not None:
            recorded += ["--" + name.replace("_", "-"), str(value)]
    return recorded + (["--shuffle-lines"] if options.shuffle_lines else [])


def _recorded(name: str) -> str:
    if name == STANDARD_INPUT or name in corpora.names():
        return name
    return Path(name).resolve().name if Path(name).is_dir() else Path(name).name


def stem(names: Sequence[str]) -> str:
    """What a checkpoint is called if nobody says: after its texts."""
    stems = ["stdin" if name == STANDARD_INPUT else Path(_recorded(name)).stem for name in names]
    return "+".join(stems) if len(stems) <= 3 else f"{stems[0]}+{len(stems) - 1}-more"


def remarks(corpus: Corpus) -> Iterator[str]:
    """What is said of a text before it is learnt from, a line each."""
    for part in corpus.parts:
        yield f"  {part['name']}: {part['characters']:,} characters"
    seed = corpus.preparation.shuffle_seed
    if seed is not None:
        yield f"lines shuffled, with seed {seed}; whole lines are held out"
    elif is_alphabetical(corpus.text):
        yield from _about_order(corpus)
    if corpus.preparation.min_count > 1:
        symbols, characters = corpus.replaced
        yield (
            f"{symbols:,} symbols that occur less than {corpus.preparation.min_count:,} times, "
            f"{characters:,} characters in all ({characters / len(corpus.text):.2%}), became "
            f"{REPLACEMENT!r}"
        )
    elif len(set(corpus.text)) > MANY_SYMBOLS:
        yield from _about_symbols(corpus.text)


def _about_order(corpus: Corpus) -> Iterator[str]:
    lines = [line for line in corpus.split()[1].split("\n")[1:] if line.strip()]
    first, last = (line.strip()[0] for line in (lines[0], lines[-1])) if lines else ("?", "?")
    yield (
        "the lines stand in alphabetical order: a network that reads them in turn learns the "
        f"alphabet, is judged on lines from {first!r} to {last!r}, and writes lines that all "
        "begin alike. For a list, add --shuffle-lines"
    )


def _about_symbols(text: str) -> Iterator[str]:
    advice = advise_min_count(text)
    line = f"{len(set(text)):,} different symbols make every step slow"
    if advice is None:
        yield line
        return
    min_count, symbols, share = advice
    yield f"{line}; --min-count {min_count} keeps {symbols:,} of them, {share:.1%} of the text"
