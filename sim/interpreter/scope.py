"""What the compiled steps of one machine share: its program, its control plane's settings, and its state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

from compiler.ir.program import Program
from sim.interpreter.emit import Emitter
from sim.interpreter.errors import MissingStateError
from sim.interpreter.frame import Slots
from sim.interpreter.layout import Layout

State = TypeVar("State")


@dataclass(slots=True)
class Scope:
    """`tunables` and `groups` are looked up for every packet, so that the control plane may change them between two."""

    program: Program
    slots: Slots
    layout: Layout
    emitter: Emitter
    states: dict[str, Any]
    salt: int
    tunables: dict[str, int] = field(default_factory=dict)
    groups: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def state(self, name: str, kind: type[State]) -> State:
        """The state that the program calls `name`, which has to be a `kind`."""
        found = self.states.get(name)
        if not isinstance(found, kind):
            raise MissingStateError(name)
        return found
