"""What a training survives: ``python benchmarks/training_survival.py``.

A tiny network is trained by ``rnnbook train`` in a process of its own, a hundred times (a share
of that with ``--share``; about seven minutes on two quiet cores):

- killed ten times at random moments (SIGKILL), and resumed each time;
- given two signals, 0 to 100 milliseconds apart, of SIGINT, SIGTERM and SIGHUP;
- met by a second training to the same output;
- run out of room on a disk of 1 MB, a tmpfs; where none may be mounted, these cases are left out.

Nothing is lost if the training, resumed, ends with the weights, bit for bit, and the log of one
that nothing happened to; and if every refusal is one sentence. Prints a table and writes
``benchmarks/results/training_survival.json``.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from _common import provenance, table, write_json
from tqdm import tqdm

from rnnbook import checkpoints, training

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SMALL = 2**20  # bytes of the disk
_WAIT = 600.0  # seconds, on a busy machine


class Lost(Exception):
    """Something was lost; what, is the message."""


class Case:
    """One training, in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        text: Path,
        steps: int,
        rng: np.random.Generator,
        whole: Case | None = None,  # the training that nothing happens to
    ):
        self.folder, self.text, self.steps, self.rng = folder, text, steps, rng
        self.out, self.whole = folder / "lr0.01.safetensors", whole
        folder.mkdir()

    def start(self, *options: str) -> subprocess.Popen[str]:
        """A process that trains, from the beginning or with ``--resume``."""
        return subprocess.Popen(
            [
                sys.executable, "-m", "rnnbook", "train", str(self.text), "--out", str(self.out),
                "--steps", str(self.steps), "--validations", str(self.steps // 10),
                "--device", "cpu", "--hidden-size", "16", "--batch-size", "8", "--seq-len", "16",
                "--quiet", *options,
            ],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def run(self, *options: str) -> None:
        """To its end, which must be a good one."""
        process = self.start(*options)
        _, errors = process.communicate(timeout=_WAIT)
        if process.returncode:
            raise Lost(f"it ended with {process.returncode}: {errors[-300:]}")

    def wait(self, process: subprocess.Popen[str], path: Path) -> None:
        """Until a file is there, or another than it was, or the process has ended."""
        before, until = _stamp(path), time.monotonic() + _WAIT
        while _stamp(path) == before and process.poll() is None and time.monotonic() < until:
            time.sleep(0.002)

    def sleep(self, most: float) -> None:
        """Let a random time pass, in seconds."""
        time.sleep(float(self.rng.uniform(0, most)))

    def how(self) -> str:
        """The option that goes on with what is there."""
        return "--resume" if training.state_path(self.out).exists() else "--overwrite"

    def finish(self) -> None:
        """To its end, if it did not come there."""
        if not self.out.exists() or training.state_path(self.out).exists():
            self.run(self.how())

    def logged(self) -> list[tuple[int, float, float | None]]:
        """The log, without the clock."""
        points = training.read_log(training.log_path(self.out))
        return [(point.step, point.loss, point.validation_loss) for point in points]

    def check(self) -> None:
        """Raise :class:`Lost` unless it ended as the training that nothing happened to."""
        whole = self.whole
        assert whole is not None
        mine, theirs = checkpoints.load(self.out), checkpoints.load(whole.out)
        for name, array in theirs.weights.items():
            if not np.array_equal(mine.weights[name], array):
                raise Lost(f"{name} differs")
        lines = self.logged(), whole.logged()
        if lines[0] != lines[1]:
            raise Lost(f"the log differs: {len(lines[0])} lines for {len(lines[1])}")
        names = {path.name for path in self.folder.iterdir()}
        if left := names - {path.name for path in whole.folder.iterdir()}:
            raise Lost(f"left behind: {', '.join(left)}")


def _stamp(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def is_sentence(errors: str) -> bool:
    return errors.startswith("rnnbook: ") and errors.count("\n") == 1


def killed(case: Case) -> None:
    """Ten kills at random moments, each after something was saved."""
    for _ in range(10):
        process = case.start(case.how())
        case.wait(process, training.state_path(case.out))
        case.sleep(0.15)
        process.kill()
        process.communicate()
    case.finish()
    case.check()


def signalled(case: Case) -> None:
    """Two signals, up to a tenth of a second apart, at a random moment of any phase."""
    process = case.start()
    if case.rng.random() < 0.3:
        case.wait(process, training.lock_path(case.out))  # torch loads now
        case.sleep(1.0)
    else:
        case.wait(process, case.out)
        case.sleep(0.2)
    for number in case.rng.choice(len(SIGNALS), 2):
        if process.poll() is None:
            process.send_signal(SIGNALS[number])
        case.sleep(0.1)
    output, errors = process.communicate(timeout=_WAIT)
    has_state = training.state_path(case.out).exists()
    if errors or ("stopped and saved" in output) != has_state:
        raise Lost(f"{output[-200:]!r}, {errors[-300:]!r}, {'a' if has_state else 'no'} state")
    case.finish()
    case.check()


def met(case: Case) -> None:
    """A second training to the same output, which must be refused in one sentence."""
    process = case.start()
    case.wait(process, training.lock_path(case.out))  # torch loads now: the second will not
    case.sleep(0.2)
    other = case.start(str(case.rng.choice(["--resume", "--overwrite", "--quiet"])))
    _, refusal = other.communicate(timeout=_WAIT)
    _, errors = process.communicate(timeout=_WAIT)
    if process.returncode or errors:
        raise Lost(f"the first ended with {process.returncode}: {errors[-300:]}")
    if other.returncode == 0 or not is_sentence(refusal):
        raise Lost(f"the second ended with {other.returncode}: {refusal[-300:]}")
    case.check()


def filled(case: Case) -> None:
    """A disk that becomes full at a random moment; then there is room again, and it goes on."""
    with small_disk(case.folder):
        process = case.start()
        case.wait(process, training.state_path(case.out))
        case.sleep(0.2)
        ballast = case.folder / "ballast"
        fill(ballast)
        _, errors = process.communicate(timeout=_WAIT)
        ballast.unlink()
        if errors and not is_sentence(errors):
            raise Lost(f"it ended with {process.returncode}: {errors[-300:]}")
        case.finish()
        case.check()


@contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A disk of 1 MB at a folder, if one may be mounted here; whether it is."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={_SMALL}", "tmpfs", str(folder)]
    try:
        is_mounted = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        is_mounted = False
    try:
        yield is_mounted
    finally:
        if is_mounted:
            subprocess.run(["umount", str(folder)], check=True)


def fill(path: Path) -> None:
    """Write until there is no room left."""
    with path.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 512)
        except OSError:
            return


#: What happens, and how often in a hundred.
KINDS: dict[str, tuple[Callable[[Case], None], int]] = {
    "ten kills at random moments": (killed, 5),
    "two signals, 0 to 100 ms apart": (signalled, 35),
    "two trainings to one output": (met, 30),
    "a full disk": (filled, 30),
}


def attempt(kind: str, case: Case) -> str:
    """What was lost; nothing, if all went well."""
    try:
        KINDS[kind][0](case)
    except Exception as error:  # whatever it is, the other cases go on
        return f"{kind}: {type(error).__name__}: {error}"
    return ""


def run_all(
    folder: Path, steps: int, counts: dict[str, int], seed: int, jobs: int
) -> list[tuple[str, str]]:
    """The kind of every case, and what it lost."""
    rng = np.random.default_rng(seed)
    text = folder / "text.txt"
    words = rng.choice(["the", "cat", "sat", "on", "a", "mat", "and", "ran."], 800)
    text.write_text(" ".join(words), encoding="utf-8")
    whole = Case(folder / "whole", text, steps, rng)
    whole.run()
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    cases = [
        Case(folder / f"case{number}", text, steps, np.random.default_rng([seed, number]), whole)
        for number in range(len(kinds))
    ]
    found = []
    with ThreadPoolExecutor(jobs) as pool, tqdm(total=len(kinds), unit="case") as bar:
        for kind, lost in zip(kinds, pool.map(attempt, kinds, cases), strict=True):
            found.append((kind, lost))
            bar.update()
            if lost:
                bar.write(f"lost: {lost}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the hundred cases")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="trainings side by side")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder, "probe")
        probe.mkdir()
        with small_disk(probe) as is_mounted:
            counts = {
                kind: round(options.share * count)
                for kind, (happening, count) in KINDS.items()
                if is_mounted or happening is not filled
            }
        found = run_all(Path(folder), options.steps, counts, options.seed, options.jobs)
    rows = []
    for kind in counts:
        lost = [what for name, what in found if name == kind]
        rows.append((kind, sum(map(bool, lost)), len(lost)))
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    header = ("what happened", "lost", "of")
    print(table(header, rows))
    if len(counts) < len(KINDS):
        print("no disk of 1 MB could be mounted here (it takes root), so none was filled")
    settings = {"seed": options.seed, "steps": options.steps}
    write_json("training_survival", provenance(**settings, header=header, rows=rows))


if __name__ == "__main__":
    main()
