"""Visitors of the dashboard without a browser: what they ask, and what they are answered."""

from __future__ import annotations

import http.client
import json
import os
import time
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import websocket

NOBODY = "12345678-1234-1234-1234-123456789abc"


class Visit:
    """A visitor without a browser: a page, its kernel, and its cookies."""

    def __init__(self, server) -> None:
        self.server = server
        _, self.headers, self.page = ask(server, "/")
        for _ in range(300):
            status, headers, answer = ask(server, "/place", "POST")
            if status == 200:
                break
            time.sleep(0.2)
        assert status == 200, answer
        self.kernel_id = json.loads(answer)["kernel"]
        self.given = headers.get_all("Set-Cookie")
        cookies = SimpleCookie()
        for line in self.given:
            cookies.load(line)
        self.cookies = {
            name: cookie.value for name, cookie in cookies.items() if name.startswith("rnnbook")
        }

    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def socket(
        self, kernel_id: str = "", cookie: str | None = None, session: str = "test"
    ) -> websocket.WebSocket:
        address = self.server.address.replace("http", "ws")
        path = f"api/kernels/{kernel_id or self.kernel_id}/channels?session_id={session}"
        return websocket.create_connection(
            address + path, cookie=self.cookie() if cookie is None else cookie, timeout=120,
            suppress_origin=True,
        )  # fmt: skip

    def leave(self) -> int:
        path = f"/voila/api/shutdown/{self.kernel_id}"
        return ask(self.server, path, "POST", {"Cookie": self.cookie()})[0]

    def is_alive(self) -> bool:
        return (
            ask(self.server, f"/alive/{self.kernel_id}", headers={"Cookie": self.cookie()})[0]
            == 204
        )


def ask(
    server, path: str, method: str = "GET", headers=None
) -> tuple[int, http.client.HTTPMessage, str]:
    """An answer's status, headers and text; the path is sent as it is."""
    connection = http.client.HTTPConnection(urlsplit(server.address).netloc, timeout=120)
    connection.putrequest(method, path)
    for name, value in {"Content-Length": "0", **(headers or {})}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, answer.headers, text


def message(kind: str, content: dict, channel: str = "shell") -> str:
    header = {"msg_id": os.urandom(8).hex(), "msg_type": kind, "session": "test",
              "username": "", "version": "5.3", "date": "2026-01-01T00:00:00Z"}  # fmt: skip
    return json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content,
                       "channel": channel, "buffers": []})  # fmt: skip


def answers(socket: websocket.WebSocket, seconds: float) -> list[dict]:
    """Everything that comes in a while."""
    found, deadline = [], time.monotonic() + seconds
    socket.settimeout(0.3)
    while time.monotonic() < deadline:
        try:
            received = socket.recv()
        except websocket.WebSocketTimeoutException:
            continue
        except (websocket.WebSocketException, OSError):
            break
        if isinstance(received, str) and received:
            found.append(json.loads(received))
    return found


def is_answered(socket: websocket.WebSocket, kind: str, seconds: float = 60) -> bool:
    """Whether such a message comes, however busy the machine is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if any(one["msg_type"] == kind for one in answers(socket, 0.5)):
            return True
    return False
