"""The command line: train, sample, evaluate, inspect, list, page, experiment, claims.

Exit codes: 0 done; 1 something that the message says how to mend; 2 a wrong
option; 130 interrupted (what was under way is saved).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rnnbook import __version__
from rnnbook.cli import commands, experiment_commands, page_command, training_command
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
    experiment_commands.add_parsers(subparsers)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = build_parser().parse_args(arguments)
    try:
        return options.run(options)
    except RnnbookError as error:
        print(f"rnnbook: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nrnnbook: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output, such as `head`, has gone
        sys.stderr.close()
        return 0
