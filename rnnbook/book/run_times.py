"""Each chapter's run time, reported by the build and held to a limit.

A Sphinx extension. A chapter that runs for longer than :data:`LIMIT` is a warning,
and a warning fails the build.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

logger = logging.getLogger(__name__)

LIMIT = 60.0  # seconds on two cores


def report(app: Sphinx, env: BuildEnvironment) -> None:
    """Print the table when everything has been read."""
    for document, data in sorted(getattr(env, "nb_metadata", {}).items()):
        seconds = (data.get("exec_data") or {}).get("runtime")
        if seconds is None:
            continue
        logger.info("chapter %s ran in %.1f s", document, seconds)
        if seconds > LIMIT:
            logger.warning(
                "the chapter takes %.0f s, more than %.0f s: move the long part to an experiment",
                seconds, LIMIT, location=document, type="run_times",
            )  # fmt: skip


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("env-updated", report)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
