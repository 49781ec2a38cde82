"""How often a notebook's cell waits for ever, and how often with the repair.

    python benchmarks/dashboard_waiting.py

Cells whose output an Output widget captures are run by nbclient, as Voila runs them: what
``rnnbook.dashboard.server.wakeup`` explains. A cell that has not ended after eight seconds
is looked at: if the kernel's reply lies unread in the socket, it was lost on the way; it is
then woken by hand, so that the next cell can be run.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from importlib.metadata import version
from typing import Any

import nbformat
import zmq
from _common import provenance, write_json
from _dashboard import load
from jupyter_client.session import Session
from nbclient import NotebookClient

from rnnbook.dashboard.server import wakeup

PATIENCE = 8.0
FIRST = """from ipywidgets import Output
from IPython.display import display
out = Output()
display(out)"""
CELL = """out.clear_output()
with out:
    display("a"); print("x"); display("b")"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2.0, help="for each of the two")
    arguments = parser.parse_args()
    results = {"as released": asyncio.run(run_cells(60 * arguments.minutes))}
    wakeup.repair()
    assert hasattr(Session.send, "__wrapped__")
    results["repaired"] = asyncio.run(run_cells(60 * arguments.minutes))
    releases = {
        name: version(name) for name in ("jupyter_client", "nbclient", "ipykernel", "pyzmq")
    }
    print(results)
    if arguments.minutes == 2.0:
        write_json("dashboard_waiting", provenance(releases=releases, results=results))


async def run_cells(seconds: float) -> dict[str, Any]:
    """Run cells for so long; count those that wait while the reply is there."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FIRST)])
    client = NotebookClient(notebook, kernel_name="python3")
    cells, lost, before, started = 0, 0, load(), time.monotonic()
    async with client.async_setup_kernel():
        await client.async_execute_cell(notebook.cells[0], 0)
        while time.monotonic() - started < seconds:
            cell = nbformat.v4.new_code_cell(CELL)
            notebook.cells[1:] = [cell]
            task = asyncio.ensure_future(client.async_execute_cell(cell, 1))
            done, _ = await asyncio.wait([task], timeout=PATIENCE)
            cells += 1
            if not done:
                socket = client.kc.shell_channel.socket
                is_there = zmq.Socket.shadow(socket.underlying).get(zmq.EVENTS) & zmq.POLLIN
                lost += bool(is_there)
                socket.get(zmq.EVENTS)  # wakes it
                await asyncio.wait_for(task, PATIENCE)
    return {"cells": cells, "waiting for a reply that was there": lost, "load": [before, load()]}


if __name__ == "__main__":
    main()
