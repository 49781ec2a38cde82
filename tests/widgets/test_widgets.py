"""The live figures as Python sees them: traits, static form, files."""

from __future__ import annotations

import json
import re
from html import unescape

import numpy as np
import pytest
import traitlets
from conftest import random_checkpoint
from ipywidgets import FloatSlider, jslink, link
from margins import sure_text

from rnnbook import checkpoints, hello, inspection, packed
from rnnbook.errors import CheckpointError, SamplingError, TextError, UnknownCharacterError
from rnnbook.inspection.steering import held_at, write_held
from rnnbook.ngram import NGram
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
    assets,
    kernel_only,
    portable,
)
from rnnbook.widgets.chain_rule import slope_at
from rnnbook.widgets.guess import bounds
from rnnbook.widgets.static import write_assets

WIDGET = "application/vnd.jupyter.widget-view+json"


def mime(shown) -> dict:
    data, _ = shown._repr_mimebundle_()
    return data


@pytest.mark.parametrize("kind", ["lstm", "mingru"])
def test_the_first_text_is_the_samplers(kind):
    own = random_checkpoint(kind)
    figure = Sampler(own, prompt="ab", temperature=0.5, length=60, seed=3)
    assert figure.text == sure_text(own.model(), "ab", 60, 3, temperature=0.5)
    assert len(figure._surprise) == 60 and min(figure._surprise) >= 0


def test_settings_are_checked_at_the_start_and_later():
    with pytest.raises(SamplingError, match="temperature"):
        Sampler(random_checkpoint(), prompt="a", temperature=-1)
    with pytest.raises(SamplingError, match="length"):
        Sampler(random_checkpoint(), prompt="a", length=0)
    with pytest.raises(UnknownCharacterError):
        Sampler(random_checkpoint(), prompt="ß")
    with pytest.raises(TypeError, match="temprature"):
        Sampler(random_checkpoint(), temprature=1)
    with pytest.raises(CheckpointError, match="no shipped model"):
        Sampler("shakspere")
    figure = Sampler(random_checkpoint(), prompt="a")
    for name, value in (("temperature", float("nan")), ("length", 10**9), ("seed", -1)):
        with pytest.raises((SamplingError, traitlets.TraitError)):
            setattr(figure, name, value)
    assert (figure.temperature, figure.length, figure.seed) == (0.8, 300, 0)


def test_an_ordinary_slider_can_be_linked():
    figure = Sampler(random_checkpoint(), prompt="a")
    slider = FloatSlider(value=1.5, max=2)
    link((slider, "value"), (figure, "temperature"))
    assert figure.temperature == 1.5
    figure.temperature = 0.25
    assert slider.value == 0.25
    jslink((slider, "value"), (figure, "temperature"))


def test_the_weights_that_are_sent_are_a_checkpoint(tmp_path):
    figure = Sampler(random_checkpoint(), prompt="a")
    (tmp_path / "sent.safetensors").write_bytes(figure._weights["of your own"])
    assert checkpoints.load(tmp_path / "sent.safetensors").vocab == random_checkpoint().vocab


def test_a_page_gets_the_state_without_the_weights():
    figure = Sampler(prompt="<script>alert('&\"')</script>".replace("<", "").replace(">", "")[:6])
    html = mime(figure)["text/html"]
    state = json.loads(unescape(re.search(r"data-state='([^']*)'", html).group(1)))
    assert state["text"] == figure.text and state["name"] == "shakespeare"
    assert len(state["_logits"]) == len(state["_vocab"]) == 78
    assert len(html) < 25_000
    assert WIDGET in mime(figure)


def test_hostile_text_is_escaped():
    hostile = '</pre><script>alert("1")</script>\'&'
    figure = Sampler(prompt="\n")
    figure.text = figure.prompt = hostile
    html = figure.static_html()
    assert "<script" not in html and html.count("</pre>") == 1
    state = json.loads(unescape(re.search(r"data-state='([^']*)'", html).group(1)))
    assert state["prompt"] == hostile


def test_a_model_of_ones_own_brings_itself_into_a_page_once(monkeypatch):
    for name in ("_brought", "_names", "_cache"):
        monkeypatch.setattr(portable, name, {})
    own = random_checkpoint()
    pages = []
    for name in ("one", "two", "one"):
        monkeypatch.setattr(portable, "_cell", lambda name=name: name)
        pages.append(mime(Sampler(own, prompt="a"))["text/html"])
    first, second, again = pages
    assert packed.find(first) == packed.find(again) == {"of your own": own.to_bytes("int8")}
    assert packed.find(second) == {} and "register" not in second and len(second) < 12_000
    other = mime(Sampler(random_checkpoint(seed=3), prompt="a"))["text/html"]
    (name,) = packed.find(other)
    assert name.startswith("of your own (") and json.loads(state_of(other))["name"] == name


def state_of(html):
    return unescape(re.search(r"data-state='([^']*)'", html).group(1))


def test_beside_a_shipped_network_one_of_ones_own_is_all_that_is_brought(monkeypatch):
    for name in ("_brought", "_names", "_cache"):
        monkeypatch.setattr(portable, name, {})
    own = random_checkpoint("mingru")
    html = Forgetting("abc\n.", models=["shakespeare", own]).static_html()
    assert packed.find(html) == {"of your own": own.to_bytes("int8")}
    names = [network["name"] for network in json.loads(state_of(html))["_networks"]]
    assert names == ["shakespeare", "of your own"]
    assert "register" not in html  # the scripts are beside the page
    monkeypatch.delenv(portable.VARIABLE)
    html = Forgetting("abc\n.", models=["shakespeare", own]).static_html()
    assert list(packed.find(html)) == names and "register" in html


def test_without_files_beside_it_a_figure_of_two_networks_brings_both(monkeypatch):
    monkeypatch.delenv(portable.VARIABLE)
    for name in ("_brought", "_names", "_cache"):
        monkeypatch.setattr(portable, name, {})
    html = mime(Memory("ten", models=("names", "numbers-en")))["text/html"]
    assert list(packed.find(html)) == json.loads(state_of(html))["_networks"]
    quiz = mime(Quiz([LETTERS]))["text/html"]
    assert "<script>" in quiz and packed.find(quiz) == {}


def test_a_widget_that_needs_a_kernel_leaves_a_note():
    data = mime(kernel_only(FloatSlider(), "In JupyterLab <b>a slider</b> stands here."))
    assert WIDGET in data
    assert data["text/html"] == (
        '<p class="rnnbook-note">In JupyterLab &lt;b&gt;a slider&lt;/b&gt; stands here.</p>'
    )


def test_a_kernel_sends_a_shipped_network_as_it_is_stored():
    figure = Sampler("names", prompt="A", length=1)
    assert figure._weights == {"names": checkpoints.shipped_path("names").read_bytes()}
    own = Sampler(random_checkpoint(), prompt="a", length=1)
    assert own._weights == {"of your own": random_checkpoint().to_bytes("float16")}


@pytest.mark.parametrize("widget", assets.FIGURES)
def test_joined_modules_keep_the_conventions(widget):
    text = assets.module(widget).removesuffix("export default { render };\n")
    assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names)) > (5 if widget in assets.PLAIN else 10)
    assert "innerHTML" not in text


def test_the_files_of_the_page_are_written(tmp_path):
    write_assets(tmp_path / "rnnbook")
    written = {str(path.relative_to(tmp_path / "rnnbook")) for path in tmp_path.rglob("*.*")}
    shipped = checkpoints.shipped()
    weights = {f"weights/{name}.{end}" for name in shipped for end in ("js", "safetensors")}
    figures = {f"{widget}.js" for widget in assets.FIGURES}
    assert written == {"boot.js", "live.css", "shared.js", *figures, *weights}
    style = (tmp_path / "rnnbook" / "live.css").read_text()
    assert "--rnnbook-ink" in style and "http" not in style


@pytest.mark.parametrize(
    ("kind", "quantity"),
    [("rnn", "h"), ("gru", "z"), ("lstm", "c"), ("minlstm", "i"), ("lru", "a")],
)
def test_the_readers_first_picture_is_the_trace(kind, quantity):
    checkpoint = random_checkpoint(kind, num_layers=2)
    figure = Reader(checkpoint, "abc\n.", unit=3, layer=1, quantity=quantity)
    trace = checkpoint.model().trace("abc\n.")
    found = {"h": trace.hidden, "c": trace.cell, **trace.gates}[quantity][1, :, 3]
    found = np.tanh(found) if quantity == "c" else found
    np.testing.assert_allclose(figure._values, found, atol=0.006)
    for guesses, probs in zip(figure._guesses, trace.probs, strict=True):
        assert guesses[0][0] == checkpoint.vocab[int(probs.argmax())]
        assert len(guesses) == 5 and guesses[0][1] == pytest.approx(probs.max(), abs=0.006)


def test_the_readers_settings_are_checked():
    checkpoint = random_checkpoint("gru")
    with pytest.raises(TextError, match="reads 1 to"):
        Reader(checkpoint, "")
    with pytest.raises(TextError, match="give it a piece"):
        Reader(checkpoint, "a" * 2001)
    with pytest.raises(UnknownCharacterError):
        Reader(checkpoint, "ß")
    figure = Reader(checkpoint, "abc")
    for name, value in (("unit", 12), ("unit", -1), ("layer", 1), ("quantity", "c")):
        with pytest.raises(traitlets.TraitError):
            setattr(figure, name, value)
    assert (figure.unit, figure.layer, figure.quantity) == (0, 0, "h")


def test_the_readers_page_form_is_escaped_and_whole():
    figure = Reader(text="I'll & you.\n", unit=5)
    html = mime(figure)["text/html"]
    state = json.loads(unescape(re.search(r"data-state='([^']*)'", html).group(1)))
    assert state["text"] == "I'll & you.\n" and state["unit"] == 5
    assert len(state["_values"]) == len(state["_guesses"]) == len(state["text"])
    assert "I&#x27;ll &amp; you." in html and WIDGET in mime(figure)


def test_another_shipped_model_can_be_sent():
    figure = Sampler(prompt="\n", length=5, models=["names"])
    figure.name = "names"
    assert list(figure._weights) == ["names"]
    assert figure._vocab == list(checkpoints.load("names").vocab)
    with pytest.raises(CheckpointError, match="offers shakespeare, names"):
        figure.name = "music"
    with pytest.raises(CheckpointError, match="shipped models only"):
        Sampler(prompt="\n", length=5, models=["nonsense"])


def test_the_guesses_are_the_networks():
    figure = Sampler(random_checkpoint(), prompt="ab", temperature=0.3, length=20)
    model = random_checkpoint().model()
    probs = model.trace("ab" + figure.text).probs
    for t, (chars, percents) in enumerate(figure._guesses):
        best = np.argsort(-probs[t + 1])[:5]
        assert list(chars) == [model.vocab[int(i)] for i in best]
        np.testing.assert_allclose(percents, 100 * probs[t + 1][best], atol=0.51)


def test_two_temperatures_start_from_one_seed():
    figure = Temperature(random_checkpoint(), prompt="ab", temperatures=(0.7, 0.7), length=30)
    assert figure._texts[0] == figure._texts[1] and len(figure._texts[0]) == 30
    with pytest.raises(SamplingError, match="temperature"):
        figure.other = -1


def test_steering_holds_what_it_writes():
    own, text = random_checkpoint("lstm", num_layers=2), "abc\nde.fgh " * 5
    units = {"the <b>unit</b>": (13, -1), "by lot": (3, 1)}
    figure = Steering(own, units, text, prompt="ab", dose=2, seed=4, length=40)
    model, rng = own.model().in_double(), np.random.default_rng
    at = held_at(model.trace(text), 13, -2)
    free, held = (
        write_held(model, ["ab"], 40, unit=13, at=values, temperature=0.8, rng=rng(4))[0]
        for values in (None, at)
    )
    assert figure._texts == [free, held] and free != held
    layer, column = figure._held[0]["layer"], figure._held[0]["column"]
    assert (layer, column) == (1, 1)
    for name, (mean, std) in figure._held[0]["values"].items():
        assert mean - 2 * std == pytest.approx(at[name]), "h is within bounds here"
    assert "Held, the &lt;b&gt;unit" in figure._still_html()
    assert [set(marks) for marks in figure.marks()] == [{"opened", "closed"}] * 2
    for name, wrong, said in (("dose", 7, "-6 to 6 standard"), ("which", 2, "units 0 to 1")):
        with pytest.raises(traitlets.TraitError, match=said):
            setattr(figure, name, wrong)


def test_steering_says_what_cannot_be_held():
    own = random_checkpoint("rnn")
    for units, text, said in (
        ({}, "ab", "name one unit"), ({"one": (0, 1)}, "", "name one unit"),
        ({"far": (12, 1)}, "ab", "far: there are units 0 to 11"),
    ):  # fmt: skip
        with pytest.raises(TextError, match=said):
            Steering(own, units, text)
    with pytest.raises(CheckpointError, match="an RNN, a GRU or an LSTM"):
        Steering(random_checkpoint("s6"), {"one": (0, 1)}, "ab")


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm", "rglru", "s6"])
def test_the_gates_are_the_traces(kind):
    figure = Gates(random_checkpoint(kind), "abc\n.", unit=7)
    gates = random_checkpoint(kind).model().trace("abc\n.").gates
    for name in set(figure._strips) - {"h", "c"}:
        np.testing.assert_allclose(figure._strips[name], gates[name][0, :, 7], atol=0.006)
    with pytest.raises(TextError, match="1 to 400"):
        Gates(random_checkpoint(kind), "a" * 401)


def test_the_finder_ranks_as_inspection_does():
    text = "ab (cd)\n" * 20
    checkpoint = random_checkpoint(chars="\n ()abcd")
    figure = UnitFinder(checkpoint, text, property="inside brackets")
    labels = inspection.PROPERTIES["inside brackets"](text)
    best = inspection.rank_units(np.tanh(checkpoint.model().trace(text).cell[0]), labels)[0]
    assert figure._ranked[0]["unit"] == best.unit
    assert figure._ranked[0]["score"] == pytest.approx(best.score, abs=1e-4)
    assert 0 <= figure._untrained <= 1 and figure._labels == labels.astype(int).tolist()
    assert UnitFinder(checkpoint, text, pattern="[cd]")._labels[4:6] == [1, 1]
    with pytest.raises(TextError, match="not a regular expression"):
        UnitFinder(checkpoint, text, pattern="(")
    with pytest.raises(traitlets.TraitError, match="a property is one of"):
        figure.property = "beauty"
    with pytest.raises(TextError, match="each half"):
        UnitFinder(checkpoint, "ab", property="inside brackets")


def test_memory_compares_shipped_models():
    figure = Memory("To be or")
    assert set(figure._weights) == {"shakespeare-rnn", "shakespeare"}
    assert np.shape(figure._bits) == (2, 8)
    with pytest.raises(CheckpointError, match="'mine' is none"):
        Memory("a", models=("mine", "shakespeare"))
    with pytest.raises(UnknownCharacterError):
        Memory("ß")
    with pytest.raises(traitlets.TraitError, match="1 to 100"):
        figure.text = "a" * 101


@pytest.mark.parametrize(("kind", "gate"), [("lstm", "f"), ("gru", "z"), ("mingru", "a")])
def test_forgetting_shows_the_factor(kind, gate):
    one, two = random_checkpoint(kind, num_layers=2), random_checkpoint("lstm", seed=1)
    figure = Forgetting("abc\n.", models=[one, two], units=[3, 7], layer=1)
    first, second = figure._factors
    np.testing.assert_allclose(first, one.model().trace("abc\n.").gates[gate][1, :, 3], atol=0.0006)
    np.testing.assert_allclose(second, two.model().trace("abc\n.").gates["f"][0, :, 7], atol=0.0006)
    assert list(figure._weights) == ["of your own", "of your own, too"]
    html = mime(figure)["text/html"]
    held = packed.find(html)
    state = json.loads(state_of(html))
    assert set(held) == {network["name"] for network in state["_networks"]} and len(held) == 2
    assert "text  abc⏎." in html and "Half is gone" in html


def test_forgettings_settings_are_checked():
    figure = Forgetting("To be", units=[298])
    for name, value in (("units", [384]), ("units", [1, 2]), ("layer", 1)):
        with pytest.raises(traitlets.TraitError):
            setattr(figure, name, value)
    for text, error in (("", TextError), ("a" * 301, TextError), ("ß", UnknownCharacterError)):
        with pytest.raises(error):
            figure.text = text
    with pytest.raises(TextError, match="no factor"):
        Forgetting("abc", models=[random_checkpoint("rnn")])
    with pytest.raises(TextError, match="one network, or two"):
        Forgetting("abc", models=[])
    assert (figure.units, figure.layer, figure.text) == ([298], 0, "To be")


def test_hello_shows_the_drawings_numbers():
    figure = Unroll(4)
    html = figure._still_html()
    for score in hello.LOGITS.ravel():
        assert f">{score:.1f}<".replace("-", "−") in html
    with pytest.raises(traitlets.TraitError, match="0 to 8"):
        figure.step = 9
    with pytest.raises(traitlets.TraitError, match="0 to 4"):
        Unroll(5, backward=False)


@pytest.mark.parametrize(("model", "gate"), [("shakespeare", "f"), ("shakespeare-gru", "z")])
def test_the_cells_first_numbers_are_the_traces(model, gate):
    figure = Cell("To be", models=(model,), units=(3,), at=2)
    trace = checkpoints.load(model).model().trace("To be")
    np.testing.assert_allclose(figure._values[gate], trace.gates[gate][0, :, 3], atol=1e-4)
    if trace.cell is not None:
        np.testing.assert_allclose(figure._values["c"], trace.cell[0, :, 3], atol=1e-4)
    for name, value in (("unit", 10_000), ("at", 5), ("step", 6), ("name", "names")):
        with pytest.raises((traitlets.TraitError, CheckpointError)):
            setattr(figure, name, value)


def test_the_cells_settings_are_checked():
    with pytest.raises(CheckpointError, match="no gates"):
        Cell("a", models=("shakespeare-rnn",), units=(0,))
    with pytest.raises(CheckpointError, match="'mine' is none"):
        Cell("a", models=("mine",), units=(0,))
    with pytest.raises(TextError, match="1 to 200"):
        Cell("a" * 201)
    with pytest.raises(UnknownCharacterError):
        Cell("ß")


def test_a_drawing_in_a_page_is_hidden_from_screen_readers_and_told_in_words():
    html = Cell("To be")._still_html()
    drawing, words = html.split("</svg>")
    assert drawing.startswith("<svg") and 'aria-hidden="true"' in drawing
    assert "multiplies the belt" in words and "role=" not in drawing


def test_the_slope_of_the_chain_rule_is_what_a_nudge_measures():
    for w in (-2.0, 0.0, 1.2):
        nudged = [slope_at(w + sign * 1e-6, 0.5)[0] for sign in (1, -1)]
        assert slope_at(w, 0.5)[1] == pytest.approx((nudged[0] - nudged[1]) / 2e-6, abs=1e-8)
    with pytest.raises(traitlets.TraitError, match="−3 to 3"):
        ChainRule(w=4.0)
    with pytest.raises(traitlets.TraitError, match="0 to 11"):
        ChainRule(step=12)


def test_attention_wants_a_row_a_character():
    figure = Attention("ab", "xyz", np.eye(3, 2))
    assert "While it writes y: most on b." in figure._still_html()
    with pytest.raises(ValueError, match="a row for each character written"):
        Attention("ab", "xyz", np.eye(2, 3))
    with pytest.raises(ValueError, match="1 to 30"):
        Attention("a" * 31, "x", np.ones((1, 31)))
    with pytest.raises(traitlets.TraitError, match="0 to 2"):
        figure.at = 3


def test_an_order_has_a_text_and_a_loss_for_each_smoothing():
    texts, losses = {"a": ["x", "<y>"], "b": ["z", "w"]}, {"a": [3.0, 2.0], "b": [3.0, 1.5]}
    figure = Order(texts, losses, order=1)
    assert "&lt;y&gt;" in figure._still_html() and "b: 3.00, 1.50" in figure._still_html()
    with pytest.raises(traitlets.TraitError, match="0 to 1"):
        figure.order = 2
    with pytest.raises(ValueError, match="for every order"):
        Order(texts, {"a": [3.0], "b": [3.0, 1.5]})
    with pytest.raises(ValueError, match="for every order"):
        Order(texts, {"b": [3.0, 1.5]})


def test_context_holds_what_the_models_guess():
    own = random_checkpoint("gru")
    counter = NGram(own.vocab, own.vocab.encode("abcab" * 9), order=3)
    figure = Context(own, {"one": "abcbab", "two": "ba"}, counter)
    bits = figure.bits()["one"]
    assert bits.shape == (2, 10) and (bits[:, 4:] == bits[:, 4:5]).all(), "nothing more to show"
    assert (bits[1, 2:] == bits[1, 2]).all(), "a 3-gram looks at two characters"
    assert "Shown 2 characters, the network guesses" in figure._still_html()
    with pytest.raises(TextError, match="2 to 501 characters"):
        Context(own, {"long": "a" * 502}, counter)
    with pytest.raises(CheckpointError, match="an RNN, a GRU or an LSTM"):
        Context(random_checkpoint("mingru"), {"one": "ab"}, counter)
    with pytest.raises(traitlets.TraitError, match="0 to 9"):
        figure.place = 10


def test_rates_show_the_first_and_keep_the_others_back():
    curves = {3.0: [[4.0]], 0.3: [[4.0, 3.0, 2.0], [4.0, 3.0, 2.5]]}
    figure = Rates(curves, every=10)
    assert figure._rates == [0.3, 3.0] and figure._steps == [[20, 20], [0]]
    assert figure._ends == [[3.0, 3.167], [None]], "the mean of the last five points"
    still = figure._still_html()
    assert still.count("<svg") == 2 and "at 0.3 they end at 3.00, 3.17" in still
    assert "course-1" in figure._drawings[0] and "course-1" not in still
    with pytest.raises(traitlets.TraitError, match="0 to 1"):
        figure.at = 2
    for wrong in ({0.3: [[4.0, 3.0]]}, {0.0: [[4.0, 3.0]], 1.0: [[4.0]]}, {0.1: [], 1.0: [[4.0]]}):
        with pytest.raises(ValueError, match="two rates above zero"):
            Rates(wrong, every=10)


def test_a_rival_guesses_in_the_order_of_its_probabilities():
    vocab = Vocab(list("abc"))
    table = np.log([[0.2, 0.5, 0.3], [0.25, 0.25, 0.5], [0.1, 0.6, 0.3]])
    figure = Guess("cab", vocab, {"it": table}, shown=1)
    assert figure._ranks == {"it": [2, 1]}, "of equals, the first"
    np.testing.assert_allclose(figure._bits["it"], [2, -np.log2(0.6)], atol=1e-3)
    assert "cab" not in figure._still_html()
    figure.guesses = [3]
    with pytest.raises(traitlets.TraitError, match="no more letters"):
        figure.guesses = [1, 1, 1]
    with pytest.raises(ValueError, match="must have the shape"):
        Guess("cab", vocab, {"it": table[:2]}, shown=1)
    with pytest.raises(ValueError, match="1 to 2 can be shown"):
        Guess("cab", vocab, {"it": table}, shown=3)


def test_shannons_bounds_lie_around_the_entropy():
    assert bounds([1] * 9) == (0, 0)
    lower, upper = bounds([1, 1, 2, 2])  # two characters, as likely as each other
    assert lower == pytest.approx(1) and upper == pytest.approx(1)
    lower, upper = bounds([1] * 79 + [2] * 8 + [3] * 3 + [4] * 2 + [5] * 2)
    assert 0 < lower < upper < 1.2
    p = np.array([0.6, 0.3, 0.1])  # the same at every place: then the upper bound is the entropy
    guesses = np.random.default_rng(0).choice([1, 2, 3], p=p, size=100_000).tolist()
    assert bounds(guesses)[1] == pytest.approx(-(p * np.log2(p)).sum(), abs=0.02)
    with pytest.raises(ValueError, match="nothing to measure"):
        bounds([])


def test_the_sampler_cuts_off_the_unlikely():
    model = random_checkpoint()
    assert Sampler(model, prompt="ab", top_k=1, length=20).text == (
        Sampler(model, prompt="ab", temperature=0, length=20).text
    )
    figure = Sampler(model, prompt="ab", top_p=0.5, length=20)
    for name, value in (("top_k", 0), ("top_p", 0.0), ("top_p", 1.5)):
        with pytest.raises(SamplingError):
            setattr(figure, name, value)
    assert (figure.top_k, figure.top_p) == (None, 0.5)


def test_the_scans_still_form_has_the_states_and_the_costs():
    html = mime(Scan([1, 0.5], [1, 2], length=4, processors=2))["text/html"]
    assert re.search(r"h +1 +2.5 +3.5 +3.75\n", html)  # the numbers are repeated
    assert re.search(r"Hillis and Steele +5 +2 +3\n", html)
    assert "data-plain data-state=" in html


def test_the_scans_settings_are_checked():
    figure = Scan()
    bad = {
        "way": "upwards", "length": 17, "processors": 0, "step": -1, "factors": [],
        "inputs": [float("nan")],
    }  # fmt: skip
    for name, value in bad.items():
        with pytest.raises(traitlets.TraitError):
            setattr(figure, name, value)
    assert (figure.way, figure.length, figure.processors) == ("hillis_steele", 8, 4)


def test_the_trainers_settings_are_checked():
    figure = Trainer("a text " * 20)
    for name, value in (("learning_rate", 0.0), ("hidden_size", 10**6), ("seq_len", 0)):
        with pytest.raises(traitlets.TraitError):
            setattr(figure, name, value)
    with pytest.raises(TextError, match="learns 50 to"):
        figure.text = "short"
    assert "a text a text" in mime(figure)["text/html"]


LETTERS = {
    "question": "Which <letter> comes after `a`?",
    "choices": [("`c` & d", False, "One is left out."), ("b", True, "So does the `alphabet`.")],
}


def test_a_quiz_stands_in_the_page_with_its_answers() -> None:
    quiz = Quiz([LETTERS, LETTERS])
    html = mime(quiz)["text/html"]
    assert html.count("Which &lt;letter&gt; comes after <code>a</code>?") == 2
    assert '<li class="rnnbook-answer"><span><code>c</code> &amp; d</span></li>' in html
    answers = re.findall(r"<details>.*?</details>", html)
    assert len(answers) == 2 and set(answers) == {
        "<details><summary>Answer</summary>b: So does the <code>alphabet</code>.</details>"
    }
    state = json.loads(unescape(re.search(r"data-state='([^']*)'", html).group(1)))
    assert state["answers"] == [None, None] and state["questions"] == quiz.questions
    assert WIDGET in mime(quiz)


def test_a_quiz_keeps_the_score() -> None:
    quiz = Quiz([LETTERS, LETTERS])
    quiz.answers = [0, 1]
    assert quiz.score == 1
    quiz.answers = [1, 1]
    assert quiz.score == 2
    for answers in ([1], [2, 1], [-1, 1]):
        with pytest.raises(traitlets.TraitError):
            quiz.answers = answers
    quiz.questions = [LETTERS]
    assert quiz.answers == [None] and quiz.score == 0


@pytest.mark.parametrize(
    ("questions", "message"),
    [
        ([], "at least one question"),
        ([{**LETTERS, "hint": "?"}], "question 1 must be"),
        ([LETTERS, {"question": " ", "choices": LETTERS["choices"]}], "question 2.*text must"),
        ([{"question": "Why", "choices": [("b", True, "so")]}], "'Why', needs two answers"),
        ([{"question": "Why", "choices": [("b", True, "so"), ("b", False, "so")]}], "same"),
        ([{"question": "Why", "choices": [("b", True)]}], "not .answer, True or False, why"),
        ([{"question": "Why", "choices": [("b", 1, "so"), ("c", 0, "so")]}], "True or False"),
        ([{"question": "Why", "choices": ["abc", "abd"]}], "True or False"),
        ([{"question": "Why", "choices": [("a", True, "so"), ("b", True, "so")]}], "has 2 right"),
        ([{"question": "Why", "choices": [("a", False, "so"), ("b", False, "so")]}], "has 0"),
        ([{"question": "`Why", "choices": LETTERS["choices"]}], "never closes"),
    ],
)
def test_a_quiz_that_cannot_be_answered_is_refused(questions, message) -> None:
    with pytest.raises(traitlets.TraitError, match=message):
        Quiz(questions)


@pytest.mark.parametrize("widget", sorted({*assets.FIGURES} - {*assets.PLAIN}))
@pytest.mark.parametrize("kind", ["lstm", "lru"])
def test_a_figure_finds_all_that_it_takes_where_idle_modules_are_left_out(widget, kind):
    without = assets.idle([widget], [kind])
    assert ("engine/linear.js" in without) == (kind == "lstm")
    script = assets.shared_script(without)
    shared = set(re.findall(r"\w+", script[script.rindex("return {") :]))
    taken = re.findall(r"const \{(.*)\} = shared;", assets.classic_script(widget))
    assert taken and set(re.findall(r"\w+", " ".join(taken))) <= shared
    assert len(script) < len(assets.shared_script())


def test_no_module_is_idle_where_every_figure_stands():
    assert not assets.idle(assets.FIGURES, ["lstm", "mingru"])


@pytest.mark.parametrize("widget", assets.PLAIN)
def test_a_plain_figure_brings_no_engine(widget) -> None:
    for text in (assets.module(widget), assets.classic_script(widget)):
        assert len(text) < 20_000
        assert "rnnbookEngine" not in text and "Network" not in text


@pytest.mark.parametrize("figure", [Sampler, Temperature])
def test_a_network_that_knows_no_line_break_has_its_figures(figure):
    dna = random_checkpoint(chars="ACGT")
    assert figure(dna, length=20).prompt == "A"
    assert figure(random_checkpoint(), length=20).prompt == "\n"
