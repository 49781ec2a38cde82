"""Who measured which case, and when: what a file of results says beside its rows.

The head of a file is of the day, the machine and the releases that it was begun with. Cases that
were added on another day, or with others, are listed under ``continued`` with their own. So
nothing is ever said to have been measured by what did not measure it.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_RELEASES = ("rnnbook", "numpy", "torch", "scikit-learn", "sacrebleu")


def now() -> dict[str, Any]:
    """The date, the machine and the releases of this moment."""
    releases = {}
    for name in _RELEASES:
        try:
            releases[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "system": platform.machine()},
        "versions": {"python": platform.python_version(), **releases},
    }


def note(content: dict[str, Any], case: Mapping[str, Any], measured: Mapping[str, Any]) -> None:
    """Say in the content of a file that a case was measured so, if its head does not say it."""
    _forget(content, case)
    if _is_same(content, measured):
        return
    sessions = content.setdefault("continued", [])
    for session in sessions:
        if _is_same(session, measured):
            session["cases"].append(dict(case))
            return
    sessions.append({**measured, "cases": [dict(case)]})


def keep(content: dict[str, Any], cases: Sequence[Mapping[str, Any]]) -> None:
    """Forget what is said of any case but these."""
    for session in content.get("continued", []):
        for case in session["cases"]:
            if case not in cases:
                _forget(content, case)


def _forget(content: dict[str, Any], case: Mapping[str, Any]) -> None:
    for session in content.get("continued", []):
        session["cases"] = [other for other in session["cases"] if other != case]
    sessions = [session for session in content.get("continued", []) if session["cases"]]
    content.pop("continued", None)
    if sessions:
        content["continued"] = sessions


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two were measured on one day, on one machine, with the same releases."""
    return one["date"][:10] == other["date"][:10] and all(
        one[key] == other[key] for key in ("machine", "versions")
    )
