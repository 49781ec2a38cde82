"""What is done to a text before it is read: rare symbols, lists, several files."""

from __future__ import annotations

import io
import random
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnbook import checkpoints, corpora
from rnnbook.corpora import Preparation
from rnnbook.corpora.preparation import (
    advise_min_count,
    is_alphabetical,
    replace_rare,
    shuffle_lines,
)
from rnnbook.errors import CorpusError, RnnbookError, TextError


@given(st.text(min_size=2), st.integers(1, 5))
def test_symbols_that_are_rare_and_only_these_are_replaced(text, min_count):
    counts = Counter(text)
    if sum(count >= min_count for count in counts.values()) < 2:
        with pytest.raises(TextError, match="lower --min-count"):
            replace_rare(text, min_count)
        return
    replaced, symbols, characters = replace_rare(text, min_count)
    rare = {char for char, count in counts.items() if count < min_count}
    assert replaced == "".join("\ufffd" if char in rare else char for char in text)
    assert symbols == len(rare) and characters == sum(counts[char] for char in rare)


def test_the_advice_keeps_what_it_says():
    text = "".join(chr(0x4E00 + n) * (1 + n % 40) for n in range(3_000))
    min_count, symbols, share = advise_min_count(text)
    _, rare, characters = replace_rare(text, min_count)
    assert len(set(text)) - rare == symbols
    assert share == pytest.approx(1 - characters / len(text)) and share >= 0.99
    assert advise_min_count("ab") is None


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n"))), st.integers(0, 9))
def test_shuffling_keeps_every_line(lines, seed):
    kept = [line for line in lines if line.strip()]
    if len(kept) < 2:
        with pytest.raises(TextError, match="no lines to shuffle"):
            shuffle_lines("\n".join(lines), seed)
        return
    shuffled = shuffle_lines("\n".join(lines), seed)
    assert sorted(shuffled[:-1].split("\n")) == sorted(kept)
    assert shuffled == shuffle_lines("\n".join(lines) + "\n", seed)


def test_the_seed_decides_the_order():
    text = "".join(f"{n}\n" for n in range(100))
    assert shuffle_lines(text, 0) == shuffle_lines(text, 0) != shuffle_lines(text, 1) != text
    # the same on every machine, and in every release: evaluations depend on it
    assert shuffle_lines("a\nb\nc\nd\ne\n", 0) == "d\nc\nb\na\ne\n"


def names() -> list[str]:
    return corpora.load("names").text.splitlines()


SORTED = {
    "by code point": lambda: sorted(names()),
    "without regard to case": lambda: sorted(
        (n.lower() if i % 3 else n for i, n in enumerate(names())), key=str.casefold
    ),
    "backwards": lambda: sorted(names(), reverse=True),
    "with descriptions": lambda: [f"{name}, a name of {len(name)}" for name in sorted(names())],
    "year after year": lambda: [n for y in range(9) for n in sorted(names()[y::9])],
    "short": lambda: sorted(names()[:200]),
    "with accents": lambda: ["Émile" if n == "Emil" else n for n in sorted(names())],
}


@pytest.mark.parametrize("order", SORTED)
def test_a_list_in_alphabetical_order_is_recognised(order):
    lines = SORTED[order]()
    assert is_alphabetical("\n".join(lines) + "\n")
    assert not is_alphabetical(shuffle_lines("\n".join(lines), 0))


@pytest.mark.parametrize("name", [n for n in corpora.names() if n != "tinyshakespeare"])
def test_no_corpus_of_the_book_is_taken_for_one(name):
    try:
        text = corpora.load(name).text
    except CorpusError as error:
        pytest.skip(str(error))
    for length in (len(text), 100_000, 10_000):
        assert not is_alphabetical(text[:length])


def test_few_lines_numbers_and_repetitions_are_no_list():
    assert not is_alphabetical("\n".join(sorted(names()[:60])))
    assert not is_alphabetical("\n".join(f"{n:05}" for n in range(1_000)))
    assert not is_alphabetical("la la la\n" * 1_000)
    assert not is_alphabetical("") and not is_alphabetical("one line without an end")


def test_shuffled_lines_are_cut_between_two_lines(tmp_path):
    path = tmp_path / "names.txt"
    path.write_text("\n".join(sorted(names()[:500])))
    corpus = corpora.load(path).prepare(Preparation(shuffle_seed=0))
    for share in (0.01, 0.1, 0.5, 0.9):
        train, held_out = corpus.split(share)
        assert train.endswith("\n") and held_out.endswith("\n") and train + held_out == corpus.text
        assert len(held_out) == pytest.approx(share * len(corpus.text), abs=20)
    firsts = {line[0] for line in corpus.split()[1].splitlines()}
    assert min(firsts) < "D" and max(firsts) > "R"
    two = corpora.load(path).prepare(Preparation(shuffle_seed=0))
    assert two.text == corpus.text and two.describe() == corpus.describe()


def test_a_preparation_is_kept_and_told(tmp_path):
    path = tmp_path / "small.txt"
    path.write_text("b a\n" * 50 + "x\ny\n")
    plain = corpora.load(path)
    prepared = plain.prepare(Preparation(min_count=5, shuffle_seed=3))
    described = prepared.describe()
    assert described["sha256"] == plain.sha256
    assert described["preparation"] == {
        "min_count": 5, "shuffle_seed": 3, "replacement": "\ufffd", "symbols": 2, "characters": 2,
    }  # fmt: skip
    assert Preparation.of(described) == prepared.preparation
    assert "preparation" not in plain.describe()
    assert prepared.prepare(prepared.preparation) is prepared
    with pytest.raises(TextError, match="load it again"):
        prepared.prepare(Preparation())


@pytest.mark.parametrize(
    "found", [None, [], "x", {}, {"preparation": 3}, {"preparation": {"odd": 1}}]
)
def test_nothing_is_prepared_where_nothing_is_said(found):
    assert Preparation.of(found) == Preparation()


@pytest.mark.parametrize(
    "found", [{"min_count": "5"}, {"min_count": 0}, {"shuffle_seed": -1}, {"shuffle_seed": [1]}]
)
def test_odd_preparations_are_refused(found):
    with pytest.raises(RnnbookError):
        Preparation.of({"preparation": found})


def test_several_files_are_one_text(tmp_path):
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_text("two\n")
    (tmp_path / "c.txt").write_bytes("drei ß\r\n".encode("utf-16"))
    corpus = corpora.load(*(tmp_path / name for name in ("a.txt", "b.txt", "c.txt")))
    assert corpus.text == "one\ntwo\ndrei ß\n" and corpus.name == "a.txt + b.txt + c.txt"
    described = corpus.describe()
    assert [part["name"] for part in described["parts"]] == ["a.txt", "b.txt", "c.txt"]
    assert [part["characters"] for part in described["parts"]] == [3, 4, 7]
    assert described["parts"][0]["sha256"] == corpora.load(tmp_path / "a.txt").sha256
    whole = tmp_path / "whole.txt"
    whole.write_text(corpus.text)
    assert described["sha256"] == corpora.load(whole).sha256
    assert str(tmp_path) not in repr(described)
    other = corpora.load(tmp_path / "b.txt", tmp_path / "a.txt", tmp_path / "c.txt")
    assert other.sha256 != corpus.sha256


def test_a_folder_stands_for_its_texts(tmp_path):
    folder = tmp_path / "letters"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden.txt").write_text("no")
    (folder / "notes.md").write_text("no")
    (folder / "b.txt").write_text("second")
    (folder / "deep" / "c.txt").write_text("third\n")
    (folder / "a.txt").write_text("first\n")
    corpus = corpora.load(folder)
    assert corpus.text == "first\nsecond\nthird\n" and corpus.name == "letters"
    assert [part["name"] for part in corpus.parts] == ["a.txt", "b.txt", "deep/c.txt"]
    (tmp_path / "none").mkdir()
    with pytest.raises(CorpusError, match=r"without \.txt files"):
        corpora.load(tmp_path / "none")
    joined = corpora.load(folder, folder / "a.txt")
    assert [part["name"] for part in joined.parts] == ["a.txt", "b.txt", "deep/c.txt", "a.txt"]


def read_from(data: bytes, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_standard_input_is_a_text(monkeypatch, tmp_path):
    read_from("naïve\r\n".encode("cp1252"), monkeypatch)
    corpus = corpora.load("-", encoding="cp1252")
    assert corpus.text == "naïve\n" and corpus.name == "standard input"
    read_from(b"", monkeypatch)
    with pytest.raises(TextError, match="standard input is empty"):
        corpora.load("-")
    with pytest.raises(CorpusError, match="give '-' once"):
        corpora.load("-", "-")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(CorpusError, match="put the text into a file"):
        corpora.load("-")
    with pytest.raises(CorpusError, match="nothing to read"):
        corpora.load()


def test_shipped_checkpoints_say_nothing_of_preparations():
    for name in checkpoints.shipped():
        assert Preparation.of(checkpoints.load(name).info["corpus"]) == Preparation()


def test_a_dictionary_of_one_word_a_line_is_a_list_and_its_lines_in_disorder_are_not():
    words = sorted({name.lower() for name in names()})
    assert is_alphabetical("\n".join(words))
    disordered = words[:]
    random.Random(0).shuffle(disordered)
    assert not is_alphabetical("\n".join(disordered))
