"""A visitor without a browser: the page, its files, and its kernel's socket."""

from __future__ import annotations

import asyncio
import json
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import websockets


def message(kind: str, content: dict[str, Any]) -> str:
    """A message of Jupyter's protocol, as the page sends it."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "session": "s", "username": "",
              "version": "5.3", "date": "2026-01-01T00:00:00Z"}  # fmt: skip
    return json.dumps({"header": header, "parent_header": {}, "metadata": {"version": "1.0.0"},
                       "content": content, "channel": "shell", "buffers": []})  # fmt: skip


@dataclass
class Visitor:
    """One who has come in, with seconds since the first request."""

    socket: Any
    states: dict[str, Any]
    first_paint: float  # the page and the style of its first words are there
    whole: float  # all its files, and the state of every widget
    url: str  # of the socket
    headers: dict[str, str]  # that open it
    moved: int = 0  # how often its slider was measured

    def another_socket(self) -> Any:
        """One more socket to the same kernel."""
        url = self.url.partition("?")[0] + f"?session_id={uuid.uuid4()}"
        return websockets.connect(
            url, additional_headers=self.headers, max_size=None, max_queue=None
        )

    def widget(self, description: str) -> str:
        """The number of the first widget of that description."""
        return next(
            name for name, state in self.states.items()
            if state["state"].get("description") == description
        )  # fmt: skip

    async def move(self, value: float) -> float:
        """Seconds from a slider's movement to the table of the next character that follows it."""
        update = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        content = {"comm_id": self.widget("Temperature"), "data": update}
        started = time.monotonic()
        await self.socket.send(message("comm_msg", content))
        while True:
            received = await asyncio.wait_for(self.socket.recv(), 60)
            if isinstance(received, str) and f"at temperature {value:.2f}" in received:
                return time.monotonic() - started

    async def generate(self) -> tuple[float, float, int]:
        """Seconds from Generate to the first characters and to the last, and in how many steps."""
        click = {"method": "custom", "content": {"event": "click"}}
        started, first, steps = time.monotonic(), 0.0, 0
        content = {"comm_id": self.widget("Generate"), "data": click}
        await self.socket.send(message("comm_msg", content))
        while True:
            received = await asyncio.wait_for(self.socket.recv(), 120)
            if "rnnbook-cursor" in received:
                steps += 1
                first = first or time.monotonic() - started
            if "Wrote 300 characters" in received:
                return first, time.monotonic() - started, steps


@asynccontextmanager
async def plain_visitor(address: str) -> AsyncIterator[Visitor]:
    """Come in, and say goodbye at the end."""
    started = time.monotonic()
    async with httpx.AsyncClient(base_url=address, timeout=120) as client:
        while (page := await client.get("/")).status_code != 200:
            await asyncio.sleep(1)
        files = re.findall(r'(?:src|href)="(/voila/[^"]+)"', page.text)
        await client.get(next(name for name in files if "page.css" in name))
        first_paint = time.monotonic() - started
        await asyncio.gather(*(client.get(name) for name in files))
        kernel_id, answer = await _place(client, page)
        cookies = [line for line in answer.headers.get_list("set-cookie") if "rnnbook" in line]
        headers = {"Cookie": "; ".join(line.split(";")[0] for line in cookies)}
        session = uuid.uuid4()
        url = f"{address}api/kernels/{kernel_id}/channels?session_id={session}"
        url = url.replace("http", "ws", 1)
        async with websockets.connect(
            url, additional_headers=headers, max_size=None, max_queue=None, open_timeout=120
        ) as socket:
            states = await _states(socket)
            whole = time.monotonic() - started
            yield Visitor(socket, states, first_paint, whole, url, headers)
        await client.post(f"/voila/api/shutdown/{kernel_id}", headers=headers)


async def _place(client: httpx.AsyncClient, page: httpx.Response) -> tuple[str, httpx.Response]:
    """A kernel, and the answer that brought it: the page itself once, now one of its own."""
    config = re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page.text)
    kernel_id = json.loads(config[1])["kernelId"] if config else ""
    if kernel_id:
        return kernel_id, page
    while (answer := await client.post("/place")).status_code != 200:
        await asyncio.sleep(answer.json()["wait"])
    return answer.json()["kernel"], answer


async def _states(socket: Any) -> dict[str, Any]:
    """The state of every widget, as the page asks for it."""
    comm = uuid.uuid4().hex
    target = {"comm_id": comm, "target_name": "jupyter.widget.control", "data": {}}
    await socket.send(message("comm_open", target))
    request = {"comm_id": comm, "data": {"method": "request_states"}}
    await socket.send(message("comm_msg", request))
    while True:
        received = await asyncio.wait_for(socket.recv(), 60)
        text = received if isinstance(received, str) else received.decode("utf-8", "ignore")
        if comm in text and "update_states" in text:
            start = text.index("{")  # before it, offsets, if there are buffers
            states: dict[str, Any] = json.JSONDecoder().raw_decode(text[start:])[0]
            return states["content"]["data"]["states"]
