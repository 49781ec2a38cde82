"""A session that survives: cut networks, pages that slept, ended kernels, a new server.

What a visitor reads in each state is tested by its words.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager

import pytest
from browser import visit
from cable import cable_to
from conftest import random_checkpoint
from dashboards import (
    LAPTOP,
    choose_file,
    expected,
    generate,
    press,
    serving,
    wait_for_all,
    wait_for_words,
    wait_until,
    written,
)
from tabs import Tab, chromium_of_its_own

pytestmark = [pytest.mark.browser, pytest.mark.slow]
OPTIONS = {"viewport": LAPTOP, "bypass_csp": True}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("survival")
    with serving(folder, "--pool=1", "--visitors=6", "--crowded=20") as found:
        yield found


@contextmanager
def through_a_cable(browser, server):
    """A visitor behind a network that can be cut."""
    with cable_to(server.address) as cable, visit(browser, "about:blank", **OPTIONS) as (page, _):
        page.set_default_timeout(60_000)
        page.goto(cable.address)
        wait_for_all(page)
        yield page, cable


def state(page) -> str:
    return " ".join(page.locator("#rnnbook-state, #rnnbook-ended").all_inner_texts())


def back(page) -> None:
    """Wait until the page is connected, and says nothing more of it."""
    page.wait_for_function(
        "() => !document.querySelector('#rnnbook-state')"
        " && window.jupyterapp.widgetManager.kernel.connectionStatus === 'connected'"
    )


@pytest.mark.parametrize("forgets", [True, False])
def test_a_cut_network_is_told_and_the_text_is_whole_afterwards(browser, server, forgets):
    with through_a_cable(browser, server) as (page, cable):
        kernel = server.kernel_of(page)
        press(page, "Sequence length", "End")
        page.get_by_role("button", name="Generate").click()
        wait_for_words(page, "Writing")
        cable.cut()
        page.get_by_text("The server does not answer. What you see stays").wait_for()
        time.sleep(8)  # the text ends meanwhile, and the page hears nothing of it
        assert written(page) != expected("ROMEO:\n", 1000, 0.7, 1)
        started = time.monotonic()
        cable.mend(forgets=forgets)
        back(page)
        took = time.monotonic() - started
        wait_for_words(page, "Wrote 1,000")
        assert written(page) == expected("ROMEO:\n", 1000, 0.7, 1)
        assert server.kernel_of(page) == kernel and "Start again" not in state(page)
        print(f"connected again {took:.1f} s after the network")
        press(page, "Sequence length", "Home")
        seed = page.get_by_label("Seed")
        seed.fill("4")
        seed.press("Enter")
        assert generate(page) == expected("ROMEO:\n", 10, 0.7, 4)  # and the page goes on


def test_what_is_touched_while_it_is_cut_is_sent_when_it_is_back(browser, server):
    with through_a_cable(browser, server) as (page, cable):
        cable.cut()
        page.get_by_text("The server does not answer").wait_for()
        page.get_by_label("Prompt").fill("KING:\n")
        cable.mend()
        back(page)
        page.get_by_text("Next character after “KING:⏎”").wait_for()


def test_what_is_touched_before_anybody_knows_of_the_cut_is_sent_again(browser, server):
    """A button and a slider, on a line that is dead already; the slider goes on afterwards."""
    with through_a_cable(browser, server) as (page, cable):
        press(page, "Sequence length", "Home")
        cable.cut()
        page.get_by_label("Prompt").fill("KING:\n")
        temperature = page.get_by_role("slider", name="Temperature", exact=True)
        temperature.focus()
        page.keyboard.press("ArrowLeft")
        page.get_by_role("button", name="Generate").click()
        page.wait_for_timeout(300)  # it has left the page
        is_trusted = "window.jupyterapp.widgetManager.kernel.connectionStatus === 'connected'"
        assert page.evaluate(is_trusted) and not state(page)
        cable.mend(forgets=True)
        wait_for_words(page, "Wrote 10")
        assert written(page) == expected("KING:\n", 10, 0.65, 1)
        temperature.focus()
        page.keyboard.press("ArrowLeft")
        page.get_by_text("at temperature 0.60").wait_for()


@pytest.mark.parametrize("how", ["the page is frozen", "the laptop is closed"])
def test_a_page_that_slept_finds_its_kernel(server, how):
    """Its timers stand still, its network is gone, it goes on, and its network comes later."""
    with chromium_of_its_own() as chromium, cable_to(server.address) as cable:
        tab = Tab(chromium, cable.address)
        tab.wait_for("Boolean(document.querySelector('.rnnbook-heatmap svg'))")
        kernel = tab.evaluate("document.documentElement.dataset.kernel")
        tab.evaluate("window.ticks = 0, setInterval(() => window.ticks++, 100)")
        tab.freeze() if how == "the page is frozen" else chromium.stop()
        cable.cut()
        time.sleep(6)
        tab.thaw() if how == "the page is frozen" else chromium.go_on()
        assert tab.evaluate("window.ticks") < 20  # it did sleep
        time.sleep(1)
        cable.mend()
        tab.wait_for(
            "!document.querySelector('#rnnbook-state')"
            " && window.jupyterapp.widgetManager.kernel.connectionStatus === 'connected'"
        )
        tab.click("Generate")
        tab.wait_for("document.body.innerText.includes('Wrote 300')")
        text = tab.evaluate("document.querySelector('.rnnbook-flow').textContent")
        assert text == expected("ROMEO:\n", 300, 0.7, 1)
        assert tab.evaluate("document.documentElement.dataset.kernel") == kernel
        tab.close()


def test_a_silence_in_the_middle_of_a_text_is_told_soon(browser, server):
    """Sooner than by the page's regular question, and not as if the server were gone."""
    with through_a_cable(browser, server) as (page, cable):
        page.evaluate(
            "window.told = []; new MutationObserver(() => {"
            " const words = document.querySelector('#rnnbook-state')?.textContent ?? '';"
            " if (window.told.at(-1) !== words) window.told.push(words);"
            "}).observe(document.body, { childList: true, subtree: true, characterData: true })"
        )
        press(page, "Sequence length", "End")
        page.get_by_role("button", name="Generate").click()
        wait_for_words(page, "Writing")
        cable.cut()
        page.get_by_text("Waiting for the server").wait_for()
        page.get_by_text("The server does not answer").wait_for()
        cable.mend()
        back(page)
        wait_for_words(page, "Wrote 1,000")
        whole = expected("ROMEO:\n", 1000, 0.7, 1)
        page.wait_for_function(  # what was missed may come a moment after the state that says so
            "length => document.querySelector('.rnnbook-flow').textContent.length >= length",
            arg=len(whole),
        )
        assert written(page) == whole
        words = [told for told in page.evaluate("window.told") if told]
        assert words[0] == "Waiting for the server …"
        assert words[1].startswith("The server does not answer."), words
        after = words[2:]  # once connected again, no late answer to an old question cuts it off
        assert all(told == "Connecting again …" for told in after), words


FIELDS = """() => Object.fromEntries([...document.querySelectorAll(".rnnbook-tab .widget-label")]
  .map((label) => [label.textContent, label.parentElement])
  .map(([name, box]) => [name, (
    box.querySelector("select")?.selectedOptions[0].textContent.replaceAll("\\u00a0", " ")
    ?? box.querySelector(".widget-readout")?.textContent
    ?? box.querySelector("input, textarea")?.value)]))"""
TEXT = "Words of my own, <b>which</b> nobody else has.\n" * 60


def test_everything_comes_back_after_the_process_has_ended(browser, server):
    """Also what was never generated: prompt, seed, pasted text, a network that was brought."""
    with visit(browser, server.address, **OPTIONS) as (page, _):
        page.set_default_timeout(60_000)
        wait_for_all(page)
        page.get_by_role("button", name="Train your own").click()
        page.get_by_label("Your text").fill(TEXT)
        press(page, "Hidden size", "End")
        data = random_checkpoint(chars="\n abcdefgh.").to_bytes()
        choose_file(page, "Bring a checkpoint", "my poems.safetensors", data)
        wait_for_words(page, "Wrote 300")
        text = written(page)
        assert "model=my-poems" in page.locator(".rnnbook-link a").get_attribute("href")
        page.get_by_label("Prompt").fill("abba")
        seed = page.get_by_label("Seed")
        seed.fill("17")
        press(page, "Temperature", "End")
        page.wait_for_timeout(1000)
        fields = page.evaluate(FIELDS)
        assert fields["Model"] == "my poems (LSTM)" and fields["Prompt"] == "abba"
        os.kill(server.kernel_of(page), signal.SIGKILL)
        notice = page.get_by_role("alert")
        notice.wait_for()
        assert "The process behind this page has ended." in notice.inner_text()
        assert "are kept in this browser" in notice.inner_text()
        page.get_by_label("Prompt").fill("abbe")  # typed when nobody listened
        page.wait_for_timeout(600)
        page.get_by_role("button", name="Start again").click()
        page.get_by_role("alert").wait_for(state="detached")
        wait_for_words(page, "are here again")
        assert written(page) == text
        wait_until(lambda: page.evaluate(FIELDS) == {**fields, "Prompt": "abbe"})
        page.get_by_role("button", name="Train your own").click()
        assert page.get_by_label("Your text").input_value() == TEXT


def test_start_afresh_begins_with_nothing_of_before(browser, server):
    with visit(browser, server.address, **OPTIONS) as (page, _):
        page.set_default_timeout(60_000)
        wait_for_all(page)
        page.get_by_label("Prompt").fill("KING:\n")
        page.wait_for_timeout(600)
        os.kill(server.kernel_of(page), signal.SIGKILL)
        page.get_by_role("button", name="Start afresh").click()
        page.get_by_role("alert").wait_for(state="detached")
        wait_for_all(page)
        assert page.get_by_label("Prompt").input_value() == "ROMEO:\n"


def test_a_server_that_is_started_anew_gets_everything_back(browser, tmp_path):
    with visit(browser, "about:blank", **OPTIONS) as (page, _):
        page.set_default_timeout(60_000)
        with serving(tmp_path, "--pool=1", small=False) as first:
            page.goto(first.address)
            wait_for_all(page)
            page.get_by_label("Prompt").fill("JULIET")
            page.wait_for_timeout(600)
            page.evaluate("window.isOld = true")
        page.locator("#rnnbook-state, #rnnbook-ended").first.wait_for()
        if page.get_by_role("button", name="Start again").count():  # it was told before the end
            page.get_by_role("button", name="Start again").click()
            page.get_by_text("This page begins again as soon as it does").wait_for()
        port = first.address.rpartition(":")[2].strip("/")
        with serving(tmp_path, "--pool=1", f"--port={port}", small=False):
            if page.get_by_text("This page begins again as soon").count() == 0:
                page.get_by_role("button", name="Start again").click()
            page.wait_for_function("() => !window.isOld")
            wait_for_words(page, "are here again")
            assert page.get_by_label("Prompt").input_value() == "JULIET"


def test_a_page_on_a_slow_line_is_not_loaded_anew(browser, server):
    """A program that takes longer than silence may: it is under way, and that is no silence."""
    with visit(browser, "about:blank", **OPTIONS) as (page, _):
        page.set_default_timeout(120_000)
        visits = []
        page.on("framenavigated", lambda frame: visits.append(frame.url))
        held, ready = [], []
        pattern = "**/static/*voila.js"
        page.route(pattern, lambda route: route.continue_() if ready else held.append(route))
        page.goto(server.address, wait_until="commit")
        page.wait_for_timeout(32_000)
        ready.append(True)
        for route in held:
            route.continue_()
        wait_for_all(page)
        assert len([url for url in visits if url.startswith(server.address)]) == 1


def test_a_page_of_which_a_part_never_comes_tries_twice_and_says_so(browser, server):
    with visit(browser, "about:blank", **OPTIONS) as (page, _):
        page.set_default_timeout(120_000)
        visits = []
        page.on("framenavigated", lambda frame: visits.append(frame.url))
        page.route("**/static/*voila.js", lambda route: route.abort())
        page.goto(server.address)
        page.get_by_text("A part of this page did not arrive.").wait_for()
        assert len([url for url in visits if url.startswith(server.address)]) == 3


def test_a_page_that_finds_no_server_and_no_place_says_so(browser, tmp_path):
    with (
        serving(tmp_path, "--visitors=1", "--pool=1", small=False) as narrow,
        cable_to(narrow.address) as cable,
        visit(browser, narrow.address, **OPTIONS) as (first, _),
        visit(browser, "about:blank", **OPTIONS) as (second, _),
    ):
        first.set_default_timeout(60_000)
        second.set_default_timeout(60_000)
        wait_for_all(first)
        second.goto(f"{cable.address}#text")  # a fragment is nothing that keeps a page from trying
        second.get_by_text("1 visitors are here").wait_for()
        cable.cut()
        second.get_by_text("This page tries again by itself.").wait_for()
        cable.mend()
        first.close(run_before_unload=True)
        wait_for_all(second)
