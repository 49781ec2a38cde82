"""What Lighthouse says of the pages of the built book, on the phone that it imagines.

    npm install --global lighthouse
    make book
    python benchmarks/lighthouse.py

Serves the book with gzip, as a static host does, and prints the four scores of every
page. Needs Node.js and Chromium; CHROME_PATH names another one.
"""

from __future__ import annotations

import argparse
import gzip
import http.server
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path

from _common import provenance, write_json

BOOK = Path(__file__).parents[1] / "book" / "_build" / "html"
FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --disable-background-networking"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript",
         ".svg": "image/svg+xml", ".woff2": "font/woff2"}  # fmt: skip
PACKED = (".html", ".css", ".js", ".svg")


class Handler(http.server.BaseHTTPRequestHandler):
    """Files of the book, compressed, and kept by the browser for a day."""

    protocol_version = "HTTP/1.1"  # connections are kept, as any host keeps them

    def do_GET(self) -> None:
        path = (BOOK / self.path.split("?")[0].lstrip("/")).resolve()
        if not path.is_relative_to(BOOK.resolve()) or not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        self.send_response(200)
        self.send_header("Content-Type", TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Cache-Control", "max-age=86400")
        if path.suffix in PACKED:
            content = gzip.compress(content)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def scores(program: list[str], address: str) -> dict[str, float]:
    """Lighthouse's four scores, and the milliseconds to the first and the largest paint."""
    done = subprocess.run(
        [*program, address, "--quiet", "--output=json", f"--chrome-flags={FLAGS}",
         "--only-categories=performance,accessibility,best-practices,seo"],
        env={"CHROME_PATH": shutil.which("chromium") or "", **os.environ},
        check=True, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    report = json.loads(done.stdout)
    found = {name: entry["score"] for name, entry in report["categories"].items()}
    for name in ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time"):
        found[name] = round(report["audits"][name]["numericValue"])
    for category in report["categories"].values():
        for reference in category["auditRefs"]:
            score = report["audits"][reference["id"]]["score"]
            if reference["weight"] and score is not None and score < 0.9:
                print(f"    {category['id']}: {reference['id']} {score}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="*", help="names without .html; all, if none is given")
    arguments = parser.parse_args()
    installed = shutil.which("lighthouse")
    program = [installed] if installed else ["npx", "lighthouse"]
    left_out = {"genindex", "search"}
    pages = arguments.pages or sorted(p.stem for p in BOOK.glob("*.html") if p.stem not in left_out)
    results = {}
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for page in pages:
            found = scores(program, f"http://127.0.0.1:{server.server_port}/{page}.html")
            print(f"{page:14}", *(f"{name} {value}" for name, value in found.items()), sep="  ")
            results[page] = found
        server.shutdown()
    if not arguments.pages:
        write_json("lighthouse", provenance(results=results))


if __name__ == "__main__":
    main()
