"""The dashboard as a visitor sees it, in Chromium."""

from __future__ import annotations

import io
import os
import pickle
import re
import signal
import zipfile

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import visit
from conftest import random_checkpoint
from dashboards import (
    LAPTOP,
    choose_file,
    expected,
    generate,
    press,
    serving,
    visitor,
    wait_for_all,
    wait_for_words,
    written,
)

from rnnbook import theme

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("voila"), "--pool=2") as found:
        yield found


@pytest.fixture(scope="module")
def dashboard(browser, server):
    """One visitor's page, with everything on it."""
    with visitor(browser, server.address) as (page, record):
        yield page
        record.assert_clean()


def test_the_page_keeps_to_the_policy_of_the_server(browser, server):
    """Without Playwright's leave to break it: no script, no style, no request is refused."""
    with visit(browser, server.address, viewport=LAPTOP) as (page, record):
        wait_for_all(page)
        page.get_by_role("button", name="Train your own").click()
        page.get_by_label("Your text").wait_for()
        page.wait_for_timeout(500)
        record.errors = [error for error in record.errors if "503" not in error]
        record.failed = [failure for failure in record.failed if not failure.startswith("503")]
        record.assert_clean()


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
    lengths = dashboard.evaluate("window.lengths")
    grown = lengths[next(i for i, length in enumerate(lengths) if length < 100) :]
    assert grown == sorted(grown) and grown[-1] == 307
    assert len(set(grown)) >= 10, "the text came all at once"
    assert dashboard.inner_html(".rnnbook-heatmap") != before


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
    assert generate(dashboard, "Continue") == expected("ROMEO:\n", 60, 0, 2)

    press(dashboard, "Temperature", "End")
    for name, value in (("Top-k", "4"), ("Top-p", "0.9")):
        field = dashboard.get_by_label(name)
        field.fill(value)
        field.press("Enter")
    assert generate(dashboard) == expected("ROMEO:\n", 30, 2, 2, top_k=4, top_p=0.9)

    prompt = dashboard.get_by_label("Prompt")
    prompt.fill("JULIET:\nO")
    dashboard.get_by_text("Next character after “JULIET:⏎O”").wait_for()
    assert generate(dashboard) == expected("JULIET:\nO", 30, 2, 2, top_k=4, top_p=0.9)
    for name, value in (("Top-k", "0"), ("Top-p", "1")):
        field = dashboard.get_by_label(name)
        field.fill(value)
        field.press("Enter")
    press(dashboard, "Temperature", "Home")


def test_two_texts_stand_side_by_side_and_a_link_brings_them_back(browser, server, dashboard):
    dashboard.get_by_label("Compare").select_option("Two temperatures")
    press(dashboard, "Second temperature", "End")
    first = generate(dashboard)
    second = written(dashboard, 1)
    assert first == expected("JULIET:\nO", 30, 0, 2) and second == expected("JULIET:\nO", 30, 2, 2)
    link = dashboard.locator(".rnnbook-link a").get_attribute("href")
    with visitor(browser, server.address + link) as (page, record):
        wait_for_words(page, "the text of the link")
        assert [written(page), written(page, 1)] == [first, second]
        assert page.get_by_label("Compare").input_value() == "Two temperatures"
        record.assert_clean()
    dashboard.get_by_label("Compare").select_option("Nothing")


def test_a_text_is_copied_and_saved(dashboard):
    text = generate(dashboard)
    dashboard.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dashboard.get_by_role("button", name="Copy").click()
    wait_for_words(dashboard, "Copied")
    assert dashboard.evaluate("navigator.clipboard.readText()") == text
    with dashboard.expect_download() as saved:
        dashboard.get_by_role("button", name="Download", exact=True).click()
    assert saved.value.suggested_filename == "written.txt"
    with open(saved.value.path(), encoding="utf-8", newline="") as file:
        assert file.read() == text


def test_the_colours_follow_a_unit(dashboard):
    dashboard.get_by_label("Colour by").select_option("One unit")
    dashboard.locator(".rnnbook-flow i[class^=u]").first.wait_for()
    before = dashboard.inner_html(".rnnbook-flow")
    unit = dashboard.get_by_label("Unit", exact=True)
    unit.fill("57")
    unit.press("Enter")
    dashboard.wait_for_function(
        "before => document.querySelector('.rnnbook-flow').innerHTML !== before", arg=before
    )
    dashboard.locator(".rnnbook-heatmap").get_by_text("57", exact=True).wait_for()
    dashboard.get_by_label("Colour by").select_option("Surprise")


def test_another_model_writes_with_its_own_characters(dashboard):
    """And what looks like a page's code is only text, in the prompt and in what follows."""
    card = dashboard.inner_text(".rnnbook-facts")
    dashboard.get_by_label("Model", exact=True).select_option("Small (LSTM)")
    dashboard.wait_for_function(
        "before => document.querySelector('.rnnbook-facts').innerText !== before", arg=card
    )
    assert "12" in dashboard.inner_text(".rnnbook-facts")
    dashboard.get_by_label("Prompt").fill("<TT>ROMEO")
    dashboard.get_by_text("Next character after “<TT>ROMEO”").wait_for()
    text = generate(dashboard)
    assert text.startswith("<TT>ROMEO") and set(text) <= set("\n <>:EJLMORTU.")
    assert dashboard.locator(".rnnbook-dashboard tt").count() == 0
    dashboard.get_by_label("Model", exact=True).select_option("Shakespeare (LSTM)")
    dashboard.get_by_label("Prompt").fill("KING:\n")
    dashboard.get_by_text("Next character after “KING:⏎”").wait_for()


def test_stop_stops(dashboard):
    press(dashboard, "Sequence length", "End")
    generate_button = dashboard.get_by_role("button", name="Generate")
    stop = dashboard.get_by_role("button", name="Stop", exact=True, disabled=False)
    generate_button.click()
    stop.click()
    wait_for_words(dashboard, "Stopped after")
    stopped = written(dashboard)
    assert len(stopped) < 800
    dashboard.wait_for_timeout(500)
    assert written(dashboard) == stopped
    assert dashboard.get_by_role("button", name="Stop", exact=True).is_disabled()


@pytest.mark.parametrize(
    "hostile",
    ["<script>window.harmed = 1</script>", "<img src=x onerror='window.harmed=1'>", "日",
     "$(touch /tmp/harmed); `id`"],
)  # fmt: skip
def test_a_hostile_prompt_is_answered_with_a_sentence(dashboard, hostile):
    before = written(dashboard)
    stranger = next(char for char in hostile if char in "<日`")
    dashboard.get_by_label("Prompt").fill(hostile)
    wait_for_words(dashboard, "never occurred")
    dashboard.get_by_role("button", name="Generate").click()
    dashboard.wait_for_timeout(300)
    wait_for_words(dashboard, f"'{stranger}'")
    assert dashboard.locator(".rnnbook-dashboard :is(img, script)").count() == 0
    assert not dashboard.evaluate("window.harmed")
    assert written(dashboard) == before  # nothing was lost
    dashboard.get_by_label("Prompt").fill("KING:\n")
    dashboard.locator(".rnnbook-laboratory .rnnbook-problem").wait_for(state="detached")


@pytest.mark.parametrize("name", ["Seed", "Top-k", "Top-p", "Unit"])
def test_a_number_field_takes_numbers_within_bounds(dashboard, name):
    field = dashboard.get_by_label(name, exact=True)
    assert field.get_attribute("type") == "number"
    before, least = field.input_value(), {"Top-p": "0.05"}.get(name, "0")
    field.fill("-99999")
    field.press("Enter")
    field.blur()
    dashboard.wait_for_timeout(300)
    assert field.input_value() == least
    field.fill(before)
    field.press("Enter")


def _archive() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb", b"\0" * 20_000_000)
    return data.getvalue()


UPLOADS = {
    "a zip bomb": (_archive(), "not UTF-8 text"),
    "a pickle": (pickle.dumps({"a": [1]}), "not UTF-8 text"),
    "too little": (b"<b>short</b>", "at least"),
    "nothing": (b"", "at least"),
}
CHECKPOINTS = {
    "truncated": random_checkpoint().to_bytes()[:-40],
    "a pickle": pickle.dumps({"a": [1]}),
    "a zip bomb": _archive(),
    "html": b"<img src=x onerror='window.harmed=1'>",
}


def test_hostile_files_are_answered_with_a_sentence(dashboard, tmp_path):
    dashboard.get_by_role("button", name="Train your own").click()
    (tmp_path / "large.txt").write_bytes(b"x" * 100_000_000)
    with dashboard.expect_file_chooser() as chooser:
        dashboard.get_by_role("button", name="Bring a text file").click()
    chooser.value.set_files(tmp_path / "large.txt")
    wait_for_words(dashboard, "large.txt is too large", "workshop")
    for name, (content, sentence) in UPLOADS.items():
        choose_file(dashboard, "Bring a text file", f"<i>{name}</i>.txt", content)
        wait_for_words(dashboard, sentence, "workshop")
    for name, content in CHECKPOINTS.items():
        choose_file(dashboard, "Bring a text file", "short.txt", b"short")
        wait_for_words(dashboard, "it takes at least", "workshop")
        choose_file(dashboard, "Bring a checkpoint", f"{name}.safetensors", content)
        wait_for_words(
            dashboard, "The file is not a whole, unchanged rnnbook checkpoint", "workshop"
        )
    assert not dashboard.evaluate("window.harmed")
    dashboard.get_by_role("button", name="Train", exact=True).click()
    wait_for_words(dashboard, "it takes at least 2,000", "workshop")
    dashboard.get_by_role("button", name="Laboratory").click()
    assert generate(dashboard).startswith("KING:\n")  # the page goes on


def test_a_kernel_that_dies_in_the_middle_says_so_and_others_notice_nothing(
    browser, server, dashboard
):
    press(dashboard, "Sequence length", "Home")
    with visitor(browser, server.address) as (page, _):
        press(page, "Sequence length", "End")
        page.get_by_role("button", name="Generate").click()
        wait_for_words(page, "Writing")
        os.kill(server.kernel_of(page), signal.SIGKILL)
        notice = page.get_by_role("alert")
        notice.wait_for()
        assert "has ended" in notice.inner_text()
        assert generate(dashboard).startswith("KING:\n")
        page.get_by_role("button", name="Start again").click()
        page.get_by_role("alert").wait_for(state="detached")
        wait_for_words(page, "are here again")
        assert generate(page) == expected("ROMEO:\n", 1000, 0.7, 1)  # with the length that was set


CUT = """const Original = window.WebSocket; window.sockets = [];
window.WebSocket = class extends Original {
  constructor(...words) { super(...words); window.sockets.push(this); }
};"""


def test_a_socket_that_is_cut_is_mended(browser, server):
    options = {"viewport": LAPTOP, "bypass_csp": True}
    with visit(browser, "about:blank", **options) as (page, _):
        page.add_init_script(CUT)
        page.goto(server.address)
        wait_for_all(page)
        page.get_by_role("button", name="Generate").click()
        wait_for_words(page, "Writing")
        page.evaluate("window.sockets.forEach((socket) => socket.close())")
        wait_for_words(page, "Wrote 300")
        assert written(page) == expected("ROMEO:\n", 300, 0.7, 1)
        assert page.get_by_role("alert").count() == 0


def test_every_control_has_a_name_and_is_reached_by_keyboard(dashboard):
    for role, name in (
        ("combobox", "Model"), ("textbox", "Prompt"), ("slider", "Temperature"),
        ("slider", "Sequence length"), ("spinbutton", "Top-k"), ("spinbutton", "Top-p"),
        ("spinbutton", "Seed"), ("combobox", "Engine"), ("combobox", "Compare"),
        ("button", "Generate"), ("combobox", "Colour by"), ("spinbutton", "Unit"),
        ("button", "Copy"), ("button", "Download"), ("link", "Link to this text"),
        ("region", "What the network wrote"), ("region", "Hidden activations"),
        ("status", "What is happening"), ("button", "Laboratory"), ("button", "Train your own"),
    ):  # fmt: skip
        assert dashboard.get_by_role(role, name=name, exact=True).count() == 1, name
    pressed = dashboard.get_by_role("button", name="Laboratory", pressed=True)
    assert pressed.count() == 1
    assert dashboard.locator("svg[role=img][aria-label]").count() == 1
    rows = dashboard.locator(".rnnbook-bars").get_by_role("rowheader")
    assert rows.count() == 14


NAME = """document.activeElement.labels?.[0]?.textContent
    || document.activeElement.ariaLabel || document.activeElement.textContent"""


def test_it_is_driven_by_keyboard_alone(browser, server):
    with visitor(browser, server.address) as (page, record):

        def tab_to(name: str) -> None:
            for _ in range(40):
                page.keyboard.press("Tab")
                if page.evaluate(NAME).strip() == name:
                    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                    assert outline != "none", f"{name} shows no focus"
                    return
            raise AssertionError(f"{name} is not reached")

        tab_to("Model")
        page.keyboard.press("ArrowDown")
        page.get_by_text("12", exact=True).first.wait_for()
        page.keyboard.press("ArrowUp")
        tab_to("Prompt")
        page.keyboard.press("Control+A")
        page.keyboard.type("KING:\nI ")
        tab_to("Temperature")
        page.keyboard.press("Home")
        tab_to("Sequence length")
        for key in ("Home", "ArrowRight"):
            page.keyboard.press(key)
        tab_to("Seed")
        page.keyboard.press("Control+A")
        page.keyboard.type("9")
        tab_to("Generate")
        page.keyboard.press("Enter")
        wait_for_words(page, "Wrote 20")
        assert written(page) == expected("KING:\nI ", 20, 0, 9)
        tab_to("What the network wrote")
        tab_to("Colour by")
        tab_to("Train your own")
        page.keyboard.press("Enter")
        page.get_by_label("Your text").wait_for()
        tab_to("Your text")
        page.keyboard.type("short")
        tab_to("Train")
        page.keyboard.press("Enter")
        wait_for_words(page, "it takes at least", "workshop")
        record.assert_clean()


@pytest.mark.parametrize("tab", ["Laboratory", "Train your own"])
@pytest.mark.parametrize("width, scheme", [(1366, "light"), (1366, "dark"), (390, "light")])
def test_axe_finds_nothing(dashboard, width, scheme, tab):
    dashboard.set_viewport_size({"width": width, "height": 768})
    dashboard.emulate_media(color_scheme=scheme)
    dashboard.get_by_role("button", name=tab).click()
    dashboard.wait_for_timeout(500)
    found = Axe().run(dashboard)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width, scheme", [(1366, "light"), (1366, "dark"), (390, "light")])
def test_the_page_fits(dashboard, width, scheme):
    dashboard.get_by_role("button", name="Laboratory").click()
    dashboard.set_viewport_size({"width": width, "height": 768})
    dashboard.emulate_media(color_scheme=scheme)
    box = "document.querySelector('#rendered_cells')"
    dashboard.wait_for_function(f"{box}.scrollWidth <= {width}")
    if width == 1366:  # one screen
        dashboard.wait_for_function(f"{box}.scrollHeight <= 768")
    colours = "(({color, backgroundColor}) => [color, backgroundColor])"
    ink, _ = dashboard.evaluate(f"{colours}(getComputedStyle({box}.querySelector('h1')))")
    _, paper = dashboard.evaluate(f"{colours}(getComputedStyle({box}))")
    for found, name in ((ink, "ink"), (paper, "paper")):
        red, green, blue = map(int, re.findall(r"\d+", found)[:3])
        assert f"#{red:02x}{green:02x}{blue:02x}" == theme.CSS_VARIABLES[scheme][name]


def test_a_visitor_without_a_place_gets_one_when_it_is_free(browser, tmp_path):
    options = {"viewport": LAPTOP, "bypass_csp": True}
    with (
        serving(tmp_path, "--visitors=1", "--pool=1", small=False) as narrow,
        visitor(browser, narrow.address) as (first, _),
        visit(browser, narrow.address, **options) as (second, _),
    ):
        second.get_by_text("Every place is taken").wait_for()
        assert Axe().run(second).violations_count == 0
        first.close(run_before_unload=True)  # its page says goodbye
        wait_for_all(second)


def test_the_dashboard_says_nothing_of_its_source(dashboard):
    assert "import Dashboard" not in dashboard.content()
    assert written(dashboard)
