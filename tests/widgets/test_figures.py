"""The live figures in a browser, by mouse and by keyboard, with no network and no kernel."""

from __future__ import annotations

import functools
import http.server
import threading

import numpy as np
import pytest
from browser import PATIENCE, serve, visit
from conftest import random_checkpoint
from live import at_rest, page_with, rest
from margins import sure_text

from rnnbook import checkpoints, hello, inspection, sampling
from rnnbook.inspection.markup import quotes
from rnnbook.ngram import NGram
from rnnbook.numpy_networks import schedules
from rnnbook.text import Vocab
from rnnbook.widgets import (
    Attention,
    Cell,
    ChainRule,
    Context,
    Forgetting,
    Gates,
    Guess,
    Memory,
    Order,
    Quiz,
    Rates,
    Reader,
    Sampler,
    Scan,
    Steering,
    Temperature,
    Trainer,
    UnitFinder,
    Unroll,
)
from rnnbook.widgets.chain_rule import slope_at
from rnnbook.widgets.guess import bounds

pytestmark = [pytest.mark.browser, pytest.mark.apart]

SPEECH = """ROMEO:
O, she doth teach the torches to burn bright!
It seems she hangs upon the cheek of night
Like a rich jewel in an Ethiope's ear;

KING:
What is he that comes so late into the hall?
Bring in a torch and many attendants, sir.
"""


@pytest.fixture(params=["file", "http"])
def address_of(request, tmp_path):
    """Gives the address of a bare page with one figure, on disk or from a server."""
    with serve(tmp_path) as home:

        def address(figure, models=("shakespeare",)):
            page = page_with(tmp_path, figure, models)
            return page.as_uri() if request.param == "file" else f"{home}/{page.name}"

        yield address


@pytest.fixture
def figure_page(address_of):
    """A bare page with one sampler, whose text no rounding decides."""
    figure = Sampler(prompt="ROMEO:\n", length=200)
    assert figure.text == sure(figure, figure.temperature)
    return address_of(figure)


def sure(figure, temperature: float) -> str:
    model = checkpoints.load("shakespeare").model()
    return sure_text(model, figure.prompt, figure.length, figure.seed, temperature=temperature)


def test_the_figure_answers_the_mouse(browser, figure_page):
    with visit(browser, figure_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        first = page.inner_text(".rnnbook-text")
        page.get_by_role("button", name="Generate").click()
        again = rest(page)
        assert again == first  # what Python drew is what JavaScript draws
        page.get_by_label("Temperature").fill("0.1")
        cold = rest(page)
        assert cold != first
        page.get_by_label("Length").fill("400")
        longer = rest(page)
        assert longer.startswith(cold) and len(longer) > len(cold) + 150
        page.get_by_label("Seed").fill("5")
        page.get_by_label("Seed").press("Enter")
        assert rest(page) != longer
        record.assert_clean()


class _Halting(http.server.SimpleHTTPRequestHandler):
    """Sends half of a checkpoint, and the rest when it may."""

    may_go_on: threading.Event

    def log_message(self, *_: object) -> None:
        pass

    def copyfile(self, source, outputfile):
        data = source.read()
        if self.path.endswith(".safetensors"):
            outputfile.write(data[: len(data) // 2])
            outputfile.flush()
            assert self.may_go_on.wait(PATIENCE / 1000)
            data = data[len(data) // 2 :]
        outputfile.write(data)


def test_the_first_character_stands_there_while_the_network_still_comes(browser, tmp_path):
    may_go_on = threading.Event()
    handler = type("_", (_Halting,), {"may_go_on": may_go_on})
    figure = Sampler(prompt="ROMEO:\n", length=60)
    path = page_with(tmp_path, figure)
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(handler, directory=str(tmp_path))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/{path.name}"
    with server, visit(browser, address) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_label("Seed").fill("7")
        page.get_by_label("Seed").blur()
        progress = page.get_by_role("progressbar", name="Fetching the network shakespeare")
        page.wait_for_function("document.querySelector('progress')?.position === 0.5")
        first = page.inner_text(".rnnbook-text")
        may_go_on.set()
        text = rest(page)
        assert len(first) == len("ROMEO:\n") + 1 and text.startswith(first) and len(text) == 67
        assert progress.count() == 0
        assert page.inner_text(".rnnbook-message") == "Wrote 60 characters."
        record.assert_clean()
        server.shutdown()


def test_a_network_that_does_not_come_is_asked_for_again(browser, tmp_path):
    path = page_with(tmp_path, Sampler(prompt="ROMEO:\n", length=60))
    weights = tmp_path / "_static" / "rnnbook" / "weights" / "shakespeare.safetensors"
    away = weights.rename(tmp_path / "away")
    with serve(tmp_path) as home, visit(browser, f"{home}/{path.name}") as (page, _):
        page.wait_for_selector("[data-alive]")
        first = page.inner_text(".rnnbook-text")
        page.get_by_role("button", name="Generate").click()
        at_rest(page)
        assert "cannot go on" in page.inner_text(".rnnbook-message")
        away.rename(weights)
        page.get_by_role("button", name="Generate").click()
        assert rest(page) == first


def test_the_figure_answers_the_keyboard(browser, figure_page):
    with visit(browser, figure_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        bars = page.inner_text(".rnnbook-bars")
        page.get_by_label("Prompt").focus()
        page.keyboard.press("Tab")
        for _ in range(6):
            page.keyboard.press("ArrowLeft")
        assert rest(page) and page.inner_text(".rnnbook-bars") != bars
        page.keyboard.press("Tab")
        page.keyboard.press("Home")
        assert "20 characters" in page.inner_text(".rnnbook-controls")
        assert "Wrote 20 characters." in [rest(page), page.inner_text(".rnnbook-message")]
        record.assert_clean()


PRESS_WHEN_LONG = """
button => new Promise(done => {
  const text = document.querySelector(".rnnbook-text");
  const look = () => {
    if (text.innerText.length <= 30 || button.disabled) return requestAnimationFrame(look);
    button.click();
    done();
  };
  look();
})
"""


def test_stop_stops(browser, figure_page):
    with visit(browser, figure_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_role("button", name="Generate").click()
        rest(page)  # the weights are there now
        page.get_by_label("Length").fill("1000")
        # pressed by the page itself: a thousand characters take less than a second
        page.get_by_role("button", name="Stop").evaluate(PRESS_WHEN_LONG)
        stopped = page.inner_text(".rnnbook-text")
        page.wait_for_timeout(500)
        assert page.inner_text(".rnnbook-text") == stopped
        assert 30 < len(stopped) < 1000
        assert page.inner_text(".rnnbook-message") == "Stopped."
        record.assert_clean()


def test_hostile_prompts_stay_text(browser, figure_page):
    with visit(browser, figure_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        box = page.get_by_label("Prompt")
        for prompt, message in (
            ("<img src=x onerror=alert(1)>", "never read these characters: < = ( ) >"),
            ("שלום 🙂", "never read these characters"),
            ("", "The prompt is empty"),
        ):
            box.fill(prompt)
            box.blur()
            page.wait_for_function(
                "text => document.querySelector('.rnnbook-message').innerText.includes(text)",
                arg=message,
            )
        assert page.locator(".rnnbook-sampler img").count() == 0
        box.fill("KING:\n")
        box.blur()
        assert rest(page).startswith("KING:")
        record.assert_clean()


def test_the_page_is_never_blocked_for_long(browser, figure_page):
    with visit(browser, figure_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_role("button", name="Generate").click()
        rest(page)
        page.evaluate(
            "window.gaps = []; let last = performance.now();"
            " const tick = () => { const now = performance.now();"
            " gaps.push(now - last); last = now; setTimeout(tick); }; tick();"
        )
        page.get_by_label("Length").fill("1000")
        rest(page)
        gaps = page.evaluate("gaps")
        assert np.median(gaps) < 50
        record.assert_clean()


@pytest.fixture
def reader_page(address_of):
    """A bare page on disk with one reader."""
    return address_of(Reader(text="ROMEO:\nO, she doth teach.\n", unit=3))


def shades(page) -> list[str]:
    return page.eval_on_selector_all(
        ".rnnbook-column", "all => all.map(one => one.className + one.style.cssText)"
    )


def test_the_reader_answers_the_mouse(browser, reader_page):
    with visit(browser, reader_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        assert page.locator(".rnnbook-column").count() == 26
        first = shades(page)
        page.get_by_role("button", name="Next unit").click()
        at_rest(page)
        assert page.get_by_label("Unit", exact=True).input_value() == "4"
        assert shades(page) != first
        page.get_by_role("button", name="Previous unit").click()
        assert shades(page) == first  # what Python drew is what JavaScript draws
        page.get_by_label("Colour by").select_option("f")
        assert shades(page) != first
        page.locator(".rnnbook-map").click(position={"x": 50, "y": 100})
        assert page.get_by_label("Unit", exact=True).input_value() not in ("3", "4")
        page.get_by_label("Guesses below").uncheck()
        assert not page.locator(".rnnbook-guess").first.is_visible()
        page.locator(".rnnbook-column").nth(5).click()
        assert "After character 6, :" in page.inner_text(".rnnbook-heading")
        record.assert_clean()


def test_the_reader_answers_the_keyboard(browser, reader_page):
    with visit(browser, reader_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_label("Text to read").focus()
        page.keyboard.press("Control+a")
        page.keyboard.type("I am ")
        for _ in range(7):  # Read, Colour by, Previous, Unit, Next, Guesses, the text
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent") == "Read":
                page.keyboard.press("Enter")
                at_rest(page)
        assert page.evaluate("document.activeElement.className") == "rnnbook-strip"
        assert page.locator(".rnnbook-column").count() == 5
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        detail = page.inner_text(".rnnbook-heading")
        assert "After character 2, ␣: the hidden state h of unit 4" in detail
        record.assert_clean()


def test_hostile_texts_stay_text(browser, reader_page):
    with visit(browser, reader_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        box = page.get_by_label("Text to read")
        for text, message in (
            ("<img src=x onerror=alert(1)>", "never read these characters"),
            ("שלום 🙂", "never read these characters"),
            ("", "There is no text to read"),
            ("ab " * 400_000, "8000 more were left out"),
        ):
            box.fill(text)
            page.get_by_role("button", name="Read").click()
            page.wait_for_function(
                "text => document.querySelector('.rnnbook-message').innerText.includes(text)",
                arg=message,
            )
        assert page.locator(".rnnbook-reader img").count() == 0
        record.assert_clean()


def test_a_character_tells_what_was_likely(browser, figure_page):
    with visit(browser, figure_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.locator(".rnnbook-text span:not(.rnnbook-prompt)").nth(4).hover()
        by_python = page.inner_text(".rnnbook-detail")
        assert "Likeliest here" in by_python and by_python.count("%") == 5
        page.get_by_role("button", name="Generate").click()
        rest(page)
        page.locator(".rnnbook-text span:not(.rnnbook-prompt)").nth(4).hover()
        assert page.inner_text(".rnnbook-detail") == by_python  # what JavaScript says is the same
        page.locator(".rnnbook-text").focus()
        page.keyboard.press("Home")
        first = page.inner_text(".rnnbook-detail")
        page.keyboard.press("ArrowRight")
        assert page.inner_text(".rnnbook-detail") != first
        assert page.locator(".rnnbook-text .rnnbook-here").count() == 1
        page.get_by_label("Colour surprises").check()
        assert page.locator(".rnnbook-coloured").count() == 1
        record.assert_clean()


def test_another_model_can_be_chosen(browser, address_of):
    figure = Sampler(prompt="ROMEO:\n", length=60, models=["names", "shakespeare"])
    address = address_of(figure, ("shakespeare", "names"))
    with visit(browser, address) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_label("Model", exact=True).select_option("names")
        at_rest(page)
        assert "never read these characters" in page.inner_text(".rnnbook-message")
        page.get_by_label("Prompt").fill("Anna\n")
        page.get_by_label("Prompt").blur()
        assert rest(page).startswith("Anna") and len(rest(page)) > 50
        record.assert_clean()


def test_without_a_worker_the_page_computes(browser, figure_page):
    with visit(browser, figure_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.add_init_script("delete window.Worker")
        page.reload()
        page.wait_for_selector("[data-alive]")
        first = page.inner_text(".rnnbook-text")
        page.get_by_role("button", name="Generate").click()
        assert rest(page) == first
        record.assert_clean()


def test_a_worker_that_is_forbidden_is_replaced(browser, tmp_path, figure_page):
    path = tmp_path / "page.html"
    policy = "<meta http-equiv=Content-Security-Policy content=\"worker-src 'none'\"><title>"
    path.write_text(path.read_text().replace("<title>", policy))
    with visit(browser, figure_page) as (page, _):
        page.wait_for_selector("[data-alive]")
        first = page.inner_text(".rnnbook-text")
        page.get_by_role("button", name="Generate").click()
        assert rest(page) == first


@pytest.fixture
def temperature_page(address_of):
    figure = Temperature(prompt="ROMEO:\n", temperatures=(0.5, 1.2), length=80)
    assert all(sure(figure, value) for value in (figure.temperature, figure.other))
    return address_of(figure)


def bars(page, side: int) -> str:
    return page.locator(".rnnbook-bars").nth(side).inner_text()


def test_two_temperatures_answer_the_mouse(browser, temperature_page):
    with visit(browser, temperature_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        boxes = page.locator(".rnnbook-text")
        before = boxes.all_inner_texts()
        page.get_by_role("button", name="Write").click()
        at_rest(page)
        assert boxes.all_inner_texts() == before  # what Python drew is what JavaScript draws
        left, right = bars(page, 0), bars(page, 1)
        page.get_by_label("Temperature, left", exact=False).first.fill("1.2")
        at_rest(page)
        assert bars(page, 0) == bars(page, 1) == right != left
        texts = boxes.all_inner_texts()
        assert texts[0] == texts[1] == before[1]  # the same seed
        record.assert_clean()


def test_two_temperatures_answer_the_keyboard(browser, temperature_page):
    with visit(browser, temperature_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_label("Prompt").focus()
        for _ in range(4):  # Seed, Write, Stop, the left slider
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.type") == "range"
        page.keyboard.press("Home")
        assert "100.0 %" in bars(page, 0)
        at_rest(page)
        assert "0.00 bits" in page.inner_text(".rnnbook-half >> nth=0")
        record.assert_clean()


QUOTED = '"Go on," he said. "I am here." She went. "Well?" the prince asked.\n' * 4


def test_a_unit_is_held_by_mouse_and_keyboard(browser, address_of):
    model = checkpoints.load("war-and-peace").model()
    found = inspection.find_unit(inspection.unit_values(model.trace(QUOTED)), quotes(QUOTED))
    units = {"for quotes": (found.unit, found.sign), "<b>by lot</b>": (7, 1)}
    figure = Steering("war-and-peace", units, QUOTED, prompt="the hall.\n\n", length=120)
    with visit(browser, address_of(figure, ("war-and-peace",))) as (page, record):
        page.wait_for_selector("[data-alive]")
        boxes = page.locator(".rnnbook-text")
        before = boxes.all_inner_texts()
        notes = page.locator(".rnnbook-half .rnnbook-detail").all_inner_texts()
        for mark, counted in zip(figure.marks(), (notes[0], notes[2]), strict=True):
            opened, closed = (round(mark[key] * 120 / 1000) for key in ("opened", "closed"))
            assert counted == f"Quotation marks: {opened} opened, {closed} closed"
        page.get_by_label("Dose").focus()
        page.keyboard.press("ArrowLeft")
        at_rest(page)
        page.keyboard.press("ArrowRight")
        at_rest(page)
        assert boxes.all_inner_texts() == before  # what Python drew is what JavaScript draws
        page.keyboard.press("Home")
        at_rest(page)
        assert "Held at a dose of −6" in page.inner_text("main")
        assert boxes.first.inner_text() == before[0] and boxes.nth(1).inner_text() != before[1]
        page.get_by_label("Unit", exact=True).select_option("<b>by lot</b>")
        at_rest(page)
        page.get_by_role("button", name="Write another").click()
        at_rest(page)
        assert boxes.first.inner_text() != before[0]
        assert "same random numbers" in page.inner_text(".rnnbook-message")
        page.get_by_label("Prompt").fill("")
        page.get_by_label("Dose").focus()
        at_rest(page)
        assert "The prompt is empty" in page.inner_text(".rnnbook-message")
        record.assert_clean()


@pytest.fixture
def finder_page(address_of):
    return address_of(UnitFinder(text=SPEECH * 2, property="late in the line"))


def test_units_are_found_by_mouse(browser, finder_page):
    with visit(browser, finder_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        first = page.inner_text(".rnnbook-found")
        assert "untrained network" in first
        page.get_by_role("button", name="Find").click()
        at_rest(page)
        assert page.inner_text(".rnnbook-found") == first  # what Python found
        before = shades(page)
        page.locator(".rnnbook-found button").nth(2).click()
        assert shades(page) != before
        page.get_by_label("Property", exact=True).select_option("in a capital letter")
        at_rest(page)
        assert page.inner_text(".rnnbook-found") != first
        marked = page.locator(".rnnbook-marked").all_inner_texts()
        assert marked and all(mark.isupper() for mark in marked)
        record.assert_clean()


def test_units_are_found_by_keyboard(browser, finder_page):
    with visit(browser, finder_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_label("Property", exact=True).focus()
        page.keyboard.press("End")  # an expression of the reader's own
        at_rest(page)
        page.keyboard.press("Tab")
        page.keyboard.type("[aeiou]")
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        at_rest(page)
        assert set(page.locator(".rnnbook-marked").all_inner_texts()) <= set("aeiou")
        before = shades(page)
        page.locator(".rnnbook-strip").focus()
        page.keyboard.press("ArrowDown")
        assert shades(page) != before
        page.keyboard.press("ArrowRight")
        assert "Character 2" in page.inner_text(".rnnbook-heading >> nth=-1")
        record.assert_clean()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("([a-zA-Z ]+)+:::", "took too long"),
        ("(", "Invalid regular expression"),
        ("<script>alert(1)</script>", "must have characters with the property and without"),
    ],
)
def test_hostile_expressions_leave_the_page_working(browser, finder_page, pattern, message):
    with visit(browser, finder_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_label("Property", exact=True).select_option("an expression of your own")
        box = page.get_by_label("Regular expression")
        box.fill(pattern)
        box.press("Enter")
        page.wait_for_function(
            "text => document.querySelector('.rnnbook-message').innerText.includes(text)",
            arg=message,
        )
        page.get_by_label("Property", exact=True).select_option("in a capital letter")
        at_rest(page)
        page.wait_for_function("document.querySelector('.rnnbook-message').innerText === ''")
        assert page.locator(".rnnbook-marked").count() > 10
        record.assert_clean()


@pytest.fixture
def gates_page(address_of):
    return address_of(Gates(text="ROMEO:\nO, she doth teach.\n", unit=3))


def levels(page) -> list[str]:
    return page.eval_on_selector_all(
        ".rnnbook-level", "all => all.map(one => one.className + one.style.cssText)"
    )


def test_gates_answer_mouse_and_keyboard(browser, gates_page):
    with visit(browser, gates_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        before = levels(page)
        assert len(before) == 6 * 26  # h, c, i, f, g, o
        page.get_by_role("button", name="Read").click()
        at_rest(page)
        assert levels(page) == before  # what Python computed
        page.locator(".rnnbook-level-char").nth(6).click()
        assert "after character 7, ⏎" in page.inner_text(".rnnbook-heading")
        page.locator(".rnnbook-strips").focus()
        page.keyboard.press("ArrowRight")
        assert "after character 8, O" in page.inner_text(".rnnbook-heading")
        page.keyboard.press("ArrowDown")
        assert page.get_by_label("Unit", exact=True).input_value() == "4" and levels(page) != before
        page.get_by_label("Unit", exact=True).fill("999")
        page.get_by_label("Unit", exact=True).blur()
        assert "numbered 0 to" in page.inner_text(".rnnbook-message")
        record.assert_clean()


def test_a_network_of_ones_own_stands_beside_a_shipped_one(browser, address_of):
    models = ["shakespeare", random_checkpoint("mingru", seed=5)]
    with visit(browser, address_of(Forgetting("bad cafe", models=models))) as (page, record):
        page.wait_for_selector("[data-alive]")
        before = shares(page, "keeps")
        page.get_by_role("button", name="Read").click()
        at_rest(page)
        np.testing.assert_allclose(shares(page, "keeps"), before, atol=0.011)
        record.assert_clean()


def test_a_reader_names_the_gates_of_its_kind(browser, address_of):
    address = address_of(Reader(random_checkpoint("rglru"), "bad cafe.", unit=3), ())
    with visit(browser, address) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_role("button", name="Read").click()
        at_rest(page)
        quantities = page.get_by_label("Colour by").locator("option").all_inner_texts()
        assert quantities == ["hidden state h", "recurrence gate r", "input gate i", "factor a"]
        page.get_by_label("Colour by").select_option("a")
        assert "the factor a of unit 3 is 0." in page.inner_text(".rnnbook-heading")
        record.assert_clean()


def test_memory_answers_mouse_and_keyboard(browser, address_of):
    figure = Memory("HAMLET:\nTo be or not")
    address = address_of(figure, ("shakespeare", "shakespeare-rnn"))
    with visit(browser, address) as (page, record):
        page.wait_for_selector("[data-alive]")
        tones = "all => all.map(one => Number(one.style.getPropertyValue('--v')))"
        before = page.eval_on_selector_all(".rnnbook-column", tones)
        page.get_by_role("button", name="Measure").click()
        at_rest(page)
        after = page.eval_on_selector_all(".rnnbook-column", tones)
        np.testing.assert_allclose(after, before, atol=0.011)  # what Python measured
        assert max(after) > 0.3
        page.locator(".rnnbook-strip").nth(1).focus()
        page.keyboard.press("ArrowRight")
        assert "A, 18 characters before the last" in page.inner_text(".rnnbook-live")
        page.get_by_label("Text to read").fill("<b>שלום</b>")
        page.get_by_role("button", name="Measure").click()
        at_rest(page)
        assert "never read these characters: < > ש" in page.inner_text(".rnnbook-message")
        record.assert_clean()


def shares(page, of: str) -> list[float]:
    return page.eval_on_selector_all(
        f".rnnbook-share.rnnbook-{of}",
        "all => all.map(one => Number(one.style.getPropertyValue('--v')))",
    )


def test_forgetting_answers_mouse_and_keyboard(browser, address_of):
    address = address_of(Forgetting("ROMEO:\nO, she doth", units=[298]))
    with visit(browser, address) as (page, record):
        page.wait_for_selector("[data-alive]")
        before = shares(page, "keeps")
        page.get_by_role("button", name="Read").click()
        at_rest(page)
        np.testing.assert_allclose(shares(page, "keeps"), before, atol=0.011)  # as in Python
        said = page.inner_text(".rnnbook-detail")
        assert said.startswith("Looking back from character 18, “h”: shakespeare, unit 298: forget")
        page.locator(".rnnbook-strip").focus()
        page.keyboard.press("ArrowLeft")
        assert "from character 17, “t”:" in page.inner_text(".rnnbook-detail")
        page.locator(".rnnbook-shares").first.click()
        assert "of the first character 100 % is left" in page.inner_text(".rnnbook-detail")
        assert shares(page, "left") == [1] + [0] * 17
        page.get_by_role("button", name="Keeps longest").click()
        most = sum(shares(page, "keeps"))
        page.get_by_role("button", name="Keeps least").click()
        assert sum(shares(page, "keeps")) < most / 2
        page.get_by_label("Unit, shakespeare").fill("384")
        page.get_by_label("Unit, shakespeare").blur()
        assert "numbered 0 to 383" in page.inner_text(".rnnbook-message")
        page.get_by_label("Text to read").fill("<b>שלום</b>")
        page.get_by_role("button", name="Read").click()
        at_rest(page)
        assert "never read these characters: < > ש" in page.inner_text(".rnnbook-message")
        record.assert_clean()


def test_two_networks_forget_side_by_side(browser, address_of):
    models = [random_checkpoint("lstm", num_layers=2), random_checkpoint("mingru", seed=1)]
    figure = Forgetting("bad cafe.\n", models=models, units=[3, 5], layer=1)
    with visit(browser, address_of(figure, ())) as (page, record):
        page.wait_for_selector("[data-alive]")
        before = shares(page, "keeps")
        assert len(before) == 2 * 10  # of the one, of the other, by turns
        page.get_by_role("button", name="Read").click()
        at_rest(page)
        np.testing.assert_allclose(shares(page, "keeps"), before, atol=0.011)
        page.get_by_label("Layer").select_option("0")
        at_rest(page)
        assert shares(page, "keeps")[::2] != before[::2]
        assert shares(page, "keeps")[1::2] == pytest.approx(before[1::2], abs=0.011)  # one layer
        record.assert_clean()


def drawn(page, name: str) -> str:
    """What a drawing says at a place."""
    return page.locator(f'[data-name="{name}"]').first.text_content()


def test_hello_is_unrolled_by_keyboard_and_mouse(browser, address_of):
    with visit(browser, address_of(Unroll())) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_role("button", name="From the start").click()
        assert drawn(page, "score-0-0") == ""
        page.locator(".rnnbook-unrolled").focus()
        for step, (scores, target) in enumerate(zip(hello.LOGITS, "ello", strict=True)):
            page.keyboard.press("ArrowRight")
            for row, score in enumerate(scores):
                assert drawn(page, f"score-{step}-{row}") == f"{score:.1f}".replace("-", "−")
            assert f"gives “{target}”" in page.inner_text(".rnnbook-message")
        assert page.locator(".rnnbook-wrong").count() == 2
        learn = page.get_by_role("button", name="Learn from this")
        for updates in range(1, 6):
            while learn.is_disabled():
                page.get_by_role("button", name="Next").click()
            learn.click()
            assert f"Updates so far: {updates}." in page.inner_text(".rnnbook-message")
        assert page.locator(".rnnbook-wrong").count() == 0  # all four are right
        page.get_by_role("button", name="From the start").click()
        assert page.get_by_role("button", name="Back").is_disabled()
        record.assert_clean()


def test_without_the_way_back_hello_ends_at_the_last_letter(browser, tmp_path):
    page_of = page_with(tmp_path, Unroll(backward=False), ())
    with visit(browser, page_of.as_uri()) as (page, record):
        page.wait_for_selector("[data-alive]")
        assert page.get_by_role("button", name="Next").is_disabled()
        assert page.get_by_role("button", name="Learn from this").count() == 0
        record.assert_clean()


LINES = "O, she doth teach.\nSo late"


@pytest.fixture
def cell_page(address_of):
    figure = Cell(LINES, units=(3, 5), at=4)
    return address_of(figure, ("shakespeare", "shakespeare-gru"))


def numbers(page, names) -> list[float]:
    return [float(drawn(page, name).replace("−", "-")) for name in names]


def test_a_cell_is_walked_through_by_keyboard(browser, cell_page):
    trace = checkpoints.load("shakespeare").model().trace(LINES)
    with visit(browser, cell_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.locator(".rnnbook-drawn").focus()
        page.keyboard.press("ArrowRight")  # from the last step to the next character
        heading = page.locator(".rnnbook-said")
        assert "1 of 6. What arrives" in heading.inner_text()
        assert page.locator('[data-part="forget"]').get_attribute("class") == "rnnbook-ahead"
        for title in ("Forget gate", "Input gate", "Candidate", "Write", "Output gate"):
            page.keyboard.press("ArrowRight")
            assert title in heading.inner_text()
        assert page.locator(".rnnbook-drawn .rnnbook-ahead").count() == 0
        found = [trace.gates[name][0, 5, 3] for name in "ifgo"]
        found += [trace.cell[0, 4, 3], trace.cell[0, 5, 3], trace.hidden[0, 5, 3]]
        names = (*"ifgo", "c-before", "c", "h")
        np.testing.assert_allclose(numbers(page, names), found, atol=0.006)
        page.keyboard.press("ArrowUp")  # the unit before, computed here
        at_rest(page)
        assert page.get_by_label("Unit", exact=True).input_value() == "2"
        found = [trace.gates[name][0, 5, 2] for name in "ifgo"] + [trace.cell[0, 5, 2]]
        np.testing.assert_allclose(numbers(page, (*"ifgo", "c")), found, atol=0.011)
        record.assert_clean()


def test_a_cell_answers_the_mouse_and_has_a_gru_beside_it(browser, cell_page):
    trace = checkpoints.load("shakespeare-gru").model().trace(LINES)
    with visit(browser, cell_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_label("Network").select_option("shakespeare-gru")
        at_rest(page)
        page.locator(".rnnbook-char").nth(8).click()
        next_step = page.get_by_role("button", name="Next step")
        while next_step.is_visible():
            next_step.click()
        assert "5 of 5. Write" in page.inner_text(".rnnbook-said")
        found = [trace.gates[name][0, 8, 5] for name in "rzn"] + [trace.hidden[0, 8, 5]]
        np.testing.assert_allclose(numbers(page, (*"rzn", "h")), found, atol=0.011)
        page.get_by_role("button", name="Back").click()
        assert "4 of 5. Update gate" in page.inner_text(".rnnbook-said")
        page.get_by_label("Unit", exact=True).fill("999999")
        page.get_by_label("Unit", exact=True).blur()
        assert "numbered 0 to" in page.inner_text(".rnnbook-message")
        page.get_by_label("Text to read").fill("<b>שלום</b>")
        page.get_by_role("button", name="Read").click()
        at_rest(page)
        assert "never read these characters: < > ש" in page.inner_text(".rnnbook-message")
        record.assert_clean()


def test_the_chain_rule_goes_forward_and_back(browser, address_of):
    with visit(browser, address_of(ChainRule(step=0))) as (page, record):
        page.wait_for_selector("[data-alive]")
        loaded = page.eval_on_selector_all("script", "all => all.map(one => one.src)")
        assert len(loaded) == 2 and loaded[1].endswith("/chain_rule.js")  # and no engine
        assert drawn(page, "loss") == "" and not page.locator('[data-name="back-h2"]').is_visible()
        for _ in range(11):
            page.get_by_role("button", name="Next").click()
        loss, slope = slope_at(1.2, 0.5)
        assert drawn(page, "loss") == f"{loss:.2f}"
        assert f"measures −{-slope:.2f}." in page.inner_text(".rnnbook-said")
        parts = numbers(page, ("d-w1", "d-w2"))
        assert sum(parts) == pytest.approx(slope, abs=0.011)
        page.get_by_label("Weight w").focus()
        page.keyboard.press("Home")
        loss, slope = slope_at(-3, 0.5)
        assert sum(numbers(page, ("d-w1", "d-w2"))) == pytest.approx(slope, abs=0.011)
        page.locator(".rnnbook-drawn").focus()
        page.keyboard.press("ArrowLeft")
        assert not page.locator('[data-name="sum"]').is_visible()
        record.assert_clean()


def test_attention_is_followed_letter_by_letter(browser, address_of):
    looks = np.full((3, 4), 0.1)
    looks[[0, 1, 2], [3, 0, 1]] = 0.7
    with visit(browser, address_of(Attention("ab<d", "xyz", looks))) as (page, record):
        page.wait_for_selector("[data-alive]")
        widths = "all => all.map(one => Number(one.getAttribute('stroke-width')))"
        lines = page.locator('[data-name^="look-"] line')
        assert np.argmax(lines.evaluate_all(widths)) == 3
        page.locator(".rnnbook-drawn").focus()
        page.keyboard.press("ArrowRight")
        assert "While it writes “y”, it looks at “a” (number 1) 70 %" in page.inner_text(
            ".rnnbook-said"
        )
        page.locator('[data-name="written-box-2"]').click()
        assert np.argmax(lines.evaluate_all(widths)) == 1
        assert page.get_by_role("button", name="Next character").is_disabled()
        record.assert_clean()


def test_the_order_is_moved_by_keyboard(browser, address_of):
    texts = {name: [f"{name}{k}" for k in range(4)] for name in ("<i>a", "b")}
    losses = {"<i>a": [3.0, 2.0, 1.0, 1.5], "b": [3.0, 2.5, 2.0, 1.0]}
    with visit(browser, address_of(Order(texts, losses, order=0), ())) as (page, record):
        page.wait_for_selector("[data-alive]")
        assert "counted nothing" in page.inner_text(".rnnbook-heading >> nth=0")
        page.get_by_label("Order").focus()
        page.keyboard.press("End")
        assert page.locator(".rnnbook-text").all_inner_texts() == ["<i>a3", "b3"]
        assert "looks back at 2 characters" in page.inner_text(".rnnbook-heading >> nth=0")
        place = "one => [one.getAttribute('cx'), one.getAttribute('cy')]"
        for k in (0, 1):
            at = [page.locator(f'[data-name="{name}"]').evaluate(place)
                  for name in (f"mark-{k}", f"dot-{k}-3")]  # fmt: skip
            assert at[0] == at[1]
        record.assert_clean()


def test_a_figure_is_light_on_paper_and_its_lines_are_light_in_the_dark(browser, address_of):
    address = address_of(Rates({0.1: [[3, 2, 1]], 1: [[3, 2, 1.5]]}, every=9), ())
    stroke = "() => getComputedStyle(document.querySelector('[data-name=course-0] path')).stroke"
    ground = "() => getComputedStyle(document.querySelector('.rnnbook-live')).backgroundColor"
    adjust = "() => getComputedStyle(document.querySelector('.rnnbook-live *')).printColorAdjust"
    with visit(browser, address, color_scheme="dark") as (page, record):
        page.wait_for_selector("[data-alive]")
        assert page.evaluate(stroke) == "rgb(98, 181, 238)"
        dark = page.evaluate(ground)
        for theme in ("", "dark"):  # as the system has it, and as a page of the book has it
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            page.emulate_media(media="print")
            assert page.evaluate(stroke) == "rgb(0, 114, 178)"
            assert page.evaluate(ground) == "rgb(245, 246, 248)" != dark
            assert page.evaluate(adjust) == "exact"
            page.emulate_media(media="screen")
        record.assert_clean()


def test_the_bars_of_two_temperatures_have_one_scale(browser, address_of):
    with visit(browser, address_of(Temperature(temperatures=(0.2, 2.0)))) as (page, record):
        page.wait_for_selector("[data-alive]")
        widths = "all => all.map(one => parseFloat(one.style.width))"
        shares = "all => all.map(one => parseFloat(one.textContent))"
        bars = page.locator(".rnnbook-bar").evaluate_all(widths)
        said = page.locator(".rnnbook-row > :last-child").evaluate_all(shares)
        assert max(bars) == pytest.approx(100)
        np.testing.assert_allclose(bars, 100 * np.array(said) / max(said), atol=0.2)
        record.assert_clean()


def test_context_is_given_by_keyboard_and_read_in_the_page(browser, address_of):
    checkpoint = checkpoints.load("shakespeare")
    counter = NGram(checkpoint.vocab, checkpoint.vocab.encode(SPEECH * 3), order=4)
    passages = {"a torch": SPEECH[:60], "a <b>hall</b>": SPEECH[100:180]}
    figure = Context("shakespeare", passages, counter)
    with visit(browser, address_of(figure)) as (page, record):
        page.wait_for_selector("[data-alive]")
        costs = page.locator(".rnnbook-half .rnnbook-heading")
        stored = figure.bits()["a torch"]
        page.get_by_label("Characters shown").focus()
        for key, place in (("Home", 0), ("End", 9), ("ArrowLeft", 8)):
            page.keyboard.press(key)
            for k in (0, 1):
                assert f"costs it {stored[k][place]:.2f} bits" in costs.nth(k).inner_text()
        assert "all 59" in page.locator(".rnnbook-value").first.inner_text()
        assert page.locator(".rnnbook-shown").inner_text().strip() == SPEECH[:59].strip()
        page.get_by_label("Passage").select_option("a <b>hall</b>")
        assert f"{figure.bits()['a <b>hall</b>'][0][8]:.2f}" in costs.first.inner_text()
        page.locator("summary").click()
        page.get_by_label("Text: its last").fill(SPEECH[30:85])
        page.get_by_role("button", name="Read").click()
        at_rest(page)
        ids = checkpoint.vocab.encode(SPEECH[30:85])
        probs = inspection.by_context(checkpoint.model(), ids[:-1], [0, 5, 54])
        for place, row in ((0, probs[0]), (3, probs[1]), (9, probs[2])):
            page.get_by_label("Characters shown").fill(str(place))
            found = costs.first.inner_text().split("costs it ")[1]
            assert float(found.split()[0]) == pytest.approx(-np.log2(row[ids[-1]]), abs=0.02)
        assert not costs.nth(1).is_visible(), "what was not counted is not shown"
        assert page.get_by_label("Passage").input_value() == ""
        for wrong, said in (("x", "one to show, and one to guess"), ("a€", "never read")):
            page.get_by_label("Text: its last").fill(wrong)
            page.get_by_role("button", name="Read").click()
            at_rest(page)
            assert said in page.inner_text(".rnnbook-message")
        record.assert_clean()


def test_learning_rates_are_tried_by_keyboard(browser, address_of):
    curves = {0.1: [[3, 2.5, 2], [3, 2.5, 2.4]], 1: [[3, 2, 1], [3, 2, 1.2]], 10: [[3], [3, 9]]}
    with visit(browser, address_of(Rates(curves, every=50), ())) as (page, record):
        page.wait_for_selector("[data-alive]")
        said = page.locator(".rnnbook-said")
        assert "all 2 trainings end, at 2.50 to 2.63 nats" in said.inner_text()
        seen = "all => all.filter(one => getComputedStyle(one).visibility === 'visible').length"
        groups = page.locator("[data-name^=course-], [data-name^=end-]")
        assert groups.evaluate_all(seen) == 2, "nothing is given away before it was tried"
        page.get_by_label("Learning rate").focus()
        page.keyboard.press("ArrowRight")
        assert "2 rates tried; the best so far is 1." in said.inner_text()
        page.keyboard.press("ArrowRight")
        words = said.inner_text()
        assert "all 2 trainings are given up within 50 characters" in words
        assert "All 3 rates tried; the best so far is 1." in words
        assert groups.evaluate_all(seen) == 6
        assert page.locator(".rnnbook-tried").count() == 4
        value = page.get_by_label("Learning rate").get_attribute("aria-valuetext")
        assert value == "learning rate 10"
        record.assert_clean()


def test_shannons_game_is_played_by_keyboard_and_mouse(browser, address_of):
    text, vocab = "The cat <sat>", Vocab(sorted(set("The cat <sat>")))
    rng = np.random.default_rng(0)
    table = np.log(rng.dirichlet(np.ones(len(vocab)), size=len(text)))
    figure = Guess(text, vocab, {"counter": table}, shown=4)
    with visit(browser, address_of(figure, ())) as (page, record):
        page.wait_for_selector("[data-alive]")
        assert page.inner_text(".rnnbook-text") == "The ?"
        page.get_by_label("The next character").focus()
        page.keyboard.type("Xx")  # wrong, and once more the same
        assert "was tried already" in page.inner_text(".rnnbook-said")
        page.keyboard.type("C")  # a capital will do
        assert "is right, at guess 2" in page.inner_text(".rnnbook-said")
        page.keyboard.type("at")
        page.get_by_role("button", name="Space").click()
        assert page.inner_text(".rnnbook-text") == "The cat ?"
        ours = " to ".join(f"{bound:.2f}" for bound in bounds([2, 1, 1, 1]))
        row = page.locator(".rnnbook-scores tbody tr")
        assert row.nth(0).inner_text().split("\t") == ["you", "75 %", ours, "–"]
        theirs = " to ".join(f"{bound:.2f}" for bound in bounds(figure._ranks["counter"][:4]))
        assert theirs in row.nth(1).inner_text()
        assert f"{np.mean(figure._bits['counter'][:4]):.2f}" in row.nth(1).inner_text()
        tell = page.get_by_role("button", name="Tell me")
        while tell.is_enabled():
            tell.click()
        assert page.inner_text(".rnnbook-text") == text
        page.get_by_role("button", name="Start again").click()
        assert page.inner_text(".rnnbook-text") == "The ?"
        assert all(page.locator("th").all_inner_texts()), "a table without empty headings"
        record.assert_clean()


def test_top_k_and_top_p_stand_folded_in_the_panel(browser, figure_page):
    with visit(browser, figure_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        top_k = page.get_by_label("Top-k", exact=False)
        assert not top_k.is_visible()
        page.locator("summary").click()
        top_k.select_option("1")
        at_rest(page)
        assert "100.0 %" in page.inner_text(".rnnbook-bars")
        model = checkpoints.load("shakespeare").model()
        rng = np.random.default_rng(0)
        greedy = sampling.sample(model, "ROMEO:\n", 40, temperature=0, rng=rng)
        assert greedy in rest(page)
        top_k.select_option("")
        page.get_by_label("Top-p", exact=False).fill("0.05")
        at_rest(page)
        assert greedy[:10] in rest(page)
        record.assert_clean()


@pytest.fixture
def scan_page(address_of):
    return address_of(Scan())


def results(page) -> list[str]:
    return page.locator(".rnnbook-result").all_text_contents()


def test_a_scan_answers_the_mouse(browser, scan_page):
    with visit(browser, scan_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        assert results(page) == ["4", *"·······"]
        page.get_by_role("button", name="Next").click()
        assert "Turn 1 of 5, in round 1 of 3: 4 joins." in page.inner_text(".rnnbook-message")
        assert page.locator(".rnnbook-node.rnnbook-turn").count() == 4
        for way in schedules.WAYS:
            page.get_by_label("Way", exact=True).select_option(way)
            assert page.get_by_role("button", name="Back").is_disabled()
            page.get_by_role("button", name="To the end").click()
            assert results(page) == ["4", "6", "3", "6", "4", "−3", "1.5", "9.5"]
        page.locator("[data-row='0'][data-t='4']").click()
        assert "place 5 holds step 5: h5 = 1 · h4 − 2." in page.inner_text(".rnnbook-detail")
        page.get_by_label("Factors a").fill("0, 1;-2")
        page.get_by_label("Inputs b").fill("1")
        page.get_by_label("Inputs b").blur()
        page.get_by_role("button", name="To the end").click()
        assert results(page) == ["1", "2", "−3", "1", "2", "−3", "1", "2"]
        for wrong in ("", "one <b>two</b>", "1e999", "1 " * 17):
            page.get_by_label("Factors a").fill(wrong)
            page.get_by_label("Factors a").blur()
            assert "Factors a: 1 to 16 numbers" in page.inner_text(".rnnbook-message")
        assert results(page)[2] == "−3" and page.locator(".rnnbook-live b").count() == 0
        record.assert_clean()


def test_a_scan_answers_the_keyboard(browser, scan_page):
    with visit(browser, scan_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_label("Length").focus()
        page.keyboard.press("End")
        page.get_by_role("button", name="Next").focus()
        for _ in range(3):
            page.keyboard.press("Enter")
        assert "Turn 3 of 13, in round 1 of 4: 4 joins." in page.inner_text(".rnnbook-message")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        assert "Turn 2 of 13" in page.inner_text(".rnnbook-message")
        page.locator(".rnnbook-tree").focus()
        for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"):
            page.keyboard.press(key)
        said = page.inner_text(".rnnbook-detail")
        assert said == "After round 1, place 3 holds steps 2 to 3 as one: h3 = 0.5 · h1 + 1."
        record.assert_clean()


def test_a_scan_costs_what_python_counts(browser, scan_page):
    with visit(browser, scan_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        for length, processors in ((2, 1), (5, 3), (11, 16), (13, 4), (16, 6)):
            page.get_by_label("Length").fill(str(length))
            page.get_by_label("Processors").fill(str(processors))
            for row, way in enumerate(schedules.WAYS):
                found = schedules.rounds(way, length, processors)
                cost = schedules.cost(found)
                costs = cost.work, cost.depth, cost.steps(processors)
                cells = page.locator(f".rnnbook-costs tbody tr >> nth={row}").locator("td")
                assert cells.all_inner_texts() == list(map(str, costs))
        record.assert_clean()


@pytest.fixture
def trainer_page(address_of):
    return address_of(Trainer(SPEECH * 4, hidden_size=20))


def iteration(page) -> int:
    words = page.inner_text(".rnnbook-heading >> nth=0").replace(":", " ").split()
    return int(words[1]) if words[0] == "Iteration" else 0


def wait_until_it_learns(page, least: int = 300) -> None:
    page.wait_for_function(
        "least => Number(/Iteration (\\d+)/.exec("
        "document.querySelector('.rnnbook-heading').innerText)?.[1]) > least",
        arg=least,
    )


def test_a_network_learns_in_the_page(browser, trainer_page):
    with visit(browser, trainer_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_role("button", name="Train").click()
        wait_until_it_learns(page)
        page.get_by_role("button", name="Pause").click()
        paused = iteration(page)
        sample = page.inner_text(".rnnbook-text")
        page.wait_for_timeout(300)
        assert iteration(page) == paused and len(sample) > 150
        page.get_by_role("button", name="Go on").click()
        wait_until_it_learns(page, paused + 200)
        found = page.inner_text(".rnnbook-heading >> nth=0")
        nats, guessing = (float(found.split(before)[1].split(after)[0]) for before, after in
                          ((": ", " nats"), ("guessing: ", ")")))  # fmt: skip
        assert nats < 0.8 * guessing
        heights = "all => all.map(one => parseFloat(one.style.height))"
        bars = page.locator(".rnnbook-reach span").evaluate_all(heights)
        assert max(bars) == 100 and min(bars) < 50, "the tallest fills the box"
        assert "Steps back, left to right: 0 to" in page.inner_text(".rnnbook-scale")
        assert "explode" not in page.inner_text(".rnnbook-message")
        label = page.locator(".rnnbook-curve").get_attribute("aria-label")
        assert "after" in label and "it is" in label
        page.get_by_label("Learning rate").fill("-2")  # while it runs
        wait_until_it_learns(page, iteration(page) + 50)
        page.get_by_role("button", name="Start afresh").click()
        assert iteration(page) == 0
        record.assert_clean()


def test_an_explosion_is_explained(browser, trainer_page):
    with visit(browser, trainer_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_label("Recurrent weights start").select_option("3")
        page.get_by_label("Clip the gradients at 5").uncheck()
        page.get_by_label("Sequence length").fill("100")
        page.get_by_role("button", name="Train").focus()
        page.keyboard.press("Enter")
        page.wait_for_function(
            "document.querySelector('.rnnbook-message').innerText.includes('explode')"
        )
        page.get_by_role("button", name="Start afresh").click()
        assert "explode" not in page.inner_text(".rnnbook-message")
        record.assert_clean()


def test_hostile_training_texts_stay_text(browser, trainer_page):
    with visit(browser, trainer_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        box = page.get_by_label("Text to learn")
        box.fill("")
        box.blur()
        page.get_by_role("button", name="Train").click()
        assert "too short" in page.inner_text(".rnnbook-message")
        box.fill("<script>alert('1')</script> שלום 🙂 " * 30_000)  # a megabyte
        box.blur()
        page.get_by_role("button", name="Train").click()
        wait_until_it_learns(page, 20)
        assert page.locator(".rnnbook-live script").count() == 0
        record.assert_clean()


QUESTIONS = [
    {
        "question": "What does `h` hold?",
        "choices": [
            ("the last character", False, "It holds more: the step mixes in the `h` before."),
            ("what the network remembers", True, "Every step reads it and writes it anew."),
        ],
    },
    {
        "question": "<b>Which</b> loss does guessing give?",
        "choices": [
            ("`<i>ln V</i>` nats", True, "Each of the V characters has probability 1/V."),
            ("none", False, "Guessing is not knowing."),
            ("it depends on the text", False, "All characters are equally likely to a guess."),
        ],
    },
]


@pytest.fixture
def quiz_page(address_of):
    return address_of(Quiz(QUESTIONS))


def test_a_quiz_answers_the_mouse(browser, quiz_page):
    with visit(browser, quiz_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        loaded = page.eval_on_selector_all("script", "all => all.map(one => one.src)")
        assert len(loaded) == 2 and loaded[1].endswith("/quiz.js")  # and no engine
        first = page.get_by_role("group", name="What does h hold?")
        reasons = page.get_by_role("status")
        check = page.get_by_role("button", name="Check question 1")
        check.click()
        assert reasons.nth(0).inner_text() == "Choose an answer first."
        first.get_by_label("the last character").click()
        assert reasons.nth(0).inner_text() == ""
        check.click()
        assert reasons.nth(0).inner_text().startswith("Not this one. It holds more")
        assert page.locator(".rnnbook-wrong").inner_text() == "the last character"
        first.get_by_label("what the network remembers").click()
        assert page.locator(".rnnbook-wrong").count() == 0
        check.click()
        assert reasons.nth(0).inner_text().startswith("Right. Every step")
        assert page.inner_text(".rnnbook-total") == "1 of 2 answered right."
        assert reasons.nth(1).inner_text() == ""
        page.get_by_role("button", name="Start again").click()
        assert page.locator(":checked").count() == 0
        assert page.inner_text(".rnnbook-total") == "0 of 2 answered right."
        record.assert_clean()


def test_a_quiz_answers_the_keyboard(browser, quiz_page):
    with visit(browser, quiz_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("ArrowDown")  # chooses, and gives nothing away
        assert page.get_by_role("status").all_inner_texts() == ["", ""]
        page.keyboard.press("Enter")
        assert page.get_by_role("status").nth(0).inner_text().startswith("Right.")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        assert page.inner_text(".rnnbook-total") == "2 of 2 answered right."
        described = page.locator("fieldset").nth(1).get_attribute("aria-describedby")
        assert "probability 1/V" in page.locator(f"#{described}").inner_text()
        record.assert_clean()


def test_the_text_of_a_quiz_stays_text(browser, quiz_page):
    with visit(browser, quiz_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        assert page.locator(".rnnbook-quiz i, .rnnbook-quiz b").count() == 0
        assert "<b>Which</b>" in page.locator("legend").nth(1).inner_text()
        assert page.locator("label code").inner_text() == "<i>ln V</i>"
        record.assert_clean()
