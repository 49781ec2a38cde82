"""The command line: train, sample, evaluate, inspect, list, page, export, book, experiment, claims.

Exit codes: 0 done; 1 something that the message says how to mend; 2 a wrong
option; 130 interrupted (what was under way is saved). A reader of the output that goes, such
as ``head``, is no error; an output that cannot be written is one, unless a file holds what
came of the command.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rnnbook import __version__, extras, streams
from rnnbook.cli import (
    book_command,
    commands,
    experiment_commands,
    export_command,
    page_command,
    training_command,
)
from rnnbook.cli.parser import Parser
from rnnbook.errors import RnnbookError

_EPILOG = """\
a text and ten minutes are enough:
  rnnbook train my-text.txt --minutes 10      learn to write like it
  rnnbook sample my-text.safetensors          let it write
  rnnbook evaluate my-text.safetensors my-text.txt
  rnnbook page my-text.safetensors            one HTML file that writes, to take along

without a text of your own:
  rnnbook list                                what is shipped with the book
  rnnbook sample shakespeare --temperature 0.7
"""


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = Parser(
        prog="rnnbook",
        description="Train recurrent networks on text, and look at what they learnt.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"rnnbook {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    training_command.add_parser(subparsers)
    commands.add_parsers(subparsers)
    page_command.add_parser(subparsers)
    export_command.add_parser(subparsers)
    book_command.add_parser(subparsers)
    experiment_commands.add_parsers(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    with streams.standard_streams() as (out, _):
        try:
            options = build_parser().parse_args(arguments)
        except SystemExit as done:  # --help, or a wrong option
            raise SystemExit(_concluded(out, int(done.code or 0))) from None
        return _concluded(out, _run(options), is_saved=_leaves_a_file(options))


def _leaves_a_file(options: argparse.Namespace) -> bool:
    """Whether what comes of a command is in a file, whatever becomes of the output."""
    is_experiment = options.command == "experiment" and options.name and not options.repeat
    return options.command in ("train", "page", "export") or bool(is_experiment)


def _run(options: argparse.Namespace) -> int:
    try:
        return options.run(options)
    except RnnbookError as error:
        print(f"rnnbook: {streams.without_controls(str(error))}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:  # of a part of the package that was not installed
        missing = (error.name or "rnnbook").partition(".")[0]
        if missing == "rnnbook":
            raise
        print(f"rnnbook: {extras.sentence(f'`{options.command}`', missing)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nrnnbook: interrupted", file=sys.stderr)
        return 130


def _concluded(out: streams.Output, code: int, *, is_saved: bool = False) -> int:
    """The exit code after what was printed has gone out, or could not."""
    out.flush()
    if out.failure is None or out.reader_has_gone:
        return code
    print(f"rnnbook: the output cannot be written: {out.failure.strerror}", file=sys.stderr)
    return code if is_saved else code or 1
