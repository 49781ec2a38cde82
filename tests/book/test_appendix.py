"""The appendix agrees with the chapters and with the package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from paths import ROOT

import rnnbook
from rnnbook.book import chapters, coverage, glossary, reference

BOOK = ROOT / "book"
CHAPTERS = chapters.load(BOOK)
IS_WHOLE = all(chapter.page for chapter in CHAPTERS)
TOPICS = coverage.load(BOOK)


@pytest.fixture
def small_book(tmp_path: Path) -> Path:
    """A book of two chapters, of which one is listed."""
    files = {
        "chapters.toml": '[[chapter]]\ntitle = "A"\npage = "a"\n'
        '[[chapter]]\ntitle = "B"\npage = "b"\n[[chapter]]\ntitle = "C"\n',
        "_toc.yml": "root: index\nchapters:\n  - file: a\n",
        "a.md": "# The letter A\n\nA vowel.\n\n```python\n# no heading\n```\n\n## Its `shape` "
        "*here*\n\nTwo strokes, and the bar between. Syllables come later.\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_chapter_that_is_not_listed_is_to_come(small_book: Path) -> None:
    assert [chapter.page for chapter in chapters.load(small_book)] == ["a", None, None]
    assert [chapter.number for chapter in chapters.load(small_book)] == [1, 2, 3]


def test_headings_are_those_that_a_reader_sees(small_book: Path) -> None:
    text = chapters.prose(small_book / "a.md")
    assert chapters.headings(text) == ["The letter A", "Its shape here"]


def test_there_are_eighteen_chapters_and_those_that_are_named_exist() -> None:
    assert len(CHAPTERS) == 18
    for chapter in CHAPTERS:
        assert chapter.page is None or chapters.source_of(BOOK, chapter.page).is_file()


def test_the_chapters_are_listed_in_the_order_of_their_numbers() -> None:
    listed = chapters.LISTED.findall((BOOK / chapters.TOC).read_text(encoding="utf-8"))
    places = [listed.index(chapter.page) for chapter in CHAPTERS if chapter.page]
    assert not IS_WHOLE or places == sorted(places)


# Coverage


def test_a_topic_without_a_section_or_in_a_chapter_to_come_is_to_come(small_book: Path) -> None:
    known = chapters.load(small_book)
    there = coverage.Topic("post", "t", 1, section="Its shape here")
    page = coverage.Topic("post", "t", page="a", section="Its shape here")
    missing = [
        coverage.Topic("post", "t", 1),
        coverage.Topic("post", "t", 2, section="S"),
        coverage.Topic("post", "t", 3),
    ]
    assert coverage.to_come([there, *missing, page], known) == missing


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.topic[:40])
def test_a_topic_has_the_section_that_it_names(topic: coverage.Topic) -> None:
    assert topic.source in ("post", "summary")
    assert (topic.chapter is None) != (topic.page is None)
    place = topic.place(CHAPTERS)
    if place is not None:
        text = chapters.prose(chapters.source_of(BOOK, place))
        assert topic.section in chapters.headings(text), place


def test_the_topics_to_come_are_counted() -> None:
    missing = coverage.to_come(TOPICS, CHAPTERS)
    print(f"{len(missing)} of {len(TOPICS)} topics are to come:")
    print(*(f"  {topic.chapter}: {topic.topic}" for topic in missing), sep="\n")
    assert not IS_WHOLE or not missing
    names = [topic.topic for topic in TOPICS]
    assert len(set(names)) == len(names) > 40


# Glossary


def test_a_term_is_found_as_words_in_singular_and_plural() -> None:
    assert glossary.pattern("hidden state").search("all Hidden\nstates of it")
    assert glossary.pattern("entropy").search("two entropies")
    assert glossary.pattern("loss").search("losses")
    assert not glossary.pattern("nat").search("a nation, sub-nat")
    assert not glossary.pattern("unit").search("unity")


def test_the_first_use_is_in_the_section_that_has_it() -> None:
    pages = [
        ("a", "# A\n\nnothing\n"),
        ("b", "# B\n\ntext\n\n## Gate\n\nA gate.\n\n## C\n\na cell\n"),
    ]
    assert glossary.first_use(["gate"], pages) == ("b", "Gate")
    assert glossary.first_use(["cell"], pages) == ("b", "C")
    assert glossary.first_use(["pole", "text"], pages) == ("b", "B")
    assert glossary.first_use(["pole"], pages) is None


def test_the_end_of_a_chapter_explains_nothing() -> None:
    text = "# A\n\n## B\n\na gate\n\n## Exercises\n\na cell\n\n## Further reading\n\na pole\n"
    assert glossary.END.sub("", text) == "# A\n\n## B\n\na gate\n\n"


def test_every_term_of_the_glossary_occurs_in_a_chapter() -> None:
    page = (BOOK / "glossary.md").read_text(encoding="utf-8")
    entries = page[page.index("```{glossary}") :].split("```")[1]
    terms = re.findall(r"^(?!\{|:)(\S.*)$", entries, re.MULTILINE)
    assert len(terms) == len(set(terms)) > 50
    written = glossary.written(BOOK)
    missing = [term for term in terms if glossary.first_use([term], written) is None]
    print(f"{len(missing)} of {len(terms)} terms are to come: {', '.join(missing)}")
    assert not IS_WHOLE or not missing


# Notation

FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$]+?)\$", re.DOTALL)
# What arranges a formula, or says in words what it is, and needs no explanation.
PLAIN = {
    "qquad", "quad", "frac", "sqrt", "cdot", "top", "begin", "end", "aligned", "left", "right",
    "text", "operatorname", "approx", "leftarrow", "times", "ldots", "dots", "le", "ge", "in",
    "tfrac", "cases", "mid", "to", "neq", "infty", "max", "min", "mathrm", "array", "pmod",
}  # fmt: skip
# Letters that a passage introduces where it uses them, and never again.
LOCAL = {"b", "S", "s"}


def symbols(text: str) -> set[str]:
    """The symbols in the formulas of a text: commands, words, letters with their names."""
    found = set()
    for match in FORMULA.finditer(re.sub(r"`[^`\n]*`", "", text)):
        formula = match[1] or match[2]
        formula = re.sub(r"\^\{\(\d\)\}", "", formula)  # a layer
        formula = re.sub(r"_\{\\text\{(\w+)\}\}", r"_{\1}", formula)
        words = re.findall(r"\\(?:text|operatorname|mathrm)\{(\S[^{}]*)\}", formula)
        found.update(words)  # one that begins with a space is prose
        formula = re.sub(
            r"\\(?:text|operatorname|mathrm)\{[^{}]*\}(_\{[^{}]*\}|_\w)?", " ", formula
        )
        found.update(
            f"\\{name}" for name in re.findall(r"\\([A-Za-z]+)", formula) if name not in PLAIN
        )
        for letter, long, short in re.findall(
            r"(?<![A-Za-z\\{])([A-Za-z])(?![A-Za-z])(?:_\{((?:[^{}]|\{[^{}]*\})*)\}|_(\w))?",
            formula,
        ):
            name = long or short
            is_name = letter in "Wb" or name == "next"  # elsewhere it says which, not what
            found.add(f"{letter}_{name}" if name and is_name else letter)
    return found


def test_symbols_are_read_from_formulas() -> None:
    text = "$h_t = \\tanh(W_{xh}\\, x_{t-1})$ and `$q$` $$d_{\\text{next}} + \\text{loss}_t$$"
    assert symbols(text) == {"h", "\\tanh", "W_xh", "x", "d_next", "loss"}


@pytest.mark.parametrize(
    "chapter", [one for one in CHAPTERS if one.page], ids=lambda chapter: chapter.page
)
def test_every_symbol_of_a_chapter_is_in_the_notation(chapter: chapters.Chapter) -> None:
    known = symbols((BOOK / "notation.md").read_text(encoding="utf-8"))
    used = symbols(chapters.prose(chapters.source_of(BOOK, str(chapter.page))))
    assert used - known - LOCAL == set()


def test_every_name_in_the_notation_is_in_the_code() -> None:
    table = re.findall(r"^\|.*?\| (`[^|]+`) \|", (BOOK / "notation.md").read_text(), re.MULTILINE)
    names = {name for cell in table for name in re.findall(r"`([A-Za-z_]\w+)`", cell)}
    package = "\n".join(path.read_text() for path in (ROOT / "rnnbook").rglob("*.py"))
    code = package + "\n".join(path.read_text() for path in BOOK.glob("*.ipynb"))
    assert len(names) > 20
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", code)] == []


# Reference

PROGRAMS = {"book", "cli", "dashboard", "models"}  # no part of what one imports


def test_every_module_is_in_one_page_of_the_reference() -> None:
    named = [
        name
        for page in sorted((BOOK / "reference").glob("*.md"))
        for line in reference.LINE.findall(page.read_text(encoding="utf-8"))
        for name in line.split()
    ]
    folder = Path(rnnbook.__file__).parent
    there = {path.stem for path in folder.iterdir() if path.suffix == ".py"}
    there |= {path.name for path in folder.iterdir() if path.is_dir()}
    public = {name for name in there - PROGRAMS if not name.startswith("_")}
    assert sorted(named) == sorted(f"rnnbook.{name}" for name in public)


def test_a_page_of_the_reference_names_the_modules_inside_a_package() -> None:
    text = reference.expand("# T\n\n<!-- modules: rnnbook.text rnnbook.plots -->\n")
    assert text.index("## rnnbook.text\n") < text.index("## rnnbook.plots\n")
    assert "automodule:: rnnbook.plots.gates\n" in text and "__init__" not in text


def test_a_name_without_its_module_is_found() -> None:
    objects = ["rnnbook.text.Vocab", "rnnbook.text.Vocab.encode", "rnnbook.plots.show.show"]
    assert reference._named("Vocab", objects) == ["rnnbook.text.Vocab"]
    assert reference._named("rnnbook.plots.show", objects) == ["rnnbook.plots.show.show"]
    assert reference._named("rnnbook.text.Nothing", objects) == []


# Teaching


def test_the_long_course_has_every_chapter() -> None:
    page = (BOOK / "teaching.md").read_text(encoding="utf-8")
    course = page[page.index("## Ten hours") : page.index("## For yourself")]
    assert set(re.findall(r"\{chapter\}`(\d+)`", course)) == {str(n) for n in range(1, 19)}
    assert len(re.findall(r"^\| \d+ \|", course, re.MULTILINE)) == 10
