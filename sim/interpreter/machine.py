"""A machine: one program, compiled to steps once, and the state that its packets see one after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from compiler.ir.emissions import Final as FinalOperation
from compiler.ir.invalid import InvalidProgram
from compiler.ir.leaf_values import Leaf
from compiler.ir.program import Program
from compiler.meaning.clock import tick_of
from compiler.meaning.hashing import DEFAULT_SALT
from sim.interpreter.emit import Emission, Emitter
from sim.interpreter.envelopes import build_openers
from sim.interpreter.errors import TunableRangeError, UnknownPortError, UnknownTunableError
from sim.interpreter.frame import (
    DATA,
    DIGESTS,
    EMISSIONS,
    END,
    FINAL,
    LENGTH,
    NOW,
    OFFSETS,
    PAYLOAD,
    PORT,
    TICK,
    WRITES,
    Slots,
)
from sim.interpreter.layout import Layout
from sim.interpreter.observe import Observer
from sim.interpreter.parse import build_parser
from sim.interpreter.scope import Scope
from sim.interpreter.steps import compile_steps
from sim.interpreter.watch import arrival
from sim.state import RunState

DigestRecord: TypeAlias = tuple[str, tuple[Leaf, ...]]  # (name of a record of the program, its leaves)

_NOW_MASK = (1 << 64) - 1
_LENGTH_MASK = (1 << 32) - 1


class Outcome(NamedTuple):
    """What became of a packet. The span of `final` is the line of the program that decided its fate."""

    emissions: list[Emission]  # in program order
    digests: list[DigestRecord]  # in program order
    final: FinalOperation


class Machine:
    """Carries out a program on packets, one after another, on the given states.

    `states` is what `sim.state.build_states` returns for the program; `salt` is the one it was built with.
    `groups`: multicast groups as port numbers in sending order; a group that is not there has no members.
    Without an `observer` nothing is reported, and nothing is paid for it.
    """

    def __init__(
        self,
        program: Program,
        *,
        states: Mapping[str, RunState],
        tunables: Mapping[str, int] | None = None,
        groups: Mapping[int, Sequence[int]] | None = None,
        observer: Observer | None = None,
        salt: int = DEFAULT_SALT,
    ) -> None:
        slots, layout = Slots(program), Layout(program.all_headers)
        self._scope = Scope(program, slots, layout, Emitter(layout), dict(states), salt)
        self._observer = observer
        self._ports = len(program.ports)
        self._parse = build_parser(program.headers)
        self._openers = build_openers(program, layout)
        for tunable in program.tunables:
            self._scope.tunables[tunable.name] = tunable.default
        for name, value in (tunables or {}).items():
            self.set_tunable(name, value)
        for group, ports in (groups or {}).items():
            self.set_group(group, ports)
        self._initial = slots.initial
        self._run = compile_steps(self._scope, observer)

    def set_tunable(self, name: str, value: int) -> None:
        """Set a tunable for the packets to come."""
        for tunable in self._scope.program.tunables:
            if tunable.name == name:
                if not 0 <= value < 1 << tunable.type.width:
                    raise TunableRangeError(name, value=value, width=tunable.type.width)
                self._scope.tunables[name] = value
                return
        raise UnknownTunableError(name)

    def set_group(self, group: int, ports: Sequence[int]) -> None:
        """Set the members of a multicast group for the packets to come."""
        self._scope.groups[group] = tuple(ports)

    def process(self, data: bytes, *, port: int, now: int, wire_length: int | None = None) -> Outcome:
        """Carry out the program on one packet that arrived by `port` at `now` (ns).

        Any bytes will do. `wire_length` is at least `len(data)`, and that where it is not given.
        """
        if not 0 <= port < self._ports:
            raise UnknownPortError(port, ports=self._ports)
        f = self._initial.copy()
        f[DATA] = data
        f[PORT] = port
        f[NOW] = now & _NOW_MASK
        f[LENGTH] = len(data) if wire_length is None else wire_length & _LENGTH_MASK
        if self._openers:
            self._openers[port](f, self._parse)
        else:
            f[OFFSETS], f[PAYLOAD] = self._parse(data)
        f[TICK] = tick_of(f[NOW])
        f[WRITES] = {}
        f[EMISSIONS] = emissions = []
        f[DIGESTS] = digests = []
        if self._observer is not None:
            self._observer(arrival(f, self._scope))
        if self._run(f) != END:
            raise InvalidProgram(f"program `{self._scope.program.name}` did not decide what becomes of a packet")
        return Outcome(emissions, digests, f[FINAL])
