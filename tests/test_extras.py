"""What is missing is named with the command that installs it, for all that the package imports."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from rnnbook import extras
from rnnbook.errors import MissingLibraryError

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


def test_a_build_without_its_libraries_ends_in_one_line(monkeypatch):
    from rnnbook import book

    book._refuse_without_libraries()  # an import, not a command: nothing is asked
    monkeypatch.setattr(sys, "argv", ["-m", "--strict"])
    book._refuse_without_libraries()  # all is there
    monkeypatch.setattr(book, "_NEEDED", ("unheard_of",))
    with pytest.raises(SystemExit, match=r"^rnnbook: building the book needs unheard-of.*install"):
        book._refuse_without_libraries()
