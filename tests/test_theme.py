"""The palette: legible on both pages, and apart for colour-blind readers."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys

import numpy as np
import pytest

from rnnbook import theme

#: How the most frequent kinds of colour blindness mix linear light
#: (Machado, Oliveira and Fernandes 2009, doi 10.1109/TVCG.2009.113).
SEEN_BY = {
    "everyone": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def linear(colour: str) -> np.ndarray:
    """Linear light (3,) of ``#rrggbb``."""
    values = np.array([int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(first: str, second: str) -> float:
    """The contrast of WCAG 2: from 1 to 21."""
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def lab(light: np.ndarray) -> np.ndarray:
    """CIELAB (3,) of linear light, for the white of sRGB."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = np.array(to_xyz) @ light / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("mode", theme.CSS_VARIABLES)
def test_words_can_be_read(mode):
    colours = theme.CSS_VARIABLES[mode]
    for name, ground in itertools.product(
        ("ink", "muted", "accent", "warning"), ("paper", "panel")
    ):
        assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)


@pytest.mark.parametrize("mode", theme.CSS_VARIABLES)
def test_lines_and_bars_can_be_seen(mode):
    paper = theme.CSS_VARIABLES[mode]["paper"]
    drawn = (*theme.SERIES, *theme.SIGNALS.values())
    assert min(contrast(colour, paper) for colour in drawn) >= 3


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_series_can_be_told_apart(eyes):
    seen = [lab(np.clip(SEEN_BY[eyes] @ linear(colour), 0, 1)) for colour in theme.SERIES]
    for first, second in itertools.combinations(range(len(seen)), 2):
        distance = np.linalg.norm(seen[first] - seen[second])
        assert distance > 8, (theme.SERIES[first], theme.SERIES[second], distance)


@pytest.mark.parametrize("eyes", SEEN_BY)
def test_the_ends_of_the_diverging_map_can_be_told_apart(eyes):
    low, high = (lab(np.clip(SEEN_BY[eyes] @ linear(c), 0, 1)) for c in theme.DIVERGING[::4])
    assert np.linalg.norm(low - high) > 40


def test_maps_run_in_order():
    middle = luminance(theme.DIVERGING[2])
    assert all(
        luminance(colour) < middle for colour in (*theme.DIVERGING[:2], *theme.DIVERGING[3:])
    )
    steps = [luminance(colour) for colour in theme.SEQUENTIAL]
    assert steps == sorted(steps, reverse=True)


def test_both_pages_have_the_same_variables():
    light, dark = (re.findall(r"--rnnbook-([a-z]+): (#[0-9a-f]{6});", theme.css_variables(mode))
                   for mode in ("light", "dark"))  # fmt: skip
    assert [name for name, _ in light] == [name for name, _ in dark]
    assert dict(light) == theme.CSS_VARIABLES["light"] and dict(dark) == theme.CSS_VARIABLES["dark"]


def test_colours_cost_no_matplotlib():
    code = "import sys, rnnbook.theme; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
