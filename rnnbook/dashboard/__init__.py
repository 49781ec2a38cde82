"""The dashboard: live sampling behind ordinary widgets, served by Voila.

``state`` holds the settings and draws the text, ``pictures`` turns what was drawn
into HTML, ``panels`` are the widgets, and ``app`` puts them together. Every text and
every picture is the value of a widget, never captured output.
"""

from __future__ import annotations

from rnnbook.dashboard.app import Dashboard

__all__ = ["Dashboard"]
