"""Sampling in the page: the JavaScript engine against plain loops, in Node.js and in Chromium.

    python benchmarks/engine.py

Both write one character after the other with an LSTM of random weights. The plain loops
multiply arrays of arrays, number by number, and make new arrays in every step.
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

from rnnbook.widgets import assets

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
    for path in assets.FOLDER.glob("*.js"):
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
    header = ("where", "H", "plain loops", "engine", "ratio")
    print(table(header, rows))
    write_json("engine", provenance(header=header, rows=rows))


if __name__ == "__main__":
    main()
