"""A network as one HTML file: what it holds, what it does, and what it keeps to itself."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import visit
from bs4 import BeautifulSoup
from conftest import random_checkpoint
from live import at_rest, rest

from rnnbook import checkpoints, cli, corpora, evaluation, packed, page, sampling
from rnnbook.book.gallery import GALLERY
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import CheckpointError
from rnnbook.page import Included
from rnnbook.recurrent import KINDS

CHARS = "\n abcdefghijklmnopqrstuvwxyz.,:ABCDEFGHIJKLMNOPQRSTUVWXYZ"
HOSTILE = '"><img src=x onerror=alert(1)></script><b>&amp;'


def told(checkpoint: Checkpoint, **more: Any) -> Checkpoint:
    """A checkpoint with the story that a training writes."""
    point = {"characters": 1000, "validation_loss": 3.0, "sample": "abc\n"}
    info = {
        "corpus": {"name": "letters", "characters": 12_345},
        "validation_loss": 2.0,
        "measured": "on all",
        "ngram": {"loss": 2.2, "order": 4},
        "characters_read": 5_000,
        "history": [point, {**point, "characters": 5000, "validation_loss": 2.0, "sample": "xyz"}],
        **more,
    }
    return replace(checkpoint, info=info)


@pytest.fixture(scope="module")
def network() -> Checkpoint:
    return told(random_checkpoint(chars=CHARS, hidden_size=16))


def written(folder: Path, *networks: tuple[str, Checkpoint], **options: Any) -> Path:
    path = folder / "page.html"
    path.write_text(page.build(networks, **options), encoding="utf-8")
    return path


def test_a_page_gives_the_checkpoint_back(network: Checkpoint, tmp_path: Path) -> None:
    path = written(tmp_path, ("letters", network))
    found = packed.find(path.read_text(encoding="utf-8"))
    assert found == {"letters": network.to_bytes("int8")}
    (tmp_path / "plain.safetensors").write_bytes(found["letters"])
    ours, plain = checkpoints.load(path), checkpoints.load(tmp_path / "plain.safetensors")
    assert ours.config == plain.config and ours.info == plain.info == network.info
    for name, weight in plain.weights.items():
        np.testing.assert_array_equal(ours.weights[name], weight)


def test_a_page_of_several_networks_is_no_checkpoint(network: Checkpoint, tmp_path: Path) -> None:
    path = written(tmp_path, ("one", network), ("two", network))
    with pytest.raises(CheckpointError, match="holds 2 networks, not one"):
        checkpoints.load(path)
    (tmp_path / "empty.html").write_text("<!doctype html><title>nothing</title>")
    with pytest.raises(CheckpointError, match="holds no network"):
        checkpoints.load(tmp_path / "empty.html")


@pytest.mark.parametrize("damage", ["!", "AAAA", "A<AA", "AéAA"])
def test_a_damaged_page_is_an_error(network: Checkpoint, tmp_path: Path, damage: str) -> None:
    path = written(tmp_path, ("letters", network))
    text = path.read_text(encoding="utf-8")
    start = text.index(">", text.index(packed.TYPE)) + 1
    path.write_text(text[: start + 40] + damage + text[start + 44 :], encoding="utf-8")
    with pytest.raises(CheckpointError, match=r"damaged|not a whole"):
        checkpoints.load(path)


def test_a_page_that_unpacks_to_more_than_it_may_is_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(packed, "LARGEST", 1000)
    assert packed.find(packed.element("small", b"a" * 1000)) == {"small": b"a" * 1000}
    with pytest.raises(ValueError, match="larger than 1,000 bytes"):
        packed.find(packed.element("large", b"a" * 1001))


@pytest.mark.parametrize("name", GALLERY)
def test_a_page_of_the_gallery_is_small(name: str) -> None:
    checkpoint = checkpoints.load(name)
    size = len(page.build([(name, checkpoint)], title=GALLERY[name]).encode())
    assert size <= 1.3 * len(checkpoint.to_bytes("int8")) + 150_000
    assert size <= 1_500_000


def test_a_page_of_a_network_that_has_learnt_nothing_is_small() -> None:
    """Its weights are evenly spread, so that no packing makes them smaller."""
    checkpoint = told(random_checkpoint(chars=CHARS, hidden_size=256))
    size = len(page.build([("letters", checkpoint)]).encode())
    assert size <= 1.3 * len(checkpoint.to_bytes("int8")) + 150_000


@pytest.mark.parametrize("kind", ["lstm", "mingru"])
def test_a_page_has_the_modules_that_its_figures_run_and_no_others(kind: str) -> None:
    shown = page.build([("one", random_checkpoint(kind, chars=CHARS))])
    assert "class Reading " in shown and "class MinCharRnn" not in shown
    assert ("class LinearNetwork" in shown) == (kind == "mingru")
    bare = page.build([("one", random_checkpoint(kind, chars=CHARS))], figure="sampler")
    assert "class Strip" in shown and "class Strip" not in bare


def test_the_page_asks_nobody_for_anything(network: Checkpoint) -> None:
    soup = BeautifulSoup(page.build([("letters", network)]), "html.parser")
    foreign = re.compile("^(?!data:)")
    assert not soup.find_all(["link", "img", "iframe", "object", "embed"], href=foreign)
    assert not [tag for tag in soup.find_all(True) if tag.get("src")]
    style = " ".join(tag.string or "" for tag in soup.find_all("style"))
    assert "url(" not in style and "@import" not in style


def test_what_a_checkpoint_says_cannot_become_markup(network: Checkpoint) -> None:
    hostile = told(
        network,
        corpus={"name": HOSTILE, "characters": 3},
        measured=HOSTILE,
        history=[{"characters": 1, "validation_loss": 1.0, "sample": HOSTILE}] * 2,
    )
    clean = BeautifulSoup(page.build([("letters", told(network))]), "html.parser")
    soup = BeautifulSoup(page.build([(HOSTILE, hostile)], title=HOSTILE), "html.parser")
    assert HOSTILE in soup.title.string and soup.h1.string == HOSTILE
    count = lambda found: len(found.find_all(["script", "img", "b"]))  # noqa: E731
    assert count(soup) == count(clean)
    assert not [t for t in soup.find_all(True) if any(name.startswith("on") for name in t.attrs)]
    assert soup.find("script", type="application/json").string.count("<") == 0


@pytest.mark.parametrize(
    "info",
    [
        {},
        {"corpus": None, "history": [], "ngram": None, "measured": "somehow"},
        {"history": [{}, {"characters": 5, "validation_loss": 1, "sample": None}]},
    ],
)
def test_a_checkpoint_without_a_story_has_a_page(network: Checkpoint, info: Any) -> None:
    text = page.build([("letters", replace(network, info=info))])
    assert "The network letters" in text and "How it learnt" not in text


def test_what_cannot_be_made_is_said(network: Checkpoint) -> None:
    with pytest.raises(CheckpointError, match="different names"):
        page.build([("one", network), ("one", network)])
    with pytest.raises(CheckpointError, match="no figure 'nothing'; choose sampler"):
        page.build([("one", network)], figure="nothing")
    with pytest.raises(CheckpointError, match="this rnn has no figure 'gates'"):
        page.build([("one", random_checkpoint("rnn", chars=CHARS))], figure="gates")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_network_has_a_page(kind: str) -> None:
    text = page.build([("one", random_checkpoint(kind, chars=CHARS, num_layers=2))])
    assert ("The gates of a unit" in text) == (kind != "rnn")


def test_nothing_of_the_text_goes_along_unless_asked(tmp_path: Path) -> None:
    """Every stretch of 30 characters of the text that is in the page, the network wrote."""
    rng = np.random.default_rng(0)
    words = ["the", "letter", "came", "home", "in", "may", "and", "we", "read", "it", "twice"]
    text = " ".join(rng.choice(words, 4000)) + "\n"
    file, out = tmp_path / "letters.txt", tmp_path / "letters.safetensors"
    file.write_text(text)
    arguments = ["train", str(file), "--out", str(out), "--steps", "60", "--hidden-size", "24"]
    small = ["--batch-size", "8", "--seq-len", "32", "--validations", "2", "--quiet"]
    assert cli.main([*arguments, *small]) == 0
    assert cli.main(["page", str(out), "-o", str(tmp_path / "a.html")]) == 0
    assert _stretches(text, tmp_path / "a.html") == []
    with_text = ["--text", str(file), "--with-text", "200"]
    assert cli.main(["page", str(out), "-o", str(tmp_path / "b.html"), *with_text]) == 0
    held_out = text[int(0.9 * len(text)) :]
    assert len(_stretches(text, tmp_path / "b.html")) > 100
    assert held_out[100:130] in html.unescape((tmp_path / "b.html").read_text(encoding="utf-8"))
    assert "the longest string that stands in the text" in (tmp_path / "b.html").read_text()


def _stretches(text: str, path: Path) -> list[str]:
    """The stretches of 30 characters of a text that a page holds, outside of what it wrote.

    All of them are looked for, in the page as it is read and in the checkpoint packed in it.
    """
    source = path.read_text(encoding="utf-8")
    (inside,) = packed.find(source).values()
    shown = re.sub(f'<script type="{packed.TYPE}".*?</script>', "", source, flags=re.DOTALL)
    held = html.unescape(shown) + inside.decode(errors="replace")
    found = held + held.replace("\\n", "\n")  # a line's end in JSON
    checkpoint = checkpoints.load(path)
    said = [point["sample"] for point in checkpoint.info["history"]]
    for seed in range(3):
        for temperature in (0.5, 0.7, 0.8, 1.2):
            draw = {"temperature": temperature, "rng": np.random.default_rng(seed)}
            said.append(sampling.sample(checkpoint.model(), "\n", 300, **draw))
    own = "\n".join(said)
    there = {found[k : k + 30] for k in range(len(found) - 29)}
    stretches = (text[k : k + 30] for k in range(len(text) - 29))
    return [stretch for stretch in stretches if stretch in there and stretch not in own]


@pytest.mark.parametrize("name", ["shakespeare", "names"])
def test_a_page_of_the_gallery_holds_nothing_of_its_text(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, (name, checkpoints.load(name)), title=GALLERY[name])
    assert _stretches(corpora.load(name).text, path) == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_on_disk_writes_what_the_command_line_writes(
    browser: Any, network: Checkpoint, tmp_path: Path, width: int
) -> None:
    path = written(tmp_path, ("letters", network))
    ours = checkpoints.load(path)
    options = {"viewport": {"width": width, "height": 800}, "offline": True}
    with visit(browser, path.as_uri(), **options) as (tab, record):
        first = tab.inner_text(".rnnbook-text >> nth=0")
        assert len(first) > 200, "a text stands there before anything is touched"
        tab.wait_for_selector("[data-widget=sampler][data-alive]")
        if width == 390:  # a phone's first screen has the text and what starts the next one
            for selector in (".rnnbook-text", "button.rnnbook-main"):
                box = tab.locator(selector).first.bounding_box()
                assert box["y"] + box["height"] < 800, selector
        tab.get_by_label("Seed").first.fill("7")
        tab.get_by_label("Seed").first.press("Enter")
        tab.wait_for_function(
            "document.querySelector('.rnnbook-message')?.textContent.includes('Wrote')"
        )
        rng = np.random.default_rng(7)
        expected = sampling.sample(ours.model(), "\n", 300, temperature=0.8, rng=rng)
        assert rest(tab).strip("\n") == expected.strip("\n")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        for figure in ("temperature", "reader", "gates"):
            tab.locator(f"[data-widget={figure}]").scroll_into_view_if_needed()
            tab.wait_for_selector(f"[data-widget={figure}][data-alive]")
        at_rest(tab)
        record.assert_clean()


@pytest.mark.browser
def test_the_network_is_downloaded_and_the_samples_slide(
    browser: Any, network: Checkpoint, tmp_path: Path
) -> None:
    path = written(tmp_path, ("letters", network))
    with visit(browser, path.as_uri(), accept_downloads=True) as (tab, record):
        slider = tab.get_by_label("Progress of letters")
        assert tab.inner_text(".samples pre") == "xyz"
        slider.focus()
        slider.press("Home")
        assert tab.inner_text(".samples pre").strip() == "abc"
        assert "1,000 characters" in tab.inner_text(".samples p")
        with tab.expect_download() as download:
            tab.get_by_role("button", name="Download the network").click()
        download.value.save_as(tmp_path / "again.safetensors")
        assert download.value.suggested_filename == "letters.safetensors"
        record.assert_clean()
    assert (tmp_path / "again.safetensors").read_bytes() == network.to_bytes("int8")


@pytest.mark.browser
def test_two_voices_write_from_one_seed(browser: Any, network: Checkpoint, tmp_path: Path) -> None:
    other = told(random_checkpoint("mingru", chars=CHARS, seed=5))
    path = written(tmp_path, ("one", network), ("two", other))
    files = packed.find(path.read_text(encoding="utf-8"))
    with visit(browser, path.as_uri(), offline=True) as (tab, record):
        figures = tab.locator(".together .rnnbook-figure")
        assert figures.count() == 2
        for k in range(2):
            figures.nth(k).scroll_into_view_if_needed()
        tab.wait_for_function("document.querySelectorAll('.together [data-alive]').length === 2")
        tab.locator(".together [name=seed]").fill("11")
        tab.locator(".together [name=seed]").press("Enter")
        tab.wait_for_function(
            "Array.from(document.querySelectorAll('.together .rnnbook-message'))"
            ".every((message) => message.textContent.startsWith('Wrote'))"
        )
        texts = [figures.nth(k).locator(".rnnbook-text").inner_text() for k in range(2)]
        record.assert_clean()
    for text, data in zip(texts, files.values(), strict=True):
        (tmp_path / "one.safetensors").write_bytes(data)
        model = checkpoints.load(tmp_path / "one.safetensors").model()
        rng = np.random.default_rng(11)
        assert text.strip() == sampling.sample(model, "\n", 300, temperature=0.8, rng=rng).strip()


@pytest.mark.browser
def test_a_hostile_page_runs_nothing(browser: Any, tmp_path: Path, network: Checkpoint) -> None:
    hostile = told(network, corpus={"name": HOSTILE, "characters": 3}, measured=HOSTILE)
    path = written(tmp_path, (HOSTILE, hostile), title=HOSTILE)
    with visit(browser, path.as_uri(), offline=True) as (tab, record):
        tab.on("dialog", lambda dialog: record.errors.append("a dialog"))
        tab.wait_for_selector("[data-widget=sampler][data-alive]")
        assert tab.inner_text("h1") == HOSTILE
        record.assert_clean()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("count", [1, 2])
def test_nothing_of_a_page_is_kept_from_anybody(
    browser: Any, network: Checkpoint, tmp_path: Path, scheme: str, count: int
) -> None:
    path = written(tmp_path, *[(f"voice {k}", network) for k in range(count)])
    with visit(browser, path.as_uri(), color_scheme=scheme) as (tab, _):
        tab.wait_for_selector("[data-widget=sampler][data-alive]")
        found = Axe().run(tab).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found] == []


@pytest.mark.browser
def test_on_paper_texts_are_whole_and_no_room_is_left(
    browser: Any, network: Checkpoint, tmp_path: Path
) -> None:
    long = told(network, history=[{"characters": n, "validation_loss": 2.0,
                                   "sample": "word " * 300} for n in (1, 2)])  # fmt: skip
    path = written(tmp_path, ("letters", long))
    with visit(browser, path.as_uri(), offline=True) as (tab, _):
        tab.locator("[data-alive]").first.wait_for()
        tab.emulate_media(media="print")
        rest(tab)
        cut = tab.locator(".rnnbook-text, .samples pre").evaluate_all(
            "(all) => all.filter((one) => one.scrollHeight > one.clientHeight + 1).length"
        )
        assert cut == 0 and tab.locator("button:visible").count() == 0
        heights = tab.locator(".rnnbook-still").evaluate_all(
            "(all) => all.map((one) => getComputedStyle(one).minHeight)"
        )
        assert heights and set(heights) == {"0px"}
        assert tab.get_by_text("It is a checkpoint").is_hidden()


def test_the_command_makes_a_page_and_keeps_one_that_is_there(
    network: Checkpoint, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    network.save("letters.safetensors")
    assert cli.main(["page", "letters.safetensors"]) == 0
    assert "letters.html" in capsys.readouterr().out
    assert cli.main(["page", "letters.safetensors"]) == 1
    assert "there already" in capsys.readouterr().err
    assert cli.main(["sample", "letters.html", "--length", "20", "--seed", "1"]) == 0
    assert cli.main(["page", "letters.safetensors", "--figure", "sampler", "-o", "one.html"]) == 0
    assert '<iframe src="one.html"' in capsys.readouterr().out
    for arguments, message in [
        (["-o", "."], "is a folder"),
        (["-o", "letters.txt"], "call it letters.html"),
        (["-o", "no/such/folder/x.html"], "cannot write"),
        (["-o", "x.html", "--with-text", "5"], "--text FILE"),
        (["-o", "x.html", "--figure", "nothing"], "no figure"),
    ]:
        assert cli.main(["page", "letters.safetensors", *arguments]) == 1
        assert message in capsys.readouterr().err


def test_text_that_is_included_is_named(network: Checkpoint) -> None:
    text = page.build([("letters", network)], included=[Included("abc def " * 30, 12, 20_000)])
    assert "the first 240 characters of the text" in text
    assert "In 20,000 characters that it wrote" in text and "has 12 characters" in text


def test_what_a_network_repeats_is_measured(capsys: Any, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    text = "".join(rng.choice(list("abcdefgh \n"), 4000))
    checkpoint = random_checkpoint(chars="\nabcdefgh ")
    found = evaluation.copies(checkpoint.model(), text, written=2_000)
    assert found.written == 2_000 and found.longest in text and 2 <= len(found.longest) < 20
    assert found.share == 0
    prompt, rngs = ["\n"] * 40, [np.random.default_rng(seed) for seed in range(40)]
    texts = sampling.sample_many(checkpoint.model(), prompt, 50, rngs=rngs)
    assert any(found.longest in one for one in texts)
    again = evaluation.copies(checkpoint.model(), text + "\n".join(texts), written=2_000)
    assert len(again.longest) == 50 and again.share == 1
    (tmp_path / "a.txt").write_text(text)
    checkpoint.save(tmp_path / "a.safetensors")
    files = [str(tmp_path / "a.safetensors"), str(tmp_path / "a.txt")]
    assert cli.main(["evaluate", *files, "--no-ngram", "--copies"]) == 0
    assert "the longest string that stands in the text" in capsys.readouterr().out
