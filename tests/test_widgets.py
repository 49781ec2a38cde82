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

from rnnbook import checkpoints
from rnnbook.errors import CheckpointError, SamplingError, TextError, UnknownCharacterError
from rnnbook.sampling import sample
from rnnbook.widgets import Reader, Sampler, assets, kernel_only
from rnnbook.widgets.static import write_assets

WIDGET = "application/vnd.jupyter.widget-view+json"


def mime(shown) -> dict:
    data, _ = shown._repr_mimebundle_()
    return data


def test_the_first_text_is_the_samplers():
    figure = Sampler(random_checkpoint(), prompt="ab", temperature=0.5, length=60, seed=3)
    expected = sample(
        random_checkpoint().model(), "ab", 60, temperature=0.5, rng=np.random.default_rng(3)
    )
    assert figure.text == expected
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
    (tmp_path / "sent.safetensors").write_bytes(figure._weights)
    assert checkpoints.load(tmp_path / "sent.safetensors").vocab == random_checkpoint().vocab


def test_a_page_gets_the_state_without_the_weights():
    figure = Sampler(prompt="<script>alert('&\"')</script>".replace("<", "").replace(">", "")[:6])
    html = mime(figure)["text/html"]
    state = json.loads(unescape(re.search(r'data-state="([^"]*)"', html).group(1)))
    assert state["text"] == figure.text and state["name"] == "shakespeare"
    assert len(state["_logits"]) == len(state["_vocab"]) == 78
    assert len(html) < 12_000
    assert WIDGET in mime(figure)


def test_hostile_text_is_escaped():
    hostile = '</pre><script>alert("1")</script>\'&'
    figure = Sampler(prompt="\n")
    figure.text = figure.prompt = hostile
    html = figure.static_html()
    assert "<script" not in html and html.count("</pre>") == 1
    state = json.loads(unescape(re.search(r'data-state="([^"]*)"', html).group(1)))
    assert state["prompt"] == hostile


def test_a_model_of_ones_own_has_no_page():
    figure = Sampler(random_checkpoint(), prompt="a")
    assert "text/html" not in mime(figure)
    with pytest.raises(CheckpointError, match="only a shipped model"):
        figure.static_html()


def test_a_widget_that_needs_a_kernel_leaves_a_note():
    data = mime(kernel_only(FloatSlider(), "In JupyterLab <b>a slider</b> stands here."))
    assert WIDGET in data
    assert data["text/html"] == (
        '<p class="rnnbook-note">In JupyterLab &lt;b&gt;a slider&lt;/b&gt; stands here.</p>'
    )


@pytest.mark.parametrize("widget", assets.MODULES)
def test_joined_modules_keep_the_conventions(widget):
    text = assets.joined(widget)
    assert not re.search(r"^\s*(import|export)\b", text, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:function\*?|class|const|let) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names)) > 10
    assert "innerHTML" not in text


def test_the_files_of_the_page_are_written(tmp_path):
    write_assets(tmp_path / "rnnbook")
    written = {str(path.relative_to(tmp_path / "rnnbook")) for path in tmp_path.rglob("*.*")}
    weights = {f"weights/{name}.js" for name in checkpoints.shipped()}
    assert written == {"boot.js", "live.css", "reader.js", "sampler.js", *weights}
    style = (tmp_path / "rnnbook" / "live.css").read_text()
    assert "--rnnbook-ink" in style and "http" not in style


@pytest.mark.parametrize(("kind", "quantity"), [("rnn", "h"), ("gru", "z"), ("lstm", "c")])
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
    state = json.loads(unescape(re.search(r'data-state="([^"]*)"', html).group(1)))
    assert state["text"] == "I'll & you.\n" and state["unit"] == 5
    assert len(state["_values"]) == len(state["_guesses"]) == len(state["text"])
    assert "I&#x27;ll &amp; you." in html and WIDGET in mime(figure)
