"""What may come over a page's socket: kinds, sizes, and how much of it."""

from __future__ import annotations

import json

import pytest

from rnnbook.dashboard.server import traffic
from rnnbook.dashboard.server.traffic import BINARY, Bucket, Traffic, Verdict


def text(kind: object, channel: str = "shell", size: int = 0) -> str:
    header = {"msg_type": kind, "msg_id": "x"}
    return json.dumps({"header": header, "channel": channel, "content": "y" * size})


def parts(kind: object, channel: bytes = b"shell", size: int = 0, head: int = 0) -> bytes:
    """A message of the binary protocol."""
    header = json.dumps({"msg_type": kind, "x": "y" * head}).encode()
    found = [channel, header, b"{}", b"{}", b"z" * size]
    offsets = [8 * (len(found) + 2)]
    for part in found:
        offsets.append(offsets[-1] + len(part))
    numbers = [len(offsets), *offsets]
    return b"".join(number.to_bytes(8, "little") for number in numbers) + b"".join(found)


def test_what_widgets_send_is_taken():
    judge = Traffic().judge
    assert judge(text("comm_msg"), None) is Verdict.TAKE
    assert judge(parts("comm_msg", size=7_000_000), BINARY) is Verdict.TAKE
    assert judge(parts("kernel_info_request"), BINARY) is Verdict.TAKE


@pytest.mark.parametrize(
    "kind", ["execute_request", "input_reply", "shutdown_request", "x" * 3000, "", "a\nb"]
)
def test_other_kinds_are_dropped_and_the_socket_stays(kind):
    assert Traffic().judge(text(kind), None) is Verdict.DROP
    assert Traffic().judge(parts(kind, size=5_000_000), BINARY) is Verdict.DROP


@pytest.mark.parametrize(
    "message, protocol",
    [
        (text("comm_open", size=5000), None),  # too large for what it is
        (parts("comm_open", size=7_000_000), BINARY),
        (parts("comm_msg", size=9_000_000), BINARY),
        (text("comm_msg", size=100_000), None),  # files come in parts
        (parts("comm_msg", head=5000), BINARY),
        (text("comm_msg", channel="control"), None),
        (parts("comm_msg", channel=b"control"), BINARY),
        (text(None), None), (text(["comm_msg"]), None), ("", None), ("[]", None), ("{}", None),
        (b"", BINARY), (b"\xff" * 64, BINARY), (b"\0" * 64, BINARY), (text("comm_msg"), BINARY),
        (parts("comm_msg")[:-20], BINARY), (parts("comm_msg"), None),
    ],
)  # fmt: skip
def test_what_is_malformed_or_too_large_ends_the_socket(message, protocol):
    assert Traffic().judge(message, protocol) is Verdict.CLOSE


def test_a_flood_ends_the_socket_and_a_hand_on_a_slider_does_not():
    now = [0.0]
    hand = Traffic(clock=lambda: now[0])
    for _ in range(3000):  # sixty movements a second for fifty seconds
        now[0] += 1 / 60
        assert hand.judge(text("comm_msg"), None) is Verdict.TAKE
    flood = Traffic(clock=lambda: now[0])
    verdicts = [flood.judge(text("comm_msg"), None) for _ in range(traffic.MESSAGES + 1)]
    assert verdicts[-1] is Verdict.CLOSE and verdicts.count(Verdict.CLOSE) == 1


def test_three_files_may_come_at_once_and_not_ten():
    files = Traffic(clock=lambda: 0.0)
    verdicts = [files.judge(parts("comm_msg", size=7_000_000), BINARY) for _ in range(10)]
    assert verdicts[:3] == [Verdict.TAKE] * 3 and Verdict.CLOSE in verdicts


def test_a_bucket_fills_again():
    now = [0.0]
    bucket = Bucket(10, 2, clock=lambda: now[0])
    assert bucket.take(10) and not bucket.take(1)
    now[0] = 1
    assert bucket.take(2) and not bucket.take(1)
    now[0] = 100
    assert bucket.take(10) and not bucket.take(1)
