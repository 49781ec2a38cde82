"""Tunes as sheet music."""

import re

import pytest

from rnnbook.plots import music

TUNE = """X:1
T:The <Dark> Lane
M:6/8
L:1/8
K:D
(d/c/)|BAG AGE|DED DED|ABc ded|cde fed|
"""


@pytest.fixture(scope="module")
def html():
    return music.tune_html(TUNE, "A <tune>")


def test_every_note_is_engraved_and_the_text_is_escaped(html):
    assert len(re.findall(r'class="note[" ]', html)) == 2 + 4 * 6
    assert "<figcaption>A &lt;tune&gt;</figcaption>" in html
    assert "<Dark>" not in html and "&lt;Dark&gt;" in html


def test_it_takes_the_colour_of_the_page_and_is_the_same_every_time(html):
    assert set(re.findall(r'(?:color|fill|stroke)="([^"]*)"', html)) == {"currentColor"}
    assert html == music.tune_html(TUNE, "A <tune>")


def test_the_words_name_title_metre_and_key():
    assert music.described(TUNE) == (
        "Sheet music of a tune called “The <Dark> Lane”, in the metre 6/8, in the key D."
    )
    assert music.described("X:1\nK:G\nT:Later") == (
        "Sheet music of a tune called “Later”, in the key G."
    )
    assert music.described("X:1") == "Sheet music of a tune."


@pytest.mark.parametrize("tune", ["", "no tune", "X:1\nK:C\n", "X:1\nK:C\n|||[["])
def test_what_is_no_tune_is_refused(tune):
    with pytest.raises(ValueError, match="tune"):
        music.tune_html(tune, "A tune")
