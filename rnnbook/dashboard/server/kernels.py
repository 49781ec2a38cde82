"""The kernels: a few rendered pages kept ready, as many visitors as there are places.

A page is rendered before its visitor comes, in a kernel of its own, and is handed out
whole. So a visitor waits for no cell; what goes wrong while a page is rendered happens
before anybody sees it, and another is rendered instead. One kernel starts at a time,
and none beyond the limit.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Float, Integer
from voila.notebook_renderer import NotebookRenderer
from voila.utils import get_page_config

#: What a visitor's page may send to its kernel. No code: the page brings its own widgets.
ALLOWED_MESSAGES = ("comm_open", "comm_close", "comm_msg", "comm_info_request",
                    "kernel_info_request")  # fmt: skip
#: A page without this is not whole.
_WIDGET = "application/vnd.jupyter.widget-view+json"


class Specs(KernelSpecManager):
    """Every kernel is the dashboard's own kind."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel of this Python, whatever the notebook names."""
        command = [sys.executable, "-m", "rnnbook.dashboard.kernel", "-f", "{connection_file}"]
        return KernelSpec(argv=command, display_name="Python 3", language="python")


@dataclass(frozen=True)
class Ready:
    """A kernel whose page is rendered and waits for its visitor."""

    kernel_id: str
    page: str


class Kernels(AsyncMappingKernelManager):
    """Jupyter's kernel manager, with ready pages and a limit."""

    limit = Integer(24, config=True, help="How many visitors there may be at once.")
    pool = Integer(2, config=True, help="How many rendered pages are kept ready.")
    away = Float(60.0, config=True, help="Seconds after which a kernel ends whose tab has gone.")
    patience = Float(60.0, config=True, help="Seconds that rendering a page may take.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ready: list[Ready] = []
        self.taken: dict[str, float] = {}  # when each was last seen with a page
        self.allowed_message_types = list(ALLOWED_MESSAGES)
        self._wanted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Start to keep pages ready and to look after the taken ones."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._refill()), loop.create_task(self._look_after())]

    def take(self) -> Ready | None:
        """A rendered page for a visitor, or None if there is none ready."""
        if not self.ready or self.is_full:
            return None
        found = self.ready.pop(0)
        self.taken[found.kernel_id] = time.monotonic()
        self._wanted.set()
        return found

    @property
    def is_full(self) -> bool:
        """Whether every place is taken."""
        return len(self.taken) >= self.limit

    async def _refill(self) -> None:
        """Keep the pool filled, one kernel after the other."""
        while True:
            if len(self.ready) < min(self.pool, self.limit - len(self.taken)):
                await self._heat()
            else:
                self._wanted.clear()
                await self._wanted.wait()

    async def _heat(self) -> None:
        """Start a kernel and render a page in it; a failure is logged and costs a second."""
        kernel_id = None
        try:
            async with asyncio.timeout(self.patience):
                renderer = self._renderer()
                await renderer.initialize()
                kernel_id = await self.start_kernel(
                    kernel_name=renderer.notebook.metadata.kernelspec.name,
                    path=os.path.dirname(renderer.notebook_path),
                    env=dict(os.environ),
                )
                page = await renderer.generate_content_str(kernel_id, self.get_kernel(kernel_id))
                if _WIDGET not in page:
                    raise RuntimeError("the notebook showed no widget")
                self.ready.append(Ready(kernel_id, page))
        except Exception:
            self.log.exception("a page could not be rendered; another is begun")
            if kernel_id is not None and kernel_id in self:
                await self.shutdown_kernel(kernel_id, now=True)
            await asyncio.sleep(1)

    def _renderer(self) -> NotebookRenderer:
        app: Any = self.parent  # Voila
        known = {
            "base_url": app.base_url,
            "settings": app.app.settings,
            "log": app.log,
            "voila_configuration": app.voila_configuration,
        }
        return NotebookRenderer(
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

    async def _look_after(self) -> None:
        """End the kernels whose tab has gone or whose process has died."""
        while True:
            await asyncio.sleep(min(5.0, self.away / 2))
            for kernel_id in [*self.taken, *(one.kernel_id for one in self.ready)]:
                try:
                    await self._look_at(kernel_id)
                except Exception:
                    self.log.exception("kernel %s could not be looked after", kernel_id)

    async def _look_at(self, kernel_id: str) -> None:
        now = time.monotonic()
        if not await self.lives(kernel_id):
            self.log.warning("kernel %s has died", kernel_id)
            await self.shutdown_kernel(kernel_id, now=True)
        elif kernel_id in self.taken:
            if self._kernel_connections.get(kernel_id, 0) > 0:
                self.taken[kernel_id] = now
            elif now - self.taken[kernel_id] > self.away:
                self.log.info("the tab of kernel %s has gone", kernel_id)
                await self.shutdown_kernel(kernel_id, now=True)

    async def lives(self, kernel_id: str) -> bool:
        """Whether a kernel is there and its process runs."""
        return kernel_id in self and bool(await ensure_async(self.get_kernel(kernel_id).is_alive()))

    async def shutdown_kernel(self, kernel_id: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """End a kernel; its place is free again and its page is told."""
        self.taken.pop(kernel_id, None)
        self.ready = [one for one in self.ready if one.kernel_id != kernel_id]
        self._wanted.set()
        for socket in list(ZMQChannelsWebsocketConnection._open_sockets):
            if socket.kernel_id == kernel_id:
                socket.websocket_handler.close(1001, "the kernel has ended")
        if kernel_id in self:
            await super().shutdown_kernel(kernel_id, *args, **kwargs)

    async def shutdown_all(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """End everything, and start nothing more."""
        for task in self._tasks:
            task.cancel()
        await super().shutdown_all(*args, **kwargs)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that its visitor has left alone; a page that waits is not idle."""
        if kernel_id in self.taken:
            await super().cull_kernel_if_idle(kernel_id)
