"""Files that come from a page and go to it, through widgets."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets as widgets


def contents(upload: widgets.FileUpload) -> list[tuple[str, bytes]]:
    """The files that were brought, each a name and its bytes; the widget is empty again."""
    files: tuple[Mapping[str, Any], ...] = upload.value
    if not files:
        return []
    found = [(str(file["name"])[:80], bytes(file["content"])) for file in files]
    upload.value = ()
    return found


def parcel_html(name: str, data: bytes) -> str:
    """A file as a hidden link, which the page unpacks (``actions.js``, ``keep.js``)."""
    content = base64.b64encode(data).decode()
    return f'<a data-name="{escape(name)}" data-base64="{content}"></a>'
