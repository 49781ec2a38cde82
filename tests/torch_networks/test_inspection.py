"""The gradient by lag: against finite differences, and where its decay is known."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import KINDS, random_checkpoint

from rnnbook.errors import TextError
from rnnbook.language_model import log_softmax
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.torch_networks.inspection import decay_per_character, gradient_by_lag
from rnnbook.torch_networks.rnn import TorchModel

pytestmark = pytest.mark.numerical


def torch_model(checkpoint):
    return TorchModel.from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_finite_differences(kind, num_layers):
    """Each character stands once in the window, so that its embedding is one input."""
    checkpoint = random_checkpoint(kind, num_layers=num_layers)
    ids = checkpoint.vocab.encode("fab. hed")
    found = gradient_by_lag(torch_model(checkpoint), ids[None])[0]
    weights = {name: array.astype(np.float64) for name, array in checkpoint.weights.items()}

    def loss():
        model = NumpyModel(checkpoint.vocab, checkpoint.config, weights)
        logits, _ = model.read(ids[None, :-1], model.initial_state())
        return -log_softmax(logits[0, -1])[ids[-1]]

    for lag in range(1, 8):
        row, slopes = weights["embedding"][ids[-1 - lag]], []
        for entry in range(len(row)):
            kept = row[entry]
            row[entry] = kept + 1e-5
            above = loss()
            row[entry] = kept - 1e-5
            slopes.append((above - loss()) / 2e-5)
            row[entry] = kept
        assert found[lag - 1] == pytest.approx(np.linalg.norm(slopes), rel=1e-3)


def test_a_linear_network_loses_a_known_share_a_character():
    checkpoint = random_checkpoint("rnn", embedding_size=0)
    for name in ("layers.0.W_xh", "layers.0.b_h"):
        checkpoint.weights[name] *= 1e-3  # small enough for tanh to be linear
    checkpoint.weights["layers.0.W_hh"][:] = 0.8 * np.eye(12)
    windows = np.random.default_rng(0).integers(0, 11, size=(5, 41))
    norms = gradient_by_lag(torch_model(checkpoint), windows)
    assert norms.shape == (5, 40)
    np.testing.assert_allclose(norms[:, 1:] / norms[:, :-1], 0.8, rtol=1e-3)
    assert decay_per_character(norms, 5, 40) == pytest.approx(0.8, rel=1e-3)


def test_what_is_too_short_is_an_error():
    model = torch_model(random_checkpoint("rnn"))
    with pytest.raises(TextError, match="a character to guess"):
        gradient_by_lag(model, np.zeros((2, 1), dtype=np.int64))
    with pytest.raises(TextError, match="windows of 51"):
        decay_per_character(np.ones((2, 20)))


def test_a_linear_recurrence_is_refused():
    from rnnbook.recurrent import ModelConfig
    from rnnbook.text import Vocab
    from rnnbook.torch_networks.linear import new_model

    model = new_model(Vocab("abc"), ModelConfig("mingru", 4), np.random.default_rng(0))
    with pytest.raises(TextError, match="gradients of a minGRU are not followed"):
        gradient_by_lag(model, np.zeros((2, 5), dtype=np.int64))
