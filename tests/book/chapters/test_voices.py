"""What the chapter *Many voices* defines, run from its own cells on cases made by hand.

The chapter checks its numbers itself when the book is built.
"""

import ast
import re
from types import SimpleNamespace

import numpy as np
import pytest

from rnnbook import evaluation
from tests.chapters import code_cells, execute, missing

CELLS = {name: "".join(cell["source"]) for name, cell in code_cells("voices").items()}


class Stored:
    """A result that gives what it was asked for."""

    def __init__(self, **values):
        self.of = values

    def values(self, key, *, model, writer, temperature):
        assert temperature == (None if writer == "held-out text" else 0.8)
        return self.of[f"{model} {key} {writer}"]


def names_of(*cell_ids, until="", **given):
    """What these cells define, the last of them up to a mark."""
    names = {"np": np, "ast": ast, **given}
    for cell_id in cell_ids:
        source = CELLS[cell_id]
        execute(source[: source.index(until)] if until else source, f"voices/{cell_id}", names)
    return names


def test_a_lead_is_paired_by_seed_and_the_text_has_no_temperature():
    from rnnbook.experiments import difference, interval

    found = {
        "m k network": [0.5, 0.6, 0.7],
        "m k n-gram": [0.4, 0.5, 0.6],
        "m k held-out text": [0.9, 0.9, 0.9],
    }
    stored = Stored(**found)
    given = {"interval": interval, "difference": difference, "stored": stored}
    writers = {"NETWORK": "network", "COUNTING": "n-gram", "TEXT": "held-out text"}
    source = CELLS["helpers"].replace('stored = experiments.load("writing")', "")
    names = {**given, **writers}
    execute(source, "voices/helpers", names)
    execute(CELLS["verdict"], "voices/verdict", names)
    assert names["lead"]("m", "k").mean == pytest.approx(0.1)
    assert names["lead"]("m", "k").half == pytest.approx(0, abs=1e-9)
    assert names["three"]("m", "k").endswith("the text 90% ± 0%)")


def test_lines_rhyme_on_their_last_two_letters():
    rhymes = names_of("hafez-count")["rhymes"]
    text = "cut\nmoon\nday\nsoon \nway\nnoon\ncut"
    assert rhymes(text, 2) == 1
    assert rhymes(text, 1) == 0
    assert rhymes("cut\nmoon\nway\nsoon\n\nday\ncut", 2) == 0.5  # an empty line has no end


def test_a_share_is_new_if_the_training_text_lacks_the_address():
    wikipedia = SimpleNamespace(train_text="see [http://www.example.org here]")
    given = {"re": re, "evaluation": evaluation, "wikipedia": wikipedia}
    new_share = names_of("addresses-known", **given)["new_share"]
    assert new_share(["example.org", "example.net", "example"]) == pytest.approx(2 / 3)


def test_a_tone_has_its_pitch_and_fades():
    names = names_of("sound")
    wave = names["tone"](69, 1.0)
    assert len(wave) == names["RATE"]
    assert np.abs(np.fft.rfft(wave)).argmax() == 440  # one second: a bin is one hertz
    octave = names["tone"](81, 1.0)
    assert np.abs(np.fft.rfft(octave)).argmax() == 880
    assert np.abs(wave[-800:]).max() < 0.1 * np.abs(wave[:800]).max()


def test_notes_are_played_one_after_the_other_and_rests_are_silent():
    names = names_of("sound", "sound-play")
    sound = names["play"]([(69, 1), (None, 2), (60, 0.5)], beat=0.5)
    rate = names["RATE"]
    assert len(sound) == (0.5 + 1 + 0.25) * rate
    assert not sound[rate // 2 : 3 * rate // 2].any()
    assert sound[: rate // 2].any() and sound[3 * rate // 2 :].any()


def test_names_that_are_assigned_and_never_read_are_unused():
    unused = names_of("solution-unused", until="for writer in", evaluation=evaluation)["unused"]
    code = "def f(a):\n    b = a\n    c = b\n    for d in range(a):\n        e = d\n    return c\n"
    assert unused(code) == (4, 1)
    assert unused(code.replace("e = d", "e = (d")) == (3, 1)  # d is read nowhere that parses
    assert unused("def f(): pass") == (0, 0)


def test_every_exercise_is_solved_and_every_section_has_a_summary():
    assert missing("voices") == []
