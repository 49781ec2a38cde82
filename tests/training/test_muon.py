"""Muon: orthogonal steps, block by block."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab
from rnnbook.torch_networks.rnn import TorchModel
from rnnbook.training import TrainingConfig
from rnnbook.training.muon import Muon, orthogonalize
from rnnbook.training.optimizers import optimizers

pytestmark = pytest.mark.numerical


@pytest.mark.parametrize("shape", [(40, 40), (40, 12), (12, 40), (1, 8)])
@pytest.mark.parametrize(("iterations", "least", "most"), [(5, 0.85, 1.15), (3, 0.2, 1.95)])
def test_the_singular_values_become_about_one(shape, iterations, least, most):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    before = torch.linalg.svdvals(matrix)
    after = torch.linalg.svdvals(orthogonalize(matrix, iterations))
    large = before > 0.1 * before.max()
    assert after.max() < most and after[: int(large.sum())].min() > least


def test_the_directions_stay():
    matrix = torch.randn(30, 30, generator=torch.Generator().manual_seed(0))
    u, _, v = torch.linalg.svd(matrix)
    nearest, found = (u @ v).flatten(), orthogonalize(matrix).flatten()
    before = matrix.flatten()
    assert nearest @ found / nearest.norm() / found.norm() > 0.85
    assert nearest @ before / nearest.norm() / before.norm() < 0.85


def test_zeros_stay_zeros():
    assert not orthogonalize(torch.zeros(4, 6)).any()


def test_several_matrices_are_made_orthogonal_each_by_itself():
    matrices = torch.randn(3, 8, 12, generator=torch.Generator().manual_seed(0))
    found = orthogonalize(matrices)
    for matrix, each in zip(matrices, found, strict=True):
        np.testing.assert_allclose(each, orthogonalize(matrix), atol=1e-5)


def test_in_bfloat16_the_step_is_the_same_but_for_rounding():
    matrix = torch.randn(64, 64, generator=torch.Generator().manual_seed(0))
    exact, rounded = orthogonalize(matrix), orthogonalize(matrix, factors=torch.bfloat16)
    assert rounded.dtype == torch.float32
    assert 0 < float((exact - rounded).norm() / exact.norm()) < 0.05


def one_step(blocks, run=map):
    generator = torch.Generator().manual_seed(0)
    parameter = torch.nn.Parameter(torch.zeros(24, 6))
    parameter.grad = torch.randn(24, 6, generator=generator)
    Muon([(parameter, blocks)], lr=0.1, run=run, workers=2).step()
    return parameter.detach().numpy()


def test_every_block_is_made_orthogonal_by_itself():
    generator = torch.Generator().manual_seed(0)
    gradient = torch.randn(24, 6, generator=generator)
    moved = one_step(4)
    for block, part in zip(np.split(moved, 4), gradient.chunk(4), strict=True):
        wanted = -0.1 * 0.2 * 6**0.5 * orthogonalize(part).numpy()
        np.testing.assert_allclose(block, wanted, atol=1e-6)
    assert not np.allclose(moved, one_step(1), atol=1e-3)


def test_a_pool_of_threads_gives_the_same_step():
    with ThreadPoolExecutor(2) as pool:
        np.testing.assert_array_equal(one_step(4), one_step(4, pool.map))


def test_a_step_moves_every_entry_by_a_fifth_of_the_rate():
    parameter = torch.nn.Parameter(torch.zeros(64, 64))
    parameter.grad = torch.randn(64, 64, generator=torch.Generator().manual_seed(0)) * 1e-4
    Muon([(parameter, 1)], lr=0.1).step()
    size = float(parameter.detach().square().mean().sqrt())
    assert size == pytest.approx(0.02, rel=0.3), "whatever the gradient's size is"


@pytest.mark.parametrize("hidden_size", [12, 512])
def test_each_gate_is_a_block(hidden_size):
    config = ModelConfig("gru", hidden_size, 2, 8)
    model = TorchModel(Vocab("ab"), config, np.random.default_rng(0))
    muon = optimizers(model, TrainingConfig())[0]
    names = {id(value): name for name, value in model.named_parameters()}
    blocks = {names[id(g["params"][0])]: g["blocks"] for g in muon.param_groups}
    assert blocks == {
        "layers.0.W_xh": 3,
        "layers.0.W_hh": 3,
        "layers.1.W_xh": 3,
        "layers.1.W_hh": 3,
        "W_hy": 1,
    }
