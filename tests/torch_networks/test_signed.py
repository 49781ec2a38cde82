"""The minGRU whose factors may be negative, beside its equation in a loop."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab
from rnnbook.torch_networks.linear import LinearTorchModel
from rnnbook.torch_networks.signed import SignedBlock, SignedMinGRU

VOCAB = Vocab.from_text("01")
CONFIG = ModelConfig("mingru", 6, 2, 4)


def test_it_does_what_its_equation_says():
    block = SignedBlock(CONFIG).double()
    draws = torch.Generator().manual_seed(0)
    z, n = (torch.randn((9, 3, 6), generator=draws, dtype=torch.float64) for _ in range(2))
    h = torch.randn((3, 6), generator=draws, dtype=torch.float64)
    found, last = block.recurrence({}, z, n, h_0=h)
    for t in range(9):
        gate = torch.sigmoid(z[t])
        h = (1 - 2 * gate) * h + gate * n[t]
        torch.testing.assert_close(found[t], h, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(last, h)


def test_it_begins_with_the_weights_of_a_mingru():
    signed, plain = (make(VOCAB, CONFIG, np.random.default_rng(3))
                     for make in (SignedMinGRU, LinearTorchModel))  # fmt: skip
    assert signed.state_dict().keys() == plain.state_dict().keys()
    for name, value in plain.state_dict().items():
        torch.testing.assert_close(signed.state_dict()[name], value)
    ids = torch.tensor([[0, 1, 1, 0]])
    with torch.no_grad():
        ours, theirs = (net(ids, net.initial_state(1))[0] for net in (signed, plain))
    assert not torch.allclose(ours, theirs)


def test_two_windows_are_one():
    network = SignedMinGRU(VOCAB, CONFIG, np.random.default_rng(1)).double()
    ids = torch.tensor([[0, 1, 1, 0, 1, 0, 0, 1]])
    whole, _ = network(ids, network.initial_state(1))
    first, state = network(ids[:, :3], network.initial_state(1))
    second, _ = network(ids[:, 3:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole, rtol=1e-10, atol=1e-12)


def test_other_kinds_have_no_such_factor():
    with pytest.raises(ValueError, match="only a mingru can be signed, not a lru"):
        SignedMinGRU(VOCAB, ModelConfig("lru", 6, 1, 4), np.random.default_rng(0))
