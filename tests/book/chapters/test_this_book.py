"""What the last chapter, *The network that read this book*, computes from its own cells."""

from __future__ import annotations

import ast
import json

import numpy as np
import pytest
from chapters import code_cells, execute, missing

from rnnbook.corpora import chapters
from rnnbook.experiments import Result

CELLS = code_cells("this-book")


def define(cell_id, names, *only):
    """The functions of a cell, or only some of them, without what else it does."""
    tree = ast.parse("".join(CELLS[cell_id]["source"]))
    kept = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    tree.body = [node for node in kept if not only or node.name in only]
    assert tree.body, f"{cell_id} has lost its function"
    execute(ast.unparse(tree), f"this-book/{cell_id}", names)
    return names


def define_first_network(names):
    """The function that goes the whole way, over the one that trains."""
    return define("first-network-code", define("first-network", names))["first_network"]


@pytest.fixture
def imported():
    names = {}
    execute("".join(CELLS["imports"]["source"]), "this-book/imports", names)
    return names


def test_the_source_of_a_page_is_its_cells(tmp_path, monkeypatch):
    cells = [{"cell_type": "markdown", "source": ["# A\n", "b"]},
             {"cell_type": "code", "source": "c = 1"}]  # fmt: skip
    (tmp_path / "page.ipynb").write_text(json.dumps({"cells": cells}))
    monkeypatch.setattr(chapters, "FOLDER", tmp_path)
    assert chapters.names() == ["page"] and chapters.text("page") == "# A\nb\n\nc = 1"
    assert chapters.cells("page") == [("markdown", "# A\nb"), ("code", "c = 1")]


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("h = np.tanh(W @ h", True),  # the bracket may close in the next line
        ("    return {", True),
        ("x = 'open", False),
        ("a ? b", False),
        ('print(f"{x:.2f}")', True),
    ],
)
def test_a_line_tokenises_or_does_not(imported, line, right):
    assert define("tokenises", imported)["tokenises"](line) is right


def test_a_network_of_a_text_that_repeats_itself_learns_it(imported):
    first_network = define_first_network(imported)
    losses, write = first_network("abcde" * 400, num_steps=300, temperature=0.5)
    network, counter = losses.values()
    assert next(iter(losses)) == "network" and list(losses)[1].endswith("-gram")
    assert network < 0.05 and counter < 0.05
    assert write("ab", 8) == "cdeabcde"


def test_a_network_of_noise_is_no_better_than_chance(imported):
    first_network = define_first_network(imported)
    noise = "".join(np.random.default_rng(0).choice(list("abcdefgh"), size=4_000))
    losses, _ = first_network(noise, num_steps=100)
    assert losses["network"] > np.log(8) - 0.02


def test_a_sentence_is_learnt_by_heart(imported):
    learn_by_heart = define("learn-by-heart", imported)["learn_by_heart"]
    sentence = "Another sentence, of which no word is known yet.\n"
    network, loss = learn_by_heart(sentence, num_steps=400)
    recited = imported["sampling"].sample(
        network, "\n", len(sentence) - 1, temperature=0, rng=np.random.default_rng(0)
    )
    assert recited == sentence.strip() and loss < 0.1


def test_behind_is_the_network_less_the_ngram_seed_by_seed(imported):
    rows = [{"text": "all", "seed": seed, "loss": 2 + seed, "ngram": 1.5 + seed}
            for seed in range(3)]  # fmt: skip
    imported["stored"] = Result("book_source", tuple(rows), {})
    behind = define("losses-check", imported)["behind"]("all")
    assert behind.mean == pytest.approx(0.5) and behind.half == pytest.approx(0)


def test_every_section_has_a_summary_and_every_exercise_a_solution():
    assert not missing("this-book")
