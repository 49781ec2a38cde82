"""The widgets that a visitor touches, and those that show what came of it."""

from __future__ import annotations

from dataclasses import dataclass

import ipywidgets as widgets

from rnnbook.dashboard.state import MAX_LENGTH, Settings


def _labelled(widget: widgets.Widget, hint: str) -> widgets.Widget:
    widget.style.description_width = "7.5em"
    widget.layout.width = "100%"
    widget.tooltip = hint
    return widget


class Controls:
    """Model, prompt, temperature, length, seed; Generate and Stop."""

    def __init__(self, models: list[str], chosen: str):
        self.model = widgets.Dropdown(options=models, value=chosen, description="Model")
        self.prompt = widgets.Textarea(value="ROMEO:\n", description="Prompt", rows=3)
        self.temperature = widgets.FloatSlider(
            value=0.7, min=0, max=2, step=0.05, description="Temperature", readout_format=".2f"
        )
        self.length = widgets.IntSlider(
            value=300, min=20, max=MAX_LENGTH, step=20, description="Length"
        )
        self.seed = widgets.BoundedIntText(value=1, min=0, max=2**31 - 1, description="Seed")
        self.generate = widgets.Button(description="Generate", button_style="primary")
        self.stop = widgets.Button(description="Stop", disabled=True)
        _labelled(self.model, "which network writes")
        _labelled(self.prompt, "what the text goes on from")
        _labelled(self.temperature, "0 always takes the likeliest character")
        _labelled(self.length, "how many characters to write")
        _labelled(self.seed, "the same seed gives the same text")

    def settings(self) -> Settings:
        """What is chosen now. Raises ``SamplingError`` if it is out of range."""
        return Settings(
            self.model.value,
            self.prompt.value,
            self.temperature.value,
            self.length.value,
            self.seed.value,
        )

    def box(self) -> widgets.Widget:
        """The controls, one below the other."""
        buttons = widgets.HBox([self.generate, self.stop])
        inputs = [self.model, self.prompt, self.temperature, self.length, self.seed]
        return widgets.VBox([*inputs, buttons]).add_class("rnnbook-panel")


@dataclass
class Views:
    """Everything that is shown: each is the value of an HTML widget."""

    card: widgets.HTML
    text: widgets.HTML
    message: widgets.HTML
    distribution: widgets.HTML
    heatmap: widgets.HTML

    @classmethod
    def empty(cls) -> Views:
        return cls(*(widgets.HTML() for _ in range(5)))
