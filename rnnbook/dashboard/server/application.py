"""Voila, with the dashboard's kernels and the dashboard's few addresses."""

from __future__ import annotations

import errno
import logging
import signal
import sys
from typing import Any

import tornado.web
from jupyter_server.auth.identity import PasswordIdentityProvider
from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from voila.app import Voila

from rnnbook.dashboard import accidents, logs
from rnnbook.dashboard.server import channels, folders, handlers, page, wakeup
from rnnbook.dashboard.server.kernels import Kernels, Specs
from rnnbook.dashboard.server.login import Doorkeeper

_log = logging.getLogger(__name__)
#: The largest message that a page may send, in bytes: an upload in its wrapping.
MAX_MESSAGE = 8 * 1024 * 1024
_KERNEL = r"(\w+-\w+-\w+-\w+-\w+)"


class Server(Voila):
    """Voila for one page, for visitors who are not trusted."""

    aliases = {  # noqa: RUF012 - traitlets' own way
        **Voila.aliases,
        "visitors": "Kernels.limit",
        "pool": "Kernels.pool",
        "away": "Kernels.away",
        "crowded": "Kernels.crowded",
    }
    classes = [*Voila.classes, Kernels]  # noqa: RUF012

    def initialize(self, argv: Any = None) -> None:
        """Voila's own, with a log that tells nothing of visitors."""
        super().initialize(argv)
        logs.to()
        self.log.handlers[:] = []
        self.log.propagate = True
        if self.log_level == logging.INFO:  # what Jupyter tells at that level is for developers
            self.log.setLevel(logging.WARNING)

    def start(self) -> None:
        """Serve until interrupted. Exits with a sentence if the port is taken."""
        try:
            for one in bind_sockets(self.port, self.ip):
                one.close()
        except OSError as error:
            reason = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error})"
            sys.exit(f"error: port {self.port} {reason}; choose another, as in --port=8870")
        if left := folders.remove_leftovers():
            _log.info("removed what %d servers had left on the disk", left)
        self.folders = folders.Folders()
        self.connection_dir_root = str(self.folders.root)
        try:
            super().start()
        except KeyboardInterrupt:  # before it listened
            sys.exit(0)
        finally:
            self.folders.close()

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, with kernels of our own kind and headers on every answer."""
        wakeup.repair()
        # tornado takes Jupyter's milliseconds for seconds of its own, and says so each time
        logging.getLogger("tornado.general").addFilter(
            lambda record: "websocket_ping_timeout" not in str(record.msg)
        )
        configuration = self.voila_configuration
        configuration.multi_kernel_manager_class = Kernels
        configuration.kernel_spec_manager_class = Specs
        configuration.preheat_kernel = False  # Kernels does that, and within a limit
        if self.identity_provider_class is PasswordIdentityProvider:  # type: ignore[has-type] # none chosen
            self.identity_provider_class = Doorkeeper
        settings = super().init_settings()
        return {
            **settings,
            "headers": handlers.HEADERS,
            "default_handler_class": handlers.Nothing,
            "log_function": log_request,
            "websocket_max_message_size": MAX_MESSAGE,
            "ws_ping_interval": 20_000,  # milliseconds
            "ws_ping_timeout": 60_000,  # longer than the time between two pongs
            "disable_check_xsrf": False,
        }

    def init_handlers(self) -> list[Any]:
        """The page, its kernel, and the files that make it up. Nothing else is served."""
        self.app.settings["rnnbook_page"] = IOLoop.current().run_sync(lambda: page.render(self))

        def at(path: str) -> str:
            return url_path_join(self.server_url, path)

        files = {r"/voila/templates/(.*)", r"/voila/static/(.*)", r"/voila/labextensions/(.*)"}
        kept = [rule for rule in super().init_handlers() if rule[0] in {at(path) for path in files}]
        return [
            (self.server_url, handlers.Page),
            (at("/place"), handlers.Place),
            (at("/healthz"), handlers.Health),
            (at(rf"/api/kernels/{_KERNEL}"), handlers.Kernel),
            (at(rf"/api/kernels/{_KERNEL}/channels"), channels.Channels),
            (at(rf"/voila/api/shutdown/{_KERNEL}"), handlers.Shutdown),
            (at(rf"/alive/{_KERNEL}"), handlers.Alive),
            *map(_with_headers, kept),
            (r"/(.*)", handlers.Nothing),
        ]

    def listen(self) -> None:
        """Listen on the port that was asked for, and on no other, and say where."""
        self.port_retries = 0
        IOLoop.current().add_callback(self.kernel_manager.begin)
        IOLoop.current().add_callback(self._say_where)
        super().listen()

    def stop(self) -> None:
        """End every kernel, in the loop in which they were started, and remove all folders."""
        IOLoop.current().run_sync(self.kernel_manager.shutdown_all)

    def _say_where(self) -> None:
        _log.info("The dashboard is at %s", self.display_url)

    def _handle_signal_stop(self, sig: int, frame: Any) -> None:
        """End when it is asked to, even if it is just starting."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        loop = getattr(self, "ioloop", None)  # which is there once it listens
        if loop is None:
            sys.exit(0)
        loop.add_callback_from_signal(loop.stop)


def log_request(handler: tornado.web.RequestHandler) -> None:
    """One line for an answer that is an accident; an address may hold a prompt or a token."""
    if handler.get_status() >= 500 and handler.get_status() != 503:
        kind, method = type(handler).__name__, handler.request.method
        _log.error("%s %s was answered with %d", method, kind, handler.get_status())


def _with_headers(rule: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same rule for files, whose answers carry the headers too."""
    pattern, handler, *rest = rule

    class Files(handler):  # type: ignore[misc, valid-type]
        def set_default_headers(self) -> None:
            for name, value in handlers.HEADERS.items():
                self.set_header(name, value)

        async def get(self, path: str, include_body: bool = True) -> None:
            try:
                await super().get(path, include_body)
            except (AssertionError, ValueError) as error:  # no path of the form it expects
                raise tornado.web.HTTPError(404) from error

        def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
            if value is not None and not isinstance(value, tornado.web.HTTPError):
                accidents.report(value)

        def write_error(self, status_code: int, **kwargs: Any) -> None:
            self.finish("")

    return (pattern, Files, *rest)
