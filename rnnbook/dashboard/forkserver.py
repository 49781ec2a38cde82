"""``python -m rnnbook.dashboard.forkserver FD``: the warmed parent of visitors' kernels.

A Python with everything in it takes a second to start and seventy megabytes that are nobody
else's. Here it is started once: everything is imported, a dashboard is built whole, the
garbage collector is told to leave it all alone (:func:`gc.freeze`), and every visitor's
kernel is a fork that shares those pages until it writes into them. Nothing is forked that a
fork would break: there is one thread, no event loop, no socket of ZeroMQ. The child gets
its own session, environment, folder, limits and random state.

It is told what to do in lines of JSON over a socket that the server gave it: ``{"fork": N,
"argv": [...], "env": {...}, "cwd": ...}`` and ``{"signal": S, "pid": P}``. It answers
``{"forked": N, "pid": P}`` and ``{"ended": P, "code": C}``. When the socket closes it ends
every kernel, and itself.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import selectors
import signal
import socket
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnbook.dashboard import accidents

if TYPE_CHECKING:
    from rnnbook.dashboard.app import Dashboard

_NAME = b"rnnbook-kernel"  # at most fifteen bytes


def main() -> None:
    """Get ready, and fork until the socket closes."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    from rnnbook.dashboard import kernel

    dashboard = kernel.build()
    if (threads := number_of_threads()) != 1:
        sys.exit(f"the fork server has {threads} threads, and a fork takes one along only")
    gc.collect()
    gc.freeze()
    ForkServer(channel, dashboard).serve()


def number_of_threads() -> int:
    """The threads of this process, those of libraries too where the system tells."""
    tasks = Path("/proc/self/task")
    if tasks.exists():
        return len(list(tasks.iterdir()))
    import threading

    return threading.active_count()


class ForkServer:
    """Forks kernels, hands signals on, and says which have ended."""

    def __init__(self, channel: socket.socket, dashboard: Dashboard) -> None:
        self._channel, self._dashboard = channel, dashboard
        self._kernels: set[int] = set()
        self._unread = b""
        self._woken, self._waker = socket.socketpair()
        for one in (self._woken, self._waker):
            one.setblocking(False)

    def serve(self) -> None:
        """Until the socket closes."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._say({"ready": os.getpid()})
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while self._turn([key.fileobj for key, _ in selector.select()]):
                pass
        for pid in self._kernels:
            _end(pid, signal.SIGKILL)

    def _turn(self, ready: list[Any]) -> bool:
        """Do what is to be done. Whether to go on."""
        if self._woken in ready:
            self._woken.recv(4096)
            self._reap()
        if self._channel in ready:
            try:
                received = self._channel.recv(65536)
            except ConnectionError:  # it closed with something of ours unread
                return False
            if not received:
                return False
            *lines, self._unread = (self._unread + received).split(b"\n")
            for line in lines:
                self._obey(json.loads(line))
        return True

    def _obey(self, order: dict[str, Any]) -> None:
        if "fork" in order:
            self._fork(order)
        elif order["pid"] in self._kernels:  # else it has ended, and its number may be another's
            _end(order["pid"], order["signal"])

    def _fork(self, order: dict[str, Any]) -> None:
        pid = os.fork()
        if pid == 0:
            self._become_a_kernel(order)
        self._kernels.add(pid)
        self._say({"forked": order["fork"], "pid": pid})

    def _become_a_kernel(self, order: dict[str, Any]) -> None:
        """The child. It never returns."""
        code = 1
        try:
            parent = os.getppid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for one in (self._channel, self._woken, self._waker):
                one.close()
            _settle(order["env"], order["cwd"])
            from rnnbook.dashboard import kernel

            kernel.main(order["argv"], self._dashboard, parent)
            code = 0
        except BaseException as error:
            print("a forked kernel ended:", accidents.described(error), file=sys.stderr)
        finally:
            os._exit(code)

    def _reap(self) -> None:
        """Say which kernels have ended."""
        for pid in list(self._kernels):
            found, status = os.waitpid(pid, os.WNOHANG)
            if found:
                self._kernels.remove(pid)
                self._say({"ended": pid, "code": os.waitstatus_to_exitcode(status)})

    def _say(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(ConnectionError):  # closed: the next turn ends us
            self._channel.sendall(json.dumps(message).encode() + b"\n")


def _settle(environment: dict[str, str], folder: str) -> None:
    """Give a forked process what is its own: session, name, folder, environment, randomness."""
    import numpy as np

    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None  # it is read from the environment anew
    np.random.seed()  # noqa: NPY002 - nothing here draws from it, and a fork would share it
    if sys.platform == "linux":
        pr_set_name = 15
        ctypes.CDLL(None).prctl(pr_set_name, _NAME, 0, 0, 0)


def _end(pid: int, number: int) -> None:
    """Send a signal to a kernel and to all that it has started."""
    for send in (os.killpg, os.kill):  # the group is there once the child has made it
        try:
            send(pid, number)
            return
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
