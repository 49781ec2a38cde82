"""Why a page of Voila waited for ever while its kernel was idle, and the repair.

What happened. Voila runs a notebook with nbclient, which waits for the kernel's reply
on an asyncio socket of pyzmq. For every output that an ``Output`` widget captures (and
``interact`` captures all of them) nbclient also *sends* on that socket, through
``jupyter_client.session.Session.send``. That writes to a plain shadow of the socket,
behind the back of the asyncio one. A ZeroMQ socket announces news by an edge, once: any
operation on the socket takes the announcement away, a send too. If the kernel's reply
has just arrived when the send is made, the asyncio socket never hears of it. The reply
lies in the queue, the kernel is idle, and the page waits. A busy machine makes the two
meet more often; ``benchmarks/dashboard_waiting.py`` counts how often.

The repair. Whoever has used the shadow asks the asyncio socket for its events: pyzmq
answers by looking into the queue, and the waiting ones are woken. This is one line in
``Session.send``, and could be one upstream (jupyter_client, open pull request 1059, is
about the same waiting). ipykernel 7.4 mended the same mistake on the kernel's side
(ipykernel, pull request 1529): older releases of it lose requests too.
"""

from __future__ import annotations

from functools import wraps
from typing import Any

import zmq
import zmq.asyncio
from jupyter_client.session import Session


def repair() -> None:
    """Let ``Session.send`` wake those who wait on the socket that it sends on.

    To repair twice does no harm.
    """
    unrepaired = Session.send
    if hasattr(unrepaired, "__wrapped__"):
        return

    @wraps(unrepaired)
    def send(self: Session, stream: Any, *arguments: Any, **options: Any) -> Any:
        message = unrepaired(self, stream, *arguments, **options)
        if isinstance(stream, zmq.asyncio.Socket) and not stream.closed:
            stream.get(zmq.EVENTS)  # pyzmq looks into the queue when it is asked
        return message

    Session.send = send  # type: ignore[method-assign]
