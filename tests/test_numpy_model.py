"""The stepper: it computes what stepping computes, and shares nothing that changes."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import KINDS, random_checkpoint

NETWORKS = [(kind, layers) for kind in KINDS for layers in (1, 2, 3)]


def assert_equal_states(ours, theirs):
    assert set(ours) == set(theirs)
    for name, value in theirs.items():
        assert ours[name].shape == value.shape
        np.testing.assert_allclose(ours[name], value, atol=1e-5)


@pytest.mark.parametrize(("kind", "num_layers"), NETWORKS)
@pytest.mark.parametrize("embedding_size", [0, 5])
@pytest.mark.parametrize("batch_size", [1, 4])
def test_a_stepper_computes_what_steps_do(kind, num_layers, embedding_size, batch_size):
    model = random_checkpoint(kind, num_layers=num_layers, embedding_size=embedding_size).model()
    rng = np.random.default_rng(3)
    ids = rng.integers(0, len(model.vocab), (30, batch_size))
    state = {
        name: rng.normal(size=value.shape).astype(np.float32)
        for name, value in model.initial_state(batch_size).items()
    }
    stepper = model.stepper(state)
    for now in ids:
        assert_equal_states(stepper.state(), state)
        logits, state = model.step(now, state)
        ours = stepper.read(now if batch_size > 1 else now[0])
        np.testing.assert_allclose(ours, logits if batch_size > 1 else logits[0], atol=1e-5)
    assert_equal_states(stepper.state(), state)


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_dtype_is_computed_with(kind):
    checkpoint = random_checkpoint(kind, num_layers=2)
    weights = {name: value.astype(np.float64) for name, value in checkpoint.weights.items()}
    model = type(checkpoint.model())(checkpoint.vocab, checkpoint.config, weights)
    stepper, (logits, _) = model.stepper(), model.step(np.array([3]), model.initial_state())
    ours = stepper.read(3)
    assert ours.dtype == np.float64
    np.testing.assert_allclose(ours, logits[0], rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_steppers_of_one_model_do_not_disturb_each_other(kind):
    model = random_checkpoint(kind, num_layers=2).model()
    texts = [model.vocab.encode("a bad cab"), model.vocab.encode("fed.\nhead")]
    alone = []
    for ids in texts:
        stepper = model.stepper()
        alone.append([stepper.read(char_id).copy() for char_id in ids])
    steppers = [model.stepper(), model.stepper()]
    for t in range(9):
        for stepper, ids, logits in zip(steppers, texts, alone, strict=True):
            np.testing.assert_array_equal(stepper.read(ids[t]), logits[t])


@pytest.mark.parametrize("kind", KINDS)
def test_a_stepper_changes_neither_the_state_it_starts_from_nor_one_it_gave(kind):
    model = random_checkpoint(kind, num_layers=2).model()
    _, state = model.read(model.vocab.encode("bead")[None], model.initial_state())
    before = {name: value.copy() for name, value in state.items()}
    stepper = model.stepper(state)
    given = stepper.state()
    stepper.read(2)
    for name, value in before.items():
        np.testing.assert_array_equal(state[name], value)
        np.testing.assert_array_equal(given[name], value)
        assert not np.array_equal(stepper.state()[name], value)
    with pytest.raises(AssertionError):
        assert_equal_states(stepper.state(), before)
