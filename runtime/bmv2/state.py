"""The states of a program that runs on bmv2, as those of the interpreter: read them, write them.

Tables and what else the control plane fills are no part of this: they are P4Runtime's.

A state is of one moment only if no packet passes while it is read. The program counts its packets, so that
this is known and not hoped for.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from backends.p4.manifest import Manifest
from compiler.diagnostics.suggest import closest
from compiler.ir.leaf_values import Leaf
from compiler.ir.program import Program
from compiler.ir.states import Index, Lease, Map, Table, TableArray
from compiler.passes.expansion.cells import cells_of_snapshots
from compiler.passes.expansion.snapshots import source_snapshots
from runtime.bmv2.errors import PacketsPassedError, SwitchError, SwitchLostError, WrongProgramError
from runtime.bmv2.registers import (
    Cells,
    StoredArray,
    Write,
    carry_out,
    read_arrays,
    stored_arrays,
    writes_for,
)
from runtime.bmv2.thrift_client import SwitchClient
from sim.state import RunState, StateError, build_states

ATTEMPTS: Final = 5
_LOOKS: Final = 3
_ONE_PACKET_S: Final = 0.01  # far more than ingress works on one packet, which is counted when it begins


@dataclass(frozen=True, slots=True)
class Clock:
    """One moment: as packets have it on the switch, and on the wall clock of this machine."""

    switch_ns: int
    wall_ns: int


@dataclass(frozen=True, slots=True)
class PulledState:
    """`clock`: when that was. `moving`: packets passed while it was read, so it is of no one moment."""

    states: dict[str, RunState]
    clock: Clock
    moving: bool


@dataclass(frozen=True, slots=True)
class PushedState:
    """`cells` of registers were written by `requests`. `moving`: packets passed meanwhile."""

    cells: int
    requests: int
    moving: bool


def switch_clock(manifest: Manifest, client: SwitchClient) -> Clock:
    """The time that packets now get on the switch; `SwitchError` for a test build, whose packets bring theirs."""
    if manifest.test_header:
        raise SwitchError(
            f"`{manifest.name}` is a test build, whose time comes with its packets: the switch cannot tell it",
            help="give the time of the last packet with `--now`",
        )
    return min((_look_at_clocks(client) for _ in range(_LOOKS)), key=lambda look: look[0])[1]


def _look_at_clocks(client: SwitchClient) -> tuple[int, Clock]:
    """How long it took, and the time in the middle."""
    before = time.time_ns()
    switch_ns = client.now_us() * 1000
    took = time.time_ns() - before
    return took, Clock(switch_ns, before + took // 2)


def pull_state(
    manifest: Manifest,
    program: Program,
    client: SwitchClient,
    *,
    now_ns: int | None = None,
    only: Collection[str] | None = None,
    moving: bool = False,
    attempts: int = ATTEMPTS,
) -> PulledState:
    """Read the states of `program` (only those named, and the leases that these need) off the switch.

    Tables are empty in what comes back. `now_ns`: the switch's time, where it cannot tell it. Where packets pass
    while it is read it is read again, `attempts` times at most; then `moving` takes the last, and else
    `PacketsPassedError` is raised. Raises `SwitchError`.
    """
    wanted = program if only is None else _with_states(program, only)
    arrays = stored_arrays(manifest, wanted).values()
    for attempt in range(1, attempts + 1):
        before = _packets_seen(manifest, client)
        time.sleep(_ONE_PACKET_S)
        cells = read_arrays(client, arrays)
        moved = _packets_seen(manifest, client) != before
        if not moved or (moving and attempt == attempts):
            clock = switch_clock(manifest, client) if now_ns is None else Clock(now_ns, time.time_ns())
            return PulledState(_states_of(wanted, cells, moved=moved), clock, moved)
    raise PacketsPassedError(
        f"packets passed through the switch at {client.address} each of the {attempts} times that its state was read",
        help="stop the traffic for a moment, or accept a state that is not of one moment with `--moving`",
    )


def push_state(
    manifest: Manifest,
    program: Program,
    states: Mapping[str, RunState],
    client: SwitchClient,
    *,
    moving: bool = False,
) -> PushedState:
    """Make the states of `program` on the switch equal `states`, but for tables; cells that are so are not written.

    Where packets pass while it is written `PacketsPassedError` is raised, unless `moving`: the switch then holds
    what they made of it. Raises `SwitchError`; one that happens in the middle says how far the writing got.
    """
    arrays = stored_arrays(manifest, program)
    cells = cells_of_states(program, states)
    before = _packets_seen(manifest, client)
    time.sleep(_ONE_PACKET_S)
    writes = writes_for(client, arrays, cells)
    if not moving and _packets_seen(manifest, client) != before:
        raise PacketsPassedError(
            f"packets pass through the switch at {client.address}; nothing was written",
            help="stop the traffic, or accept that packets meet half of the state with `--moving`",
        )
    _carry_out(client, writes)
    moved = _packets_seen(manifest, client) != before
    if moved and not moving:
        raise PacketsPassedError(
            f"packets passed through the switch at {client.address} while its state was written, so it is a mixture",
            help="stop the traffic and push again",
        )
    if not moved and writes:
        _check_written(client, arrays, cells)
    return PushedState(sum(write.end - write.start for write in writes), len(writes), moved)


def _carry_out(client: SwitchClient, writes: Sequence[Write]) -> None:
    for done, write in enumerate(writes):
        try:
            carry_out(client, write)
        except SwitchError as error:
            raise SwitchLostError(
                f"{error.problem}; {done:,} of {len(writes):,} writes were made, so the state there is a mixture",
                help="push again: only what is not yet as it should be is written",
            ) from error


def _check_written(
    client: SwitchClient, arrays: Mapping[str, StoredArray], cells: Mapping[str, Sequence[Leaf]]
) -> None:
    wrong = writes_for(client, arrays, cells)
    if wrong:
        raise SwitchError(
            f"the switch at {client.address} does not hold what was written: "
            f"register `{wrong[0].register}`, cell {wrong[0].start}",
            help="something else writes the switch's registers, or bmv2 is of a version that Weft does not know",
        )


def _packets_seen(manifest: Manifest, client: SwitchClient) -> int:
    return client.read(manifest.packets_seen.name, 0)


# --- between cells and states


def _states_of(program: Program, cells: Cells, *, moved: bool) -> dict[str, RunState]:
    states = build_states(program)
    try:
        for name, snapshot in source_snapshots(program, cells).items():
            states[name].restore(_with_failures(states[name], snapshot))
    except StateError as error:
        if moved:
            raise PacketsPassedError(
                f"what was read while packets passed is no state of the program: {error}",
                help="stop the traffic for a moment and try again",
            ) from error
        raise WrongProgramError(
            f"the registers on the switch hold no state of the program: {error}",
            help="the switch runs another version of the program; deploy this one",
        ) from error
    return states


def _with_failures(state: RunState, snapshot: dict[str, object]) -> dict[str, object]:
    """Inserts that failed are counted by the interpreter alone."""
    keeps = isinstance(state.declaration, Map | Lease | Index)
    return {**snapshot, "failed_inserts": 0} if keeps else snapshot


def cells_of_states(program: Program, states: Mapping[str, RunState]) -> Mapping[str, Sequence[Leaf]]:
    """The cells of every array that the states come to on a switch, by name; not of what the control plane fills."""
    held = (state for state in states.values() if not isinstance(state.declaration, Table | TableArray))
    return cells_of_snapshots(program, {state.declaration.name: state.snapshot() for state in held})


def _with_states(program: Program, names: Collection[str]) -> Program:
    """The program with these states alone, and with the leases of its indexes."""
    declared = {state.name: state for state in program.states}
    for name in names:
        if name not in declared:
            meant = closest(name, declared)
            raise SwitchError(
                f"`{program.name}` has no state `{name}`",
                help=f"did you mean `{meant}`?" if meant else f"it has {', '.join(declared)}",
            )
    leases = {state.lease for name in names if isinstance(state := declared[name], Index)}
    return replace(program, states=tuple(s for s in program.states if s.name in names or s.name in leases))
