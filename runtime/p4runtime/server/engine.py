"""The program, carried out by the interpreter: as its source has it, or on arrays as the switch has it.

The interpreter is several times faster on the source's maps and leases than on the arrays that stand for them
on a switch. So the source runs, and the arrays are worked out when somebody reads a register. Once a controller
writes into one, no map may be able to hold what is there; from then on the expanded program runs on arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from compiler.ir.leaf_values import Leaf
from compiler.ir.program import Program
from compiler.ir.states import Index, State
from compiler.passes.expand_state import expand_state
from compiler.passes.expansion.arrays import expanded, expanded_entries
from compiler.passes.expansion.cells import cells_of_snapshots
from compiler.passes.expansion.snapshots import source_snapshots
from sim.interpreter import Machine, Outcome
from sim.state import ArrayState, ControlEntries, RunState, TableArrayState, TableState, build_states


class Engine:
    """A program and its states; packets, registers and what the control plane fills.

    `states` are those of the source by name; they are changed in place for as long as the source runs.
    """

    def __init__(self, source: Program, states: dict[str, RunState], *, salt: int) -> None:
        self.source = source
        self._program = source
        self._states = states
        self._salt = salt
        self._tunables: dict[str, int] = {}
        self._groups: dict[int, tuple[int, ...]] = {}
        self._owners = {array.name: state for state in source.states for array in expanded(state, source)}
        self._known_cells: dict[str, Sequence[Leaf]] = {}  # of expanded states, until the next packet
        self._machine = self._new_machine()

    def _new_machine(self) -> Machine:
        return Machine(
            self._program, states=self._states, tunables=self._tunables, groups=self._groups, salt=self._salt
        )

    @property
    def runs_on_arrays(self) -> bool:
        return self._program is not self.source

    def process(self, frame: bytes, *, port: int, now_ns: int) -> Outcome:
        """Carry out the program on one packet. `IndexError` where a controller wrote an index that leads nowhere."""
        self._known_cells.clear()
        return self._machine.process(frame, port=port, now=now_ns)

    # --- what the control plane fills

    def set_tunable(self, name: str, value: int) -> None:
        self._tunables[name] = value
        self._machine.set_tunable(name, value)

    def set_group(self, group: int, members: tuple[int, ...]) -> None:
        self._groups[group] = members
        self._machine.set_group(group, members)

    def table(self, name: str) -> TableState | TableArrayState:
        """The state behind a table of the source."""
        found = self._states[name]
        assert isinstance(found, TableState | TableArrayState), "the manifest's tables are tables"
        return found

    # --- registers

    def has_array(self, name: str) -> bool:
        return name in self._owners

    def array(self, name: str) -> Sequence[Leaf]:
        """The cells of one of the arrays that the states come to on a switch, as they are now."""
        found = self._states.get(name)
        if isinstance(found, ArrayState):
            return found.cells
        if name not in self._known_cells:
            self._known_cells.update(cells_of(self.source, self._owners[name], self._states))
        return self._known_cells[name]

    def writable_array(self, name: str) -> list[Leaf]:
        """The cells of an array, for changing them."""
        if not isinstance(self._states.get(name), ArrayState):
            self._go_on_with_arrays()
        found = self._states[name]
        assert isinstance(found, ArrayState), "an expanded program has all its arrays"
        return found.cells

    def _go_on_with_arrays(self) -> None:
        program = expand_state(self.source)
        states = build_states(program, ControlEntries(arrays=expanded_entries(self.source)), salt=self._salt)
        for name, state in states.items():
            old = self._states.get(name)
            if old is not None and old.declaration == state.declaration:
                states[name] = old
            elif isinstance(state, ArrayState):
                state.cells[:] = self.array(name)
        self._program, self._states = program, states
        self._known_cells.clear()
        self._machine = self._new_machine()

    # --- what is kept when the switch stops

    def source_states(self) -> dict[str, RunState]:
        """The states as the source has them. `StateError` where registers hold what is no state of the program."""
        if not self.runs_on_arrays:
            return self._states
        states = build_states(self.source, salt=self._salt)
        arrays = {name: state.cells for name, state in self._states.items() if isinstance(state, ArrayState)}
        snapshots = source_snapshots(self.source, arrays)
        for name, state in states.items():
            if name in self._states:
                state.restore(self._states[name].snapshot())
            else:
                # What no array holds: inserts that failed are counted by the interpreter alone.
                counted = {"failed_inserts": 0} if "failed_inserts" in state.snapshot() else {}
                state.restore({**snapshots[name], **counted})
        return states


def cells_of(program: Program, state: State, states: Mapping[str, RunState]) -> dict[str, Sequence[Leaf]]:
    """The cells of the arrays that one state comes to."""
    needed = {state.name, state.lease} if isinstance(state, Index) else {state.name}
    part = replace(program, states=tuple(s for s in program.states if s.name in needed))
    return dict(cells_of_snapshots(part, {state.name: states[state.name].snapshot()}))
