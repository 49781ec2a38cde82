"""What the chapter *Counting* builds, run from its own cells on a text that can be counted by hand.

The cells that count Shakespeare and Python run when the book is built.
"""

import json
import re
from collections import Counter

import numpy as np
import pytest
from paths import ROOT

from rnnbook.ngram import NGram
from rnnbook.text import Vocab

NOTEBOOK = ROOT / "book" / "counting.ipynb"
TEXT = "the queen then quit the thin queue\n" * 3 + "they queried thee\n"
WANTED = (
    "count-code", "count-tables", "followers", "write", "add-one-code", "add-one-function",
    "witten-bell-code", "brackets", "solution-book", "solution-real",
)  # fmt: skip


@pytest.fixture(scope="module")
def cells():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return {cell["id"]: cell for cell in notebook["cells"]}


@pytest.fixture(scope="module")
def chapter(cells):
    """The functions of the chapter, over the tables of a short text."""
    vocab = Vocab.from_text(TEXT)
    names = {"np": np, "Counter": Counter, "NGram": NGram, "Vocab": Vocab, "vocab": vocab}
    names |= {"text": TEXT, "held_out_ids": vocab.encode("then the queen")}
    for cell_id in WANTED:
        source = "".join(cells[cell_id]["source"])
        if cell_id == "solution-book":  # the function, without what it prints
            source = source.split("\n\n\n")[0]
        elif cell_id == "solution-real":
            source = source.split("\n\n\ncode_vocab")[0]
        exec(compile(source, cell_id, "exec"), names)
    return names


def test_strings_are_counted_where_they_stand(chapter):
    assert chapter["count"]("banana", 1) == {"b": 1, "a": 3, "n": 2}
    assert chapter["count"]("banana", 2) == {"ba": 1, "an": 2, "na": 2}
    assert chapter["count"]("banana", 6) == {"banana": 1}
    assert not chapter["count"]("banana", 7)


def test_followers_are_those_of_the_text(chapter):
    after = chapter["followers"](chapter["tables"][3], "qu")
    found = {c: int(k) for c, k in zip(chapter["chars"], after, strict=True) if k}
    assert found == {"e": 7, "i": 3}
    assert not chapter["followers"](chapter["tables"][3], "zz").any()


@pytest.mark.parametrize("n", [1, 2, 4, 6])
def test_what_is_written_from_counts_stands_in_the_text_piece_by_piece(chapter, n):
    table = chapter["tables"][n]
    written = chapter["write"](table, TEXT[:10], 30, np.random.default_rng(0))
    assert len(written) == 30
    everything = TEXT[:10] + written
    pieces = [everything[i : i + n] for i in range(11 - n, len(everything) - n + 1)]
    assert all(piece in TEXT for piece in pieces)
    again = chapter["write"](table, TEXT[:10], 30, np.random.default_rng(0))
    assert again == written


@pytest.mark.parametrize("name", ["add_one", "witten_bell"])
@pytest.mark.parametrize("context", ["", "q", "the", "que", "xyz"])
def test_smoothed_probabilities_are_positive_and_sum_to_one(chapter, name, context):
    probs = [chapter[name](char, context) for char in chapter["chars"]]
    assert min(probs) > 0 and sum(probs) == pytest.approx(1)


def test_witten_and_bell_by_hand(chapter):
    chars, followed, distinct = chapter["chars"], chapter["followed"], chapter["distinct"]
    assert (followed["qui"], distinct["qui"]) == (3, 1)  # always a t
    shorter = chapter["witten_bell"]("t", "ui")
    assert chapter["witten_bell"]("t", "qui") == pytest.approx((3 + shorter) / 4)
    uniform = (TEXT.count("e") + distinct[""] / len(chars)) / (followed[""] + distinct[""])
    assert chapter["witten_bell"]("e", "") == pytest.approx(uniform)


def test_it_is_the_model_of_the_package(chapter):
    vocab = chapter["vocab"]
    model, read = NGram(vocab, vocab.encode(TEXT), 4), "queen quite thinned"
    read = "".join(char for char in read if char in vocab.chars)
    found = model.log_probs(vocab.encode(read))
    for t in range(3, len(read)):
        ours = chapter["witten_bell"](read[t], read[t - 3 : t])
        assert np.log(ours) == pytest.approx(found[t])


def test_bracket_lines_close_what_they_open(chapter):
    lines = chapter["bracket_lines"](3, 50, np.random.default_rng(0))
    assert len(lines) == 50 and {len(line) for line in lines} == {6}
    assert {line[0] + line[-2] for line in lines} == {"()", "[]"}
    assert {char for line in lines for char in line[1:-2]} == {"a", "b"}


def test_the_book_is_opened_where_the_context_stands(chapter):
    rng = np.random.default_rng(0)
    drawn = {chapter["open_the_book"](TEXT, "qu", rng) for _ in range(100)}
    assert drawn == {"e", "i"}
    assert chapter["open_the_book"](TEXT, "they querie", rng) == "d"


@pytest.mark.parametrize(
    "text, expected",
    [("(a)", [(2, 2)]), ("[()]", [(2, 1), (3, 3)]), ("(]", []), (")", []), ("((", [])],
)
def test_closings_know_how_far_their_bracket_is(chapter, text, expected):
    assert chapter["closings"](text) == expected


def test_the_chapter_keeps_to_its_shape(cells):
    texts = ["".join(c["source"]) for c in cells.values() if c["cell_type"] == "markdown"]
    unsummed = {"## Exercises", "## Where this lives", "## Further reading"}
    graded = ("### First", "### Second", "### Third")
    for section in re.split(r"^(?=###? )", "\n\n".join(texts), flags=re.MULTILINE)[1:]:
        title = section.splitlines()[0]
        assert "*Summary: " in section or title in unsummed or title.startswith(graded), title
    solved = [cell for cell_id, cell in cells.items() if cell_id.startswith("solution-")]
    assert len(solved) >= 6
    assert all("hide-cell" in cell["metadata"]["tags"] for cell in solved)
