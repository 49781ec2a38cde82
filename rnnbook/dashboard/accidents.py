"""An accident in two tongues: a sentence with a number for the visitor, a traceback for the log.

What an exception says may repeat what a visitor has typed. So the log gets its kind and the
lines of code that it passed, and of the message only what the system itself says.
"""

from __future__ import annotations

import logging
import secrets
import traceback

_log = logging.getLogger(__name__)
_DEEPEST = 20  # lines of code of one exception, counted from where it happened


def report(error: BaseException) -> str:
    """Write an accident to the log; the sentence that the visitor is told instead."""
    number = secrets.token_hex(3)
    _log.error("accident %s: %s", number, described(error))
    return (
        f"Something broke here; whoever runs this dashboard finds it in the log as accident "
        f"{number}. Reload the page to go on from what you had."
    )


def described(error: BaseException) -> str:
    """An exception's kind and where it came from, without the words that it carries."""
    steps = []
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
        if isinstance(error, OSError) and error.strerror:
            kind += f" ({error.strerror})"
        steps.append(
            kind + "\n" + "".join(traceback.format_tb(error.__traceback__, -_DEEPEST)).rstrip()
        )
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return "\nafter ".join(steps)
