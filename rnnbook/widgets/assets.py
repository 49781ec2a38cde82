"""The files of the live figures, and how their modules become one text.

The engine is written as ES modules. A page on disk may not import modules, and
anywidget wants one text; so :func:`joined` puts the modules behind one another,
without their ``import`` lines and ``export`` words. Two conventions make that safe:
an import stands on one line, and no two modules define the same name.
"""

from __future__ import annotations

import re
from pathlib import Path

from rnnbook import theme

FOLDER = Path(__file__).parent
_ENGINE = ("rng.js", "safetensors.js", "recurrent.js", "figure.js")
#: The modules that each figure needs, in the order of their imports.
MODULES = {
    "sampler": (*_ENGINE, "sampling.js", "sampler.js"),
    "reader": (*_ENGINE, "sampling.js", "reading.js", "reader.js"),
}
_IMPORT = re.compile(r"^import .*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let))", re.MULTILINE)


def joined(widget: str) -> str:
    """The modules of a figure as one text, with ``render`` defined in it."""
    texts = [(FOLDER / name).read_text(encoding="utf-8") for name in MODULES[widget]]
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts)


def module(widget: str) -> str:
    """The figure as the one ES module that anywidget takes."""
    return joined(widget) + "\nexport default { render };\n"


def classic_script(widget: str) -> str:
    """The figure as a classic script, which a page may load from a folder on disk."""
    body = joined(widget) + "\nreturn { render };\n"
    return f'globalThis.rnnbook.register("{widget}.js", (() => {{\n{body}}})());\n'


def style() -> str:
    """The style sheet: the palette in light and dark, then the figures."""
    light, dark = theme.css_variables("light"), theme.css_variables("dark")
    palette = (
        f":root {{ {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n"
        f'html[data-theme="light"], body[data-jp-theme-light="true"] {{ {light} }}\n'
        f'html[data-theme="dark"], body[data-jp-theme-light="false"] {{ {dark} }}\n'
    )
    return palette + (FOLDER / "live.css").read_text(encoding="utf-8")
