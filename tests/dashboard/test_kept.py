"""What a page brings back after a new start."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest
from conftest import random_checkpoint

from rnnbook.dashboard import Dashboard, kept, models
from rnnbook.dashboard.app import LABORATORY, WORKSHOP
from rnnbook.dashboard.panels import TEMPERATURES
from rnnbook.errors import SamplingError


def record(**changes) -> str:
    return json.dumps({"tab": LABORATORY, "query": "", "fields": {}, **changes})


def dashboard(*names: str) -> Dashboard:
    return Dashboard(list(names) or ["shakespeare", "names"])


def test_every_field_comes_back_though_nothing_was_generated():
    visited = dashboard()
    fields = {
        LABORATORY: {"Model": "Names (LSTM)", "Prompt": "Ann\n", "Temperature": "1.15",
                     "Sequence length": "420", "Top-k": "12", "Top-p": "0.85", "Seed": "77",
                     "Compare": TEMPERATURES, "Second temperature": "0.35", "Colour by": "One unit",
                     "Unit": "13"},
        WORKSHOP: {"Hidden size": "192", "Sequence length": "96", "Learning rate": "0.0100",
                   "Minutes": "4.5"},
    }  # fmt: skip
    visited.query.value = record(tab=WORKSHOP, fields=fields)
    controls, workshop = visited.laboratory.controls, visited.workshop
    chosen = controls.chosen()
    assert (chosen.first.model, chosen.first.prompt, chosen.first.seed) == ("names", "Ann\n", 77)
    assert (chosen.first.temperature, chosen.first.length) == (1.15, 420)
    assert (chosen.first.top_k, chosen.first.top_p) == (12, 0.85)
    assert chosen.second.temperature == 0.35
    assert visited.laboratory.tools.unit.value == 13
    assert (workshop.hidden_size.value, workshop.seq_len.value) == (192, 96)
    assert workshop.rate.value == pytest.approx(0.01, rel=0.02)
    assert workshop.minutes.value == 4.5 and visited.tabs.value == WORKSHOP


def test_the_text_on_the_screen_comes_back_beside_what_was_not_generated_yet():
    visited = dashboard()
    query = "?model=shakespeare&prompt=KING%3A%0A&temperature=0.5&length=60&seed=9"
    visited.query.value = record(
        query=query, fields={LABORATORY: {"Prompt": "JULIET", "Seed": "3"}}
    )
    assert visited.laboratory.writing.settings.prompt == "KING:\n"
    assert len(visited.laboratory.writing.text) == 60
    assert visited.laboratory.controls.prompt.value == "JULIET"
    assert visited.laboratory.controls.seed.value == 3
    assert "here again" in visited.laboratory.views.message.value


@pytest.mark.parametrize(
    "text",
    ["{", "{}", '{"tab": 1, "query": "", "fields": {}}', '{"tab": "", "query": "", "fields": []}',
     '{"tab": "", "query": "", "fields": {"Laboratory": {"Seed": 1}}}', "{" + "x" * kept.MAX_KEPT],
)  # fmt: skip
def test_what_is_no_record_is_refused_and_changes_nothing(text):
    visited = dashboard()
    before = visited.laboratory.writing
    with pytest.raises(SamplingError, match="kept"):
        kept.read(text)
    visited.query.value = text
    assert "rnnbook-problem" in visited.laboratory.views.message.value
    assert visited.laboratory.writing is before


@pytest.mark.parametrize(
    "field, value",
    [("Seed", "x"), ("Seed", "1e999"), ("Seed", "nan"), ("Model", "<b>"), ("Top-p", ""),
     ("Temperature", "-inf"), ("Nothing of ours", "x")],
)  # fmt: skip
def test_a_field_that_does_not_fit_stays_as_it_was(field, value):
    visited = dashboard()
    before = visited.laboratory.controls.chosen()
    visited.query.value = record(fields={LABORATORY: {field: value, "Prompt": "KING:\n"}})
    after = visited.laboratory.controls.chosen()
    assert after.first.prompt == "KING:\n"
    assert vars(after.first) == {**vars(before.first), "prompt": "KING:\n"}


def test_a_network_that_was_brought_has_its_own_name_in_links(tmp_path):
    data = random_checkpoint().to_bytes()
    assert models.key(models.bring(data, tmp_path, "My poems (2)")) == "My-poems-2"
    assert models.key(models.bring(data, tmp_path, "../../etc/x")) == "etc-x"
    assert models.key(models.bring(data, tmp_path, "shakespeare")) == "shakespeare-of-yours"
    assert models.key(models.bring(data, tmp_path, "…")) == "yours"
    again = models.bring(random_checkpoint(seed=1).to_bytes(), tmp_path, "etc-x")
    weights = models.load(again)[0].weights["W_hy"]
    np.testing.assert_array_equal(weights, random_checkpoint(seed=1).weights["W_hy"])
    assert len(list(tmp_path.iterdir())) == 4


def test_a_link_to_a_network_that_was_brought_writes_its_text_again(tmp_path):
    async def visit() -> str:
        visited = dashboard("shakespeare")
        path = models.bring(random_checkpoint(chars="\n abc").to_bytes(), tmp_path, "mine")
        visited._use("mine (LSTM)", path)
        await visited.laboratory.task
        return visited.laboratory.tools.link.value.split('"')[1].replace("&amp;", "&")

    query = asyncio.run(visit())
    assert "model=mine" in query
    again = dashboard("shakespeare")
    again.laboratory.controls.add_model("mine (LSTM)", str(tmp_path / "mine.safetensors"))
    again.query.value = query
    assert "the text of the link" in again.laboratory.views.message.value
    assert again.laboratory.writing.settings.prompt == "\n"


def test_own_models_may_lie_under_any_path(tmp_path, monkeypatch):
    folder = tmp_path / "a:b;c d\n'\""
    folder.mkdir()
    random_checkpoint().save(folder / "mine.safetensors")
    from rnnbook.dashboard.__main__ import own_models

    monkeypatch.setenv(models.OWN_MODELS, own_models([str(folder / "mine.safetensors")]))
    assert models.names()[0] == str(folder / "mine.safetensors")
    monkeypatch.setenv(models.OWN_MODELS, "a:b")
    with pytest.raises(models.CheckpointError, match="JSON list"):
        models.names()


@pytest.mark.parametrize("chars", ["ACGT", "\nACGT", "0123456789 \n"])
def test_a_network_that_cannot_read_the_prompt_gets_one_that_it_can(tmp_path, chars):
    path = str(tmp_path / "strange.safetensors")
    random_checkpoint(chars=chars).save(path)
    first = dashboard(path)  # the first of all, before anybody chose
    assert first.laboratory.views.distribution.value and first.laboratory.writing.text
    visited = dashboard("shakespeare", path)
    controls, views = visited.laboratory.controls, visited.laboratory.views
    controls.prompt.value = "JULIET"
    controls.model.value = path
    assert "has never met 'E', 'I', 'J'" in views.message.value.replace("&#x27;", "'")
    assert "rnnbook-problem" not in views.message.value and views.distribution.value
    controls.model.value = "shakespeare"
    assert controls.prompt.value == "JULIET"  # the visitor's own, again
