"""Kinds of networks on one text: their sizes, the search for a rate, a training."""

from __future__ import annotations

import pytest

from rnnbook.experiments import Result, kinds


@pytest.mark.parametrize(
    ("best", "first"), [(1e-2, 3.2e-2), (0.3, 3.2e-2), (3.2e-2, 3.2e-2), (4e-3, 3.2e-2)]
)
def test_a_rate_is_searched_until_both_neighbours_are_worse(best, first):
    tried = {}

    def loss(rate):
        tried[rate] = abs(rate / best - 1) + abs(best / rate - 1)
        return tried[rate]

    found = kinds.bracketed(loss, first, most=10)
    assert tried[found / 2] > tried[found] < tried[found * 2]
    assert best / 2 < found < best * 2 and found == min(tried, key=tried.get)


def test_a_search_ends_after_so_many_trainings_and_asks_for_none_twice():
    asked = []
    found = kinds.bracketed(lambda rate: asked.append(rate) or -rate, 1.0, most=4)
    assert asked == [1.0, 0.5, 2.0, 4.0] and found == 4.0


def test_losses_by_budget_and_by_time():
    looks = ((1e5, 2.0, 10.0), (3e5, 1.8, 100.0), (1e6, 1.6, 1000.0), (3e6, 1.5, 10_000.0))
    rows = tuple(
        {"kind": "lstm", "seed": seed, "by_budget": {
            f"{budget:.0f}": {"loss": loss + seed, "seconds": seconds}
            for budget, loss, seconds in looks
        }}
        for seed in (0, 1)
    )  # fmt: skip
    result = Result("kinds", rows, {})
    assert list(kinds.by_budget(result)["LSTM"][0]) == pytest.approx([2.5, 2.3, 2.1, 2.0])
    halfway = kinds.after_seconds(result, "lstm", 10**1.5)
    assert halfway == pytest.approx([1.9, 2.9])
    assert kinds.after_seconds(result, "lstm", 1e9) == pytest.approx([1.5, 2.5])


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds.KINDS)
def test_a_training_of_every_kind(kind):
    row = kinds.trained(kind, 1e-2, seed=1, characters=12 * 2048, budgets=(4096, 12 * 2048))
    assert abs(row["parameters"] / kinds.PARAMETERS - 1) < 0.04
    assert row["steps"] == 12 and row["loss"] == row["by_budget"]["24576"]["loss"]
    assert 0 < row["by_budget"]["4096"]["seconds"] <= row["seconds"]
    assert row["loss"] < row["by_budget"]["4096"]["loss"] < 5


def test_a_training_that_leaves_the_rails_has_no_loss():
    row = kinds.trained("mingru", 1e4, seed=1, characters=40 * 2048)
    assert row["loss"] is None and row["steps"] < 40
