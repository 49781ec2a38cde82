"""Live figures: one ``.py`` and one plain ``.js`` each.

They run the network in the reader's browser, so they live in JupyterLab, in Voila,
and in the built page without any kernel.
"""

from __future__ import annotations

from rnnbook.widgets.kernel_only import kernel_only
from rnnbook.widgets.reader import Reader
from rnnbook.widgets.sampler import Sampler

__all__ = ["Reader", "Sampler", "kernel_only"]
