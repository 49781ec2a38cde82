"""The pictures of the three faces in README: ``python -m rnnbook.book.pictures``.

The built book, a chapter in JupyterLab and the dashboard are opened in Chromium and
used; what they then show is saved, for light and for dark surroundings. The seeds are
fixed, so that the same text stands in the pictures every time.
"""

from __future__ import annotations

import io
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image
from tqdm import tqdm

from rnnbook.book.build import HTML, find_root
from rnnbook.book.chromium import NoBrowserError, open_browser
from rnnbook.files import write_atomically
from rnnbook.streams import standard_streams

FOLDER = Path(".github", "pictures")
SIZE = {"width": 1280, "height": 800}
SCALE = 1.5  # pixels of the picture for one of the page
QUALITY = 80  # of WebP
SECONDS = 120  # that a page may take to be ready
SCHEMES = ("light", "dark")
# JupyterLab follows the surroundings, and asks nothing.
LAB_SETTINGS = {
    "@jupyterlab/apputils-extension:themes": {"adaptive-theme": True},
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
}


def main() -> int:
    """Take the six pictures, say where they are, and return the exit code."""
    root = find_root(Path.cwd())
    if not (root / HTML / "index.html").is_file():
        print("The book is not built. Run `make book` first.", file=sys.stderr)
        return 1
    faces = {"book": _book, "notebook": _notebook, "dashboard": _dashboard}
    shots = [(name, scheme) for name in faces for scheme in SCHEMES]
    try:
        with open_browser() as browser:
            for name, scheme in tqdm(shots, unit="picture"):
                with faces[name](root, scheme) as (address, use):
                    data = _shot(browser, address, use, scheme)
                path = root / FOLDER / f"{name}-{scheme}.webp"
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, partial(Path.write_bytes, data=data))
    except NoBrowserError as error:
        print(f"No pictures: {error}.", file=sys.stderr)
        return 1
    print(f"The pictures are in {root / FOLDER}.")
    return 0


Face = tuple[str, Callable[[Any], None]]  # an address, and what is done with the page


@contextmanager
def _book(root: Path, scheme: str) -> Iterator[Face]:
    def use(page: Any) -> None:
        page.wait_for_selector(".rnnbook-figure[data-alive]")
        page.get_by_role("button", name="Generate").first.click()
        page.wait_for_function(
            "document.querySelector('.rnnbook-message').innerText.startsWith('Wrote')"
        )

    yield (root / HTML / "index.html").as_uri(), use


@contextmanager
def _notebook(root: Path, scheme: str) -> Iterator[Face]:
    def use(page: Any) -> None:
        dialog = page.locator(".jp-Dialog")  # "select a kernel", if it was slow to answer
        page.add_locator_handler(dialog, lambda: dialog.locator(".jp-mod-accept").last.click())
        page.locator(".jp-NotebookPanel .jp-Notebook").wait_for()
        page.locator(".jp-mod-idle, [data-status=idle]").first.wait_for(state="attached")
        _run_all(page)
        page.get_by_role("button", name="Generate").first.click()
        page.wait_for_timeout(15_000)  # the text is written, and the other cells have run
        page.locator(".jp-Notebook h1").first.hover()
        page.mouse.wheel(0, 150)  # more of the figure
        page.wait_for_timeout(1000)

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("book", "settings"):
            (folder / part).mkdir()
        shutil.copy(root / "book" / "sampling.ipynb", folder / "book")
        settings = folder / "settings" / "overrides.json"
        settings.write_text(json.dumps(LAB_SETTINGS), encoding="utf-8")
        options = [
            "jupyterlab", "--ip=127.0.0.1", "--allow-root", "--no-browser",
            "--IdentityProvider.token=", "--ServerApp.password=", "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            f"--LabApp.app_settings_dir={folder / 'settings'}", f"--notebook-dir={folder / 'book'}",
        ]  # fmt: skip
        with _server(options) as address:
            yield f"{address}/lab/tree/sampling.ipynb", use


def _run_all(page: Any) -> None:
    """Run every cell; again if JupyterLab asked before its kernel was there."""
    for _ in range(SECONDS // 10):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        page.wait_for_timeout(10_000)
        # JupyterLab shows only the cells in sight.
        page.locator(".jp-WindowedPanel-outer").evaluate("panel => { panel.scrollTop = 0; }")
        page.wait_for_timeout(1000)
        if page.locator(".rnnbook-sampler").count():
            return
    raise RuntimeError("JupyterLab does not run the cells")


@contextmanager
def _dashboard(root: Path, scheme: str) -> Iterator[Face]:
    def use(page: Any) -> None:
        page.get_by_role("button", name="Generate").click()
        page.get_by_text("Wrote 300 characters.").wait_for()
        page.wait_for_timeout(2000)  # the heatmap follows the text

    with _server(["rnnbook.dashboard", "--no-browser"]) as address:
        yield address, use


@contextmanager
def _server(module: list[str]) -> Iterator[str]:
    """A server on a free port; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", *module, f"--port={port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{' '.join(process.args)} does not answer")  # type: ignore[arg-type]


def _shot(browser: Any, address: str, use: Callable[[Any], None], scheme: str) -> bytes:
    """The page in use, as a picture in WebP."""
    context = browser.new_context(viewport=SIZE, color_scheme=scheme, device_scale_factor=SCALE)
    try:
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.goto(address)
        use(page)
        picture = Image.open(io.BytesIO(page.screenshot()))
    finally:
        context.close()
    data = io.BytesIO()
    picture.convert("RGB").save(data, "WEBP", quality=QUALITY, method=6)
    return data.getvalue()


if __name__ == "__main__":
    with standard_streams():
        sys.exit(main())
