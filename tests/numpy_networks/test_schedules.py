"""The joins of a scan: whatever the way, every place ends with all before it, once and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from rnnbook.numpy_networks import scans, schedules

ways = some.sampled_from(list(schedules.WAYS))
counts = some.integers(1, 40)


@given(ways, counts, counts)
def test_every_place_ends_with_all_before_it_in_order(way, length, processors):
    held = [(t,) for t in range(length)]
    for joins in schedules.rounds(way, length, processors):
        before = list(held)
        assert len({later for _, later in joins}) == len(joins) > 0
        for earlier, later in joins:
            held[later] = before[earlier] + before[later]
    assert held == [tuple(range(t + 1)) for t in range(length)]


@given(ways, counts, counts)
def test_a_round_has_no_join_that_needs_another_of_it(way, length, processors):
    for joins in schedules.rounds(way, length, processors):
        if way != "hillis_steele":  # whose joins read what the round began with
            assert not {earlier for earlier, _ in joins} & {later for _, later in joins}


def test_the_costs_are_those_of_the_books():
    eight = {way: schedules.rounds(way, 8, 4) for way in schedules.WAYS}
    assert {way: (schedules.cost(found).work, len(found)) for way, found in eight.items()} == {
        "sequential": (7, 7),
        "hillis_steele": (17, 3),
        "blelloch": (11, 5),
        "chunked": (10, 5),
    }
    thousand = schedules.rounds("hillis_steele", 1024)
    assert (schedules.cost(thousand).work, len(thousand)) == (9217, 10)
    assert schedules.cost(schedules.rounds("blelloch", 1024)).work == 2 * 1024 - 2 - 10


@pytest.mark.parametrize("length", [1, 2, 7, 64])
@pytest.mark.parametrize("way", ["sequential", "hillis_steele"])
def test_the_scans_of_arrays_do_what_is_planned(way, length):
    planned = tuple(map(len, schedules.rounds(way, length)))
    assert scans.cost(way, length).rounds in (planned, (1,) * sum(planned))


def test_time_counts_what_the_processors_do_not_share():
    found = schedules.rounds("hillis_steele", 8)  # 7, 6 and 4 joins
    assert [schedules.cost(found).steps(processors) for processors in (1, 3, 4, 7)] == [17, 7, 5, 3]


@pytest.mark.parametrize("bad", [("upwards", 8, 1), ("blelloch", 0, 1), ("chunked", 8, 0)])
def test_what_cannot_be_is_refused(bad):
    with pytest.raises(ValueError):
        schedules.rounds(*bad)
