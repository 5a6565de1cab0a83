"""Random valid programs over the declarations of `declarations.py`, with every kind of operation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

from compiler.ir.headers import Header
from compiler.ir.operations import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    BinaryOperator,
    BuiltHeader,
    Clone,
    CompareOperator,
    CounterAdd,
    Digest,
    Drop,
    Flood,
    HashAlgorithm,
    IndexFind,
    IndexOpen,
    LeaseClose,
    LeaseGet,
    LeaseOpen,
    MapFind,
    MapPut,
    MapRemove,
    MeterTake,
    Multicast,
    PacketFact,
    ReadTunable,
    ReduceContribute,
    ReduceOperator,
    Reply,
    Resize,
    Rest,
    Send,
    TableGet,
    Template,
    VectorLane,
    VectorMake,
    VectorReduce,
    WriteField,
)
from compiler.ir.program import Program
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, Reduction, State, Table, TableArray
from compiler.ir.types import BOOL, Bits, Blob, Type, Vector, bit_width
from compiler.ir.values import Constant, Operand, Value, constant
from tests.strategies.builder import Builder
from tests.strategies.declarations import HEADERS, RECORDS, SHARES, STATES, TUNABLES

GROUPS = {1: (1, 2), 2: ()}  # what multicast groups the generated programs may name, besides unknown ones
_WIDTHS = (1, 7, 16, 32, 48, 64, 128)


@dataclass(frozen=True, slots=True)
class Mix:
    """What a target's programs are made of. As it stands: what every engine has to take."""

    copies: bool = True  # clones and digests
    groups: bool = True  # multicasts
    written: frozenset[str] | None = None  # headers whose fields are written; None: any
    built: frozenset[str] | None = None  # headers that templates build
    computed: bool = False  # ports of clones and numbers of groups by chance, too, and divisors of all kinds
    thoughtful: bool = False  # mostly pure operations, and digests that show what nothing else uses


ANYTHING = Mix()


def random_program(
    random: Random,
    *,
    states: tuple[str, ...] | None = None,
    headers: tuple[str, ...] | None = None,
    size: int = 12,
    mix: Mix = ANYTHING,
) -> Program:
    """A valid program of about `size` operations a path.

    It uses only `states` (None: a few of them all) and names only `headers` (None: any).
    """
    if states is None:
        states = tuple(state.name for state in random.sample(STATES, 3))
    named = [h for h in HEADERS if headers is None or h.name in headers]
    return _Generator(random, [s for s in STATES if s.name in states], named, size, mix).program()


def programs(
    *, states: tuple[str, ...] | None = None, headers: tuple[str, ...] | None = None, size: int = 12
) -> st.SearchStrategy[Program]:
    """`random_program` as a strategy; it shrinks by size alone, for drawing every choice takes long."""
    return st.builds(
        lambda seed, length: random_program(Random(seed), states=states, headers=headers, size=length),
        st.integers(0, (1 << 64) - 1),
        st.integers(1, size).map(lambda less: size + 1 - less) | st.integers(1, size),
    )


class _Generator:
    def __init__(self, random: Random, states: list[State], headers: list[Header], size: int, mix: Mix) -> None:
        self._random = random
        self._mix = mix
        self._states = states
        self._headers = headers
        self._constants = random.choice([0.1, 0.25, 0.6])  # how much of the program folds
        self._left = size * 2
        self._size = size
        self._finds: list[tuple[int, MapFind]] = []  # with the guard they are under
        self._build = Builder(headers=HEADERS, states=STATES, shares=SHARES, tunables=TUNABLES, records=RECORDS)

    def program(self) -> Program:
        for header, name in (("odd", "seven"), ("udp", "sport"), ("odd", "wide"), ("odd", "lanes")):
            if self._random.random() < 0.7 and self._names(header):
                self._build.field(header, name)
        self._region(depth=0, ends=True)
        return self._build.program()

    def _names(self, header: str) -> bool:
        return any(h.name == header for h in self._headers)

    # --- structure

    def _region(self, *, depth: int, ends: bool) -> None:
        """Operations under the current guard, then branches; with `ends`, a final one on every path."""
        for _ in range(self._random.randint(1, 4)):
            self._operation()
        if depth < 3 and self._left > 0 and self._random.random() < 0.7:
            condition = self._condition()
            if isinstance(condition, Value):
                self._branch(condition, depth=depth, ends=ends)
                return
        if ends:
            self._final()
        elif self._mix.thoughtful and self._mix.copies:
            self._show()

    def _branch(self, condition: Value, *, depth: int, ends: bool) -> None:
        first = self._random.random() < 0.5
        one, other = (
            self._build.guard_of(condition, polarity=first),
            self._build.guard_of(condition, polarity=not first),
        )
        if not ends or self._random.random() < 0.4:
            on_one = self._side(one, depth=depth, ends=False)
            on_other = self._side(other, depth=depth, ends=False) if self._random.random() < 0.7 else []
            on_true, on_false = (on_one, on_other) if first else (on_other, on_one)
            self._join(condition, on_true, on_false)
            self._region(depth=depth + 1, ends=ends)
        else:
            self._side(one, depth=depth, ends=True)
            self._side(other, depth=depth, ends=True)

    def _side(self, guard: int, *, depth: int, ends: bool) -> list[Value]:
        with self._build.under(guard):
            outside = set(self._build.defined())
            self._region(depth=depth + 1, ends=ends)
            return [value for value in self._build.defined() if value not in outside]

    def _join(self, condition: Value, on_true: list[Value], on_false: list[Value]) -> None:
        for value in self._random.sample(on_true, min(2, len(on_true))):
            others = [v for v in on_false if v.type == value.type]
            other = self._random.choice(others) if others else self._operand(value.type)
            self._build.select(condition, value, other, name="joined")

    def _final(self) -> None:
        if self._mix.copies and self._random.random() < 0.7:
            self._show()
        template = self._template() if self._random.random() < 0.3 else None
        match self._random.choice(range(6) if self._mix.groups else (0, 1, 2, 3, 5)):
            case 0 | 1:
                port = self._operand(Bits(16)) if self._random.random() < 0.3 else self._number(16, 2)
                self._build.add(Send, port=port, packet=template)
            case 2:
                self._build.add(Reply, packet=template)
            case 3:
                self._build.add(Flood)
            case 4:
                group = self._few(Bits(16)) if self._is_computed() else self._number(16, 3)
                self._build.add(Multicast, group=group, packet=template)
            case _:
                self._build.add(Drop, reason=self._random.choice(["drop", "unhandled"]))

    def _show(self) -> None:
        """A digest of several values, so that a wrong one shows."""
        values = self._build.unused() if self._mix.thoughtful else self._build.defined()
        shown = self._random.sample(values, min(6, len(values)))
        if shown:
            digest = self._build.resize(self._build.hash(HashAlgorithm.CRC32, *shown), 48)
            self._build.add(Digest, record="seen", values=(self._number(7, 3), digest))

    # --- operands

    def _number(self, width: int, most: int) -> Constant:
        return constant(self._random.randint(0, most), width)

    def _constant(self, type_: Type) -> Constant:
        match type_:
            case Vector(width=width, lanes=lanes):
                return Constant(tuple(int(self._number(width, 3).value) for _ in range(lanes)), type_)  # type: ignore[arg-type]
            case _:
                width = bit_width(type_)
                return constant(self._random.choice([0, 0, 1, 2, 3, -1, 1 << (width - 1), 4242]), width)

    def _operand(self, type_: Type) -> Operand:
        """A value in scope, a constant, or something made for the purpose."""
        fitting = [v for v in self._build.defined() if v.type == type_]
        if self._random.random() < self._constants:
            return self._constant(type_)
        if fitting and self._random.random() < 0.85:
            return self._random.choice(fitting)
        numbers = [v for v in self._build.defined() if isinstance(v.type, Bits)]
        if isinstance(type_, Bits) and numbers and self._random.random() < 0.5:
            return self._build.resize(self._random.choice(numbers), type_.width)
        return self._constant(type_)

    def _few(self, type_: Type) -> Operand:
        """An operand of few different values, so that keys come again."""
        if isinstance(type_, Vector) or self._random.random() < 0.3:
            return self._operand(type_)
        if self._random.random() < 0.3:
            return self._number(bit_width(type_), 1)
        if not self._names("odd"):
            return self._constant(type_)
        small = self._build.slice(self._build.field("odd", "seven"), self._random.randint(0, 2), 0)
        return self._build.resize(small, bit_width(type_)) if bit_width(type_) != bit_width(small.type) else small

    def _condition(self) -> Operand:
        match self._random.randrange(4):
            case 0:
                return self._operand(BOOL)
            case 1:
                return self._build.present(self._random.choice(self._headers).name)
            case 2 if self._names("udp"):
                small = self._build.slice(self._build.field("udp", "sport"), 1, 0)
                return self._build.compare(CompareOperator.EQ, small, self._random.randint(0, 3))
            case _:
                type_ = Bits(self._random.choice(_WIDTHS))
                operator = self._random.choice(list(CompareOperator))
                return self._build.compare(operator, self._operand(type_), self._operand(type_))

    # --- operations

    def _operation(self) -> None:
        self._left -= 1
        choices: list[Callable[[], object]] = [self._pure, self._pure, self._write]
        choices += [self._access] * 5 if self._states else [self._pure] * 4
        if self._mix.thoughtful:
            choices += [self._pure] * 12
        if self._random.random() < 0.15 and self._mix.copies:
            choices = [self._clone, self._digest]
        self._random.choice(choices)()

    def _pure(self) -> object:
        build, random = self._build, self._random
        type_ = random.choice([*(Bits(width) for width in _WIDTHS), Vector(16, 3)])
        width = random.choice(_WIDTHS)
        lanes = Vector(16, 3)
        match random.randrange(12):
            case 0 | 1 | 2:
                return self._arithmetic(type_)
            case 3:
                operators = (
                    list(CompareOperator) if isinstance(type_, Bits) else [CompareOperator.EQ, CompareOperator.NE]
                )
                return build.compare(random.choice(operators), self._operand(type_), self._operand(type_))
            case 4:
                return build.select(self._operand(BOOL), self._operand(type_), self._operand(type_), name="chosen")
            case 5:
                if isinstance(type_, Vector):
                    return build.add(Resize, result=build.value(Vector(7, 3)), argument=self._operand(type_))
                return build.resize(self._operand(type_), width)
            case 6:
                high = random.randrange(width)
                return build.slice(self._operand(Bits(width)), high, random.randint(0, high))
            case 7:
                parts = [self._operand(Bits(random.choice((1, 7, 16)))) for _ in range(random.randint(1, 3))]
                return build.concat(*parts)
            case 8:
                algorithm = random.choice(list(HashAlgorithm))
                if algorithm is HashAlgorithm.ID_OF_HASH:
                    return build.hash(algorithm, self._operand(Bits(16)))
                index = random.choice((1, 2, 16)) if algorithm is HashAlgorithm.SHARE else random.randrange(3)
                return build.hash(algorithm, self._operand(type_), self._operand(Bits(width)), index=index)
            case 9:
                parts = tuple(self._operand(Bits(16)) for _ in range(random.choice((1, 3))))
                return build.add(VectorMake, result=build.value(lanes), parts=parts)
            case 10:
                argument = self._operand(lanes)
                if random.random() < 0.5:
                    return build.add(
                        VectorLane, result=build.value(Bits(16)), argument=argument, lane=random.randrange(3)
                    )
                operator = random.choice(list(ReduceOperator))
                return build.add(VectorReduce, result=build.value(Bits(16)), operator=operator, argument=argument)
            case _:
                return self._read()

    def _arithmetic(self, type_: Type) -> Value:
        operator = self._random.choice(list(BinaryOperator))
        left = self._operand(type_)
        if self._random.random() < 0.15:
            return self._build.flip(left)
        if operator in (BinaryOperator.DIV, BinaryOperator.MOD):
            lanes = type_.lanes if isinstance(type_, Vector) else 0
            return self._build.binary(operator, left, self._divisor(type_, lanes))
        if operator in (BinaryOperator.SHL, BinaryOperator.SHR):
            return self._build.binary(operator, left, self._operand(Bits(self._random.choice((7, 16)))))
        return self._build.binary(operator, left, self._operand(type_))

    def _divisor(self, type_: Type, lanes: int) -> Constant:
        if not self._mix.computed:
            return Constant((1, 2, 3)[:lanes] if lanes else 1, type_)
        most = (1 << bit_width(type_) // max(1, lanes)) - 1
        drawn = tuple(min(most, self._random.choice([0, 1, 2, 3, 7, 10, 64, most])) for _ in range(max(1, lanes)))
        return Constant(drawn if lanes else drawn[0], type_)

    def _read(self) -> Value:
        build, random = self._build, self._random
        match random.randrange(4):
            case 0:
                return build.fact(random.choice(list(PacketFact)))
            case 1:
                tunable = random.choice(TUNABLES)
                return build.add(
                    ReadTunable, result=build.value(tunable.type, tunable.name), tunable=tunable.name
                ).result
            case 2:
                return build.present(random.choice(self._headers).name)
            case _:
                header = random.choice(self._headers)
                return build.field(header.name, random.choice([f.name for f in header.fields if f.name != "options"]))

    def _write(self) -> object:
        header = self._random.choice(
            [h for h in self._headers if self._mix.written is None or h.name in self._mix.written]
        )
        fixed = header.length_fields
        names = [
            f for f in header.fields if f.checksum is None and f.name not in fixed and not isinstance(f.type, Blob)
        ]
        field = self._random.choice(names)
        return self._build.add(WriteField, header=header.name, field=field.name, value=self._operand(field.type))

    def _template(self) -> Template:
        random = self._random
        buildable = [h for h in self._headers if self._mix.built is None or h.name in self._mix.built]
        built = tuple(
            BuiltHeader(h.name, tuple(self._operand(f.type) for f in h.fields if not isinstance(f.type, Blob)))
            for h in random.sample(buildable, random.randint(0, min(2, len(buildable))))
        )
        data = tuple(self._operand(Bits(width)) for width in random.choice([(), (16,), (7, 1, 48)]))
        rest = random.choice(list(Rest))
        return Template(built, data, rest, random.choice(self._headers).name if rest in (Rest.FROM, Rest.AFTER) else "")

    def _clone(self) -> object:
        template = self._template() if self._random.random() < 0.4 else None
        port = self._few(Bits(16)) if self._is_computed() else self._number(16, 3)
        return self._build.add(Clone, port=port, packet=template)

    def _is_computed(self) -> bool:
        return self._mix.computed and self._random.random() < 0.4

    def _digest(self) -> object:
        return self._build.add(Digest, record="seen", values=(self._operand(Bits(7)), self._operand(Bits(48))))

    # --- state

    def _index(self) -> Operand:
        """An index into any of the states of four cells."""
        if self._random.random() < 0.4:
            return self._number(self._random.choice((2, 7, 32)), 3)
        return self._few(Bits(2)) if self._random.random() < 0.5 else self._build.slice(self._operand(Bits(16)), 1, 0)

    def _access(self) -> object:
        build, random = self._build, self._random
        state = random.choice(self._states)
        match state:
            case Array():
                return self._access_array(state)
            case Map():
                return self._access_map(state)
            case Lease():
                return self._access_lease(state)
            case Index():
                return self._access_index(state)
            case Table() | TableArray():
                return self._access_table(state)
            case Counter():
                return build.add(CounterAdd, state=state.name, index=self._index(), amount=self._operand(Bits(32)))
            case Meter():
                amount = self._number(32, 900) if random.random() < 0.8 else self._operand(Bits(32))
                taken = build.value(BOOL)
                return build.add(MeterTake, state=state.name, index=self._index(), amount=amount, conforms=taken)
            case Reduction():
                return self._contribute(state)

    def _access_array(self, state: Array) -> object:
        build, index = self._build, self._index()
        match self._random.randrange(3):
            case 0:
                return build.add(ArrayRead, state=state.name, result=build.value(state.type), index=index)
            case 1:
                return build.add(ArrayWrite, state=state.name, index=index, value=self._operand(state.type))
            case _:
                operators = [o for o in BinaryOperator if o not in (BinaryOperator.DIV, BinaryOperator.MOD)]
                return build.add(
                    ArrayUpdate,
                    state=state.name,
                    result=build.value(state.type),
                    index=index,
                    operator=self._random.choice(operators),
                    amount=self._operand(state.type),
                )

    def _values(self, types: tuple[Type, ...]) -> tuple[Value, ...]:
        return tuple(self._build.value(t, "found") for t in types)

    def _key(self, types: tuple[Type, ...]) -> tuple[Operand, ...]:
        return tuple(self._few(t) for t in types)

    def _access_map(self, state: Map) -> object:
        build, random = self._build, self._random
        scope = set(build.defined())
        finds = [f for _, f in self._finds if f.state == state.name and f.slot in scope]
        if not finds or random.random() < 0.4:
            find = build.add(
                MapFind,
                state=state.name,
                key=self._key(state.key),
                present=build.value(BOOL, "present"),
                room=build.value(BOOL, "room"),
                slot=build.value(Bits(32), "slot"),
                values=self._values(state.values),
                refresh=random.random() < 0.5,
            )
            self._finds.append((build.guard, find))
            return find
        find = random.choice(finds)
        if random.random() < 0.3:
            return build.add(MapRemove, state=state.name, slot=find.slot, key=find.key)
        values = find.values if random.random() < 0.2 else tuple(self._operand(t) for t in state.values)
        done = build.value(BOOL, "done")
        return build.add(MapPut, state=state.name, slot=find.slot, key=find.key, values=values, done=done)

    def _access_lease(self, state: Lease) -> object:
        build, random = self._build, self._random
        if random.random() < 0.4:
            share = self._number(2, 3) if random.random() < 0.5 else self._few(Bits(2))
            values = tuple(self._operand(t) for t in state.values)
            done, id_ = build.value(BOOL, "done"), build.value(Bits(state.id_width), "id")
            return build.add(LeaseOpen, state=state.name, share=share, values=values, done=done, id=id_)
        if random.random() < 0.7:
            near = constant(random.randint(state.first - 1, state.last + 1), state.id_width)
        else:
            near = self._operand(Bits(state.id_width))
        if random.random() < 0.4:
            return build.add(LeaseClose, state=state.name, id=near)
        live, refresh = build.value(BOOL, "live"), random.random() < 0.5
        values = self._values(state.values)
        return build.add(LeaseGet, state=state.name, id=near, live=live, values=values, refresh=refresh)

    def _access_index(self, state: Index) -> object:
        build, random = self._build, self._random
        lease = next(s for s in STATES if s.name == state.lease)
        assert isinstance(lease, Lease)
        key, id_ = self._key(state.key), build.value(Bits(lease.id_width), "id")
        if random.random() < 0.4:
            return build.add(
                IndexFind,
                state=state.name,
                lease=lease.name,
                key=key,
                present=build.value(BOOL, "present"),
                id=id_,
                values=self._values(lease.values),
                refresh=random.random() < 0.5,
            )
        return build.add(
            IndexOpen,
            state=state.name,
            lease=lease.name,
            key=key,
            lease_values=tuple(self._operand(t) for t in lease.values),
            done=build.value(BOOL, "done"),
            opened=build.value(BOOL, "opened"),
            id=id_,
            values=self._values(lease.values),
        )

    def _access_table(self, state: Table | TableArray) -> object:
        build = self._build
        key = self._key(state.key) if isinstance(state, Table) else (self._index(),)
        types = state.values if isinstance(state, Table) else (state.type,)
        return build.add(TableGet, state=state.name, key=key, hit=build.value(BOOL, "hit"), values=self._values(types))

    def _contribute(self, state: Reduction) -> object:
        build = self._build
        return build.add(
            ReduceContribute,
            state=state.name,
            slot=self._number(32, 2),
            epoch=self._number(32, 1),
            round=self._few(Bits(32)),
            tag=self._number(32, 1),
            member=self._few(Bits(8)),
            members=constant(self._random.choice([3, 3, 7, 1]), 64),
            operator=self._number(2, 3) if self._random.random() < 0.3 else constant(0, 2),
            value=self._operand(state.type),
            verdict=build.value(Bits(2), "verdict"),
            total=build.value(state.type, "total"),
        )
