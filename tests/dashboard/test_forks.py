"""Kernels from a warmed parent: what they share, what is their own, and how they end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tomllib
from collections import deque
from pathlib import Path

import pytest
from dashboards import is_kernel, serving, wait_until
from paths import ROOT
from visits import Visit, answers, message

from rnnbook.dashboard import forkserver, kernel, room
from rnnbook.dashboard.__main__ import ENVIRONMENT
from rnnbook.dashboard.server import page, provisioner
from rnnbook.errors import SamplingError

linux = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux")


def test_the_page_and_the_kernel_name_the_same_box():
    assert page.MODEL_ID == kernel.MODEL_ID
    assert kernel.build().box.model_id == page.MODEL_ID


def test_the_provisioner_is_registered_with_jupyter():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    group = project["entry-points"]["jupyter_client.kernel_provisioners"]
    module, name = group[provisioner.NAME].split(":")
    assert module == provisioner.__name__ and name == provisioner.ForkProvisioner.__name__


def test_a_kernel_hears_widgets_and_no_code():
    assert "execute_request" not in kernel.VisitorKernel.msg_types
    assert "execute_request" not in kernel.VisitorKernel.control_msg_types


def test_what_comes_twice_is_done_once():
    heard = []
    done = deque(maxlen=2)
    handle = kernel.once(lambda stream, ident, message: heard.append(message["content"]), done)
    for number in ("a", "b", "a", "c", "b", "a"):
        handle(None, None, {"header": {"msg_id": number}, "content": number})
    assert heard == ["a", "b", "c", "a"]  # of the last two it knows


PREPARE = """
import json, sys, threading
from rnnbook.dashboard import forkserver, kernel
dashboard = kernel.build()
heavy = [name for name in ("torch", "matplotlib.pyplot", "debugpy") if sys.modules.get(name)]
print(json.dumps([forkserver.number_of_threads(), heavy]))
"""


@linux
def test_nothing_that_a_fork_would_break_is_there_before_it():
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    environment = {**os.environ, **dict.fromkeys(names, "1")}
    done = subprocess.run(
        [sys.executable, "-c", PREPARE], capture_output=True, text=True, env=environment
    )
    assert json.loads(done.stdout) == [1, []], done.stderr


@pytest.fixture
def channel():
    """A fork server that forks children which say what they are; our end of its socket."""
    code = (
        "import json, os, socket, sys, time; import numpy as np\n"
        "from rnnbook.dashboard import forkserver, kernel\n"
        "def main(arguments, dashboard, parent):\n"
        "    if arguments == ['fail']: raise ValueError('on purpose')\n"
        "    told = [os.getcwd(), os.environ.get('X'), os.getsid(0) == os.getpid(), parent,\n"
        "            open('/proc/self/comm').read().strip(), float(np.random.random()),\n"
        "            len(os.listdir('/proc/self/fd'))]\n"
        "    open(arguments[0], 'w').write(json.dumps(told))\n"
        "    time.sleep(600)\n"
        "kernel.main = main\n"
        "forkserver.ForkServer(socket.socket(fileno=int(sys.argv[1])), None).serve()"
    )
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(theirs.fileno())], pass_fds=[theirs.fileno()]
    )
    theirs.close()
    line = ours.makefile("rwb", buffering=0)
    yield line, process
    with contextlib.suppress(OSError):
        ours.shutdown(socket.SHUT_RDWR)
    line.close()
    ours.close()
    process.wait(30)


def say(channel, **order) -> None:
    channel.write(json.dumps(order).encode() + b"\n")


def hear(channel) -> dict:
    return json.loads(channel.readline())


@linux
def test_a_forked_kernel_has_its_own_of_everything(channel, tmp_path):
    line, process = channel
    assert hear(line) == {"ready": process.pid}
    told, pids = [], []
    for number in range(2):
        folder = tmp_path / f"k{number}"
        folder.mkdir()
        environment = {"X": str(number), "PATH": os.environ["PATH"]}
        say(line, fork=number, argv=["told.json"], env=environment, cwd=str(folder))
        heard = hear(line)
        assert heard["forked"] == number
        pids.append(heard["pid"])
        wait_until(lambda: (folder / "told.json").exists() and (folder / "told.json").read_text())  # noqa: B023
        told.append(json.loads((folder / "told.json").read_text()))
    for number, (folder, value, leads, parent, name, _, files) in enumerate(told):
        assert folder == str(tmp_path / f"k{number}") and value == str(number)
        assert leads and parent == process.pid and name == "rnnbook-kernel"
        assert files <= 5  # its standard streams, and the folder that is being listed
        assert is_kernel(pids[number])
    assert told[0][5] != told[1][5]  # random numbers of its own
    say(line, pid=pids[0], signal=signal.SIGKILL)
    assert hear(line) == {"ended": pids[0], "code": -signal.SIGKILL}
    say(line, pid=pids[0], signal=signal.SIGKILL)  # it is over; the number may be another's
    say(line, fork=9, argv=["fail"], env={}, cwd=str(tmp_path))
    failed = hear(line)["pid"]
    assert hear(line) == {"ended": failed, "code": 1}
    os.kill(pids[1], 0)


@linux
def test_kernels_end_with_their_parents_socket(channel, tmp_path):
    line, process = channel
    hear(line)
    say(line, fork=0, argv=["told.json"], env={}, cwd=str(tmp_path))
    pid = hear(line)["pid"]
    assert Path(f"/proc/{pid}").exists()
    with socket.socket(fileno=os.dup(line.fileno())) as ours:  # as when a server has died
        ours.shutdown(socket.SHUT_RDWR)
    process.wait(30)
    wait_until(lambda: not is_kernel(pid))


@linux
def test_a_fork_server_that_does_not_come_up_is_told(monkeypatch):
    async def start() -> None:
        server = provisioner.ForkServer()
        with pytest.raises(OSError, match="before it was ready"):
            await server.start()
        assert server.pid is None

    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    asyncio.run(start())


@linux
def test_a_fork_server_that_is_closed_ends_by_itself(monkeypatch):
    """It hears of its end at once, and is not killed after ten seconds."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)

    async def start_and_close() -> int | None:
        server = provisioner.ForkServer()
        await server.start()
        process = server._process
        server.close()
        return process.returncode

    assert asyncio.run(start_and_close()) == 0


@linux
@pytest.mark.slow
def test_visitors_kernels_are_forks_and_end_alone(tmp_path):
    if not provisioner.is_possible():
        pytest.skip("the package was installed before its provisioner was registered")
    with serving(tmp_path, "--pool=2", "--visitors=4", small=False) as server:
        one, other = Visit(server), Visit(server)
        wait_until(lambda: len(server.kernels()) == 4)
        parents = {int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
                   for pid in server.kernels()}  # fmt: skip
        assert len(parents) == 1 and server.process.pid not in parents
        parent = parents.pop()
        assert forkserver.__name__ in Path(f"/proc/{parent}/cmdline").read_text()
        assert private(server.kernels()[0]) < 25
        limits = Path(f"/proc/{server.kernels()[0]}/limits").read_text()
        assert str(room.KERNEL) in limits
        nice = [
            os.getpriority(os.PRIO_PROCESS, pid) for pid in (server.process.pid, *server.kernels())
        ]
        assert {one - nice[0] for one in nice[1:]} == {kernel.NICENESS}  # the server comes first
        sockets = [visit.socket() for visit in (one, other)]
        for visited in sockets:
            visited.send(message("kernel_info_request", {}))
            assert any(r["msg_type"] == "kernel_info_reply" for r in answers(visited, 3))
            visited.close()
        assert one.leave() == 204 and other.is_alive()
        os.kill(parent, signal.SIGKILL)  # the parent dies: its kernels end, and others come
        wait_until(lambda: not other.is_alive())
        assert Visit(server).is_alive()


def private(pid: int) -> float:
    """What a process has that no other shares, in MB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def test_torch_is_refused_where_there_is_no_room(monkeypatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(room, "available", lambda: 100 * room.MB)
    with pytest.raises(SamplingError, match="no room for PyTorch here now"):
        room.check_for_torch()
    monkeypatch.setattr(room, "available", lambda: None)
    room.check_for_torch()


def test_a_control_group_leaves_what_it_says(monkeypatch, tmp_path):
    monkeypatch.setattr(room, "_GROUP", tmp_path)
    monkeypatch.setattr(room, "_MEMORY", tmp_path / "meminfo")
    assert room.available() is None
    (tmp_path / "meminfo").write_text("MemTotal: 9000 kB\nMemAvailable:    3000 kB\n")
    assert room.available() == 3000 * 1024
    (tmp_path / "memory.max").write_text("max\n")
    assert room.available() == 3000 * 1024
    for name, text in (("max", "2000000\n"), ("current", "1500000\n"),
                       ("stat", "anon 1\ninactive_file 400000\n")):  # fmt: skip
        (tmp_path / f"memory.{name}").write_text(text)
    assert room.available() == 900_000


@linux
def test_limits_hold():
    code = (
        "import os, tempfile; os.chdir(tempfile.mkdtemp())\n"
        "from rnnbook.dashboard import room; room.limit(300 * room.MB)\n"
        "try: b'x' * (400 * room.MB)\nexcept MemoryError: print('no more memory')\n"
        "try:\n"
        "    with open('large', 'wb') as file: file.write(b'x' * (room.FILE + 1))\n"
        "except OSError as error: print(error.strerror)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines() == ["no more memory", "File too large"], done.stderr


def test_a_task_that_loses_a_cancellation_is_cancelled_again():
    """As ``asyncio.wait_for`` may lose one: a server that is told to end must end."""

    from rnnbook.dashboard.server.kernels import cancelled

    async def stubborn(lost, most=2):
        while True:
            try:
                await asyncio.sleep(600)
            except asyncio.CancelledError:
                lost.append(True)
                if len(lost) == most:
                    raise

    async def both():
        lost = []
        tasks = [asyncio.create_task(stubborn(lost)), asyncio.create_task(asyncio.sleep(600))]
        await asyncio.sleep(0)
        await cancelled(tasks)
        return lost, [task.cancelled() for task in tasks]

    assert asyncio.run(both()) == ([True, True], [True, True])

    async def never():
        lost = []
        task = asyncio.create_task(stubborn(lost, most=3))
        await asyncio.sleep(0)
        await cancelled([task], patience=0.05)  # it goes on, and is not waited for
        was_left = not task.done()
        await cancelled([task])
        return was_left, len(lost)

    assert asyncio.run(never()) == (True, 3)
