"""The map of the package, drawn from its imports: ``make map``.

Each room stands one row above the highest room that it imports. An arrow that a longer way
replaces is left out. Writes the drawing, its page in the reference, and the first section of
``CONTRIBUTING.md``; ``--check`` writes nothing and fails if one of them is out of date.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import sys
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path

import networkx

from rnnbook import theme
from rnnbook.book import rooms
from rnnbook.book.rooms import ROOT, Imports, Room
from rnnbook.files import write_atomically

DRAWING = ROOT / "book" / "reference" / "map.svg"
PAGE = ROOT / "book" / "reference" / "rooms.md"
GUIDE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- map: made by `make map` -->", "<!-- end of the map -->"
WIDTH, ROW, HEIGHT, LETTER = 720, 62, 30, 7.4
_PASSING = 14  # the room that an arrow needs where it passes a row

Node = str | tuple[str, str, int]  # a room, or an arrow where it passes a row


def rows_of(arrows: networkx.DiGraph) -> list[list[str]]:
    """The rooms in rows, from those that import nothing upwards."""
    return [sorted(row) for row in networkx.topological_generations(arrows.reverse())]


def layout(arrows: networkx.DiGraph) -> tuple[dict[Node, float], dict[Node, int]]:
    """The middle and the row of each room, and of each arrow in the rows that it passes.

    Neighbours are drawn towards each other by the mean of their places, up and down, as in
    the method of Sugiyama, Tagawa and Toda (1981).
    """
    rows: list[list[Node]] = [list(row) for row in rows_of(arrows)]
    level: dict[Node, int] = {node: k for k, row in enumerate(rows) for node in row}
    chain = networkx.Graph()
    for upper, lower in sorted(arrows.edges):
        passed: list[Node] = [(upper, lower, k) for k in range(level[upper] - 1, level[lower], -1)]
        for node in passed:
            level[node] = node[2]  # type: ignore[assignment]
            rows[level[node]].append(node)
        networkx.add_path(chain, [upper, *passed, lower])
    place = {node: k / len(row) for row in rows for k, node in enumerate(row)}
    for sweep in range(24):
        order = rows if sweep % 2 == 0 else rows[::-1]
        for row in order:
            side = 1 if sweep % 2 else -1
            for node in row:
                near = [place[n] for n in chain[node] if level[n] == level[node] + side]
                place[node] = sum(near) / len(near) if near else place[node]
            row.sort(key=lambda node: place[node])
            place |= {node: (k + 0.5) / len(row) for k, node in enumerate(row)}
    return {node: x for row in rows for node, x in _spread(row).items()}, level


def width(name: str) -> float:
    """The width of a room's box."""
    return len(name) * LETTER + 18


def _spread(row: Sequence[Node]) -> dict[Node, float]:
    """The middles of a row's boxes and passing arrows, with equal gaps between them."""
    sizes = [width(node) if isinstance(node, str) else _PASSING for node in row]
    gap = (WIDTH - sum(sizes)) / (len(row) + 1)
    ends = itertools.accumulate(size + gap for size in sizes)
    return {node: end - size / 2 for node, size, end in zip(row, sizes, ends, strict=True)}


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """A smooth line downwards through points."""
    path = f"M{points[0][0]:.0f} {points[0][1]:.0f}"
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        middle = (y0 + y1) / 2
        path += f"C{x0:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {y1:.0f}"
    return path


def drawing(arrows: networkx.DiGraph, held: Mapping[str, Room]) -> str:
    """The map as SVG, in the colours of the page that shows it."""
    arrows = networkx.transitive_reduction(arrows)
    place, level = layout(arrows)
    top = max(level.values())

    def at(node: Node, edge: float = 0) -> tuple[float, float]:
        return place[node], (top - level[node]) * ROW + ROW / 2 + edge * HEIGHT / 2

    lines = [
        _curve([at(a, 1), *(at((a, b, k)) for k in range(level[a] - 1, level[b], -1)), at(b, -1)])
        for a, b in sorted(arrows.edges)
    ]
    boxes = [
        f'<rect x="{x - width(name) / 2:.0f}" y="{y - HEIGHT / 2:.0f}" width="{width(name):.0f}" '
        f'height="{HEIGHT}" rx="6"><title>{escape(held[name].holds)}</title></rect>'
        f'<text x="{x:.0f}" y="{y + 4:.0f}">{name}</text>'
        for name in sorted(arrows)
        for x, y in [at(name)]
    ]
    importing = [name for name in sorted(arrows) if arrows[name]]
    told = "; ".join(f"{name} imports {', '.join(sorted(arrows[name]))}" for name in importing)
    size = f'viewBox="0 0 {WIDTH} {(top + 1) * ROW}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
        f"<title>The rooms of the package and what each imports</title><desc>{told}.</desc>"
        f"<style>{_style()}</style>"
        + "".join(f'<path d="{line}"/>' for line in lines)
        + "".join(boxes)
        + "</svg>\n"
    )


def _style() -> str:
    """The palette in both modes: a file by itself follows the reader's system."""

    def colours(mode: str) -> str:
        of = theme.CSS_VARIABLES[mode]
        return (
            f"svg{{background:{of['paper']}}}rect{{fill:{of['panel']};stroke:{of['muted']}}}"
            f"text{{fill:{of['ink']}}}path{{stroke:{of['accent']}}}"
        )

    return (
        "text{font:13px system-ui,sans-serif;text-anchor:middle}path{fill:none;opacity:.6}"
        f"{colours('light')}@media(prefers-color-scheme:dark){{{colours('dark')}}}"
    )


def page(arrows: networkx.DiGraph, held: Mapping[str, Room]) -> str:
    """The rooms as a page of the reference."""
    return (
        "# The map\n\nThe package's rooms. Each imports from those below it only; "
        "an arrow is left out where a longer way leads there too.\n\n"
        "```{figure} map.svg\n:alt: The rooms of the package in rows, with an arrow from each to "
        "those that it imports; the list below says the same.\n\n"
        "The rooms of the package, and what each imports.\n```\n\n"
        + _told(arrows, held, lambda file: f"`{file}`")
    )


def guide(arrows: networkx.DiGraph, held: Mapping[str, Room]) -> str:
    """The rooms as the first section of the guide for contributors."""
    drawing = DRAWING.relative_to(ROOT).as_posix()
    return (
        f"{BEGIN}\n\n## The map\n\n![The rooms of the package, with an arrow from each to those "
        f"that it imports]({drawing})\n\n"
        + _told(arrows, held, lambda file: f"[{file}]({rooms.PACKAGE}/{file})")
        + f"\n{END}"
    )


def _told(arrows: networkx.DiGraph, held: Mapping[str, Room], link: Callable[[str], str]) -> str:
    """A paragraph a room: what it holds, what it may touch, which concept is where."""
    parts = []
    for row in reversed(rows_of(networkx.transitive_reduction(arrows))):
        for name in row:
            room, imports = held[name], ", ".join(f"`{other}`" for other in sorted(arrows[name]))
            part = f"**{link(room.path)}** {room.holds} Touches {imports or 'nothing'}."
            by_file = itertools.groupby(
                sorted(room.concepts, key=lambda term: (room.concepts[term].file, term)),
                key=lambda term: room.concepts[term].file,
            )
            where = [f"{link(file)}: {', '.join(terms)}" for file, terms in by_file]
            parts.append(part + (f"\\\nConcepts: {'; '.join(where)}." if where else ""))
    return "\n\n".join(parts) + "\n"


def contents() -> dict[Path, str]:
    """What the map's files should hold."""
    arrows, held = Imports().rooms(), rooms.load()
    if unknown := sorted(set(arrows) - set(held)):
        sys.exit(f"book/rooms.toml does not say what {', '.join(unknown)} holds; write it there")
    before, _, rest = GUIDE.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    return {
        DRAWING: drawing(arrows, held),
        PAGE: page(arrows, held),
        GUIDE: f"{before}{guide(arrows, held)}{after}",
    }


def stale() -> list[Path]:
    """The files of the map that are not as the imports are."""
    return [
        path
        for path, text in contents().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the map, or check it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail if out of date")
    if parser.parse_args(arguments).check:
        names = ", ".join(path.relative_to(ROOT).as_posix() for path in stale())
        if names:
            print(f"out of date: {names}; run `make map`", file=sys.stderr)
        return 1 if names else 0
    for path, text in contents().items():
        write_atomically(path, functools.partial(_write, text=text))
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
