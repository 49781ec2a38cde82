"""Looking inside: which unit tracks what, what it is worth, and how much of it is chance.

A network reads a text once and everything is recorded (:mod:`.reading`). A property is
computed from the text, without any network: for every character, whether it holds there
(:mod:`.labels`, :mod:`.code`, :mod:`.markup`; all by name in :mod:`.detectors`). A unit is
chosen on one half of the text and scored on the other, beside what chance finds
(:mod:`.units`); a linear probe shows what all units know together (:mod:`.probes`).
Further, what silencing a unit costs (:mod:`.ablation`), how saturated gates are
(:mod:`.gates`), what they leave of what was written (:mod:`.forgetting`), how far back the network
listens (:mod:`.memory`), and what would have removed its errors (:mod:`.errors`).

Source: Karpathy, Johnson and Fei-Fei (2015), arXiv 1506.02078, who looked by eye.

Taught in the chapter *Looking inside*.
"""

from rnnbook.inspection.context import by_context
from rnnbook.inspection.labels import (
    COUNTS,
    PROPERTIES,
    Labels,
    bracket_depth,
    line_position,
    matches,
)
from rnnbook.inspection.memory import influence, memory
from rnnbook.inspection.reading import log_probs, right_log_probs, trace, unit_values
from rnnbook.inspection.units import (
    Found,
    Search,
    auc,
    find_unit,
    permuted_scores,
    rank_units,
    shifted_scores,
    stretches,
)

# The modules that need a package of their own (code, detectors: pygments; probes: scikit-learn)
# are imported by name.
__all__ = [
    "COUNTS", "PROPERTIES", "Found", "Labels", "Search", "auc", "bracket_depth", "by_context",
    "find_unit",
    "influence", "line_position", "log_probs", "matches", "memory", "permuted_scores",
    "rank_units", "right_log_probs", "shifted_scores", "stretches", "trace", "unit_values",
]  # fmt: skip
