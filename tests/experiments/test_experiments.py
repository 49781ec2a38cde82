"""Experiments: cases that run one by one, files that survive, intervals, repeats."""

from __future__ import annotations

import json
import math
import os

import numpy as np
import pytest

from rnnbook import experiments
from rnnbook.errors import ExperimentError
from rnnbook.experiments import Experiment, Result, intervals, provenance, small
from rnnbook.experiments.learning import kinds
from rnnbook.experiments.small import hidden_size_for, train, vocab
from rnnbook.experiments.trainings import product
from rnnbook.recurrent import ModelConfig, count_parameters


def square(value: int, seed: int) -> dict:
    """Ran in another process: must be a function of a module."""
    return {"square": value**2 + seed, "threads": os.environ.get("OMP_NUM_THREADS")}


def fails_on_two(value: int, seed: int) -> dict:
    if value == 2:
        raise ValueError("two")
    return {"square": value**2}


def four_cases() -> list[dict]:
    return product(value=(1, 2), seed=(0, 1))


SQUARES = Experiment("squares", "What is a square?", four_cases, square)


def test_rows_are_written_in_the_order_of_the_cases(tmp_path):
    seen = [done for done, total, _ in experiments.run(SQUARES, tmp_path, jobs=1)]
    assert seen == [1, 2, 3, 4]
    result = experiments.load("squares", tmp_path)
    assert result.values("square", value=2) == [4, 5]
    assert result.options("value") == [1, 2]
    assert result.provenance["command"] == "python -m rnnbook experiment squares"
    assert result.provenance["versions"]["numpy"] == np.__version__
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".json"]


def test_cases_run_side_by_side_with_a_thread_each(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    rows = [row for _, _, row in experiments.run(SQUARES, tmp_path, jobs=2)]
    assert {row["threads"] for row in rows} == {"1"}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert experiments.load("squares", tmp_path).values("square", value=1) == [1, 2]


def test_a_stopped_experiment_goes_on(tmp_path):
    running = experiments.run(SQUARES, tmp_path, jobs=1)
    next(running)
    running.close()
    with pytest.raises(ExperimentError, match="unfinished"):
        experiments.load("squares", tmp_path)
    assert [done for done, _, _ in experiments.run(SQUARES, tmp_path, jobs=1)] == [2, 3, 4]
    assert list(experiments.run(SQUARES, tmp_path, jobs=1)) == []


@pytest.fixture
def days(monkeypatch):
    """Sets what day, machine and releases there are."""

    def be(day: int, cores: int = 2, numpy: str = "2"):
        now = {"date": f"2030-01-{day:02}T00:00:00+00:00", "machine": {"cores": cores},
               "versions": {"numpy": numpy}}  # fmt: skip
        monkeypatch.setattr(provenance, "now", lambda: now)

    be(1)
    return be


def stored(folder) -> dict:
    return json.loads((folder / "squares.json").read_text())


def test_a_finished_experiment_is_not_rewritten(tmp_path, days):
    list(experiments.run(SQUARES, tmp_path, jobs=1))
    path = tmp_path / "squares.json"
    before, changed = path.read_bytes(), path.stat().st_mtime_ns
    days(2, cores=64, numpy="3")
    reworded = Experiment("squares", "And what is a square?", four_cases, square)
    assert list(experiments.run(reworded, tmp_path, jobs=1)) == []
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, changed)


@pytest.mark.parametrize("other", [{"day": 2}, {"day": 1, "cores": 64}, {"day": 1, "numpy": "3"}])
def test_every_case_keeps_the_day_and_the_machine_that_measured_it(tmp_path, days, other):
    running = experiments.run(SQUARES, tmp_path, jobs=1)
    next(running)
    next(running)
    running.close()
    first = stored(tmp_path)
    days(**other)
    list(experiments.run(SQUARES, tmp_path, jobs=1))
    last = stored(tmp_path)
    for key in ("date", "machine", "versions"):
        assert last[key] == first[key]
    now = provenance.now()
    assert last["continued"] == [{**now, "cases": four_cases()[2:]}]
    assert last["finished"] and "continued" not in first
    assert experiments.load("squares", tmp_path).values("square", value=2) == [4, 5]


def test_a_row_that_is_measured_again_is_of_the_day_that_did(tmp_path, days):
    list(experiments.run(SQUARES, tmp_path, jobs=1))
    for day, rows in ((2, slice(1, None)), (3, slice(0, 3)), (4, slice(1, None))):
        content = stored(tmp_path)
        content["rows"] = content["rows"][rows]
        (tmp_path / "squares.json").write_text(json.dumps(content))
        days(day)
        list(experiments.run(SQUARES, tmp_path, jobs=1))
    sessions = {one["date"][8:10]: one["cases"] for one in stored(tmp_path)["continued"]}
    assert sessions == {"03": four_cases()[3:], "04": four_cases()[:1]}
    fewer = Experiment("squares", "?", lambda: four_cases()[:3], square)
    list(experiments.run(fewer, tmp_path, jobs=1))
    assert [one["date"][8:10] for one in stored(tmp_path)["continued"]] == ["04"]
    assert len(stored(tmp_path)["rows"]) == 3


def test_a_file_of_which_no_case_is_left_begins_anew(tmp_path, days):
    list(experiments.run(SQUARES, tmp_path, jobs=1))
    days(2)
    other = Experiment("squares", "?", lambda: product(value=(7,), seed=(0,)), square)
    list(experiments.run(other, tmp_path, jobs=1))
    assert stored(tmp_path)["date"] == provenance.now()["date"]
    assert "continued" not in stored(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ExperimentError, match=r"cannot write .*--results"):
        list(experiments.run(SQUARES, tmp_path / "file" / "results", jobs=1))


def test_a_case_that_fails_leaves_what_was_done(tmp_path):
    failing = Experiment("failing", "?", four_cases, fails_on_two)
    with pytest.raises(ValueError, match="two"):
        list(experiments.run(failing, tmp_path, jobs=1))
    stored = json.loads((tmp_path / "failing.json").read_text())
    assert [row["value"] for row in stored["rows"]] == [1, 1] and not stored["finished"]


def test_a_case_that_is_gone_is_dropped_and_a_new_one_is_run(tmp_path):
    list(experiments.run(SQUARES, tmp_path, jobs=1))
    other = Experiment("squares", "?", lambda: product(value=(2, 3), seed=(0, 1)), square)
    assert len(list(experiments.run(other, tmp_path, jobs=1))) == 2
    assert experiments.load("squares", tmp_path).options("value") == [2, 3]


def test_results_that_are_missing_or_damaged_are_named(tmp_path):
    with pytest.raises(ExperimentError, match="missing; run: python -m rnnbook experiment squares"):
        experiments.load("squares", tmp_path)
    path = tmp_path / "squares.json"
    for content in ("", "{", "[]", '{"experiment": "other", "rows": []}', '{"rows": 3}'):
        path.write_text(content)
        with pytest.raises(ExperimentError, match="damaged"):
            experiments.load("squares", tmp_path)
    path.write_text("{")
    with pytest.raises(ExperimentError, match="damaged; delete it"):
        list(experiments.run(SQUARES, tmp_path, jobs=1))


def test_a_result_without_a_row_or_a_number_says_so():
    result = Result("some", ({"value": 1, "seed": 0, "deep": {"number": 3}},), {})
    assert result.values("deep.number", value=1) == [3]
    with pytest.raises(ExperimentError, match="no row with"):
        result.where(value=2)
    with pytest.raises(ExperimentError, match=r"lacks .deep\.other."):
        result.values("deep.other", value=1)


def test_rows_of_another_text_are_not_gone_on_with(tmp_path, monkeypatch):
    class Text:
        sha = "a"

        def describe(self):
            return {"name": "text", "sha256": self.sha}

    one = Experiment("squares", "?", four_cases, square, Text)
    list(experiments.run(one, tmp_path, jobs=1))
    monkeypatch.setattr(Text, "sha", "b")
    with pytest.raises(ExperimentError, match="another text"):
        list(experiments.run(one, tmp_path, jobs=1))


def test_every_experiment_has_cases_with_seeds_that_are_distinct():
    for one in experiments.EXPERIMENTS.values():
        cases = [json.dumps(case, sort_keys=True) for case in one.cases()]
        assert cases and len(set(cases)) == len(cases), one.name
        in_rows = one.name == "static_counters"  # its passages stand in one row: counting is dear
        assert all(("seed" in case) == bool(one.over and not in_rows) for case in one.cases())
        assert one.question.endswith("?"), one.name


def test_the_interval_is_students():
    found = intervals.interval([1.0, 2.0, 3.0])
    assert found.mean == 2 and found.half == pytest.approx(4.303 / math.sqrt(3))
    assert f"{found:.1f}" == "2.0 ± 2.5"
    many = intervals.interval(list(np.random.default_rng(0).normal(size=41)))
    assert many.half == pytest.approx(2.0211 * many_deviation() / math.sqrt(41), rel=1e-3)
    with pytest.raises(ExperimentError, match="two runs"):
        intervals.interval([1.0])
    with pytest.raises(ExperimentError, match="no number"):
        intervals.interval([1.0, None])


def many_deviation() -> float:
    return float(np.random.default_rng(0).normal(size=41).std(ddof=1))


def test_differences_are_paired_by_seed():
    found = intervals.difference([1.0, 2.0, 3.1], [0.0, 1.0, 2.0])
    assert found.mean == pytest.approx(1.0333, abs=1e-3) and found.half < 0.15
    with pytest.raises(ExperimentError, match="paired"):
        intervals.difference([1.0], [1.0, 2.0])


def of(*values: float, **more) -> Result:
    rows = [{"kind": "a", "seed": seed, "loss": value} for seed, value in enumerate(values)]
    return Result("some", tuple({**row, **more} for row in rows), {})


def test_a_repeat_is_held_against_the_stored_interval():
    cases = [{"kind": "a", "seed": seed} for seed in range(3)]
    stored = of(1.0, 1.1, 1.2, seconds=3, deep={"exact": 5.0})
    compared, found = intervals.deviations(stored, of(1.1, 1.2, 1.3, deep={"exact": 5.0}), cases)
    assert compared == 2 and found == []
    _, found = intervals.deviations(stored, of(2.1, 2.2, 2.3, deep={"exact": 5.1}), cases)
    assert [deviation.key for deviation in found] == ["loss", "deep.exact"]
    assert "kind=a: loss was 1.1" in str(found[0])


@pytest.fixture
def few_scored(monkeypatch):
    """Only the end of the held-out piece is scored: what is tested does not depend on it."""
    monkeypatch.setattr(small, "SCORED", 3_000)


def test_a_small_training_gives_the_same_numbers_again(few_scored):
    model = ModelConfig("gru", 12, 1, 8)
    first, second = (train(model, seed=3, characters=20_000, text=30_000) for _ in range(2))
    assert first.pop("seconds") > 0 < second.pop("seconds")
    assert first == second and first["loss"] < math.log(len(vocab()))


def test_a_training_that_leaves_the_rails_has_no_loss(few_scored):
    model = ModelConfig("rnn", 12, 1, 8)
    settings = {"optimizer": "sgd", "learning_rate": 1e4, "clip": 1e9}
    row = train(model, seed=0, characters=50_000, text=30_000, **settings)
    assert row["diverged"] and row["loss"] is None and row["train_loss"] is None


def test_sizes_are_matched_in_parameters():
    for kind in ("rnn", "gru", "lstm"):
        size = hidden_size_for(122_000, kind, 2)
        found = count_parameters(ModelConfig(kind, size, 2, 32), len(vocab()))
        assert found == pytest.approx(122_000, rel=0.03)


def test_the_places_of_words_and_quotes():
    found = kinds('a cat\'s "big elephants" is')
    shown = {name: "".join("x" if value else "." for value in at) for name, at in found.items()}
    assert shown["spaces"] == ".x.....x....x..........x.."
    assert shown["short words"] == "..........xx.............x"
    assert shown["long words"] == "..............xxxxxxxx...."
    assert shown["closing quotes"] == "......................x..."
