"""``rnnbook export``: a network as a file of PyTorch, ONNX or Keras."""

from __future__ import annotations

import argparse
from pathlib import Path

from rnnbook import checkpoints, ports
from rnnbook.cli.page_command import name_of
from rnnbook.errors import PortError
from rnnbook.files import write_atomically


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "export",
        help="write a network as a file of PyTorch, ONNX or Keras",
        description=(
            "Write the weights of an RNN, GRU or LSTM as another library loads them, and say the "
            "lines that load them there. The characters travel along, in the order of the ids."
        ),
    )
    parser.add_argument("model", metavar="MODEL", help="a checkpoint, or its name")
    parser.add_argument(
        "--to",
        required=True,
        choices=tuple(ports.FORMATS),
        help="torch: a state_dict, as safetensors; onnx: a graph for any length and batch size; "
        "keras: a file for load_weights",
    )
    endings = ", ".join(f"MODEL{ending}" for ending in ports.FORMATS.values())
    parser.add_argument("-o", "--out", type=Path, help=f"the file (default: {endings})")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    parser.set_defaults(run=run_export)


def run_export(options: argparse.Namespace) -> int:
    """Write the file, and print the lines that load it."""
    checkpoint = checkpoints.load(options.model)
    out = options.out or Path(name_of(options.model) + ports.FORMATS[options.to])
    _check_place(out, options)
    content = ports.exported(checkpoint, options.to)
    try:
        write_atomically(out, lambda path: path.write_bytes(content))
    except OSError as error:
        raise PortError(f"cannot write {out}: {error.strerror}; choose another place") from error
    print(f"# {out}: {len(content) / 1e6:.2f} MB. To read a text with it:")
    print(ports.recipe(checkpoint, options.to, str(out)))
    return 0


def _check_place(out: Path, options: argparse.Namespace) -> None:
    ending = ports.FORMATS[options.to]
    last = ending.rpartition(".")[2]
    if out.is_dir():
        raise PortError(f"{out} is a folder; give the file a name: -o {out / ('network' + ending)}")
    if options.to == "keras" and not out.name.endswith(ending):
        raise PortError(f"Keras loads only files called …{ending}; choose such a name")
    if out.suffix != f".{last}":
        raise PortError(f"call the file …{ending}, so that others know what it is")
    if out.exists() and not options.overwrite:
        raise PortError(f"{out} is there already; give another name with -o, or --overwrite")
