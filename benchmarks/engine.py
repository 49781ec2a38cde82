"""Sampling in the page: the JavaScript engine beside others, in Node.js and in Chromium.

    python benchmarks/engine.py --onnxruntime FOLDER

All write one character after the other with the same LSTM, its weights random and a byte each:
plain loops over arrays of arrays; the engine as it was at a commit, which made floats of the
bytes; ONNX Runtime, one thread, if FOLDER holds it (``npm pack onnxruntime-web``, unpacked); and
the engine. They take turns. The bound is how often the weights could be read from memory and
nothing else. In Node.js the time is the processor's, so that other work matters less.

Then the live figure writes a thousand characters with the Shakespeare model, with a
worker and without one, and the longest tasks of the page's own thread are listed. And a figure of
1,024 units is touched over a line of 10 Mbit/s: when its first character comes, when the network
has come and writes, and how much memory is the tab's own afterwards.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import wasmtime
from _common import provenance, table, write_json
from _onnx import lstm

from rnnbook import checkpoints, recurrent
from rnnbook.checkpoints import Checkpoint
from rnnbook.text import Vocab
from rnnbook.widgets import Sampler, assets, portable
from rnnbook.widgets.static import write_assets

HERE = Path(__file__).parent
os.environ[portable.VARIABLE] = "1"  # the pages find scripts and weights beside them
BEFORE = "9b75b16c4216892beadf45601d5c6f2779d423c3"
SIZES = (256, 512, 768, 1024)
ENGINE = "rnnbook/widgets/engine"
MODULES = {
    "recurrent.js": "openNetwork",
    "safetensors.js": "readCheckpoint",
    "rng.js": "defaultRng",
    "sampling.js": "drawId, nextCharProbs",
}
ORT = ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm")
READER = """(module (import "page" "memory" (memory 1))
  (func (export "read") (param $end i32) (result i32)
    (local $at i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (loop $line
      (local.set $a (v128.or (local.get $a) (v128.load (local.get $at))))
      (local.set $b (v128.or (local.get $b) (v128.load offset=16 (local.get $at))))
      (local.set $c (v128.or (local.get $c) (v128.load offset=32 (local.get $at))))
      (local.set $d (v128.or (local.get $d) (v128.load offset=48 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 64)))
      (br_if $line (i32.lt_u (local.get $at) (i32.sub (local.get $end) (i32.const 64)))))
    (v128.any_true (v128.or (v128.or (local.get $a) (local.get $b))
      (v128.or (local.get $c) (local.get $d))))))"""
IN_NODE = """
import { readFileSync } from "node:fs";
const files = (name) => new Uint8Array(readFileSync(new URL(name, import.meta.url)));
const clock = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
ORT
console.log(JSON.stringify(await measure({ engine, before, ort, files, clock, ...SETTINGS })));
"""
IN_PAGE = """
const files = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const clock = () => performance.now() / 1000;
ORT
window.start = () => measure({ engine, before, ort, files, clock, ...SETTINGS });
"""
WITH_ORT = """
import * as ort from "./ort.wasm.min.mjs";
ort.env.wasm.numThreads = 1;
ort.env.wasm.wasmBinary = await files("ort-wasm-simd-threaded.wasm");
ort.env.wasm.wasmPaths = new URL("./", import.meta.url).href;
"""


CHARS = tuple(chr(48 + k) for k in range(65))


def network(size: int, chars: Sequence[str] = CHARS) -> Checkpoint:
    """An LSTM of random weights, with an embedding of 64."""
    config = recurrent.ModelConfig("lstm", hidden_size=size, num_layers=1, embedding_size=64)
    vocab, rng = Vocab(chars), np.random.default_rng(0)
    shapes = recurrent.weight_shapes(config, len(vocab))
    weights = {
        name: rng.uniform(-1, 1, shape).astype(np.float32) / np.float32(np.sqrt(size))
        for name, shape in shapes.items()
    }
    return Checkpoint(config, vocab, weights, {})


def lay_out(folder: Path, settings: dict[str, Any], ort: Path | None) -> None:
    """Both versions of the engine, the networks, and one way in for each."""
    (folder / "engine").mkdir()
    (folder / "before").mkdir()
    for path in (assets.FOLDER / "engine").glob("*.js"):
        shutil.copy(path, folder / "engine")
    listed = _git("ls-tree", "--name-only", BEFORE, f"{ENGINE}/").decode().split()
    for name in (name for name in listed if name.endswith(".js")):
        (folder / "before" / Path(name).name).write_bytes(_git("show", f"{BEFORE}:{name}"))
    shutil.copy(HERE / "engine.mjs", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "reader.wasm").write_bytes(wasmtime.wat2wasm(READER))
    for size in settings["sizes"]:
        stored = folder / f"{size}.safetensors"
        network(size).save(stored, "int8")
        if ort:  # which gets the weights that the bytes stand for
            (folder / f"{size}.onnx").write_bytes(lstm(checkpoints.load(stored)))
    for name in ORT if ort else ():
        found = next(ort.rglob(name), None)
        if found is None:
            raise SystemExit(f"{ort} holds no {name}; unpack onnxruntime-web there")
        shutil.copy(found, folder)
    imports = 'import { measure } from "./engine.mjs";\n'
    for version in ("engine", "before"):
        imports += f"const {version} = {{}};\n"
        for file, names in MODULES.items():
            alias = ", ".join(f"{name} as {version}_{name}" for name in names.split(", "))
            imports += f'import {{ {alias} }} from "./{version}/{file}";\n'
            for name in names.split(", "):
                imports += f"{version}.{name} = {version}_{name};\n"
    having = WITH_ORT if ort else "const ort = null;"
    for text, target in ((IN_NODE, "node.mjs"), (IN_PAGE, "page.html")):
        script = imports + text.replace("ORT", having).replace("SETTINGS", json.dumps(settings))
        page = f"<!doctype html><title>engine</title><script type=module>{script}</script>"
        (folder / target).write_text(page if target == "page.html" else script)


def _git(*words: str) -> bytes:
    return subprocess.run(["git", *words], check=True, capture_output=True, cwd=HERE.parent).stdout


def in_node(folder: Path) -> dict[str, Any]:
    done = subprocess.run(["node", folder / "node.mjs"], check=True, stdout=-1, text=True)
    return dict(json.loads(done.stdout))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class Slow(Quiet):
    """Sends what is asked for at 10 Mbit/s, after 40 milliseconds."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        start, sent = time.monotonic() + 0.04, 0
        while piece := source.read(12_500):
            sent += len(piece)
            time.sleep(max(0, start + sent / 1.25e6 - time.monotonic()))
            outputfile.write(piece)


def in_chromium(folder: Path) -> dict[str, Any]:
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


def arrival(folder: Path) -> dict[str, float]:
    """Seconds from a touch to the first and the second character, and megabytes of the tab."""
    from playwright.sync_api import sync_playwright

    root = folder / "arrival"
    write_assets(root / "_static", ["shakespeare"])
    weights = root / "_static" / "weights" / "shakespeare.safetensors"
    chars = checkpoints.load("shakespeare").vocab.chars  # what the figure's page expects
    network(1024, chars).save(weights, "int8")
    (root / "figure.html").write_text(
        '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="_static/live.css">'
        '<script defer src="_static/boot.js"></script>'
        f"{Sampler(prompt='ROMEO:', length=300).static_html()}",
        encoding="utf-8",
    )
    handler = functools.partial(Slow, directory=str(root))
    program = shutil.which("chromium") or shutil.which("google-chrome")
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/figure.html")
        page.wait_for_selector("[data-alive]")
        first, second = page.evaluate(WATCH)
        page.wait_for_function("!document.querySelector('[aria-busy]')", timeout=120_000)
        system = browser.new_browser_cdp_session()
        processes = system.send("SystemInfo.getProcessInfo")["processInfo"]
        memory = max(_own(one["id"]) for one in processes if one["type"] == "renderer")
        browser.close()
        server.shutdown()
    return {
        "megabytes of the file": round(weights.stat().st_size / 1e6, 2),
        "seconds to the first character": round(first, 2),
        "seconds to the second": round(second, 2),
        "megabytes of the tab": round(memory / 1e6),
    }


#: Press the button, and note when one character stands behind the prompt, and when two do.
WATCH = """() => new Promise((resolve) => {
  const box = document.querySelector(".rnnbook-text");
  const times = [];
  const start = performance.now();
  const look = () => {
    const count = box.children.length - 1; // behind the prompt
    if (count === 1 && times.length === 0) times.push((performance.now() - start) / 1000);
    if (count >= 2 && times.length === 1) {
      times.push((performance.now() - start) / 1000);
      resolve(times);
    }
  };
  new MutationObserver(look).observe(box, { childList: true });
  Array.from(document.querySelectorAll("button")).find((b) => b.textContent === "Generate").click();
})"""


def _own(process: int) -> int:
    """The bytes of a process that it shares with no other."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("Private_"))


CONTESTANTS = {
    "plain": "plain loops",
    "before": "engine, floats",
    "onnxruntime": "onnxruntime-web",
    "engine": "engine, bytes",
    "bound": "reading alone",
}


def row(place: str, size: str, found: dict[str, Any]) -> tuple[Any, ...]:
    """Medians of all, and medians of the ratios of each round."""
    speeds = found["speeds"]
    medians = [
        round(statistics.median(speeds[name])) if name in speeds else None for name in CONTESTANTS
    ]

    def ratio(other: str) -> float | None:
        if other not in speeds:
            return None
        pairs = zip(speeds["engine"], speeds[other], strict=True)
        return round(statistics.median(ours / theirs for ours, theirs in pairs), 2)

    return (place, size, *medians, ratio("before"), ratio("onnxruntime"), ratio("bound"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=0.5, help="of each turn")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="units")
    parser.add_argument("--onnxruntime", type=Path, help="a folder with onnxruntime-web")
    parser.add_argument("--node-only", action="store_true", help="print, and write nothing")
    options = parser.parse_args()
    settings = {name: getattr(options, name) for name in ("seconds", "rounds", "sizes")}
    rows, apart, tasks = [], {}, {}
    load = [round(os.getloadavg()[0], 1)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lay_out(folder, settings, options.onnxruntime)
        for place, run in (("Node.js", in_node), ("Chromium", in_chromium)):
            if place == "Chromium" and options.node_only:
                continue
            for size, found in run(folder).items():
                rows.append(row(place, size, found))
                apart[f"{place} {size}"] = found["apart"]
            load.append(round(os.getloadavg()[0], 1))
        came: dict[str, float] = {}
        if not options.node_only:
            came = arrival(folder)
            for way in ("with a worker", "without a worker"):
                tasks[way] = long_tasks(folder, way == "with a worker")
    header = (
        "where", "H", *CONTESTANTS.values(), "bytes over floats", "bytes over onnxruntime",
        "of the bound",
    )  # fmt: skip
    print(table(header, rows))
    print(f"logits apart from those of the plain loops: {json.dumps(apart, indent=1)}")
    print(f"a figure of 1,024 units over a line of 10 Mbit/s: {came}")
    print(f"load of the machine before, between and after: {load}")
    for way, times in tasks.items():
        print(f"tasks of 50 ms or more on the page's thread, {way}: {times or 'none'}")
    if not options.node_only:
        write_json(
            "engine",
            provenance(header=header, rows=rows, apart=apart, load=load, rounds=options.rounds,
                       before=BEFORE, arrival=came, long_tasks=tasks),
        )  # fmt: skip


if __name__ == "__main__":
    main()
