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
    """Raise :class:`MissingLibraryError` if modules are not there that ``purpose`` needs."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise MissingLibraryError(sentence(purpose, *missing))


def sentence(purpose: str, *modules: str) -> str:
    """What is missing for a purpose, and the one command that installs all of it."""
    distributions = [_DISTRIBUTIONS.get(one, one.replace("_", "-")) for one in modules]
    extras = {one: extra_of(one) for one in distributions}
    wanted = sorted({extra for extra in extras.values() if extra})
    packages = [f"rnnbook[{','.join(wanted)}]"] if wanted else []
    packages += [one for one, extra in extras.items() if not extra]
    *first, last = distributions
    named = f"{', '.join(first)} and {last}" if first else last
    are, them = ("are", "them") if first else ("is", "it")
    return (
        f"{purpose} needs {named}, which {are} not installed here; "
        f"install {them} with: python -m pip install {' '.join(map(repr, packages))}"
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
