"""``rnnbook page``: a network as one HTML file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rnnbook import checkpoints, evaluation
from rnnbook.checkpoints import Checkpoint
from rnnbook.cli.text_options import text_for, validation_fraction
from rnnbook.errors import CheckpointError, TextError
from rnnbook.files import write_atomically


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "page",
        help="make one HTML file of a network, that writes without a network or a server",
        description=(
            "Make a page that holds a network, its live figures and its card, and asks no other "
            "machine for anything. Of the text that the network read nothing goes along, unless "
            "--with-text says so."
        ),
    )
    parser.add_argument("models", nargs="+", metavar="MODEL", help="a checkpoint, or its name")
    parser.add_argument(
        "-o",
        "--out",
        type=Path,
        help="the page (default: MODEL.html); as NAME.mjs, the one --figure as an ES module, for "
        "MyST's {anywidget} directive",
    )
    parser.add_argument("--title", default="", help="of the page (default: the networks' names)")
    parser.add_argument(
        "--figure",
        help="one figure alone, to embed: sampler, temperature, reader, unit_finder or gates",
    )
    parser.add_argument(
        "--text", help="the text that the network read: to measure how much it repeats"
    )
    parser.add_argument(
        "--with-text",
        type=int,
        default=0,
        metavar="N",
        help="let the page hold the first N characters of the held-out part of that text",
    )
    parser.add_argument(
        "--storage",
        choices=("int8", "float16", "float32"),
        default="int8",
        help="how the weights are stored (default: int8, a quarter of float32)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a page that is there")
    parser.set_defaults(run=run_page)


def run_page(options: argparse.Namespace) -> int:
    """Write the page, and say where it is and how to embed it."""
    from rnnbook import page

    networks = [(name_of(model), checkpoints.load(model)) for model in options.models]
    out = options.out or Path(f"{networks[0][0]}.html")
    _check_place(out, options)
    included = [_included(checkpoint, options) for _, checkpoint in networks]
    if out.suffix == ".mjs":
        text = page.module(
            *networks[0], options.figure, storage=options.storage, text=included[0].text
        )
    else:
        text = page.build(
            networks,
            title=options.title,
            figure=options.figure,
            storage=options.storage,
            included=included,
        )
    try:
        write_atomically(out, lambda path: path.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise CheckpointError(
            f"cannot write {out}: {error.strerror}; choose another place"
        ) from error
    size = f"{out}: {out.stat().st_size / 1e6:.2f} MB"
    if out.suffix == ".mjs":
        print(f"{size}; in a page of MyST:\n```{{anywidget}} ./{out.name}\n```")
        return 0
    print(f"{size}; open it in a browser, or send it on")
    if options.figure:
        print(page.snippet(out.name, f"{options.figure} of {networks[0][0]}"))
    return 0


def name_of(model: str) -> str:
    """What the page calls a network: the file's name without its ending."""
    return Path(model).name.removesuffix(".safetensors").removesuffix(".html") or model


def _check_place(out: Path, options: argparse.Namespace) -> None:
    if out.is_dir():
        raise CheckpointError(f"{out} is a folder; give the page a name: -o {out / 'page.html'}")
    if out.suffix == ".mjs" and (options.figure is None or len(options.models) > 1):
        raise CheckpointError("a module shows one figure of one network: name it with --figure")
    if out.suffix.lower() not in (".html", ".htm", ".mjs"):
        raise CheckpointError(f"the page is HTML; call it {out.with_suffix('.html')}")
    if out.exists() and not options.overwrite:
        raise CheckpointError(f"{out} is there already; give another name with -o, or --overwrite")


def _included(checkpoint: Checkpoint, options: argparse.Namespace):
    """What of its text goes along with a network, and how much of it the network repeats."""
    from rnnbook.page import Included

    if options.with_text < 0:
        raise TextError(f"--with-text takes a number of characters, not {options.with_text}")
    if not options.text:
        if options.with_text:
            raise TextError("to put text into the page, say which: --text FILE")
        return Included()
    corpus, _, note = text_for(checkpoint, [options.text])
    if note:
        print(note, file=sys.stderr)
    text, cut = corpus.text, corpus.cut(validation_fraction(checkpoint))
    checkpoint.vocab.encode(text)  # or say what it does not know
    shown = text[cut : cut + options.with_text]
    print("looking for copies of the text in what the network writes …", file=sys.stderr)
    found = evaluation.copies(checkpoint.model(), text)
    return Included(shown, len(found.longest), found.written)
