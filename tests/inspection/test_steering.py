"""A unit that is held: what is kept, what is written, and what is counted in it."""

from __future__ import annotations

import numpy as np
import pytest

from rnnbook import inspection
from rnnbook.errors import TextError
from rnnbook.inspection.steering import held_at, quotations, write_held
from rnnbook.numpy_networks import network
from rnnbook.recurrent import ModelConfig, untrained_weights
from rnnbook.text import Vocab

VOCAB = Vocab("abc")


def model(kind: str = "lstm", layers: int = 2):
    config = ModelConfig(kind, 6, layers, 4)
    return network(VOCAB, config, untrained_weights(config, 3, np.random.default_rng(0)))


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_nothing_held_is_what_the_network_writes_and_a_strong_unit_decides(kind):
    net = model(kind)
    free = write_held(net, ["ab", "ca"], 30, rng=rng())
    assert free == write_held(net, ["ab", "ca"], 30, at={}, rng=rng())
    net.weights["W_hy"][:, 3] = [20, 0, 0]  # unit 9: the top layer's fourth says a
    on = write_held(net, ["ab", "ca"], 30, unit=9, at={"h": 1.0}, rng=rng())
    off = write_held(net, ["ab", "ca"], 30, unit=9, at={"h": -1.0}, rng=rng())
    assert on == ["a" * 30] * 2 and "a" not in "".join(off)


def test_a_dose_is_in_standard_deviations_of_that_unit():
    trace = inspection.trace(model(), "abcabbca" * 20)
    low, mean, high = (held_at(trace, 8, dose) for dose in (-2, 0, 2))
    cell = trace.cell[1, :, 2]
    assert mean["c"] == pytest.approx(cell.mean())
    assert high["c"] - low["c"] == pytest.approx(4 * cell.std())
    assert mean["h"] == pytest.approx(trace.hidden[1, :, 2].mean())
    assert held_at(trace, 8, 1e6)["h"] == 1
    assert set(held_at(inspection.trace(model("rnn"), "abc" * 9), 0, 1)) == {"h"}


def test_what_cannot_be_held_is_refused():
    with pytest.raises(TextError, match="one length"):
        write_held(model(), ["a", "ab"], 3, rng=rng())
    with pytest.raises(TextError, match="cannot be held"):
        write_held(model("mingru"), ["a"], 3, rng=rng())


def test_a_mark_opens_after_a_space_and_closes_elsewhere():
    found = quotations(["He said "], ['"No" and went'])
    assert found == {"opened": 1000 / 13, "closed": 1000 / 13}
    misled = quotations(["He said"], [' no" and went" on'])  # closed twice, and never opened
    assert misled["opened"] == 0 and misled["closed"] == 2000 / 17
    assert quotations(["so"], ['" then'])["closed"] > 0  # what stands before is the prompt
