"""What an experiment is: cases that can be run one by one, and a file of what they gave.

An experiment is a list of cases, each a set of settings with a seed among them, and a
function that gives numbers for one case. The numbers land in ``NAME.json`` after every case
(in a checkout in the folder ``book/results``), so that an experiment can be stopped, resumed
and extended. The file says from which text, with which releases, by which command and in what
time; see :mod:`rnnbook.experiments.provenance` for cases that were added later.

A case is computed by one process on one core; several cases run side by side.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnnbook.corpora import Corpus
from rnnbook.errors import ExperimentError
from rnnbook.experiments import provenance
from rnnbook.experiments.places import OUTPUT, RESULTS
from rnnbook.experiments.workers import Case, Row, computed
from rnnbook.files import write_atomically

SEEDS = (0, 1, 2)


@dataclass(frozen=True)
class Experiment:
    """A question, its cases, and the function that answers one of them.

    ``run`` gets the keys of a case as arguments. ``corpus`` gives the text that the
    numbers are from, where there is one text. An experiment that is ``timed`` measures
    time: its cases run one after the other, on all cores. ``over`` says what changes from
    seed to seed, so over what an interval of its numbers is; it is empty if nothing does.
    """

    name: str
    question: str
    cases: Callable[[], Sequence[Case]]
    run: Callable[..., Row]
    corpus: Callable[[], Corpus] | None = None
    timed: bool = False
    over: str = ""


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
    experiment: Experiment, folder: Path = OUTPUT, jobs: int | None = None
) -> Iterator[tuple[int, int, Row]]:
    """Run the cases that are missing; yields how many are done, of how many, and the row.

    ``jobs`` cases run side by side, by default as many as there are cores. The rows are
    written as they come, in the order of the cases. A file in which nothing is missing stays
    as it is.

    Raises :class:`ExperimentError` if the stored rows are damaged or of another text, or if
    the folder cannot be written to.
    """
    path, cases = result_path(experiment.name, folder), list(experiment.cases())
    content = _begin(experiment, path, cases)
    done = {_key(case): row for row in content["rows"] if (case := _case(row, cases))}
    missing = [case for case in cases if _key(case) not in done]
    if not missing and content["finished"] and len(done) == len(content["rows"]):
        return
    for case, row, seconds in computed(experiment.run, missing, jobs, alone=experiment.timed):
        done[_key(case)] = {**case, **row}
        provenance.note(content, case, provenance.now())
        content["seconds"] = round(content["seconds"] + seconds, 1)
        content["rows"] = [done[key] for key in map(_key, cases) if key in done]
        content["finished"] = False
        _write(path, content)
        yield len(done), len(cases), done[_key(case)]
    content["rows"] = [done[key] for key in map(_key, cases)]
    content["finished"] = True
    _write(path, content)


def _case(row: Row, cases: Sequence[Case]) -> Case | None:
    """The case that a stored row is of, if it is still one."""
    return next((c for c in cases if all(k in row and row[k] == v for k, v in c.items())), None)


def _key(case: Case) -> str:
    return json.dumps(case, sort_keys=True)


def _begin(experiment: Experiment, path: Path, cases: Sequence[Case]) -> dict[str, Any]:
    """The content of the file: what is stored, or nothing yet, with today's provenance."""
    stored = _stored(path)
    corpus = experiment.corpus().describe() if experiment.corpus else None
    rows = stored["rows"] if stored else []
    if rows and stored["corpus"] and corpus and stored["corpus"]["sha256"] != corpus["sha256"]:
        raise ExperimentError(
            f"{path.name} is from another text than {corpus['name']} is now; "
            "delete it to start again"
        )
    asked = {
        "experiment": experiment.name,
        "question": experiment.question,
        "command": f"python -m rnnbook experiment {experiment.name}",
    }
    if any(_case(row, cases) for row in rows):
        provenance.keep(stored, cases)
        return {**stored, **asked}
    return {
        **asked, **provenance.now(), "corpus": corpus,
        "seconds": 0.0, "finished": False, "rows": [],
    }  # fmt: skip


def _stored(path: Path) -> dict[str, Any]:
    """The content of the file that an earlier run left, or nothing."""
    if not path.exists():
        return {}
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for key in ("date", "machine", "versions", "seconds", "corpus", "rows", "finished"):
            stored[key]
        if not all(isinstance(row, dict) for row in stored["rows"]):
            raise TypeError("rows")
    except (ValueError, KeyError, TypeError) as error:
        raise ExperimentError(f"{path.name} is damaged; delete it to start again") from error
    return stored


def _write(path: Path, content: dict[str, Any]) -> None:
    """A row a line: a result is read by people too, and a change shows where it is."""
    head = {key: value for key, value in content.items() if key != "rows"}
    lines = [json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "rows": [']
    rows = [f"  {json.dumps(row, ensure_ascii=False)}" for row in content["rows"]]
    text = "\n".join([*lines, ",\n".join(rows), " ]", "}", ""])

    def fill(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, fill)
    except OSError as error:
        raise ExperimentError(
            f"cannot write {path}: {error.strerror}; make room, or name another place with "
            "--results FOLDER. What was there before is untouched"
        ) from error
