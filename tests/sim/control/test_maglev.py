"""The table of the Maglev paper, and its properties."""

from __future__ import annotations

from collections import Counter

import pytest

from sim.control.maglev import MaglevError, fill_by_preference, maglev_table


def test_the_worked_example_of_the_paper() -> None:
    """NSDI 2016, tables 1 and 2: three backends, seven cells, and then without B1."""
    b0, b1, b2 = (3, 4), (0, 2), (3, 1)
    assert fill_by_preference([b0, b1, b2], size=7) == [1, 0, 1, 0, 2, 2, 0]
    assert fill_by_preference([b0, b2], size=7) == [0, 0, 0, 0, 1, 1, 1]


def test_every_backend_gets_its_share_to_a_cell() -> None:
    table = maglev_table({n: f"10.0.0.{n}" for n in range(1, 8)}, size=1009)
    shares = Counter(table)
    assert sorted(shares) == list(range(1, 8))
    assert max(shares.values()) - min(shares.values()) <= 1


def test_numbers_and_their_order_do_not_decide_who_gets_what() -> None:
    names = ["a", "b", "c"]
    table = maglev_table(dict(enumerate(names)), size=101)
    renamed = maglev_table({9: "c", 7: "a", 8: "b"}, size=101)
    assert [names[n] for n in table] == [{7: "a", 8: "b", 9: "c"}[n] for n in renamed]


def test_a_backend_that_goes_moves_few_cells_of_the_others() -> None:
    backends = {n: f"10.0.0.{n}" for n in range(10)}
    before = maglev_table(backends)
    del backends[4]
    after = maglev_table(backends)
    moved = sum(b != a for b, a in zip(before, after, strict=True) if b != 4)
    assert 4 not in after
    assert moved < 0.05 * len(before)  # modulo hashing would move nine tenths of them


@pytest.mark.parametrize(("backends", "size"), [({}, 7), ({1: "a"}, 8), ({1: "a"}, 1), ({1: "a", 2: "a"}, 7)])
def test_what_makes_no_table_is_refused(backends: dict[int, str], size: int) -> None:
    with pytest.raises(MaglevError):
        maglev_table(backends, size=size)


def test_more_backends_than_cells_are_refused() -> None:
    with pytest.raises(MaglevError):
        maglev_table({n: str(n) for n in range(8)}, size=7)
