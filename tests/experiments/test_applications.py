"""The parts of the experiments beyond characters, and about matching and the book's source."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rnnbook import corpora
from rnnbook.corpora import chapters, code
from rnnbook.experiments import book_source, forecast, matching, recognition, translation
from rnnbook.ngram import NGram
from rnnbook.text import Vocab


def edit_distance(a: str, b: str) -> int:
    """The table, cell by cell."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    table[:, 0], table[0] = range(len(a) + 1), range(len(b) + 1)
    for i, x in enumerate(a, start=1):
        for j, y in enumerate(b, start=1):
            changed = table[i - 1, j - 1] + (x != y)
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, changed)
    return int(table[-1, -1])


def test_edit_distances_are_those_of_the_table():
    rng = np.random.default_rng(0)
    words = ["", "kitten", "sitting", "a", "sittin"]
    words += ["".join(rng.choice(list("abc"), size=int(rng.integers(1, 9)))) for _ in range(30)]
    for word in words:
        found = translation.edit_distances(word, words)
        assert found.tolist() == [edit_distance(word, other) for other in words]


def test_a_line_is_read_up_to_its_end():
    vocab = Vocab("abc")
    assert translation._spell(np.array([2, 3, 1, 4]), vocab, end=1) == "ab"
    assert translation._spell(np.array([4, 3]), vocab, end=1) == "cb"


def test_counting_cannot_spell_numbers_out_of_sight():
    text = "\n12: one two\n34: three four\n" * 20
    vocab = Vocab.from_text(text)
    counter = NGram(vocab, vocab.encode(text), 6)
    assert translation._complete(counter, [12, 34], 12) == ["one two", "three four"]


def test_the_season_repeats_itself_and_grows():
    values = np.tile([0.0, 5.0, 1.0], 4) + np.repeat(np.arange(4.0), 3)  # grows by 1 a period
    same = forecast._season(values, 9, 3, 3, drift=0)
    grown = forecast._season(values, 9, 3, 3, drift=1)
    np.testing.assert_array_equal(same + 1, values[9:])
    np.testing.assert_array_equal(grown, values[9:])
    np.testing.assert_array_equal(forecast._season(values, 6, 3, 6, drift=1), values[6:])


def test_nothing_of_the_future_is_seen():
    """Other values from the last fifth on: the same is told at its beginning."""
    pytest.importorskip("statsmodels")
    sunspots = forecast.SERIES["sunspots"]()
    settings = {**forecast.FORECASTS["sunspots"], "steps": 5}
    origin = int(0.8 * len(sunspots))
    changed = sunspots.values.copy()
    changed[origin:] = 1_000
    told = [forecast._by_network(values, [origin], 11, 0, settings)
            for values in (sunspots.values, changed)]  # fmt: skip
    np.testing.assert_array_equal(*told)


def test_pieces_are_held_out_by_number():
    pytest.importorskip("num2words")
    for language in ("en", "sv"):
        taught, held_out = (set(part.splitlines()) for part in recognition.spelled(language))
        assert len(taught) == 2_000 and len(held_out) == 500 and not taught & held_out
    cut, classes = recognition.pieces(1, 8, 50, np.random.default_rng(0))
    for text, k in zip(cut, classes, strict=True):
        assert len(text) == 8 and text in recognition.spelled(recognition.LANGUAGES[k])[1]


def test_averages_forget_the_order_but_for_the_parts():
    clip = np.arange(8.0).reshape(4, 2)
    assert recognition._averages([clip, clip[::-1]], 1).tolist() == [[3, 4], [3, 4]]
    assert recognition._averages([clip], 2).tolist() == [[1, 2, 5, 6]]


def test_environments_end_as_they_began():
    rng = np.random.default_rng(0)
    text = matching.stream(20_000, False, rng)
    found = re.findall(r"\\begin\{(\w+)\}([a-z ]*)\\end\{(\w+)\}\n", text)
    assert len(found) > 100 and {name for name, _, _ in found} == set(matching.NAMES)
    assert all(opened == closed for opened, _, closed in found)
    assert len({name[0] for name in matching.NAMES}) == len(matching.NAMES)
    lengths = [len(filler) for _, filler, _ in found]
    assert min(lengths) < 10 and 200 < max(lengths) <= matching.LONGEST


def test_a_grown_text_begins_with_short_environments():
    text = matching.stream(20_000, True, np.random.default_rng(0))
    lengths = [len(filler) for filler in re.findall(r"\}([a-z ]*)\\end", text)]
    assert max(lengths[:20]) <= 9 and max(lengths) > 200
    assert len(text) == 20_000


@pytest.mark.parametrize("distance", [10, 640])
def test_a_question_shows_the_name_once(distance):
    texts, letters = matching.questions(distance, np.random.default_rng(0))
    assert len({len(text) for text in texts}) == 1
    for text, letter in zip(texts, letters, strict=True):
        match = re.search(r"\\begin\{(\w+)\}([a-z ]*)\\end\{$", text)
        assert match and match[1][0] == letter and len(match[2]) == distance


def test_pairs_are_found_with_their_distance():
    text = "a [[link {{t}} x]] b {{u}} ]]"
    find = matching.ASKED["links and templates"][1]
    found = list(find(text))
    assert [text[place] for place, _, _ in found] == ["}", "]", "}"]
    assert [distance for _, distance, _ in found] == [1, 12, 1]
    assert {choices for _, _, choices in found} == {"]}"}
    formula = r"\left(x + \left|{y}\right|\right)"
    found = list(matching.ASKED["delimiters"][1](formula))
    assert [formula[place] for place, _, _ in found] == ["|", ")"]
    assert [formula[place - distance - 1] for place, distance, _ in found] == ["|", "("]


def test_code_is_told_from_prose():
    code_lines = ["    x = f(1)", "def f(x):", "return [a for a in b]", "    print(x)", "@cache"]
    prose = ["The state is read.", "for all of us.", "", "# Memory", "* a point"]
    assert [book_source.is_code(line) for line in code_lines] == [True, True, False, True, False]
    assert not any(map(book_source.is_code, prose))


def test_prose_is_paragraphs_of_sentences():
    sentences = "A network reads a letter at a time.\nIt keeps what it has read in a state."
    question = "What does it read now?"
    parts = ("import re", sentences, "x = re.sub('a', 'b', y)", "## A heading", question)
    assert book_source.prose("\n\n".join(parts)) == f"{sentences}\n\n{question}"


def test_a_line_tokenises_or_not():
    for line in ("x = f(1)", "    def f(x):", "y = (1,", 'z = """open'):
        assert book_source.tokenises(line)
    for line in ("x = 'open", "a = ?", "b = $c"):
        assert not book_source.tokenises(line)


def test_the_book_is_its_own_corpus():
    corpus = corpora.load("book")
    assert corpus.text == corpora.load("book").text and len(corpus.text) > 500_000
    assert len(set(corpus.text)) <= 97
    assert "class RecurrentLayer(nn.Module):" in corpus.text  # Python
    assert "export default" in corpus.text or "export function" in corpus.text  # JavaScript
    assert (
        '"execution_count": null' not in corpus.text and "\n## " in corpus.text
    )  # prose, without its JSON


def test_a_new_file_moves_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(chapters, "FOLDER", tmp_path / "book")
    monkeypatch.setattr(code, "_PACKAGE", tmp_path / "package")
    (tmp_path / "book").mkdir()
    (tmp_path / "package").mkdir()
    for name in "abcdef":
        (tmp_path / "book" / f"{name}.md").write_text(name)
    before = code.book().split()
    (tmp_path / "book" / "g.md").write_text("g")
    assert sorted(before) == list("abcdef")
    assert [name for name in code.book().split() if name != "g"] == before
