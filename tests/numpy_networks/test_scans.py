"""Scans: all the same states, whatever they are grouped by; and two closed forms that lose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnbook.numpy_networks import log_scans, scans
from rnnbook.numpy_networks.scans import SCANS

pytestmark = pytest.mark.numerical

lengths = st.integers(1, 40)
seeds = st.integers(0, 2**32 - 1)


def case(seed: int, length: int, is_complex: bool = False, shape=(2, 3)):
    """a, b and h0 whose factors lie in the unit circle, some of them 0 or 1."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-1, 1, (length, *shape)), rng.normal(size=(length, *shape))
    a[rng.random(a.shape) < 0.1], a[rng.random(a.shape) < 0.1] = 0, 1
    if is_complex:
        a = a * np.exp(2j * np.pi * rng.random(a.shape))
        b = b + 1j * rng.normal(size=b.shape)
    h0 = rng.normal(size=shape) * (1 + 1j if is_complex else 1)
    return a, b, h0


def by_hand(a, b, h0):
    """The definition, number by number."""
    states, h = [], h0
    for a_t, b_t in zip(a, b, strict=True):
        h = a_t * h + b_t
        states.append(h)
    return np.array(states)


def assert_close(found, wanted):
    assert found.shape == wanted.shape and found.dtype == wanted.dtype
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 * max(1, np.abs(wanted).max()))


@given(seeds, lengths, st.booleans(), st.booleans(), st.sampled_from([*SCANS]))
def test_every_scan_gives_the_same_states(seed, length, is_complex, has_first, name):
    a, b, h0 = case(seed, length, is_complex)
    before = a.copy(), b.copy(), h0.copy()
    found = SCANS[name](a, b, h0 if has_first else None)
    assert_close(found, by_hand(a, b, h0 if has_first else np.zeros_like(h0)))
    for kept, given_ in zip(before, (a, b, h0), strict=True):
        np.testing.assert_array_equal(kept, given_, "what is given is not changed")


@given(seeds, lengths, st.booleans(), st.lists(st.integers(1, 39), max_size=4),
       st.lists(st.sampled_from([*SCANS]), min_size=5, max_size=5))  # fmt: skip
def test_windows_are_the_whole(seed, length, is_complex, cuts, names):
    a, b, h0 = case(seed, length, is_complex)
    edges = [0, *sorted({cut for cut in cuts if cut < length}), length]
    parts, state = [], h0
    for name, start, stop in zip(names, edges, edges[1:], strict=False):
        parts.append(SCANS[name](a[start:stop], b[start:stop], state))
        state = parts[-1][-1]
    assert_close(np.concatenate(parts), by_hand(a, b, h0))


@given(seeds, lengths, st.booleans(), st.integers(1, 41), st.booleans(), st.data())
def test_chunks_may_be_taken_in_any_order(seed, length, is_complex, chunk, has_first, data):
    a, b, h0 = case(seed, length, is_complex)
    count = -(-(length + has_first) // chunk)
    order = data.draw(st.permutations(range(count)))
    h0 = h0 if has_first else None
    found = scans.chunked(a, b, h0, chunk=chunk, order=order)
    np.testing.assert_array_equal(found, scans.chunked(a, b, h0, chunk=chunk))
    assert_close(found, by_hand(a, b, np.zeros_like(b[0]) if h0 is None else h0))


@given(seeds)
def test_composing_is_associative_and_does_what_both_maps_do(seed):
    (a, b, h), names = case(seed, 3), "xyz"
    x, y, z = ((a[k], b[k]) for k, _ in enumerate(names))
    left, right = (
        scans.compose(scans.compose(x, y), z),
        scans.compose(x, scans.compose(y, z)),
    )
    for one, other in zip(left, right, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-14)
    np.testing.assert_allclose(left[0] * h + left[1], by_hand(a, b, h)[-1], atol=1e-14)


def test_one_factor_may_stand_for_all_steps_and_nothing_is_empty():
    b = np.random.default_rng(0).normal(size=(9, 4))
    for scan in SCANS.values():
        h = scan(np.array([0.5, 1.0, 0.0, -1.0]), b, np.ones(4))
        assert_close(h, by_hand(np.tile([0.5, 1.0, 0.0, -1.0], (9, 1)), b, np.ones(4)))
        assert scan(b[:0], b[:0], np.ones(4)).shape == scan(b[:0], b[:0]).shape == (0, 4)
        assert scan(b.astype(np.float32), b.astype(np.float32)).dtype == np.float32


@pytest.mark.parametrize(
    ("name", "length", "depth", "work"),
    [
        ("sequential", 8, 7, 7), ("sequential", 1024, 1023, 1023),
        ("hillis_steele", 8, 3, 17), ("hillis_steele", 1024, 10, 9217),
        # up and down: n - 1 pairs in log2 n rounds each; then every place takes in its own
        ("blelloch", 8, 7, 22), ("blelloch", 1024, 21, 3070),
        # 31 rounds in 32 chunks, 31 numbers handed on, and all others at once
        ("chunked", 1024, 63, 1984),
        ("sequential", 1, 0, 0), ("hillis_steele", 1, 0, 0), ("chunked", 1, 0, 0),
    ],
)  # fmt: skip
def test_depth_and_work_are_counted(name, length, depth, work):
    cost = scans.cost(name, length)
    assert (cost.depth, cost.work) == (depth, work)
    assert cost.steps(1) == work and cost.steps(10**6) == depth


def test_processors_share_a_round():
    cost = scans.cost("hillis_steele", 8)  # 7, 6 and 4 pairs
    assert cost.rounds == (7, 6, 4)
    assert [cost.steps(p) for p in (1, 2, 4, 8)] == [17, 4 + 3 + 2, 2 + 2 + 1, 3]
    assert scans.cost("chunked", 64, chunk=16).depth == 15 + 3 + 1


@given(seeds, lengths, st.booleans(), st.sampled_from([*SCANS]))
def test_gradients_are_those_of_finite_differences(seed, length, has_first, name):
    a, b, h0 = case(seed, length, shape=(2,))
    weight = np.random.default_rng(seed).normal(size=b.shape)
    first = h0 if has_first else None
    d_a, d_b, d_h0 = scans.gradients(
        a, scans.sequential(a, b, first), weight, first, scan=SCANS[name]
    )
    delta = 1e-5  # the loss is a polynomial of degree 1 in each number: no error but rounding
    for given_, gradient in ((a, d_a), (b, d_b), *([(h0, d_h0)] if has_first else [])):
        place = np.unravel_index(seed % given_.size, given_.shape)
        losses = []
        for sign in (1, -1):
            kept = given_[place]
            given_[place] += sign * delta
            losses.append((weight * by_hand(a, b, h0 if has_first else np.zeros(2))).sum())
            given_[place] = kept
        slope = (losses[0] - losses[1]) / (2 * delta)
        assert gradient[place] == pytest.approx(slope, abs=1e-6, rel=1e-6)


@given(seeds, lengths, st.booleans(), st.booleans())
def test_logarithms_give_the_same_states_while_all_is_short(seed, length, has_first, positive):
    a, b, h0 = case(seed, length)
    a = np.where(a == 0, 0.5, np.abs(a) if positive else a)
    b, h0 = (np.abs(b), np.abs(h0)) if positive else (b, h0)
    h0 = h0 if has_first else None
    logs = [log_scans.logarithm(x) for x in (a, b)]
    found = log_scans.by_logarithms(*logs, None if h0 is None else log_scans.logarithm(h0))
    wanted = by_hand(a, b, np.zeros_like(b[0]) if h0 is None else h0)
    assert np.iscomplexobj(found) != (positive or not any(map(np.iscomplexobj, logs)))
    terms = by_hand(np.abs(a), np.abs(b), np.zeros_like(b[0]) if h0 is None else np.abs(h0))
    drop = 1 + np.abs(np.cumsum(np.log(np.abs(a)), axis=0))  # what the error grows with
    assert (np.abs(found - wanted) <= 1e-13 * terms * drop + 1e-300).all()


def test_nothing_at_all_has_a_logarithm_too():
    a, b = np.full((3, 1), -0.5), np.array([[0.0], [0.0], [2.0]])
    found = log_scans.by_logarithms(log_scans.logarithm(a), log_scans.logarithm(b) + 0j)
    np.testing.assert_allclose(found, b, atol=1e-15)


def test_a_carried_state_enters_as_its_own_logarithm():
    """What makes inputs positive, done to a state again, moves it by a half: not the same text."""
    a, b = np.full((6, 1), 0.9), np.full((6, 1), 0.3)
    whole = scans.sequential(a, b)
    log_a, log_b, state = np.log(a[3:]), np.log(b[3:]), whole[2]
    found = log_scans.by_logarithms(log_a, log_b, np.log(state))
    np.testing.assert_allclose(found, whole[3:], rtol=1e-14)
    moved = log_scans.by_logarithms(log_a, log_b, np.log(state + 0.5))
    assert (np.abs(moved - whole[3:]) > 0.3).all()


def test_long_products_leave_the_range_and_long_logarithms_lose_digits():
    T = 4096
    rng = np.random.default_rng(0)
    a, b = rng.uniform(0.02, 0.1, (T, 8)), rng.uniform(0.5, 1, (T, 8))
    exact = by_hand(a, b, np.zeros(8))
    assert np.isfinite(log_scans.by_products(a[:100], b[:100])).all()
    assert not np.isfinite(log_scans.by_products(a, b)).all()
    single = [x.astype(np.float32) for x in (a, b)]
    error = {
        name: np.abs(scan(*single) / exact - 1).max() for name, scan in SCANS.items()
    }  # fmt: skip
    assert max(error.values()) < 1e-6
    by_logs = log_scans.by_logarithms(*map(log_scans.logarithm, single))
    assert 1e-4 < np.abs(by_logs / exact - 1).max() < 1
