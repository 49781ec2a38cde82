"""Whose kernel is whose: a signed cookie that only the requests to one kernel carry.

A kernel's number is hard to guess, but it stands in the page and in logs. So the page
comes with a cookie for the paths of its own kernel, and every request about a kernel
must show it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, RequestHandler

#: A cookie's name for each path below which a kernel's requests lie.
COOKIES = {
    "rnnbook-kernel": "api/kernels",
    "rnnbook-shutdown": "voila/api/shutdown",
    "rnnbook-alive": "alive",
}


def ticket(secret: bytes, kernel_id: str) -> str:
    """What the cookie holds for a kernel."""
    return hmac.new(secret, kernel_id.encode(), hashlib.sha256).hexdigest()


def give(handler: RequestHandler, kernel_id: str) -> None:
    """Send the cookies for one kernel with the answer."""
    value = ticket(handler.settings["cookie_secret"], kernel_id)
    base = handler.settings["base_url"]
    for name, path in COOKIES.items():
        handler.set_cookie(
            name,
            value,
            path=url_path_join(base, path, kernel_id),
            httponly=True,
            samesite="Strict",
            secure=is_https(handler),
        )


def check(handler: RequestHandler, kernel_id: str, kernels: Iterable[str]) -> None:
    """Raise a 404 unless the kernel is there and the request shows its cookie."""
    shown = next(filter(None, map(handler.get_cookie, COOKIES)), "")
    expected = ticket(handler.settings["cookie_secret"], kernel_id)
    # in bytes: a cookie may hold what is no ASCII
    if kernel_id not in kernels or not hmac.compare_digest(shown.encode(), expected.encode()):
        raise HTTPError(404)


def is_https(handler: RequestHandler) -> bool:
    """Whether the visitor came by HTTPS, be it to a proxy before this server.

    Who claims it falsely gets cookies that their own browser does not send back.
    """
    said = handler.request.headers.get("X-Forwarded-Proto", "").split(",")[0].strip().lower()
    return handler.request.protocol == "https" or said == "https"
