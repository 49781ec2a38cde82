"""Kernels from a warmed parent: a provisioner of Jupyter's, and its end of the fork server.

``jupyter_client`` starts kernels through provisioners, which packages register as entry points.
This one, ``rnnbook-fork``, asks the fork server (:mod:`rnnbook.dashboard.forkserver`) for a child
instead of starting a Python. Where processes cannot be forked, or the fork server does not come
up, the kernel is started as any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from importlib.metadata import entry_points
from typing import Any

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

_log = logging.getLogger(__name__)
#: The name of the entry point.
NAME = "rnnbook-fork"
#: The fork server gets ready in this time, in seconds, or it is not waited for.
PATIENCE = 120.0


def is_possible() -> bool:
    """Whether kernels can be forked here: on Linux, if the package was installed with this part.

    On macOS system libraries start threads of their own, which a fork leaves behind.
    """
    found = entry_points(group=KernelProvisionerFactory.GROUP_NAME, name=NAME)
    return sys.platform == "linux" and bool(found)


class Forked:
    """A forked kernel, with as much of :class:`subprocess.Popen` as Jupyter asks of it."""

    stdin = stdout = stderr = None

    def __init__(self, server: ForkServer, pid: int) -> None:
        self._server, self.pid = server, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self.returncode

    def wait(self) -> int | None:
        """The exit code; Jupyter asks when it has polled it already."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel and to what it has started."""
        if self.returncode is None:
            self._server.send({"pid": self.pid, "signal": int(number)})

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class ForkServer:
    """The server's end of the socket: one fork server for all kernels of this process."""

    shared: ForkServer | None = None

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._asked: dict[int, asyncio.Future[Forked]] = {}
        self._kernels: dict[int, Forked] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()

    @classmethod
    def instance(cls) -> ForkServer:
        """The one of this process."""
        cls.shared = cls.shared or cls()
        return cls.shared

    @property
    def pid(self) -> int | None:
        """Its process, if it runs."""
        is_running = self._process is not None and self._process.poll() is None
        return self._process.pid if is_running and self._process is not None else None

    async def start(self) -> None:
        """Let it run. Raises :class:`OSError` or :class:`TimeoutError` if it does not come up."""
        async with self._lock:
            if self.pid is not None and self._writer is not None:
                return
            self.close()
            ours, theirs = socket.socketpair()
            command = [sys.executable, "-m", "rnnbook.dashboard.forkserver", str(theirs.fileno())]
            with theirs:
                self._process = subprocess.Popen(
                    command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )  # fmt: skip
            reader, self._writer = await asyncio.open_connection(sock=ours)
            async with asyncio.timeout(PATIENCE):
                line = await reader.readline()
            if not line:
                self.close()
                raise OSError("the fork server ended before it was ready")
            self._task = asyncio.get_running_loop().create_task(self._listen(reader))

    async def fork(self, argv: list[str], environment: dict[str, str], folder: str) -> Forked:
        """A new kernel. Raises what :meth:`start` raises."""
        await self.start()
        number = next(self._numbers)
        self._asked[number] = asyncio.get_running_loop().create_future()
        self.send({"fork": number, "argv": argv, "env": environment, "cwd": folder})
        async with asyncio.timeout(PATIENCE):
            return await self._asked[number]

    def send(self, message: dict[str, Any]) -> None:
        """Tell the fork server something."""
        if self._writer is not None:
            self._writer.write(json.dumps(message).encode() + b"\n")

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Hear what it says until it ends; then all its kernels have."""
        while line := await reader.readline():
            self._hear(json.loads(line))
        for kernel in self._kernels.values():
            kernel.returncode = -signal.SIGKILL
        for future in self._asked.values():
            if not future.done():
                future.set_exception(OSError("the fork server has ended"))
        self._kernels.clear()
        self._asked.clear()
        self._writer = None

    def _hear(self, message: dict[str, Any]) -> None:
        if "forked" in message:
            kernel = self._kernels[message["pid"]] = Forked(self, message["pid"])
            future = self._asked.pop(message["forked"], None)
            if future is not None and not future.done():
                future.set_result(kernel)
            else:
                kernel.kill()  # nobody waits for it any more
        elif "ended" in message:
            ended = self._kernels.pop(message["ended"], None)
            if ended is not None:
                ended.returncode = message["code"]

    def close(self) -> None:
        """End it and every kernel; without it, nothing happens."""
        if self._writer is not None:
            # a transport closes in a later turn of the loop, which does not come while we wait
            with contextlib.suppress(OSError):
                self._writer.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            self._writer.close()
            self._writer = None
        if self._process is not None:
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


class ForkProvisioner(LocalProvisioner):
    """Starts a visitor's kernel as a fork; as a process of its own where that fails."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """The kernel's connection information, once it has been forked."""
        environment = {**(kwargs.get("env") or os.environ)}
        folder = str(kwargs.get("cwd") or os.getcwd())
        arguments = cmd[cmd.index("-f") :]
        try:
            found = await ForkServer.instance().fork(arguments, environment, folder)
        except (OSError, TimeoutError) as error:
            _log.warning("no kernel could be forked (%s); one is started", type(error).__name__)
            return await super().launch_kernel(cmd, **kwargs)
        self.process: Any = found
        self.pid, self.pgid, self.cwd = found.pid, None, folder  # signals go through its parent
        return self.connection_info
