"""Which kernels of OpenBLAS this processor runs: what ``OPENBLAS_CORETYPE`` may choose."""

from __future__ import annotations

import os
from pathlib import Path

from threadpoolctl import threadpool_info

#: A kernel, and what a processor must have for it (the names of Linux).
NEEDS = {
    "Nehalem": {"sse4_2"},
    "Haswell": {"avx2", "fma"},
    "Zen": {"avx2", "fma"},
    "SkylakeX": {"avx512f", "avx512dq", "avx512bw", "avx512vl"},
    "Cooperlake": {"avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512_bf16"},
}


def own_kernel() -> str | None:
    """The kernel that NumPy's OpenBLAS has chosen in this process, if it is OpenBLAS."""
    import numpy  # noqa: F401 - it is asked of what is loaded

    found = [one for one in threadpool_info() if "numpy" in one["filepath"]]
    return found[0].get("architecture") if found else None


def kernels() -> list[str]:
    """The kernels that can be chosen here; none if the system does not tell."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    flags = next((set(line.split()) for line in lines if line.startswith("flags")), set())
    return [name for name, needed in NEEDS.items() if needed <= flags]


def environment(kernel: str | None = None, threads: int | None = None) -> dict[str, str]:
    """The environment of a process with this kernel and so many threads."""
    chosen = dict(os.environ)
    if kernel:
        chosen["OPENBLAS_CORETYPE"] = kernel
    if threads:
        chosen["OPENBLAS_NUM_THREADS"] = chosen["OMP_NUM_THREADS"] = str(threads)
    return chosen
