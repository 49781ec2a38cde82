"""The workshop: a network is trained on a visitor's own text, and then writes."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from rnnbook import checkpoints
from rnnbook.dashboard import models, pages, parcels, pictures, training
from rnnbook.dashboard.later import Later
from rnnbook.dashboard.training import Request, Training
from rnnbook.dashboard.views import html
from rnnbook.errors import TrainingError
from rnnbook.recurrent import label

_WELCOME = """\
<h2>Teach a network to write like you</h2><ol>
<li>Paste a text, or bring a file: letters, lyrics, code. The longer, the better, up to a
million characters.</li>
<li>Press Train. The curve shows how well it guesses the next character, on what it reads and
on what it never reads; below the curve stands what it writes so far.</li>
<li>Press Write with it: it comes into the laboratory. Download the checkpoint to keep it, or the
page: one file that writes in any browser, without a network.</li>
</ol>"""
#: How often the log is read, and the curve drawn again, in seconds.
LOOK, REDRAW = 0.3, 1.0
#: And so often the page is given the network to keep.
KEEP = 30.0


class Workshop:
    """One visitor's training. ``use`` is told a label and a path when there is a network."""

    def __init__(self, use: Callable[[str, str], None]) -> None:
        self._use = use
        self.training: Training | None = None
        self.task: asyncio.Task[None] | None = None
        self._brought: tempfile.TemporaryDirectory[str] | None = None
        self.later = Later(lambda sentence: self.say(sentence, is_problem=True))
        self.text = widgets.Textarea(
            description="Your text", rows=7, continuous_update=False,
            placeholder=f"Paste at least {training.MIN_TEXT:,} characters, or bring a file below",
        )  # fmt: skip
        self.upload = widgets.FileUpload(description="Bring a text file", accept=".txt,text/plain")
        self.hidden_size = widgets.IntSlider(
            value=128, min=training.MIN_HIDDEN, max=training.MAX_HIDDEN, step=16,
            description="Hidden size",
        )  # fmt: skip
        self.seq_len = widgets.IntSlider(
            value=64, min=training.MIN_SEQ_LEN, max=training.MAX_SEQ_LEN, step=8,
            description="Sequence length",
        )  # fmt: skip
        self.rate = widgets.FloatLogSlider(
            value=0.02, min=-3, max=-0.75, step=0.05, description="Learning rate",
            readout_format=".4f",
        )  # fmt: skip
        self.minutes = widgets.FloatSlider(
            value=2, min=0.5, max=training.MAX_MINUTES, step=0.5, description="Minutes",
            readout_format=".1f",
        )  # fmt: skip
        self.start_button = widgets.Button(description="Train", button_style="primary")
        self.stop_button = widgets.Button(description="Stop training", disabled=True)
        self.sample_button = widgets.Button(description="Write with it", disabled=True)
        self.save_button = widgets.Button(description="Download checkpoint", disabled=True)
        self.page_button = widgets.Button(description="Download page", disabled=True)
        self.bring = widgets.FileUpload(description="Bring a checkpoint", accept=".safetensors")
        self._with_a_network = (self.sample_button, self.save_button, self.page_button)
        self._busy: widgets.Button | None = None  # the button whose work is under way
        self.page_task: asyncio.Task[None] | None = None
        self.message, self.losses = html("message"), html("losses")
        self.sample, self.parcel, self.kept = html("sample"), html("parcel"), html("kept")
        self._kept_at = 0.0
        self._listen()
        self.say(
            "A network reads your text over and over, and what it writes comes to resemble it."
        )
        self.losses.value = _WELCOME

    def _listen(self) -> None:
        now = self.later.now
        self.upload.observe(lambda _: now(self._take_text), "value")
        self.bring.observe(lambda _: now(self._take_checkpoint), "value")
        self.start_button.on_click(lambda _: self.later.soon(self.start, 0.2))
        self.stop_button.on_click(lambda _: now(self.stop))
        self.sample_button.on_click(lambda _: now(self.write))
        self.save_button.on_click(lambda _: now(self.save))
        self.page_button.on_click(lambda _: now(self.save_page))

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Show a sentence above the curve."""
        self.message.value = pictures.message_html(text, is_problem=is_problem)

    def _take_text(self) -> None:
        """A file was brought; its text comes into the box."""
        for name, data in parcels.contents(self.upload):
            text = training.check_text(training.text_of_upload(data))
            self.text.value = text
            self.say(f"{name}: {len(text):,} characters, {len(set(text))} different.")

    def _take_checkpoint(self) -> None:
        """A checkpoint was brought; the laboratory can write with it."""
        for name, data in parcels.contents(self.bring):
            if self._brought is None:
                self._brought = tempfile.TemporaryDirectory(prefix="rnnbook-brought-")
            stem = Path(name).stem[:40]
            path = models.bring(data, Path(self._brought.name), stem)
            self._use(f"{stem} ({label(models.load(path)[0].config.kind)})", path)
            self.say(f"{name}: it stands first in the laboratory's list of models.")

    def start(self) -> None:
        """Train on the text; one training at a time."""
        if self.training is not None and self.training.is_running:
            raise TrainingError("one network is being trained already; stop it first")
        request = Request(
            self.hidden_size.value, self.seq_len.value, self.rate.value, self.minutes.value
        )
        training.check_text(self.text.value)
        if self.training is not None:
            self.training.end()
        self.training = Training(self.text.value, request)
        for button in (self.start_button, *self._with_a_network):
            button.disabled = True
        self.stop_button.disabled = False
        self.losses.value = self.sample.value = self.parcel.value = self.kept.value = ""
        self.say("Counting n-grams, the baseline, and loading PyTorch …")
        self.task = asyncio.get_running_loop().create_task(self._follow(self.training))

    async def _follow(self, running: Training) -> None:
        """Show how it goes until it ends."""
        drawn_at = 0.0
        try:
            is_running = True
            while is_running:
                is_running = running.is_running
                if running.follow():
                    self._tell(running)
                    if time.monotonic() - drawn_at > REDRAW or not is_running:
                        self._draw(running)
                        drawn_at = time.monotonic()
                await asyncio.sleep(LOOK)
            self._conclude(running)
        except Exception as error:
            self.later.report(error)
        finally:
            self.start_button.disabled, self.stop_button.disabled = False, True

    def _tell(self, running: Training) -> None:
        last = running.log[-1]
        steps = f" of {last.steps:,}" if last.steps else ""
        self.say(f"Step {last.step:,}{steps}, {last.seconds:.0f} seconds; loss {last.loss:.3f}.")
        samples = [point for point in running.log if point.sample]
        if samples:
            self.sample.value = _sample_html(samples[-1].step, samples[-1].sample or "")
            for button in self._with_a_network:
                button.disabled = running.checkpoint is None or button is self._busy
        if running.checkpoint is not None and time.monotonic() - self._kept_at > KEEP:
            self._keep(running)

    def _keep(self, running: Training) -> None:
        """Hand the network to the page, which keeps it in the browser."""
        if running.checkpoint is not None:
            self._kept_at = time.monotonic()
            self.kept.value = _parcel(running.checkpoint)

    def _draw(self, running: Training) -> None:
        log = running.log
        every = max(1, len(log) // 400)  # points enough for any screen
        thinned = [*log[:-1:every], log[-1]]
        validation = {
            point.step: point.validation_loss for point in log if point.validation_loss is not None
        }
        self.losses.value = pictures.losses_html(
            [point.step for point in thinned],
            [point.loss for point in thinned],
            validation,
            _ngram_loss(running.checkpoint),
        )

    def _conclude(self, running: Training) -> None:
        if running.log:
            self._draw(running)
        if running.problem:
            self.say(running.problem, is_problem=True)
        elif running.checkpoint is None:
            self.say("Stopped before it was measured for the first time; nothing was kept.")
        else:
            self._tell(running)
            self._keep(running)
            info = checkpoints.load(running.checkpoint).info
            self.say(f"Ready: {info['validation_loss']:.3f} nats per character on unseen text, "
                     f"{info['ngram']['loss']:.3f} for the best n-gram.")  # fmt: skip

    def stop(self) -> None:
        """End the training; what it has learnt so far stays."""
        if self.training is not None:
            self.training.stop()
            self.say("Stopping at the next step …")

    def _current(self) -> Path:
        found = self.training.checkpoint if self.training is not None else None
        if found is None:
            raise TrainingError("there is no network yet; it is kept when it is measured")
        return found

    def write(self) -> None:
        """Let the laboratory write with it, as it is now."""
        path = self._current()
        models.forget()  # the file may have been written again since
        self._use(f"{path.stem} ({label(models.load(str(path))[0].config.kind)})", str(path))

    def save(self) -> None:
        """Hand the checkpoint to the page, which saves it."""
        self.parcel.value = _parcel(self._current())

    def save_page(self) -> None:
        """Hand the network to the page as a page of its own, once that is made."""
        path = self._current()
        self._busy, self.page_button.disabled = self.page_button, True
        self.say("Making the page …")
        self.page_task = asyncio.get_running_loop().create_task(self._make_page(path))

    async def _make_page(self, path: Path) -> None:
        try:
            data = await asyncio.to_thread(pages.page_of, path)
            self.parcel.value = parcels.parcel_html(f"{path.stem}.html", data)
        except Exception as error:
            self.later.report(error)
        finally:
            self._busy, self.page_button.disabled = None, False

    def children(self) -> list[Any]:
        """The boxes: the text and the settings at the left, what comes of them at the right."""
        panel = [self.text, self.upload, self.hidden_size, self.seq_len, self.rate, self.minutes]
        for widget in panel:
            widget.layout.width = "auto"
            if hasattr(widget.style, "description_width"):
                widget.style.description_width = "auto"
        buttons = widgets.HBox([self.start_button, self.stop_button]).add_class("rnnbook-buttons")
        after = [*self._with_a_network, self.bring, self.parcel, self.kept]
        left = widgets.VBox([*panel, buttons]).add_class("rnnbook-panel")
        right = widgets.VBox(
            [self.message, self.losses, widgets.HBox(after).add_class("rnnbook-tools"), self.sample]
        ).add_class("rnnbook-progress")
        return [left, right]


def _parcel(path: Path) -> str:
    return parcels.parcel_html(path.name, path.read_bytes())


def _ngram_loss(path: Path | None) -> float | None:
    if path is None:
        return None
    loss = (checkpoints.load(path).info.get("ngram") or {}).get("loss")
    return float(loss) if loss is not None else None


def _sample_html(step: int, text: str) -> str:
    return (
        f"<h2>What it writes after {step:,} steps</h2>"
        f'<pre tabindex="0" role="region" aria-label="A sample">{escape(text)}</pre>'
    )
