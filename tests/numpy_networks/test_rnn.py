"""min-char-rnn: its gradients against finite differences and PyTorch, and its training."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from rnnbook.errors import TextError, TrainingError
from rnnbook.numpy_networks import rnn
from rnnbook.sampling import sample
from rnnbook.text import Vocab

pytestmark = pytest.mark.numerical

V, H = 7, 6


def problem(num_steps: int, batch_size: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    weights = rnn.init_weights(V, H, rng, scale=0.5)
    x, y = rng.integers(0, V, (2, batch_size, num_steps))
    return weights, x, y, rng.normal(scale=0.5, size=(batch_size, H))


@pytest.mark.parametrize("num_steps", [1, 2, 9])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_gradients_agree_with_finite_differences(num_steps, batch_size):
    weights, x, y, h = problem(num_steps, batch_size)
    _, gradients, _ = rnn.loss_and_gradients(weights, x, y, h)
    delta = 1e-5
    for name, array in weights.items():
        numeric = np.zeros_like(array)
        for index in np.ndindex(array.shape):
            kept = array[index]
            array[index] = kept + delta
            above, _, _ = rnn.loss_and_gradients(weights, x, y, h)
            array[index] = kept - delta
            below, _, _ = rnn.loss_and_gradients(weights, x, y, h)
            array[index] = kept
            numeric[index] = (above - below) / (2 * delta)
        scale = np.abs(numeric).max() + np.abs(gradients[name]).max()
        assert np.abs(numeric - gradients[name]).max() / scale < 1e-7, name


@pytest.mark.parametrize("num_steps", [1, 8])
def test_loss_and_gradients_agree_with_pytorch(num_steps):
    torch = pytest.importorskip("torch")
    weights, x, y, h = problem(num_steps, batch_size=2)
    loss, gradients, last = rnn.loss_and_gradients(weights, x, y, h)
    w = {name: torch.tensor(value, requires_grad=True) for name, value in weights.items()}
    state, total = torch.tensor(h), 0.0
    for t in range(num_steps):
        one_hot = torch.eye(V, dtype=torch.float64)[x[:, t]]
        state = torch.tanh(one_hot @ w["W_xh"].T + state @ w["W_hh"].T + w["b_h"])
        logits = state @ w["W_hy"].T + w["b_y"]
        total = total + torch.nn.functional.cross_entropy(logits, torch.tensor(y[:, t]))
    total.backward()
    assert loss == pytest.approx(total.item(), rel=1e-12)
    np.testing.assert_allclose(last, state.detach().numpy(), rtol=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, w[name].grad.numpy(), rtol=1e-9, atol=1e-12)


def test_the_first_loss_is_that_of_guessing():
    rng = np.random.default_rng(0)
    weights = rnn.init_weights(65, 100, rng)
    x, y = rng.integers(0, 65, (2, 1, 25))
    loss, _, _ = rnn.loss_and_gradients(weights, x, y, np.zeros((1, 100)))
    assert loss / 25 == pytest.approx(np.log(65), rel=1e-3)


def test_a_model_has_the_parameters_of_the_published_program():
    weights = rnn.init_weights(65, 100, np.random.default_rng(0))
    assert sum(array.size for array in weights.values()) == 23_165


def test_clipping_is_entry_by_entry():
    gradients = {"W": np.array([-9.0, 0.5, 7.0])}
    rnn.clip(gradients, 5)
    assert gradients["W"].tolist() == [-5, 0.5, 5]


def test_adagrad_takes_the_steps_of_its_formula():
    weights = {"W": np.array([1.0])}
    optimiser = rnn.Adagrad(weights, learning_rate=0.1)
    optimiser.update(weights, {"W": np.array([2.0])})
    optimiser.update(weights, {"W": np.array([-1.0])})
    expected = 1 - 0.1 * 2 / np.sqrt(4 + 1e-8) + 0.1 * 1 / np.sqrt(5 + 1e-8)
    assert weights["W"][0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("batch_size", [1, 4])
def test_training_learns_a_repeating_text(batch_size):
    text = "hello world\n" * 60
    vocab = Vocab.from_text(text)
    weights = rnn.init_weights(len(vocab), 32, np.random.default_rng(0))
    steps = rnn.train(vocab.encode(text), weights, batch_size=batch_size)
    losses = [progress.loss for progress in islice(steps, 400)]
    assert losses[0] == pytest.approx(np.log(len(vocab)), rel=0.01)
    assert np.mean(losses[-20:]) < 0.1
    model = rnn.to_model(vocab, weights)
    written = sample(model, "h", 23, temperature=0, rng=np.random.default_rng(0))
    assert written == "ello world\nhello world\n"


def test_training_with_the_same_seed_gives_the_same_losses():
    ids = Vocab("abc").encode("abacabacbbca" * 20)

    def losses():
        weights = rnn.init_weights(3, 8, np.random.default_rng(3))
        return [progress.loss for progress in islice(rnn.train(ids, weights), 30)]

    assert losses() == losses()


def test_a_text_that_is_too_short_is_refused():
    weights = rnn.init_weights(2, 4, np.random.default_rng(0))
    with pytest.raises(TextError, match="too short"):
        next(rnn.train(np.array([0]), weights))


def test_a_loss_that_is_not_a_number_stops_with_advice():
    weights = rnn.init_weights(2, 4, np.random.default_rng(0))
    weights["W_hy"][0, 0] = np.nan
    with pytest.raises(TrainingError, match="lower learning rate"):
        next(rnn.train(np.array([0, 1] * 50), weights))
