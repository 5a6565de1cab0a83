"""Names of generated P4."""

from __future__ import annotations

from backends.p4.names import Names


def test_no_name_is_handed_out_twice() -> None:
    names = Names()
    assert [names.fresh("hop"), names.fresh("hop"), names.fresh("hop_2")] == ["hop", "hop_2", "hop_2_2"]


def test_names_that_numbers_cannot_free_become_others() -> None:
    """`lanes_...` are functions on vectors, and a state can be called `lanes`."""
    names = Names()
    found = [names.fresh(wanted) for wanted in ("lanes", "lanes", "lanes_add", "word_t", "table")]
    assert len(set(found)) == 5
    assert not any(name.startswith("lanes_") or name.endswith("_t") or name == "table" for name in found)
