"""What several test files share: small networks and small texts."""

from __future__ import annotations

import asyncio
import functools
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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

# Figures that tests put into pages find scripts and weights beside them, as in the built book.
os.environ["RNNBOOK_FILES_BESIDE"] = "1"

# A shell starts what runs in its background deaf to Ctrl+C, and so would be all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

if os.environ.get("RNNBOOK_NO_ONEDNN"):  # PyTorch's own products instead of oneDNN's
    import torch

    torch.backends.mkldnn.enabled = False

assert browser  # a fixture for all, once a session

KINDS = ("rnn", "gru", "lstm")


def random_checkpoint(
    kind: str = "lstm",
    hidden_size: int = 12,
    num_layers: int = 1,
    embedding_size: int = 5,
    chars: str = "\n abcdefgh.",
    seed: int = 0,
    **more: Any,
) -> Checkpoint:
    """A network with random weights, as a checkpoint."""
    config = ModelConfig(kind, hidden_size, num_layers, embedding_size, **more)
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


# ------------------------------------------------------------------ tests side by side
# `make test` shares the tests out among several processes, with pytest-xdist.


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """For ``-n auto``: two more than there are cores, since tests with a browser mostly wait."""
    return (os.cpu_count() or 1) + 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """One thread for each, unless the environment says another number: the cores are taken."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """For ``--dist loadfile``: the tests of a file stay together, unless it is marked ``apart``."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class FilesTogether(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return unit(nodeid, config.rootpath)

    config.option.loadscopereorder = False  # the order is that of the collection
    return FilesTogether(config, log)


def unit(nodeid: str, root: Path) -> str:
    """What a test is given out with: its file, or only itself."""
    file = nodeid.split("::")[0]
    return nodeid if is_apart(root / file) else file


@functools.cache
def is_apart(file: Path) -> bool:
    """Whether a file of tests is marked; the process that gives them out has only their names."""
    return "pytest.mark.apart" in file.read_text(encoding="utf-8")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is slow comes first, so that nothing long is left when all else is done."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def needs_browser(item: pytest.Item) -> bool:
    return "browser" in getattr(item, "fixturenames", ())


@contextmanager
def browser_at_rest(item: pytest.Item) -> Iterator[None]:
    """Playwright leaves its loop standing in this thread, where asyncio would take it for running.

    It stands still until the browser is asked for something, so that a test which does without
    a browser may run a loop of its own, or a Playwright of its own.
    """
    loop = None if needs_browser(item) else asyncio._get_running_loop()
    if loop is None:
        yield
        return
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with browser_at_rest(item):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with browser_at_rest(item):
        return (yield)
