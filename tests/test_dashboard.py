"""The dashboard: what it computes, and what a visitor sees of it in a browser."""

from __future__ import annotations

import asyncio
import html
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
from conftest import random_checkpoint

from rnnbook import sampling, theme
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
    hostile = "<script>alert('1')</script>"
    assert "<script" not in pictures.text_html(hostile, hostile, writing=True)
    assert "<script" not in pictures.message_html(hostile, is_problem=True)
    assert "<script" not in pictures.card_html({hostile: hostile})
    chars = ["\n", "<", "a"]
    html = pictures.distribution_html(np.array([5.0, 0.0, 1.0]), chars, 0.5, hostile)
    assert "likeliest next characters: ⏎ with 1.00, a" in html and "temperature 0.50" in html
    assert "<script" not in html
    heatmap = pictures.heatmap_html(state.trace_of_end("shakespeare", "To be or not", 100))
    assert 'aria-label="Heatmap of 24 units' in heatmap and "24 of 384 units" in heatmap


def test_the_card_tells_what_the_checkpoint_tells(tmp_path):
    card = state.card("shakespeare")
    assert card["Parameters"] == "724,686" and card["Loss (nats/character)"].startswith("1.4")
    assert float(card["Loss of the 6-gram"]) > float(card["Loss (nats/character)"])
    random_checkpoint(num_layers=2).save(tmp_path / "small.safetensors")
    card = state.card(str(tmp_path / "small.safetensors"))
    assert card["Units"] == "2 layers of 12" and not any("Loss" in key for key in card)


def said(dashboard: Dashboard) -> str:
    return html.unescape(dashboard.views.message.value)


def test_generate_and_stop():
    async def visit() -> None:
        dashboard = Dashboard()
        controls, views = dashboard.controls, dashboard.views
        assert all(view.value for view in views.all())  # the first screen is complete
        first = dashboard.writing.text
        assert len(first) == 300
        controls.length.value = 60
        controls.generate.click()
        assert not controls.stop.disabled
        await dashboard.task
        assert controls.stop.disabled and "Wrote 60 characters." in said(dashboard)
        assert dashboard.writing.text == first[:60]  # the same seed
        controls.seed.value = 2
        controls.generate.click()
        await dashboard.task
        assert dashboard.writing.text != first[:60]

        controls.length.value = 1000
        controls.generate.click()
        await asyncio.sleep(0.3)
        controls.generate.click()  # a new text ends the old one
        await asyncio.sleep(0.3)
        controls.stop.click()
        stopped = len(dashboard.writing.chars)
        await asyncio.sleep(0.3)
        assert 0 < stopped == len(dashboard.writing.chars) < 1000
        assert f"Stopped after {stopped} characters." in said(dashboard)

    asyncio.run(visit())


def test_the_distribution_follows_the_prompt_and_the_temperature():
    dashboard = Dashboard()  # without a loop, everything is shown at once
    controls, views = dashboard.controls, dashboard.views
    before = views.distribution.value
    controls.temperature.value = 0.1
    assert views.distribution.value != before and "temperature 0.10" in views.distribution.value
    controls.prompt.value = "JULI"
    assert "after “JULI”" in views.distribution.value
    controls.temperature.value = 0
    assert " with 1.00" in views.distribution.value


@pytest.mark.parametrize("prompt, sentence", [("日本 <b>", "never occurred"), ("", "is empty")])
def test_a_prompt_that_cannot_be_read_costs_nothing(prompt, sentence):
    dashboard = Dashboard()
    before = [dashboard.views.text.value, dashboard.views.heatmap.value]
    dashboard.controls.prompt.value = prompt
    assert sentence in said(dashboard)
    dashboard.controls.generate.click()
    assert sentence in said(dashboard) and "<b>" not in dashboard.views.message.value
    assert [dashboard.views.text.value, dashboard.views.heatmap.value] == before
    dashboard.controls.prompt.value = "KING:\n"
    assert said(dashboard) == ""


def test_another_model_can_be_chosen(tmp_path):
    path = str(tmp_path / "small.safetensors")
    random_checkpoint(chars="\n <>:EMORabc").save(path)
    dashboard = Dashboard(["shakespeare", path])
    shakespeare = dashboard.views.distribution.value
    dashboard.controls.model.value = path
    assert ">12<" in dashboard.views.card.value and said(dashboard) == ""
    assert dashboard.views.distribution.value not in ("", shakespeare)

    async def write() -> None:
        dashboard.controls.prompt.value = "<b>"
        dashboard.controls.generate.click()
        await dashboard.task

    asyncio.run(write())
    assert dashboard.views.text.value.count("<b") == 1  # ours; the visitor's is text
    assert "&lt;b&gt;" in dashboard.views.text.value


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
    assert "--template=rnnbook" in called
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
        page.wait_for_selector(".rnnbook-distribution svg")
        page.wait_for_selector(".rnnbook-heatmap svg")
        yield page
        record.assert_clean()


def expected(prompt: str, length: int, temperature: float, seed: int) -> str:
    rng = np.random.default_rng(seed)
    _, model = state.load("shakespeare")
    return prompt + sampling.sample(model, prompt, length, temperature=temperature, rng=rng)


def written(page) -> str:
    return page.text_content(".rnnbook-page .widget-html-content")


def wait_for_words(page, words: str) -> None:
    page.wait_for_function(
        "words => document.querySelector('.rnnbook-message').innerText.includes(words)", arg=words
    )


def generate(page) -> str:
    """Press Generate and return the text once it is done."""
    page.evaluate("document.querySelector('.rnnbook-message p')?.remove()")
    page.get_by_role("button", name="Generate").click()
    wait_for_words(page, "Wrote")
    return written(page)


def press(page, name: str, *keys: str) -> None:
    """Press keys on a slider's handle."""
    page.get_by_role("slider", name=name).focus()
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.browser
def test_three_hundred_characters_stream_in(dashboard):
    before = dashboard.inner_html(".rnnbook-heatmap")
    seed = dashboard.get_by_label("Seed")
    seed.fill("5")
    seed.press("Enter")
    dashboard.evaluate(
        """() => {
            const page = document.querySelector(".rnnbook-page");
            window.lengths = [];
            new MutationObserver(() => window.lengths.push(page.textContent.length))
                .observe(page, { childList: true, subtree: true });
        }"""
    )
    assert generate(dashboard) == expected("ROMEO:\n", 300, 0.7, 5)
    lengths = [length for length in dashboard.evaluate("window.lengths") if length > 7]
    assert lengths == sorted(lengths) and lengths[-1] == 307
    assert len(set(lengths)) >= 10, "the text came all at once"
    assert dashboard.inner_html(".rnnbook-heatmap") != before


@pytest.mark.browser
def test_each_control_changes_what_it_should(dashboard):
    seed = dashboard.get_by_label("Seed")
    seed.fill("2")
    seed.press("Enter")
    assert generate(dashboard) == expected("ROMEO:\n", 300, 0.7, 2)
    assert generate(dashboard) == expected("ROMEO:\n", 300, 0.7, 2)  # again the same

    bars = dashboard.inner_html(".rnnbook-distribution svg")
    press(dashboard, "Temperature", "Home")
    dashboard.wait_for_function(
        "before => document.querySelector('.rnnbook-distribution svg').innerHTML !== before",
        arg=bars,
    )
    assert "temperature 0.00" in dashboard.inner_text(".rnnbook-distribution")
    assert generate(dashboard) == expected("ROMEO:\n", 300, 0, 2)

    press(dashboard, "Sequence length", "Home", "ArrowRight", "ArrowRight")
    assert generate(dashboard) == expected("ROMEO:\n", 30, 0, 2)

    prompt = dashboard.get_by_label("Prompt")
    prompt.fill("JULIET:\nO")
    dashboard.get_by_text("Next character after “JULIET:⏎O”").wait_for()
    assert generate(dashboard) == expected("JULIET:\nO", 30, 0, 2)


@pytest.mark.browser
def test_stop_stops(dashboard):
    press(dashboard, "Sequence length", "End")
    generate_button = dashboard.get_by_role("button", name="Generate")
    stop = dashboard.get_by_role("button", name="Stop", disabled=False)
    generate_button.click()
    stop.click()
    wait_for_words(dashboard, "Stopped after")
    stopped = written(dashboard)
    assert len(stopped) < 800
    dashboard.wait_for_timeout(500)
    assert written(dashboard) == stopped
    assert dashboard.get_by_role("button", name="Stop").is_disabled()


@pytest.mark.browser
@pytest.mark.parametrize(
    "hostile", ["<script>window.harmed = 1</script>", "<img src=x onerror='window.harmed=1'>", "日"]
)
def test_a_hostile_prompt_is_answered_with_a_sentence(dashboard, hostile):
    before = written(dashboard)
    dashboard.get_by_label("Prompt").fill(hostile)
    wait_for_words(dashboard, "never occurred")
    dashboard.get_by_role("button", name="Generate").click()
    dashboard.wait_for_timeout(300)
    wait_for_words(dashboard, f"'{hostile[0]}'")
    assert dashboard.locator(".rnnbook-dashboard :is(img, script)").count() == 0
    assert not dashboard.evaluate("window.harmed")
    assert written(dashboard) == before  # nothing was lost
    dashboard.get_by_label("Prompt").fill("KING:\n")
    dashboard.locator(".rnnbook-problem").wait_for(state="detached")


@pytest.mark.browser
def test_every_control_has_a_name_and_is_reached_by_keyboard(dashboard):
    for role, name in (
        ("combobox", "Model"), ("textbox", "Prompt"), ("slider", "Temperature"),
        ("slider", "Sequence length"), ("spinbutton", "Seed"), ("button", "Generate"),
        ("region", "What the network wrote"), ("region", "Hidden activations"),
        ("status", "What is happening"),
    ):  # fmt: skip
        assert dashboard.get_by_role(role, name=name, exact=True).count() == 1, name
    assert dashboard.locator("svg[role=img][aria-label]").count() == 2
    dashboard.get_by_label("Model").focus()
    reached = []
    for _ in range(9):
        reached.append(
            dashboard.evaluate(
                "document.activeElement.labels?.[0]?.textContent"
                " || document.activeElement.ariaLabel || document.activeElement.textContent"
            )
        )
        dashboard.keyboard.press("Tab")
    for name in ("Model", "Prompt", "Temperature", "Sequence length", "Seed", "Generate"):
        assert name in reached
    assert "What the network wrote" in reached


@pytest.mark.browser
@pytest.mark.parametrize("width, scheme", [(1280, "light"), (1280, "dark"), (390, "light")])
def test_the_page_fits(dashboard, width, scheme):
    dashboard.set_viewport_size({"width": width, "height": 800})
    dashboard.emulate_media(color_scheme=scheme)
    box = "document.querySelector('#rendered_cells')"
    assert dashboard.evaluate(f"{box}.scrollWidth") <= width
    if width == 1280:  # one screen
        assert dashboard.evaluate(f"{box}.scrollHeight") <= 800
    colours = "(({color, backgroundColor}) => [color, backgroundColor])"
    ink, _ = dashboard.evaluate(f"{colours}(getComputedStyle({box}.querySelector('h1')))")
    _, paper = dashboard.evaluate(f"{colours}(getComputedStyle({box}))")
    for found, name in ((ink, "ink"), (paper, "paper")):
        red, green, blue = map(int, re.findall(r"\d+", found)[:3])
        assert f"#{red:02x}{green:02x}{blue:02x}" == theme.CSS_VARIABLES[scheme][name]


@pytest.mark.browser
def test_nothing_but_the_dashboard_is_served(server, dashboard):
    for path in ("voila/files/dashboard.ipynb", "files/dashboard.ipynb", "voila/files/index.md",
                 "api/contents", "voila/files/../voila.json"):  # fmt: skip
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(server + path, timeout=30)
        assert caught.value.code in (403, 404)
        caught.value.close()
    assert "import Dashboard" not in dashboard.content()
