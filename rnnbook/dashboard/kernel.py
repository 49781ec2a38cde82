"""``python -m rnnbook.dashboard.kernel``: a visitor's kernel, which hears widgets and runs no code.

It is ipykernel's kernel without IPython's shell in it: there is nobody to type, so there is
nothing that could run what was typed, no debugger, and no history on the disk. It holds one
dashboard, whose box has the number that the page names.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import comm
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
from ipywidgets import Widget
from tornado.ioloop import IOLoop
from traitlets import Any as AnyTrait

from rnnbook.dashboard import logs, room

if TYPE_CHECKING:
    from rnnbook.dashboard.app import Dashboard

#: The number of the dashboard's box among Jupyter's widgets, in every visitor's kernel.
MODEL_ID = "726e6e626f6f6b2d64617368626f6172"
#: How much a kernel gives way to the server, which has a page for whoever comes: where a class
#: comes at once, its first words would wait for everybody's kernel.
NICENESS = 5
_CONTROL = "jupyter.widget.control"  # by which a page asks for the state of all widgets
#: So many messages are remembered as done. A page sends again only what it has not heard of: a
#: few, the last ones before its line was cut.
_DONE = 1000


class VisitorKernel(Kernel):
    """A kernel that knows the messages of widgets, and no others."""

    implementation, implementation_version, banner = "rnnbook", "1", ""
    language_info = {  # noqa: RUF012 - ipykernel's own way
        "name": "none",
        "mimetype": "text/plain",
        "file_extension": ".txt",
    }
    msg_types = ["comm_info_request", "kernel_info_request"]  # noqa: RUF012
    control_msg_types = ["kernel_info_request", "shutdown_request"]  # noqa: RUF012
    debugpy_stream, user_ns = AnyTrait(), AnyTrait()  # given to every kernel, of no use here

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.comm_manager: Any = comm.get_comm_manager()
        # The usual targets include one by which a page makes widgets of its own.
        self.comm_manager.targets = {_CONTROL: Widget.handle_control_comm_opened}
        made_before: dict[str, Any] = self.comm_manager.comms
        for one in made_before.values():
            one.kernel = self  # ipywidgets sends nothing where there is none
        done: deque[str] = deque(maxlen=_DONE)
        for kind in ("comm_open", "comm_msg", "comm_close"):
            self.shell_handlers[kind] = once(getattr(self.comm_manager, kind), done)


def once(
    handle: Callable[[Any, Any, dict[str, Any]], Any], done: deque[str]
) -> Callable[[Any, Any, dict[str, Any]], Any]:
    """A handler that does nothing for a message whose number is among those that are done.

    A page whose line was cut does not know what has arrived, and sends it again; the kernel says
    of it once more that it is done with it, as of every message.
    """

    def handle_once(stream: Any, ident: Any, message: dict[str, Any]) -> None:
        number = message["header"]["msg_id"]
        if number not in done:
            done.append(number)
            handle(stream, ident, message)

    return handle_once


class KernelApp(IPKernelApp):
    """ipykernel's application without profiles, configuration files and captured output.

    What is printed goes where the process was started: to the operator, not to the page.
    """

    def init_profile_dir(self) -> None:
        """IPython's folder of settings is of no use, and is not made."""

    def load_config_file(self, *args: Any, **kwargs: Any) -> None:
        """A file that could change what a kernel does is not read."""

    def init_pdb(self) -> None:
        """There is nobody to debug."""

    def init_sockets(self) -> None:
        """Jupyter's sockets on this machine's own address; that they are plain is no news."""
        self.log.setLevel(logging.ERROR)
        super().init_sockets()
        self.log.setLevel(logging.WARNING)


def build() -> Dashboard:
    """The dashboard of the coming visitor, once all is imported that its kernel will use."""
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type] # as if not installed
    import ipykernel.debugger  # noqa: F401 - every kernel imports it when it starts

    from rnnbook.dashboard.app import Dashboard

    return Dashboard(model_id=MODEL_ID)


def main(
    arguments: list[str] | None = None, dashboard: Dashboard | None = None, parent: int = 0
) -> None:
    """Become the kernel, with a dashboard that is built already if there is one.

    ``parent`` is the process with which it ends, if that is not the one that Jupyter says.
    """
    logs.to()
    room.limit(room.KERNEL)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    visited = dashboard or build()
    known: dict[str, Any] = {"parent_handle": parent} if parent else {}
    known |= {"profile_dir": None, "outstream_class": None, "log_level": logging.WARNING}
    app = KernelApp.instance(kernel_class=VisitorKernel, **known)
    app.initialize(sys.argv[1:] if arguments is None else arguments)
    IOLoop.current().add_callback(visited.home.settle)
    app.start()


if __name__ == "__main__":
    main()
