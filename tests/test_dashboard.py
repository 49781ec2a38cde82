"""The dashboard: what it computes, and what a visitor sees of it in a browser."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from browser import browser, visit

from rnnbook import sampling
from rnnbook.dashboard import Dashboard, pictures, state
from rnnbook.dashboard.__main__ import SETTINGS, command
from rnnbook.errors import SamplingError

assert browser  # a fixture
ROOT = Path(__file__).parents[1]


def settings(**changes) -> state.Settings:
    chosen = {
        "model": "shakespeare",
        "prompt": "KING:\n",
        "temperature": 0.7,
        "length": 60,
        "seed": 3,
    }
    return state.Settings(**{**chosen, **changes})


def test_a_writing_is_what_the_sampler_draws():
    writing = state.Writing(settings())
    assert "".join(writing.draws()) == writing.text
    _, model = state.load("shakespeare")
    rng = np.random.default_rng(3)
    assert writing.text == sampling.sample(model, "KING:\n", 60, temperature=0.7, rng=rng)
    assert len(writing.surprise) == 60


@pytest.mark.parametrize(
    "changes",
    [{"temperature": -1}, {"temperature": float("nan")}, {"length": 0}, {"length": 10**9},
     {"length": state.MAX_LENGTH + 1}, {"seed": -1}, {"prompt": "x" * 501}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(SamplingError):
        settings(**changes)


def test_a_trace_of_the_end_is_the_end_of_the_trace():
    _, model = state.load("shakespeare")
    text = "KING:\nWhat is thy name, and what thy errand here?"
    whole, end = model.trace(text), state.trace_of_end("shakespeare", text, 20)
    assert end.text == text[-20:]
    np.testing.assert_allclose(end.hidden, whole.hidden[:, -20:], atol=1e-6)
    np.testing.assert_allclose(state.next_logits("shakespeare", text), whole.logits[-1], atol=1e-5)


def test_pictures_say_what_they_show_and_escape_it():
    hostile = "<script>alert(1)</script>"
    assert "<script" not in pictures.text_html(hostile, hostile)
    assert "<script" not in pictures.message_html(hostile, is_problem=True)
    html = pictures.distribution_html(np.array([5.0, 0.0, 1.0]), ["\n", "a", "b"], 0.5)
    assert "likeliest next character is ⏎" in html and "temperature 0.50" in html
    heatmap = pictures.heatmap_html(state.trace_of_end("shakespeare", "To be or not", 72))
    assert 'aria-label="Heatmap of 32 units' in heatmap and "32 of 384 units" in heatmap


def test_a_visit_without_a_browser():
    async def visit() -> None:
        dashboard = Dashboard()
        assert "724,686 parameters" in dashboard.views.card.value
        dashboard.controls.length.value = 60
        dashboard.start()
        await dashboard.task
        assert "Wrote 60 characters" in dashboard.views.message.value
        assert "<svg" in dashboard.views.heatmap.value
        first = dashboard.writing.text
        dashboard.start()
        await dashboard.task
        assert dashboard.writing.text == first
        before = dashboard.views.distribution.value
        dashboard.controls.temperature.value = 0.1
        assert dashboard.views.distribution.value != before

        dashboard.controls.length.value = 2000
        dashboard.start()
        await asyncio.sleep(0.3)
        dashboard.stop()
        stopped = len(dashboard.writing.chars)
        await asyncio.sleep(0.3)
        assert 0 < stopped == len(dashboard.writing.chars) < 2000
        assert f"Stopped after {stopped} characters" in dashboard.views.message.value

        dashboard.controls.prompt.value = "日本 <b>"
        dashboard.start()
        assert "never occurred" in dashboard.views.message.value
        assert "<b>" not in dashboard.views.message.value
        assert len(dashboard.writing.chars) in (0, stopped)

    asyncio.run(visit())


def test_the_kernel_loads_neither_torch_nor_pyplot():
    code = (
        "import sys; from rnnbook.dashboard import Dashboard; Dashboard();"
        "print([name for name in ('torch', 'matplotlib.pyplot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_voila_json_says_what_the_launcher_says():
    assert json.loads((ROOT / "voila.json").read_text()) == SETTINGS
    called = command(["--port=1"])
    assert "--VoilaConfiguration.strip_sources=True" in called and called[-1] == "--port=1"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Voila with the dashboard, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (tmp_path_factory.mktemp("voila") / "log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "rnnbook.dashboard", "--no-browser", f"--port={port}"],
        stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}/"
    for _ in range(300):
        if process.poll() is not None:
            log.seek(0)
            pytest.fail(f"Voila ended: {log.read()[-2000:]}")
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                break
        except OSError:
            time.sleep(0.2)
    yield address
    process.terminate()
    process.wait(timeout=30)
    log.close()


@pytest.fixture(scope="module")
def dashboard(browser, server):
    """One visitor's page, with everything on it."""
    with visit(browser, server, viewport={"width": 1280, "height": 800}) as (page, record):
        page.set_default_timeout(60_000)
        page.wait_for_selector(".rnnbook-page")
        page.wait_for_selector(".rnnbook-below svg")
        yield page
        record.assert_clean()


def written(page) -> str:
    return page.inner_text(".rnnbook-page")


def generate(page) -> str:
    """Press Generate and return the text once it is done."""
    page.evaluate("document.querySelector('.rnnbook-right [role=status]')?.remove()")
    page.get_by_role("button", name="Generate").click()
    done = "/Wrote/.test(document.querySelector('.rnnbook-right [role=status]')?.innerText ?? '')"
    page.wait_for_function(done)
    return written(page)


def set_slider(page, name: str, key: str, times: int = 1) -> None:
    handle = page.locator(f".widget-slider:has-text('{name}') .noUi-handle")
    handle.focus()
    for _ in range(times):
        page.keyboard.press(key)


@pytest.mark.browser
def test_three_hundred_characters_stream_in(dashboard):
    dashboard.get_by_role("button", name="Generate").click()
    seen = set()
    for _ in range(400):
        seen.add(len(written(dashboard)))
        if max(seen) >= 300 + len("ROMEO:\n"):
            break
        dashboard.wait_for_timeout(25)
    assert max(seen) == 307
    assert len(seen) > 5, "the text came all at once"
    dashboard.wait_for_function("document.querySelectorAll('.rnnbook-below svg').length == 2")


@pytest.mark.browser
def test_each_control_changes_what_it_should(dashboard):
    first = generate(dashboard)
    assert generate(dashboard) == first  # the same seed, the same text
    seed = dashboard.get_by_label("Seed")
    seed.fill("2")
    seed.press("Enter")
    other = generate(dashboard)
    assert other != first

    bars = dashboard.inner_html(".rnnbook-below")
    set_slider(dashboard, "Temperature", "Home")
    dashboard.wait_for_function(
        "before => document.querySelector('.rnnbook-below').innerHTML !== before", arg=bars
    )
    cold = generate(dashboard)
    assert cold != other
    assert "at temperature 0.00" in dashboard.inner_text(".rnnbook-below")

    set_slider(dashboard, "Length", "Home")
    short = generate(dashboard)
    assert len(short) < 30 and cold.startswith(short.rstrip())

    prompt = dashboard.get_by_label("Prompt")
    prompt.fill("JULIET:\n")
    prompt.press("Tab")
    assert generate(dashboard).startswith("JULIET:")


@pytest.mark.browser
def test_stop_stops(dashboard):
    set_slider(dashboard, "Length", "End")
    before = written(dashboard)
    dashboard.get_by_role("button", name="Generate").click()
    dashboard.wait_for_function(
        "before => { const now = document.querySelector('.rnnbook-page').innerText;"
        " return now !== before && now.length > 60; }",
        arg=before,
    )
    dashboard.get_by_role("button", name="Stop").click()
    dashboard.wait_for_function(
        "/Stopped after/.test(document.querySelector('.rnnbook-right [role=status]').innerText)"
    )
    stopped = written(dashboard)
    dashboard.wait_for_timeout(700)
    assert written(dashboard) == stopped
    assert len(stopped) < 1900


@pytest.mark.browser
def test_hostile_prompts_are_answered_with_a_sentence(dashboard):
    before = written(dashboard)
    for hostile in ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "日本"):
        prompt = dashboard.get_by_label("Prompt")
        prompt.fill(hostile)
        prompt.press("Tab")
        dashboard.get_by_role("button", name="Generate").click()
        dashboard.wait_for_function(
            "char => { const said = document.querySelector('.rnnbook-problem')?.innerText ?? '';"
            " return said.includes('never occurred') && said.includes(char); }",
            arg=hostile[0],
        )
        assert dashboard.locator(".rnnbook-dashboard img, .rnnbook-right script").count() == 0
    assert written(dashboard) == before  # nothing was lost


@pytest.mark.browser
def test_every_control_has_a_name(dashboard):
    names = dashboard.evaluate(
        "[...document.querySelectorAll('.rnnbook-dashboard :is(button, input, select, textarea)')]"
        ".map(e => (e.labels?.[0]?.innerText ?? e.innerText ?? '') + (e.ariaLabel ?? ''))"
    )
    assert names and all(re.search(r"\w", name) for name in names)


@pytest.mark.browser
def test_nothing_but_the_dashboard_is_served(server, dashboard):
    for path in ("voila/files/dashboard.ipynb", "files/dashboard.ipynb", "voila/files/index.md",
                 "api/contents", "voila/files/../voila.json"):  # fmt: skip
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(server + path, timeout=30)
        assert caught.value.code in (403, 404)
        caught.value.close()
    assert "import Dashboard" not in dashboard.content()
