"""The widgets that a visitor touches in the laboratory."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from rnnbook.dashboard.settings import (
    ENGINES,
    MAX_LENGTH,
    MAX_SEED,
    MAX_TEMPERATURE,
    MAX_TOP_K,
    Chosen,
    Settings,
)
from rnnbook.text import Vocab

#: What can be compared from one seed.
NOTHING, TEMPERATURES, MODELS = "Nothing", "Two temperatures", "Two models"
#: What the characters can be coloured by.
PLAIN, SURPRISE, UNIT = "Nothing", "Surprise", "One unit"


class Controls:
    """What is written, and how; Generate, Stop, Continue.

    ``models`` are pairs of a label and a name; ``chosen`` is the name to begin with.
    """

    def __init__(self, models: list[tuple[str, str]], chosen: str):
        self.model = _named(widgets.Dropdown(options=models, value=chosen), "Model",
                            "Which network writes")  # fmt: skip
        self.prompt = _named(widgets.Textarea(value="ROMEO:\n", rows=2), "Prompt",
                             "What the text goes on from")  # fmt: skip
        self.temperature = _temperature(0.7, "Temperature")
        self.length = _named(
            widgets.IntSlider(value=300, min=10, max=MAX_LENGTH, step=10),
            "Sequence length",
            "How many characters to write",
        )
        self.top_k = _named(widgets.BoundedIntText(value=0, min=0, max=MAX_TOP_K), "Top-k",
                            "Draw from the k likeliest characters only; 0: from all")  # fmt: skip
        self.top_p = _named(widgets.BoundedFloatText(value=1, min=0.05, max=1, step=0.05), "Top-p",
                            "Draw from the likeliest, together so likely; 1: from all")  # fmt: skip
        self.seed = _named(widgets.BoundedIntText(value=1, min=0, max=MAX_SEED), "Seed",
                           "The same seed gives the same text")  # fmt: skip
        self.engine = _named(widgets.Dropdown(options=ENGINES), "Engine",
                             "Two programs; the same text, but for rounding")  # fmt: skip
        self.compare = _named(
            widgets.Dropdown(options=(NOTHING, TEMPERATURES, MODELS)),
            "Compare",
            "A second text from the same seed",
        )
        self.other_temperature = _temperature(1.2, "Second temperature")
        self.other_model = _named(widgets.Dropdown(options=models, value=chosen), "Second model",
                                  "Which network writes the second text")  # fmt: skip
        self.generate = widgets.Button(description="Generate", button_style="primary")
        self.stop = widgets.Button(description="Stop", disabled=True)
        self.go_on = widgets.Button(description="Continue", tooltip="Write on from the end")
        self._wish = self.prompt.value  # the last prompt that was not put there by fit_prompt
        self._fitted: str | None = None
        self.compare.observe(lambda _: self._show_other(), "value")
        self._show_other()

    def _show_other(self) -> None:
        for widget, kind in ((self.other_temperature, TEMPERATURES), (self.other_model, MODELS)):
            widget.layout.display = None if self.compare.value == kind else "none"

    def fit_prompt(self, vocab: Vocab) -> str:
        """Let the prompt be one that a network can read: the visitor's own where it can be.

        Returns the characters that stood in the way, as a sentence names them; empty if the
        prompt is the visitor's own.
        """
        if self.prompt.value != self._fitted:
            self._wish = self.prompt.value
        unknown = vocab.unknown(self._wish)
        self._fitted = ("\n" if "\n" in vocab else vocab[0]) if unknown else None
        self.prompt.value = self._wish if self._fitted is None else self._fitted
        shown = ", ".join(map(repr, unknown[:5]))
        return f"{shown} and {len(unknown) - 5} more" if len(unknown) > 5 else shown

    def settings(self, **changes: Any) -> Settings:
        """What is chosen now for the first text. Raises ``SamplingError`` if out of range."""
        chosen = {
            "model": self.model.value,
            "prompt": self.prompt.value,
            "temperature": self.temperature.value,
            "length": self.length.value,
            "seed": self.seed.value,
            "top_k": self.top_k.value or None,
            "top_p": self.top_p.value if self.top_p.value < 1 else None,
            "engine": self.engine.value,
        }
        return Settings(**{**chosen, **changes})

    def chosen(self) -> Chosen:
        """What is chosen now, with the second text if there is one."""
        first = self.settings()
        if self.compare.value == TEMPERATURES:
            return Chosen(first, self.settings(temperature=self.other_temperature.value))
        if self.compare.value == MODELS:
            return Chosen(first, self.settings(model=self.other_model.value))
        return Chosen(first)

    def choose(self, chosen: Chosen) -> None:
        """Set every widget as a link says."""
        first, second = chosen.first, chosen.second
        self.model.value, self.prompt.value = first.model, first.prompt
        self.temperature.value, self.seed.value = first.temperature, first.seed
        self.length.value = min(first.length, MAX_LENGTH)
        self.top_k.value, self.top_p.value = first.top_k or 0, first.top_p or 1
        self.engine.value, self.compare.value = first.engine, NOTHING
        if second is not None and second.model != first.model:
            self.compare.value, self.other_model.value = MODELS, second.model
        elif second is not None:
            self.compare.value = TEMPERATURES
            self.other_temperature.value = second.temperature

    def add_model(self, label: str, name: str) -> None:
        """Put a model at the head of the lists, and choose it."""
        for widget in (self.other_model, self.model):
            value = widget.value
            widget.options = [(label, name), *(one for one in widget.options if one[1] != name)]
            widget.value = name if widget is self.model else value

    def box(self, card: widgets.Widget) -> widgets.Widget:
        """The controls, one below the other, with the model's card under its name."""
        rows = [
            self.model, card, self.prompt, self.temperature, self.length,
            _row(self.top_k, self.top_p), _row(self.seed, self.engine),
            self.compare, self.other_temperature, self.other_model,
            widgets.HBox([self.generate, self.stop, self.go_on]).add_class("rnnbook-buttons"),
        ]  # fmt: skip
        return widgets.VBox(rows).add_class("rnnbook-panel")


class Tools:
    """What is done with a text that is there: colours, a unit, and taking it away."""

    def __init__(self) -> None:
        self.colour = _named(widgets.Dropdown(options=(PLAIN, SURPRISE, UNIT), value=SURPRISE),
                             "Colour by", "What the characters are coloured by")  # fmt: skip
        self.unit = _named(widgets.BoundedIntText(value=0, min=0, max=383), "Unit",
                           "The unit that colours the text and is framed below")  # fmt: skip
        self.legend = widgets.HTML().add_class("rnnbook-legend")
        self.copy = widgets.Button(description="Copy").add_class("rnnbook-copy")
        self.download = widgets.Button(description="Download").add_class("rnnbook-download")
        self.link = widgets.HTML().add_class("rnnbook-link")

    def box(self) -> widgets.Widget:
        """The tools in a row."""
        row = [self.colour, self.legend, self.unit, self.copy, self.download, self.link]
        return widgets.HBox(row).add_class("rnnbook-tools")


def _named(widget: widgets.Widget, name: str, hint: str) -> widgets.Widget:
    widget.description, widget.tooltip = name, hint
    widget.layout.width = "auto"
    widget.style.description_width = "auto"
    return widget


def _temperature(value: float, name: str) -> widgets.FloatSlider:
    slider = widgets.FloatSlider(
        value=value, min=0, max=MAX_TEMPERATURE, step=0.05, readout_format=".2f"
    )
    return _named(slider, name, "0 always takes the likeliest character, 1 follows the model")


def _row(*children: widgets.Widget) -> widgets.Widget:
    return widgets.HBox(children).add_class("rnnbook-pair")
