"""One palette for pictures and pages, in light and in dark.

The series colours are from Okabe and Ito's palette for colour-blind readers; each
of them can be told from a white and from a nearly black page. Activations run from
blue (-1) over grey (0) to red (+1), as in the panes of Karpathy's post.
"""

from __future__ import annotations

#: The colours of lines and bars, in order.
SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8C8C8C")
#: What is marked, and what stands back.
ACCENT, MUTED = SERIES[1], SERIES[4]

#: What a network hands on, each in the colour that it has in every drawing: what is read, the
#: hidden state, the scores, the cell state, and the gradient (d) on its way back.
SIGNALS = {"x": SERIES[3], "h": SERIES[2], "y": SERIES[0], "c": "#BD7E00", "d": SERIES[1]}

#: The stops of the diverging map for values in [-1, 1].
DIVERGING = ("#2166AC", "#67A9CF", "#E3E3E3", "#EF8A62", "#B2182B")
#: The stops of the sequential map for surprise: nothing to much.
SEQUENTIAL = ("#F2F0E6", "#F6C667", "#EC7F3C", "#B3244B")

#: Series that are too dark to be read on a dark page, and what stands for them there.
DARK_INKS = {SERIES[0]: "#62B5EE"}

#: What is written on a pale and on a dark ground. Not quite black: black follows the page.
INKS = ("#010101", "#ffffff")

#: CSS custom properties by name, for a light and for a dark page.
CSS_VARIABLES = {
    "light": {
        "paper": "#ffffff",
        "ink": "#1c1f24",
        "muted": "#5b6470",
        "line": "#c9ced6",
        "panel": "#f5f6f8",
        "accent": "#0067a3",
        "warning": "#a33a00",
    },
    "dark": {
        "paper": "#14181e",
        "ink": "#e6e9ee",
        "muted": "#a3acb8",
        "line": "#414a56",
        "panel": "#1d232b",
        "accent": "#62b5ee",
        "warning": "#ff9d66",
    },
}


def css_variables(mode: str) -> str:
    """The declarations of one mode, ``"light"`` or ``"dark"``: ``--rnnbook-ink: …;``."""
    pairs = CSS_VARIABLES[mode].items()
    return " ".join(f"--rnnbook-{name}: {colour};" for name, colour in pairs)


def dark_ink_rules(scope: str) -> str:
    """Style rules that draw the inks of :data:`DARK_INKS` lighter, in pictures below ``scope``."""
    return "\n".join(
        f'{scope} svg :is([{key}="{dull}" i], [style*="{key}: {dull}" i]) '
        f"{{ {key}: {bright} !important; }}"
        for dull, bright in DARK_INKS.items()
        for key in ("stroke", "fill")
    )


def matplotlib_style() -> dict[str, object]:
    """Settings for ``matplotlib.rcParams``: quiet axes, the palette, no boxes.

    Black is left as matplotlib's own colour of text and axes:
    :func:`rnnbook.plots.show` turns it into the colour of the page's text.
    """
    from cycler import cycler

    return {
        "axes.prop_cycle": cycler(color=SERIES),
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": "medium",
        "figure.constrained_layout.use": True,
        "figure.figsize": (6.0, 3.5),
        "font.size": 11.0,
        "image.cmap": "viridis",
        "legend.frameon": False,
        "lines.linewidth": 2.0,
        "svg.fonttype": "none",  # text stays text: it can be read aloud, found and copied
        "svg.hashsalt": "rnnbook",
    }
