"""Which core a packet belongs to, so that many cores together do what one does.

A core owns whole shares. Packets of a handler whose states are all sharded, mergeable or constant belong to the
core that owns their share; those of a handler without such states may be processed anywhere. Whatever is
neither has one home, the core of share 0: exclusive states, reductions, and with them every sharded
state that some packet of their handlers touches. All packets that touch one of those belong to that core,
so that the exclusive atoms of a packet are carried out by their owner, from the first to the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from compiler.analyses.shares import HandlerShare, infer_shares
from compiler.analyses.state_algebra import StateClass, classify_states
from compiler.analyses.structure import OUTSIDE, Structure, states_of, structure_of
from compiler.ir.program import Program

_FREE = (StateClass.CONSTANT, StateClass.MERGEABLE)


class CoreChoice(Enum):
    SHARE = "share"  # the core that owns the packet's share
    HOME = "home"  # the core of share 0
    ANY = "any"  # whichever has it


@dataclass(frozen=True, slots=True)
class HandlerCore:
    """Where the packets of one handler go. `states`: those that decide it."""

    handler: int  # place in `Program.handlers`
    choice: CoreChoice
    states: tuple[str, ...]
    share: HandlerShare | None = None  # where `choice` is SHARE


@dataclass(frozen=True, slots=True)
class CoreOwners:
    handlers: tuple[HandlerCore, ...]  # one for each of the program's
    home: tuple[str, ...]  # the states that one core holds, in order of declaration
    outside: bool = False  # whether packets that no handler takes touch state, which goes home with all of them

    @property
    def spreads(self) -> bool:
        """Whether more than one core can have work: not all packets belong to one."""
        return any(core.choice is not CoreChoice.HOME for core in self.handlers) and not self.outside


def find_core_owners(program: Program) -> CoreOwners:
    """`program` is as the front end made it."""
    structure, algebra, shares = structure_of(program), classify_states(program), infer_shares(program)
    touched: dict[int, set[str]] = {place: set() for place in range(len(program.handlers))}
    for place, operation in enumerate(program.operations):
        handler = structure.handler(place)
        if handler != OUTSIDE:
            touched[handler].update(s for s in states_of(operation) if algebra.kind(s) not in _FREE)
    home = {f.state for f in algebra.states if f.kind not in (*_FREE, StateClass.SHARDED)}
    home |= _touched_outside(program, structure) - {s.name for s in program.states if algebra.kind(s.name) in _FREE}
    grew = True
    while grew:
        with_home = [states for states in touched.values() if states & home]
        more = set().union(*with_home) - home
        home |= more
        grew = bool(more)
    cores = []
    for handler, states in touched.items():
        share = shares.of_handler(handler)
        if states & home:
            choice, deciding = CoreChoice.HOME, states & home
        elif states and share is not None:
            choice, deciding = CoreChoice.SHARE, states
        else:
            assert not states, "a sharded state has a share in each of its handlers"
            choice, deciding = CoreChoice.ANY, set()
        kept = share if choice is CoreChoice.SHARE else None
        cores.append(HandlerCore(handler, choice, tuple(sorted(deciding)), kept))
    outside = bool(_touched_outside(program, structure))
    return CoreOwners(tuple(cores), tuple(s.name for s in program.states if s.name in home), outside)


def _touched_outside(program: Program, structure: Structure) -> set[str]:
    """The states of operations that belong to no handler; only programs that were not made from text have them."""
    places = [i for i in range(len(program.operations)) if structure.handler(i) == OUTSIDE]
    return {state for place in places for state in states_of(program.operations[place])}
