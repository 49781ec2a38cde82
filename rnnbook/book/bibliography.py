"""Citations, by sphinxcontrib-bibtex.

A Sphinx extension in front of it. One of the packages that come with the corpora,
``future_typing``, answers to every name of an encoding, also to those that do not
exist; pybtex then takes its answer for LaTeX's encoding and fails. So that search
function is taken out before pybtex reads.
"""

from __future__ import annotations

import codecs
from typing import Any

from sphinx.application import Sphinx


def forget_false_codecs() -> None:
    """Unregister ``future_typing``'s search function, as often as it was registered."""
    try:
        from future_typing.codec import search_function
    except ModuleNotFoundError:
        return
    for _ in range(10):
        try:
            codecs.lookup("rnnbook-no-such-codec")
        except LookupError:
            return
        codecs.unregister(search_function)


def setup(app: Sphinx) -> dict[str, Any]:
    """Set up sphinxcontrib.bibtex, once lookups of encodings are honest."""
    forget_false_codecs()
    app.setup_extension("sphinxcontrib.bibtex")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
