"""The data of the chapter beyond characters: pinned, regular, and clear about what is missing."""

from __future__ import annotations

import hashlib
import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from rnnbook.corpora import series, speech
from rnnbook.errors import CorpusError


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


needs_series = pytest.mark.skipif(not installed("statsmodels"), reason="statsmodels is missing")
needs_speech = pytest.mark.skipif(not installed("espeakng_loader"), reason="espeak is missing")


@needs_series
def test_co2_is_weekly_and_its_gaps_are_marked():
    co2 = series.co2()
    assert len(co2) == 2284 and co2.filled.sum() == 59
    assert np.isfinite(co2.values).all() and 313 <= co2.values.min() < co2.values.max() < 375
    assert co2.values[[0, -1]].tolist() == [316.1, 371.5]
    np.testing.assert_allclose(np.diff(co2.times), 7 / 365.25, atol=0.004)


@needs_series
def test_a_gap_is_filled_by_a_straight_line():
    co2 = series.co2()
    start = int(np.flatnonzero(co2.filled)[0])
    assert not co2.filled[start + 1]
    assert co2.values[start] == pytest.approx(co2.values[[start - 1, start + 1]].mean())


@needs_series
def test_sunspots_are_yearly():
    sunspots = series.sunspots()
    assert len(sunspots) == 309 and not sunspots.filled.any()
    assert sunspots.times[[0, -1]].tolist() == [1700, 2008]
    np.testing.assert_array_equal(np.diff(sunspots.times), 1)


@needs_series
def test_another_series_than_the_pinned_one_is_refused(tmp_path, monkeypatch):
    folder = tmp_path / "datasets" / "sunspots"
    folder.mkdir(parents=True)
    (folder / "sunspots.csv").write_text('"YEAR","SUNACTIVITY"\n1700,5\n')
    monkeypatch.setattr(series, "package_folder", lambda name: tmp_path)
    with pytest.raises(CorpusError, match=r"pip install 'statsmodels==0\.15\.0'"):
        series.sunspots()


@pytest.mark.parametrize("read", [series.co2, series.sunspots, speech._Synthesiser])
def test_a_missing_package_is_an_error_that_names_the_extra(read, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(CorpusError, match=r"pip install 'rnnbook\[experiments\]'"):
        read()


@needs_speech
def test_every_speaker_says_every_digit():
    clips = speech.digits()
    assert len(clips) == len(speech.SPEAKERS) * len(speech.ACCENTS) * len(speech.RATES) * 10
    assert {(clip.speaker, clip.digit) for clip in clips} == {
        (speaker, digit) for speaker in speech.SPEAKERS for digit in range(10)
    }
    seconds = np.array([len(clip.samples) for clip in clips]) / speech.SAMPLE_RATE
    assert 0.15 < seconds.min() < seconds.max() < 1
    assert len({clip.samples.tobytes() for clip in clips}) == len(clips)


@needs_speech
def test_the_clips_are_the_same_in_every_process():
    program = (
        "import hashlib; from rnnbook.corpora import speech;"
        "print(hashlib.sha256(b''.join(c.samples.tobytes() for c in speech.digits())).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    assert len(found) == 1 and len(found.pop().strip()) == len(hashlib.sha256().hexdigest())


def test_a_pure_tone_is_loudest_in_its_band():
    time = np.arange(speech.SAMPLE_RATE) / speech.SAMPLE_RATE
    loudest = []
    for hertz in (200, 1_000, 4_000):
        samples = (20_000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
        frames = speech.log_mel(samples)
        assert frames.shape == (1 + (len(samples) - speech.FRAME) // speech.HOP, speech.BANDS)
        assert frames.dtype == np.float32
        bands = frames.argmax(axis=1)
        assert (bands == bands[0]).all()
        loudest.append(int(bands[0]))
    corners = 700 * (10 ** (np.linspace(*speech._mel(np.array([60, 11_025])), 22) / 2595) - 1)
    for band, hertz in zip(loudest, (200, 1_000, 4_000), strict=True):
        assert corners[band] < hertz < corners[band + 2]


def test_a_clip_shorter_than_a_frame_is_one_frame():
    assert speech.log_mel(np.ones(10, dtype=np.int16)).shape == (1, speech.BANDS)
