"""Each chapter's run time: reported by the build, held to a limit, and shown in a page.

A Sphinx extension. A chapter that runs for much longer than :data:`LIMIT` is a warning,
and a warning fails the build; how much longer is what a busy machine may add. The
directive ``{run-times}`` becomes the table of what this build, or the one that last had to
run the chapter, took.
"""

from __future__ import annotations

import os
import platform
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from rnnbook.book import chapters, execution
from rnnbook.book.tables import simple_table

logger = logging.getLogger(__name__)

LIMIT = 60.0  # seconds on two idle cores
BUSY = 4  # times as long may a chapter take on a machine that has other things to do


def run_times(env: BuildEnvironment) -> dict[str, float]:
    """Seconds that the cells of each notebook took, by document, in the book's order."""
    recorded = {
        document: (data.get("exec_data") or {}).get("runtime")
        for document, data in getattr(env, "nb_metadata", {}).items()
    }
    order = list(env.toctree_includes.get(str(env.config.root_doc), ()))
    ranked = sorted(recorded, key=lambda name: order.index(name) if name in order else len(order))
    return {name: seconds for name in ranked if (seconds := recorded[name]) is not None}


def report(app: Sphinx, env: BuildEnvironment) -> None:
    """Print the table when everything has been read."""
    for document, seconds in run_times(env).items():
        logger.info("chapter %s ran in %.1f s", document, seconds)
        if seconds > BUSY * LIMIT:
            logger.warning(
                "the chapter takes %.0f s, and should take %.0f s on an idle machine: move the "
                "long part to an experiment",
                seconds, LIMIT, location=document, type="run_times",
            )  # fmt: skip


class _RunTimesTable(nodes.General, nodes.Element):
    """The table, until all chapters have run."""


class _RunTimes(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [_RunTimesTable()]


def _resolve(app: Sphinx, doctree: nodes.document, here: str) -> None:
    for node in list(doctree.findall(_RunTimesTable)):
        seconds = run_times(app.env)
        rows = [
            [[chapters.link_to(app, here, document)], [nodes.Text(f"{taken:.1f}")]]
            for document, taken in seconds.items()
        ]
        rows.append([[nodes.strong("", "all")], [nodes.Text(f"{sum(seconds.values()):.1f}")]])
        machine = (
            f"Measured by the build of this copy of the book: Python {platform.python_version()}, "
            f"{platform.system()} on {platform.machine()}, {os.cpu_count()} cores, "
            f"{execution.at_once()} chapters at a time."
        )
        table = simple_table(("Page", "Seconds"), rows)
        node.replace_self([nodes.paragraph("", machine), table])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.add_node(_RunTimesTable)
    app.add_directive("run-times", _RunTimes)
    app.connect("env-updated", report)
    app.connect("doctree-resolved", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
