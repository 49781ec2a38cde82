"""One thread for one dashboard, whichever thread hears the page."""

from __future__ import annotations

import asyncio
import json
import queue
import threading

import pytest
from jupyter_client.manager import KernelManager

from rnnbook.dashboard import Dashboard, pictures
from rnnbook.dashboard.home import Home
from rnnbook.dashboard.panels import PLAIN, SURPRISE


def update(widget, **state) -> None:
    """What a page sends when a widget was touched."""
    data = {"method": "update", "state": state, "buffer_paths": []}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})


def click(button) -> None:
    data = {"method": "custom", "content": {"event": "click"}}
    button.comm.handle_msg({"content": {"data": data}, "buffers": []})


async def from_another_thread(action) -> None:
    thread = threading.Thread(target=action)
    thread.start()
    await asyncio.to_thread(thread.join)


def test_actions_of_any_thread_are_done_at_home_in_their_order():
    async def visit() -> None:
        home, done = Home(), []

        def note(number: int) -> None:
            done.append((number, threading.get_ident()))

        home.bring(lambda: note(0))
        assert [number for number, _ in done] == [0]  # it was at home, and waited for nothing

        def elsewhere() -> None:
            for number in range(1, 50):
                home.bring(lambda number=number: note(number))

        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()  # the loop could not run meanwhile
        home.bring(lambda: note(50))  # brought last, from home itself
        assert len(done) == 1
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert done == [(number, threading.get_ident()) for number in range(51)]

    asyncio.run(visit())


def test_without_a_loop_everything_is_done_at_once():
    done = []
    home = Home()
    home.bring(lambda: done.append(1))
    thread = threading.Thread(target=lambda: home.bring(lambda: done.append(2)))
    thread.start()
    thread.join()
    assert done == [1, 2]


def test_a_page_that_is_heard_in_another_thread_touches_nothing_there(monkeypatch):
    """Colours change while a text is written: each picture is drawn where the text grows."""
    drawn_in = set()
    draw = pictures.passage_html

    def watched(chars, classes):
        drawn_in.add(threading.get_ident())
        assert len(chars) == len(classes)
        return draw(chars, classes)

    monkeypatch.setattr(pictures, "passage_html", watched)

    async def visit() -> None:
        dashboard = Dashboard(["shakespeare"])
        laboratory, changed_in = dashboard.laboratory, set()
        colour = laboratory.tools.colour
        colour.observe(lambda _: changed_in.add(threading.get_ident()), "index")
        drawn_in.clear()

        def touch() -> None:
            update(laboratory.controls.length, value=300)
            click(laboratory.controls.generate)

        await from_another_thread(touch)
        turn = 0
        while "Wrote" not in laboratory.views.message.value:
            turn += 1
            assert "problem" not in laboratory.views.message.value
            await from_another_thread(lambda: update(colour, index=turn % 3))  # noqa: B023
            await asyncio.sleep(0.01)
        assert changed_in == drawn_in == {threading.get_ident()}
        assert "Wrote 300" in laboratory.views.message.value

    asyncio.run(visit())


CELL = """
import threading
from rnnbook.dashboard import Dashboard
dashboard = Dashboard(["shakespeare"])
laboratory, heard_in = dashboard.laboratory, set()
laboratory.tools.colour.observe(lambda _: heard_in.add(threading.get_ident()), "index")
laboratory.controls.length.value = 1000
laboratory.start()
numbers = (laboratory.tools.colour.comm.comm_id, laboratory.controls.prompt.comm.comm_id)
"""
ASK = """
import asyncio
await laboratory.task
(heard_in == {threading.get_ident()}, laboratory.views.message.value)
"""


@pytest.mark.slow
def test_a_subshell_hears_the_page_and_the_text_goes_on(tmp_path, monkeypatch):
    """JupyterLab sends what is touched to a subshell, whose thread is not the one of cells."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        colour, _ = run(client, CELL, "numbers")
        client.control_channel.send(client.session.msg("create_subshell_request", {}))
        reply = client.get_control_msg(timeout=60)
        if reply["header"]["msg_type"] != "create_subshell_reply":
            pytest.skip("this release of ipykernel has no subshells")
        subshell = reply["content"]["subshell_id"]
        for turn in range(60):
            data = {"method": "update", "state": {"index": turn % 3}, "buffer_paths": []}
            message = client.session.msg("comm_msg", {"comm_id": colour, "data": data})
            message["header"]["subshell_id"] = subshell
            client.shell_channel.send(message)
            client.get_iopub_msg(timeout=60)
        is_home, said = run(client, ASK, "_")
        assert is_home and "Wrote 1,000 characters" in said
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run(client, code: str, asked: str):
    """Run a cell, and the value of an expression after it."""
    expressions = {"asked": f"__import__('json').dumps({asked})"}
    number = client.execute(code, user_expressions=expressions)
    while True:
        try:
            reply = client.get_shell_msg(timeout=120)
        except queue.Empty:
            pytest.fail("the cell does not end")
        if reply["parent_header"].get("msg_id") == number:
            break
    assert reply["content"]["status"] == "ok", reply["content"]
    text = reply["content"]["user_expressions"]["asked"]["data"]["text/plain"]
    return json.loads(text[1:-1].encode().decode("unicode_escape"))


def test_every_widget_of_a_dashboard_is_at_home():
    dashboard = Dashboard(["shakespeare", "names"])
    assert PLAIN != SURPRISE
    brought = []
    dashboard.home.bring = brought.append  # type: ignore[method-assign]
    controls, workshop = dashboard.laboratory.controls, dashboard.workshop
    touched = [controls.model, controls.prompt, controls.seed, controls.temperature.style,
               dashboard.laboratory.tools.unit, workshop.text, workshop.upload, workshop.minutes,
               dashboard.tabs, dashboard.query, dashboard.box.layout]  # fmt: skip
    for number, widget in enumerate(touched, 1):
        widget.comm.handle_msg({"content": {"data": {"method": "request_state"}}, "buffers": []})
        assert len(brought) == number
