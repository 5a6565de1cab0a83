"""`weft state pull`, `push` and `show` on a running switch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from compiler.ir.literals import LiteralError, parse_number, render_time
from compiler.ir.program import Program
from compiler.ir.types import Scalar
from compiler.meaning.hashing import DEFAULT_SALT
from runtime.bmv2.state import pull_state, push_state, switch_clock
from runtime.bmv2.state_time import move_states, wall_time
from runtime.bmv2.thrift_client import SwitchClient
from runtime.p4runtime.compiled_folder import CompiledFolder, load_folder
from runtime.p4runtime.errors import DeployError
from runtime.p4runtime.target import parse_address
from sim.control import SavedState, load_state, save_state
from sim.state import RunState, TableArrayState, TableState
from weft.failures import CommandError, UsageError
from weft.state_view import MOST_ROWS, selected_states, states_data, states_tables
from weft.terminal import write_json, write_note, write_result, write_tables


def pull_to_file(
    folder: Path, thrift: str, output: Path, *, now: str | None, keep_clock: bool, moving: bool, as_json: bool
) -> None:
    """Save the state of a running switch as `weft run --state-out` saves that of a run."""
    compiled, now_ns = load_folder(folder), _time(now)
    with _client(thrift) as client:
        pulled = pull_state(compiled.manifest, compiled.program, client, now_ns=now_ns, moving=moving)
    states, at_ns = pulled.states, pulled.clock.switch_ns
    if not keep_clock:
        at_ns = move_states(states, now_ns=at_ns, to_ns=wall_time(pulled.clock))
    save_state(output, compiled.program, states, at_ns)
    if as_json:
        write_json({"file": str(output), "switch_ns": pulled.clock.switch_ns, "now_ns": at_ns, "moving": pulled.moving})
    else:
        write_result(f"the state of `{compiled.manifest.name}` at {thrift} is in {output}")
    _warn_of(pulled.moving)


def push_from_file(
    folder: Path, thrift: str, file: Path, *, now: str | None, keep_clock: bool, moving: bool, as_json: bool
) -> None:
    """Make the state of a running switch that of a state file."""
    compiled, now_ns = load_folder(folder), _time(now)
    saved = _loaded(file, compiled.program)
    with _client(thrift) as client:
        if not keep_clock:
            switch_ns = switch_clock(compiled.manifest, client).switch_ns if now_ns is None else now_ns
            move_states(saved.states, now_ns=saved.now_ns, to_ns=switch_ns)
        pushed = push_state(compiled.manifest, compiled.program, saved.states, client, moving=moving)
    if as_json:
        write_json({"cells": pushed.cells, "requests": pushed.requests, "moving": pushed.moving})
    else:
        cells = "1 cell of registers was" if pushed.cells == 1 else f"{pushed.cells:,} cells of registers were"
        write_result(f"`{compiled.manifest.name}` at {thrift} has the state of {file}: {cells} written")
    _warn_of(pushed.moving)
    filled = [name for name, state in saved.states.items() if _is_filled(state)]
    if filled:
        write_note(f"note: tables are not written with the state ({', '.join(filled)}): `weft entries` does that")


def show_on_switch(
    folder: Path, thrift: str, names: Sequence[str], *, now: str | None, moving: bool, limit: int | None, as_json: bool
) -> None:
    """Print the state of a running switch."""
    compiled, now_ns = load_folder(folder), _time(now)
    _check_pulled(compiled, names)
    only = selected_states(names, [state.name for state in compiled.program.states])
    with _client(thrift) as client:
        pulled = pull_state(compiled.manifest, compiled.program, client, now_ns=now_ns, only=only, moving=moving)
    states = {
        name: state
        for name, state in pulled.states.items()
        if (only is None or name in only) and not isinstance(state, TableState | TableArrayState)
    }
    if as_json:
        data = states_data(compiled.program, states, pulled.clock.switch_ns, limit=limit)
        write_json(
            {
                "program": compiled.manifest.name,
                "now_ns": pulled.clock.switch_ns,
                "moving": pulled.moving,
                "states": data,
            }
        )
    else:
        write_result(
            f"`{compiled.manifest.name}` at {thrift}, {_uptime(pulled.clock.switch_ns)} after the switch started\n\n"
        )
        write_tables(states_tables(compiled.program, states, pulled.clock.switch_ns, limit=limit or MOST_ROWS))
    _warn_of(pulled.moving)


def _client(thrift: str) -> SwitchClient:
    try:
        host, port = parse_address(thrift)
    except DeployError as error:
        raise UsageError(
            f"`{thrift}` is no address of a switch", help="write HOST:PORT, such as 127.0.0.1:9090"
        ) from error
    return SwitchClient(host, port)


def _time(text: str | None) -> int | None:
    """A time on the switch's clock, as people write it."""
    try:
        return None if text is None else parse_number(Scalar("time", 64), text)
    except LiteralError as error:
        raise UsageError(f"`--now {text}` is no time", help="write a time such as 90s, or nanoseconds") from error


def _loaded(file: Path, program: Program) -> SavedState:
    saved = load_state(file, program)
    if saved.salt != DEFAULT_SALT:
        raise CommandError(
            f"{file} was saved by a run with a salt of its own, and a switch places keys without one",
            help="run the program without a salt to make a state for a switch",
        )
    return saved


def _check_pulled(compiled: CompiledFolder, names: Sequence[str]) -> None:
    """What the control plane fills is no register, so it is not read here."""
    filled = {table.name for table in compiled.manifest.tables}
    for name in names:
        if name in filled:
            raise CommandError(f"`{name}` is filled by the control plane", help="`weft entries read` shows it")


def _is_filled(state: RunState) -> bool:
    return isinstance(state, TableState | TableArrayState) and any(state.snapshot().values())


def _warn_of(moving: bool) -> None:
    if moving:
        write_note("warning: packets passed meanwhile, so the state is not of one moment")


def _uptime(now_ns: int) -> str:
    """To the second, from one second on."""
    return render_time(now_ns // 1_000_000_000 * 1_000_000_000 or now_ns)
