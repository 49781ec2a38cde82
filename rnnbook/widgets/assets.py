"""The files of the live figures, and how their modules become one text.

They are written as ES modules. A page on disk may not import modules, and anywidget
wants one text; so the modules are put behind one another, without their ``import``
lines and ``export`` words. Those of the engine become one function,
``rnnbookEngine``: its source is also that of the worker in which a figure computes.

Three conventions make that safe: an import stands on one line, a comment has its
lines to itself, and no two modules of the engine, and no two others, define the
same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from rnnbook import theme
from rnnbook.recurrent import LINEAR

FOLDER = Path(__file__).parent
#: What computes, in the order of the imports: all that the worker gets.
ENGINE = (
    "engine/rng.js", "engine/safetensors.js",
    "engine/kernel_code.js", "engine/kernel.js",
    "engine/linear_cells.js", "engine/linear_start.js", "engine/linear.js",
    "engine/recurrent.js", "engine/sampling.js", "engine/reading.js", "engine/properties.js",
    "engine/memory.js", "engine/context.js", "engine/forgetting.js", "engine/min_char_rnn.js",
    "engine/jobs.js",
)  # fmt: skip
#: What the figures are made of.
PARTS = (
    "elements.js", "figure.js", "drawn.js", "written.js", "bars.js", "strip.js",
    "reading_figure.js",
)  # fmt: skip
#: The figures: each is shown by the module of its name.
FIGURES = (
    "sampler", "temperature", "reader", "unit_finder", "gates", "memory", "unroll", "trainer",
    "quiz", "scan", "forgetting", "cell", "chain_rule", "attention", "order", "guess", "rates",
    "context", "steering",
)  # fmt: skip
#: Figures of no network, which do without the engine: the parts that each is made of.
PLAIN = {
    "quiz": ("elements.js",),
    "scan": ("elements.js", "schedules.js", "tree.js"),
    "chain_rule": ("elements.js", "drawn.js"),
    "attention": ("elements.js", "drawn.js"),
    "order": ("elements.js", "drawn.js"),
    "guess": ("elements.js",),
    "rates": ("elements.js", "drawn.js"),
}
#: What only these figures have computed, though every desk could: a page without them goes without.
ASKED_FOR_BY = {
    "engine/memory.js": {"memory"},
    "engine/context.js": {"context"},
    "engine/min_char_rnn.js": {"trainer", "unroll"},
}
#: What only networks of a linear kind run through.
_LINEAR = frozenset({"engine/linear.js", "engine/linear_start.js"})
_DARK = ('html[data-theme="dark"]', 'body[data-jp-theme-light="false"]')
_COMMENT = re.compile(r"^ *//.*\n", re.MULTILINE)
_IMPORT = re.compile(r"^import (\{.*\}) from .*;\n", re.MULTILINE)
_FROM = re.compile(r'^import \{.*\} from "\./(.*)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const|let))", re.MULTILINE)
_NAME = re.compile(r"^export (?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE)


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _joined(names: tuple[str, ...]) -> str:
    """Modules behind one another, as plain statements."""
    return "\n".join(
        _EXPORT.sub("", _IMPORT.sub("", _COMMENT.sub("", _read(name)))) for name in names
    )


def _exports(names: tuple[str, ...]) -> str:
    """All that modules export: ``a, b, c``."""
    return ", ".join(export for name in names for export in _NAME.findall(_read(name)))


def boot() -> str:
    """The script that brings a page's figures to life."""
    return _read("boot.js")


@cache
def shared(without: frozenset[str] = frozenset()) -> str:
    """The engine and the parts of the figures, as statements; all of them, or without some."""
    engine, parts = _all_but(ENGINE, without), _all_but(PARTS, without)
    exports = _exports(engine)
    return (
        f"function rnnbookEngine() {{\n{_joined(engine)}\nreturn {{ {exports} }};\n}}\n"
        f"const {{ {exports} }} = rnnbookEngine();\n{_joined(parts)}"
    )


def _all_but(names: tuple[str, ...], without: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name not in without)


def idle(figures: Iterable[str], kinds: Iterable[str]) -> frozenset[str]:
    """The shared modules that a page of these figures, of networks of these kinds, never runs."""
    figures = set(figures)
    asked = {name for name, by in ASKED_FOR_BY.items() if not by & figures}
    unused = asked | (_LINEAR if set(LINEAR).isdisjoint(kinds) else set())
    used: set[str] = set()
    found = [f"{name}.js" for name in figures - set(PLAIN)] + ["figure.js"]
    while found:
        name = found.pop()
        if name not in used | unused:
            used.add(name)
            found += _imported(name)
    return frozenset((*ENGINE, *PARTS)) - used


def _imported(name: str) -> list[str]:
    """The modules that a module imports, by their names in :data:`ENGINE` and :data:`PARTS`."""
    folder = "engine/" if name.startswith("engine/") else ""
    return [folder + found for found in _FROM.findall(_read(name))]


def module(widget: str) -> str:
    """The figure as the one ES module that anywidget takes, with all that it needs."""
    own = f"{widget}.js"
    before = _joined(PLAIN[widget]) if widget in PLAIN else shared()
    return f"{before}\n{_joined((own,))}\nexport default {{ render }};\n"


def shared_script(without: frozenset[str] = frozenset()) -> str:
    """What all figures share as a classic script, which a page loads once.

    ``without`` are modules that no figure of the page runs: see :func:`idle`.
    """
    exports = _exports(_all_but((*ENGINE, *PARTS), without))
    body = f"{shared(without)}\nreturn {{ {exports} }};\n"
    return f'globalThis.rnnbook.register("shared.js", (() => {{\n{body}}})());\n'


def classic_script(widget: str) -> str:
    """The figure as a classic script, which a page may load from a folder on disk.

    It registers a function that gets what :func:`shared_script` registered, if it needs it.
    """
    if widget in PLAIN:
        text = _joined((*PLAIN[widget], f"{widget}.js"))
    else:
        text = _IMPORT.sub(r"const \1 = shared;\n", _COMMENT.sub("", _read(f"{widget}.js")))
    body = f"{_EXPORT.sub('', text)}\nreturn {{ render }};\n"
    return f'globalThis.rnnbook.register("{widget}.js", (shared) => {{\n{body}}});\n'


def style() -> str:
    """The style sheet: the palette in light and dark, then the figures.

    A figure may stand in a shadow root, as marimo and MyST have it. There ``:root`` is nothing and
    ``:host`` is the root's element; the page's choice of light or dark is a class above it, which
    not every browser lets the style ask for. So these rules stand alone.
    """
    light, dark = theme.css_variables("light"), theme.css_variables("dark")
    palette = (
        f":root, :host {{ {light} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root, :host {{ {dark} }} }}\n"
        f":host-context(.light) {{ {light} }}\n"
        f":host-context(.dark) {{ {dark} }}\n"
        f'html[data-theme="light"], body[data-jp-theme-light="true"] {{ {light} }}\n'
        f"{', '.join(_DARK)} {{ {dark} }}\n"
    )
    inks = "\n".join(map(theme.dark_ink_rules, _DARK))
    by_system = theme.dark_ink_rules("html:not([data-theme]):not(:has(body[data-jp-theme-light]))")
    # Paper is white, whatever the screen was; colours that say something are printed.
    on_paper = (
        f"@media screen {{\n{inks}\n@media (prefers-color-scheme: dark) {{\n{by_system}\n}}\n}}\n"
        f"@media print {{ :root, {', '.join(_DARK)} {{ {light} }}\n"
        ".rnnbook-live, .rnnbook-still, .rnnbook-live *, .rnnbook-still *, .rnnbook-plot * "
        "{ -webkit-print-color-adjust: exact; print-color-adjust: exact; }\n}\n"
    )
    return palette + (FOLDER / "live.css").read_text(encoding="utf-8") + on_paper
