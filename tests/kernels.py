"""Run the numerical tests on another kernel of OpenBLAS than NumPy's own: ``make test-kernels``.

It is the oldest one that this processor runs, Nehalem aside, with one thread and PyTorch's oneDNN
off. ``make test`` runs all tests on the kernel that NumPy has chosen, so that both together cover
two. Where no kernel can be chosen, the tests run once.

    python tests/kernels.py [--all] [option of pytest ...]

``--all`` takes every kernel that the processor runs, with one thread and with two, with oneDNN and
without, and prints a table.
"""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import product

from paths import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

from _kernels import environment, kernels, own_kernel

Setting = tuple[str | None, int, bool]  # kernel, threads, oneDNN


def settings(every: bool) -> list[Setting]:
    """What to run: another kernel, or all of them with everything."""
    found, own = kernels(), own_kernel()
    if every:
        return list(product(found or [None], (1, 2), (True, False)))
    others = [name for name in found if name not in (own, "Nehalem")] or found
    return [(others[0] if others else None, 1, False)]


def run(setting: Setting, options: list[str]) -> tuple[int, str]:
    """The exit code of the numerical tests, and pytest's last line."""
    kernel, threads, onednn = setting
    chosen = environment(kernel, threads)
    if not onednn:
        chosen["RNNBOOK_NO_ONEDNN"] = "1"
    program = [sys.executable, "-m", "pytest", "-q", "-m", "numerical and not slow", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(program, cwd=ROOT, env=chosen, stdout=pipe, text=True) as tests:
        lines = []
        assert tests.stdout is not None
        for line in tests.stdout:
            sys.stdout.write(line)
            lines.append(line.rstrip())
    counts = [line for line in lines if re.search(r"\d+ (passed|failed|error)", line)]
    return tests.returncode, counts[-1] if counts else "no result"


def main() -> int:
    options = [word for word in sys.argv[1:] if word != "--all"]
    told, worst = [], 0
    for setting in settings("--all" in sys.argv):
        kernel, threads, onednn = setting
        name = f"{kernel or own_kernel() or 'the only kernel'}, {threads} thread"
        name += "s" * (threads > 1) + f", oneDNN {'on' if onednn else 'off'}"
        print(f"--- {name}", flush=True)
        code, counts = run(setting, options)
        told.append(f"{name}: {counts}")
        worst = max(worst, code)
    print("\n".join(["", *told]))
    return worst


if __name__ == "__main__":
    sys.exit(main())
