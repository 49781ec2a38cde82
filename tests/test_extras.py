"""What is missing is named with the command that installs it, for all that the package imports."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest

from rnnbook import evaluation, extras
from rnnbook.errors import MissingLibraryError
from rnnbook.inspection.probes import probe_score

PACKAGE = Path(extras.__file__).parent
#: What others bring along, or is only read as a text.
BROUGHT = {"IPython", "PIL", "docutils", "jupyter_client", "jupyter_server", "lark",
           "pandocfilters", "sphinx", "tinycss2", "tornado", "traitlets", "yaml",
           "zmq"}  # fmt: skip


def imported() -> set[str]:
    """The modules of other packages that ours imports, anywhere."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"rnnbook"}


@pytest.mark.parametrize("module", sorted(imported() - BROUGHT))
def test_every_module_is_installed_by_what_is_named(module):
    said = extras.sentence("this", module)
    distribution = said.removeprefix("this needs ").partition(",")[0]
    owners = packages_distributions().get(module, [])
    assert distribution.lower().replace("_", "-") in [one.lower().replace("_", "-")
                                                      for one in owners], said  # fmt: skip
    extra = extras.extra_of(distribution)
    what = f"rnnbook[{extra}]" if extra else distribution
    assert said.endswith(f"python -m pip install '{what}'")


@pytest.mark.parametrize(
    ("distribution", "extra"),
    [("numpy", None), ("voila", "book"), ("music21", "corpora"), ("scikit-learn", "experiments"),
     ("unheard-of", None)],
)  # fmt: skip
def test_the_extra_is_that_of_the_metadata(distribution, extra):
    assert extras.extra_of(distribution) == extra


def test_what_is_required_must_be_there():
    extras.require("this", "json", "numpy")
    with pytest.raises(MissingLibraryError, match=r"this needs unheard-of.*pip install 'unheard"):
        extras.require("this", "json", "unheard_of")


def test_all_that_is_missing_is_one_sentence_with_one_command():
    assert extras.sentence("this", "num2words", "sklearn", "unheard_of") == (
        "this needs num2words, scikit-learn and unheard-of, which are not installed here; install "
        "them with: python -m pip install 'rnnbook[corpora,experiments]' 'unheard-of'"
    )


@pytest.mark.parametrize(
    ("module", "use"),
    [
        ("sacrebleu", lambda: evaluation.self_bleu(["a b c d", "a b c e"])),
        ("sympy", lambda: evaluation.sympy_reads("a + b")),
        ("num2words", lambda: evaluation.spelled_right("7: seven", "en")),
        ("sklearn", lambda: probe_score(np.zeros((4, 2)), np.array([0, 1, 0, 1]))),
    ],
)
def test_a_function_says_which_library_it_lacks(module, use, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)  # as one that cannot be imported
    with pytest.raises(MissingLibraryError, match=r"install it with: python -m pip install 'rnn"):
        use()


def test_a_build_without_its_libraries_ends_in_one_line(monkeypatch):
    from rnnbook import book

    book._refuse_without_libraries()  # an import, not a command: nothing is asked
    monkeypatch.setattr(sys, "argv", ["-m", "--strict"])
    book._refuse_without_libraries()  # all is there
    monkeypatch.setattr(book, "_NEEDED", ("unheard_of",))
    with pytest.raises(SystemExit, match=r"^rnnbook: building the book needs unheard-of.*install"):
        book._refuse_without_libraries()
