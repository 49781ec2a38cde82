"""Who may come in, where the dashboard was given a token: it is asked for once, on a page."""

from __future__ import annotations

from typing import Any

from tornado import web
from voila.voila_identity_provider import VoilaIdentityProvider

from rnnbook.dashboard.server import places


class Doorkeeper(VoilaIdentityProvider):
    """Knows the token by address (``?token=``), header or cookie; it has no page of its own.

    Its cookie goes to HTTPS only if that is how the visitor came.
    """

    def get_handlers(self) -> list[tuple[str, object]]:
        """No page for logging in or out: the dashboard's own address asks for the token."""
        return []

    def set_login_cookie(self, handler: web.RequestHandler, user: Any) -> None:
        """Remember who has shown the token."""
        before: Any = self.secure_cookie  # type: ignore[has-type]
        self.secure_cookie = places.is_https(handler) if before is None else before
        try:
            super().set_login_cookie(handler, user)
        finally:
            self.secure_cookie = before
