"""The checked program as a tree: every name resolved, every expression typed, generics made concrete.

The checker writes it; `inline_functions` and `unroll_loops` rewrite it; `lower` turns it into IR.
Each expression stands for a tuple of flat IR values, laid out as `types.flatten` says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.types import Ty
from compiler.frontend.variables import Local, Static
from compiler.ir.headers import Header
from compiler.ir.operations import (
    BinaryOperator,
    CompareOperator,
    HashAlgorithm,
    PacketFact,
    ReduceOperator,
    Rest,
    UnaryOperator,
)
from compiler.ir.program import Port, Tunable
from compiler.ir.states import State
from compiler.ir.types import Record
from compiler.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    type: Ty
    span: Span = field(compare=False, repr=False)


# --- expressions ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TLiteral(_Typed):
    """One constant for each flat value of the type (a tuple of lanes for a vector)."""

    values: tuple[int | tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class TStatic(_Typed):
    """A static number taken as a value of `type` (one flat value). Too large a value is error W0310 when unrolled."""

    value: Static


@dataclass(frozen=True, slots=True)
class TLocal(_Typed):
    local: Local


@dataclass(frozen=True, slots=True)
class TMake(_Typed):
    """The flat values of the parts, one after the other: structs, tuples, options, enum values."""

    parts: tuple[TExpr, ...]


@dataclass(frozen=True, slots=True)
class TProject(_Typed):
    """Flat values `first` to `first + len(flatten(type))` of `value`."""

    value: TExpr
    first: int


@dataclass(frozen=True, slots=True)
class TUnary(_Typed):
    operator: UnaryOperator
    argument: TExpr


@dataclass(frozen=True, slots=True)
class TBinary(_Typed):
    operator: BinaryOperator
    left: TExpr
    right: TExpr


@dataclass(frozen=True, slots=True)
class TCompare(_Typed):
    """Of one flat value each; EQ and NE of any number of them, all or any."""

    operator: CompareOperator
    left: TExpr
    right: TExpr


@dataclass(frozen=True, slots=True)
class TLogical(_Typed):
    """`left && right` (is_and) or `left || right`; effects in `right` happen only where it decides."""

    is_and: bool
    left: TExpr
    right: TExpr


@dataclass(frozen=True, slots=True)
class TResize(_Typed):
    value: TExpr


@dataclass(frozen=True, slots=True)
class TSlice(_Typed):
    value: TExpr
    high: int
    low: int


@dataclass(frozen=True, slots=True)
class TConcat(_Typed):
    """All flat values of the parts side by side in one number, the first one highest."""

    parts: tuple[TExpr, ...]


@dataclass(frozen=True, slots=True)
class THash(_Typed):
    """Over all flat values of the parts. `index` as in ir.pure.Hash."""

    algorithm: HashAlgorithm
    index: Static
    parts: tuple[TExpr, ...]


@dataclass(frozen=True, slots=True)
class TVector(_Typed):
    """One part a lane, or a single part for all lanes."""

    parts: tuple[TExpr, ...]


@dataclass(frozen=True, slots=True)
class TLane(_Typed):
    """Lane `lane` of a vector; W0311 when it is out of range after unrolling."""

    value: TExpr
    lane: Static


@dataclass(frozen=True, slots=True)
class TReduce(_Typed):
    operator: ReduceOperator
    value: TExpr


@dataclass(frozen=True, slots=True)
class TFact(_Typed):
    fact: PacketFact


@dataclass(frozen=True, slots=True)
class TField(_Typed):
    """A header field with everything written to it so far; of several, that of the header that is present."""

    alternatives: tuple[tuple[str, str], ...]  # (header, field)


@dataclass(frozen=True, slots=True)
class THeaderPresent(_Typed):
    """Whether any of the headers is present."""

    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TTunable(_Typed):
    name: str


@dataclass(frozen=True, slots=True)
class TIf(_Typed):
    """`type` is the type of both blocks' values (a block that never ends has any)."""

    condition: TExpr
    then: TBlock
    otherwise: TBlock


@dataclass(frozen=True, slots=True)
class TBlock(_Typed):
    statements: tuple[TStatement, ...]
    value: TExpr | None


@dataclass(frozen=True, slots=True)
class TUnwrap(_Typed):
    """The value in an option; where there is none, `otherwise`, which gives a value of the type or never ends."""

    value: TExpr
    otherwise: TBlock


@dataclass(frozen=True, slots=True)
class TCall(_Typed):
    """One argument for each parameter of the function that is a value (packets and `self` are not)."""

    function: TFunction
    arguments: tuple[TExpr, ...]


@dataclass(frozen=True, slots=True)
class TInlined(_Typed):
    """A call after inlining: bind the parameters, run the body; `SReturn` in it ends it alone."""

    function: str
    bindings: tuple[tuple[Local, TExpr], ...]
    body: TBlock


@dataclass(frozen=True, slots=True)
class TAccess(_Typed):
    """One operation on a state. ENTRY_PUT's and ENTRY_REMOVE's first argument is an entry (its key is used)."""

    kind: AccessKind
    state: str
    arguments: tuple[TExpr, ...]
    operator: BinaryOperator | None = None  # of ARRAY_UPDATE
    refresh: bool = True  # of MAP_FIND, LEASE_GET, INDEX_FIND


TExpr: TypeAlias = (
    TLiteral
    | TStatic
    | TLocal
    | TMake
    | TProject
    | TUnary
    | TBinary
    | TCompare
    | TLogical
    | TResize
    | TSlice
    | TConcat
    | THash
    | TVector
    | TLane
    | TReduce
    | TFact
    | TField
    | THeaderPresent
    | TTunable
    | TIf
    | TBlock
    | TUnwrap
    | TCall
    | TInlined
    | TAccess
)


# --- statements -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stated:
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SLet(_Stated):
    local: Local
    value: TExpr


@dataclass(frozen=True, slots=True)
class SAssign(_Stated):
    """Replace the flat values of `local` from `first` on by those of `value`."""

    local: Local
    first: int
    value: TExpr


@dataclass(frozen=True, slots=True)
class SSetField(_Stated):
    """Write a header field; of several alternatives, that of the header that is present."""

    alternatives: tuple[tuple[str, str], ...]
    value: TExpr


@dataclass(frozen=True, slots=True)
class SExpr(_Stated):
    value: TExpr


@dataclass(frozen=True, slots=True)
class SFor(_Stated):
    """`first` to `last` (exclusive). `local` is used by StaticLocal."""

    local: Local
    first: Static
    last: Static
    body: TBlock


@dataclass(frozen=True, slots=True)
class SReturn(_Stated):
    value: TExpr | None


@dataclass(frozen=True, slots=True)
class TTemplate:
    headers: tuple[tuple[str, tuple[TExpr, ...]], ...]  # (header, one flat value a field that is not a blob)
    data: tuple[TExpr, ...]
    rest: Rest
    rest_header: str = ""


class FinalKind(Enum):
    SEND = "send"
    REPLY = "reply"
    FLOOD = "flood"
    MULTICAST = "multicast"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class SFinal(_Stated):
    """Decide the packet's fate; the handler ends."""

    kind: FinalKind
    target: TExpr | None
    packet: TTemplate | None


@dataclass(frozen=True, slots=True)
class SClone(_Stated):
    target: TExpr
    packet: TTemplate | None


@dataclass(frozen=True, slots=True)
class SDigest(_Stated):
    record: str
    value: TExpr


TStatement: TypeAlias = SLet | SAssign | SSetField | SExpr | SFor | SReturn | SFinal | SClone | SDigest


# --- the program ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TFunction:
    """A function with its generics made concrete (and, for a method, for one object's state)."""

    name: str
    parameters: tuple[Local, ...]
    result: Ty
    body: TBlock


@dataclass(frozen=True, slots=True)
class THandler:
    """Takes packets that came in by one of `ports` and have, for each of `requires`, one of its headers."""

    name: str  # "lan (p: ipv4 & l4)"
    ports: tuple[int, ...]
    requires: tuple[tuple[str, ...], ...]
    where: TExpr | None
    body: TBlock
    span: Span = field(compare=False, repr=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class TProgram:
    name: str
    shares: int
    ports: tuple[Port, ...]
    headers: tuple[Header, ...]
    states: tuple[State, ...]
    tunables: tuple[Tunable, ...]
    records: tuple[Record, ...]
    handlers: tuple[THandler, ...]
    span: Span = field(compare=False, repr=False, kw_only=True)
