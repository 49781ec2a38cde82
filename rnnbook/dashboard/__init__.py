"""The dashboard: live sampling behind ordinary widgets, served by Voila.

``settings`` holds what a visitor may choose, ``models`` the networks, ``writing`` draws
the text, ``training`` teaches a network in a process of its own, ``pictures`` turns what
was drawn into HTML, ``panels`` and ``views`` are the widgets, ``laboratory`` and
``workshop`` are the two tabs, and ``app`` puts them together. ``home`` lets one thread do all
of it, ``kept`` brings back what a page had, ``accidents`` and ``logs`` are what goes wrong, for
visitors and for who runs it. Every text and every picture is the value of a widget, never
captured output: ``server.wakeup`` says why. ``server`` is what serves it, ``kernel`` a
visitor's process, and ``forkserver`` the parent of those.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Dashboard"]


def __getattr__(name: str) -> Any:
    """The server imports this package too, but draws nothing."""
    if name == "Dashboard":
        from rnnbook.dashboard.app import Dashboard

        return Dashboard
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
