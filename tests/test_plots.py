"""Pictures: what they show, in which colours, and what they say to those who cannot see them."""

from __future__ import annotations

import base64
import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from PIL import Image

from rnnbook import plots, theme
from rnnbook.plots.heatmaps import CHARACTERS

TEXT = "a b\nc"


def new_axes():
    return Figure(figsize=(4, 3)).subplots()


def pixels(ax) -> np.ndarray:
    """The figure as it would be printed on white: (rows, columns, 3), from 0 to 1."""
    image = imread(io.BytesIO(plots.png(ax)))
    return image[..., :3] * image[..., 3:] + 1 - image[..., 3:]


def count_of(colour, image, tolerance: float = 0.02) -> int:
    return int((np.abs(image - to_rgb(colour)).max(axis=-1) < tolerance).sum())


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.loss_curve([1, 2], [2.0, 1.0], ax),
        lambda ax: plots.next_char_distribution([0.7, 0.3], "ab", ax),
        lambda ax: plots.heatmap(np.zeros((2, 3)), "ab", ax),
    ],
)
def test_axes_go_in_and_come_out(draw):
    ax = new_axes()
    assert draw(ax) is ax
    assert draw(None).figure is not ax.figure
    assert plt.get_fignums() == []  # pyplot keeps none of them alive


def test_a_heatmap_has_a_row_a_unit_and_a_column_a_character():
    activations = np.random.default_rng(0).uniform(-1, 1, (len(TEXT), 3))
    ax = plots.heatmap(activations, TEXT, units=[4, 7, 9])
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), activations.T)
    assert image.get_clim() == (-1, 1)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["4", "7", "9"]
    assert ax.get_ylabel() == "unit"


def test_a_heatmap_runs_from_blue_to_red():
    ax = plots.heatmap([[-1.0], [0.0], [1.0]], "abc", colorbar=False)
    image = pixels(ax)
    places = ax.transData.transform([(t, 0) for t in range(3)])
    scale = 110 / ax.figure.dpi
    for (x, y), colour in zip(places * scale, theme.DIVERGING[::2], strict=True):
        found = image[len(image) - int(y), int(x)]
        np.testing.assert_allclose(found, to_rgb(colour), atol=0.02)


def test_each_character_stands_under_its_columns():
    text = "a rare\n"
    ax = plots.heatmap(np.zeros((len(text), 2)), text, colorbar=False)
    columns = ax.findobj(lambda artist: artist.get_gid() == CHARACTERS)
    offsets = [characters.get_offsets()[:, 0].tolist() for characters in columns]
    assert offsets == [[0, 3], [1], [2, 4], [5], [6]]
    for characters in columns:  # inches, centred over the column
        (outline,) = characters.get_paths()
        assert np.abs(outline.vertices[:, 0].min() + outline.vertices[:, 0].max()) < 1e-9
        assert np.ptp(outline.vertices) < 0.2


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_an_image_with_few_colours_has_a_palette_and_stays_the_same(mode):
    values = np.random.default_rng(0).uniform(-1, 1, size=(40, 30))
    fig = Figure()
    ax = fig.subplots()
    if mode == "P":
        plots.heatmap(values, "a" * 40, ax=ax)
        expected = (plots.diverging_map()((values.T + 1) / 2) * 255).round()
    else:  # every pixel its own colour
        expected = np.random.default_rng(0).integers(256, size=(30, 40, 4))
        ax.imshow(expected.astype(np.uint8), interpolation="none")
    html = plots.figure_html(fig, "caption", "alt")
    encoded = re.search(r'data:image/png;base64,\s*([^"]+)"', html)[1]
    image = Image.open(io.BytesIO(base64.b64decode(encoded)))
    assert image.mode == mode
    found = np.asarray(image.convert("RGBA")).astype(int)
    same = [np.abs(found[rows] - expected).max() <= 1 for rows in np.s_[:, ::-1]]
    assert any(same)  # an SVG may hold it upside down


@pytest.mark.parametrize("text, is_inked", [(TEXT, True), ("\u00a0" * len(TEXT), False)])
def test_characters_leave_ink_under_the_heatmap(text, is_inked):
    ax = plots.heatmap(np.zeros((len(text), 2)), text, colorbar=False)
    ax.set_yticks([])
    image = pixels(ax)
    ink = count_of("black", image[int(len(image) * 0.9) :], 0.3)
    assert ink > 50 if is_inked else ink == 0


def test_characters_that_cannot_be_seen_have_signs():
    assert [plots.visible(char) for char in "\n \tx$"] == ["⏎", "␣", "⇥", "x", "$"]


@pytest.mark.parametrize("shape", [(4, 2), (5,), (2, 5)])
def test_a_heatmap_needs_one_row_of_activations_a_character(shape):
    with pytest.raises(ValueError, match="text of 5 characters needs activations of shape"):
        plots.heatmap(np.zeros(shape), TEXT)


def test_the_likeliest_characters_come_first():
    probs = [0.1, 0.05, 0.6, 0.25]
    ax = plots.next_char_distribution(probs, [" ", "b", "\n", "d"], top=3)
    assert [bar.get_height() for bar in ax.patches] == [0.6, 0.25, 0.1]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["⏎", "d", "␣"]
    assert ax.get_ylim() == (0, 1)
    assert count_of(theme.SERIES[0], pixels(ax)) > 1000


def test_loss_curves_have_names_dashes_and_baselines():
    ax = plots.loss_curve(
        [1, 2, 3], {"LSTM": [3, 2, 1.5], "RNN": [3, 2.5, 2]}, baselines={"6-gram": 1.64}
    )
    lstm, rnn, baseline = ax.lines
    assert lstm.get_ydata().tolist() == [3, 2, 1.5] and lstm.get_linestyle() == "-"
    assert rnn.get_color() != lstm.get_color() and rnn.get_linestyle() == "--"
    assert list(baseline.get_ydata()) == [1.64, 1.64]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["LSTM", "RNN"]
    assert [text.get_text() for text in ax.texts] == ["6-gram 1.640"]
    assert "nats per character" in ax.get_ylabel()
    assert plots.loss_curve([1, 2], [2, 1]).get_legend() is None


def test_a_figure_has_caption_and_alternative_text_escaped():
    caption, alt = 'Loss <b> & "more"', 'It falls; "a < b" & <script>'
    markup = plots.figure_html(plots.loss_curve([1, 2], [2, 1]), caption, alt)
    figure = ElementTree.fromstring(markup)
    assert figure.tag == "figure"
    svg, below = figure
    assert svg.get("role") == "img" and svg.get("aria-label") == alt
    assert below.tag == "figcaption" and below.text == caption and not len(below)
    assert "<script" not in markup


@pytest.mark.parametrize("caption, alt", [("", "It falls."), ("Loss", " ")])
def test_a_figure_without_words_is_refused(caption, alt):
    with pytest.raises(ValueError, match="needs a caption and an alternative text"):
        plots.figure_html(plots.loss_curve([1, 2], [2, 1]), caption, alt)


def test_a_figure_takes_the_colours_of_the_page():
    markup = plots.figure_html(plots.heatmap(np.zeros((5, 2)), TEXT), "Units", "A heatmap.")
    assert "#000000" not in markup and "currentColor" in markup
    assert not re.search(r"(?:href|src)=\"(?!#|data:)", markup)  # it asks nobody for anything
    ax = plots.loss_curve([1, 2], [2, 1])
    light, dark = (imread(io.BytesIO(plots.png(ax, dark=is_dark))) for is_dark in (False, True))
    assert light[0, 0, 3] == dark[0, 0, 3] == 0  # transparent
    for image, ink, other in ((light, "black", "#e6e9ee"), (dark, "#e6e9ee", "black")):
        solid = image[..., :3][image[..., 3] == 1]
        assert count_of(ink, solid) > 100 and count_of(other, solid) == 0


def test_showing_a_figure_closes_it(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    figure, ax = plt.subplots()
    plots.loss_curve([1, 2], [2, 1], ax)
    plots.show(figure, "Loss", "It falls.")
    assert plt.get_fignums() == []
    assert "<figcaption>Loss</figcaption>" in shown[0].data
