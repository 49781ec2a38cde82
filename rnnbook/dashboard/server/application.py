"""Voila, with the dashboard's kernels and the dashboard's few addresses."""

from __future__ import annotations

from typing import Any

import tornado.ioloop
import tornado.web
from jupyter_server.utils import url_path_join
from voila.app import Voila

from rnnbook.dashboard.server import handlers, wakeup
from rnnbook.dashboard.server.kernels import Kernels, Specs

#: The largest message that a page may send, in bytes: an upload in its wrapping.
MAX_MESSAGE = 8 * 1024 * 1024
_KERNEL = r"(\w+-\w+-\w+-\w+-\w+)"


class Server(Voila):
    """Voila for one notebook, for visitors who are not trusted."""

    aliases = {  # noqa: RUF012 - traitlets' own way
        **Voila.aliases,
        "visitors": "Kernels.limit",
        "pool": "Kernels.pool",
        "away": "Kernels.away",
    }
    classes = [*Voila.classes, Kernels]  # noqa: RUF012

    def init_settings(self) -> dict[str, Any]:
        """Voila's settings, with kernels of our own kind and headers on every answer."""
        wakeup.repair()
        configuration = self.voila_configuration
        configuration.multi_kernel_manager_class = Kernels
        configuration.kernel_spec_manager_class = Specs
        configuration.preheat_kernel = False  # Kernels does that, and within a limit
        settings = super().init_settings()
        tornado.ioloop.IOLoop.current().add_callback(self.kernel_manager.begin)
        return {
            **settings,
            "headers": handlers.HEADERS,
            "default_handler_class": handlers.Nothing,
            "websocket_max_message_size": MAX_MESSAGE,
            "websocket_ping_interval": 20,
            "disable_check_xsrf": False,
        }

    def init_handlers(self) -> list[Any]:
        """The page, its kernel, and the files that make it up. Nothing else is served."""

        def at(path: str) -> str:
            return url_path_join(self.server_url, path)

        files = {r"/voila/templates/(.*)", r"/voila/static/(.*)", r"/voila/labextensions/(.*)"}
        kept = [rule for rule in super().init_handlers() if rule[0] in {at(path) for path in files}]
        return [
            (self.server_url, handlers.Page),
            (at(rf"/api/kernels/{_KERNEL}"), handlers.Kernel),
            (at(rf"/api/kernels/{_KERNEL}/channels"), handlers.Channels),
            (at(rf"/voila/api/shutdown/{_KERNEL}"), handlers.Shutdown),
            (at(rf"/alive/{_KERNEL}"), handlers.Alive),
            *self.identity_provider.get_handlers(),
            *map(_with_headers, kept),
            (r"/(.*)", handlers.Nothing),
        ]


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

        def write_error(self, status_code: int, **kwargs: Any) -> None:
            self.finish("")

    return (pattern, Files, *rest)
