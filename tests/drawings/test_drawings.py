"""The drawings: whole as SVG, told in words, in the page's own colours, and inside their frame."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from rnnbook import drawings, hello, theme
from rnnbook.drawings import symbols
from rnnbook.drawings.canvas import Drawing
from rnnbook.language_model import softmax

SVG = "{http://www.w3.org/2000/svg}"
WORD = drawings.Word(
    hello.WORD, hello.CHARS, hello.HIDDEN, hello.LOGITS, softmax(np.array(hello.LOGITS))
)
ALL = {
    **{f"lstm {stage}": drawings.lstm(stage) for stage in drawings.LSTM_STAGES},
    **{f"gru {stage}": drawings.gru(stage) for stage in drawings.GRU_STAGES},
    "lstm live": drawings.lstm(live=True),
    "gru live": drawings.gru(live=True),
    "loop": drawings.loop_and_steps(),
    "there and back": drawings.there_and_back("hello"),
    "word": WORD.drawing(),
    "word live": WORD.drawing(live=True),
    "chain rule": drawings.chain_rule(),
    "rates": drawings.falling_losses([0.1, 1], [[[4, 2, 1]], [[4.0]]], every=9),
    "ends": drawings.last_losses([0.1, 1], [[[4, 2, 1], [4.0]], [[4.0]]]),
    "surprises": drawings.surprises({"it": [9, 1.5], "that": [0, 8]}, [0, 500]),
    "long words": drawings.encoder_decoder("seven hundred and forty-one", "vier" * 6),
    "encoder and decoder": drawings.encoder_decoder("forty-one", "einundvierzig"),
}


def parsed(drawing: Drawing, *, live: bool = False) -> ElementTree.Element:
    return ElementTree.fromstring(drawing.svg(live=live))


@pytest.mark.parametrize("name", ALL)
def test_a_drawing_is_told_and_named(name):
    root = parsed(ALL[name])
    assert root.get("role") == "img" and len(root.get("aria-label")) > 60
    assert root.find(f"{SVG}title").text == ALL[name].title
    live = parsed(ALL[name], live=True)
    assert live.get("aria-hidden") == "true" and live.get("role") is None


@pytest.mark.parametrize("name", ALL)
def test_nothing_of_a_drawing_is_cut_off(name):
    drawing, root = ALL[name], parsed(ALL[name])
    for one in root.iter(f"{SVG}path"):
        numbers = re.sub(r"[hvl][-\d. hvl]+", "", one.get("d"))  # relative ones are short
        points = np.array(re.findall(r"-?[\d.]+", numbers), dtype=float).reshape(-1, 2)
        assert (points >= 0).all() and (points <= [drawing.width, drawing.height]).all(), one.attrib
    for one in root.iter(f"{SVG}text"):
        assert 0 <= float(one.get("x")) <= drawing.width
        assert 0 < float(one.get("y")) < drawing.height
    for one in root.iter(f"{SVG}rect"):
        x, y, width, height = (float(one.get(key)) for key in ("x", "y", "width", "height"))
        assert x >= 0 and y >= 0 and x + width <= drawing.width and y + height <= drawing.height


@pytest.mark.parametrize("name", ALL)
def test_a_drawing_has_only_colours_that_read_on_both_grounds(name):
    allowed = {*theme.SIGNALS.values(), *theme.DIVERGING, "currentColor", "none"}
    for one in parsed(ALL[name]).iter():
        for key in ("fill", "stroke"):
            assert one.get(key, "none") in allowed


@pytest.mark.parametrize("build", [drawings.lstm, drawings.gru])
def test_a_cell_is_built_up_part_by_part(build):
    stages = drawings.LSTM_STAGES if build is drawings.lstm else drawings.GRU_STAGES
    told = []
    for number, stage in enumerate(stages, start=1):
        drawing = build(stage)
        parts = {one.get("data-part"): one.get("opacity") for one in parsed(drawing).iter()}
        assert [parts[name] for name in stages[:number]] == [None] * number
        assert all(float(parts[name]) < 0.2 for name in stages[number:])
        told.append(drawing.alt)
    assert told == sorted(set(told), key=len), "each says more than the one before"
    for stages_of in ({"until": "gate"}, {"new": ["gate"]}):
        with pytest.raises(ValueError, match="the stages are"):
            build(**stages_of)


def test_what_is_new_in_a_drawing_is_marked():
    def marked(drawing):
        return [
            part.get("data-part")
            for part in parsed(drawing).iter(f"{SVG}g")
            if any(one.get("stroke") == theme.SIGNALS["c"] for one in part.iter(f"{SVG}rect"))
            and part.get("data-part")
        ]

    assert marked(drawings.lstm("write")) == []
    assert marked(drawings.lstm("write", new=["input", "candidate"])) == ["input", "candidate"]


def test_symbols_are_those_of_the_formulas():
    assert symbols.spans("tanh", 20) == "tanh"
    assert symbols.spans("h", 20) == "\N{PLANCK CONSTANT}"
    assert symbols.spans("σ", 20) == "\N{MATHEMATICAL ITALIC SMALL SIGMA}"
    root = ElementTree.fromstring(f"<text>{symbols.spans('W_{xf}+c_{t-1}', 20)}</text>")
    assert "".join(root.itertext()) == "𝑊𝑥𝑓+𝑐𝑡−1"
    low, back, again = (float(one.get("dy")) for one in root)
    assert low == -back == again > 0, "a subscript goes down, and what follows comes up again"
    assert "&lt;" in symbols.spans("<", 20)


def test_a_word_holds_all_its_numbers():
    said = WORD.said()
    found = parsed(WORD.drawing())
    texts = {one.get("data-name"): "".join(one.itertext()) for one in found.iter(f"{SVG}g")}
    for t, row in enumerate(hello.LOGITS):
        for k, score in enumerate(row):
            assert texts[f"score-{t}-{k}"] == f"{score:.1f}".replace("-", "−")
        assert f"After {hello.WORD[t]} the state is" in said
    frames = [one for one in found.iter(f"{SVG}rect") if one.get("data-name")]
    shown = [one.get("data-name") for one in frames if one.get("visibility") != "hidden"]
    assert shown == ["frame-0-1", "frame-0-3", "frame-1-2", "frame-1-3", "frame-2-2", "frame-3-3"]


def test_a_figure_has_a_caption_and_escapes_it():
    html = drawings.figure_html(drawings.lstm(), "A <cell> & its belt")
    assert "<figcaption>A &lt;cell&gt; &amp; its belt</figcaption>" in html
    with pytest.raises(ValueError, match="caption"):
        drawings.figure_html(drawings.lstm(), " ")
