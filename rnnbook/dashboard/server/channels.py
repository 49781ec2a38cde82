"""The socket between a page and its own kernel."""

from __future__ import annotations

import logging
from typing import Any

import tornado.web
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from rnnbook.dashboard import accidents
from rnnbook.dashboard.server import places
from rnnbook.dashboard.server.handlers import HEADERS
from rnnbook.dashboard.server.traffic import Traffic, Verdict

_log = logging.getLogger(__name__)
#: A page's socket is closed when so many bytes wait for it, for it does not take them.
MOST_WAITING = 16 * 1024 * 1024


class Channels(VoilaKernelWebsocketHandler):
    """The socket between a page and its own kernel."""

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    async def pre_get(self) -> None:
        kernels: Any = self.kernel_manager
        places.check(self, self.kernel_id, kernels.taken)
        self._traffic = Traffic()
        await super().pre_get()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.finish("")

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """Accidents go to the log with a number; what was refused does not."""
        if value is not None and not isinstance(value, tornado.web.HTTPError):
            accidents.report(value)

    def on_message(self, ws_message: Any) -> None:
        """Hand a message on; one that is none, or too much, ends the socket, not the server."""
        verdict = self._traffic.judge(ws_message, self.selected_subprotocol)
        if verdict is Verdict.DROP:
            return
        try:
            if verdict is Verdict.TAKE:
                return super().on_message(ws_message)
        except Exception as error:
            _log.warning("a message could not be handed on: %s", accidents.described(error))
        _log.warning("the socket of kernel %s is closed: malformed, or too much", self.kernel_id)
        self.close(1008, "malformed, or too much")

    def write_message(self, message: Any, binary: bool = False) -> Any:
        """Send to the page, unless it does not take what it was sent before."""
        connection = self.ws_connection
        stream = getattr(connection, "stream", None)
        if stream is not None and stream._write_buffer and len(stream._write_buffer) > MOST_WAITING:
            return self.close(1013, "the page does not listen")
        return super().write_message(message, binary)
