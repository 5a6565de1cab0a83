"""`weft state diff`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from sim.control import Difference, diff_states
from sim.control.abstract_state import render_label
from weft.saved_view import load_view
from weft.terminal import Table, write_json, write_note, write_result, write_tables


def print_difference(left: Path, right: Path, *, as_json: bool) -> int:
    """Print the entries that two state files do not agree on; return 1 if there are any, else 0."""
    (one, ours), (other, theirs) = load_view(left), load_view(right)
    if one != other:
        write_note(f"warning: {left} is of program `{one}`, {right} of `{other}`")
    differences = diff_states(ours, theirs)
    if as_json:
        write_json([{"state": d.state, "entry": d.entry, "left": d.left, "right": d.right} for d in differences])
    elif differences:
        write_tables(_tables(differences, left, right))
    else:
        write_result("the states are equal")
    return 1 if differences else 0


def _tables(differences: Sequence[Difference], left: Path, right: Path) -> Iterator[Table]:
    for state, group in groupby(differences, key=lambda difference: difference.state):
        rows = tuple((d.entry, _text(d.left), _text(d.right)) for d in group)
        yield Table(f"{state}: {len(rows):,} different", ("entry", str(left), str(right)), rows)


def _text(value: object) -> str:
    return "absent" if value is None else render_label(value)
