"""Programs for tests, written line by line in Python; every line of the listing is one source line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from compiler.ir.headers import Header, HeaderField, ParseRule
from compiler.ir.operations import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Concat,
    CounterAdd,
    Drop,
    Hash,
    HashAlgorithm,
    HeaderPresent,
    IndexFind,
    IndexOpen,
    LeaseClose,
    LeaseGet,
    LeaseOpen,
    MapFind,
    MapPut,
    MapRemove,
    MeterTake,
    Operation,
    PacketFact,
    ReadFact,
    ReadField,
    Resize,
    Select,
    Send,
    Slice,
    TableGet,
    Unary,
    UnaryOperator,
    WriteField,
)
from compiler.ir.program import ROOT, Guard, Handler, Port, Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, MatchKind, Meter, State, Table, TableArray
from compiler.ir.types import BOOL, Bits, Record, Scalar, Type
from compiler.ir.values import Constant, Operand, Value, constant
from compiler.source import NOWHERE, Source, Span

Op = TypeVar("Op", bound=Operation)

SOURCE = Source("test.weft", "".join(f"line {n}\n" for n in range(1, 200)))


def at(line: int) -> Span:
    start = SOURCE.line_starts[line - 1]
    return Span(SOURCE, start, start + 4)


def _header(name: str, fields: Sequence[tuple[str, int]], rules: tuple[ParseRule, ...] = ()) -> Header:
    offset, made = 0, []
    for field_name, width in fields:
        made.append(HeaderField(field_name, Bits(width), Scalar("uint", width), offset))
        offset += width
    return Header(name, tuple(made), rules, (), None, span=NOWHERE)


HEADERS = (
    _header("eth", [("dst", 48), ("src", 48), ("type", 16)]),
    _header(
        "ipv4",
        [("tos", 16), ("len", 16), ("id", 32), ("ttl", 8), ("proto", 8), ("sum", 16), ("src", 32), ("dst", 32)],
        (ParseRule("eth", (("type", 0x800, 0xFFFF),)),),
    ),
    _header("arp", [("op", 16)], (ParseRule("eth", (("type", 0x806, 0xFFFF),)),)),
    _header(
        "tcp",
        [("sport", 16), ("dport", 16), ("seq", 32), ("ack", 32), ("off", 8), ("flags", 8), ("win", 16), ("sum", 32)],
        (ParseRule("ipv4", (("proto", 6, 0xFF),)),),
    ),
    _header(
        "udp",
        [("sport", 16), ("dport", 16), ("len", 16), ("sum", 16)],
        (ParseRule("ipv4", (("proto", 17, 0xFF),)),),
    ),
)
_WIDTHS = {(h.name, f.name): f.type.width for h in HEADERS for f in h.fields if isinstance(f.type, Bits)}
NUMBER = Scalar("uint", 32)


def map_state(
    name: str, key: Sequence[int], values: Sequence[int] = (), *, capacity: int = 1024, sets: int = 256, ways: int = 8
) -> Map:
    shape = Record("", tuple((str(i), Scalar("uint", width)) for i, width in enumerate(key)))
    value_shape = Record("", tuple((str(i), Scalar("uint", width)) for i, width in enumerate(values)))
    return Map(
        name=name,
        span=at(1),
        key=tuple(map(Bits, key)),
        values=tuple(map(Bits, values)),
        key_shape=shape,
        value_shape=value_shape if values else None,
        capacity=capacity,
        sets=sets,
        ways=ways,
        idle_ticks=None,
    )


def index_state(
    name: str, key: Sequence[int], lease: str, *, capacity: int = 1024, sets: int = 256, ways: int = 8
) -> Index:
    shape = Record("", tuple((str(i), Scalar("uint", width)) for i, width in enumerate(key)))
    return Index(
        name=name,
        span=at(1),
        key=tuple(map(Bits, key)),
        key_shape=shape,
        lease=lease,
        capacity=capacity,
        sets=sets,
        ways=ways,
    )


def lease_state(name: str, *, width: int = 16, first: int = 1024, last: int = 65535, values: int = 0) -> Lease:
    types = (Bits(32),) * values
    return Lease(
        name=name, span=at(1), id_width=width, first=first, last=last, values=types, value_shape=None, idle_ticks=None
    )


def array_state(name: str, cells: int = 16, *, initial: int = 0, width: int = 32) -> Array:
    return Array(name=name, span=at(1), type=Bits(width), cells=cells, shape=Scalar("uint", width), initial=initial)


def counter_state(name: str, cells: int = 256) -> Counter:
    return Counter(name=name, span=at(1), cells=cells)


def meter_state(name: str, cells: int = 256) -> Meter:
    return Meter(name=name, span=at(1), cells=cells, rate=1000, burst=1000)


def table_state(name: str, key: int, values: Sequence[int]) -> Table:
    return Table(
        name=name,
        span=at(1),
        key=(Bits(key),),
        match=(MatchKind.EXACT,),
        key_shape=Scalar("uint", key),
        values=tuple(map(Bits, values)),
        value_shape=None,
        size=16,
        default=None,
    )


def table_array(name: str, cells: int, width: int) -> TableArray:
    return TableArray(name=name, span=at(1), type=Bits(width), cells=cells, shape=Scalar("uint", width))


class Build:
    """Writes a program; `line` is the source line of what comes next."""

    def __init__(self, *states: State, shares: int = 1, ports: Sequence[str] = ("lan", "wan")) -> None:
        self.states = states
        self.shares = shares
        self.ports = tuple(Port(name, name) for name in ports)
        self.guards = [Guard(ROOT, None)]
        self.guard = ROOT
        self.operations: list[Operation] = []
        self.handlers: list[Handler] = []
        self.line = 1
        self.next_value = 0

    def program(self) -> Program:
        return Program(
            name="test",
            shares=self.shares,
            ports=self.ports,
            headers=HEADERS,
            states=self.states,
            tunables=(),
            records=(),
            guards=tuple(self.guards),
            operations=tuple(self.operations),
            handlers=tuple(self.handlers),
        )

    def new(self, of: Type | int, name: str = "") -> Value:
        self.next_value += 1
        return Value(self.next_value - 1, Bits(of) if isinstance(of, int) else of, name)

    def put(self, kind: type[Op], **fields: Any) -> Op:
        operation = kind(guard=self.guard, span=at(self.line), **fields)
        self.operations.append(operation)
        return operation

    def enter(self, condition: Value, *, truth: bool = True) -> None:
        """All that follows (in this guarded block) stands under `condition`."""
        self.guards.append(Guard(self.guard, condition, truth))
        self.guard = len(self.guards) - 1

    @contextmanager
    def when(self, condition: Value, *, truth: bool = True) -> Iterator[None]:
        outer = self.guard
        self.enter(condition, truth=truth)
        yield
        self.guard = outer

    @contextmanager
    def handler(self, name: str, condition: Value) -> Iterator[None]:
        """What stands inside is the handler; what follows it, the case that it did not take the packet."""
        with self.when(condition):
            self.handlers.append(Handler(name, self.guard, span=at(self.line)))
            yield
        self.enter(condition, truth=False)

    # --- pure ---

    def field(self, name: str) -> Value:
        header, _, field_name = name.partition(".")
        return self.put(
            ReadField, result=self.new(_WIDTHS[header, field_name], name), header=header, field=field_name
        ).result

    def fields(self, *names: str) -> tuple[Value, ...]:
        return tuple(self.l4(name) if name.startswith("l4.") else self.field(name) for name in names)

    def present(self, header: str) -> Value:
        return self.put(HeaderPresent, result=self.new(BOOL), header=header).result

    def l4(self, name: str) -> Value:
        name = name.removeprefix("l4.")
        return self.select(self.present("tcp"), self.field(f"tcp.{name}"), self.field(f"udp.{name}"))

    def fact(self, fact: PacketFact) -> Value:
        widths = {PacketFact.PORT: 16, PacketFact.LENGTH: 32, PacketFact.NOW: 64}
        return self.put(ReadFact, result=self.new(widths[fact], fact.value), fact=fact).result

    def select(self, condition: Operand, yes: Operand, no: Operand) -> Value:
        return self.put(Select, result=self.new(yes.type), condition=condition, on_true=yes, on_false=no).result

    def binary(self, operator: BinaryOperator, left: Operand, right: Operand | int) -> Value:
        other = Constant(right, left.type) if isinstance(right, int) else right
        return self.put(Binary, result=self.new(left.type), operator=operator, left=left, right=other).result

    def compare(self, operator: CompareOperator, left: Operand, right: Operand | int) -> Value:
        other = Constant(right, left.type) if isinstance(right, int) else right
        return self.put(Compare, result=self.new(BOOL), operator=operator, left=left, right=other).result

    def equal(self, left: Operand, right: Operand | int) -> Value:
        return self.compare(CompareOperator.EQ, left, right)

    def both(self, left: Operand, right: Operand) -> Value:
        return self.binary(BinaryOperator.AND, left, right)

    def negate(self, value: Operand) -> Value:
        return self.put(Unary, result=self.new(value.type), operator=UnaryOperator.NOT, argument=value).result

    def resize(self, value: Operand, width: int) -> Value:
        return self.put(Resize, result=self.new(width), argument=value).result

    def bit(self, value: Operand, bit: int) -> Value:
        return self.slice(value, bit, bit)

    def slice(self, value: Operand, high: int, low: int) -> Value:
        width = high - low + 1
        return self.put(Slice, result=self.new(width), argument=value, high=high, low=low).result

    def concat(self, *parts: Value) -> Value:
        width = sum(part.type.width for part in parts if isinstance(part.type, Bits))
        return self.put(Concat, result=self.new(width), parts=parts).result

    def hash(self, *parts: Operand, index: int = 0) -> Value:
        return self.put(Hash, result=self.new(32), algorithm=HashAlgorithm.FAMILY, index=index, parts=parts).result

    def on_port(self, number: int) -> Value:
        return self.equal(self.fact(PacketFact.PORT), number)

    # --- packet and state ---

    def write(self, name: str, value: Operand) -> None:
        header, _, field_name = name.partition(".")
        self.put(WriteField, header=header, field=field_name, value=value)

    def read(self, state: str, index: Operand | int) -> Value:
        return self.put(ArrayRead, state=state, result=self.new(32), index=_cell(index)).result

    def store(self, state: str, index: Operand | int, value: Operand | int) -> None:
        self.put(ArrayWrite, state=state, index=_cell(index), value=_number(value))

    def update(
        self, state: str, index: Operand | int, amount: Operand | int, operator: BinaryOperator = BinaryOperator.ADD
    ) -> Value:
        operation = self.put(
            ArrayUpdate,
            state=state,
            result=self.new(32),
            index=_cell(index),
            operator=operator,
            amount=_number(amount),
        )
        return operation.result

    def find(self, state: str, key: Sequence[Operand], values: Sequence[int] = (), *, refresh: bool = True) -> MapFind:
        return self.put(
            MapFind,
            state=state,
            key=tuple(key),
            present=self.new(BOOL),
            room=self.new(BOOL),
            slot=self.new(32),
            values=tuple(self.new(width) for width in values),
            refresh=refresh,
        )

    def insert(self, found: MapFind, *values: Operand, key: Sequence[Operand] | None = None) -> Value:
        operation = self.put(
            MapPut,
            state=found.state,
            slot=found.slot,
            key=found.key if key is None else tuple(key),
            values=values,
            done=self.new(BOOL),
        )
        return operation.done

    def remove(self, found: MapFind) -> None:
        self.put(MapRemove, state=found.state, slot=found.slot, key=found.key)

    def lease_open(self, state: str, *values: Operand, share: Operand | None = None, width: int = 16) -> LeaseOpen:
        return self.put(
            LeaseOpen,
            state=state,
            share=share or constant(0, 1),
            values=values,
            done=self.new(BOOL),
            id=self.new(width),
        )

    def lease_get(self, state: str, number: Operand, values: int = 0) -> LeaseGet:
        results = tuple(self.new(32) for _ in range(values))
        return self.put(LeaseGet, state=state, id=number, live=self.new(BOOL), values=results, refresh=True)

    def lease_close(self, state: str, number: Operand) -> None:
        self.put(LeaseClose, state=state, id=number)

    def index_open(
        self,
        state: str,
        lease: str,
        key: Sequence[Operand],
        values: Sequence[Operand] = (),
        *,
        id_width: int = 16,
    ) -> IndexOpen:
        return self.put(
            IndexOpen,
            state=state,
            lease=lease,
            key=tuple(key),
            lease_values=tuple(values),
            done=self.new(BOOL),
            opened=self.new(BOOL),
            id=self.new(id_width),
            values=tuple(self.new(value.type) for value in values),
        )

    def index_find(self, state: str, lease: str, key: Sequence[Operand], values: int = 0) -> IndexFind:
        return self.put(
            IndexFind,
            state=state,
            lease=lease,
            key=tuple(key),
            present=self.new(BOOL),
            id=self.new(16),
            values=tuple(self.new(32) for _ in range(values)),
            refresh=True,
        )

    def table(self, state: str, key: Operand, values: Sequence[int]) -> TableGet:
        results = tuple(self.new(width) for width in values)
        return self.put(TableGet, state=state, key=(key,), hit=self.new(BOOL), values=results)

    def count(self, state: str, index: Operand | int, amount: Operand | None = None) -> None:
        self.put(CounterAdd, state=state, index=_cell(index), amount=amount or self.fact(PacketFact.LENGTH))

    def meter(self, state: str, index: Operand | int) -> Value:
        taken = self.put(MeterTake, state=state, index=_cell(index), amount=constant(1, 32), conforms=self.new(BOOL))
        return taken.conforms

    def send(self, port: Operand | int) -> None:
        self.put(Send, port=constant(port, 16) if isinstance(port, int) else port)

    def drop(self, reason: str = "drop") -> None:
        self.put(Drop, reason=reason)


def _cell(index: Operand | int) -> Operand:
    return constant(index, 32) if isinstance(index, int) else index


def _number(value: Operand | int) -> Operand:
    return constant(value, 32) if isinstance(value, int) else value
