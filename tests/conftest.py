"""What several test files share: small networks and small texts."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from browser import browser
from hypothesis import settings

from rnnbook.checkpoints import Checkpoint
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig, weight_shapes
from rnnbook.sampling import sample
from rnnbook.text import Vocab

# these tests are about what is computed, never about how fast
settings.register_profile("rnnbook", deadline=None)
settings.load_profile("rnnbook")

# A shell starts what runs in its background deaf to Ctrl+C, and so would be all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

assert browser  # a fixture for all, once a session

KINDS = ("rnn", "gru", "lstm")


def random_checkpoint(
    kind: str = "lstm",
    hidden_size: int = 12,
    num_layers: int = 1,
    embedding_size: int = 5,
    chars: str = "\n abcdefgh.",
    seed: int = 0,
) -> Checkpoint:
    """A network with random weights, as a checkpoint."""
    config = ModelConfig(kind, hidden_size, num_layers, embedding_size)
    vocab = Vocab.from_text(chars)
    rng = np.random.default_rng(seed)
    weights = {
        name: rng.normal(scale=0.4, size=shape).astype(np.float32)
        for name, shape in weight_shapes(config, len(vocab)).items()
    }
    return Checkpoint(config, vocab, weights, {"corpus": {"name": "none"}, "note": "random"})


def own_ids(model: NumpyModel, length: int, seed: int = 0) -> list[int]:
    """Ids of a text such as the model itself writes.

    Two engines round differently. On its own kind of text a trained network forgets the
    difference; on random characters some networks are chaotic, and it grows a hundredfold.
    """
    text = sample(model, model.vocab[-1], length, rng=np.random.default_rng(seed))
    return model.vocab.encode(text)[:length].tolist()


@pytest.fixture
def checkpoint() -> Checkpoint:
    return random_checkpoint()


@pytest.fixture
def small_text() -> str:
    """Some three thousand characters with structure that a network can learn."""
    rng = np.random.default_rng(0)
    words = ["the", "cat", "sat", "on", "a", "mat", "and", "ran"]
    picked = rng.choice(words, 800)
    return " ".join(picked).replace("and ran", "and ran.\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests with a browser come last: it keeps an event loop running in this thread."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))
