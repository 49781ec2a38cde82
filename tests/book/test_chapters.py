"""Every chapter has the shape that readers learn to expect of it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from paths import ROOT

BOOK = ROOT / "book"
#: The chapters that are in full shape; the others are on their way to it.
WHOLE = (
    "text-as-numbers", "counting", "memory", "learning-through-time", "min-char-rnn", "sampling",
    "lstm", "trained-lstm", "training",
    "voices", "watching", "inside", "quality", "beyond", "limits", "return",
    "ledger", "this-book",
)  # fmt: skip
GRADES = ["First grade: reading", "Second grade: changing", "Third grade: building"]
ENDS = {"Quiz", "Check yourself", "Exercises", "Where this lives", "Further reading"}
# A live figure, a picture, or a sample of a text.
LIVE = re.compile(
    r"rnnbook\.widgets import (?!Quiz\b|kernel_only\b)|(?:plots|drawings)\.show\(|HTML\(|print\("
)
EXERCISE = re.compile(r"^\*\*(\d+)\.\*\*", re.MULTILINE)

Cell = dict[str, Any]


def cells_of(path: Path) -> list[Cell]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def tags(cell: Cell) -> list[str]:
    return cell["metadata"].get("tags", [])


def sections(cells: list[Cell]) -> Iterator[tuple[str, str]]:
    """Each section's heading and its Markdown."""
    text = "\n\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = part.partition("\n")
        yield heading.strip(), body


def opening_faults(cells: list[Cell]) -> list[str]:
    """What the first screen lacks: a question, a figure or a picture, three promises."""
    first = next((k for k, c in enumerate(cells) if re.search(r"^## ", c["source"], re.M)), 0)
    before = cells[:first]
    text = "\n".join(cell["source"] for cell in before if cell["cell_type"] == "markdown")
    code = "\n".join(cell["source"] for cell in before if cell["cell_type"] == "code")
    promises = re.search(r"After this chapter you can(.*?)(?:\n\n(?! *\d\.)\w|\Z)", text, re.S)
    found = re.findall(r"^ *\d\. ", promises[1], re.M) if promises else []
    return [
        *([] if re.match(r"# .+\n[^#]*\?", text, re.S) else ["no question at the start"]),
        *([] if LIVE.search(code) else ["no figure on the first screen"]),
        *([] if len(found) == 3 else [f"{len(found)} promises, not 3"]),
    ]


def summary_faults(cells: list[Cell]) -> list[str]:
    """The sections that neither begin with their summary nor, where it would give the answer
    away, end with it."""
    return [
        f"no summary under “{heading}”"
        for heading, body in sections(cells)
        if heading not in ENDS and not is_summed_up(body.strip())
    ]


def is_summed_up(body: str) -> bool:
    """Whether the first paragraph of a section is its summary, or the last."""
    paragraphs = re.split(r"\n{2,}", body)
    return any(paragraphs[at].startswith("*Summary: ") for at in (0, -1))


def exercise_faults(cells: list[Cell]) -> list[str]:
    """Exercises without a solution of their own, or out of order."""
    faults, open_exercise, numbers = [], None, []
    for cell in cells:
        if cell["cell_type"] == "code" and "hide-cell" in tags(cell):
            open_exercise = None
        for number in EXERCISE.findall(cell["source"] if cell["cell_type"] == "markdown" else ""):
            if open_exercise:
                faults.append(f"exercise {open_exercise} has no solution")
            open_exercise = number
            numbers.append(int(number))
    if open_exercise:
        faults.append(f"exercise {open_exercise} has no solution")
    if numbers != list(range(1, len(numbers) + 1)):
        faults.append(f"exercises are numbered {numbers}")
    return faults


def ending_faults(cells: list[Cell]) -> list[str]:
    """What the end lacks: a quiz, three grades of exercises, the way on."""
    text = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    grades = re.findall(r"^### (.* grade: .*)$", text, re.MULTILINE)
    lives = dict(sections(cells))
    return [
        *quiz_faults(cells),
        *([] if grades == GRADES else [f"the grades of the exercises are {grades}"]),
        *([] if "|" in lives.get("Where this lives", "") else ["no table “Where this lives”"]),
        *([] if "{cite}" in lives.get("Further reading", "") else ["no further reading"]),
    ]


def quiz_faults(cells: list[Cell]) -> list[str]:
    """What a quiz lacks: its questions may stand in several cells."""
    codes = [cell for cell in cells if cell["cell_type"] == "code"]
    asking = [cell for cell in codes if re.search(r"\bQuiz\(|\"question\":", cell["source"])]
    if not any("Quiz(" in cell["source"] for cell in asking):
        return ["no quiz"]
    questions = [
        node
        for cell in asking
        for node in ast.walk(ast.parse(cell["source"]))
        if isinstance(node, ast.Dict) and "'question'" in map(ast.unparse, _keys(node))
    ]
    places = {place for question in questions for place in _right_places(question)}
    count = len(questions)
    shown = [cell for cell in asking if "hide-input" not in tags(cell)]
    return [
        *(["the quiz shows code"] if shown else []),
        *([] if 3 <= count <= 5 else [f"a quiz of {count} questions, not 3 to 5"]),
        *(["the right answer always stands in the same place"] if count > len(places) == 1 else []),
    ]


def _keys(node: ast.Dict) -> list[ast.expr]:
    return [key for key in node.keys if key is not None]


def _right_places(question: ast.expr) -> list[int]:
    """Where the right answers of a question stand."""
    lists = [node for node in ast.walk(question) if isinstance(node, ast.List)]
    return [
        place
        for place, choice in enumerate(lists[0].elts if lists else ())
        if any(isinstance(part, ast.Constant) and part.value is True for part in ast.walk(choice))
    ]


def _markdown(text: str) -> Cell:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text: str, *tags: str) -> Cell:
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": text}


def _question(*rights: bool) -> str:
    choices = ", ".join(f'("{k}", {right}, "why")' for k, right in enumerate(rights))
    return f'{{"question": "Which?", "choices": [{choices}]}}'


QUIZ = f"Quiz([{_question(True, False)}, {_question(False, True)}, {_question(True, False)}])"


@pytest.fixture
def chapter() -> list[Cell]:
    """A chapter in full shape."""
    return [
        _markdown("# A chapter\n\nWhat is it good for?"),
        _code("from rnnbook.widgets import Sampler"),
        _markdown("After this chapter you can\n\n1. a;\n2. b;\n3. c.\n\nYou need the words."),
        _markdown("## Section\n\n*Summary: it is short.*\n\nText."),
        _markdown("## Quiz"),
        _code(QUIZ, "hide-input"),
        _markdown("## Exercises\n\n### First grade: reading\n\n**1.** Read."),
        _code("1", "hide-cell"),
        _markdown("### Second grade: changing\n\n**2.** Change."),
        _code("2", "hide-cell"),
        _markdown("### Third grade: building\n\n**3.** Build."),
        _code("3", "hide-cell"),
        _markdown("## Where this lives\n\n| Here | There |\n|---|---|"),
        _markdown("## Further reading\n\nA paper {cite}`a`."),
    ]


def faults_of(cells: list[Cell]) -> list[str]:
    return [
        *opening_faults(cells), *summary_faults(cells), *exercise_faults(cells),
        *ending_faults(cells),
    ]  # fmt: skip


def test_a_summary_may_close_a_section(chapter: list[Cell]) -> None:
    chapter[3]["source"] = "## Section\n\nWhat is it?\n\nThat.\n\n*Summary: it is that.*"
    assert faults_of(chapter) == []
    chapter[3]["source"] += "\n\nAnd more."
    assert faults_of(chapter) == ["no summary under “Section”"]


def test_a_chapter_in_full_shape_has_no_faults(chapter: list[Cell]) -> None:
    assert faults_of(chapter) == []


@pytest.mark.parametrize(
    ("cell", "source", "fault"),
    [
        (0, "# A chapter\n\nIt is good.", "no question"),
        (1, "from rnnbook.widgets import Quiz", "no figure"),
        (2, "After this chapter you can\n\n1. a;\n2. b.", "2 promises"),
        (3, "## Section\n\nText.", "no summary under “Section”"),
        (5, "pass", "no quiz"),
        (5, f"Quiz([{_question(True, False)}])", "a quiz of 1"),
        (5, f"Quiz([{', '.join([_question(True, False)] * 3)}])", "the same place"),
        (8, "### Second grade\n\n**2.** Change.", "the grades"),
        (8, "### Second grade: changing\n\n**4.** Change.", "numbered"),
        (8, "### Second grade: changing\n\n**2.** a\n\n**3.** b", "exercise 2 has no solution"),
        (12, "## Where this lives\n\nThere.", "no table"),
        (13, "## Further reading\n\nA paper.", "no further reading"),
    ],
)
def test_a_fault_is_found(chapter: list[Cell], cell: int, source: str, fault: str) -> None:
    chapter[cell]["source"] = source
    assert any(fault in found for found in faults_of(chapter))


@pytest.mark.parametrize(
    ("cell", "fault"), [(5, "the quiz shows code"), (11, "exercise 3 has no solution")]
)
def test_a_missing_tag_is_found(chapter: list[Cell], cell: int, fault: str) -> None:
    chapter[cell]["metadata"] = {}
    assert fault in faults_of(chapter)


@pytest.mark.parametrize("name", WHOLE)
def test_a_chapter_is_in_full_shape(name: str) -> None:
    assert faults_of(cells_of(BOOK / f"{name}.ipynb")) == []


@pytest.mark.parametrize("path", sorted(BOOK.glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_exercise_has_a_solution(path: Path) -> None:
    assert exercise_faults(cells_of(path)) == []
