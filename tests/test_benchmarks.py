"""The benchmarks can be started, and their results are there and tell where they came from."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import islice

import numpy as np
import pytest
from paths import ROOT

FOLDER = ROOT / "benchmarks"
PROGRAMS = sorted(path for path in FOLDER.glob("*.py") if not path.name.startswith("_"))
RESULTS = sorted((FOLDER / "results").glob("*.json"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_benchmark_says_what_it_does(path):
    done = subprocess.run([sys.executable, path, "--help"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage:" in done.stdout


def test_every_benchmark_has_its_result():
    assert [path.stem for path in RESULTS] == [path.stem for path in PROGRAMS]


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_result_tells_where_it_came_from(path):
    text = path.read_text(encoding="utf-8")
    content = json.loads(text)
    assert content["date"] and content["cpu"] and content["cores"]
    assert {"python", "numpy", "torch"} <= set(content["versions"])
    assert not re.search(r'["\s=]/|[A-Z]:\\', text), "a path of the machine"


def test_the_published_algorithm_is_the_readable_one(monkeypatch):
    """The baseline computes what the package does, so that the ratio compares the same thing."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import numpy_training

    ids = np.random.default_rng(0).integers(0, 12, size=400)
    published = islice(numpy_training.published(ids, 12), 7)
    readable = islice(numpy_training.batched(ids, 12, 1, np.float64), 7)
    np.testing.assert_allclose(list(published), list(readable), rtol=1e-6)  # later, roundings grow


def test_the_own_kernel_is_known_in_a_fresh_process():
    """Else ``make test-kernels`` could take the very kernel that NumPy has chosen."""
    code = "import _kernels; print(_kernels.own_kernel()); import numpy; "
    code += "print(_kernels.threadpool_info())"
    program, folder = [sys.executable, "-c", code], ROOT / "benchmarks"
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=True)
    own, _, info = done.stdout.partition("\n")
    assert own != "None" or "openblas" not in info
