"""What is answered: the page, its kernel's socket, and a plain page for everything else."""

from __future__ import annotations

import json
from typing import Any

import tornado.web
from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from rnnbook.dashboard.server import places

#: What a page may do: its own scripts, styles and pictures, and nothing of other hosts.
#: ipywidgets sets styles in the page, so that styles cannot be restricted to files.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "rnnbook",
}
_PROBLEMS = {
    403: ("Not for you", "This address is not open."),
    404: ("Nothing here", "The dashboard has one page, and this is not it."),
}
_OTHER = ("That did not work", "Something was asked for that the dashboard does not do.")


class Plain(JupyterHandler):
    """A handler whose errors are a plain page: no traceback, no path, no version."""

    @property
    def kernels(self) -> Any:
        """The server's :class:`~rnnbook.dashboard.server.kernels.Kernels`."""
        return self.kernel_manager

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        title, sentence = _PROBLEMS.get(status_code, _OTHER)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        page = self.settings["voila_jinja2_env"].get_template("notice.html")
        self.finish(page.render(title=title, sentence=sentence, base_url=self.base_url, wait=0))


class Nothing(Plain):
    """The answer to every other address."""

    async def prepare(self) -> None:  # type: ignore[override]
        raise tornado.web.HTTPError(404)


class Page(Plain):
    """The dashboard, or a page that says why not yet and tries again by itself."""

    @tornado.web.authenticated
    async def get(self) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        found = self.kernels.take()
        if found is not None:
            places.give(self, found.kernel_id)
            self.finish(found.page)
            return
        title, sentence, wait = "One moment", "Your network is waking up.", 1
        if self.kernels.is_full:
            title, wait = "Every place is taken", 5
            sentence = (
                f"{self.kernels.limit} visitors are here, and there are no more places. This page "
                "tries again by itself, every few seconds."
            )
        self.set_status(503)
        self.set_header("Retry-After", str(wait))
        self.set_header("Refresh", str(wait))  # the browser's own, which needs no script to arrive
        page = self.settings["voila_jinja2_env"].get_template("notice.html")
        self.finish(page.render(title=title, sentence=sentence, base_url=self.base_url, wait=wait))


class Kernel(Plain, KernelHandler):
    """What the page asks of its kernel before it opens the socket. Nothing can be changed."""

    SUPPORTED_METHODS = ("GET",)

    @tornado.web.authenticated
    async def get(self, kernel_id: str) -> None:
        places.check(self, kernel_id, self.kernels.taken)
        self.finish(json.dumps(self.kernels.kernel_model(kernel_id), default=str))


class Alive(Plain):
    """Whether the page's kernel lives: 204, or 410 if it has ended."""

    @tornado.web.authenticated
    async def get(self, kernel_id: str) -> None:
        try:
            places.check(self, kernel_id, self.kernels.taken)
        except tornado.web.HTTPError:
            lives = False
        else:
            lives = await self.kernels.lives(kernel_id)
        self.set_status(204 if lives else 410)
        self.finish()


class Shutdown(Plain, VoilaShutdownKernelHandler):
    """The page has been closed. It says so with a beacon, which can carry no token.

    Nor need it: the cookie that it must show is sent with the requests of its own page only.
    """

    SUPPORTED_METHODS = ("POST",)

    def check_xsrf_cookie(self) -> None:
        """The place's cookie is checked instead."""

    @tornado.web.authenticated
    async def post(self, kernel_id: str) -> None:
        places.check(self, kernel_id, self.kernels.taken)
        await ensure_async(self.kernels.shutdown_kernel(kernel_id, now=True))
        self.set_status(204)
        self.finish()


class Channels(VoilaKernelWebsocketHandler):
    """The socket between a page and its own kernel."""

    def set_default_headers(self) -> None:
        for name, value in HEADERS.items():
            self.set_header(name, value)

    async def pre_get(self) -> None:
        kernels: Any = self.kernel_manager
        places.check(self, self.kernel_id, kernels.taken)
        await super().pre_get()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.finish("")

    def on_message(self, ws_message: Any) -> None:
        """Hand a message on; one that is none ends the socket, not the server."""
        try:
            super().on_message(ws_message)
        except Exception:
            self.log.warning("a malformed message on the socket of kernel %s", self.kernel_id)
            self.close(1003, "malformed message")
