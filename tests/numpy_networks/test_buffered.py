"""The fast trainer in NumPy: the same numbers as the readable one, in prepared buffers."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from rnnbook.errors import TextError, TrainingError
from rnnbook.numpy_networks import buffered, rnn

pytestmark = pytest.mark.numerical

IDS = np.random.default_rng(0).integers(0, 9, size=4001)


def weights(dtype=np.float64):
    return rnn.init_weights(9, 12, np.random.default_rng(1), scale=0.3, dtype=dtype)


@pytest.mark.parametrize(("batch_size", "seq_len"), [(1, 1), (1, 25), (3, 7), (8, 25)])
def test_a_window_gives_the_gradients_of_the_readable_program(batch_size, seq_len):
    rng, ours = np.random.default_rng(2), weights()
    x, y = rng.integers(0, 9, (2, batch_size, seq_len))
    h = rng.normal(scale=0.5, size=(batch_size, 12))
    loss, gradients, last = rnn.loss_and_gradients(ours, x, y, h)
    window = buffered.Window(ours, batch_size, seq_len)
    window.hidden[0] = h
    table = ours["W_xh"].T + ours["b_h"]
    found = window.read(ours, table, ours["W_hh"].T.copy(), x.T, y.T)
    assert found / batch_size == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(window.hidden[0], last, atol=1e-12)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(window.gradients[name] / batch_size, gradient, atol=1e-10)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_it_trains_as_the_readable_program_does(workers):
    readable, fast = weights(), weights()
    theirs = rnn.train(IDS, readable, batch_size=6)
    ours = buffered.train(
        IDS, fast, batch_size=6, optimizer="adagrad", learning_rate=0.1, workers=workers
    )
    for one, two in islice(zip(theirs, ours, strict=False), 15):
        assert two.loss == pytest.approx(one.loss, rel=1e-6)
    for name, value in readable.items():
        np.testing.assert_allclose(fast[name], value, rtol=1e-4, atol=1e-6)


def losses(**settings):
    training = buffered.train(IDS, weights(np.float32), batch_size=32, **settings)
    return [progress.loss for progress in islice(training, 40)]


def test_the_same_seed_gives_the_same_losses_whatever_the_threads_do():
    assert losses(workers=2) == losses(workers=2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", ["adagrad", "adam"])
def test_weights_change_in_place_and_keep_their_precision(dtype, optimizer):
    ours, before = weights(dtype), weights(dtype)
    arrays = list(ours.values())
    training = buffered.train(IDS, ours, batch_size=4, optimizer=optimizer, num_steps=3)
    assert all(progress.weights is ours for progress in training)
    assert all(value is array for value, array in zip(ours.values(), arrays, strict=True))
    for name, value in ours.items():
        assert value.dtype == dtype and not np.array_equal(value, before[name])


def test_adam_takes_the_steps_of_its_formula():
    flat, mean, square = np.array([1.0]), 0.0, 0.0
    optimizer, expected = buffered.Adam(1, flat.dtype), 1.0
    for count, gradient in enumerate([2.0, -1.0, 0.5], start=1):
        optimizer.update(flat, np.array([gradient]), 0.1)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.99 * square + 0.01 * gradient**2
        unbiased = mean / (1 - 0.9**count), square / (1 - 0.99**count)
        expected -= 0.1 * unbiased[0] / np.sqrt(unbiased[1])
    assert flat[0] == pytest.approx(expected, rel=1e-6)


def test_a_pass_ends_and_another_begins():
    found = losses(seq_len=100)
    assert len(found) == 40 and np.isfinite(found).all()


def test_a_planned_training_ends_and_learns():
    ids = np.tile(np.arange(9), 300)
    training = buffered.train(ids, weights(np.float32), batch_size=32, num_steps=120)
    found = [progress.loss for progress in training]
    assert len(found) == 120
    assert found[0] > 2 and found[-1] < 0.1


def test_what_cannot_be_trained_on_is_refused():
    with pytest.raises(TextError, match="it takes 832"):
        next(buffered.train(IDS[:500], weights(), batch_size=32))
    with pytest.raises(TrainingError, match="'adagrad' and 'adam'"):
        next(buffered.train(IDS, weights(), batch_size=4, optimizer="sgd"))
    broken = weights()
    broken["W_hy"][0, 0] = np.nan
    with pytest.raises(TrainingError, match="lower learning rate"):
        next(buffered.train(IDS, broken, batch_size=4))
