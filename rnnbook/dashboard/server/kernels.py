"""The kernels: a few kept ready, as many visitors as there are places, none left behind.

A kernel starts before its visitor comes and is handed out once it answers; what goes wrong
before that happens to nobody. One starts at a time, and none beyond the limit. A place is
taken by a page that has come alive, and is free again when the page is closed, when it has
not been heard of for long, or when its kernel has died.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Iterable
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from traitlets import Float, Integer

from rnnbook.dashboard import accidents, room
from rnnbook.dashboard.server import provisioner, traffic
from rnnbook.dashboard.server.folders import Folders

_log = logging.getLogger(__name__)
#: What is told to end is waited for so long, in seconds; the fork server then ends all the same.
_PATIENCE = 10.0


class Specs(KernelSpecManager):
    """Every kernel is the dashboard's own kind, forked where that is possible."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """The kernel of this Python, whatever the notebook names."""
        command = [sys.executable, "-m", "rnnbook.dashboard.kernel", "-f", "{connection_file}"]
        forks = {"kernel_provisioner": {"provisioner_name": provisioner.NAME}}
        return KernelSpec(
            argv=command, display_name="Python 3", language="python",
            metadata=forks if provisioner.is_possible() else {},
        )  # fmt: skip


class Kernels(AsyncMappingKernelManager):
    """Jupyter's kernel manager, with ready kernels, a limit, and folders."""

    limit = Integer(24, min=1, config=True, help="How many visitors there may be at once.")
    pool = Integer(2, min=0, config=True, help="How many kernels are kept ready.")
    away = Float(600.0, min=1, config=True, help="Seconds after which a kernel ends whose page "
                 "has not been heard of.")  # fmt: skip
    crowded = Float(60.0, min=1, config=True, help="The same, while somebody waits for a place.")
    patience = Float(60.0, min=1, config=True, help="Seconds that a kernel may take to answer.")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ready: list[str] = []
        self.taken: dict[str, float] = {}  # when each was last heard of
        self.failures = 0  # starts that went wrong, one after the other
        self.folders: Folders = getattr(self.parent, "folders", None) or Folders()
        self.allowed_message_types = list(traffic.LARGEST)
        self.buffer_offline_messages = False  # a page that comes back asks for every state
        self._asked = 0.0  # when somebody last found no place, or none ready
        self._wanted = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Start to keep kernels ready and to look after the taken ones."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._refill()), loop.create_task(self._look_after())]

    async def take(self) -> str | None:
        """A living kernel for a page that has come alive, or None if there is none."""
        self._wanted.set()
        while self.ready and not self.is_full:
            kernel_id = self.ready.pop(0)
            self.taken[kernel_id] = time.monotonic()
            if await self.lives(kernel_id):
                return kernel_id
            await self.shutdown_kernel(kernel_id, now=True)
        self._asked = time.monotonic()
        return None

    def hear_of(self, kernel_id: str) -> None:
        """A page has shown that it lives."""
        if kernel_id in self.taken:
            self.taken[kernel_id] = time.monotonic()

    @property
    def is_full(self) -> bool:
        """Whether every place is taken."""
        return len(self.taken) >= self.limit

    @property
    def _is_asked_for(self) -> bool:
        return time.monotonic() - self._asked < 10

    async def _refill(self) -> None:
        """Keep kernels ready, one after the other; without a pool, one for who asks."""
        while True:
            wanted = max(self.pool, int(self._is_asked_for))
            if len(self.ready) < min(wanted, self.limit - len(self.taken)):
                await self._heat()
            else:
                self._wanted.clear()
                await self._wanted.wait()

    async def _heat(self) -> None:
        """Start a kernel; one that does not answer is logged and costs a second."""
        kernel_id = str(uuid.uuid4())
        try:
            folder = str(self.folders.of(kernel_id))
            places = {"TMPDIR": folder, room.SHARED: tempfile.gettempdir()}
            async with asyncio.timeout(self.patience):
                await self.start_kernel(
                    kernel_id=kernel_id, cwd=folder, env={**os.environ, **places}
                )
                await self._answer_of(kernel_id)
            self.ready.append(kernel_id)
            self.failures = 0
        except Exception as error:
            self.failures += 1
            _log.error("no kernel came up; another is begun: %s", accidents.described(error))
            await self._remove(kernel_id)
            await asyncio.sleep(1)

    async def _answer_of(self, kernel_id: str) -> None:
        """Wait until a kernel answers."""
        kernel: Any = self.get_kernel(kernel_id)
        stream = kernel.connect_shell()
        has_answered = asyncio.Event()
        stream.on_recv(lambda _: has_answered.set())
        try:
            while not has_answered.is_set():
                kernel.session.send(stream, "kernel_info_request")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(1):
                        await has_answered.wait()
                if not await self.lives(kernel_id):
                    raise RuntimeError("the kernel ended before it answered")
        finally:
            stream.close()

    async def _look_after(self) -> None:
        """End the kernels whose page has gone or whose process has died."""
        while True:
            await asyncio.sleep(min(5.0, self.away / 2, self.crowded / 2))
            for kernel_id in [*self.taken, *self.ready]:
                try:
                    await self._look_at(kernel_id)
                except Exception as error:
                    _log.error("a kernel was not looked after: %s", accidents.described(error))

    async def _look_at(self, kernel_id: str) -> None:
        now = time.monotonic()
        if not await self.lives(kernel_id):
            _log.warning("kernel %s has died", kernel_id)
            await self.shutdown_kernel(kernel_id, now=True)
        elif self._kernel_connections.get(kernel_id, 0) > 0:
            self.hear_of(kernel_id)
        elif kernel_id in self.taken:
            patience = self.crowded if self.is_full and self._is_asked_for else self.away
            if now - self.taken[kernel_id] > min(patience, self.away):
                _log.info("the page of kernel %s has not been heard of", kernel_id)
                await self.shutdown_kernel(kernel_id, now=True)

    async def lives(self, kernel_id: str) -> bool:
        """Whether a kernel is there and its process runs."""
        return kernel_id in self and bool(await ensure_async(self.get_kernel(kernel_id).is_alive()))

    async def _remove(self, kernel_id: str) -> None:
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)
        await asyncio.to_thread(self.folders.remove, kernel_id)

    async def shutdown_kernel(self, kernel_id: str, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """End a kernel and remove its folder; its place is free again and its page is told."""
        self.taken.pop(kernel_id, None)
        self.ready = [one for one in self.ready if one != kernel_id]
        self._wanted.set()
        for socket in list(ZMQChannelsWebsocketConnection._open_sockets):
            if socket.kernel_id == kernel_id:
                socket.websocket_handler.close(1001, "the kernel has ended")
        try:
            if kernel_id in self:
                await super().shutdown_kernel(kernel_id, *args, **kwargs)
        finally:
            await asyncio.to_thread(self.folders.remove, kernel_id)

    async def shutdown_all(self, *args: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """End everything, start nothing more, and leave nothing on the disk."""
        await cancelled(self._tasks)
        try:
            # one may be ending already, and is not there any more when its turn comes
            ends = [
                asyncio.create_task(self.shutdown_kernel(one, now=True))
                for one in self.list_kernel_ids()
            ]
            if ends:  # one that was just being started may never say that it has ended
                _, left = await asyncio.wait(ends, timeout=_PATIENCE)
                await cancelled(left)
        finally:
            provisioner.ForkServer.instance().close()
            await asyncio.to_thread(self.folders.close)

    async def cull_kernel_if_idle(self, kernel_id: str) -> None:
        """End a kernel that its visitor has left alone; one that waits is not idle."""
        if kernel_id in self.taken:
            await super().cull_kernel_if_idle(kernel_id)


async def cancelled(tasks: Iterable[asyncio.Task[Any]], patience: float = _PATIENCE) -> None:
    """Cancel tasks and wait until all have ended, so many seconds at most.

    One cancellation may be lost: Python 3.11's ``asyncio.wait_for`` drops it if what it waits for
    is done at the same moment, and libraries wait with that. So it is said again.
    """
    left, end = set(tasks), time.monotonic() + patience
    while left and time.monotonic() < end:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=min(1.0, patience))
