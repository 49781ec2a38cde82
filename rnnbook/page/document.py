"""The page itself: what it is made of, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from rnnbook import packed
from rnnbook.checkpoints import Checkpoint, Storage
from rnnbook.errors import CheckpointError
from rnnbook.page import parts
from rnnbook.page.figures import FIGURES, Shown, figures_of, own_words
from rnnbook.widgets import assets

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Included:
    """What of a network's text goes into its page, and what was measured against it."""

    text: str = ""  # shown to the figures that read
    copied: int | None = None  # the longest string that the network repeats, in characters
    written: int = 0  # characters in which it was looked for


def build(
    networks: Sequence[tuple[str, Checkpoint]],
    *,
    title: str = "",
    figure: str | None = None,
    storage: Storage = "int8",
    included: Sequence[Included] | None = None,
) -> str:
    """One self-contained page for one network or several, by the names that it shows.

    ``figure`` is one of :data:`FIGURES`, to be embedded by itself. ``included`` says for each
    network what of its text goes along: by default nothing.

    Raises :class:`CheckpointError` for two networks of one name, for a figure that a network
    does not have, and for what :meth:`Checkpoint.to_bytes` raises it.
    """
    names = [name for name, _ in networks]
    if not names or len(set(names)) < len(names):
        raise CheckpointError(f"give one network, or several of different names, not {names}")
    if figure is not None and figure not in FIGURES:
        raise CheckpointError(f"there is no figure {figure!r}; choose {', '.join(FIGURES)}")
    included = included or [Included()] * len(names)
    shown = [
        _figures(checkpoint, here.text, figure)
        for (_, checkpoint), here in zip(networks, included, strict=True)
    ]
    if figure is not None:
        body = "".join(_stage(name, found) for name, found in zip(names, shown, strict=True))
    else:
        body = _whole(networks, shown, included, title)
    held = "".join(packed.element(name, c.to_bytes(storage)) for name, c in networks)
    used = {one.name for found in shown for one in found}
    unused = assets.idle(used, {checkpoint.config.kind for _, checkpoint in networks})
    scripts = [_read("boot.js"), assets.shared_script(unused)]
    scripts += [assets.classic_script(name) for name in sorted(used)]
    return _document(title or " and ".join(names), body + held, scripts, figure is not None)


def _figures(checkpoint: Checkpoint, text: str, figure: str | None) -> list[Shown]:
    found = figures_of(checkpoint, text or own_words(checkpoint), (figure and [figure]) or None)
    if not found:
        raise CheckpointError(f"this {checkpoint.config.kind} has no figure {figure!r}")
    return found


def _whole(
    networks: Sequence[tuple[str, Checkpoint]],
    shown: Sequence[list[Shown]],
    included: Sequence[Included],
    title: str,
) -> str:
    names = [name for name, _ in networks]
    head = f"<h1>{escape(title or ' and '.join(names))}</h1>{_lead(networks)}"
    if len(networks) == 1:
        ((name, checkpoint),) = networks
        return head + _sections(name, checkpoint, shown[0], included[0], "h2")
    return (
        head
        + _side_by_side(names, shown)
        + "".join(
            f"<section><h2>{escape(name)}</h2>{_sections(name, c, found[1:], here, 'h3')}</section>"
            for (name, c), found, here in zip(networks, shown, included, strict=True)
        )
    )


def _lead(networks: Sequence[tuple[str, Checkpoint]]) -> str:
    what = "A recurrent network lives" if len(networks) == 1 else "Recurrent networks live"
    return (
        f"<p>{what} in this page and writes one character after the other. Nothing that you type "
        "leaves your machine: the page asks no other.</p>"
        if len(networks) == 1
        else f"<p>{what} in this page and write one character after the other. Nothing that you "
        "type leaves your machine: the page asks no other.</p>"
    )


def _side_by_side(names: Sequence[str], shown: Sequence[list[Shown]]) -> str:
    """Samplers beside each other, moved together."""
    stages = "".join(
        f"<div><h3>{escape(name)}</h3>{found[0].html(name)}</div>"
        for name, found in zip(names, shown, strict=True)
    )
    return (
        '<section class="together"><h2>One seed, several voices</h2>'
        "<p>What you choose here is chosen for all.</p>"
        '<div class="controls"><label>Temperature <output></output>'
        '<input type="range" name="temperature" min="0" max="2" step="0.05" value="0.8"></label>'
        '<label>Seed <input type="number" name="seed" min="0" step="1" value="0"></label>'
        '<button type="button" class="rnnbook-main">Write</button></div>'
        f'<div class="beside">{stages}</div></section>'
    )


def _sections(
    name: str, checkpoint: Checkpoint, shown: Sequence[Shown], here: Included, level: str
) -> str:
    sections = [
        f"<section><{level}>{FIGURES[one.name][0]}</{level}><p>{FIGURES[one.name][1]}</p>"
        f"{one.html(name)}</section>"
        for one in shown
    ]
    told = parts.samples(name, checkpoint)
    if told:
        sections.append(f"<section><{level}>How it learnt</{level}>{told}"
                        f"{parts.curve(name, checkpoint)}</section>")  # fmt: skip
    sections.append(f"<section><{level}>Its card</{level}>{parts.card(name, checkpoint)}</section>")
    sections.append(
        f"<section><{level}>What this file holds</{level}>"
        f"{parts.privacy(len(here.text), here.copied, here.written)}"
        f'<p><button type="button" data-download="{escape(name)}">Download the network</button> '
        "It is a checkpoint: <code>rnnbook sample</code> reads it, and this page too.</p></section>"
    )
    return "".join(sections)


def _stage(name: str, shown: Sequence[Shown]) -> str:
    return "".join(one.html(name) for one in shown)


def _document(title: str, body: str, scripts: Iterable[str], is_bare: bool) -> str:
    scripts = [*scripts, (_HERE / "page.js").read_text(encoding="utf-8")]
    style = assets.style() + (_HERE / "page.css").read_text(encoding="utf-8")
    toggle = "" if is_bare else '<button type="button" class="theme" hidden>Dark</button>'
    kind = ' class="bare"' if is_bare else ""
    return (
        f'<!doctype html><html lang="en"{kind}><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">'
        '<meta name="generator" content="rnnbook"><meta name="referrer" content="no-referrer">'
        f"<style>{_flush(style)}</style></head><body>{toggle}<main>{body}</main>"
        "<noscript><p>The figures of this page need JavaScript; the texts above stand as they "
        "were written.</p></noscript>"
        + "".join(f"<script>{_as_script(text)}</script>" for text in scripts)
        + "</body></html>\n"
    )


def _read(name: str) -> str:
    return (assets.FOLDER / name).read_text(encoding="utf-8")


def _as_script(text: str) -> str:
    """A script whose text cannot end its element."""
    if "</script" in text.lower() or "<!--" in text:
        raise ValueError("a script of the page would end its own element")
    return _flush(text)


def _flush(text: str) -> str:
    """Lines that say something, without what they begin with: a tenth less. No text of a script
    goes over a line."""
    lines = (line.lstrip(" ") for line in text.split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith("//")) + "\n"


def snippet(file: str, title: str) -> str:
    """The markup that shows a page of one figure inside another page."""
    return (
        f'<iframe src="{escape(file)}" title="{escape(title)}" '
        'style="border: 0; width: 100%; height: 36rem" loading="lazy"></iframe>'
    )
