"""Loss against time: ``python benchmarks/minutes.py tinyshakespeare.txt``.

Trains with the package's defaults for 3 minutes (three seeds) and for 12, and one
more with the options of ``--long`` if given, and collects the curve of each as points: seconds,
training loss, and the validation loss on its way. The last tenth of the text is the
validation part. Beside each final loss, with the state carried, stands the one in
blocks of 256 characters without it, and the best n-gram's.

A run that is there already is not repeated: the checkpoints are kept in ``--folder``.
Prints a table and writes ``benchmarks/results/minutes.json``.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from pathlib import Path

from _common import provenance, table, write_json

from rnnbook import checkpoints, training

#: Name of a run: the options of ``rnnbook train`` that differ from the defaults.
RUNS = {
    "3 minutes, seed 0": "--minutes 3 --seed 0",
    "3 minutes, seed 1": "--minutes 3 --seed 1",
    "3 minutes, seed 2": "--minutes 3 --seed 2",
    "12 minutes": "--minutes 12",
}


def run(name: str, text: Path, options: str, folder: Path) -> dict:
    out = folder / f"{name.replace(' ', '-').replace(',', '')}.safetensors"
    command = [sys.executable, "-m", "rnnbook", "train", str(text), "--out", str(out)]
    command += [*shlex.split(options), "--storage", "int8", "--quiet"]
    unfinished = training.state_path(out).exists()
    if unfinished or not out.exists():
        subprocess.run([*command, *(["--resume"] if unfinished else [])], check=True)
    info = checkpoints.load(out).info
    return {
        "command": info["command"],
        "corpus": info["corpus"],
        "parameters": info["parameters"],
        "megabytes": round(out.stat().st_size / 1e6, 2),
        "seconds": info["seconds"],
        "steps": info["steps"],
        "loss": info["validation_loss"],
        "block_loss": info["block_loss"],
        "ngram": info["ngram"],
        "curve": [
            {key: point[key] for key in ("seconds", "step", "loss", "validation_loss")}
            for point in info["history"]
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("text", type=Path, help="a UTF-8 text file")
    parser.add_argument("--folder", type=Path, default=Path("runs"), help="of the checkpoints")
    parser.add_argument("--only", help="part of the name of the runs to make")
    parser.add_argument("--long", help="options of one more run, as '--minutes 60 ...'")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    runs = {**RUNS, **({"long": options.long} if options.long else {})}
    chosen = {name: words for name, words in runs.items() if (options.only or "") in name}
    results = {n: run(n, options.text, words, options.folder) for n, words in chosen.items()}
    rows = [
        (name, f"{r['seconds']:.0f}", f"{r['loss']:.4f}", f"{r['block_loss']:.4f}",
         f"{r['ngram']['loss']:.4f}", f"{r['megabytes']}")
        for name, r in results.items()
    ]  # fmt: skip
    print(table(("run", "seconds", "loss", "in blocks", "n-gram", "MB"), rows))
    write_json("minutes", provenance(runs=results))


if __name__ == "__main__":
    main()
