"""State declarations, with everything about their layout decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from compiler.ir.types import Shape, Type
from compiler.source import Span

TICK_SHIFT = 20  # a tick of stored time is 2^20 ns (about 1 ms)
TICK_WIDTH = 32  # bits of a stored tick count: 52 days, compared in serial arithmetic over half of it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    name: str
    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Array(_Declared):
    """`cells` values of one type, all `initial` at the start."""

    type: Type
    cells: int
    shape: Shape
    initial: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(_Declared):
    """A set-associative map (a set, where `values` is empty).

    Set index = share * sets_per_share + the highest bits of family member 0x100 of the packed key; see
    `meaning/sets.py`. An entry not used for more than `idle_ticks` ticks is expired (None: never, and no
    last use is kept).
    """

    key: tuple[Type, ...]
    values: tuple[Type, ...]
    key_shape: Shape
    value_shape: Shape | None
    capacity: int  # keys expected to fit with at most 0.1 % failed inserts
    sets: int  # a power of two, over all shares
    ways: int
    idle_ticks: int | None
    share_key: tuple[int, ...] = ()  # positions in `key` that give the share; empty: one share
    grain_ticks: int = 0  # how much later than `idle_ticks` a device may notice that an entry is idle
    relaxed: bool = False  # packets that rules serve may see it as it was a moment ago


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease(_Declared):
    """An allocator of ids `first` to `last` that carry values, a last-use time and a generation."""

    id_width: int
    first: int
    last: int
    values: tuple[Type, ...]
    value_shape: Shape | None
    idle_ticks: int | None
    sharded: bool = False  # share s hands out only ids q with share(q) = s
    steps: int = 16  # most ids looked at by one `open`; each id of the share at most once
    grain_ticks: int = 0  # as of a `Map`
    relaxed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Index(_Declared):
    """A set-associative map from keys to ids of `lease`; an entry is valid while its lease's generation is live."""

    key: tuple[Type, ...]
    key_shape: Shape
    lease: str
    capacity: int
    sets: int
    ways: int
    share_key: tuple[int, ...] = ()


class MatchKind(Enum):
    EXACT = "exact"
    PREFIX = "lpm"
    TERNARY = "ternary"
    RANGE = "range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(_Declared):
    """Filled by the control plane: at most `size` entries. Among matching entries the longest prefix wins,
    then the highest priority, then the one added first."""

    key: tuple[Type, ...]
    match: tuple[MatchKind, ...]  # one for each part of the key; at most one PREFIX
    key_shape: Shape
    values: tuple[Type, ...]
    value_shape: Shape | None
    size: int
    default: tuple[int, ...] | None  # values on a miss


@dataclass(frozen=True, slots=True, kw_only=True)
class TableArray(_Declared):
    """An array filled by the control plane, read by index (`TableGet` with one index key, always a hit)."""

    type: Type
    cells: int
    shape: Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter(_Declared):
    """`cells` pairs of packets and bytes, 64 bits each, wrapping."""

    cells: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter(_Declared):
    """`cells` token buckets; see `meaning/token_bucket.py`. Tokens are bytes, or packets, as the program takes them."""

    cells: int
    rate: int  # tokens a second
    burst: int  # most tokens a bucket holds; buckets start full


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction(_Declared):
    """`slots` slots of two banks, each with epoch, round, tag, operator, mask of members seen,
    and a total. Slots are independent: the state may be split by slot, and by members over a tree."""

    type: Type  # of the value
    shape: Shape
    slots: int


State: TypeAlias = Array | Map | Lease | Index | Table | TableArray | Counter | Meter | Reduction
