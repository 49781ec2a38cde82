"""Live figures: a ``.py`` and a plain ``.js`` each, over one engine in JavaScript.

They run the network in the reader's browser, so they live in JupyterLab, in Voila,
and in the built page without any kernel.
"""

from __future__ import annotations

from rnnbook.widgets.attention import Attention
from rnnbook.widgets.cell import Cell
from rnnbook.widgets.chain_rule import ChainRule
from rnnbook.widgets.context import Context
from rnnbook.widgets.forgetting import Forgetting
from rnnbook.widgets.gates import Gates
from rnnbook.widgets.guess import Guess
from rnnbook.widgets.kernel_only import kernel_only
from rnnbook.widgets.memory import Memory
from rnnbook.widgets.order import Order
from rnnbook.widgets.quiz import Quiz
from rnnbook.widgets.rates import Rates
from rnnbook.widgets.reader import Reader
from rnnbook.widgets.sampler import Sampler
from rnnbook.widgets.scan import Scan
from rnnbook.widgets.steering import Steering
from rnnbook.widgets.temperature import Temperature
from rnnbook.widgets.trainer import Trainer
from rnnbook.widgets.unit_finder import UnitFinder
from rnnbook.widgets.unroll import Unroll

__all__ = [
    "Attention", "Cell", "ChainRule", "Context", "Forgetting", "Gates", "Guess", "Memory", "Order",
    "Quiz", "Rates", "Reader", "Sampler", "Scan", "Steering", "Temperature", "Trainer",
    "UnitFinder", "Unroll", "kernel_only",
]  # fmt: skip
