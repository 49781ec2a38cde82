"""The engine in the browser: the same numbers and the same text as Python's."""

from __future__ import annotations

import base64
import functools
import http.server
import threading

import numpy as np
import pytest
from browser import visit
from conftest import KINDS, own_ids, random_checkpoint

from rnnbook import checkpoints, sampling
from rnnbook.widgets import Reader, Sampler, assets
from rnnbook.widgets.static import write_assets

pytestmark = pytest.mark.browser

_ENGINE = """
<!doctype html><html lang="en"><meta charset="utf-8"><title>engine</title>
<link rel="icon" href="data:,">
<script type="module">
import { defaultRng } from "./rng.js";
import { readCheckpoint } from "./safetensors.js";
import { Network } from "./recurrent.js";
import { generate, nextCharProbs } from "./sampling.js";
import { Reading } from "./reading.js";
const bytes = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
window.uniforms = (seed, count) => {
  const random = defaultRng(BigInt(seed));
  return Array.from({ length: count }, random);
};
window.open = (data) => new Network(readCheckpoint(bytes(data)));
window.logits = (data, ids) => {
  const network = open(data);
  const state = network.initialState();
  return ids.map((id) => Array.from(network.step(id, state)));
};
window.text = (data, prompt, length, settings) => {
  const network = open(data);
  const draws = [...generate(network, network.encode(prompt).ids, length, settings)];
  return draws.filter(Boolean).map((draw) => draw.char).join("");
};
window.reading = (data, ids, layer, quantity, unit) => {
  const reading = new Reading(open(data), ids, layer);
  for (const _ of reading.steps());
  return {
    values: Array.from(reading.unit(quantity, unit)),
    surprise: Array.from(reading.surprise),
    guesses: reading.guesses,
  };
};
window.probs = (logits, t, k, p) => Array.from(nextCharProbs(logits, t, k, p));
window.refusal = (data) => { try { open(data); return ""; } catch (e) { return e.message; } };
window.ready = true;
</script></html>
"""


@pytest.fixture(scope="module")
def engine(browser, tmp_path_factory):
    """A page that has loaded the modules, by http: modules may not be imported from a disk."""
    folder = tmp_path_factory.mktemp("engine")
    for path in assets.FOLDER.glob("*.js"):
        (folder / path.name).write_text(path.read_text())
    (folder / "index.html").write_text(_ENGINE)
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with visit(browser, f"http://127.0.0.1:{server.server_port}/index.html") as (page, record):
        page.wait_for_function("window.ready")
        yield page
        record.assert_clean()
    server.shutdown()
    server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def encoded(checkpoint, storage="float32") -> str:
    return base64.b64encode(checkpoint.to_bytes(storage)).decode()


@pytest.mark.parametrize("seed", [0, 1, 42, 2**32 - 1, 2**32, 2**70 + 12345, 2**140 + 7])
def test_uniforms_are_numpys(engine, seed):
    ours = engine.evaluate("([seed]) => uniforms(seed, 50)", [str(seed)])
    assert ours == np.random.default_rng(seed).random(50).tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("embedding_size", [0, 5])
def test_logits_are_numpys(engine, kind, num_layers, embedding_size):
    checkpoint = random_checkpoint(kind, num_layers=num_layers, embedding_size=embedding_size)
    compare(engine, checkpoint, encoded(checkpoint), atol=1e-5)


@pytest.mark.parametrize("storage", ["float16", "int8"])
def test_logits_are_numpys_from_smaller_files(engine, storage, tmp_path):
    checkpoint = random_checkpoint("lstm", num_layers=2)
    checkpoint.save(tmp_path / "stored.safetensors", storage)
    stored = checkpoints.load(tmp_path / "stored.safetensors")
    compare(engine, stored, encoded(checkpoint, storage), atol=1e-5)


@pytest.mark.parametrize("name", checkpoints.shipped())
def test_logits_are_numpys_on_the_shipped_models(engine, name):
    data = base64.b64encode(checkpoints.shipped_path(name).read_bytes()).decode()
    compare(engine, checkpoints.load(name), data, atol=1e-4)


def compare(engine, checkpoint, data, atol):
    ids = own_ids(checkpoint.model(), 100)
    theirs = engine.evaluate("([data, ids]) => logits(data, ids)", [data, ids])
    model = checkpoint.model()
    ours, _ = model.read(np.array([ids]), model.initial_state())
    np.testing.assert_allclose(theirs, ours[0], atol=atol)


@pytest.mark.parametrize(("kind", "quantity"), [("rnn", "h"), ("gru", "r"), ("lstm", "c")])
def test_a_reading_is_the_trace(engine, kind, quantity):
    checkpoint, text = random_checkpoint(kind, num_layers=2), "abc\n.ha"
    trace = checkpoint.model().trace(text)
    ids = checkpoint.vocab.encode(text)
    found = engine.evaluate(
        "([data, ids, quantity]) => reading(data, ids, 1, quantity, 4)",
        [encoded(checkpoint), ids.tolist(), quantity],
    )
    values = {"h": trace.hidden, "c": trace.cell, **trace.gates}[quantity][1, :, 4]
    values = np.tanh(values) if quantity == "c" else values
    np.testing.assert_allclose(found["values"], values, atol=1e-5)
    surprise = -np.log(trace.probs[np.arange(len(ids) - 1), ids[1:]])
    np.testing.assert_allclose(found["surprise"][1:], surprise, atol=1e-4)
    for guesses, probs in zip(found["guesses"], trace.probs, strict=True):
        np.testing.assert_allclose(
            [prob for _, prob in guesses], np.sort(probs)[::-1][:5], atol=1e-5
        )
        assert guesses[0][0] == probs.argmax()


SETTINGS = [
    {"temperature": 0},
    {"temperature": 0.5},
    {"temperature": 1.0},
    {"temperature": 1.3, "top_k": 5},
    {"temperature": 0.9, "top_p": 0.8},
    {"temperature": 1.1, "top_k": 7, "top_p": 0.9},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("name", [*checkpoints.shipped(), "random"])
def test_the_same_seed_gives_the_same_text(engine, settings, name):
    checkpoint = random_checkpoint() if name == "random" else checkpoints.load(name)
    prompt = checkpoint.vocab[-1]
    theirs = {"topK": settings.get("top_k"), "topP": settings.get("top_p"), "seed": 11}
    written = engine.evaluate(
        "([data, prompt, settings]) => text(data, prompt, 200, settings)",
        [encoded(checkpoint), prompt, {**theirs, "temperature": settings["temperature"]}],
    )
    rng = np.random.default_rng(11)
    assert written == sampling.sample(checkpoint.model(), prompt, 200, rng=rng, **settings)


@pytest.mark.parametrize(
    "settings",
    [(0, None, None), (0.3, None, None), (1, 3, None), (1, None, 0.6), (2, 4, 0.7),
     (1e-300, None, None)],
)  # fmt: skip
def test_probabilities_are_pythons(engine, settings):
    logits = np.random.default_rng(0).normal(scale=3, size=20)
    theirs = engine.evaluate("([l, [t, k, p]]) => probs(l, t, k, p)", [logits.tolist(), settings])
    np.testing.assert_allclose(theirs, sampling.next_char_probs(logits, *settings), atol=1e-14)


@pytest.mark.parametrize("kept", [0, 5, 100, 600, -1])
def test_a_truncated_checkpoint_is_refused(engine, kept):
    data = base64.b64encode(random_checkpoint().to_bytes()[:kept]).decode()
    assert "not a whole, unchanged" in engine.evaluate("([data]) => refusal(data)", [data])


@pytest.fixture
def figure_page(tmp_path):
    """A bare page on disk with one sampler."""
    return page_with(tmp_path, Sampler(prompt="ROMEO:\n", length=200))


def page_with(tmp_path, figure):
    write_assets(tmp_path / "_static" / "rnnbook", ["shakespeare"])
    html = figure.static_html()
    page = tmp_path / "page.html"
    page.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>figure</title>'
        '<link rel="stylesheet" href="_static/rnnbook/live.css">'
        f'<script defer src="_static/rnnbook/boot.js"></script><main>{html}</main></html>'
    )
    return page.as_uri()


def rest(page) -> str:
    """The text, once the figure is at rest."""
    page.wait_for_function("!document.querySelector('[aria-busy]')")
    return page.inner_text(".rnnbook-text")


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


def test_stop_stops(browser, figure_page):
    with visit(browser, figure_page) as (page, record):
        page.wait_for_selector("[data-alive]")
        page.get_by_role("button", name="Generate").click()
        rest(page)  # the weights are there now
        page.get_by_label("Length").fill("1000")
        page.wait_for_function("document.querySelector('.rnnbook-text').innerText.length > 30")
        page.get_by_role("button", name="Stop").click()
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
def reader_page(tmp_path):
    """A bare page on disk with one reader."""
    return page_with(tmp_path, Reader(text="ROMEO:\nO, she doth teach.\n", unit=3))


def at_rest(page):
    page.wait_for_function("!document.querySelector('[aria-busy]')")


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
                timeout=60_000,  # the last reads two thousand characters
            )
        assert page.locator(".rnnbook-reader img").count() == 0
        record.assert_clean()
