"""Headers and states for generated programs: small, so that sets fill, entries expire and counters wrap."""

from __future__ import annotations

from compiler.ir.headers import Checksum, ChecksumKind, Condition, Header, HeaderField, Linear, ParseRule
from compiler.ir.operations import CompareOperator
from compiler.ir.program import Tunable
from compiler.ir.states import (
    Array,
    Counter,
    Index,
    Lease,
    Map,
    MatchKind,
    Meter,
    Reduction,
    State,
    Table,
    TableArray,
)
from compiler.ir.types import Bits, Blob, Record, Scalar, Shape, Type, Vector, VectorShape, bit_width
from compiler.source import NOWHERE

TICK_NS = 1 << 20
SHARES = 4


def shape_of(type_: Type) -> Shape:
    if isinstance(type_, Vector):
        return VectorShape(Scalar("uint", type_.width), type_.lanes)
    return Scalar("uint", bit_width(type_))


def tuple_shape(types: tuple[Type, ...]) -> Record:
    return Record("", tuple((str(i), shape_of(t)) for i, t in enumerate(types)))


def fields(*described: tuple[str, Type], **extras: dict[str, object]) -> tuple[HeaderField, ...]:
    made: list[HeaderField] = []
    offset = 0
    for name, type_ in described:
        shape = None if isinstance(type_, Blob) else shape_of(type_)
        made.append(HeaderField(name, type_, shape, offset, **extras.get(name, {})))  # type: ignore[arg-type]
        offset += bit_width(type_)
    return tuple(made)


ETH = Header(
    "eth",
    fields(("dst", Bits(48)), ("src", Bits(48)), ("type", Bits(16))),
    rules=(),
    valid=(),
    blob_length=None,
    swaps=(("dst", "src"),),
    span=NOWHERE,
)
IP = Header(
    "ip",
    fields(
        ("version", Bits(4)),
        ("ihl", Bits(4)),
        ("tos", Bits(8)),
        ("length", Bits(16)),
        ("ttl", Bits(8)),
        ("proto", Bits(8)),
        ("sum", Bits(16)),
        ("src", Bits(32)),
        ("dst", Bits(32)),
        ("options", Blob(40)),
        proto={"pseudo": True},
        sum={"checksum": Checksum(ChecksumKind.HEADER)},
        src={"pseudo": True},
        dst={"pseudo": True},
        length={"is_size": True},
        version={"default": 4},
        ihl={"default": 4},
    ),
    rules=(ParseRule("eth", (("type", 0x0800, 0xFFFF),)),),
    valid=(
        Condition(Linear((("version", 1),), -4), CompareOperator.EQ),
        Condition(Linear((("ihl", 1),), -4), CompareOperator.GE),
    ),
    blob_length=Linear((("ihl", 4),), -16),
    swaps=(("src", "dst"),),
    span=NOWHERE,
)
UDP = Header(
    "udp",
    fields(
        ("sport", Bits(16)),
        ("dport", Bits(16)),
        ("length", Bits(16)),
        ("sum", Bits(16)),
        sum={"checksum": Checksum(ChecksumKind.TRANSPORT, zero_means_none=True)},
        length={"is_size": True},
    ),
    rules=(ParseRule("ip", (("proto", 17, 0xFF),)),),
    valid=(),
    blob_length=None,
    swaps=(("sport", "dport"),),
    span=NOWHERE,
)
ICMP = Header(
    "icmp",
    fields(("kind", Bits(16)), ("sum", Bits(16)), sum={"checksum": Checksum(ChecksumKind.MESSAGE)}),
    rules=(ParseRule("ip", (("proto", 1, 0xFF),)),),
    valid=(),
    blob_length=None,
    span=NOWHERE,
)
ODD = Header(
    "odd",
    fields(("bit", Bits(1)), ("seven", Bits(7)), ("wide", Bits(128)), ("lanes", Vector(16, 3)), ("mac", Bits(48))),
    rules=(ParseRule("udp", (("dport", 4242, 0xFFFF),)), ParseRule("eth", (("type", 0x88B5, 0xFFFF),))),
    valid=(),
    blob_length=None,
    span=NOWHERE,
)
LEAF = Header(
    "leaf",
    fields(("tag", Bits(8))),
    rules=(ParseRule("odd", (("bit", 1, 1),)),),
    valid=(),
    blob_length=None,
    span=NOWHERE,
)
HEADERS = (ETH, IP, UDP, ICMP, ODD, LEAF)

TUNABLES = (
    Tunable("limit", Bits(16), 7, span=NOWHERE),
    Tunable("flag", Bits(1), 1, span=NOWHERE),
)
RECORDS = (Record("seen", (("who", Scalar("uint", 7)), ("what", Scalar("uint", 48)))),)


def a_map(name: str, key: tuple[Type, ...], values: tuple[Type, ...], **more: object) -> Map:
    settings: dict[str, object] = {"capacity": 4, "sets": 2, "ways": 2, "idle_ticks": 3, **more}
    value_shape = tuple_shape(values) if values else None
    return Map(
        name=name,
        key=key,
        values=values,
        key_shape=tuple_shape(key),
        value_shape=value_shape,
        span=NOWHERE,
        **settings,  # type: ignore[arg-type]
    )


def a_lease(name: str, id_width: int, first: int, last: int, **more: object) -> Lease:
    settings: dict[str, object] = {"idle_ticks": 3, "steps": 2, **more}
    values = (Bits(16), Bits(7))
    return Lease(
        name=name,
        id_width=id_width,
        first=first,
        last=last,
        values=values,
        value_shape=tuple_shape(values),
        span=NOWHERE,
        **settings,  # type: ignore[arg-type]
    )


def an_index(name: str, key: tuple[Type, ...], lease: str, **more: object) -> Index:
    settings: dict[str, object] = {"capacity": 4, "sets": 2, "ways": 2, **more}
    return Index(name=name, key=key, key_shape=tuple_shape(key), lease=lease, span=NOWHERE, **settings)  # type: ignore[arg-type]


def a_table(name: str, key: tuple[Type, ...], match: tuple[MatchKind, ...], default: tuple[int, ...] | None) -> Table:
    values = (Bits(16), Bits(48))
    return Table(
        name=name,
        key=key,
        match=match,
        key_shape=tuple_shape(key),
        values=values,
        value_shape=tuple_shape(values),
        size=8,
        default=default,
        span=NOWHERE,
    )


def an_array(name: str, type_: Type, cells: int = 4, initial: int = 0) -> Array:
    return Array(name=name, type=type_, cells=cells, shape=shape_of(type_), initial=initial, span=NOWHERE)


def a_reduction(name: str, type_: Type, *, slots: int) -> Reduction:
    return Reduction(name=name, type=type_, shape=shape_of(type_), slots=slots, span=NOWHERE)


STATES: tuple[State, ...] = (
    an_array("numbers", Bits(48)),
    an_array("bits", Bits(1), initial=1),
    an_array("lanes", Vector(16, 3)),
    a_map("pairs", (Bits(7),), (Bits(16), Bits(48))),
    a_map("halves", (Bits(16), Bits(16)), (Bits(7),), sets=8, ways=2, share_key=(0, 1)),
    a_map("forever", (Bits(128),), (Vector(16, 3),), sets=1, ways=3, idle_ticks=None),
    a_map("members", (Bits(7), Bits(1)), (), ways=2, sets=4),
    a_lease("ports", 4, 3, 7),
    a_lease("kept", 16, 5, 9, idle_ticks=None, steps=3),
    a_lease("split", 16, 1024, 1033, sharded=True, steps=3),
    an_index("by_key", (Bits(7),), "ports"),
    an_index("by_pair", (Bits(16), Bits(16)), "split", sets=4, ways=2, share_key=(1, 0)),
    a_table("routes", (Bits(16), Bits(7)), (MatchKind.PREFIX, MatchKind.EXACT), None),
    a_table("exact", (Bits(16),), (MatchKind.EXACT,), (5, 6)),
    a_table("ranked", (Bits(7), Bits(16)), (MatchKind.RANGE, MatchKind.TERNARY), (9, 10)),
    TableArray(name="cells", type=Bits(48), cells=4, shape=shape_of(Bits(48)), span=NOWHERE),
    Counter(name="counts", cells=4, span=NOWHERE),
    Meter(name="rate", cells=4, rate=1_000_000, burst=700, span=NOWHERE),
    Meter(name="dry", cells=4, rate=0, burst=3, span=NOWHERE),
    a_reduction("sums", Vector(16, 3), slots=2),
    a_reduction("height", Bits(48), slots=1),
)
