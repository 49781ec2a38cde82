"""What an experiment is: cases that can be run one by one, and a file of what they gave.

An experiment is a list of cases, each a set of settings with a seed among them, and a
function that gives numbers for one case. The numbers land in ``book/results/NAME.json``
after every case, so that an experiment can be stopped, resumed and extended. The file
says from which text, with which releases, by which command and in what time.

A case is computed by one process on one core, so that its numbers do not depend on how
many cores there are; several cases run side by side.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rnnbook.corpora import Corpus
from rnnbook.errors import ExperimentError
from rnnbook.files import write_atomically

Case = dict[str, Any]
Row = dict[str, Any]

#: Where the results of the book's own experiments are, in a checkout.
RESULTS = Path(__file__).parents[2] / "book" / "results"
SEEDS = (0, 1, 2)
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_RELEASES = ("rnnbook", "numpy", "torch", "scikit-learn", "sacrebleu")


@dataclass(frozen=True)
class Experiment:
    """A question, its cases, and the function that answers one of them.

    ``run`` gets the keys of a case as arguments. ``corpus`` gives the text that the
    numbers are from, where there is one text. An experiment that is ``timed`` measures
    time: its cases run one after the other, on all cores.
    """

    name: str
    question: str
    cases: Callable[[], Sequence[Case]]
    run: Callable[..., Row]
    corpus: Callable[[], Corpus] | None = None
    timed: bool = False


@dataclass(frozen=True)
class Result:
    """What an experiment gave: a row a case, the settings and the numbers together."""

    name: str
    rows: tuple[Row, ...]
    provenance: Mapping[str, Any]

    def where(self, **settings: Any) -> list[Row]:
        """The rows with these settings.

        Raises :class:`ExperimentError` if there is none: a result that lacks a case
        supports no claim.
        """
        found = [row for row in self.rows if all(row.get(k) == v for k, v in settings.items())]
        if not found:
            raise ExperimentError(f"the result {self.name!r} has no row with {settings}")
        return found

    def values(self, key: str, **settings: Any) -> list[Any]:
        """One number of every row with these settings, in the order of the seeds.

        A key with dots looks into what the row holds: ``"ablation.inside"``.
        """
        rows = sorted(self.where(**settings), key=lambda row: row.get("seed", 0))
        return [self._value(row, key) for row in rows]

    def _value(self, row: Row, key: str) -> Any:
        found: Any = row
        for part in key.split("."):
            try:
                found = found[part]
            except (KeyError, TypeError) as error:
                raise ExperimentError(
                    f"a row of the result {self.name!r} lacks {key!r}; "
                    f"delete {self.name}.json and run: python -m rnnbook experiment {self.name}"
                ) from error
        return found

    def options(self, key: str) -> list[Any]:
        """The different values of a setting, in the order of the rows."""
        return list(dict.fromkeys(row[key] for row in self.rows if key in row))


def result_path(name: str, folder: Path = RESULTS) -> Path:
    """The file of an experiment's results."""
    return folder / f"{name}.json"


def load(name: str, folder: Path = RESULTS) -> Result:
    """A stored result.

    Raises :class:`ExperimentError` if it is missing, damaged or unfinished.
    """
    path = result_path(name, folder)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        rows, provenance = tuple(content.pop("rows")), content
        if provenance["experiment"] != name or not all(isinstance(row, dict) for row in rows):
            raise KeyError("experiment")
    except OSError as error:
        raise ExperimentError(
            f"the result {name!r} is missing; run: python -m rnnbook experiment {name}"
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExperimentError(
            f"{path.name} is damaged; delete it and run: python -m rnnbook experiment {name}"
        ) from error
    if not provenance.get("finished"):
        raise ExperimentError(
            f"the result {name!r} is unfinished; go on with: python -m rnnbook experiment {name}"
        )
    return Result(name, rows, provenance)


def run(
    experiment: Experiment, folder: Path = RESULTS, jobs: int | None = None
) -> Iterator[tuple[int, int, Row]]:
    """Run the cases that are missing; yields how many are done, of how many, and the row.

    ``jobs`` cases run side by side, by default as many as there are cores. The rows are
    written as they come, in the order of the cases.

    Raises :class:`ExperimentError` if the stored rows are damaged or of another text.
    """
    path, cases = result_path(experiment.name, folder), list(experiment.cases())
    content = _begin(experiment, path)
    done = {_key(case): row for row in content["rows"] if (case := _case(row, cases))}
    missing = [case for case in cases if _key(case) not in done]
    for case, row, seconds in _computed(experiment, missing, jobs):
        done[_key(case)] = {**case, **row}
        content["seconds"] = round(content["seconds"] + seconds, 1)
        content["rows"] = [done[key] for key in map(_key, cases) if key in done]
        _write(path, content)
        yield len(done), len(cases), done[_key(case)]
    content["rows"] = [done[key] for key in map(_key, cases)]
    content["finished"] = True
    _write(path, content)


def _computed(
    experiment: Experiment, cases: Sequence[Case], jobs: int | None
) -> Iterator[tuple[Case, Row, float]]:
    """Each case with its row and its seconds, as they come."""
    jobs = min(len(cases), jobs or os.cpu_count() or 1)
    if experiment.timed or jobs < 2:
        for case in cases:
            yield case, *_timed(experiment.run, case)
        return
    with _one_thread_each():
        pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))
        futures = {pool.submit(_timed, experiment.run, case): case for case in cases}
        try:
            for future in as_completed(futures):
                yield futures[future], *future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _timed(function: Callable[..., Row], case: Case) -> tuple[Row, float]:
    started = time.perf_counter()
    row = function(**case)
    return row, time.perf_counter() - started


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that start meanwhile take one thread for their products."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _case(row: Row, cases: Sequence[Case]) -> Case | None:
    """The case that a stored row is of, if it is still one."""
    return next((c for c in cases if all(k in row and row[k] == v for k, v in c.items())), None)


def _key(case: Case) -> str:
    return json.dumps(case, sort_keys=True)


def _begin(experiment: Experiment, path: Path) -> dict[str, Any]:
    """The content of the file: what is stored, or nothing yet, with today's provenance."""
    rows, seconds, before = _stored(path)
    corpus = experiment.corpus().describe() if experiment.corpus else None
    if rows and before and corpus and before["sha256"] != corpus["sha256"]:
        raise ExperimentError(
            f"{path.name} is from another text than {corpus['name']} is now; "
            "delete it to start again"
        )
    releases = {}
    for name in _RELEASES:
        try:
            releases[name] = version(name)
        except PackageNotFoundError:
            continue
    return {
        "experiment": experiment.name,
        "question": experiment.question,
        "command": f"python -m rnnbook experiment {experiment.name}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "system": platform.machine()},
        "versions": {"python": platform.python_version(), **releases},
        "corpus": corpus,
        "seconds": seconds,
        "finished": False,
        "rows": rows,
    }


def _stored(path: Path) -> tuple[list[Row], float, dict[str, Any] | None]:
    """Rows, seconds and corpus of an earlier run."""
    if not path.exists():
        return [], 0.0, None
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return stored["rows"], stored["seconds"], stored["corpus"]
    except (ValueError, KeyError, TypeError) as error:
        raise ExperimentError(f"{path.name} is damaged; delete it to start again") from error


def _write(path: Path, content: dict[str, Any]) -> None:
    """A row a line: a result is read by people too, and a change shows where it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = {key: value for key, value in content.items() if key != "rows"}
    lines = [json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "rows": [']
    rows = [f"  {json.dumps(row, ensure_ascii=False)}" for row in content["rows"]]
    text = "\n".join([*lines, ",\n".join(rows), " ]", "}", ""])

    def fill(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    write_atomically(path, fill)
