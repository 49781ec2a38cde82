"""What the operator reads, and what the visitor is told instead."""

from __future__ import annotations

import io
import logging
import re
import warnings

import pytest

from rnnbook.dashboard import accidents, logs
from rnnbook.dashboard.later import Later
from rnnbook.errors import SamplingError

SECRET = "what a visitor typed"


@pytest.fixture
def log():
    """A stream to which everything is logged for a while, as in a server."""
    root, stream = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    logs.to(stream)
    yield stream
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)


def fail(words: str) -> None:
    try:
        int(words)
    except ValueError as error:
        raise KeyError(words) from error


def test_an_accident_is_a_number_for_the_visitor_and_a_trace_for_the_operator(log):
    said = []
    Later(said.append).now(lambda: fail(SECRET))
    number = re.search(r"accident ([0-9a-f]{6})\.", said[0])[1]
    assert "Traceback" not in said[0] and "KeyError" not in said[0] and SECRET not in said[0]
    written = log.getvalue()
    assert number in written and "KeyError" in written and "after ValueError" in written
    assert "test_logs.py" in written and "in fail" in written
    assert SECRET not in written


def test_what_is_refused_is_a_sentence_and_no_accident(log):
    said = []

    def refuse() -> None:
        raise SamplingError("the prompt is empty; give at least one character")

    Later(said.append).now(refuse)
    assert said == ["the prompt is empty; give at least one character"]
    assert log.getvalue() == ""


def test_the_systems_own_words_are_kept():
    assert "No space left" in accidents.described(OSError(28, "No space left on device", SECRET))
    assert SECRET not in accidents.described(OSError(28, "No space left on device", SECRET))


@pytest.mark.parametrize(
    "name, message, arguments",
    [
        ("tornado.access", "%d %s %.2fms", (404, f"/?token={SECRET}", 1.5)),
        ("Comm", "No such comm: %s", (SECRET,)),
        ("jupyter", "Received message of type %r", (SECRET * 1000,)),
        ("x", "%(name)s is wrong", ({"name": SECRET},)),
    ],
)
def test_what_others_fill_into_their_messages_is_left_out(log, name, message, arguments):
    logging.getLogger(name).warning(message, *arguments)
    assert SECRET not in log.getvalue() and "…" in log.getvalue()


def test_an_exception_that_others_log_loses_its_words_too(log):
    try:
        fail(SECRET)
    except KeyError as error:
        logging.getLogger("ipywidgets").warning("in method %s: %s", fail, error, exc_info=True)
    assert SECRET not in log.getvalue() and "KeyError" in log.getvalue()


def test_one_message_is_one_line(log):
    logging.getLogger("rnnbook.x").warning("a %s b", "\r\x1b[2J\u2028")
    assert log.getvalue().count("\n") == 1 and "\\x1b" in log.getvalue()
    logging.getLogger("rnnbook.x").warning("%s", "x" * 10_000)
    assert len(log.getvalue()) < 1000


def test_our_own_lines_and_pythons_warnings_are_whole(log):
    logging.getLogger("rnnbook.server").info("kernel %s has died", "abc")
    assert "kernel abc has died" in log.getvalue()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn("a division by zero", RuntimeWarning, stacklevel=1)
    assert "a division by zero" in log.getvalue()


def test_what_comes_often_is_written_some_times_and_counted():
    now = [0.0]
    quiet = logs.Quiet(most=3, clock=lambda: now[0])

    def passes(message: str) -> logging.LogRecord | None:
        record = logging.makeLogRecord({"name": "x", "msg": message, "args": (object(),)})
        return record if quiet.filter(record) else None

    assert [bool(passes("flood %s")) for _ in range(10)] == [True] * 3 + [False] * 7
    assert passes("another kind")
    now[0] = 61
    assert passes("flood %s").msg == "flood %s (and 7 more in that minute)"
    for number in range(5000):  # as many kinds as somebody can invent take no memory
        passes(f"kind {number}")
    assert len(quiet._seen) <= 1001
