"""The laboratory without a browser: what happens when its widgets are touched."""

from __future__ import annotations

import asyncio
import html
import time
from collections.abc import Callable

import pytest
from conftest import random_checkpoint

from rnnbook.dashboard import Dashboard, models
from rnnbook.dashboard.app import LABORATORY, WORKSHOP
from rnnbook.dashboard.laboratory import GATHER, Laboratory
from rnnbook.dashboard.panels import MODELS, PLAIN, TEMPERATURES, UNIT


def laboratory(*names: str) -> Laboratory:
    return Laboratory(list(names) or ["shakespeare", "names"])


def said(visited: Laboratory) -> str:
    return html.unescape(visited.views.message.value)


async def begin(visited: Laboratory, button: str = "generate") -> None:
    """Press a button and wait until the text has begun."""
    getattr(visited.controls, button).click()
    await asyncio.sleep(GATHER + 0.05)


async def finish(visited: Laboratory) -> None:
    """Wait until the text is written."""
    if visited.task is not None:
        await visited.task


async def until(holds: Callable[[], bool], seconds: float = 120) -> None:
    """Wait for something to be so, however busy the machine is."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


def test_generate_and_stop():
    async def visit() -> None:
        visited = laboratory()
        controls, views = visited.controls, visited.views
        assert all(view.value for view in views.all())  # the first screen is complete
        first = visited.writing.text
        assert len(first) == 300
        controls.length.value = 60
        await begin(visited)
        assert not controls.stop.disabled
        await finish(visited)
        assert controls.stop.disabled and "Wrote 60 characters." in said(visited)
        assert visited.writing.text == first[:60]  # the same seed
        controls.seed.value = 2
        await begin(visited)
        await finish(visited)
        assert visited.writing.text != first[:60]

        controls.length.value = 1000
        await begin(visited)
        heatmap, bars = views.heatmap.value, views.distribution.value
        await until(lambda: views.heatmap.value != heatmap and views.distribution.value != bars)
        assert "rnnbook-cursor" in views.passages[0].html  # the pictures move while it writes
        assert "rnnbook-drawn" in views.distribution.value
        old = visited.writing
        await begin(visited)  # a new text ends the old one
        await until(lambda: visited.writing is not old and len(visited.writing.chars) > 0)
        controls.stop.click()
        stopped = len(visited.writing.chars)
        await until(lambda: "Stopped after" in said(visited))
        assert 0 < stopped == len(visited.writing.chars) < 1000
        assert f"Stopped after {stopped} characters." in said(visited)

    asyncio.run(visit())


def test_a_click_that_overtakes_a_slider_waits_for_it():
    async def visit() -> None:
        visited = laboratory()
        visited.controls.generate.click()
        visited.controls.length.value = 40  # moved before the click, heard after it
        await asyncio.sleep(GATHER + 0.05)
        await finish(visited)
        assert len(visited.writing.chars) == 40

        visited.controls.generate.click()
        visited.controls.stop.click()
        await asyncio.sleep(GATHER + 0.05)
        assert visited.task is None  # it never began

    asyncio.run(visit())


def test_continue_goes_on():
    async def visit() -> None:
        visited = laboratory()
        visited.controls.length.value = 50
        await begin(visited)
        await finish(visited)
        await begin(visited, "go_on")
        assert visited.controls.go_on.disabled
        await finish(visited)
        assert len(visited.writing.chars) == 100 and "length=100" in visited.tools.link.value
        visited.controls.length.value = 100
        await begin(visited)
        text = visited.writing
        await finish(visited)
        assert text.text == visited.writing.text
        visited.controls.length.value = 1000
        for _ in range(3):
            await begin(visited, "go_on")
            visited.controls.stop.click()
        assert "Stopped" in said(visited)

    asyncio.run(visit())


def test_two_texts_from_one_seed():
    async def visit() -> None:
        visited = laboratory()
        controls, views = visited.controls, visited.views
        controls.length.value, controls.compare.value = 60, TEMPERATURES
        assert controls.other_temperature.layout.display is None
        assert controls.other_model.layout.display == "none"
        controls.other_temperature.value = controls.temperature.value
        await begin(visited)
        await finish(visited)
        one, other = visited.writings
        assert one.text == other.text  # the same seed and the same temperature
        controls.other_temperature.value = 1.5
        await begin(visited)
        await finish(visited)
        one, other = visited.writings
        assert one.text != other.text and views.second.layout.display is None
        assert "Temperature 1.50" in views.heads[1].value
        assert "second" in views.measures.value
        query = visited.tools.link.value.split('"')[1]
        assert "other_temperature=1.5" in query

        controls.compare.value, controls.other_model.value = MODELS, "names"
        controls.prompt.value = "Anna\n"
        await begin(visited)
        await finish(visited)
        assert [one.settings.model for one in visited.writings] == ["shakespeare", "names"]
        assert "Names (LSTM)" in views.heads[1].value
        texts = [passage.html for passage in views.passages]

        visited.restore(html.unescape(query))
        assert visited.writings[1].text == other.text
        assert [passage.html for passage in views.passages] != texts

    asyncio.run(visit())


def test_the_text_can_be_coloured_by_a_unit():
    visited = laboratory()
    assert 'class="s' in visited.views.passages[0].html
    visited.tools.colour.value = UNIT
    coloured = visited.views.passages[0].html
    assert 'class="u' in coloured and 'class="s' not in coloured
    heatmap = visited.views.heatmap.value
    visited.tools.unit.value = 57
    assert visited.views.passages[0].html != coloured
    assert visited.views.heatmap.value != heatmap and ">57<" in visited.views.heatmap.value
    visited.tools.colour.value = PLAIN
    assert "<i" not in visited.views.passages[0].html


def test_the_distribution_follows_the_prompt_and_the_temperature():
    visited = laboratory()  # without a loop, everything is shown at once
    controls, views = visited.controls, visited.views
    before = views.distribution.value
    controls.temperature.value = 0.1
    assert views.distribution.value != before and "temperature 0.10" in views.distribution.value
    controls.prompt.value = "JULI"
    assert "after “JULI”" in views.distribution.value
    controls.temperature.value = 0
    assert ">1.000<" in views.distribution.value
    controls.temperature.value, controls.top_k.value = 1, 2
    assert views.distribution.value.count("<td") > 2 and ">0<" in views.distribution.value
    controls.top_k.value, controls.top_p.value = 0, 0.05
    assert ">1.000<" in views.distribution.value


@pytest.mark.parametrize("prompt, sentence", [("日本 <b>", "never occurred"), ("", "is empty")])
def test_a_prompt_that_cannot_be_read_costs_nothing(prompt, sentence):
    visited = laboratory()
    before = [visited.views.passages[0].html, visited.views.heatmap.value]
    visited.controls.prompt.value = prompt
    assert sentence in said(visited)
    visited.controls.generate.click()
    assert sentence in said(visited) and "<b>" not in visited.views.message.value
    assert [visited.views.passages[0].html, visited.views.heatmap.value] == before
    visited.controls.prompt.value = "KING:\n"
    assert said(visited) == ""


def test_another_model_can_be_chosen(tmp_path):
    path = str(tmp_path / "small.safetensors")
    random_checkpoint(chars="\n <>:EMORabc").save(path)
    visited = laboratory("shakespeare", path)
    shakespeare = visited.views.distribution.value
    visited.controls.model.value = path
    assert ">12<" in visited.views.card.value and said(visited) == ""
    assert visited.views.distribution.value not in ("", shakespeare)
    assert visited.tools.unit.max == 11

    async def write() -> None:
        visited.controls.prompt.value = "<b>"
        await begin(visited)
        await finish(visited)

    asyncio.run(write())
    shown = visited.views.passages[0].html
    assert shown.count("<b") == 1  # ours; the visitor's is text
    assert "&lt;b&gt;" in shown


def test_an_accident_is_a_sentence_and_not_a_traceback(monkeypatch, caplog):
    visited = laboratory()
    monkeypatch.setattr(models, "next_logits", lambda *_: 1 / 0)
    visited.controls.prompt.value = "JULIET:\n"
    assert "Something broke here" in said(visited) and "Zero" not in said(visited)
    assert "ZeroDivisionError" in caplog.text  # the server's log has it all


def test_a_page_that_lies_about_its_widgets_is_refused():
    """What a page sends is not bounded by what its sliders show."""
    visited = laboratory()
    before = visited.writing.text
    visited.controls.length.set_state({"max": 10_000})
    visited.controls.length.set_state({"value": 10_000})
    visited.controls.generate.click()
    assert "at most" in said(visited) and visited.writing.text == before
    visited.controls.length.set_state({"min": -10, "value": -5})
    visited.controls.generate.click()
    assert "whole number from 1" in said(visited)
    visited.controls.length.value = 60
    visited.controls.temperature.set_state({"max": 10**9})
    visited.controls.temperature.set_state({"value": float("nan")})
    visited.controls.generate.click()
    assert "temperature" in said(visited) and visited.writing.text == before


@pytest.mark.parametrize(
    "query", ["?model=<img src=x onerror=alert(1)>", "?length=-5", "?seed=$(id)", "?top_p=nan"]
)
def test_a_hostile_link_leaves_the_page_as_it_was(query):
    dashboard = Dashboard(["shakespeare", "names"])
    before = dashboard.laboratory.writing
    dashboard.query.value = query
    assert 'class="rnnbook-problem"' in dashboard.laboratory.views.message.value
    assert "<img" not in dashboard.laboratory.views.message.value
    assert dashboard.laboratory.writing is before


def test_one_tab_is_shown_at_a_time():
    dashboard = Dashboard(["shakespeare"])
    shown = lambda: [n for n, box in dashboard._boxes.items() if box.layout.display is None]  # noqa: E731
    assert shown() == [LABORATORY]
    dashboard.tabs.value = WORKSHOP
    assert shown() == [WORKSHOP]
