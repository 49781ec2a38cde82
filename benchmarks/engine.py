"""Sampling in the page: the JavaScript engine against plain loops, in Node.js and in Chromium.

    python benchmarks/engine.py

Both write one character after the other with an LSTM of random weights. The plain loops
multiply arrays of arrays, number by number, and make new arrays in every step.

Then the live figure writes a thousand characters with the Shakespeare model, with a
worker and without one, and the longest tasks of the page's own thread are listed.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path

from _common import provenance, table, write_json

from rnnbook.widgets import Sampler, assets
from rnnbook.widgets.static import write_assets

HERE = Path(__file__).parent
NAMES = ("Network", "defaultRng", "drawId", "nextCharProbs")
IMPORTS = """
import { Network } from "./recurrent.js";
import { defaultRng } from "./rng.js";
import { drawId, nextCharProbs } from "./sampling.js";
import { measure } from "./engine.mjs";
"""
CALL = "measure({ Network, defaultRng, drawId, nextCharProbs }, SECONDS)"


def lay_out(folder: Path, seconds: float) -> None:
    """The engine, the benchmark, and one way in for each."""
    for path in (assets.FOLDER / "engine").glob("*.js"):
        shutil.copy(path, folder)
    shutil.copy(HERE / "engine.mjs", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    call = CALL.replace("SECONDS", str(seconds))
    (folder / "node.mjs").write_text(f"{IMPORTS}console.log(JSON.stringify({call}));\n")
    (folder / "page.html").write_text(
        f"<!doctype html><title>engine</title><script type=module>{IMPORTS}"
        f"window.start = () => {call};</script>"
    )


def in_node(folder: Path) -> dict[str, dict[str, int]]:
    done = subprocess.run(["node", folder / "node.mjs"], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def in_chromium(folder: Path) -> dict[str, dict[str, int]]:
    from playwright.sync_api import sync_playwright

    handler = functools.partial(Quiet, directory=str(folder))
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/page.html")
        page.wait_for_function("window.start")
        found = page.evaluate("window.start()")
        browser.close()
        server.shutdown()
    return dict(found)


def long_tasks(folder: Path, with_worker: bool) -> list[int]:
    """Milliseconds of the tasks that kept the page's thread, 50 or more, the longest first."""
    from playwright.sync_api import sync_playwright

    write_assets(folder / "_static", ["shakespeare"])
    figure = Sampler(prompt="ROMEO:\n", length=1000).static_html()
    (folder / "figure.html").write_text(
        '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="_static/live.css">'
        f'<script defer src="_static/boot.js"></script>{figure}',
        encoding="utf-8",
    )
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        if not with_worker:
            page.add_init_script("delete window.Worker")
        page.goto((folder / "figure.html").as_uri())
        page.wait_for_selector("[data-alive]")
        page.evaluate(
            "window.tasks = []; new PerformanceObserver((list) => tasks.push(...list.getEntries()"
            ".map((task) => task.duration))).observe({ type: 'longtask' })"
        )
        for _ in range(3):
            page.get_by_role("button", name="Generate").click()
            page.wait_for_function("!document.querySelector('[aria-busy]')", timeout=120_000)
        page.wait_for_timeout(200)
        found = page.evaluate("tasks")
        browser.close()
    return sorted((round(duration) for duration in found), reverse=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="of each of three rounds")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder, options.seconds)
        for place, run in (("Node.js", in_node), ("Chromium", in_chromium)):
            for size, found in run(folder).items():
                ratio = found["engine"] / found["plain"]
                rows.append((place, size, found["plain"], found["engine"], round(ratio, 2)))
        tasks = {
            way: long_tasks(folder, way == "with a worker")
            for way in ("with a worker", "without a worker")
        }
    header = ("where", "H", "plain loops", "engine", "ratio")
    print(table(header, rows))
    for way, found in tasks.items():
        print(f"tasks of 50 ms or more on the page's thread, {way}: {found or 'none'}")
    write_json("engine", provenance(header=header, rows=rows, long_tasks=tasks))


if __name__ == "__main__":
    main()
