"""A quiz that checks itself, at the end of every chapter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

import traitlets

from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure


class Quiz(LiveFigure):
    """Questions with one right answer each; every answer that is checked gets its reason.

    ``questions`` is a list of ``{"question": text, "choices": [(answer, is_right, why), ...]}``.
    Text is shown as it stands, and as code between backticks. The trait ``answers`` holds,
    a question, the number of the answer that the reader has had checked, or None. Where
    scripts do not run, each right answer stands folded away below its question.

    Raises :class:`traitlets.TraitError`, which names the question, for one that lacks
    something, or that has no right answer or more than one.
    """

    _esm = assets.module("quiz")
    _css = assets.style()
    _widget = "quiz"
    _shared = ("questions", "answers")

    questions: Any = traitlets.List().tag(sync=True)
    answers = traitlets.List(traitlets.Int(allow_none=True)).tag(sync=True)

    def __init__(self, questions: Iterable[Mapping[str, Any]]):
        super().__init__(questions=list(questions))

    @property
    def score(self) -> int:
        """How many answers have been checked and found right."""
        pairs = zip(self.questions, self.answers, strict=True)
        return sum(found is not None and asked["choices"][found][1] for asked, found in pairs)

    @traitlets.validate("questions")
    def _valid_questions(self, proposal: Any) -> list[dict[str, Any]]:
        if not proposal["value"]:
            raise traitlets.TraitError("a quiz needs at least one question")
        return [_checked(asked, f"question {k}") for k, asked in enumerate(proposal["value"], 1)]

    @traitlets.observe("questions")
    def _forget_answers(self, _: Any) -> None:
        self.answers = [None] * len(self.questions)

    @traitlets.validate("answers")
    def _valid_answers(self, proposal: Any) -> list[int | None]:
        counts = [len(asked["choices"]) for asked in self.questions]
        found = proposal["value"]
        if len(found) != len(counts):
            raise traitlets.TraitError(f"{len(counts)} questions have no {len(found)} answers")
        for k, (chosen, count) in enumerate(zip(found, counts, strict=True), 1):
            if chosen is not None and not 0 <= chosen < count:
                raise traitlets.TraitError(f"question {k} has no answer {chosen}, but {count}")
        return list(found)

    def _still_html(self) -> str:
        return "".join(_asked_html(asked, k) for k, asked in enumerate(self.questions, 1))


def _asked_html(asked: Mapping[str, Any], number: int) -> str:
    """A question as it stands where scripts do not run."""
    rows = (
        f'<li class="rnnbook-answer"><span>{_html(text)}</span></li>'
        for text, _, _ in asked["choices"]
    )
    right, why = next((text, why) for text, is_right, why in asked["choices"] if is_right)
    right = right.rstrip(".")
    return (
        f'<p class="rnnbook-asked">{number}. {_html(asked["question"])}</p>'
        f"<ul>{''.join(rows)}</ul>"
        f"<details><summary>Answer</summary>{_html(right)}: {_html(why)}</details>"
    )


def _checked(asked: Any, where: str) -> dict[str, Any]:
    """The question as it is sent to the page, or an error that says what it lacks."""
    if not isinstance(asked, Mapping) or set(asked) != {"question", "choices"}:
        raise traitlets.TraitError(f'{where} must be {{"question": text, "choices": [...]}}')
    where = f"{where}, {asked['question']!r},"
    _check_text(asked["question"], where)
    choices = [_checked_choice(choice, where) for choice in asked["choices"]]
    if len({text for text, _, _ in choices}) < max(2, len(choices)):
        raise traitlets.TraitError(f"{where} needs two answers or more, no two of them the same")
    right = sum(is_right for _, is_right, _ in choices)
    if right != 1:
        raise traitlets.TraitError(f"{where} has {right} right answers; mark exactly one True")
    return {"question": asked["question"], "choices": choices}


def _checked_choice(choice: Any, where: str) -> list[Any]:
    is_triple = isinstance(choice, Sequence) and not isinstance(choice, str) and len(choice) == 3
    if not is_triple or not isinstance(choice[1], bool):
        raise traitlets.TraitError(f"{where} has {choice!r}, not (answer, True or False, why)")
    _check_text(choice[0], where)
    _check_text(choice[2], where)
    return list(choice)


def _check_text(text: Any, where: str) -> None:
    if not isinstance(text, str) or not text.strip():
        raise traitlets.TraitError(f"{where} has {text!r} where a text must stand")
    if text.count("`") % 2:
        raise traitlets.TraitError(f"{where} opens code with a backtick and never closes it")


def _html(text: str) -> str:
    """A text as markup: escaped, and as code between backticks."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if k % 2 else part for k, part in enumerate(parts))
