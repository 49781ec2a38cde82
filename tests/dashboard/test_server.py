"""The server as a stranger meets it: what it gives away, what it endures, how many it takes in."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websocket
from dashboards import serving, wait_until
from visits import NOBODY, Visit, answers, ask, is_answered, message

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("server"), "--pool=2", small=False) as found:
        yield found


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A server with two places, which soon notices that somebody has gone."""
    folder = tmp_path_factory.mktemp("narrow")
    with serving(folder, "--pool=1", "--visitors=2", "--away=8", small=False) as found:
        yield found


@pytest.fixture(scope="module")
def two(server):
    """Two visitors who stay."""
    return Visit(server), Visit(server)


PROBES = [
    "/dashboard.ipynb", "/voila/files/dashboard.ipynb", "/files/dashboard.ipynb", "/files",
    "/voila/files/", "/voila/files/index.md", "/voila/files/../voila.json", "/voila.json",
    "/../pyproject.toml", "/..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
    "/voila/static/../app.py", "/voila/static/..%2f..%2fapp.py", "/voila/static//etc/passwd",
    "/voila/static/%2e%2e/app.py", "/voila/templates/rnnbook/static/../index.html.j2",
    "/voila/templates/rnnbook/static/..%2findex.html.j2", "/voila/templates/rnnbook/conf.json",
    "/voila/templates/../../etc/passwd", "/voila/labextensions/../../../etc/passwd",
    "/voila/labextensions/..%2f..%2fjupyter", "/voila/render/dashboard.ipynb", "/voila/tree",
    "/voila/api/contents", "/voila/api/themes/x", "/voila/query/" + NOBODY,
    "/voila/execution/" + NOBODY, "/api", "/api/contents", "/api/kernels", "/api/sessions",
    "/api/kernelspecs", "/api/terminals", "/api/config/x", "/api/status", "/api/kernels/" + NOBODY,
    f"/api/kernels/{NOBODY}/channels", f"/alive/{NOBODY}", "/metrics", "/tree", "/lab", "/edit/x",
    "/nbconvert/html/dashboard.ipynb", "/terminals/1", "/static/../../etc/passwd", "/.git/config",
]  # fmt: skip


def test_a_probe_gets_nothing(server):
    for path in PROBES:
        status, headers, text = ask(server, path)
        assert status in (400, 403, 404, 410), (path, status)
        for secret in ("import Dashboard", "root:", "Traceback", "site-packages", "rnnbook/",
                       '"kernels"', "[core]", "extends", "base_template"):  # fmt: skip
            assert secret not in text.replace("voila/templates/rnnbook/", ""), (path, secret)
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert "default-src 'none'" in headers["Content-Security-Policy"], path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE"])
def test_other_methods_change_nothing(server, method):
    for path in ("/", "/api/kernels", f"/api/kernels/{NOBODY}", f"/voila/api/shutdown/{NOBODY}"):
        status, _, text = ask(server, path, method)
        allowed = (200, 303) if path == "/" and method in ("HEAD", "POST") else ()
        assert status in (400, 403, 404, 405, 501, *allowed), (path, status)
        assert "Traceback" not in text


def test_a_page_is_whole_and_tells_no_source(server, two):
    visit, _ = two
    assert "application/vnd.jupyter.widget-view+json" in visit.page
    assert "import Dashboard" not in visit.page and os.fspath(server.log.parent) not in visit.page
    assert not re.search(r"<script(?![^>]*(src=|application/))", visit.page)  # none that runs
    for rule in ("default-src 'none'", "script-src 'self';", "frame-ancestors 'self'"):
        assert rule in visit.headers["Content-Security-Policy"]
    assert "unsafe-eval" not in visit.headers["Content-Security-Policy"]
    assert visit.headers["X-Frame-Options"] == "SAMEORIGIN"
    places = [line for line in visit.given if "rnnbook" in line]
    assert len(places) == 3
    assert all("HttpOnly" in line and "SameSite=Strict" in line for line in places)
    assert all(visit.kernel_id in line for line in places)


def test_a_socket_opens_with_its_own_cookie_only(server, two):
    one, other = two
    for kernel_id, cookie in (
        (one.kernel_id, ""), (one.kernel_id, other.cookie()), (other.kernel_id, one.cookie()),
        (NOBODY, one.cookie()), (one.kernel_id, "rnnbook-kernel=x"),
    ):  # fmt: skip
        with pytest.raises(websocket.WebSocketBadStatusException) as caught:
            one.socket(kernel_id, cookie)
        assert caught.value.status_code == 404
    stranger = {"Cookie": other.cookie()}
    assert ask(server, f"/api/kernels/{one.kernel_id}", headers=stranger)[0] == 404
    assert ask(server, f"/voila/api/shutdown/{one.kernel_id}", "POST", stranger)[0] == 404
    assert ask(server, f"/alive/{one.kernel_id}", headers=stranger)[0] == 410
    assert one.is_alive() and other.is_alive()
    one.socket().close()


def test_a_page_of_another_origin_opens_no_socket(server, two):
    visit, _ = two
    address = server.address.replace("http", "ws") + f"api/kernels/{visit.kernel_id}/channels"
    with pytest.raises(websocket.WebSocketBadStatusException):
        websocket.create_connection(address, cookie=visit.cookie(), origin="http://evil.example")


def test_no_code_is_run_for_a_visitor(two, tmp_path):
    visit, _ = two
    socket = visit.socket()
    proof = tmp_path / "harmed"
    code = {"code": f"open({str(proof)!r}, 'w')", "silent": False, "store_history": False,
            "user_expressions": {}, "allow_stdin": False}  # fmt: skip
    for kind in ("execute_request", "inspect_request", "complete_request", "history_request",
                 "debug_request", "create_subshell_request", "interrupt_request",
                 "shutdown_request", "input_reply", "usage_request"):  # fmt: skip
        socket.send(message(kind, code))
        other = visit.socket(
            session=kind
        )  # no page uses the other channel: a message there ends the socket
        other.send(message(kind, code, "control"))
        assert not [one for one in answers(other, 0.3) if "reply" in one["msg_type"]]
        other.close()
    socket.send(message("comm_open", {"comm_id": "x", "target_name": "os.system", "data": code}))
    socket.send(message("comm_msg", {"comm_id": "nobody", "data": {"method": "update"}}))
    replies = answers(socket, 3)
    assert not proof.exists()
    assert not [one for one in replies if one["msg_type"] == "execute_reply"]
    assert "Traceback" not in json.dumps(replies)
    socket.send(message("kernel_info_request", {}))
    assert is_answered(socket, "kernel_info_reply")
    socket.close()


def test_one_visitors_flood_takes_no_memory_and_no_time_of_others(two):
    one, other = two
    kernel = next(
        pid for pid in one.server.kernels() if one.kernel_id in os.readlink(f"/proc/{pid}/cwd")
    )
    before = resident(one.server.process.pid), resident(kernel)
    kept = other.socket()
    kinds = ["x" * 4_800_000, *["comm_open"] * 20]
    for kind in kinds:
        socket = one.socket()
        content = {"comm_id": "x", "target_name": "jupyter.widget", "data": {"a": "y" * 7_000_000}}
        with contextlib.suppress(websocket.WebSocketException, OSError):
            socket.send(message(kind, content))
            assert not [r for r in answers(socket, 0.3) if r["msg_type"] == "comm_close"]
        socket.close()
    kept.send(message("kernel_info_request", {}))
    assert any(reply["msg_type"] == "kernel_info_reply" for reply in answers(kept, 3))
    kept.close()
    assert one.is_alive() and other.is_alive()
    assert resident(kernel) - before[1] < 20
    assert resident(one.server.process.pid) - before[0] < 100
    assert "x" * 100 not in one.server.log.read_text()


def resident(pid: int) -> float:
    """The resident memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_a_page_makes_no_widgets_of_its_own(two):
    visit, _ = two
    socket = visit.socket()
    state = {"_model_module": "@jupyter-widgets/controls", "_model_module_version": "2.0.0",
             "_model_name": "HTMLModel", "_view_module": "@jupyter-widgets/controls",
             "_view_module_version": "2.0.0", "_view_name": "HTMLView"}  # fmt: skip
    made = {"comm_id": "mine", "target_name": "jupyter.widget", "data": {"state": state}}
    socket.send(message("comm_open", made))
    replies = answers(socket, 2)
    assert [r for r in replies if r["msg_type"] == "comm_close"]  # refused
    socket.send(message("comm_info_request", {}))
    infos = [r for r in answers(socket, 3) if r["msg_type"] == "comm_info_reply"]
    assert infos and "mine" not in infos[0]["content"]["comms"]
    socket.close()


@pytest.mark.parametrize("rubbish", ["", "{}", "[", "null", '{"header": 1}', "x" * 10_000])
def test_rubbish_on_the_socket_ends_only_that_socket(two, rubbish):
    visit, _ = two
    socket = visit.socket()
    socket.send(rubbish or "\0")
    answers(socket, 0.6)
    socket.close()
    assert visit.is_alive()


def test_a_hundred_megabytes_end_only_that_socket(two):
    one, other = two
    socket, kept = one.socket(), other.socket()
    with pytest.raises((websocket.WebSocketException, OSError)):
        socket.send_binary(b"\0" * 100_000_000)
        for _ in range(50):
            socket.recv()
    kept.send(message("kernel_info_request", {}))
    assert is_answered(kept, "kernel_info_reply")
    assert one.is_alive()
    kept.close()


def test_there_are_as_many_places_as_are_told(narrow):
    visits = []
    for _ in range(2):
        visit = Visit(narrow)
        visits.append((visit, visit.socket()))
    (one, _), (other, _) = visits
    status, headers, answer = ask(narrow, "/place", "POST")
    assert status == 503 and headers["Retry-After"] == "5"
    said = json.loads(answer)
    assert said["title"] == "Every place is taken" and "2 visitors are here" in said["sentence"]
    assert len(narrow.kernels()) == 2  # none is started for whom there is no place
    assert json.loads(ask(narrow, "/healthz")[2]) == {"visitors": 2, "places": 2, "ready": 0}
    assert one.leave() == 204 and not one.is_alive()
    third = Visit(narrow)
    assert third.leave() == other.leave() == 204
    for _, socket in visits:
        socket.close()


def test_a_kernel_ends_when_its_tab_has_gone(narrow):
    stays = Visit(narrow)
    socket = stays.socket()
    visit = Visit(narrow)
    visit.socket().close()
    wait_until(lambda: visitors(narrow) == 1)  # nobody asks for it: to ask is to be there
    assert stays.is_alive() and not visit.is_alive()
    socket.close()
    stays.leave()


def visitors(server) -> int:
    return int(json.loads(ask(server, "/healthz")[2])["visitors"])


def test_a_kernel_that_dies_is_told_and_another_takes_its_place(narrow):
    visit = Visit(narrow)
    wait_until(lambda: len(narrow.kernels()) == 2)  # its own, and one kept ready
    for pid in narrow.kernels():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not visit.is_alive())
    wait_until(lambda: narrow.kernels())  # another is heated
    again = Visit(narrow)
    assert again.is_alive() and again.leave() == 204


def test_a_socket_that_answers_pings_stays_open(two):
    """Jupyter's server closes a socket whose last pong is older than its timeout."""
    visit, _ = two
    socket = visit.socket(session="quiet")
    deadline = time.monotonic() + 70
    while time.monotonic() < deadline:
        answers(socket, 5)  # the client answers pings while it listens
        assert socket.connected
    socket.send(message("kernel_info_request", {}))
    assert any(reply["msg_type"] == "kernel_info_reply" for reply in answers(socket, 5))
    socket.close()


def test_it_listens_on_this_machine_only(server):
    port = urlsplit(server.address).port
    lines = Path("/proc/net/tcp").read_text().splitlines()
    listening = [line.split()[1] for line in lines if f":{port:04X} " in line]
    assert any(line == f"0100007F:{port:04X}" for line in listening)
    assert not any(line.startswith("00000000") for line in listening)


def test_the_log_has_no_accident(server):
    """What was asked for above was refused on purpose."""
    log = server.log.read_text()
    assert "Traceback" not in log, log[log.index("Traceback") - 500 :][:3000]
