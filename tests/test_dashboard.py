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
from xml.etree import ElementTree

import numpy as np
import pytest
from browser import visit
from conftest import random_checkpoint

from rnnbook import sampling, theme
from rnnbook.dashboard import Dashboard, pictures, state
from rnnbook.dashboard.__main__ import SETTINGS, command, own_models
from rnnbook.dashboard.app import GATHER, style
from rnnbook.errors import CheckpointError, SamplingError

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


def test_a_writing_remembers_what_the_network_did():
    writing = state.Writing(settings())
    draws = writing.draws()
    for _ in range(10):
        next(draws)
    assert writing.read == "KING:\n" + writing.text[:-1]  # the tenth was drawn, not yet read
    assert writing.probs[state.load("shakespeare")[1].vocab.encode(writing.text)[-1]] > 0
    for _ in draws:
        pass
    logits = writing.finish()
    assert writing.read == "KING:\n" + writing.text
    _, model = state.load("shakespeare")
    trace = model.trace(writing.read)
    np.testing.assert_allclose(writing.hidden, trace.hidden[-1], atol=1e-5)
    np.testing.assert_allclose(logits, trace.logits[-1], atol=1e-4)
    np.testing.assert_allclose(logits, state.next_logits("shakespeare", writing.read), atol=1e-4)


def test_pictures_say_what_they_show_and_escape_it():
    hostile = "<script>alert('1')</script>"
    assert "<script" not in pictures.text_html(hostile, hostile, writing=True)
    assert "<script" not in pictures.message_html(hostile, is_problem=True)
    assert "<script" not in pictures.card_html({hostile: hostile})
    bars = pictures.distribution_html(
        np.array([0.7, 0.1, 0.1999, 0.0001, 0]), "\n<abc", hostile, drawn="<"
    )
    assert "<script" not in bars
    table = ElementTree.fromstring(bars)
    assert table.find("caption/b").tail == f" {hostile}"
    rows = [(row.find("th").text, row.find("td").text) for row in table.iter("tr")]
    assert rows == [("⏎", "0.700"), ("a", "0.200"), ("<", "0.100"), ("b", "< 0.001"), ("c", "0")]
    assert table.find("tr/th").get("aria-label") == "newline"
    assert [row.get("class") for row in table.iter("tr")][1:4] == [None, "rnnbook-drawn", None]


@pytest.mark.parametrize("length, shown", [(12, 12), (150, 100)])
def test_a_heatmap_keeps_its_size(length, shown):
    hidden = np.random.default_rng(0).uniform(-1, 1, (length, 30))
    html = pictures.heatmap_html(list(hidden), "x" * length, [3, 5, 7])
    assert f'aria-label="Heatmap of 3 units, one a row, by {shown} characters' in html
    assert f"over the last {shown} characters" in html and "the 3 of 30 units" in html
    assert 'viewBox="0 0 763.2 216"' in html


def test_the_rows_of_a_heatmap_stay_the_same_units():
    units = state.lively_units("shakespeare", 24)
    assert len(set(units.tolist())) == 24 and units.max() < 384
    assert units.tolist() == sorted(units.tolist())


def test_the_card_tells_what_the_checkpoint_tells(tmp_path):
    card = state.card("shakespeare")
    assert card["Parameters"] == "724,686" and card["Loss (nats/character)"].startswith("1.4")
    assert float(card["Loss of the 6-gram"]) > float(card["Loss (nats/character)"])
    random_checkpoint(num_layers=2).save(tmp_path / "small.safetensors")
    card = state.card(str(tmp_path / "small.safetensors"))
    assert card["Units"] == "2 layers of 12" and not any("Loss" in key for key in card)


def said(dashboard: Dashboard) -> str:
    return html.unescape(dashboard.views.message.value)


async def begin(dashboard: Dashboard) -> None:
    """Press Generate and wait until the text has begun."""
    dashboard.controls.generate.click()
    await asyncio.sleep(GATHER + 0.05)


async def finish(dashboard: Dashboard) -> None:
    """Wait until the text is written."""
    if dashboard.task is not None:
        await dashboard.task


def test_generate_and_stop():
    async def visit() -> None:
        dashboard = Dashboard()
        controls, views = dashboard.controls, dashboard.views
        assert all(view.value for view in views.all())  # the first screen is complete
        first = dashboard.writing.text
        assert len(first) == 300
        controls.length.value = 60
        await begin(dashboard)
        assert not controls.stop.disabled
        await finish(dashboard)
        assert controls.stop.disabled and "Wrote 60 characters." in said(dashboard)
        assert dashboard.writing.text == first[:60]  # the same seed
        controls.seed.value = 2
        await begin(dashboard)
        await finish(dashboard)
        assert dashboard.writing.text != first[:60]

        controls.length.value = 1000
        await begin(dashboard)
        heatmap, bars = views.heatmap.value, views.distribution.value
        await asyncio.sleep(1.0)
        assert "rnnbook-cursor" in views.text.value  # the pictures move while it writes
        assert views.heatmap.value != heatmap and views.distribution.value != bars
        assert "rnnbook-drawn" in views.distribution.value
        await begin(dashboard)  # a new text ends the old one
        await asyncio.sleep(0.3)
        controls.stop.click()
        stopped = len(dashboard.writing.chars)
        await asyncio.sleep(0.3)
        assert 0 < stopped == len(dashboard.writing.chars) < 1000
        assert f"Stopped after {stopped} characters." in said(dashboard)

    asyncio.run(visit())


def test_a_click_that_overtakes_a_slider_waits_for_it():
    async def visit() -> None:
        dashboard = Dashboard()
        dashboard.controls.generate.click()
        dashboard.controls.length.value = 40  # moved before the click, heard after it
        await asyncio.sleep(GATHER + 0.05)
        await finish(dashboard)
        assert len(dashboard.writing.chars) == 40

        dashboard.controls.generate.click()
        dashboard.controls.stop.click()
        await asyncio.sleep(GATHER + 0.05)
        assert dashboard.task is None  # it never began

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
    assert ">1.000<" in views.distribution.value


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
        await begin(dashboard)
        await finish(dashboard)

    asyncio.run(write())
    assert dashboard.views.text.value.count("<b") == 1  # ours; the visitor's is text
    assert "&lt;b&gt;" in dashboard.views.text.value


def test_an_accident_is_a_sentence_and_not_a_traceback(monkeypatch, caplog):
    dashboard = Dashboard()
    monkeypatch.setattr(state, "next_logits", lambda *_: 1 / 0)
    dashboard.controls.prompt.value = "JULIET:\n"
    assert "Something broke here" in said(dashboard) and "Zero" not in said(dashboard)
    assert "ZeroDivisionError" in caplog.text  # the server's log has it all


def test_checkpoints_of_the_readers_own_stand_first(tmp_path, monkeypatch):
    path = tmp_path / "mine.safetensors"
    random_checkpoint().save(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(state.OWN_MODELS, own_models(["mine.safetensors", "shakespeare"]))
    assert state.models()[:2] == [str(path), "shakespeare"]
    assert len(set(state.models())) == len(state.models())
    with pytest.raises(CheckpointError, match="no file"):
        own_models(["missing.safetensors"])


def test_both_themes_are_in_the_style_sheet_and_touch_nothing_else():
    sheet = style()
    for mode in ("light", "dark"):
        assert theme.css_variables(mode) in sheet
    assert ":root" not in sheet  # JupyterLab keeps its own colours


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
    assert "--VoilaConfiguration.template=rnnbook" in called
    assert "--VoilaConfiguration.strip_sources=True" in called and called[-1] == "--port=1"


@pytest.mark.parametrize("option", ["--Voila.ip=0.0.0.0", "--template=lab", "--preheat_kernel=0"])
def test_an_option_takes_the_place_of_a_setting(option):
    name = option.split("=")[0].lstrip("-").removeprefix("Voila.")
    called = [argument for argument in command([option]) if f"{name}=" in argument]
    assert called == [option]  # Voila refuses to hear a setting twice


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Voila with the dashboard, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("voila")
    random_checkpoint(chars="\n <>:EJLMORTU.").save(folder / "small.safetensors")
    log = (folder / "log").open("w+")
    models = ["shakespeare", str(folder / "small.safetensors")]
    process = subprocess.Popen(
        [sys.executable, "-m", "rnnbook.dashboard", *models, "--no-browser", f"--port={port}"],
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
        page.wait_for_selector(".rnnbook-bars")
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
    """Press keys on a slider's handle, and let the hand rest."""
    page.get_by_role("slider", name=name).focus()
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_timeout(200)


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
    dashboard.get_by_text("Next character after “").wait_for()
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

    bars = dashboard.inner_html(".rnnbook-bars")
    press(dashboard, "Temperature", "Home")
    dashboard.wait_for_function(
        "before => document.querySelector('.rnnbook-bars').innerHTML !== before",
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
def test_another_model_writes_with_its_own_characters(dashboard):
    """And what looks like a page's code is only text, in the prompt and in what follows."""
    card = dashboard.inner_text(".rnnbook-facts")
    dashboard.get_by_label("Model").select_option("Small (LSTM)")
    dashboard.wait_for_function(
        "before => document.querySelector('.rnnbook-facts').innerText !== before", arg=card
    )
    assert "12" in dashboard.inner_text(".rnnbook-facts")
    dashboard.get_by_label("Prompt").fill("<TT>ROMEO")
    dashboard.get_by_text("Next character after “<TT>ROMEO”").wait_for()
    text = generate(dashboard)
    assert text.startswith("<TT>ROMEO") and set(text) <= set("\n <>:EJLMORTU.")
    assert dashboard.locator(".rnnbook-dashboard tt").count() == 0
    dashboard.get_by_label("Model").select_option("Shakespeare (LSTM)")
    dashboard.get_by_label("Prompt").fill("KING:\n")
    dashboard.get_by_text("Next character after “KING:⏎”").wait_for()


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
    assert dashboard.locator("svg[role=img][aria-label]").count() == 1
    assert dashboard.get_by_role("table").get_by_role("rowheader").count() == 14
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
    dashboard.wait_for_function(f"{box}.scrollWidth <= {width}")
    if width == 1280:  # one screen
        dashboard.wait_for_function(f"{box}.scrollHeight <= 800")
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
