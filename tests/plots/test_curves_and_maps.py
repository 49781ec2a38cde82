"""Pictures: what they show, in which colours, and what they say to those who cannot see them."""

from __future__ import annotations

import base64
import io
import itertools
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from pictures import count_of, new_axes, pixels
from PIL import Image

from rnnbook import plots, theme
from rnnbook.plots.heatmaps import CHARACTERS

TEXT = "a b\nc"


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plots.loss_curve([1, 2], [2.0, 1.0], ax),
        lambda ax: plots.next_char_distribution([0.7, 0.3], "ab", ax),
        lambda ax: plots.heatmap(np.zeros((2, 3)), "ab", ax),
        lambda ax: plots.memory_curve([1, 2], {"LSTM": [1.0, 0.5]}, ax),
        lambda ax: plots.band_plot([1, 2], {"LSTM": [2.0, 1.0]}, ax),
        lambda ax: plots.interval_plot({"quotes": 0.9}, ax),
        lambda ax: plots.coloured_text([0.1, 0.2], "ab", ax),
        lambda ax: plots.guesses([[0.5, 0.5]] * 2, "ab", "ab", ax),
        lambda ax: plots.gate_strips({"forget": [0.1, 0.9]}, "ab", ax),
        lambda ax: plots.gate_saturation({"forget": ([0.1], [0.9])}, ax),
    ],
)
def test_axes_go_in_and_come_out(draw):
    ax = new_axes()
    assert draw(ax) is ax
    assert draw(None).figure is not ax.figure
    assert plt.get_fignums() == []  # pyplot keeps none of them alive
    assert plots.describe(ax)


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


def test_a_figure_says_by_itself_what_it_shows():
    fig = Figure()
    left, right = fig.subplots(1, 2)
    plots.loss_curve([1, 2, 3], {"<LSTM>": [3, 1, 1.5]}, left, baselines={"6-gram": 1.64})
    plots.next_char_distribution([0.25, 0.75], "a ", right)
    left.set_title("Training")
    words = (
        "Training: loss (nats per character) against step, <LSTM> from 3 at 1 to 1.5 at 3, "
        "lowest 1 at 2. A line marks 6-gram at 1.64. "
        "The likeliest next characters: space 0.75, a 0.25."
    )
    assert plots.describe(fig) == words
    svg = ElementTree.fromstring(plots.figure_html(fig, "Loss"))[0]
    assert svg.get("aria-label") == words
    left.clear()
    assert plots.describe(fig).startswith("The likeliest")  # what is cleared is not told


def test_a_figure_that_nobody_describes_needs_an_alternative_text():
    ax = new_axes()
    ax.plot([1, 2])
    with pytest.raises(ValueError, match="needs a caption and an alternative text"):
        plots.figure_html(ax, "Two points")


def test_a_heatmap_says_which_units_change():
    values = np.array([[0.0, -0.9, 0.1], [0.0, 0.9, 0.2]])
    words = plots.describe(plots.heatmap(values, "a\n", units=[4, 7, 9]))
    assert "3 units, one a row, by the 2 characters of “a⏎”" in words
    assert words.endswith("Unit 7 changes most, unit 4 least.")


def test_a_band_lies_around_the_mean_of_a_curve():
    curves = {"LSTM": [[2, 1], [1.5, 0.5], [2.5, 1.5]], "GRU": [2, 1.5]}
    ax = plots.band_plot([1, 2], curves, xlabel="size", ylabel="loss", log="x")
    (band,) = ax.collections  # the curve without an interval has no band
    (x0, y0), (x1, y1) = band.get_datalim(ax.transData).get_points()
    assert (x0, y0, x1, y1) == (1, 0.5, 2, 2.5)
    assert ax.get_xscale() == "log" and ax.get_yscale() == "linear"
    image = pixels(ax)
    for number, colour in enumerate(theme.SERIES[:2]):
        assert count_of(colour, image) > 100
        assert ax.lines[number].get_label() == [*curves][number]
    pale = 0.25 * np.array(to_rgb(theme.SERIES[0])) + 0.75
    assert count_of(pale, image) > 1000
    assert plots.describe(ax).startswith("loss against size, LSTM from 2 at 1 to 1 at 2.")


def test_a_curve_of_memory_leaves_out_what_has_no_logarithm():
    ax = plots.memory_curve([1, 10, 100], {"RNN": [1, 1e-9, 0], "LSTM": [1, 0.5, 0.25]})
    assert ax.get_yscale() == "log" and ax.get_xlabel() == "lag (characters)"
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 1e-9, np.nan])
    words = plots.describe(ax)
    assert "RNN from 1 at 1 to 1 times ten to the power −9 at 10." in words
    assert "LSTM from 1 at 1 to 0.25 at 100." in words


def test_a_curve_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"curve 'LSTM' must be \(3,\), or \(3, 3\)"):
        plots.band_plot([1, 2, 3], {"LSTM": [1, 2]})


def test_intervals_have_a_dot_whiskers_and_baselines():
    rows = {
        "quotes": {"trained": (0.9, 0.8, 0.95), "untrained": (0.6, 0.5, 0.7)},
        "line": {"trained": (0.7, 0.6, 0.8), "moved": 0.5},
    }
    ax = plots.interval_plot(rows, baselines={"chance": 0.5}, xlabel="AUC")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["quotes", "line"]
    assert ax.yaxis_inverted()  # the first row is on top
    trained, untrained, moved = (container.lines for container in ax.containers)
    assert trained[0].get_xdata().tolist() == [0.9, 0.7]
    assert np.diff(trained[0].get_ydata()).tolist() == [1]
    whiskers = np.array(trained[2][0].get_segments())[..., 0]
    np.testing.assert_allclose(whiskers, [[0.8, 0.95], [0.6, 0.8]])
    assert moved[0].get_ydata() > untrained[0].get_ydata()  # side by side, in its own row
    image = pixels(ax)
    assert all(count_of(colour, image) > 20 for colour in theme.SERIES[:3])
    assert plots.describe(ax) == (
        "trained: quotes 0.9, interval 0.8 to 0.95; line 0.7, interval 0.6 to 0.8. "
        "untrained: quotes 0.6, interval 0.5 to 0.7. moved: line 0.5. "
        "A line marks chance at 0.5."
    )


def test_the_names_of_the_series_take_no_width_and_long_rows_have_two_lines():
    rows = {
        "War and Peace: quotation marks closed": {"network": 0.9, "n-gram": 0.4},
        "1,000,000 characters, dropout 0.5": {"network": 0.8, "n-gram": 0.3},
        "word": {"network": 0.1},
    }
    ax = plots.interval_plot(rows, baselines={"chance": 0.5})
    assert [label.get_text() for label in ax.get_yticklabels()] == [
        "War and Peace:\nquotation marks closed",
        "1,000,000 characters,\ndropout 0.5",
        "word",
    ]
    ax.figure.draw_without_rendering()
    box, names = ax.get_window_extent(), ax.get_legend().get_window_extent()
    assert names.x1 <= box.x1 + 1 and box.width > 0.5 * ax.figure.bbox.width
    chance = next(word for word in ax.texts if word.get_text() == "chance").get_window_extent()
    assert names.y0 > chance.y1 > box.y1
    assert "War and Peace: quotation marks closed" in plots.describe(ax)


def test_the_names_of_the_series_stand_beside_axes_that_share_a_figure():
    panels = Figure(layout="constrained").subplots(1, 2)
    ax = plots.interval_plot({"row": {"network": 0.9, "n-gram": 0.4}}, panels[1])
    ax.figure.draw_without_rendering()
    assert ax.get_legend().get_window_extent().x0 > ax.get_window_extent().x1


def test_a_figure_of_the_usual_width_fits_a_phone_with_words_that_can_be_read():
    html = plots.figure_html(plots.loss_curve([1, 2], [2, 1], xlabel="step"), "Loss")
    figure = ElementTree.fromstring(html)
    width = float(figure[0].get("viewBox").split()[2])
    words = [
        float(size)
        for size in re.findall(r"font(?:-size)?: ([\d.]+)px", ElementTree.tostring(figure).decode())
    ]
    assert words and min(words) * 358 / width > 9  # pixels of 390, less the margins
    assert "min-width" not in figure[0].get("style")


def test_a_value_is_a_mean_or_a_mean_with_its_interval():
    with pytest.raises(ValueError, match="mean, low, high"):
        plots.interval_plot({"quotes": [0.9, 0.1]})


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


def test_a_dollar_in_a_name_is_no_mathematics():
    ax = plots.interval_plot({"inside $ $": 0.9, "$x$": 0.5})
    html = plots.figure_html(ax, "Two rows")
    assert ">inside $ $<" in html and ">$x$<" in html


def test_a_legend_that_covers_a_curve_moves_aside():
    x = np.arange(50)
    for curve, moves in ((x % 2, True), (np.zeros(50), False)):
        ax = plots.band_plot(x, {"one": curve, "another": curve})
        ax.set_ylim(-0.1, 1.1)
        ax.get_legend().set_loc("upper left")
        plots.figure_html(ax, "caption")
        ax.figure.draw_without_rendering()
        box = ax.get_legend().get_window_extent()
        assert (box.x0 >= ax.get_window_extent().x1 - 1) == moves


def test_a_legend_minds_bands_dots_bars_and_words():
    for draw in (
        lambda ax: ax.fill_between([0, 1], [0, 0], [1, 1]),
        lambda ax: ax.scatter([0.1], [0.9]),
        lambda ax: ax.bar([0.1], [1], width=0.1),
        lambda ax: ax.text(0.05, 0.9, "word"),
        lambda ax: ax.errorbar([0.1], [0.5], yerr=[0.5]),
    ):
        ax = new_axes()
        ax.plot([], [], label="a")
        ax.legend(loc="upper left")
        draw(ax)
        ax.set(xlim=(0, 1), ylim=(0, 1))
        plots.figure_html(ax, "caption", "words")
        ax.figure.draw_without_rendering()
        assert ax.get_legend().get_window_extent().x0 >= ax.get_window_extent().x1 - 1


def test_an_interval_of_a_share_ends_at_one():
    rows = {"a": (0.9, 0.7, 1.4), "b": (0.1, -0.2, 0.3)}
    ax = plots.interval_plot(rows, within=(0, 1))
    ends = [point for one in ax.collections for segment in one.get_segments() for point in segment]
    assert min(x for x, _ in ends) >= 0 and max(x for x, _ in ends) <= 1
    assert "interval 0.7 to 1" in plots.describe(ax)


@pytest.mark.parametrize(
    "x, named",
    [
        ([16, 32, 64, 128, 256], ["16", "32", "64", "128", "256"]),
        ([1e-4, 1e-3, 3e-3, 0.01, 3.0], ["0.0001", "0.001", "0.01", "3"]),
        ([1, 2, 1000], ["1", "1,000"]),
    ],
)
def test_the_names_of_a_logarithmic_axis_do_not_collide(x, named):
    ax = plots.band_plot(x, {"": np.arange(1.0, len(x) + 1)}, new_axes(), log="xy")
    plots.figure_html(ax, "caption")
    ax.figure.draw_without_rendering()
    labels = [one for one in ax.get_xticklabels(which="both") if one.get_text()]
    assert [one.get_text() for one in labels] == named
    ends = [one.get_window_extent() for one in labels]
    assert all(a.x1 < b.x0 for a, b in itertools.pairwise(ends))


def test_a_band_of_shares_ends_at_one():
    spans = np.array([[0.9, 0.2], [0.7, -0.1], [1.3, 0.4]])
    ax = plots.band_plot([1, 2], {"a": spans}, new_axes(), within=(0, 1))
    (band,) = ax.collections
    assert band.get_paths()[0].vertices[:, 1].max() == 1
    assert band.get_paths()[0].vertices[:, 1].min() == 0


@pytest.mark.parametrize("title, above", [("", True), ("a title", False)])
def test_a_wide_legend_stands_above_where_no_title_does(title, above):
    ax = plots.band_plot(np.arange(50), {"a name that is as wide as half of the axes": np.ones(50)})
    ax.get_legend().set_loc("center left")
    ax.set_title(title, loc="left")
    plots.figure_html(ax, "caption")
    ax.figure.draw_without_rendering()
    box, frame = ax.get_legend().get_window_extent(), ax.get_window_extent()
    assert (box.y0 >= frame.y1 - 1) == above and (box.x0 >= frame.x1 - 1) != above


@pytest.mark.parametrize(
    "low, high, some",
    [(1, 2e4, ["1", "100", "10,000"]), (0.01, 0.5, ["0.01", "0.1"]), (1e-10, 1, ["1e-10", "1"])],
)
def test_a_logarithmic_axis_has_no_raised_exponents(low, high, some):
    values = np.geomspace(low, high, 50)
    html = plots.figure_html(plots.band_plot(values, {"": values}, log="xy"), "A curve")
    figure = ElementTree.fromstring(html)
    words = [text.text for text in figure.iter("{http://www.w3.org/2000/svg}text")]
    assert set(some) <= set(words)
    assert all(re.fullmatch(r"[\d,.]+|\de-?\d+", word) for word in words)
