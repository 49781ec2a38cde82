"""What the dashboard computes: settings, models, texts, measures, pictures."""

from __future__ import annotations

import json
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from conftest import random_checkpoint
from hostile import hostile_checkpoints
from margins import sure_text
from paths import ROOT

from rnnbook import checkpoints, evaluation, theme
from rnnbook.dashboard import index, measures, models, pictures
from rnnbook.dashboard.__main__ import SETTINGS, arguments, own_models
from rnnbook.dashboard.app import style
from rnnbook.dashboard.settings import (
    MAX_QUERY,
    MAX_TOTAL,
    Chosen,
    Settings,
    from_query,
    to_query,
)
from rnnbook.dashboard.views import PIECE, Passage
from rnnbook.dashboard.writing import Writing
from rnnbook.errors import CheckpointError, SamplingError


def settings(**changes) -> Settings:
    chosen = {
        "model": "shakespeare",
        "prompt": "KING:\n",
        "temperature": 0.7,
        "length": 60,
        "seed": 3,
    }
    return Settings(**{**chosen, **changes})


def write(writing: Writing) -> Writing:
    for _ in writing.draws():
        pass
    return writing


def test_a_writing_is_what_the_sampler_draws():
    writing = Writing(settings())
    assert "".join(writing.draws()) == writing.text
    _, model = models.load("shakespeare")
    assert writing.text == sure_text(model, "KING:\n", 60, 3, temperature=0.7)
    assert len(writing.surprise) == 60


def test_cuts_are_the_samplers():
    writing = write(Writing(settings(temperature=1.3, top_k=5, top_p=0.8)))
    _, model = models.load("shakespeare")
    sure = sure_text(model, "KING:\n", 60, 3, temperature=1.3, top_k=5, top_p=0.8)
    assert writing.text == sure


@pytest.mark.parametrize(
    "changes",
    [{"temperature": -1}, {"temperature": float("nan")}, {"length": 0}, {"length": -5},
     {"length": 10**9}, {"length": MAX_TOTAL + 1}, {"seed": -1}, {"prompt": "x" * 501},
     {"top_k": 0}, {"top_p": 0.0}, {"top_p": float("nan")}, {"engine": "$(reboot)"}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(SamplingError):
        settings(**changes)


def test_a_writing_remembers_what_the_network_did():
    writing = Writing(settings())
    draws = writing.draws()
    for _ in range(10):
        next(draws)
    assert writing.read == "KING:\n" + writing.text[:-1]  # the tenth was drawn, not yet read
    assert writing.probs[models.load("shakespeare")[1].vocab.encode(writing.text)[-1]] > 0
    for _ in draws:
        pass
    logits = writing.finish()
    assert writing.read == "KING:\n" + writing.text
    _, model = models.load("shakespeare")
    trace = model.trace(writing.read)
    np.testing.assert_allclose(writing.hidden, trace.hidden[-1], atol=1e-5)
    np.testing.assert_allclose(logits, trace.logits[-1], atol=1e-4)
    np.testing.assert_allclose(logits, models.next_logits("shakespeare", writing.read), atol=1e-4)


@pytest.mark.parametrize("stop", [60, 17])
def test_going_on_is_as_if_it_had_never_ended(stop):
    whole = write(Writing(settings(length=100)))
    writing = Writing(settings())
    draws = writing.draws()
    for _ in range(stop):
        next(draws)
    writing.finish()
    for _ in writing.more(100 - stop):
        pass
    assert writing.text == whole.text and writing.surprise == pytest.approx(whole.surprise)
    np.testing.assert_allclose(writing.finish(), whole.finish(), atol=1e-4)
    np.testing.assert_allclose(writing.hidden, whole.hidden, atol=1e-5)
    with pytest.raises(SamplingError, match="at most"):
        writing.more(MAX_TOTAL)


def test_both_engines_write_the_same():
    numpy, torch = write(Writing(settings())), write(Writing(settings(engine="PyTorch")))
    sure = sure_text(models.load("shakespeare")[1], "KING:\n", 60, 3, temperature=0.7)
    assert numpy.text == torch.text == sure
    np.testing.assert_allclose(numpy.finish(), torch.finish(), atol=1e-3)
    np.testing.assert_allclose(numpy.hidden, torch.hidden, atol=1e-3)
    assert isinstance(torch.hidden[-1], np.ndarray)


@pytest.mark.parametrize(
    "second", [None, settings(temperature=1.25), settings(model="names", prompt="KING:\n")]
)
def test_a_link_chooses_the_same_again(second):
    first = settings(top_k=7, top_p=0.9, prompt="Ä & =?#\n'<b>%", engine="PyTorch")
    if second is not None:
        other = {"model": second.model, "temperature": second.temperature}
        second = settings(**{**vars(first), **other})
    chosen = Chosen(first, second)
    query = "?" + to_query(chosen)
    assert from_query(query, settings(), ["shakespeare", "names"]) == chosen
    assert from_query("", settings(), []) == Chosen(settings())


def test_a_link_tells_no_path_of_the_server():
    query = to_query(Chosen(settings(model="/srv/secret/mine.safetensors")))
    assert "secret" not in query and "model=mine" in query
    found = from_query(query, settings(), ["/srv/secret/mine.safetensors"])
    assert found.first.model == "/srv/secret/mine.safetensors"


@pytest.mark.parametrize(
    "query",
    ["length=-5", "length=1e9", "length=999999", "temperature=nan", "seed=x", "model=/etc/passwd",
     "model=../shakespeare", "top_k=-1", "top_p=2", "engine=os.system", "prompt=" + "x" * 600,
     "other_model=<script>", "prompt=" + "x" * MAX_QUERY, "&".join(["a=1"] * 100)],
)  # fmt: skip
def test_a_hostile_link_is_refused_with_a_sentence(query):
    with pytest.raises(SamplingError):
        from_query(query, settings(), ["shakespeare"])


def test_measures_are_those_of_the_evaluation(tmp_path, small_text, monkeypatch):
    corpus, text = small_text[:2500], small_text[2400:2600] + "unheard of ran words"
    index.make(corpus, "ab" * 32, tmp_path)
    random_checkpoint(chars="".join(sorted(set(small_text)))).save(tmp_path / "m.safetensors")
    name = str(tmp_path / "m.safetensors")
    models.load(name)[0].info["corpus"]["sha256"] = "ab" * 32
    found = measures.measure(text, name)
    assert found.distinct == evaluation.distinct(text, 3)
    assert found.words == pytest.approx(evaluation.word_rate(text, evaluation.words(corpus)))
    assert found.novelty == pytest.approx(evaluation.novel_ngrams(text, corpus, index.STRING))
    assert 0 < found.novelty < 1 and 0 < found.words < 1
    assert measures.measure("short", name) is measures.NOTHING


def test_without_its_corpus_a_text_is_only_varied(monkeypatch, tmp_path):
    monkeypatch.setenv(index.FOLDER, str(tmp_path))
    measures._known.cache_clear()
    found = measures.measure("to be or not to be " * 10, "shakespeare")
    assert 0 < found.distinct < 1 and np.isnan([found.words, found.novelty]).all()
    assert "<td>–</td>" in pictures.measures_html({"this text": found})


def test_the_corpora_were_measured():
    shipped = {models.load(name)[0].info["corpus"]["sha256"] for name in models.names()}
    assert shipped <= set(index.own_measures())
    own = measures.measure_corpus(models.load("shakespeare")[0], 300)
    assert 0.5 < own.distinct < 0.8 and own.words > 0.9 and 0.5 < own.novelty < 1


def test_pictures_say_what_they_show_and_escape_it():
    hostile = "<script>alert('1')</script>"
    assert "<script" not in pictures.prompt_html(hostile)
    assert "<script" not in pictures.passage_html(hostile, ["s3"] * len(hostile))
    assert "<script" not in pictures.message_html(hostile, is_problem=True)
    assert "<script" not in pictures.card_html({hostile: hostile})
    assert "<script" not in pictures.link_html(f'"{hostile}')
    assert "<script" not in pictures.measures_html({hostile: measures.NOTHING})
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


def test_characters_are_coloured_by_surprise_and_by_a_unit():
    assert pictures.surprise_levels([0.0, 0.8, 3.1, 99.0]) == ["", "s1", "s4", "s7"]
    assert pictures.unit_levels([-1, -0.5, 0.0, 0.1, 0.5, 1]) == ["u0", "u2", "", "", "u6", "u8"]
    assert pictures.passage_html("ab<c", ["s1", "s1", "s2", ""]) == (
        '<i class="s1">ab</i><i class="s2">&lt;</i>c'
    )


def test_a_passage_sends_only_its_end_and_leaves_one_cursor():
    passage = Passage()
    chars, sent = [], []
    passage.flow.observe(lambda _: None)
    for _ in range(60):
        since = len(chars)
        chars += ["x"] * 10
        values = [piece.value for piece in passage.flow.children]
        passage.show("A", [""], chars, [""] * len(chars), since=since, is_writing=True)
        new = [piece.value for piece in passage.flow.children]
        sent.append(sum(len(b) for a, b in zip(values, new, strict=False) if a != b))
        assert passage.html.count("rnnbook-cursor") == 1
    assert max(sent) <= 2 * PIECE + 100
    passage.show("A", [""], chars, [""] * len(chars))
    assert "cursor" not in passage.html and passage.html.endswith("x" * PIECE)
    passage.show("A", [""], ["y"], [""])
    assert passage.html == '<b class="rnnbook-prompt">A</b>y'


@pytest.mark.parametrize("length, shown", [(12, 12), (150, 100)])
def test_a_heatmap_keeps_its_size(length, shown):
    hidden = np.random.default_rng(0).uniform(-1, 1, (length, 30))
    html = pictures.heatmap_html(list(hidden), "x" * length, [3, 5, 7], picked=5)
    assert f'aria-label="Heatmap of 3 units, one a row, by {shown} characters' in html
    assert f"over the last {shown} characters" in html and "the 3 of 30 units" in html
    assert 'viewBox="0 0 763.2 216"' in html
    assert theme.ACCENT.lower() in html.lower()  # the row that was picked


def test_the_rows_of_a_heatmap_stay_the_same_units():
    units = models.lively_units("shakespeare", 24)
    assert len(set(units.tolist())) == 24 and units.max() < 384
    assert units.tolist() == sorted(units.tolist())


def test_the_card_tells_what_the_checkpoint_tells(tmp_path):
    card = models.card("shakespeare")
    assert card["Parameters"] == "724,686" and card["Loss (nats/character)"].startswith("1.4")
    assert float(card["Loss of the 7-gram, Kneser-Ney"]) > float(card["Loss (nats/character)"])
    random_checkpoint(num_layers=2).save(tmp_path / "small.safetensors")
    card = models.card(str(tmp_path / "small.safetensors"))
    assert card["Units"] == "2 layers of 12" and not any("Loss" in key for key in card)


def test_a_checkpoint_can_be_brought(tmp_path):
    data = random_checkpoint().to_bytes()
    path = models.bring(data, tmp_path)
    assert models.load(path)[1].vocab == random_checkpoint().vocab
    assert models.card(path)["Corpus"] == "none"


@pytest.mark.parametrize("kind", hostile_checkpoints())
def test_a_hostile_checkpoint_is_refused_and_not_kept(kind, tmp_path):
    data = hostile_checkpoints()[kind]
    with pytest.raises(CheckpointError, match=r"the file|at most") as caught:
        models.bring(data, tmp_path)
    assert str(tmp_path) not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_a_checkpoint_tells_of_itself_is_not_trusted(tmp_path):
    stranger = random_checkpoint()
    stranger.info.update(corpus={"name": "x" * 1000}, ngram={"orders": 2}, secret="y")
    path = models.bring(stranger.to_bytes(), tmp_path)
    assert models.card(path)["Corpus"] == "x" * 60
    assert models.load(path)[0].info == {"corpus": {"name": "x" * 60}, "ngram": {}}


def test_checkpoints_of_the_readers_own_stand_first(tmp_path, monkeypatch):
    path = tmp_path / "mine.safetensors"
    random_checkpoint().save(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(models.OWN_MODELS, own_models(["mine.safetensors", "shakespeare"]))
    assert models.names()[:2] == [str(path), "shakespeare"]
    assert len(set(models.names())) == len(models.names())
    assert models.label(str(path)) == "Mine (LSTM)"


def test_a_shipped_model_is_called_as_one_writes_its_text():
    found = {name: models.label(name) for name in checkpoints.shipped()}
    assert found["shakespeare-rnn"] == "Shakespeare (RNN)" and found["latex"] == "LaTeX (LSTM)"
    assert found["war-and-peace-large"] == "War and Peace, large (LSTM)"
    assert len(set(found.values())) == len(found)
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
    called = arguments(["--port=1"])
    assert "--VoilaConfiguration.template=rnnbook" in called
    assert "--VoilaConfiguration.strip_sources=True" in called and called[-1] == "--port=1"


@pytest.mark.parametrize("option", ["--Voila.ip=0.0.0.0", "--template=lab", "--preheat_kernel=0"])
def test_an_option_takes_the_place_of_a_setting(option):
    name = option.split("=")[0].lstrip("-").removeprefix("Voila.")
    called = [argument for argument in arguments([option]) if f"{name}=" in argument]
    assert called == [option]  # Voila refuses to hear a setting twice
