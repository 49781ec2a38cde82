"""The files of hashes are made by one process at a time, which ends with its server."""

from __future__ import annotations

import subprocess
import sys
import time

from rnnbook.dashboard import index

CHILD = "from rnnbook.dashboard import index; import time; index.end_with_parent(); "
PARENT = (
    "import subprocess, sys; "
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]]); "
    "sys.stdin.read()"
)


def test_one_process_makes_the_files(tmp_path):
    with index.alone(tmp_path) as first, index.alone(tmp_path) as second:
        assert first and not second
    with index.alone(tmp_path) as again:
        assert again


def test_what_a_killed_process_had_begun_is_removed_and_nothing_else(tmp_path):
    left, kept = tmp_path / ".ab.strings.x1y2.tmp", tmp_path / "ab.words"
    left.touch()
    kept.touch()
    with index.alone(tmp_path):
        with index.alone(tmp_path):  # it is not alone, and touches nothing
            pass
        assert not left.exists() and kept.exists()


def test_it_ends_with_the_process_that_started_it():
    child = CHILD + "print('ready', flush=True); time.sleep(600)"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", PARENT, child], stdin=pipe, stdout=pipe) as parent:
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
        parent.wait()
        began = time.monotonic()
        assert parent.stdout.read() in (b"", b"\n")  # returns when nobody holds the pipe any more
        assert time.monotonic() - began < 120


def test_the_files_are_made_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv(index.FOLDER, str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["index"])
    with index.alone():
        index.main()
    assert "another process is making the files" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["making.lock"]
