"""The dashboard: live sampling behind ordinary widgets, served by Voila.

``settings`` holds what a visitor may choose, ``models`` the networks, ``writing`` draws
the text, ``training`` teaches a network in a process of its own, ``pictures`` turns what
was drawn into HTML, ``panels`` and ``views`` are the widgets, ``laboratory`` and
``workshop`` are the two tabs, and ``app`` puts them together. Every text and every
picture is the value of a widget, never captured output: ``server.wakeup`` says why.
``server`` is what serves it.
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
