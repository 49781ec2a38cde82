"""The live figures with a kernel behind them: in Voila and in JupyterLab."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import visit
from playwright.sync_api import TimeoutError
from ports import free_port

from rnnbook.dashboard.__main__ import SETTINGS

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = (
    """from ipywidgets import FloatSlider, IntSlider, VBox, link
from rnnbook.widgets import Reader, Sampler

sampler = Sampler("shakespeare", prompt="ROMEO:\\n", length=80, models=["names"])
slider = FloatSlider(value=0.8, max=2, description="outer")
link((slider, "value"), (sampler, "temperature"))
VBox([slider, sampler])""",
    """reader = Reader("shakespeare", "ROMEO:\\nO, she doth teach.\\n", unit=3)
unit = IntSlider(value=3, max=383, description="which")
link((unit, "value"), (reader, "unit"))
VBox([unit, reader])""",
    """from rnnbook.widgets import Quiz
quiz = Quiz([{"question": "One?", "choices": [("no", False, "no"), ("yes", True, "so it is")]}])
score = IntSlider(description="first")
quiz.observe(lambda _: setattr(score, "value", 10 + quiz.score), "answers")
VBox([score, quiz])""",
    """from rnnbook.widgets import Forgetting, Scan
scan, forgetting = Scan(), Forgetting("O, she doth teach.", units=[298])
turns = IntSlider(description="turns", max=500)
scan.observe(lambda _: setattr(turns, "value", 100 + scan.step), "step")
VBox([turns, scan, forgetting])""",
    """from rnnbook.widgets import Cell, ChainRule
cell, chain = Cell("To be", units=(3, 5), at=1), ChainRule(step=0)
seen = IntSlider(description="seen", max=999)
chain.observe(lambda _: setattr(seen, "value", 300 + chain.step), "step")
cell.observe(lambda _: setattr(seen, "value", 400 + cell.unit), "unit")
VBox([seen, chain, cell])""",
)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("notebook") / "figures.ipynb"
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=kernel), path)
    return path


@contextmanager
def server(arguments: list[str], folder: Path, probe: str = "") -> Iterator[str]:
    """A server of Jupyter's on a free port; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", *(word.replace("PORT", str(port)) for word in arguments)]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=subprocess.STDOUT)
        address = f"http://127.0.0.1:{port}"
        try:
            for _ in range(2_400):
                try:
                    urllib.request.urlopen(f"{address}{probe}", timeout=60)
                    break
                except (urllib.error.URLError, OSError):
                    assert process.poll() is None, (folder / "log.txt").read_text()
                    time.sleep(0.1)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=120)


@pytest.fixture(scope="module")
def voila(notebook) -> Iterator[str]:
    allowed = [*SETTINGS["VoilaConfiguration"]["extension_allowlist"], "anywidget"]
    arguments = [
        "voila", notebook.name, "--no-browser", "--port=PORT", "--Voila.ip=127.0.0.1",
        *(f"--VoilaConfiguration.extension_allowlist={name}" for name in allowed),
    ]  # fmt: skip
    with server(arguments, notebook.parent, "/voila/static/voila.js") as address:
        yield address


@pytest.fixture(scope="module")
def lab(notebook) -> Iterator[str]:
    arguments = [
        "jupyterlab", "--no-browser", "--port=PORT", "--ip=127.0.0.1", "--allow-root",
        "--IdentityProvider.token=", "--ServerApp.password=",
        "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        f"--notebook-dir={notebook.parent}",
    ]  # fmt: skip
    with server(arguments, notebook.parent, "/api") as address:
        yield f"{address}/lab/tree/{notebook.name}"


def run_all_cells(page: Any) -> None:
    page.locator(".jp-NotebookPanel .jp-Notebook").wait_for()
    page.locator(".jp-mod-idle, [data-status=idle]").first.wait_for(state="attached")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Run All Cells$")).click()


@pytest.fixture(params=["voila", "lab"])
def page(request, browser) -> Iterator[Any]:
    address = request.getfixturevalue(request.param)
    options = {"viewport": {"width": 1300, "height": 1600}}
    with visit(browser, address, **options) as (page, record):
        wait_for_the_figures(page, in_lab=request.param == "lab")
        yield page
        ours = [error for error in record.errors if "rnnbook" in error]
        assert not ours


def wait_for_the_figures(page: Any, in_lab: bool) -> None:
    """Now and then, under load, a front end leaves a page waiting for what its kernel has sent."""
    for attempt in range(3):
        try:
            if in_lab:
                run_all_cells(page)
            return page.locator(".rnnbook-reader").wait_for(timeout=60_000)
        except TimeoutError:
            if attempt == 2:
                raise
            page.reload()


def at_rest(page: Any, figure: str) -> None:
    page.wait_for_function(f"!document.querySelector('.rnnbook-{figure}[aria-busy]')")


def test_a_quiz_lives_beside_a_kernel(page):
    quiz = page.locator(".rnnbook-quiz")
    quiz.get_by_label("no", exact=True).focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")  # JupyterLab would go to the next cell
    assert quiz.get_by_label("yes").is_checked()
    page.keyboard.press("Enter")
    assert quiz.get_by_role("status").inner_text() == "Right. so it is"
    page.wait_for_function(  # the kernel knows
        "[...document.querySelectorAll('.widget-readout')].some(one => one.innerText === '11')"
    )


def readout(page: Any, text: str) -> None:
    """Wait until a slider of the kernel's shows a number."""
    page.wait_for_function(
        "text => [...document.querySelectorAll('.widget-readout')]"
        ".some(one => one.innerText === text)",
        arg=text,
    )


def test_scans_and_factors_live_beside_a_kernel(page):
    scan = page.locator(".rnnbook-scan")
    scan.get_by_role("button", name="Next").click()
    readout(page, "101")
    scan.locator(".rnnbook-tree").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):  # JupyterLab would go to another cell
        page.keyboard.press(key)
    assert "place 2 holds steps 1 to 2" in scan.locator(".rnnbook-detail").inner_text()
    scan.get_by_label("Way", exact=True).select_option("blelloch")
    readout(page, "100")
    forgetting = page.locator(".rnnbook-forgetting")
    forgetting.get_by_role("button", name="Keeps least").click()
    page.wait_for_function("!document.querySelector('.rnnbook-forgetting[aria-busy]')")
    assert forgetting.get_by_label("Unit, shakespeare").input_value() != "298"
    assert "Looking back from character 18" in forgetting.inner_text()


def test_drawings_live_beside_a_kernel(page):
    chain, cell = (page.locator(f".rnnbook-{name}") for name in ("chain", "cell"))
    chain.get_by_role("button", name="Next").click()
    readout(page, "301")
    chain.locator(".rnnbook-drawn").focus()
    page.keyboard.press("ArrowRight")  # JupyterLab would leave the figure
    readout(page, "302")
    cell.locator(".rnnbook-drawn").focus()
    page.keyboard.press("ArrowUp")
    readout(page, "402")
    at_rest(page, "cell")
    cell.get_by_label("Network").select_option("shakespeare-gru")
    readout(page, "405")
    at_rest(page, "cell")
    page.wait_for_function(
        "document.querySelector('.rnnbook-cell .rnnbook-said').innerText.startsWith('1 of 5')"
    )
    assert cell.locator('[data-part="reset"]').count() == 1


def test_the_figures_live_beside_a_kernel(page):
    sampler = page.locator(".rnnbook-sampler")
    text = sampler.locator(".rnnbook-text")
    first = text.inner_text()
    sampler.get_by_role("button", name="Generate").click()
    at_rest(page, "sampler")
    assert text.inner_text() == first  # what Python drew is what JavaScript draws
    sampler.get_by_label("Temperature").focus()
    page.keyboard.press("Home")
    at_rest(page, "sampler")
    assert text.inner_text() != first
    # the slider outside follows by way of the kernel
    page.wait_for_function(
        "[...document.querySelectorAll('.widget-readout')].some(one => one.innerText === '0.00')"
    )
    sampler.get_by_label("Model", exact=True).select_option("names")
    at_rest(page, "sampler")
    assert "never read these characters" in sampler.inner_text()
    sampler.get_by_label("Prompt").fill("Anna\n")
    sampler.get_by_label("Prompt").blur()
    page.wait_for_function(
        "document.querySelector('.rnnbook-sampler .rnnbook-text').innerText.startsWith('Anna')"
    )

    reader = page.locator(".rnnbook-reader")
    shades = "all => all.map(one => one.className + one.style.cssText)"
    before = reader.locator(".rnnbook-column").evaluate_all(shades)
    reader.get_by_role("button", name="Read", exact=True).click()
    at_rest(page, "reader")
    assert reader.locator(".rnnbook-column").evaluate_all(shades) == before
    reader.locator(".rnnbook-strip").focus()
    page.keyboard.press("ArrowDown")
    assert reader.get_by_label("Unit", exact=True).input_value() == "4"
    page.wait_for_function(
        "[...document.querySelectorAll('.widget-readout')].some(one => one.innerText === '4')"
    )
    assert reader.locator(".rnnbook-column").evaluate_all(shades) != before
