"""Why a page of Voila waited while its kernel was idle, and that it does no longer."""

from __future__ import annotations

import asyncio
import time

import pytest
import zmq
import zmq.asyncio
from jupyter_client.session import Session

from rnnbook.dashboard.server import wakeup


@pytest.fixture
def unrepaired(monkeypatch):
    """Session.send as jupyter_client has it."""
    send = getattr(Session.send, "__wrapped__", Session.send)
    monkeypatch.setattr(Session, "send", send)


async def reply_is_noticed() -> bool:
    """A reply arrives, and before anybody looks, something is sent on the same socket.

    It is sent twice: ZeroMQ looks for news at every send but those that follow hard upon
    another look, so that one send may leave the announcement where it is.
    """
    with zmq.asyncio.Context() as context, zmq.Context() as other:
        client, kernel = context.socket(zmq.DEALER), other.socket(zmq.DEALER)
        for one in (client, kernel):
            one.linger = 0
        kernel.connect(f"tcp://127.0.0.1:{client.bind_to_random_port('tcp://127.0.0.1')}")
        kernel.send(b"hello")
        await client.recv()
        waiting = asyncio.ensure_future(client.recv())
        await asyncio.sleep(0.05)
        kernel.send(b"the reply")
        time.sleep(0.1)  # it is there, and nobody has looked yet
        for _ in range(2):
            Session().send(client, "comm_msg", {})
            time.sleep(0.01)
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        waiting.cancel()
        client.close()
        kernel.close()
        return bool(done)


def test_without_the_repair_the_reply_is_lost(unrepaired):
    """If this fails one day, jupyter_client is mended, and ``wakeup`` can go."""
    assert not asyncio.run(reply_is_noticed())


def test_with_the_repair_it_is_noticed(unrepaired):
    wakeup.repair()
    assert asyncio.run(reply_is_noticed())
    repaired = Session.send
    wakeup.repair()
    assert Session.send is repaired
