"""What is printed goes out in any encoding, and work outlives an output that has gone."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest
from conftest import random_checkpoint

from rnnbook import checkpoints, streams
from rnnbook.streams import Output

RNNBOOK = [sys.executable, "-m", "rnnbook"]
CANNOT = "rnnbook: the output cannot be written: "


def run(*arguments: str, **options) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **options.pop("env", {})}
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "timeout": 120} | options
    return subprocess.run([*RNNBOOK, *arguments], env=environment, **options)


def lines(data: bytes) -> list[str]:
    return data.decode().splitlines()


@pytest.fixture
def persian(tmp_path):
    """A network that writes letters which most encodings lack."""
    path = tmp_path / "persian.safetensors"
    checkpoint = random_checkpoint(chars="\n سلام")
    checkpoint.info.update(corpus={"name": "سلام"}, history=[{"step": 1, "sample": "ام\x1b[2J"}])
    checkpoint.save(path)
    return str(path)


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "utf-16", "cp437:strict"])
def test_every_encoding_gets_the_text_or_an_escape(persian, encoding):
    sample = ["sample", persian, "--length", "40", "--seed", "1"]
    expected = run(*sample).stdout.decode("utf-8")
    for arguments in (sample, ["inspect", persian]):
        done = run(*arguments, env={"PYTHONIOENCODING": encoding})
        assert (done.returncode, done.stderr) == (0, b"")
        written = done.stdout.decode(encoding.partition(":")[0])
        if arguments == sample:
            shown = written if encoding.startswith("utf") else _unescaped(written)
            assert shown == expected and set(expected) & set("سلام")


def _unescaped(text: str) -> str:
    return text.encode("ascii").decode("unicode_escape")


@pytest.mark.parametrize("command", [["list"], ["claims"], ["experiment"], ["--help"]])
def test_commands_with_signs_of_many_kinds_print_in_ascii(command):
    done = run(*command, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0 and done.stderr == b""
    assert len(done.stdout.decode("ascii")) > 500


def test_a_file_or_a_pipe_gets_utf8_whatever_the_locale_says():
    inner = io.BytesIO()
    stream = io.TextIOWrapper(inner, encoding="cp1252", newline="\n")
    assert streams._write_utf8(stream) == "cp1252"
    Output(stream).write("سلام\n")
    stream.flush()
    assert inner.getvalue().decode("utf-8") == "سلام\n"
    assert streams._write_utf8(stream) is None


def test_who_names_an_encoding_gets_it(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    assert streams._write_utf8(stream) is None and stream.encoding == "cp1252"


class Terminal(io.StringIO):
    encoding = "ascii"

    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_no_control_characters_from_a_text():
    terminal = Terminal()
    Output(terminal, escapes_controls=True).write("a\x1b[31mb\tc\r\x07\x9bé\n")
    assert terminal.getvalue() == "a\\x1b[31mb\tc\\x0d\\x07\\x9b\\xe9\n"
    piped = io.StringIO()
    Output(piped, escapes_controls=True).write("a\x1b[31m\r\n")
    assert piped.getvalue() == "a\x1b[31m\r\n"


def test_an_error_message_moves_no_cursor(tmp_path):
    done = run("sample", "a\x1b[2J\rb.safetensors", cwd=tmp_path)
    assert done.returncode == 1 and b"\x1b" not in done.stderr
    assert lines(done.stderr) == ["rnnbook: there is no file a\\x1b[2J\\x0db.safetensors"]


@pytest.fixture
def training(tmp_path, small_text):
    (tmp_path / "small.txt").write_text(small_text)
    return ["train", str(tmp_path / "small.txt"), "--out", str(tmp_path / "small.safetensors"),
            "--steps", "40", "--hidden-size", "8", "--validations", "4"]  # fmt: skip


def saved(tmp_path) -> int:
    return checkpoints.load(tmp_path / "small.safetensors").info["steps"]


@pytest.mark.slow
def test_a_training_prints_in_any_encoding(tmp_path, training, small_text):
    (tmp_path / "small.txt").write_text(small_text.replace("a", "ا"))
    done = run(*training, env={"PYTHONIOENCODING": "cp1252"})
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    assert b"\\u0627" in done.stdout and saved(tmp_path) == 40


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
class TestFull:
    """An output on a full disk: one line, and the exit code says so where the output was all."""

    @pytest.mark.parametrize(
        "arguments", [["sample", "names", "--seed", "1"], ["inspect", "names"], ["list"],
                      ["claims"], ["experiment"], ["--help"], ["--version"],
                      ["evaluate", "names", "--json"]],
    )  # fmt: skip
    def test_reading(self, arguments):
        with open("/dev/full", "wb") as full:
            done = run(*arguments, stdout=full)
        assert done.returncode == 1
        assert lines(done.stderr) == [f"{CANNOT}No space left on device"]

    @pytest.mark.slow
    def test_training_goes_on_and_saves(self, tmp_path, training):
        with open("/dev/full", "wb") as full:
            done = run(*training, stdout=full)
        assert done.returncode == 0 and saved(tmp_path) == 40
        assert lines(done.stderr) == [f"{CANNOT}No space left on device"]
        (tmp_path / "small.safetensors").unlink()
        with open("/dev/full", "wb") as full:
            done = run(*training, stderr=full)
        assert done.returncode == 0 and saved(tmp_path) == 40
        assert b"validation loss" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of another kind")
class TestGone:
    """The reader of a pipe has gone, as ``head`` does: nothing is said, and nothing is lost."""

    def read_a_line(self, arguments: list[str], lines: int = 1) -> tuple[int, bytes]:
        process = subprocess.Popen(
            [*RNNBOOK, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        error = process.stderr.read()
        process.stderr.close()
        return process.wait(120), error

    @pytest.mark.parametrize(
        "arguments", [["sample", "names", "--length", "200000", "--seed", "1"], ["claims"],
                      ["inspect", "shakespeare"]],
    )  # fmt: skip
    def test_reading(self, arguments):
        assert self.read_a_line(arguments) == (0, b"")

    @pytest.mark.slow
    def test_training_goes_on_and_saves(self, tmp_path, training):
        assert self.read_a_line(training) == (0, b"") and saved(tmp_path) == 40


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes them")
class TestClosed:
    """Standard streams that were closed before the program began."""

    def closed(self, redirection: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        shell = ["sh", "-c", f'exec "$0" "$@" {redirection}', *RNNBOOK, *arguments]
        return subprocess.run(shell, capture_output=True, timeout=120)

    def test_reading(self):
        done = self.closed(">&-", "sample", "names", "--seed", "1")
        assert (done.returncode, lines(done.stderr)) == (1, [f"{CANNOT}Bad file descriptor"])
        done = self.closed("2>&-", "sample", "names", "--length", "20")
        assert done.returncode == 0 and len(done.stdout) >= 20
        assert self.closed(">&- 2>&- <&-", "inspect", "names").returncode == 1

    @pytest.mark.slow
    @pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&- <&-"])
    def test_training_goes_on_and_saves(self, tmp_path, training, redirection):
        assert self.closed(redirection, *training).returncode == 0
        assert saved(tmp_path) == 40  # and no line that was printed is in it


def test_the_streams_are_as_before_afterwards(capsys):
    before = sys.stdout, sys.stderr
    with streams.standard_streams() as (out, err):
        assert (sys.stdout, sys.stderr) == (out, err)
        print("said")
        assert out.failure is None
    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr().out == "said\n"
