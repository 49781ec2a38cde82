"""The page on how to repeat the numbers: its tables say what the package has."""

from __future__ import annotations

from chapters import run

from rnnbook import training


def test_the_settings_of_a_preset_are_words():
    rows = run("reproduce", "presets-table")["rows"]
    assert [row[0] for row in rows] == list(training.PRESETS)
    for name, *_, settings, _ in rows:
        ours = training.PRESETS[name].settings
        assert settings == ", ".join(f"{key} {value}" for key, value in ours.items())
