"""``rnnbook experiment`` and ``rnnbook claims``."""

from __future__ import annotations

import argparse
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from rnnbook.errors import ExperimentError

if TYPE_CHECKING:  # else imported when needed: some experiments need packages of their own
    from rnnbook import claims

_WIDTH = 100


def add_parsers(subparsers) -> None:
    _add_experiment(subparsers)
    parser = subparsers.add_parser(
        "claims",
        help="what was claimed of recurrent networks, and what was measured here",
        description=(
            "Print the ledger of claims from the stored results. `claims run NUMBER` repeats the "
            "experiments behind one, from their beginning, and holds the claim against both. "
            "The exit code is 1 if the results give another verdict than the ledger's."
        ),
    )
    parser.add_argument("action", nargs="?", choices=("run",))
    parser.add_argument("number", nargs="?", type=int, help="of the claim, with `run`")
    parser.add_argument(
        "--history", action="store_true", help="which verdicts were overturned, when, and why"
    )
    _add_options(parser)
    parser.set_defaults(run=run_claims)


def _add_experiment(subparsers) -> None:
    parser = subparsers.add_parser(
        "experiment",
        help="run an experiment of the book, or go on with it",
        description=(
            "Without a name: what experiments there are, and what they ask. A stopped experiment "
            "goes on where it was; a finished one is not repeated, unless with --repeat."
        ),
    )
    parser.add_argument("name", nargs="?")
    parser.add_argument(
        "--repeat",
        action="store_true",
        help="run it again from its beginning, and compare with what is stored",
    )
    _add_options(parser)
    parser.set_defaults(run=run_experiment)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--results", "--folder", type=Path, metavar="FOLDER", dest="folder",
        help="where results are (default: book/results in a checkout of the book; else those "
        "of the book are read from the package, and new ones are written to ./rnnbook-results)",
    )  # fmt: skip
    parser.add_argument("--jobs", type=int, help="cases side by side (default: one a core)")


def run_experiment(options: argparse.Namespace) -> int:
    """Run an experiment, repeat it, or list all."""
    from rnnbook import experiments

    if options.name is None:
        for experiment in experiments.EXPERIMENTS.values():
            print(f"{experiment.name:18} {experiment.question}")
        return 0
    if not options.repeat:
        folder = options.folder or experiments.OUTPUT
        if folder != experiments.RESULTS:
            print(f"what is measured is written to {folder}", file=sys.stderr)
        _run(options.name, folder, options.jobs)
        return 0
    stored = options.folder or experiments.RESULTS
    with tempfile.TemporaryDirectory() as folder:
        return 0 if _repeat(options.name, stored, Path(folder), options.jobs) else 1


def _run(name: str, folder: Path, jobs: int | None) -> None:
    """Run an experiment with a bar for its progress."""
    from rnnbook import experiments

    experiment = experiments.find(name)
    total = len(experiment.cases())
    with tqdm(total=total, desc=name, unit="case", file=sys.stderr, disable=None) as bar:
        for done, _, _ in experiments.run(experiment, folder, jobs):
            bar.update(done - bar.n)
            if bar.disable:  # no terminal: a log holds lines
                print(f"{name}: {done} of {total} cases", file=sys.stderr)
        bar.update(total - bar.n)
    print(f"{experiments.result_path(name, folder)}: {total} cases")


def _repeat(name: str, stored: Path, folder: Path, jobs: int | None) -> bool:
    """Run an experiment anew and compare; whether all means lie where they should."""
    from rnnbook import experiments

    before = experiments.load(name, stored)
    _run(name, folder, jobs)
    cases = experiments.find(name).cases()
    compared, found = experiments.deviations(before, experiments.load(name, folder), cases)
    for deviation in found:
        print(f"  {deviation}")
    print(f"{name}: {compared - len(found)} of {compared} numbers lie within what is stored")
    return not found


def run_claims(options: argparse.Namespace) -> int:
    """Print the ledger, or repeat a claim."""
    from rnnbook import claims

    folder = options.folder or claims.RESULTS
    if options.action == "run":
        return _run_claim(options, folder)
    if options.history:
        print("\n".join(_fallen(claim, one) for claim, one in claims.history()))
        return 0
    findings = claims.check_all(folder)
    for section, members in claims.SECTIONS.items():
        print(f"\n{section}")
        for finding in findings:
            if finding.claim in members:
                print(_line(finding))
    failed = [finding for finding in findings if finding.problem]
    if failed:
        numbers = ", ".join(str(finding.claim.number) for finding in failed)
        print(f"\n{len(failed)} of {len(findings)} claims are not supported: {numbers}")
    return 1 if failed else 0


def _run_claim(options: argparse.Namespace, stored: Path) -> int:
    from rnnbook import claims

    if options.number is None:
        raise ExperimentError("say which claim: rnnbook claims run NUMBER")
    claim = claims.find(options.number)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in claim.experiments:
            _repeat(name, stored, folder, options.jobs)
        repeated = claims.check(claim, claims.Results(folder))
    print("stored:\n" + _line(claims.check(claim, claims.Results(stored))))
    print("repeated:\n" + _line(repeated))
    return 1 if repeated.problem else 0


def _line(finding: claims.Finding) -> str:
    """A claim in a few lines: the verdict, what was said, the numbers, and over what each ± is."""
    claim, found = finding.claim, finding.measured
    lines = [f"{claim.number:3}. {claim.verdict.upper()}: {claim.said}", finding.numbers]
    lines.append(found.why if found and found.why else claim.condition)
    if found and found.leaning:
        lines.append(f"so far: {found.leaning}")
    if finding.over:
        lines.append("± over " + ", ".join(finding.over))
    lines = [line for line in lines if line]
    if finding.problem:
        lines.append(f"PROBLEM: {finding.problem}")
    return _filled(lines)


def _fallen(claim: claims.Claim, one: claims.Overturned) -> str:
    """A verdict that fell, in a few lines."""
    first = f"{claim.number:3}. {one.date}, {one.before} -> {one.after}: {claim.said}"
    return _filled([first, one.why])


def _filled(lines: list[str]) -> str:
    """The first line as it stands, the others below it and further in."""
    first, *others = lines
    indent = " " * 8
    return "\n".join(
        [textwrap.fill(first, _WIDTH, subsequent_indent=indent)]
        + [
            textwrap.fill(x, _WIDTH, initial_indent=indent, subsequent_indent=indent)
            for x in others
        ]
    )
