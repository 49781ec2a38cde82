"""What a page brings back after a new start: its tab, the text on its screen, its settings.

The page reads all of it from its own widgets and keeps it in the browser (``keep.js``), so
that nothing depends on the process that has ended.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import ipywidgets as widgets
from traitlets import TraitError

from rnnbook.errors import SamplingError

#: The longest message of this kind, in characters. (A training text comes by its own field.)
MAX_KEPT = 20_000


@dataclass(frozen=True)
class Kept:
    """A page's own record: what each field showed, by tab and label, as text."""

    tab: str = ""
    query: str = ""
    fields: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def read(text: str) -> Kept:
    """The record that a page sends. Raises :class:`SamplingError` if it is none."""
    try:
        content: Any = json.loads(text) if len(text) <= MAX_KEPT else None
        tab, query, fields = content["tab"], content["query"], content["fields"]
        values = [value for tab_fields in fields.values() for value in tab_fields.values()]
        if not all(isinstance(one, str) for one in (tab, query, *values)):
            raise TypeError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise SamplingError("what this browser has kept cannot be read; choose anew") from error
    return Kept(tab, query, fields)


def choose(box: widgets.Widget, fields: Mapping[str, str]) -> None:
    """Set the fields of a box, by their labels; what does not fit stays as it is."""
    for widget in _fields(box):
        text = fields.get(widget.description)
        if text is not None:
            _set(widget, text)


def _set(widget: widgets.Widget, text: str) -> None:
    try:
        if isinstance(widget, widgets.Dropdown | widgets.ToggleButtons):
            widget.label = text
        elif isinstance(widget.value, bool | tuple):
            return
        elif isinstance(widget.value, int | float):
            if math.isfinite(float(text)):
                widget.value = type(widget.value)(float(text))
        else:
            widget.value = text
    except (TraitError, ValueError, OverflowError):
        return


def _fields(box: Any) -> Iterator[Any]:
    """The widgets with a label and a value, in the order in which they stand."""
    for child in getattr(box, "children", ()):
        if getattr(child, "description", "") and hasattr(child, "value"):
            yield child
        yield from _fields(child)
