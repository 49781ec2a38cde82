"""A figure as an ES module, in a page that puts it into a shadow root, as MyST and marimo do."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import visit
from conftest import random_checkpoint

from rnnbook import checkpoints, cli, page, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import CheckpointError

HOSTILE = "</script><img src=x onerror=alert(1)>`${alert(1)}"
#: A page on disk may not import modules; the text of one can stand in it.
HOST = """<!doctype html><html lang="en" class="%s"><meta charset="utf-8"><title>host</title>
<link rel="icon" href="data:,"><main><h1>Host</h1><div id="host"></div></main>
<script type="module">
const text = new TextDecoder().decode(Uint8Array.from(atob("%s"), (char) => char.charCodeAt(0)));
const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
const figure = (await import(address)).default;
const el = document.createElement("div");
document.getElementById("host").attachShadow({ mode: "open" }).append(el);
await figure.render({ model: { get() {} }, el });
</script></html>"""


@pytest.fixture(scope="module")
def network() -> Checkpoint:
    return random_checkpoint(chars="\n abcdefgh.", hidden_size=16)


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_module_writes_in_a_shadow_root(
    browser: Any, network: Checkpoint, tmp_path: Path, theme: str
) -> None:
    text = page.module(HOSTILE, network)
    path = tmp_path / "host.html"
    path.write_text(HOST % (theme, base64.b64encode(text.encode()).decode()), encoding="utf-8")
    with visit(browser, path.as_uri(), offline=True) as (tab, record):
        tab.get_by_label("Seed").fill("5")
        tab.get_by_label("Seed").press("Enter")
        tab.get_by_text("Wrote 300 characters").wait_for()
        written = tab.locator(".rnnbook-text").first.inner_text()
        button = tab.get_by_role("button", name="Generate")
        colours = button.evaluate(
            "(one) => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
        )
        background = tab.locator(".rnnbook-text").first.evaluate(
            "(one) => getComputedStyle(one).color"
        )
        record.assert_clean()
    (tmp_path / "int8.safetensors").write_bytes(network.to_bytes("int8"))
    model = checkpoints.load(tmp_path / "int8.safetensors").model()
    prompt = sampling.default_prompt(network.vocab)
    expected = sampling.sample(model, prompt, 300, temperature=0.8, rng=np.random.default_rng(5))
    assert written.strip() == expected.strip()
    assert colours[0] not in ("rgba(0, 0, 0, 0)", "rgb(239, 239, 239)"), "no palette"
    # the words are dark on a light page and light on a dark one
    shade = sum(map(int, background.removeprefix("rgb(").removesuffix(")").split(",")))
    assert (shade < 300) == (theme == "light")


def test_what_cannot_be_a_module_is_said(network: Checkpoint) -> None:
    with pytest.raises(CheckpointError, match="no figure 'nothing'; choose sampler"):
        page.module("one", network, "nothing")
    with pytest.raises(CheckpointError, match="this rnn has no figure 'gates'"):
        page.module("one", random_checkpoint("rnn", chars="\n ab"), "gates")


def test_the_command_writes_a_module(
    network: Checkpoint, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    network.save("letters.safetensors")
    command = ["page", "letters.safetensors", "-o", "letters.mjs"]
    assert cli.main(command) == 1
    assert "one figure of one network: name it with --figure" in capsys.readouterr().err
    assert cli.main([*command, "--figure", "sampler"]) == 0
    assert "```{anywidget} ./letters.mjs\n```" in capsys.readouterr().out
    stored = checkpoints.load("letters.safetensors")
    expected = page.module("letters", stored)
    assert (tmp_path / "letters.mjs").read_text(encoding="utf-8") == expected
