"""Beyond characters: one small, real task of each kind, a plainer method beside each."""

from __future__ import annotations

from rnnbook.experiments import forecast, recognition, translation

EXPERIMENTS = recognition.EXPERIMENTS + translation.EXPERIMENTS + forecast.EXPERIMENTS
