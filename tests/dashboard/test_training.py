"""The workshop: a visitor's own text, in a process of its own."""

from __future__ import annotations

import asyncio
import base64
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import random_checkpoint
from hostile import hostile_checkpoints

from rnnbook import checkpoints
from rnnbook.dashboard import Dashboard, models, pages, trainer, training
from rnnbook.dashboard.training import Request, Training
from rnnbook.errors import DashboardError, TextError, TrainingError


@pytest.fixture(autouse=True)
def room(monkeypatch):
    """Trainings that other tests, or other people, have under way here take no place from these."""
    monkeypatch.setenv(trainer.PLACES, "100")


TEXT = "To be, or not to be: that is the question, <b>said</b> he.\n" * 60


@pytest.mark.parametrize(
    "changes",
    [{"hidden_size": -1}, {"hidden_size": 10**6}, {"seq_len": 0}, {"minutes": 1e9},
     {"minutes": float("nan")}, {"learning_rate": float("inf")}, {"learning_rate": -0.1}],
)  # fmt: skip
def test_requests_out_of_range_are_refused(changes):
    with pytest.raises(TrainingError, match="lies between"):
        Request(**changes)


@pytest.mark.parametrize(
    "data", [b"\xff\xfe\0a", b"PK\x03\x04\0\0", b"\x80\x04\x95\0", b"a\0b", b"x" * 2_000_001]
)
def test_what_is_no_text_is_refused(data):
    with pytest.raises(TextError, match="the file"):
        training.text_of_upload(data)


@pytest.mark.parametrize("text", ["", "short", "x" * (training.MAX_TEXT + 1)])
def test_a_text_has_bounds(text):
    with pytest.raises(TextError, match="at least"):
        training.check_text(text)


def said(dashboard: Dashboard) -> str:
    return re.sub("<[^>]*>", "", dashboard.workshop.message.value)


def bring(upload, name: str, content: bytes) -> None:
    """What the page sends when a file was chosen."""
    file = {"name": name, "type": "", "size": len(content), "last_modified": 0}
    upload.set_state({"value": [{**file, "content": memoryview(content)}]})


def test_files_are_brought_or_refused_with_a_sentence():
    dashboard = Dashboard(["shakespeare"])
    workshop = dashboard.workshop
    bring(workshop.upload, "<i>mine</i>.txt", TEXT.encode())
    assert workshop.text.value == TEXT and f"{len(TEXT):,} characters" in said(dashboard)
    assert "<i>" not in workshop.message.value and workshop.upload.value == ()
    for kind, data in hostile_checkpoints().items():
        if kind != "html":  # it is text
            bring(workshop.upload, "a.txt", data)
            assert 'class="rnnbook-problem"' in workshop.message.value, kind
        bring(workshop.bring, "a.safetensors", data)
        assert 'class="rnnbook-problem"' in workshop.message.value, kind
        assert len(dashboard.laboratory.controls.model.options) == 1
    assert workshop.text.value == TEXT


def test_a_checkpoint_that_is_brought_writes():
    dashboard = Dashboard(["shakespeare"])
    data = random_checkpoint(chars="\n <>abc").to_bytes()
    bring(dashboard.workshop.bring, "<b>mine.safetensors", data)
    controls = dashboard.laboratory.controls
    assert controls.model.label == "<b>mine (LSTM)" and controls.prompt.value == "\n"
    assert dashboard.tabs.value == "Laboratory"
    assert "secret" not in dashboard.laboratory.tools.link.value


def unpacked(parcel: str, name: str, place: Path) -> str:
    """The text of the page that was handed over under a name, written at a place."""
    assert f'data-name="{name}"' in parcel
    place.write_bytes(base64.b64decode(re.search('data-base64="([^"]*)"', parcel)[1]))
    return place.read_text(encoding="utf-8")


def test_what_a_network_says_is_no_code_in_its_page(tmp_path):
    hostile = '</script><img src=x onerror="alert(1)">'
    point = {"step": 1, "characters": 9, "validation_loss": 1.0, "sample": hostile}
    info = {"corpus": {"name": hostile, "characters": 9}, "history": [point, point]}
    path = tmp_path / "yours.safetensors"
    replace(random_checkpoint(), info=info).save(path)
    page = pages.page_of(path).decode()
    assert checkpoints.load(path).info == info and "<img" not in page
    assert [file.name for file in tmp_path.iterdir()] == ["yours.safetensors"]


def test_a_page_that_is_too_large_or_is_not_made_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "yours.safetensors"
    random_checkpoint().save(path)
    monkeypatch.setattr(pages, "MOST", 1_000)
    with pytest.raises(DashboardError, match=r"here 0.001 at most; .*rnnbook page yours"):
        pages.page_of(path)
    path.write_bytes(b"no network")
    with pytest.raises(DashboardError, match="could not be made here; download"):
        pages.page_of(path)


@pytest.mark.slow
def test_a_network_is_trained_watched_stopped_kept_and_writes(monkeypatch):
    monkeypatch.setattr(training, "MIN_MINUTES", 0.01)

    async def visit() -> None:
        dashboard = Dashboard(["shakespeare"])
        workshop = dashboard.workshop
        workshop.text.value = TEXT
        workshop.hidden_size.value, workshop.seq_len.value = 16, 16
        workshop.minutes.value = 10
        workshop.start()
        assert workshop.start_button.disabled and not workshop.stop_button.disabled
        with pytest.raises(TrainingError, match="already"):
            workshop.start()
        deadline = time.monotonic() + 240
        while not workshop.sample.value:
            await asyncio.sleep(0.1)
            assert time.monotonic() < deadline, workshop.message.value
        assert "<svg" in workshop.losses.value and "<b>said" not in workshop.sample.value
        workshop.stop()
        await asyncio.wait_for(workshop.task, 240)
        assert "nats per character on unseen text" in said(dashboard)
        assert not workshop.start_button.disabled and workshop.stop_button.disabled
        workshop.save()
        content = re.search('data-base64="([^"]*)"', workshop.parcel.value)[1]
        kept = Path(tempfile.mkdtemp()) / "kept.safetensors"
        kept.write_bytes(base64.b64decode(content))
        assert checkpoints.load(kept).config.hidden_size == 16
        workshop.save_page()
        assert workshop.page_button.disabled and "Making the page" in said(dashboard)
        await asyncio.wait_for(workshop.page_task, 240)
        assert not workshop.page_button.disabled
        page = unpacked(workshop.parcel.value, "yours.html", kept.with_suffix(".html"))
        assert "<b>said" not in page  # the words may be there: the network knows them by heart
        assert checkpoints.load(kept.with_suffix(".html")).config.hidden_size == 16
        folder = workshop.training.path
        workshop.write()
        assert dashboard.laboratory.controls.model.value == str(folder / training.OUT)
        await asyncio.sleep(0.1)
        await dashboard.laboratory.task
        assert len(dashboard.laboratory.writing.chars) == 300
        assert "–" not in dashboard.laboratory.views.measures.value.split("corpus")[0]
        assert str(folder) not in dashboard.laboratory.tools.link.value
        workshop.training.end()
        assert not folder.exists()

    asyncio.run(visit())


@pytest.mark.slow
def test_a_text_of_thousands_of_symbols_is_learnt_in_bounds():
    """As a text in Chinese may be: what a step takes grows with the number of symbols."""
    rng = np.random.default_rng(0)
    text = "".join(map(chr, 0x4E00 + rng.permutation(17_000))) * 2
    run = Training(text, Request(hidden_size=64, seq_len=64, minutes=training.MIN_MINUTES))
    most = 0.0
    while run.is_running:
        status = Path(f"/proc/{run._process.pid}/status")
        if status.exists() and "VmHWM" in (found := status.read_text()):
            most = max(most, int(found.split("VmHWM:")[1].split()[0]) / 1024)
        time.sleep(0.1)
    assert run.problem == "" and run.checkpoint is not None
    assert len(checkpoints.load(run.checkpoint).vocab) == 17_000
    assert 100 < most < 1024  # in MB
    run.end()


def test_a_training_that_fails_says_why(monkeypatch):
    monkeypatch.setenv(trainer.PLACES, "0")
    run = Training(TEXT, Request())
    while run.is_running:
        time.sleep(0.1)
    assert "room for no more" in run.problem
    run.end()


def test_a_training_ends_with_the_process_that_began_it():
    code = (
        "from rnnbook.dashboard.training import Request, Training; import time;"
        f"run = Training({TEXT!r}, Request(minutes=5)); print(run._process.pid, flush=True);"
        "time.sleep(60)"
    )
    kernel = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    pid = int(kernel.stdout.readline())
    time.sleep(2)
    kernel.kill()
    kernel.wait()
    kernel.stdout.close()
    for _ in range(1_200):
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z":
                break
        except (OSError, ProcessLookupError):
            break
        time.sleep(0.1)
    else:
        os.kill(pid, signal.SIGKILL)
        pytest.fail("it goes on")


def test_a_place_is_held_while_it_is_open(monkeypatch):
    monkeypatch.setenv(trainer.PLACES, "1")
    monkeypatch.setattr(tempfile, "tempdir", tempfile.mkdtemp())
    place = trainer._take_a_place()
    with pytest.raises(TrainingError, match="1 trainings are under way"):
        trainer._take_a_place()
    place.close()
    trainer._take_a_place().close()


def test_models_are_loaded_anew_after_more_training(tmp_path):
    path = tmp_path / "yours.safetensors"
    random_checkpoint(seed=0).save(path)
    first = models.load(str(path))
    random_checkpoint(seed=1).save(path)
    models.load.cache_clear()
    again = models.load(str(path))
    assert not np.array_equal(again[0].weights["W_hy"], first[0].weights["W_hy"])
