"""Linear probes: what all units know together of a property, beside the best single one.

A logistic regression where labels are true or false, a ridge regression for counts. It
is fitted on the first half of a text, on standardised units, and scored on the second.

Source: Alain and Bengio (2016), arXiv 1610.01644.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook import extras
from rnnbook.errors import TextError
from rnnbook.inspection.units import is_count, score

# Neighbours are alike, so that half a text is few independent examples: penalised strongly.
_LOGISTIC_C, _RIDGE_ALPHA = 0.01, 100.0


def probe_score(values: NDArray[np.floating], labels: NDArray[Any]) -> float:
    """What a linear probe of values (T, H) tells of labels (T,) on the second half.

    The AUC where labels are true or false; for counts R², the square of the correlation.
    So it can be compared with the score of a single unit.

    Raises :class:`TextError` if the labels stand still in one of the halves, and
    :class:`MissingLibraryError` without scikit-learn.
    """
    extras.require("a linear probe", "sklearn")
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    half = len(labels) // 2
    if any(len(np.unique(part)) < 2 for part in (labels[:half], labels[half:])):
        raise TextError("each half of the text must have two different labels; take another text")
    if is_count(labels):
        ridge = make_pipeline(StandardScaler(), Ridge(alpha=_RIDGE_ALPHA))
        predicted = ridge.fit(values[:half], labels[:half]).predict(values[half:])
    else:
        logistic = make_pipeline(
            StandardScaler(), LogisticRegression(C=_LOGISTIC_C, max_iter=200, tol=1e-3)
        )
        fitted = logistic.fit(values[:half], labels[:half].astype(bool))
        predicted = fitted.decision_function(values[half:])
    return score(predicted, labels[half:])


def shifted_probe_scores(
    values: NDArray[np.floating], labels: NDArray[Any], rng: np.random.Generator, count: int = 5
) -> NDArray[np.float64]:
    """What probes find by chance: scores (count,) for the labels moved along the text."""
    shifts = rng.integers(len(labels) // 10, 9 * len(labels) // 10, size=count)
    return _scores(values, [np.roll(labels, int(shift)) for shift in shifts])


def permuted_probe_scores(
    values: NDArray[np.floating], labels: NDArray[Any], rng: np.random.Generator, count: int = 5
) -> NDArray[np.float64]:
    """What probes find by chance: scores (count,) for the labels shuffled."""
    return _scores(values, [rng.permutation(labels) for _ in range(count)])


def _scores(values: NDArray[np.floating], rows: list[NDArray[Any]]) -> NDArray[np.float64]:
    scores = []
    for row in rows:
        try:
            scores.append(probe_score(values, row))
        except TextError:  # the shift left one half without the property
            scores.append(0.0 if is_count(row) else 0.5)
    return np.array(scores)
