"""Texts on coloured grounds: which cell has which colour, and what can be read on it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from pictures import count_of, new_axes, patch_at, pixels

from rnnbook import plots, theme
from rnnbook.plots import _text_grid as texts
from rnnbook.plots._glyphs import CHARACTERS

DARK, WHITE = theme.INKS


def rows_of(text: str, columns: int) -> list[str]:
    grid = texts.grid(text, columns)
    lines = [""] * (int(grid.rows[-1]) + 1)
    for char, row, column in zip(text, grid.rows, grid.columns, strict=True):
        assert column == len(lines[row])  # no place is left out
        lines[row] += char
    return lines


@pytest.mark.parametrize(
    "text, lines",
    [
        ("one two three", ["one two ", "three"]),  # after a space
        ("abcdefghijkl", ["abcdefgh", "ijkl"]),  # where there is none
        ("a bcdefghijk", ["a bcdefg", "hijk"]),  # a space so early would leave the line empty
        ("12345678\n9", ["12345678\n", "9"]),  # a newline may hang over
        ("\n\na", ["\n", "\n", "a"]),
        ("12345678", ["12345678"]),
    ],
)
def test_a_text_is_wrapped(text, lines):
    assert rows_of(text, 8) == lines


def test_every_line_has_its_rows_below_and_a_gap():
    grid = texts.grid("ab\ncd", 8, below=3)
    assert grid.rows.tolist() == [0, 0, 0, 5, 5]
    rows, columns = grid.under()
    assert rows[3].tolist() == [6, 7, 8] and columns[4].tolist() == [1, 1, 1]
    assert grid.shape == (9, 3)


@pytest.mark.parametrize("text, columns", [("", 8), ("a", 0)])
def test_a_grid_needs_a_text_and_room(text, columns):
    with pytest.raises(ValueError, match="there must be a text"):
        texts.grid(text, columns)


def contrast(first: np.ndarray, second: np.ndarray) -> float:
    """As WCAG 2 defines it, of two colours (3,)."""
    light = []
    for colour in (first, second):
        linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
        light.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(light) / min(light)


@pytest.mark.parametrize("stops", [theme.DIVERGING, theme.SEQUENTIAL])
def test_every_character_can_be_read_on_its_ground(stops):
    grounds = texts.shade(np.linspace(0, 1, 201), stops, 0, 1)
    for ground, ink in zip(grounds, texts.inks(grounds), strict=True):
        assert contrast(ground[:3], np.array(to_rgb(ink))) >= 4.5


def test_a_character_without_a_ground_takes_the_colour_of_the_page():
    assert texts.inks(np.zeros((1, 4))) == ["black"]
    html = plots.figure_html(plots.gate_strips({"f": [0.5] * 3}, "abc"), "A strip")
    assert "fill: currentColor" in html
    html = plots.figure_html(plots.coloured_text([0.0] * 3, "abc"), "A text")
    inked = re.findall(r'<g id="characters"[^>]*>.*?</g>', html)
    assert inked and not any("currentColor" in group for group in inked)  # its ground stays pale


def test_a_text_is_coloured_from_blue_to_red():
    text, values = "ab\n d", [-1, 0, 1, 0.5, -2]
    ax = plots.coloured_text(values, text)
    image = pixels(ax)
    wanted = [theme.DIVERGING[0], theme.DIVERGING[2], theme.DIVERGING[4],
              theme.DIVERGING[3], theme.DIVERGING[0]]  # fmt: skip
    for (x, y), colour in zip([(0, 0), (1, 0), (2, 0), (0, 1), (1, 1)], wanted, strict=True):
        corner = patch_at(ax, image, x - 0.4, y - 0.42, 0.1)
        assert count_of(colour, corner) == corner.shape[0] * corner.shape[1]
    ink = {(x, y): patch_at(ax, image, x, y, 0.8) for x, y in ((0, 0), (1, 0), (2, 0), (0, 1))}
    assert count_of(WHITE, ink[0, 0], 0.2) > 3 and count_of(DARK, ink[0, 0], 0.2) == 0
    assert count_of(DARK, ink[1, 0], 0.2) > 3
    assert count_of(WHITE, ink[2, 0], 0.3) > 3  # a newline has a sign
    assert count_of(DARK, ink[0, 1], 0.2) == 0  # a space is its ground
    nothing = patch_at(ax, image, 2, 1, 0.5)
    assert count_of("white", nothing) == nothing.shape[0] * nothing.shape[1]


def test_a_text_fits_any_axes():
    ax = plots.coloured_text(np.zeros(40), "x" * 40, new_axes(), columns=10)
    image = pixels(ax)
    for x, y in ((0, 0), (9, 3)):
        assert count_of(DARK, patch_at(ax, image, x, y, 0.9), 0.3) > 10


def test_a_coloured_text_says_where_it_is_red_and_blue():
    text = 'he said "no way" to it'
    values = np.where([text.index('"') < t < text.rindex('"') for t in range(len(text))], 0.8, -0.1)
    values[0] = -0.9
    words = plots.describe(plots.coloured_text(values, text))
    assert f"The text “{text}”, coloured from blue at −1 to red at 1." in words
    assert "It is red, above 0.5, at “no way”." in words
    assert "It is blue, below −0.5, at “h”." in words
    assert "nowhere" in plots.describe(plots.coloured_text(np.zeros(len(text)), text))


def test_a_long_text_is_cut_in_words_and_whole_in_the_picture():
    text = "to be or not " * 60
    ax = plots.coloured_text(np.tile([1.0, -1.0], len(text) // 2), text)
    assert len(plots.describe(ax)) < 700
    drawn = ax.findobj(lambda artist: artist.get_gid() == CHARACTERS)
    assert sum(len(marks.get_offsets()) for marks in drawn) == len(text) - text.count(" ")


CHARS = "ab \n<"
PROBS = np.array([[0.7, 0.2, 0.05, 0.03, 0.02], [0.1, 0.6, 0.25, 0.03, 0.02], [0.2] * 5])


def test_guesses_stand_below_each_character_and_the_right_one_is_framed():
    ax = plots.guesses(PROBS, "aa ", CHARS, top=3)
    image = pixels(ax)
    ranks = -np.sort(-PROBS, axis=1)
    for t in range(3):
        for rank in range(3):
            cell = patch_at(ax, image, t, rank + 1, 0.9)
            colour = plots.sequential_map()(ranks[t, rank])[:3]
            assert count_of(colour, cell) > 0.2 * cell.shape[0] * cell.shape[1]
    (frames,) = [marks for marks in ax.collections if marks.get_edgecolors().size]
    # after the first a comes a, its first guess; after the second a space, the second guess;
    # what comes after the last is not known
    assert frames.get_offsets().tolist() == [[0, 1], [1, 2]]
    side = patch_at(ax, image, 0 - 0.42, 1, 0.2)
    assert count_of(DARK, side, 0.25) > 0


def test_guesses_say_how_often_they_are_right():
    words = plots.describe(plots.guesses(PROBS, "aa ", CHARS, top=2))
    assert "Of 2 characters that follow, the first guess gives 1 and the 2 guesses" in words
    assert "together give 2." in words
    assert "The surest guess is a, with probability 0.7, after “a”." in words
    assert plots.describe(plots.guesses(PROBS[:1], "a", CHARS)).endswith("under each character.")


def test_a_unit_may_colour_the_text_above_its_guesses():
    ax = plots.guesses(PROBS, "aa ", CHARS, values=[1, -1, 0])
    image = pixels(ax)
    for t, colour in enumerate((theme.DIVERGING[4], theme.DIVERGING[0], theme.DIVERGING[2])):
        assert count_of(colour, patch_at(ax, image, t - 0.4, -0.42, 0.1)) > 0


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.coloured_text([0.1], "ab"),
        lambda: plots.guesses(PROBS, "ab", CHARS),
        lambda: plots.guesses(PROBS, "aaa", CHARS, values=[1]),
        lambda: plots.gate_strips({"forget": [0.1]}, "ab"),
    ],
)
def test_every_character_needs_its_values(draw):
    with pytest.raises(ValueError, match="for each of them, not an array of shape"):
        draw()


def test_shapes_that_cannot_be_drawn_are_named():
    with pytest.raises(ValueError, match=r"one unit are \(T,\), not \(2, 3\)"):
        plots.coloured_text(np.zeros((2, 3)), "ab")
    with pytest.raises(ValueError, match=r"5 characters need probabilities \(T, 5\)"):
        plots.guesses(PROBS[:, :4], "aa ", CHARS)
    with pytest.raises(ValueError, match="gate of one unit"):
        plots.gate_strips({"forget": np.zeros((2, 3))}, "ab")
    with pytest.raises(ValueError, match="one gate or more"):
        plots.gate_strips({}, "ab")


def test_gates_are_strips_under_the_text():
    text = "ab\nc"
    gates = {"input": [0, 0.5, 1, 0.2], "forget": [1, 0.9, 0.1, 1]}
    ax = plots.gate_strips(gates, text)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels == ["input", "forget"] * 2  # every line has its strips
    assert ax.get_yticks().tolist() == [1, 2, 5, 6]
    image = pixels(ax)
    for row, name in enumerate(gates):
        for t, (x, y) in enumerate([(0, 0), (1, 0), (2, 0), (0, 4)]):
            cell = patch_at(ax, image, x, y + 1 + row, 0.5)
            colour = plots.sequential_map()(float(gates[name][t]))[:3]
            assert np.abs(cell - colour).max() < 0.02
    words = plots.describe(ax)
    assert "input is 0.425 on average, most open at the end of “ab⏎”" in words
    assert "most shut at the end of “a”" in words


def test_saturated_gates_are_marks_below_the_diagonal():
    fractions = {"input": ([0.1, 0.2], [0.3, 0.4]), "forget": ([0.0, 0.05], [0.95, 0.4])}
    ax = plots.gate_saturation(fractions)
    marks = [marks.get_offsets().tolist() for marks in ax.collections]
    assert marks == [[[0.3, 0.1], [0.4, 0.2]], [[0.95, 0.0], [0.4, 0.05]]]
    assert "> .9" in ax.get_xlabel() and "< .1" in ax.get_ylabel()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["input", "forget"]
    image = pixels(ax)
    at = patch_at(ax, image, 0.95, 0.0, 0.01)
    faint = 0.85 * np.array(to_rgb(theme.SERIES[1])) + 0.15
    assert count_of(faint, at, 0.05) > 0
    words = plots.describe(ax)
    assert "A mark a unit, for input and forget." in words
    assert "forget is above .9 at 68% of the characters on average and below .1 at 2%" in words
    assert "1 of 2 units are above .9 nearly always, 0 below .1" in words


def test_a_figure_of_characters_scrolls_before_it_is_too_small_to_read():
    text = "never shrink me to a line of ants " * 4
    html = plots.figure_html(plots.coloured_text(np.zeros(len(text)), text), "A text")
    figure = ElementTree.fromstring(html)
    assert figure.get("tabindex") == "0" and "overflow-x: auto" in figure.get("style")
    style = dict(part.split(": ") for part in figure[0].get("style").split("; "))
    natural, least = (float(style[key][:-2]) for key in ("max-width", "min-width"))
    assert 0.6 < least / natural < 0.65
    panels = Figure(figsize=(9, 3))
    wide = ElementTree.fromstring(plots.figure_html(panels, "Three", "Three panels"))
    assert wide.get("tabindex") == "0" and "min-width: 544px" in wide[0].get("style")
    plain = ElementTree.fromstring(plots.figure_html(plots.loss_curve([1, 2], [2, 1]), "Loss"))
    assert "min-width" not in plain[0].get("style") and plain.get("tabindex") is None


def test_a_page_of_text_is_a_light_figure():
    rng = np.random.default_rng(0)
    text = "".join(rng.choice(list("etaoin shrdlu"), 1000))
    assert len(plots.figure_html(plots.coloured_text(rng.uniform(-1, 1, 1000), text), "A")) < 120e3
    probs = rng.dirichlet(np.ones(5), 100)
    html = plots.figure_html(plots.guesses(probs, text[:100], CHARS), "Guesses")
    assert len(html) < 80e3
    fractions = {name: rng.dirichlet(np.ones(3), 384).T[:2] for name in "ifo"}
    assert len(plots.figure_html(plots.gate_saturation(fractions), "Gates")) < 90e3


def test_text_is_escaped_in_words():
    html = plots.figure_html(plots.coloured_text([0.0] * 10, '<script> "'), "A text")
    assert "<script" not in html
    assert '<script> "' in ElementTree.fromstring(html)[0].get("aria-label")


def test_names_of_strips_have_room():
    ax = plots.gate_strips({"the forget gate": np.zeros(120)}, "x" * 120)
    engine = ax.figure.get_layout_engine()
    html = plots.figure_html(ax, "A strip")
    assert ax.figure.get_layout_engine() is engine  # the figure can be changed and drawn again
    right = float(re.search(r'<text style="[^"]*end" x="([\d.]+)"[^>]*>the forget gate', html)[1])
    ax.figure.dpi = 400
    width = ax.get_yticklabels()[0].get_window_extent().width * 72 / 400
    assert right > width


@pytest.mark.parametrize(
    ("words", "as_text"),
    [("a root", True), ("$W_{hh}$", True), (r"$\frac{1}{2}$", True), (r"$\hat{y} \leq 2^x$", True),
     (r"$\sqrt{\frac{1}{2}}$", False), (r"$\sum_i x_i$", False), (r"$\int x$", False),
     (r"$\left(\frac{\frac{1}{2}}{2}\right)$", False)],
)  # fmt: skip
def test_signs_that_no_font_of_a_page_has_are_drawn_in_outlines(words, as_text):
    figure = Figure(figsize=(3, 1))
    figure.text(0, 0.5, words)
    html = plots.figure_html(figure, "A formula", "A formula")
    assert ("<text" in html) is as_text
    assert set(re.findall('font-family: ([^;"]*)', html)) == {"system-ui, sans-serif"}
    assert "#000000" not in html  # in the page's own ink
