"""States that can be split only together: a lease with its indexes, any other state alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations, product

from compiler.analyses.share_accesses import KeyedAccess
from compiler.analyses.share_words import WORD_BITS
from compiler.ir.program import Program
from compiler.ir.states import Array, Index, Lease, Map, Meter
from compiler.ir.types import Bits

MAX_SUBSET_PARTS = 8  # keys of more parts are tried whole, without their narrow parts, and part by part
MAX_SHARDED_ID_BITS = 16  # share(id) numbers the 16-bit ids; a wider id's share has no such inverse

Positions = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """`options` maps each keyed state to positions of its key; the best one first. None: cannot be split."""

    states: tuple[str, ...]
    accesses: tuple[KeyedAccess, ...]
    options: tuple[Mapping[str, Positions], ...]


def units_of(
    program: Program, accesses: Mapping[str, tuple[KeyedAccess, ...]], unneeded: frozenset[str]
) -> tuple[Unit, ...]:
    """Leases first: ids they give out are keys of other states. Then by order of declaration."""
    leases = [state for state in program.states if isinstance(state, Lease) and state.name not in unneeded]
    others = [s for s in program.states if isinstance(s, Map | Array | Meter) and s.name in accesses]
    return tuple(_lease_unit(program, lease, accesses) for lease in leases) + tuple(
        _unit(state, accesses[state.name]) for state in others
    )


def _unit(state: Map | Array | Meter, accesses: tuple[KeyedAccess, ...]) -> Unit:
    if isinstance(state, Map):
        widths = tuple(part.width if isinstance(part, Bits) else 0 for part in state.key)
        options = tuple({state.name: positions} for positions in _subsets(widths, accesses))
    else:
        options = ({state.name: (0,)},) if all(access.parts[0] is not None for access in accesses) else ()
    return Unit((state.name,), accesses, options)


def _lease_unit(program: Program, lease: Lease, accesses: Mapping[str, tuple[KeyedAccess, ...]]) -> Unit:
    indexes = [s for s in program.states if isinstance(s, Index) and s.lease == lease.name and s.name in accesses]
    own = accesses.get(lease.name, ())
    mine = own + tuple(access for index in indexes for access in accesses[index.name])
    states = (lease.name, *(index.name for index in indexes))
    if lease.id_width > MAX_SHARDED_ID_BITS or any(access.parts and access.parts[0] is None for access in own):
        return Unit(states, mine, ())
    choices = []
    for index in indexes:
        widths = tuple(part.width if isinstance(part, Bits) else 0 for part in index.key)
        choices.append([(index.name, positions) for positions in _subsets(widths, accesses[index.name])])
    options = tuple({lease.name: (0,), **dict(chosen)} for chosen in product(*choices))
    return Unit(states, mine, options)


def _subsets(widths: tuple[int, ...], accesses: tuple[KeyedAccess, ...]) -> list[Positions]:
    """Positions that every access gives by header fields; wide and many before narrow and few."""
    usable = [i for i in range(len(widths)) if widths[i] and all(access.parts[i] is not None for access in accesses)]
    wide = [i for i in usable if widths[i] >= WORD_BITS]
    if len(usable) > MAX_SUBSET_PARTS:
        tried = {tuple(usable), tuple(wide), *((i,) for i in usable)} - {()}
    else:
        tried = {chosen for size in range(1, len(usable) + 1) for chosen in combinations(usable, size)}
    return sorted(
        tried,
        key=lambda chosen: (any(widths[i] < WORD_BITS for i in chosen), -sum(widths[i] for i in chosen), chosen),
    )
