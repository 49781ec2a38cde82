"""How good is a model, and how good is what it writes.

Losses stand beside the n-gram's (:mod:`~rnnbook.evaluation.losses`). Texts are measured by
how varied they are (:mod:`~rnnbook.evaluation.diversity`), by whether what is opened is
closed (:mod:`~rnnbook.evaluation.coherence`), by the rules of what they imitate
(:mod:`~rnnbook.evaluation.python_code`, :mod:`~rnnbook.evaluation.c_code`,
:mod:`~rnnbook.evaluation.notation`), and by how much of them is copied
(:mod:`~rnnbook.evaluation.novelty`). A share of nothing is NaN.

Taught in the chapters *Text as numbers*, *Counting*, *Sampling and temperature*, *A trained
LSTM*, *Many voices*, *How good is it?* and *The network that read this book*.
"""

from __future__ import annotations

from rnnbook.evaluation.c_code import brace_indentation, c_functions, c_names
from rnnbook.evaluation.code import Names, without_literals
from rnnbook.evaluation.coherence import (
    Balance,
    brackets,
    by_paragraph,
    environments,
    paragraphs,
    quotes,
    sequence_rate,
    speakers,
    tags,
    word_rate,
    words,
)
from rnnbook.evaluation.copies import Copies, copies
from rnnbook.evaluation.diversity import compression_ratio, cycle_length, distinct, self_bleu
from rnnbook.evaluation.losses import (
    Loss,
    Reader,
    entropy,
    evaluate,
    evaluate_blocks,
    log_probs,
    report,
)
from rnnbook.evaluation.notation import (
    Tune,
    equations,
    formulas,
    mathtext_reads,
    read_tune,
    spelled_right,
    sympy_reads,
    tune_score,
    tunes,
)
from rnnbook.evaluation.novelty import longest_copy, novel_items, novel_ngrams
from rnnbook.evaluation.python_code import (
    parses,
    python_functions,
    python_indentation,
    python_names,
    read_statement,
    statements,
)

__all__ = [
    "Balance",
    "Copies",
    "Loss",
    "Names",
    "Reader",
    "Tune",
    "brace_indentation",
    "brackets",
    "by_paragraph",
    "c_functions",
    "c_names",
    "compression_ratio",
    "copies",
    "cycle_length",
    "distinct",
    "entropy",
    "environments",
    "equations",
    "evaluate",
    "evaluate_blocks",
    "formulas",
    "log_probs",
    "longest_copy",
    "mathtext_reads",
    "novel_items",
    "novel_ngrams",
    "paragraphs",
    "parses",
    "python_functions",
    "python_indentation",
    "python_names",
    "quotes",
    "read_statement",
    "read_tune",
    "report",
    "self_bleu",
    "sequence_rate",
    "speakers",
    "spelled_right",
    "statements",
    "sympy_reads",
    "tags",
    "tune_score",
    "tunes",
    "without_literals",
    "word_rate",
    "words",
]  # fmt: skip
