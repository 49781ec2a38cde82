"""The pages of the gallery, size and first text: ``python benchmarks/pages.py``.

Each network of the gallery becomes a page, as ``rnnbook page`` makes it. Its size stands
beside that of the checkpoint in it and beside the bound: 1.3 times the checkpoint and 150 KB.
Then Chromium opens the file from disk, as wide and high as a phone, with its network off. From
the start of the visit it is timed when a text of the sampler stands in a frame that was drawn,
when the network has been unpacked and the figure answers, and, from pressing Generate, when
the first of its own characters stand there and when the last of 300 does. The pages take
turns; the medians are over the rounds.

A page that asks for anything, or that reports an error, ends the benchmark.

Prints a table and writes ``benchmarks/results/pages.json``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from _common import provenance, table, write_json

from rnnbook import checkpoints, page
from rnnbook.book.chromium import open_browser
from rnnbook.book.gallery import GALLERY

PHONE = {"width": 390, "height": 844}
CHARACTERS = 300
TIMES_OF_IT, BYTES_MORE = 1.3, 150_000  # how large a page may be, beside its checkpoint
PATIENCE = 120_000  # milliseconds
TIMES = ("first text", "answers", "first characters", "all 300")
#: Notes when a drawn frame first holds a text, and when the figure first answers.
WATCH = """
window.noted = {};
const look = () => {
  const figure = document.querySelector("[data-widget=sampler]");
  const text = document.querySelector(".rnnbook-text")?.textContent ?? "";
  const now = performance.now() / 1000;
  if (text.length > 100) window.noted["first text"] ??= now;
  if (figure?.dataset.alive !== undefined) window.noted.answers ??= now;
  if (window.noted.answers === undefined) requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
#: Presses Generate, and notes when characters come.
PRESS = """() => new Promise((resolve) => {
  const figure = document.querySelector("[data-widget=sampler]");
  const start = performance.now();
  const since = () => (performance.now() - start) / 1000;
  let cleared = false;
  const look = () => {
    const text = figure.querySelector(".rnnbook-text").textContent;
    cleared ||= text.length < 100;
    if (cleared && text.length > 1) window.noted["first characters"] ??= since();
    const said = figure.querySelector(".rnnbook-message")?.textContent ?? "";
    if (!said.startsWith("Wrote 300")) return requestAnimationFrame(look);
    window.noted["all 300"] = since();
    resolve(window.noted);
  };
  figure.querySelector("button.rnnbook-main").click();
  requestAnimationFrame(look);
})"""


def write(folder: Path) -> dict[str, dict[str, int]]:
    """The pages, as files; their sizes in bytes."""
    found = {}
    for name, title in GALLERY.items():
        checkpoint = checkpoints.load(name)
        text = page.build([(name, checkpoint)], title=title)
        path = folder / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        held = len(checkpoint.to_bytes("int8"))
        bound = round(TIMES_OF_IT * held + BYTES_MORE)
        found[name] = {"page": path.stat().st_size, "checkpoint": held, "bound": bound}
    return found


def visit(browser: Any, path: Path) -> dict[str, float]:
    """One visit on a phone without a network: seconds to each of :data:`TIMES`."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, offline=True)
    context.set_default_timeout(PATIENCE)
    tab, faults = context.new_page(), []
    tab.on("console", lambda said: said.type == "error" and faults.append(said.text))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    home = path.as_uri()
    own = (home, "blob:", "data:")
    tab.on("request", lambda asked: asked.url.startswith(own) or faults.append(asked.url))
    tab.add_init_script(WATCH)
    tab.goto(home)
    tab.wait_for_selector("[data-widget=sampler][data-alive]")
    noted = tab.evaluate(PRESS)
    context.close()
    if faults:
        raise SystemExit(f"{path.name}: {faults[0]}")
    return {name: noted[name] for name in TIMES}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    visits: dict[str, list[dict[str, float]]] = {name: [] for name in GALLERY}
    with tempfile.TemporaryDirectory() as name, open_browser() as browser:
        sizes = write(Path(name))
        for _ in range(options.rounds):
            for network, found in visits.items():
                found.append(visit(browser, Path(name) / f"{network}.html"))
    pages = {
        network: {
            **sizes[network],
            **{when: round(median(one[when] for one in found), 3) for when in TIMES},
        }
        for network, found in visits.items()
    }
    over = [name for name, row in pages.items() if row["page"] > row["bound"]]
    header = ("page", *next(iter(pages.values())))
    print(table(header, [(network, *row.values()) for network, row in pages.items()]))
    allowed = f"{TIMES_OF_IT} times the checkpoint and {BYTES_MORE / 1e3:.0f} KB"
    more = {
        "allowed": allowed,
        "rounds": options.rounds,
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
    }
    write_json("pages", provenance(**more, pages=pages))
    if over:
        raise SystemExit(f"larger than allowed: {', '.join(over)}")


if __name__ == "__main__":
    main()
