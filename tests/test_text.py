"""Vocab, split and read_text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnbook.errors import TextError, UnknownCharacterError
from rnnbook.text import Vocab, fit, read_text, split

# every code point there is, lone surrogates included
any_text = st.text(st.characters(codec=None, exclude_categories=()), min_size=1)


@given(any_text)
def test_decoding_an_encoded_text_gives_it_back(text):
    vocab = Vocab.from_text(text)
    ids = vocab.encode(text)
    assert vocab.decode(ids) == text
    assert ids.dtype == np.int64 and len(ids) == len(text)
    assert ids.min() >= 0 and ids.max() < len(vocab)


@given(any_text)
def test_a_vocabulary_is_the_sorted_set_of_characters(text):
    assert list(Vocab.from_text(text)) == sorted(set(text))


@given(any_text, any_text)
def test_strangers_are_named_and_everything_else_is_encoded(known, text):
    vocab = Vocab.from_text(known)
    strangers = sorted(set(text) - set(known))
    assert vocab.unknown(text) == strangers
    if strangers:
        with pytest.raises(UnknownCharacterError) as caught:
            vocab.encode(text)
        assert repr(strangers[0]) in str(caught.value)
    else:
        assert vocab.decode(vocab.encode(text)) == text


def test_the_empty_text_has_no_vocabulary_but_can_be_encoded():
    with pytest.raises(TextError, match="at least one character"):
        Vocab.from_text("")
    assert Vocab.from_text("ab").encode("").tolist() == []
    assert Vocab.from_text("ab").decode([]) == ""


@pytest.mark.parametrize("chars", [["b", "a"], ["a", "a"], ["ab"], [1]])
def test_a_vocabulary_must_be_sorted_distinct_characters(chars):
    with pytest.raises(TextError):
        Vocab(chars)


@pytest.mark.parametrize("ids", [[-1], [2], [0, 5]])
def test_ids_outside_the_vocabulary_cannot_be_decoded(ids):
    with pytest.raises(IndexError, match="between 0 and 1"):
        Vocab.from_text("ab").decode(ids)


def test_the_last_tenth_is_held_out():
    train, validation = split(np.arange(1_115_394))
    assert (len(train), len(validation)) == (1_003_854, 111_540)
    assert validation[0] == train[-1] + 1


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_split_needs_a_share_between_0_and_1(fraction):
    with pytest.raises(TextError, match="between 0 and 1"):
        split(np.arange(10), fraction)


def test_newlines_and_byte_order_marks_are_made_alike(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
    assert read_text(path) == "one\ntwo\nthree\n"


def test_a_file_that_cannot_be_read_says_what_to_do(tmp_path):
    empty, latin = tmp_path / "empty.txt", tmp_path / "latin.txt"
    empty.write_bytes(b"")
    latin.write_bytes("déjà vu".encode("latin-1"))
    with pytest.raises(TextError, match="is empty"):
        read_text(empty)
    with pytest.raises(TextError, match=r"not UTF-8 text: byte 1 is 0xe9.*--encoding cp1252"):
        read_text(latin)
    with pytest.raises(TextError, match="cannot read"):
        read_text(tmp_path / "missing.txt")
    with pytest.raises(TextError, match="is a folder"):
        read_text(tmp_path)


@given(any_text)
def test_a_vocabulary_is_shown_in_some_sixty_characters(text):
    assert len(Vocab.from_text(text).summary()) <= 70


def test_runs_of_a_vocabulary_are_shortened():
    assert Vocab.from_text("\n abcxyz0123456789!").summary() == " !0…9abcxyz"
    assert Vocab(map(chr, range(0x4E00, 0x9000))).summary() == "一…\u8fff"


def test_a_refusal_names_some_strangers_and_some_of_the_vocabulary():
    vocab = Vocab(map(chr, range(0x4E00, 0x9000, 3)))
    with pytest.raises(UnknownCharacterError) as caught:
        vocab.encode("".join(map(chr, range(0x20, 0x2000))))
    assert len(str(caught.value)) < 300 and f"{len(vocab):,} characters" in str(caught.value)


@given(any_text, any_text)
def test_a_text_is_fitted_or_left_alone(known, text):
    vocab = Vocab.from_text(known)
    fitted, note = fit(vocab, text)
    assert bool(note) == (fitted != text)
    if not vocab.unknown(text):
        assert fitted == text
    assert len(vocab.unknown(fitted)) <= len(vocab.unknown(text))
    if "\ufffd" in vocab:
        assert not vocab.unknown(fitted)


def test_fitting_says_what_it_did():
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert fit(Vocab.from_text(decomposed), composed)[0] == decomposed
    fitted, note = fit(Vocab.from_text(composed), decomposed)
    assert fitted == composed and "form NFC" in note
    fitted, note = fit(Vocab.from_text("caf\ufffd"), composed)
    assert fitted == "caf\ufffd" and "('é')" in note
    assert fit(Vocab.from_text("caf"), composed) == (composed, "")
