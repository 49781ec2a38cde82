"""Contact sheets: every page at three widths, in light and in dark."""

from __future__ import annotations

import pytest
from PIL import Image

from rnnbook.book import sheets


def test_a_sheet_has_all_pieces_side_by_side():
    pieces = [Image.new("RGB", (400, 4000), "red"), Image.new("RGB", (400, 200), "blue")]
    found = sheets.sheet([("400 light", pieces), ("100 dark", [Image.new("RGB", (100, 40))])])
    assert found.height == 1000 + sheets.HEAD + sheets.GAP
    assert found.width == 100 + 100 + 25 + 4 * sheets.GAP
    colours = {found.getpixel((x, sheets.HEAD + 5)) for x in range(found.width)}
    assert {(255, 0, 0), (0, 0, 255), (0, 0, 0)} <= colours


def test_a_page_that_is_not_there_is_named(tmp_path, monkeypatch, capsys):
    book = tmp_path / "book"
    (book / "_build" / "html").mkdir(parents=True)
    (tmp_path / "_config.yml").write_text("")
    (book / "_toc.yml").write_text("root: index\nchapters: [{file: one}]\n")
    (book / "chapters.toml").write_text("chapter = []\n")
    monkeypatch.chdir(tmp_path)
    assert sheets.main([]) == 1 and "make book" in capsys.readouterr().err
    (book / "_build" / "html" / "one.html").write_text("")
    assert sheets.main(["two"]) == 1 and "No page two; there are: one" in capsys.readouterr().err


@pytest.mark.browser
def test_a_page_is_seen_at_three_widths_in_light_and_dark(browser, tmp_path, monkeypatch):
    page = tmp_path / "long.html"
    page.write_text(
        '<!doctype html><meta name="viewport" content="width=device-width"><style>'
        "body { margin: 0; height: 900px; background: white; }"
        "@media (prefers-color-scheme: dark) { body { background: black; } }</style>"
    )
    monkeypatch.setattr(sheets, "PIECE", 500)
    (tmp_path / "long-390-dark-09.png").write_bytes(b"of an older run")
    sheets.make(browser, page, tmp_path / "long")
    found = {path.name for path in tmp_path.glob("long-*.png")}
    assert found == {
        f"long-{width}-{scheme}-0{number}.png"
        for width in sheets.WIDTHS
        for scheme in sheets.SCHEMES
        for number in (1, 2)
    }
    seen = {}
    for path in tmp_path.glob("long-*-02.png"):
        with Image.open(path) as picture:
            seen[path.stem] = picture.size, picture.getpixel((5, 5))
    assert seen["long-390-light-02"] == ((390, 400), (255, 255, 255))
    assert seen["long-768-dark-02"] == ((768, 400), (0, 0, 0))
    assert (tmp_path / "long.png").is_file()
