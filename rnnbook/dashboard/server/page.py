"""The dashboard's page: rendered once with Voila's template, the same for every visitor.

It names the box of widgets that every visitor's kernel holds, and no kernel. Its script asks
for a kernel when the page has come alive (``arrive.js``): so nobody waits for a page, and
what only fetches pages takes no place.
"""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from typing import Any

import nbformat
from voila.notebook_renderer import NotebookRenderer
from voila.utils import get_page_config

#: The number of the box; the same as in ``kernel.py``, which this process does not import.
MODEL_ID = "726e6e626f6f6b2d64617368626f6172"
_WIDGET = "application/vnd.jupyter.widget-view+json"
_VIEW = {_WIDGET: {"model_id": MODEL_ID, "version_major": 2, "version_minor": 0}}
_SPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}


class _Renderer(NotebookRenderer):
    """Renders a notebook as if its cells had been run already, which they were not."""

    async def load_notebook(self, path: str) -> nbformat.NotebookNode:
        output = nbformat.v4.new_output("display_data", data=_VIEW)
        cell = nbformat.v4.new_code_cell("", outputs=[output])
        metadata = {"title": "The dashboard of rnnbook", "kernelspec": _SPEC}
        return nbformat.v4.new_notebook(cells=[cell], metadata=metadata)

    async def _jinja_kernel_start(self, nb: Any, kernel_id: Any, kernel_future: Any) -> str:
        return ""

    async def _jinja_cell_generator(self, nb: Any, kernel_id: Any) -> AsyncGenerator[Any, None]:
        for cell in nb.cells:
            yield cell


async def render(app: Any) -> str:
    """The page, as Voila's application would render it."""
    known = {
        "base_url": app.base_url,
        "settings": app.app.settings,
        "log": app.log,
        "voila_configuration": app.voila_configuration,
    }
    renderer = _Renderer(
        voila_configuration=app.voila_configuration,
        traitlet_config=app.config,
        notebook_path=os.path.relpath(app.notebook_path, app.root_dir),
        template_paths=app.template_paths,
        config_manager=app.config_manager,
        contents_manager=app.contents_manager,
        base_url=app.base_url,
        kernel_spec_manager=app.kernel_spec_manager,
        page_config=get_page_config(**known),
        mathjax_config="",
        mathjax_url="",
    )
    await renderer.initialize()
    page = await renderer.generate_content_str()
    if _WIDGET not in page or MODEL_ID not in page:
        raise RuntimeError("the template shows no widget")
    return page
