"""What is answered: the page, a place, what is asked of a kernel, and a plain page for the rest."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import tornado.web
from jupyter_core.utils import ensure_async
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler

from rnnbook.dashboard import accidents
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
_ACCIDENT = "Something broke here; whoever runs this dashboard finds it in the log as accident {}."


class Plain(JupyterHandler):
    """A handler whose errors are a plain page, and whose accidents go to the log with a number."""

    @property
    def kernels(self) -> Any:
        """The server's :class:`~rnnbook.dashboard.server.kernels.Kernels`."""
        return self.kernel_manager

    def log_exception(self, kind: Any, value: Any, trace: Any) -> None:
        """What was refused on purpose is no accident; the rest gets a number."""
        if value is not None and not isinstance(value, tornado.web.HTTPError):
            self._accident = accidents.report(value).split("accident ")[1].split(".")[0]

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        number = getattr(self, "_accident", "")
        title, sentence = _PROBLEMS.get(status_code, _OTHER)
        self.notice(title, _ACCIDENT.format(number) if number else sentence)

    def notice(self, title: str, sentence: str, *, has_form: bool = False) -> None:
        """Answer with a page that says one thing, and has a form for a token or a link."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        page = self.settings["voila_jinja2_env"].get_template("notice.html")
        known = {"title": title, "sentence": sentence, "base_url": self.base_url, "form": has_form}
        self.finish(page.render(**known))


class Nothing(Plain):
    """The answer to every other address."""

    async def prepare(self) -> None:  # type: ignore[override]
        raise tornado.web.HTTPError(404)


class Page(Plain):
    """The dashboard's page, or one that asks for the token."""

    def check_xsrf_cookie(self) -> None:
        """The form of the token comes with the token, and does nothing but take it."""

    @allow_unauthenticated
    async def get(self) -> None:
        self.set_header("Cache-Control", "no-cache")
        if self.current_user is None:
            return self._ask_for_the_token()
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(self.settings["rnnbook_page"])

    head = get

    @allow_unauthenticated
    async def post(self) -> None:
        """The token was typed; the page comes at the same address."""
        if self.current_user is None:
            return self._ask_for_the_token()
        self.redirect(self.request.uri or self.base_url, status=303)

    def _ask_for_the_token(self) -> None:
        self.set_status(403)
        wrong = "That token is not the right one. " if self.get_argument("token", "") else ""
        sentence = f"{wrong}Whoever runs this dashboard has given it a token; type it here."
        self.notice("A token is asked for", sentence, has_form=True)


class Place(Plain):
    """A place for a page that has come alive: its kernel, or why there is none yet."""

    def check_xsrf_cookie(self) -> None:
        """Who asks from another site is refused below; a page that just came has no cookie."""

    @allow_unauthenticated
    async def post(self) -> None:
        self.set_header("Cache-Control", "no-store")
        if self.current_user is None or not _is_from_here(self):
            raise tornado.web.HTTPError(403)
        kernels = self.kernels
        kernel_id = await kernels.take()
        if kernel_id is not None:
            places.give(self, kernel_id)
            self.finish({"kernel": kernel_id})
            return
        title, sentence, wait = "One moment", "Your network is waking up.", 1
        if kernels.is_full:
            title, wait = "Every place is taken", 5
            sentence = (
                f"{kernels.limit} visitors are here, and there are no more places. This page "
                "tries again by itself, every few seconds."
            )
        elif kernels.failures > 2:
            title, wait = "The dashboard is ill", 5
            sentence = (
                "No network wakes up on this server; whoever runs it finds the reason in the log. "
                "This page tries again by itself."
            )
        self.set_status(503)
        self.set_header("Retry-After", str(wait))
        self.finish({"title": title, "sentence": sentence, "wait": wait})


def _is_from_here(handler: tornado.web.RequestHandler) -> bool:
    """Whether a page of this server asks, as far as the browser tells."""
    origin = handler.request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == handler.request.host


class Health(Plain):
    """Whether new visitors can come in: 200, or 503 if no kernel comes up. It takes no place."""

    @allow_unauthenticated
    async def get(self) -> None:
        kernels = self.kernels
        self.set_header("Cache-Control", "no-store")
        self.set_status(503 if kernels.failures > 2 else 200)
        count = {"visitors": len(kernels.taken), "places": kernels.limit}
        self.finish({**count, "ready": len(kernels.ready)})

    head = get


class Kernel(Plain, KernelHandler):
    """What the page asks of its kernel before it opens the socket. Nothing can be changed."""

    SUPPORTED_METHODS = ("GET",)

    @allow_unauthenticated
    async def get(self, kernel_id: str) -> None:
        _let_in(self, kernel_id)
        self.finish(json.dumps(self.kernels.kernel_model(kernel_id), default=str))


class Alive(Plain):
    """Whether the page's kernel lives: 204, or 410 if it has ended. The page is there, then."""

    @allow_unauthenticated
    async def get(self, kernel_id: str) -> None:
        try:
            _let_in(self, kernel_id)
        except tornado.web.HTTPError as error:
            if error.status_code == 403:
                raise
            lives = False
        else:
            self.kernels.hear_of(kernel_id)
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

    @allow_unauthenticated
    async def post(self, kernel_id: str) -> None:
        _let_in(self, kernel_id)
        await ensure_async(self.kernels.shutdown_kernel(kernel_id, now=True))
        self.set_status(204)
        self.finish()


def _let_in(handler: Any, kernel_id: str) -> None:
    """Raise 403 without the token, and 404 without the kernel's cookie."""
    if handler.current_user is None:
        raise tornado.web.HTTPError(403)
    places.check(handler, kernel_id, handler.kernel_manager.taken)
