"""The built book, as a reader's browser shows it: over http and from a folder on disk."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import prose_numbers
import pytest
from axe_playwright_python.sync_playwright import Axe
from browser import serve, visit
from bs4 import BeautifulSoup
from filelock import FileLock
from paths import ROOT

from rnnbook.book import build, chapters, run_times

PAGES = ("index", *re.findall(r"file: (\S+)", (ROOT / "book" / "_toc.yml").read_text()))
CHAPTERS = [page for page in PAGES if (ROOT / "book" / f"{page}.ipynb").is_file()]


def _has_quiz(name: str) -> bool:
    return "Quiz(" in (ROOT / "book" / f"{name}.ipynb").read_text(encoding="utf-8")


PHONE = {"viewport": {"width": 390, "height": 844}}
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
pytestmark = [pytest.mark.browser, pytest.mark.apart]


@pytest.fixture(scope="session")
def book() -> Path:
    """The folder of the built book; built here, by one process, if it is not up to date."""
    (ROOT / build.OUTPUT).mkdir(exist_ok=True)
    with FileLock(ROOT / build.OUTPUT / ".tests-lock"):
        if not build.is_current(ROOT):
            assert build.build(ROOT) == 0, "the book does not build: see the output above"
    return ROOT / build.HTML


@pytest.fixture(scope="session", params=["http", "file"])
def home(request: pytest.FixtureRequest, book: Path) -> Iterator[str]:
    """The book's address, by either road."""
    if request.param == "file":
        yield book.as_uri()
        return
    with serve(book) as address:
        yield address


def _settled(page: Any) -> None:
    page.wait_for_load_state("load")
    page.wait_for_timeout(150)


# What a click did: a change of the page, a copy to the clipboard, or full screen.
WATCH = """() => {
  window.reactions = 0;
  new MutationObserver(() => window.reactions++).observe(document, {
    attributes: true, characterData: true, childList: true, subtree: true,
  });
  const count = (object, name) => { object[name] = () => { window.reactions++; }; };
  count(Element.prototype, "requestFullscreen");
  count(window, "print");
  document.execCommand = () => { window.reactions++; return true; };
}"""


# ------------------------------------------------------------------ page after page
# A page takes seconds of work to open and to draw, so that all of it is looked at in one visit.


@pytest.mark.parametrize("name", PAGES)
def test_a_page_by_either_road(browser: Any, home: str, name: str) -> None:
    """It asks no other host, and its text, formulas, width, download and buttons are in order."""
    address, is_chapter = f"{home}/{name}.html", name in CHAPTERS
    with visit(browser, address, accept_downloads=True, **DESKTOP) as (page, record):
        page.keyboard.press("End")
        _settled(page)
        assert page.title()
        record.assert_clean()
        if is_chapter:
            has_mathematics_in_our_font(page)
        page.set_viewport_size(PHONE["viewport"])
        _settled(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.set_viewport_size(DESKTOP["viewport"])
        _settled(page)
        if is_chapter:
            notebook = json.loads(downloaded(page, from_disk=home.startswith("file:")))
            assert notebook["nbformat"] == 4 and notebook["cells"]
        record.assert_clean()
        assert not (dead := dead_buttons(page)), f"buttons without effect: {dead}"
        record.assert_clean()


def has_mathematics_in_our_font(page: Any) -> None:
    page.evaluate("document.fonts.ready.then(() => true)")
    boxes = page.evaluate(
        "[...document.querySelectorAll('.math math')].map(m => m.getBoundingClientRect())"
        ".map(box => [box.width, box.height])"
    )
    assert all(width > 1 and height > 1 for width, height in boxes)
    assert page.locator("merror").count() == 0
    text = page.locator("article").inner_text()
    assert "\\(" not in text and "$$" not in text, "raw LaTeX"
    if boxes:
        assert page.evaluate("document.fonts.check('16px \"rnnbook math\"')")


def test_the_book_has_mathematics(book: Path) -> None:
    pages = {name: (book / f"{name}.html").read_text(encoding="utf-8") for name in CHAPTERS}
    assert sum("<math" in html for html in pages.values()) > 10


def downloaded(page: Any, *, from_disk: bool) -> str:
    """The notebook behind a chapter, as a reader gets it."""
    page.locator(".dropdown-download-buttons > button").click()
    button = page.locator(".btn-download-source-button:visible")
    if from_disk:  # what is on disk already opens beside the chapter
        with page.expect_popup() as popup:
            button.click()
        text = str(popup.value.locator("pre").inner_text())
        popup.value.close()
        return text
    with page.expect_download() as download:
        button.click()
    return Path(download.value.path()).read_text(encoding="utf-8")


def dead_buttons(page: Any) -> list[str]:
    """Buttons that do nothing when they are clicked."""
    page.evaluate(WATCH)
    # A live figure has tests of its own; a disabled button says that it is.
    buttons = page.locator("button:visible:enabled:not(.rnnbook-figure *):not(dialog *)")
    dead = []
    for button in buttons.element_handles():
        page.evaluate("window.reactions = 0")
        button.evaluate("button => button.click()")
        for _ in range(6):
            if page.evaluate("window.reactions"):
                break
            page.wait_for_timeout(10)
        else:
            dead.append(button.evaluate("button => button.outerHTML"))
        page.evaluate("document.querySelectorAll('dialog[open]').forEach(d => d.close())")
    return dead


THEME = "document.documentElement.dataset.theme"
GROUNDS = """boxes => boxes.map(box => getComputedStyle(box).backgroundColor)"""


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_by_day_and_by_night(browser: Any, book: Path, name: str) -> None:
    """All of axe's rules in the light theme; in the dark one what is about colours."""
    address, light = f"{book.as_uri()}/{name}.html", {"color_scheme": "light", **DESKTOP}
    with visit(browser, address, **light) as (page, record):
        _settled(page)
        for figure in page.locator(".rnnbook-figure").all():
            figure.scroll_into_view_if_needed()
        page.wait_for_function("!document.querySelector('.rnnbook-figure:not([data-alive])')")
        assert page.evaluate(THEME) == "light"
        record.assert_clean()
        assert violations(page) == []
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(f"{THEME} === 'dark'")
        _settled(page)
        assert violations(page, runOnly=["color-contrast"]) == []
        if name in CHAPTERS:
            boxes = ".text_html:has(figure.rnnbook-plot, .rnnbook-table)"
            grounds = page.eval_on_selector_all(boxes, GROUNDS)
            assert set(grounds) <= {"rgba(0, 0, 0, 0)"}, "figures keep the page's own ground"
            assert grounds or name == "index", "a chapter without a picture"
        record.clear()  # axe has read the style sheets, which a page from disk may not
        if name in CHAPTERS and _has_quiz(name):
            answer_every_question(page)
        record.assert_clean()


def violations(page: Any, **options: Any) -> list[tuple[str, str]]:
    """Which of axe's rules are broken, and where first."""
    found = Axe().run(page, options={"resultTypes": ["violations"], **options})
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in found.response["violations"]]


def answer_every_question(page: Any) -> None:
    quizzes = page.locator("[data-widget=quiz]")
    assert quizzes.count()
    for number in range(quizzes.count()):
        quiz = quizzes.nth(number)
        quiz.scroll_into_view_if_needed()
        quiz.locator("form").first.wait_for()
        questions = json.loads(quiz.get_attribute("data-state") or "")["questions"]
        forms = quiz.locator("form").all()
        assert len(forms) == len(questions) >= 1
        for form, question in zip(forms, questions, strict=True):
            for place, (_, is_right, _) in enumerate(question["choices"]):
                form.get_by_role("radio").nth(place).check()
                form.get_by_role("button").click()
                said = form.get_by_role("status").inner_text()
                assert said.startswith("Right. " if is_right else "Not this one. ")


def test_chapters_are_numbered_in_the_sidebar_and_on_their_pages(book: Path) -> None:
    known = chapters.load(ROOT / "book")
    index = BeautifulSoup((book / "index.html").read_text(encoding="utf-8"), "html.parser")
    listed = {link["href"]: link.get_text() for link in index.select(".toctree-l1 > a")}
    for chapter in known:
        wanted = listed[f"{chapter.page}.html"].strip()
        assert wanted.startswith(f"{chapter.number}. {chapter.title}")
        page = (book / f"{chapter.page}.html").read_text(encoding="utf-8")
        heading = BeautifulSoup(page, "html.parser").select("article h1")[0]
        assert heading.get_text().removesuffix("#").strip() == wanted
    assert listed["notation.html"].strip() == "Notation"


def test_the_ledger_opens_short_and_its_table_leads_to_every_claim(browser: Any, home: str) -> None:
    size = {"viewport": {"width": 1280, "height": 900}}
    with visit(browser, f"{home}/ledger.html", **size) as (page, _):
        _settled(page)
        assert page.evaluate("document.documentElement.scrollHeight") <= 10_000
        targets = page.eval_on_selector_all(
            'td a[href^="#claim-"]', "links => links.map(link => link.hash)"
        )
        assert len(targets) > 40 and all(page.locator(target).count() == 1 for target in targets)


def test_search_finds_a_word(browser: Any, home: str) -> None:
    with visit(browser, f"{home}/search.html?q=temperature", **DESKTOP) as (page, record):
        page.wait_for_selector("#search-results li a")
        targets = page.eval_on_selector_all(
            "#search-results li a", "links => links.map(link => link.href)"
        )
        assert any("sampling.html" in target for target in targets)
        record.assert_clean()


def test_search_opens_from_a_chapter(browser: Any, home: str) -> None:
    with visit(browser, f"{home}/{CHAPTERS[0]}.html", **DESKTOP) as (page, _):
        page.locator("button.search-button-field:visible").first.click()
        field = page.locator("#pst-search-dialog input[type=search]")
        field.fill("temperature")
        field.press("Enter")
        page.wait_for_url("**/search.html?q=temperature*")
        page.wait_for_selector("#search-results li a")


def test_dark_mode_toggles_and_is_remembered(browser: Any, home: str) -> None:
    theme = "document.documentElement.dataset.theme"
    background = "getComputedStyle(document.body).backgroundColor"
    with visit(browser, f"{home}/index.html", color_scheme="light", **DESKTOP) as (page, record):
        seen = {page.evaluate(theme): page.evaluate(background)}
        for _ in range(3):
            page.locator("button.theme-switch-button:visible").first.click()
            seen[page.evaluate(theme)] = page.evaluate(background)
            if page.evaluate(theme) == "dark":
                break
        assert set(seen) == {"light", "dark"} and len(set(seen.values())) == 2
        page.goto(f"{home}/{CHAPTERS[0]}.html")
        assert page.evaluate(theme) == "dark"
        record.assert_clean()


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(book: Path, name: str) -> None:
    html = (book / f"{name}.html").read_text(encoding="utf-8")
    for address in re.findall(r'<a\b[^>]*?\bhref="([^"]*)"', html):
        if re.match(r"https?://|mailto:", address):
            continue
        target, _, anchor = address.partition("#")
        path = (book / name).parent / target if target else book / f"{name}.html"
        assert path.is_file(), f"{name}: {address}"
        if anchor and path.suffix == ".html":
            assert f'id="{anchor}"' in path.read_text(encoding="utf-8"), f"{name}: {address}"


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_link_checker_finds_nothing(book: Path, tmp_path: Path) -> None:
    """Every page and file that can be reached, in style sheets too; for anchors see above."""
    settings = tmp_path / "linkcheckerrc"
    settings.write_text("[checking]\nmaxrequestspersecond=1000\n")
    settings.chmod(0o644)  # where it is started by root, it reads as nobody
    program = Path(sys.executable).with_name("linkchecker")
    with serve(book) as address:
        command = [program, f"--config={settings}", "--no-status", f"{address}/index.html"]
        done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    checked = re.search(r"(\d+) URLs? checked", done.stdout)
    assert checked and int(checked[1]) > len(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_every_figure_has_a_caption_and_words_in_its_place(book: Path, name: str) -> None:
    page = BeautifulSoup((book / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
    article = page.find("article")
    for figure in article.find_all("figure"):
        caption = figure.find("figcaption")
        assert caption and caption.get_text().strip(), str(figure)[:200]
        pictures = figure.find_all("img") + figure.find_all("svg", attrs={"role": "img"})
        assert pictures, str(figure)[:200]
    for image in article.find_all("img"):
        assert image.get("alt", "").strip(), str(image)[:200]
    for drawing in article.find_all("svg", attrs={"role": "img"}):
        assert drawing.get("aria-label", "").strip(), str(drawing)[:200]
        assert drawing.find_parent("figure"), "a picture without a caption"


@pytest.mark.parametrize("name", prose_numbers.read(ROOT / "book"))
def test_every_number_in_the_prose_is_printed_or_listed(book: Path, name: str) -> None:
    notebook = json.loads((ROOT / "book" / f"{name}.ipynb").read_text(encoding="utf-8"))
    html = (book / f"{name}.html").read_text(encoding="utf-8")
    entries = prose_numbers.read(ROOT / "book")[name]
    assert prose_numbers.faults(notebook["cells"], html, entries) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_leads_to_those_before_and_after_it(book: Path, name: str) -> None:
    html = (book / f"{name}.html").read_text(encoding="utf-8")
    ways = {way for way in ("left-prev", "right-next") if f'class="{way}"' in html}
    at = PAGES.index(name)
    wanted = {"left-prev": at > 0, "right-next": at < len(PAGES) - 1}
    assert ways == {way for way, is_there in wanted.items() if is_there}


def test_the_run_times_of_all_chapters_are_shown(book: Path) -> None:
    page = BeautifulSoup((book / "run-times.html").read_text(encoding="utf-8"), "html.parser")
    rows = [row.find_all("td") for row in page.find("article").find("tbody").find_all("tr")]
    seconds = {cells[0].get_text(): float(cells[1].get_text()) for cells in rows}
    whole = seconds.pop("all")
    assert len(seconds) == len(CHAPTERS)
    assert whole == pytest.approx(sum(seconds.values()), abs=0.1 * len(seconds))
    assert all(0 <= taken <= run_times.BUSY * run_times.LIMIT for taken in seconds.values())


@pytest.mark.parametrize("name", PAGES)
def test_no_control_waits_for_a_kernel(book: Path, name: str) -> None:
    html = (book / f"{name}.html").read_text(encoding="utf-8")
    # A widget without a static form leaves this behind, and the reader nothing.
    assert "application/vnd.jupyter.widget" not in html
    for unwanted in ("thebe", "mathjax", "require.min.js", "embed-amd", "fontawesome"):
        assert not re.search(f"<(script|link)[^>]*{unwanted}", html, re.I), unwanted


def test_the_dashboard_is_not_in_the_book(book: Path) -> None:
    assert not (book / "dashboard.html").exists()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_light(browser: Any, book: Path, name: str) -> None:
    """Everything a page loads before the reader touches anything, as gzip would send it."""
    with serve(book) as address, visit(browser, "about:blank", **DESKTOP) as (page, _):
        loaded: dict[str, int] = {}
        page.on("response", lambda r: loaded.setdefault(r.url, len(gzip.compress(r.body()))))
        page.goto(f"{address}/{name}.html", wait_until="networkidle")
        images = sum(size for url, size in loaded.items() if "/_images/" in url)
        assert sum(loaded.values()) - images < 350_000, loaded


def test_a_page_is_printed_in_its_light_theme(browser: Any, book: Path) -> None:
    address, theme = f"{book.as_uri()}/sampling.html", "document.documentElement.dataset.theme"
    inks = """['article h2', 'article p', 'svg', '.rnnbook-live', '.highlight pre'].map(
        one => getComputedStyle(document.querySelector(one)).color)"""
    printed = []
    for scheme in ("light", "dark"):
        with visit(browser, address, color_scheme=scheme, **DESKTOP) as (page, record):
            page.locator(".rnnbook-live").first.wait_for()
            on_screen = page.evaluate(inks)
            page.emulate_media(media="print")
            page.wait_for_function(f"{theme} === 'light'")
            printed.append(page.evaluate(inks))
            shut = page.locator("article details.hide:not([open])")
            if scheme == "dark":
                assert shut.count() == 0, "a solution on paper cannot be unfolded"
            page.emulate_media(media="screen")
            page.wait_for_function(f"{theme} === '{scheme}'")
            if scheme == "dark":
                assert page.evaluate(inks) == on_screen != printed[-1] and shut.count() > 10
            record.assert_clean()
    assert printed[0] == printed[1]


def test_what_scrolls_says_so(browser: Any, book: Path) -> None:
    shades = """all => all.filter(one => one.scrollWidth > one.clientWidth + 1)
      .map(one => getComputedStyle(one).backgroundAttachment)"""
    found = []
    for name in ("limits", "trained-lstm"):
        with visit(browser, f"{book.as_uri()}/{name}.html", **PHONE) as (page, _):
            every = page.locator("article :is(figure.rnnbook-plot, .rnnbook-table, pre)")
            found += every.evaluate_all(shades)
    assert found and all("local" in one and "scroll" in one for one in found)


def test_the_sampler_writes_another_text_when_its_control_moves(browser: Any, home: str) -> None:
    with visit(browser, f"{home}/sampling.html", **DESKTOP) as (page, record):
        figure = page.locator(".rnnbook-figure[data-widget=sampler]").first
        figure.scroll_into_view_if_needed()
        slider = figure.locator("input[type=range]").first
        cold = _text_at(page, figure, slider, "min")
        hot = _text_at(page, figure, slider, "max")
        assert len(cold) > 20 and len(hot) > 20
        assert cold != hot
        record.assert_clean()


def _text_at(page: Any, figure: Any, slider: Any, end: str) -> str:
    """The figure's text with the slider at one end, once the network has stopped writing."""
    slider.evaluate(
        "(input, end) => { input.value = input[end];"
        " for (const name of ['input', 'change'])"
        " input.dispatchEvent(new Event(name, {bubbles: true})); }",
        end,
    )
    button = figure.get_by_role("button", name=re.compile("generate|write|sample", re.I))
    if button.count():
        button.first.click()
    output = figure.locator(".rnnbook-text")
    last, still = "", 0
    for _ in range(200):
        page.wait_for_timeout(100)
        text = output.inner_text()
        still = still + 1 if text == last and text.strip() else 0
        if still == 8:
            return text
        last = text
    pytest.fail(f"the figure did not come to rest: {last[-200:]!r}")
