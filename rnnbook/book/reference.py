"""The package's reference, from its docstrings, a page a group of modules.

A Sphinx extension over sphinx.ext.autodoc. A line ``<!-- modules: rnnbook.text ... -->`` of
a page stands for the modules that it names, and for those inside a package. PyTorch and other
large libraries are not imported for it. A name of the package in a docstring becomes a link
wherever it is defined; names of other packages stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PACKAGE = Path(__file__).parents[1]
LINE = re.compile(r"^<!-- modules: (.+) -->$", re.MULTILINE)
HEAVY = ("torch", "sklearn", "statsmodels", "sacrebleu", "sympy", "music21", "gensim")
ENTRY = """## {name}

```{{eval-rst}}
.. automodule:: {name}
   :members:
   :ignore-module-all:
   :show-inheritance:
```
"""


def modules(name: str) -> Iterator[str]:
    """A module by its name, and all modules inside it, as far as they are public."""
    yield name
    folder = PACKAGE.joinpath(*name.split(".")[1:])
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        is_module = path.suffix == ".py" or (path / "__init__.py").is_file()
        if is_module and not path.name.startswith("_"):
            yield from modules(f"{name}.{path.stem}")


def expand(text: str) -> str:
    """A page's text with an entry in the place of each module that it names."""

    def entries(line: re.Match[str]) -> str:
        named = (module for name in line[1].split() for module in modules(name))
        return "\n".join(ENTRY.format(name=name) for name in named)

    return LINE.sub(entries, text)


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    if page.startswith("reference/"):
        source[0] = expand(source[0])


def _named(target: str, objects: Iterable[str]) -> list[str]:
    """The objects that a name may mean: it may lack its module, or name a package for it."""
    package, _, last = target.rpartition(".")
    return [
        name
        for name in objects
        if name == target
        or name.endswith(f".{target}")
        or (package and name.startswith(f"{package}.") and name.endswith(f".{last}"))
    ]


def _find(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, text: nodes.TextElement
) -> nodes.Node | None:
    """A link for a name that stands without its module; other packages' names stay text."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].lstrip(".")
    python = env.get_domain("py")
    found = _named(target, python.objects)  # type: ignore[attr-defined]
    if len(found) != 1:
        is_public = target.startswith("rnnbook.") and "._" not in target
        return None if is_public else text
    link = python.resolve_xref(env, node["refdoc"], app.builder, "obj", found[0], node, text)
    return link or text


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build, and set up autodoc."""
    app.setup_extension("sphinx.ext.autodoc")
    app.config.autodoc_mock_imports = list(HEAVY)
    app.config.autodoc_member_order = "bysource"
    app.config.autodoc_typehints_format = "short"
    app.config.autodoc_preserve_defaults = True  # as they are written, not as they print
    app.connect("source-read", _read)
    app.connect("missing-reference", _find)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
