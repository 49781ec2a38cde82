"""A live figure in a notebook's output, with all that it needs: where no kernel is, it lives.

A notebook that was exported or is only looked at has neither a kernel nor the files of the
built book. So the HTML that a figure leaves in an output brings along the style, the scripts
and the weights; what one figure of a session brought, the next do not bring again. A cell
that is run again brings its own again, since its old output is gone.

In the built book, whose pages have files beside them, nothing of this is needed:
``RNNBOOK_FILES_BESIDE=1`` in the environment says so.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from typing import Any

from rnnbook import packed
from rnnbook.checkpoints import Checkpoint
from rnnbook.widgets import assets

VARIABLE = "RNNBOOK_FILES_BESIDE"
#: What was brought in this session, and by which cell.
_brought: dict[str, str] = {}
#: The names under which networks of the reader's own were brought, by their digests.
_names: dict[str, str] = {}


def files_are_beside() -> bool:
    """Whether the page will find scripts and weights in files beside it."""
    return os.environ.get(VARIABLE) == "1"


def whole(figure: str, widget: str, is_plain: bool) -> str:
    """The markup of a figure, after what it needs and the session has not brought yet."""
    needed = {
        "style": f"<style>{assets.style()}</style>",
        "boot.js": _script(assets.boot()),
        f"{widget}.js": _script(assets.classic_script(widget)),
    }
    if not is_plain:
        needed["shared.js"] = _script(assets.shared_script())
    brought = "".join(once(name, text) for name, text in needed.items())
    return f"{brought}{figure}<script>globalThis.rnnbook?.watchAll();</script>"


def once(name: str, text: str) -> str:
    """``text``, unless another cell of this session brought it already."""
    cell = _cell()
    if _brought.setdefault(name, cell) == cell:
        return text
    return ""


def network(checkpoint: Checkpoint, wanted: str) -> tuple[str, str]:
    """The name under which a network is brought, and the element that brings it.

    Two networks that want one name get different ones.
    """
    digest, data = _packed(checkpoint)
    name = _names.setdefault(digest, wanted if wanted not in _names.values() else "")
    if not name:
        name = _names[digest] = f"{wanted} ({digest[:6]})"
    return name, once(f"weights of {digest}", packed.element(name, data))


_cache: dict[int, tuple[Checkpoint, str, bytes]] = {}


def _packed(checkpoint: Checkpoint) -> tuple[str, bytes]:
    """The digest and the bytes of a network, made once for all its figures."""
    found = _cache.get(id(checkpoint))
    if found is None or found[0] is not checkpoint:
        data = checkpoint.to_bytes("int8")
        found = _cache[id(checkpoint)] = checkpoint, hashlib.sha256(data).hexdigest(), data
    return found[1], found[2]


@cache
def _script(text: str) -> str:
    return f"<script>{text}</script>"


def _cell() -> str:
    """What tells the cell that is running from the others; the same when it is run again."""
    try:
        from IPython import get_ipython
    except ImportError:  # outside of Jupyter there are no cells
        return ""
    shell: Any = get_ipython()
    parent: Any = getattr(getattr(shell, "kernel", None), "get_parent", dict)() or {}
    cell = parent.get("metadata", {}).get("cellId")
    return str(cell or parent.get("content", {}).get("code"))
