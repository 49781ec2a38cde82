"""Which optional part of the package installs a library that is not there.

The package says so itself: its metadata name every library with the extra that brings it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec

from rnnbook.errors import MissingLibraryError

#: Distributions whose modules have another name.
_DISTRIBUTIONS = {"jupyter_server": "voila", "sklearn": "scikit-learn", "tornado": "voila"}
_REQUIREMENT = re.compile(r"([\w.-]+)(?:.*;.*extra == ['\"](\w+)['\"])?")


def require(purpose: str, *modules: str) -> None:
    """Raise :class:`MissingLibraryError` if a module is not there that ``purpose`` needs."""
    for module in modules:
        if find_spec(module) is None:
            raise MissingLibraryError(sentence(purpose, module))


def sentence(purpose: str, module: str) -> str:
    """What is missing for a purpose, and the command that installs it."""
    distribution = _DISTRIBUTIONS.get(module, module.replace("_", "-"))
    extra = extra_of(distribution)
    what = f"rnnbook[{extra}]" if extra else distribution
    return (
        f"{purpose} needs {distribution}, which is not installed here; "
        f"install it with: python -m pip install '{what}'"
    )


def extra_of(distribution: str) -> str | None:
    """The extra that brings a distribution; None if none does, or if the package always does."""
    for name, extra in _requirements():
        if name.lower().replace("_", "-") == distribution.lower():
            return extra or None
    return None


def _requirements() -> Iterable[tuple[str, str]]:
    try:
        lines = requires("rnnbook") or []
    except PackageNotFoundError:  # a checkout that was never installed
        return []
    matches = (_REQUIREMENT.match(line) for line in lines)
    return [(match[1], match[2] or "") for match in matches if match]
