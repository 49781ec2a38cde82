"""Places and what belongs to them: who takes one, whose folder lies where, and how it all ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from dashboards import serving, wait_until
from visits import Visit, ask

from rnnbook.dashboard.__main__ import check_numbers
from rnnbook.dashboard.server import folders
from rnnbook.errors import DashboardError


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """A temporary folder of the test's own, for this process and what it starts."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_server_has_a_folder_for_each_kernel(temporary):
    mine = folders.Folders()
    (mine.of("a") / "text.txt").write_text("what a visitor wrote")
    mine.of("b")
    mine.remove("a")
    mine.remove("nobody")
    assert sorted(path.name for path in mine.root.iterdir()) == ["b", "lock"]
    assert mine.root.stat().st_mode & 0o077 == 0
    mine.close()
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("step", ["_is_ours", "_locked"])
def test_a_folder_that_goes_while_it_is_looked_at_is_no_accident(temporary, monkeypatch, step):
    """As when one server begins in the moment in which another ends."""
    ending = temporary / f"{folders.PREFIX}ending"
    ending.mkdir()
    (ending / "lock").touch()
    whole = getattr(folders, step)

    def and_it_goes(path):
        if step == "_is_ours":
            assert whole(path)
        shutil.rmtree(ending)
        return True if step == "_is_ours" else whole(path)

    monkeypatch.setattr(folders, step, and_it_goes)
    assert folders.remove_leftovers() == 0
    assert not ending.exists()


def test_leftovers_are_removed_and_the_living_are_not(temporary):
    code = (
        "from rnnbook.dashboard.server.folders import Folders; import os, signal\n"
        "mine = Folders(); (mine.of('k') / 'text.txt').write_text('a text')\n"
        "print(mine.root, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    dead, alive = Path(done.stdout.strip()), folders.Folders()
    being_made = temporary / f"{folders.PREFIX}young"
    being_made.mkdir()
    elsewhere = temporary / "precious"
    elsewhere.mkdir()
    (temporary / f"{folders.PREFIX}link").symlink_to(elsewhere)
    assert dead.exists()
    assert folders.remove_leftovers() == 1
    assert not dead.exists() and alive.root.exists()
    assert being_made.exists() and elsewhere.exists()
    alive.close()


@pytest.mark.parametrize(
    "option", ["--visitors=0", "--visitors=abc", "--visitors=", "--pool=-1", "--port=x",
               "--visitors=1.5", "--away=0"],
)  # fmt: skip
def test_an_option_that_is_no_such_number_is_a_sentence(option):
    with pytest.raises(DashboardError, match="is a whole number from"):
        check_numbers(["--no-browser", option])
    check_numbers(["--visitors=1", "--pool=0", "--port=8870", "--Voila.ip=::1", "--token=abc"])


def test_a_port_that_is_taken_is_a_sentence(temporary):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "rnnbook.dashboard", "--no-browser", f"--port={port}"],
            capture_output=True, text=True, timeout=200,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"error: port {port} is taken; choose another" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(temporary.glob(f"{folders.PREFIX}*"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with serving(
        tmp_path_factory.mktemp("places"), "--pool=1", "--visitors=3", "--crowded=4", small=False
    ) as found:
        yield found


@pytest.mark.slow
def test_what_only_fetches_pages_takes_no_place(server):
    for method in ("GET", "HEAD"):
        for _ in range(8):
            status, _, text = ask(server, "/", method)
            assert status == 200 and bool(text) == (method == "GET")
    status, headers, text = ask(server, "/healthz")
    assert status == 200 and headers["Content-Type"].startswith("application/json")
    assert json.loads(text)["visitors"] == 0
    assert ask(server, "/healthz", "HEAD")[::2] == (200, "")


@pytest.mark.slow
def test_a_page_of_another_site_takes_no_place(server):
    stranger = {"Origin": "http://evil.example"}
    assert ask(server, "/place", "POST", stranger)[0] == 403
    assert json.loads(ask(server, "/healthz")[2])["visitors"] == 0


@pytest.mark.slow
def test_a_page_that_polls_is_there_without_a_socket(server):
    """A cut network, a page behind others, a laptop that slept: the process waits for them."""
    visits = [Visit(server) for _ in range(3)]
    stays, *gone = visits
    for _ in range(12):  # longer than --crowded, while somebody waits
        assert ask(server, "/place", "POST")[0] in (200, 503)
        assert stays.is_alive()
        time.sleep(0.5)
        if not any(kernel.kernel_id in _taken(server) for kernel in gone):
            break
    wait_until(lambda: ask(server, "/place", "POST")[0] == 200)  # a vanished page made room
    assert stays.is_alive()
    stays.leave()


def _taken(server) -> str:
    return "".join(os.readlink(f"/proc/{pid}/cwd") for pid in server.kernels())


@pytest.mark.slow
def test_nothing_of_a_visitor_is_left(temporary, tmp_path):
    """A folder goes with its kernel, whatever ends it; and with the server, on any signal."""
    with serving(tmp_path, "--pool=1", "--visitors=3", small=False) as found:
        visit, other = Visit(found), Visit(found)
        pids = {os.readlink(f"/proc/{pid}/cwd")[-36:]: pid for pid in found.kernels()}
        root = found.folder()
        for one in (visit, other):
            (root / one.kernel_id / "text.txt").write_text("what was pasted")
        assert root.parent == temporary
        assert visit.leave() == 204
        wait_until(lambda: not (root / visit.kernel_id).exists())
        os.kill(pids[other.kernel_id], signal.SIGKILL)
        wait_until(lambda: not (root / other.kernel_id).exists())
        third = Visit(found)
        (root / third.kernel_id / "text.txt").write_text("what was pasted")
        found.process.send_signal(signal.SIGTERM)
        assert found.process.wait(120) == 0
        assert list(temporary.iterdir()) == []
        assert "Traceback" not in found.log.read_text()


@pytest.mark.slow
def test_a_server_without_ready_kernels_starts_one_for_who_asks(tmp_path):
    with serving(tmp_path, "--pool=0", "--visitors=1", small=False) as found:
        assert found.kernels() == []
        assert Visit(found).is_alive()


@pytest.mark.slow
@pytest.mark.parametrize("wait", [0.0, 0.3, 1.0, 2.0])
def test_a_server_that_is_told_to_end_while_a_kernel_starts_ends(tmp_path, temporary, wait):
    with serving(tmp_path, "--pool=2", small=False) as found:
        time.sleep(wait)
        found.process.send_signal(signal.SIGTERM)
        assert found.process.wait(120) == 0
        assert "Traceback" not in found.log.read_text()
        wait_until(lambda: list(temporary.iterdir()) == [])
