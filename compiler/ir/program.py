"""A whole program as a guarded straight line."""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.ir.headers import Envelope, Header
from compiler.ir.operations import Operation
from compiler.ir.states import State
from compiler.ir.types import Bits, Record
from compiler.ir.values import Value
from compiler.source import Span

ROOT = 0  # the guard that always holds


@dataclass(frozen=True, slots=True)
class Guard:
    """Holds where `parent` holds and `condition` (defined under `parent`) is 1, or 0 where `polarity` is False.

    Guard 0 is `ROOT_GUARD`: its own parent, no condition. A parent comes before its children.
    """

    parent: int
    condition: Value | None
    polarity: bool = True


ROOT_GUARD = Guard(ROOT, None)


@dataclass(frozen=True, slots=True)
class Port:
    """A logical port; its number is its place in `Program.ports`. `any[16]` makes sixteen of one `group`."""

    name: str  # "lan", or "any[3]"
    group: str  # "lan", or "any"
    peer: int | None = None  # the other end of its `pair`


@dataclass(frozen=True, slots=True)
class Tunable:
    name: str
    type: Bits
    default: int
    span: Span = field(compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Handler:
    """Where a handler's operations are: under `guard`, which holds when it takes the packet."""

    name: str  # as written, for people: "lan (p: ipv4 & l4)"
    guard: int
    span: Span = field(compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Program:
    """Operations in source order; see `operations.py`. Two programs are equal wherever they were written."""

    name: str
    shares: int
    ports: tuple[Port, ...]
    headers: tuple[Header, ...]
    states: tuple[State, ...]
    tunables: tuple[Tunable, ...]
    records: tuple[Record, ...]  # of digests
    guards: tuple[Guard, ...]
    operations: tuple[Operation, ...]
    handlers: tuple[Handler, ...]
    envelopes: tuple[Envelope, ...] = ()  # of the ports that are links to other pieces

    @property
    def all_headers(self) -> tuple[Header, ...]:
        """The packet's headers, and those of the envelopes."""
        return (*self.headers, *(envelope.header for envelope in self.envelopes))

    @property
    def links(self) -> frozenset[int]:
        """The ports that lead to other pieces of the program."""
        return frozenset(envelope.port for envelope in self.envelopes if envelope.port is not None)

    def state(self, name: str) -> State:
        return next(s for s in self.states if s.name == name)

    def header(self, name: str) -> Header:
        return next(h for h in self.all_headers if h.name == name)

    def record(self, name: str) -> Record:
        return next(r for r in self.records if r.name == name)
