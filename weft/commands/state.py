"""`weft state diff` and `show`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from compiler.ir.program import Program
from sim.control import Difference, diff_states, load_state
from sim.control.abstract_state import render_label
from weft.failures import CommandError, UsageError
from weft.program_to_run import load_runnable
from weft.saved_view import load_view
from weft.state_view import MOST_ROWS, selected_states, states_data, states_tables
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


def show_state(
    source: Path,
    names: Sequence[str],
    *,
    thrift: str | None,
    program: Path | None,
    now: str | None,
    moving: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print the state of the switch that runs a compiled folder, or that in a file."""
    if not source.exists():
        raise CommandError(f"{source}: there is no such file or folder")
    if source.is_dir():
        if thrift is None or program is not None:
            raise UsageError(f"{source} is a folder: say which switch runs it", help="--thrift HOST:PORT")
        from weft.commands.state_on_switch import show_on_switch  # noqa: PLC0415  # not everybody has Thrift

        show_on_switch(source, thrift, names, now=now, moving=moving, limit=limit, as_json=as_json)
    else:
        if program is None or thrift is not None:
            raise UsageError(f"{source} is a file: say which program it is the state of", help="--program FILE")
        _show_in_file(source, load_runnable(program, warn=False).program, names, limit=limit, as_json=as_json)


def _show_in_file(file: Path, program: Program, names: Sequence[str], *, limit: int | None, as_json: bool) -> None:
    saved = load_state(file, program)
    only = selected_states(names, saved.states)
    for name in only or ():
        if name not in saved.states:
            raise CommandError(f"`{program.name}` has no state `{name}`", help=f"it has {', '.join(saved.states)}")
    states = {name: state for name, state in saved.states.items() if only is None or name in only}
    if as_json:
        data = states_data(program, states, saved.now_ns, limit=limit)
        write_json({"program": program.name, "now_ns": saved.now_ns, "moving": False, "states": data})
    else:
        write_tables(states_tables(program, states, saved.now_ns, limit=limit or MOST_ROWS))


def _tables(differences: Sequence[Difference], left: Path, right: Path) -> Iterator[Table]:
    for state, group in groupby(differences, key=lambda difference: difference.state):
        rows = tuple((d.entry, _text(d.left), _text(d.right)) for d in group)
        yield Table(f"{state}: {len(rows):,} different", ("entry", str(left), str(right)), rows)


def _text(value: object) -> str:
    return "absent" if value is None else render_label(value)
