"""The widgets that a visitor touches, and those that show what came of it."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from rnnbook.dashboard.state import MAX_LENGTH, Settings


class Controls:
    """Model, prompt, temperature, length, seed; Generate and Stop.

    ``models`` are pairs of a label and a name; ``chosen`` is the name to begin with.
    """

    def __init__(self, models: list[tuple[str, str]], chosen: str):
        self.model = widgets.Dropdown(options=models, value=chosen, description="Model")
        self.prompt = widgets.Textarea(value="ROMEO:\n", description="Prompt", rows=3)
        self.temperature = widgets.FloatSlider(
            value=0.7, min=0, max=2, step=0.05, description="Temperature", readout_format=".2f"
        )
        self.length = widgets.IntSlider(
            value=300, min=10, max=MAX_LENGTH, step=10, description="Sequence length"
        )
        self.seed = widgets.BoundedIntText(value=1, min=0, max=2**31 - 1, description="Seed")
        self.generate = widgets.Button(description="Generate", button_style="primary")
        self.stop = widgets.Button(description="Stop", disabled=True)
        self.inputs = (self.model, self.prompt, self.temperature, self.length, self.seed)
        hints = (
            "Which network writes",
            "What the text goes on from",
            "0 always takes the likeliest character, 1 follows the model",
            "How many characters to write",
            "The same seed gives the same text",
        )
        for widget, hint in zip(self.inputs, hints, strict=True):
            widget.tooltip = hint
            widget.layout.width = "auto"
            widget.style.description_width = "auto"

    def settings(self) -> Settings:
        """What is chosen now. Raises ``SamplingError`` if it is out of range."""
        return Settings(
            self.model.value,
            self.prompt.value,
            self.temperature.value,
            self.length.value,
            self.seed.value,
        )

    def box(self, card: widgets.Widget) -> widgets.Widget:
        """The controls, one below the other, with the model's card under its name."""
        buttons = widgets.HBox([self.generate, self.stop]).add_class("rnnbook-buttons")
        model, *others = self.inputs
        return widgets.VBox([model, card, *others, buttons]).add_class("rnnbook-panel")


class Views:
    """Everything that is shown: each is the value of an HTML widget."""

    def __init__(self) -> None:
        self.card = _html("facts")
        self.text = _html("page", tabbable=True)  # it may scroll
        self.message = _html("message")
        self.distribution = _html("distribution")
        self.heatmap = _html("heatmap", tabbable=True)

    def all(self) -> list[widgets.HTML]:
        """Every view."""
        return [self.card, self.text, self.message, self.distribution, self.heatmap]


def _html(name: str, **traits: Any) -> widgets.HTML:
    return widgets.HTML(**traits).add_class(f"rnnbook-{name}")
