"""What the chapter *Text as numbers* builds, run from its own cells.

The cells that read the whole of Shakespeare run when the book is built; here stand a short text
and a vocabulary in its place.
"""

import json
from collections import Counter

import numpy as np
import pytest
from paths import ROOT

from rnnbook import evaluation
from rnnbook.text import Vocab

NOTEBOOK = ROOT / "book" / "text-as-numbers.ipynb"
TEXT = "to be, or not to be: (that) is the question\n" * 20
WANTED = (
    "step", "synced", "many-to-one-code", "one-to-many-code", "many-to-many-code", "addition",
    "vocabulary-code", "encode", "one-hot-code", "one-place-code", "surprise-code",
    "solution-tenth", "solution-shapes",
)  # fmt: skip


@pytest.fixture(scope="module")
def cells():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return {cell["id"]: cell for cell in notebook["cells"]}


@pytest.fixture(scope="module")
def chapter(cells):
    """The names that the chapter's functions need, and those that its cells define."""
    names = {
        "np": np, "evaluation": evaluation, "Vocab": Vocab, "Counter": Counter, "text": TEXT,
        "train_text": "one two", "held_out": "one three",
    }  # fmt: skip
    for cell_id in WANTED:
        source = "".join(cells[cell_id]["source"])
        if cell_id == "vocabulary-code":
            source = source.replace('"\\n AZaz—"', '"\\n a"')
        exec(compile(source, cell_id, "exec"), names)
    return names


@pytest.mark.parametrize(
    "text, expected",
    [("", []), ("a", [0]), ("()", [1, 0]), ("((a", [1, 2, 2]), ("f(g(x), y)", None)],
)
def test_depths_count_what_is_open(chapter, text, expected):
    found = chapter["depths"](text)
    by_hand = [text[: t + 1].count("(") - text[: t + 1].count(")") for t in range(len(text))]
    assert found == by_hand and (expected is None or found == expected)
    assert chapter["depth"](text) == ([0, *found])[-1]


@pytest.mark.parametrize("text", ["", "()", "(", "((a) b", "(((("])
def test_what_is_completed_is_closed(chapter, text):
    done = chapter["complete"](text)
    assert done.startswith(text) and chapter["depth"](done) == 0
    assert set(done[len(text) :]) <= {")"}


@pytest.mark.parametrize("a, b", [(0, 0), (999, 1), (123, 877), (500, 499)])
def test_digits_are_added_with_their_carry(chapter, a, b):
    digits = chapter["add"]([int(d) for d in f"{a:03}"], [int(d) for d in f"{b:03}"])
    assert int("".join(map(str, digits))) == a + b and len(digits) == 4


def test_numbers_of_different_lengths_are_refused(chapter):
    with pytest.raises(ValueError):
        chapter["add"]([1, 2], [3])


def test_encode_and_decode_are_those_of_the_package(chapter):
    vocab = Vocab.from_text(TEXT)
    np.testing.assert_array_equal(chapter["encode"](TEXT), vocab.encode(TEXT))
    assert chapter["decode"](chapter["encode"]("that is")) == "that is"


def test_a_one_hot_vector_takes_a_column(chapter):
    ids = np.array([2, 0, 2, 1])
    rows = chapter["one_hot"](ids, 3)
    np.testing.assert_array_equal(rows, [[0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]])
    matrix = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(matrix @ rows.T, matrix[:, ids])


def test_new_words_are_counted_with_repetitions(chapter):
    assert chapter["new_words"]("a rose is", "A rose, a ROSE") == 0
    assert chapter["new_words"]("a rose is", "a tulip or a tulip") == pytest.approx(3 / 5)


def test_surprises_add_where_probabilities_multiply(chapter):
    surprise = chapter["surprise"]
    assert surprise(0.5) == pytest.approx(np.log(2))
    assert surprise(0.2 * 0.7) == pytest.approx(surprise(0.2) + surprise(0.7))


def test_the_chapter_keeps_to_its_shape(cells):
    sources = ["".join(cell["source"]) for cell in cells.values()]
    headings = [source for source in sources if source.startswith(("## ", "### "))]
    unsummed = {"## Exercises", "## Where this lives", "## Further reading"}
    graded = ("### First", "### Second", "### Third")
    for source in headings:
        title = source.splitlines()[0]
        assert "*Summary: " in source or title in unsummed or title.startswith(graded), title
    solved = [cell for cell_id, cell in cells.items() if cell_id.startswith("solution-")]
    assert len(solved) >= 6
    assert all("hide-cell" in cell["metadata"]["tags"] for cell in solved)
