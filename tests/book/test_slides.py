"""Slides: one thing each, the summary after the figures, and nothing cut off."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

from rnnbook.book import paper, slides
from rnnbook.book.paper import Page

TALL = "".join(f"<p>{'a word ' * 40}</p>" for _ in range(30))
BODY = f"""<section class="paper-page" id="one"><section id="one.one"><h1>
<span class="paper-label">3</span> One &amp; all</h1><p>What is it?</p>
<div class="cell"><figure><svg viewBox="0 0 9 9"/><figcaption>first</figcaption></figure></div>
<p>After this chapter you can</p><ol><li>say it.</li></ol>
<section><h2>Some</h2><p><em>Summary: it is so.</em></p><p>Read at home.</p>
<figure><svg viewBox="0 0 9 9"/><figcaption>second</figcaption></figure>
<section><h3>A part</h3><figure>{TALL}<figcaption>third</figcaption></figure></section></section>
<section><h2>Quiz</h2><div class="paper-quiz"><p class="rnnbook-asked">1. Is it?</p>
<ol type="a"><li>Yes.</li><li>No.</li></ol><p class="paper-answers">Answers</p>
<ol><li>Yes: it is.</li></ol></div></section>
<section><h2>Exercises</h2><p>At home.</p></section></section></section>"""
PAGE = Page("one", "One & all", "3", "Chapters", BODY)


@pytest.fixture
def made(browser: Any, tmp_path: Path) -> Any:
    path = tmp_path / "one.html"
    path.write_text(slides.bind(PAGE, ROOT), encoding="utf-8")
    shown = browser.new_page(viewport={"width": 960, "height": 540})
    shown.emulate_media(media="print")
    shown.goto(path.as_uri())
    assert shown.title() == "3. One & all"
    count = shown.evaluate(paper.text("slides.js"), list(slides.ENDS))
    assert count == shown.locator(".slide").count()
    yield shown
    shown.close()


@pytest.mark.browser
def test_a_chapter_is_asked_shown_and_then_summed_up(made: Any) -> None:
    found = [" ".join(one.split()) for one in made.locator(".slide").all_inner_texts()]
    first, figure, promises, second, third, summary, question, answers = found
    assert first == "3 One & all What is it?" and figure == "first" and "say it." in promises
    assert second == "Some second" and third.startswith("Some A part a word")
    assert summary == "Some It is so."
    assert question == "Quiz 1. Is it? Yes. No." and answers == "Answers Yes: it is."
    assert "home" not in "".join(found)


@pytest.mark.browser
def test_what_is_too_large_for_a_slide_is_made_smaller(made: Any) -> None:
    boxes = made.locator(".slide").all()
    for box in boxes:
        height, needed = box.evaluate("(one) => [one.clientHeight, one.scrollHeight]")
        assert needed <= height + 1
    assert boxes[4].locator(".slide-inner").evaluate("(one) => Number(one.style.zoom)") < 1


@pytest.mark.browser
def test_slides_are_printed_one_a_sheet(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pypdf import PdfReader

    (tmp_path / paper.FOLDER).mkdir(parents=True)
    for name in ("_config.yml", "CITATION.cff"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(slides, "open_browser", lambda: nullcontext(browser))
    monkeypatch.setattr(paper, "pages", lambda root, browser: [PAGE, Page("x", "X", "", "", "")])
    (tmp_path / slides.FOLDER).mkdir(parents=True)
    slides.write(tmp_path, tmp_path / slides.LIST)
    assert (tmp_path / slides.LIST).read_text() == "03-one.pdf  One & all: 8 slides\n"
    sheets = PdfReader(tmp_path / slides.FOLDER / "03-one.pdf").pages
    assert len(sheets) == 8
    shapes = {round(float(one.mediabox.width / one.mediabox.height), 1) for one in sheets}
    assert shapes == {1.8}
