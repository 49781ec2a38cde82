"""The shapes of a task on sequences: how many boxes, which arrows, and in which words."""

from __future__ import annotations

import re

import pytest
from matplotlib.patches import FancyBboxPatch
from matplotlib.text import Annotation
from pictures import count_of, new_axes, pixels

from rnnbook import plots, theme
from rnnbook.plots.sequences import SHAPES, Shape

ALL = [shape for row in SHAPES for shape in row]


def letters(ax):
    return "".join(text.get_text() for text in ax.texts if text.get_text() in "xhy")


def arrows(ax):
    """From where to where, in whole steps."""
    found = [text for text in ax.texts if isinstance(text, Annotation)]
    return {(tuple(map(round, a.xyann)), tuple(map(round, a.xy))) for a in found}


@pytest.mark.parametrize("shape", ALL, ids=lambda shape: shape.name)
def test_a_box_for_everything_read_kept_and_given(shape):
    ax = plots.sequence_shapes(new_axes(), [[shape]])
    drawn = letters(ax)
    assert drawn.count("x") == len(shape.read)
    assert drawn.count("h") == shape.num_steps
    assert drawn.count("y") == len(shape.given)
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    assert len(boxes) == len(drawn)


def test_arrows_lead_up_and_from_each_state_to_the_next():
    ax = plots.sequence_shapes(new_axes(), [[Shape("two in, one out", 2, (0, 1), (1,))]])
    assert arrows(ax) == {
        ((0, 0), (0, 1)), ((1, 0), (1, 1)), ((0, 1), (1, 1)), ((1, 1), (1, 2)),
    }  # fmt: skip


def test_the_five_shapes_of_the_post_differ_and_have_colours():
    ax = plots.sequence_shapes()
    names = [text.get_text() for text in ax.texts if len(text.get_text()) > 1]
    assert names == [shape.name for shape in ALL]
    assert len({(shape.num_steps, shape.read, shape.given) for shape in ALL}) == 5
    image = pixels(ax)
    assert all(count_of(colour, image, 0.1) > 100 for colour in map(theme.SIGNALS.get, "xhy"))


def test_boxes_do_not_overlap_and_lie_within_the_frame():
    ax = plots.sequence_shapes()
    boxes = [patch.get_window_extent() for patch in ax.patches]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:index])
        assert ax.bbox.containsx(box.x0) and ax.bbox.containsx(box.x1)
        assert ax.bbox.containsy(box.y0) and ax.bbox.containsy(box.y1)


def test_the_words_say_what_is_read_and_given_when():
    words = plots.describe(plots.sequence_shapes())
    assert words.startswith("One to one: a single step reads x and gives y. One to many: 3 steps")
    assert (
        "Many to many: 5 steps, x read at steps 1, 2 and 3, y given at steps 3, 4 and 5." in words
    )
    assert len(re.findall(r"\.", words)) == len(ALL)


def test_axes_go_in_and_come_out():
    ax = new_axes()
    assert plots.sequence_shapes(ax) is ax
    assert plots.sequence_shapes().figure is not ax.figure


@pytest.mark.parametrize("read, given", [((2,), (0,)), ((0,), (-1,))])
def test_a_step_that_is_not_there_is_refused(read, given):
    with pytest.raises(ValueError, match="'odd' has the steps 0 to 1 only"):
        plots.sequence_shapes(new_axes(), [[Shape("odd", 2, read, given)]])
