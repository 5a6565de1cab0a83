"""Count-min and count sketch: exact against a model of the definition, and in error against ideal hashing."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict

import numpy as np
import pytest

from compiler.analyses.mergeable import find_mergeable
from compiler.diagnostics import CompileError
from compiler.ir.operations import BinaryOperator
from compiler.pipeline import run_passes
from tests.compiler.std.probe import Probe, family, spread_keys

SECOND = 1_000_000_000
ADD, GET, BEFORE = "s.add(key, amount)", "s.estimate(key)", "s.previous(key)"


def zipf_stream(*, keys: list[int], packets: int, seed: int) -> list[tuple[int, int]]:
    """Drawn keys, the i-th in proportion to 1 / i, each with an amount of 1 to 100."""
    rng = random.Random(seed)
    drawn = rng.choices(keys, weights=[1 / (i + 1) for i in range(len(keys))], k=packets)
    return [(key, rng.randint(1, 100)) for key in drawn]


def ideal_errors(true: Counter[int], *, rows: int, columns: int, signed: bool, seed: int) -> np.ndarray:
    """Errors of the sketch if every row hashed every key truly at random; averaged over 40 draws of hashes."""
    rng = np.random.default_rng(seed)
    weights = np.array(list(true.values()), dtype=np.int64)
    errors = []
    for _ in range(40):
        estimates = []
        for _ in range(rows):
            columns_of = rng.integers(columns, size=len(weights))
            signs = rng.choice([-1, 1], size=len(weights)) if signed else np.ones(len(weights), dtype=np.int64)
            sums = np.bincount(columns_of, weights=weights * signs, minlength=columns)
            estimates.append(sums[columns_of] * signs)
        combined = np.median(estimates, axis=0) if signed else np.min(estimates, axis=0)
        errors.append(combined - weights)
    return np.concatenate(errors)


# --- count-min -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("keys", [spread_keys(3000, seed=1), list(range(3000))], ids=["spread", "sequential"])
def test_count_min_errs_as_little_as_its_bound_and_as_ideal_hashes(keys: list[int]) -> None:
    rows, columns = 3, 128
    probe = Probe(f"CountMin<u64, rows: {rows}, columns: {columns}>", add=ADD, get=GET)
    true: Counter[int] = Counter()
    for key, amount in zipf_stream(keys=keys, packets=8000, seed=7):
        probe("add", key, amount)
        true[key] += amount
    errors = [probe("get", key) - count for key, count in true.items()]
    assert min(errors) >= 0
    limit = math.e * true.total() / columns
    assert sum(error > limit for error in errors) <= math.exp(-rows) * len(errors)
    ideal = ideal_errors(true, rows=rows, columns=columns, signed=False, seed=3)
    one_row = ideal_errors(true, rows=1, columns=columns, signed=False, seed=3)
    # The minimum of rows that err together would be as large as one row's error.
    assert np.mean(errors) == pytest.approx(np.mean(ideal), rel=0.25)
    assert np.mean(errors) < np.mean(one_row) / 1.5


def test_count_min_by_a_model_of_its_cells() -> None:
    rows, columns = 2, 3
    probe = Probe(f"CountMin<u64, rows: {rows}, columns: {columns}>", add=ADD, get=GET)
    cells: dict[tuple[int, int], int] = defaultdict(int)
    for key, amount in zipf_stream(keys=list(range(9)), packets=200, seed=1):
        for row in range(rows):
            cells[row, family(row, key) % columns] += amount
        expected = min(cells[row, family(row, key) % columns] for row in range(rows))
        assert probe("add", key, amount) == expected == probe("get", key)
    assert probe("get", 99) == min(cells[row, family(row, 99) % columns] for row in range(rows))


def test_estimates_stop_at_the_largest_u32() -> None:
    for declared in ("CountMin<u64>", "CountMin<u64, window: 1s>"):
        probe = Probe(declared, add=ADD, get=GET)
        assert probe("add", 5, 0xFFFF_FFFF) == 0xFFFF_FFFF
        assert probe("add", 5, 7) == 0xFFFF_FFFF == probe("get", 5)


def test_a_windowed_count_min_counts_each_window_apart() -> None:
    probe = Probe("CountMin<u64, window: 1s>", add=ADD, get=GET, before=BEFORE)
    start = 1_700_000_000 * SECOND  # as captures have it; even
    assert probe("add", 5, 10, now=start) == 10
    assert probe("add", 5, 1, now=start + SECOND - 1) == 11
    assert probe("before", 5, now=start) == 0
    assert probe("get", 5, now=start + SECOND) == 0
    assert probe("add", 5, 2, now=start + SECOND) == 2
    assert probe("before", 5, now=start + SECOND) == 11
    assert probe("add", 5, 3, now=start + SECOND - 1) == 14  # late, and yet in its own window
    assert probe("before", 5, now=start + SECOND) == 14
    assert probe("add", 5, 4, now=start + 2 * SECOND) == 4  # the bank of the first window starts anew
    assert probe("before", 5, now=start + 2 * SECOND) == 2
    assert probe("get", 5, now=start + 100 * SECOND) == 0
    assert probe("before", 5, now=start + 101 * SECOND) == 0
    assert probe("add", 5, 1, now=start) == 5  # too late for its window: counted in the one that took the bank
    assert probe("get", 5, now=start + 2 * SECOND) == 5


@pytest.mark.parametrize("first", [0, 1, 2**31 - 1, 2**31, 2**32 - 1], ids=hex)
def test_windows_are_told_apart_when_their_numbers_wrap(first: int) -> None:
    probe = Probe("CountMin<u64, window: 1us>", add=ADD, get=GET, before=BEFORE)
    for step in range(5):
        now = (first + step) * 1000
        assert probe("get", 1, now=now) == 0
        assert probe("add", 1, 10 + step, now=now) == 10 + step
        assert probe("before", 1, now=now) == (9 + step if step else 0)


def test_random_windows_by_a_model() -> None:
    probe = Probe("CountMin<u64, rows: 4, columns: 509, window: 10ms>", add=ADD, get=GET, before=BEFORE)
    rng, counts, now = random.Random(2), Counter[tuple[int, int]](), 0
    for _ in range(3000):
        now += rng.choice([0, 1, 1000, 3_000_000, 25_000_000])
        key, amount, window = rng.randrange(8), rng.randrange(50), now // 10_000_000
        counts[window, key] += amount
        assert probe("add", key, amount, now=now) == counts[window, key]
        assert probe("before", key, now=now) == counts[window - 1, key]


def test_count_min_merges_where_its_answers_are_not_used() -> None:
    probe = Probe("CountMin<u64>", add="s.add(key, amount);")
    merges = find_mergeable(run_passes(probe.program))
    assert merges["s.cells"].operator is BinaryOperator.ADD
    answered = run_passes(Probe("CountMin<u64>", add=ADD).program)
    windowed = run_passes(Probe("CountMin<u64, window: 1s>", add="s.add(key, amount);").program)
    assert "s.cells" not in find_mergeable(answered)
    assert "s.cells" not in find_mergeable(windowed)


# --- count sketch ----------------------------------------------------------------------------------------


def signed(number: int) -> int:
    return number - (number >> 31 << 32)


@pytest.mark.parametrize("rows", [3, 5])
def test_count_sketch_errs_as_little_as_its_bound_and_as_ideal_signs(rows: int) -> None:
    columns = 128
    probe = Probe(f"CountSketch<u64, rows: {rows}, columns: {columns}>", add="s.add(key, amount);", get=GET)
    true: Counter[int] = Counter()
    for key, amount in zipf_stream(keys=spread_keys(3000, seed=1), packets=6000, seed=9):
        probe("add", key, amount)
        true[key] += amount
    errors = np.array([signed(probe("get", key)) - count for key, count in true.items()])
    second_moment = sum(count**2 for count in true.values())
    beyond = np.mean(np.abs(errors) > math.sqrt(3 * second_moment / columns))
    # Chebyshev: a row is beyond with probability 1/3 at most; the median, if 2 of 3 or 3 of 5 are.
    assert beyond <= (7 / 27 if rows == 3 else 17 / 81)
    ideal = ideal_errors(true, rows=rows, columns=columns, signed=True, seed=3)
    assert np.abs(errors).mean() == pytest.approx(np.abs(ideal).mean(), rel=0.2)
    assert abs(errors.mean()) < 0.2 * np.abs(errors).mean()  # without bias, as count-min is not


@pytest.mark.parametrize("rows", [3, 5])
def test_count_sketch_by_a_model_of_its_cells(rows: int) -> None:
    probe = Probe(f"CountSketch<u64, rows: {rows}, columns: 2>", add="s.add(key, amount);", get=GET)
    cells: dict[tuple[int, int], int] = defaultdict(int)
    rng = random.Random(rows)

    def place(row: int, key: int) -> tuple[tuple[int, int], int]:
        return (row, family(row, key) % 2), -1 if family(128 + row, key) >> 31 else 1

    for _ in range(300):
        key, amount = rng.randrange(20), rng.randint(-100, 100)
        probe("add", key, amount % 2**32)
        for row in range(rows):
            at, sign = place(row, key)
            cells[at] += sign * amount
        other = rng.randrange(20)
        answers = sorted(cells[at] * sign for at, sign in (place(row, other) for row in range(rows)))
        assert signed(probe("get", other)) == answers[rows // 2]


def test_count_sketch_always_merges_but_where_it_is_read() -> None:
    probe = Probe("CountSketch<u64>", add="s.add(key, amount);")
    assert find_mergeable(run_passes(probe.program))["s.cells"].operator is BinaryOperator.ADD


def test_count_sketch_refuses_four_rows() -> None:
    with pytest.raises(CompileError):
        Probe("CountSketch<u64, rows: 4>", get=GET)
