"""The steppers: they compute what stepping computes, and share nothing that changes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from conftest import KINDS, random_checkpoint

from rnnbook.torch_networks.rnn import TorchModel

NETWORKS = [(kind, layers) for kind in KINDS for layers in (1, 2, 3)]


pytestmark = pytest.mark.numerical


def assert_equal_states(ours, theirs):
    assert set(ours) == set(theirs)
    for name, value in theirs.items():
        assert ours[name].shape == value.shape
        np.testing.assert_allclose(ours[name], value, atol=1e-10)


def torch_model(checkpoint) -> TorchModel:
    return TorchModel.from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)


@pytest.mark.parametrize(("kind", "num_layers"), NETWORKS)
@pytest.mark.parametrize("embedding_size", [0, 5])
@pytest.mark.parametrize("batch_size", [1, 4])
@pytest.mark.parametrize("engine", ["NumPy", "PyTorch"])
def test_a_stepper_computes_what_steps_do(kind, num_layers, embedding_size, batch_size, engine):
    checkpoint = random_checkpoint(kind, num_layers=num_layers, embedding_size=embedding_size)
    model = checkpoint.model() if engine == "NumPy" else torch_model(checkpoint)
    double = checkpoint.model().in_double()
    rng = np.random.default_rng(3)
    ids = rng.integers(0, len(model.vocab), (30, batch_size))
    state = {
        name: rng.normal(size=value.shape)
        for name, value in double.initial_state(batch_size).items()
    }
    stepper = model.stepper(state)
    for now in ids:
        assert_equal_states(stepper.state(), state)
        logits, state = double.step(now, state)
        ours = stepper.read(now if batch_size > 1 else now[0])
        np.testing.assert_allclose(ours, logits if batch_size > 1 else logits[0], atol=1e-10)
    assert_equal_states(stepper.state(), state)


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_dtype_is_computed_with_but_by_a_stepper(kind):
    checkpoint = random_checkpoint(kind, num_layers=2)
    model = checkpoint.model()
    single, _ = model.step(np.array([3]), model.initial_state())
    double, state = model.in_double().step(np.array([3]), model.in_double().initial_state())
    assert single.dtype == np.float32
    assert double.dtype == np.float64 == state["h"].dtype
    np.testing.assert_allclose(single, double, rtol=1e-4)
    for stepper in (model.stepper(), torch_model(checkpoint).stepper()):
        ours = stepper.read(3)
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours, double[0], rtol=1e-12)


def test_a_torch_stepper_keeps_its_weights_and_its_states_can_be_stepped_from():
    model = torch_model(random_checkpoint(num_layers=2))
    stepper, fresh = model.stepper(), model.stepper()
    expected = fresh.read(3)
    with torch.no_grad():
        model.W_hy.mul_(2)
    np.testing.assert_array_equal(stepper.read(3), expected)
    assert np.abs(model.stepper().read(3) - expected).max() > 1e-3
    logits, state = model.step(np.array([4]), stepper.state())
    np.testing.assert_allclose(state["h"].numpy(), stepper_state_after(stepper, 4), atol=1e-5)
    np.testing.assert_allclose(logits.shape, (1, len(model.vocab)))


def stepper_state_after(stepper, char_id: int) -> np.ndarray:
    stepper.read(char_id)
    return stepper.state()["h"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("engine", ["NumPy", "PyTorch"])
def test_steppers_of_one_model_do_not_disturb_each_other(kind, engine):
    checkpoint = random_checkpoint(kind, num_layers=2)
    model = checkpoint.model() if engine == "NumPy" else torch_model(checkpoint)
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
