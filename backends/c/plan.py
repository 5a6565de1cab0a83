"""What a datapath consists of, before any of it is written: its states' code, its block, its names and its shapes."""

from __future__ import annotations

from dataclasses import replace

from backends.c.emissions import GROUP_PORTS
from backends.c.layout import Block, Member, Region, Struct
from backends.c.names import Names
from backends.c.shapes import find_shapes
from backends.c.states.cells import ArrayCode, CounterCode, MeterCode
from backends.c.states.index import IndexCode
from backends.c.states.lease import LeaseCode
from backends.c.states.map import MapCode
from backends.c.states.reduction import ReductionCode
from backends.c.states.state_code import StateCode
from backends.c.states.table import TableArrayCode, TableCode
from backends.c.types import U16, U32, stored
from backends.identifiers import as_identifier
from compiler.ir.emissions import Multicast
from compiler.ir.operations import Operation
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, Reduction, State, Table, TableArray


class Plan:
    """`name` is that of the files and in front of all functions; `block_name` that of the state's struct.

    `finder` finds the share that a packet belongs to; None: all packets belong to one core. `rules` finds the rule
    for packets like a given one; None: nobody asks.
    """

    def __init__(self, program: Program, finder: Program | None, rules: Program | None, *, salt: int) -> None:
        self.program, self.finder, self.rules, self.salt = program, finder, rules, salt
        self.name = as_identifier(program.name).lower()
        self.block_name = f"{self.name}_state"
        self.names = Names()
        self.names.fresh(self.name)
        for header in program.all_headers:  # members of a struct, and labels
            self.names.fresh(header.name)
        self.state_names = {state.name: self.names.fresh(state.name) for state in program.states}
        self.code = self._state_code()
        self.block = Block(self._regions())
        self.shapes = find_shapes(program)

    @property
    def filled(self) -> dict[str, TableCode | TableArrayCode]:
        """The code of the states that the control plane fills, by the state's name."""
        return {n: code for n, code in self.code.items() if isinstance(code, TableCode | TableArrayCode)}

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All that the file carries out on state."""
        return (*self.program.operations, *(self.rules.operations if self.rules is not None else ()))

    def _state_code(self) -> dict[str, StateCode]:
        program = replace(self.program, operations=self.operations)
        leases = {
            state.name: LeaseCode(state, program, name=self.state_names[state.name], block=self.block_name)
            for state in self.program.states
            if isinstance(state, Lease)
        }
        return {state.name: self._code_of(state, leases) for state in self.program.states}

    def _code_of(self, state: State, leases: dict[str, LeaseCode]) -> StateCode:
        name, block, salt = self.state_names[state.name], self.block_name, self.salt
        program = replace(self.program, operations=self.operations)
        match state:
            case Array():
                return ArrayCode(state, name=name)
            case Map():
                return MapCode(state, program, name=name, block=block, salt=salt)
            case Lease():
                return leases[state.name]
            case Index():
                return IndexCode(state, leases[state.lease], program, name=name, block=block, salt=salt)
            case Table():
                return TableCode(state, program, name=name, block=block)
            case TableArray():
                return TableArrayCode(state, name=name, block=block)
            case Counter():
                return CounterCode(state, name=name)
            case Meter():
                return MeterCode(state, name=name, block=block)
            case Reduction():
                return ReductionCode(state, name=name, block=block)

    def _regions(self) -> list[tuple[str, Region]]:
        found: list[tuple[str, Region]] = []
        for state, code in self.code.items():
            found.extend((f"{self.state_names[state]}_{r.role}", r) for r in code.regions())
        if self.program.tunables:
            members = tuple(Member(as_identifier(t.name), stored(t.type)) for t in self.program.tunables)
            found.append(("tunables", Region("", "tunables", Struct(f"{self.name}_tunables", members), 1)))
        if any(isinstance(o, Multicast) for o in self.program.operations):
            found.append(("group_starts", Region("", "group_starts", U32, 65537)))
            found.append(("group_ports", Region("", "group_ports", U16, GROUP_PORTS)))
        return found
