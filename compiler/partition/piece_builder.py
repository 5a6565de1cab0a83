"""One device's piece of a program, put together operation by operation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from compiler.ir.fields import replace_operands, results
from compiler.ir.headers import Header
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    BuiltHeader,
    Clone,
    Compare,
    CompareOperator,
    Drop,
    HeaderPresent,
    Operation,
    PacketFact,
    Pure,
    ReadFact,
    ReadField,
    Rest,
    Select,
    Send,
    Template,
    Unary,
    UnaryOperator,
)
from compiler.ir.program import ROOT, ROOT_GUARD, Guard, Handler, Program
from compiler.ir.types import BOOL, Bits, Type
from compiler.ir.values import FALSE, TRUE, Constant, Operand, Value, constant, zero
from compiler.partition.cut import Cut, Positions
from compiler.partition.live_values import find_needed
from compiler.partition.shim import field_of, shim_name, shim_operands
from compiler.source import NOWHERE

_NO_PORT = 0xFFFF
_FACT_WIDTHS = {PacketFact.PORT: 16, PacketFact.LENGTH: 32, PacketFact.NOW: 64}


class PieceBuilder:
    """Builds the operations and guards of what `device` does on all of its visits, as one straight line.

    A value has one name on all visits: it is worked out, or read from the shim that the packet came with.
    What a position does stands under its guard in the program and, inside that, under the test that the
    packet is at that position. `links[p]` is the port to the device of position `p`.
    """

    def __init__(
        self,
        positions: Positions,
        cut: Cut,
        device: str,
        live: Sequence[Sequence[Value]],
        headers: Mapping[int, Header],
        links: Mapping[int, int],
    ) -> None:
        self._positions, self._structure = positions, positions.structure
        self._source: Program = positions.structure.program
        self._cut, self._live, self._headers, self._links = cut, live, headers, links
        self._own = cut.positions_of(device)
        self._next = 1 + max((v.number for o in self._source.operations for v in results(o)), default=-1)
        self._guards: dict[Guard, int] = {ROOT_GUARD: ROOT}
        self._guard_of: dict[int, int] = {ROOT: ROOT}
        self._operations: list[Operation] = []
        self._values: dict[int, Operand] = {}  # number of a value in the program -> what it is here
        self._holds: dict[int, Operand] = {ROOT: TRUE}
        self._active: dict[int, Operand] = {}  # own position -> whether the packet is there
        self._facts: dict[str, Value] = {}
        self._brought: set[int] = set()  # numbers of values that come with a shim: defined wherever they are read
        self._base = ROOT  # the guard of all that is done with packets that belong here

    def build(self) -> Program:
        """The program with this device's operations; its declarations are the whole program's still."""
        by_position = sorted(self._to_do(), key=lambda place: (self._positions.of_operation[place], place))
        self._begin()
        waiting = list(by_position)
        for position in self._own:
            while waiting and self._positions.of_operation[waiting[0]] <= position:
                self._add(waiting.pop(0))
            if position < self._cut.last:
                self._hand_on(position)
        assert not waiting, "nothing is needed that is known only after the last visit"
        return dataclasses.replace(
            self._source,
            guards=tuple(self._guards),
            operations=tuple(self._operations),
            handlers=tuple(self._handlers()),
        )

    # --- what there is to do

    def _to_do(self) -> set[int]:
        """The operations of this device's positions, and the pure ones that they and the ways onward need."""
        operations = self._source.operations
        effects = [
            place
            for place, operation in enumerate(operations)
            if not isinstance(operation, Pure) and self._positions.of_operation[place] in self._own
        ]
        guards = [self._known_part(guard, p) for p in self._own for guard in self._guards_before_next(p)]
        carried = [
            self._structure.definition(value)
            for position in self._links
            for value in self._live[position]
            if self._positions.of_operation[self._structure.definition(value)] in self._own
        ]
        needed = find_needed(self._positions, [*effects, *carried], guards)
        return {*effects, *(place for place in needed if isinstance(operations[place], Pure))}

    def _guards_before_next(self, position: int) -> list[int]:
        """Guards of what other devices may have to do before this one's next position."""
        following = next((p for p in self._own if p > position), None)
        if following is None:
            return []
        found = {
            operation.guard
            for place, operation in enumerate(self._source.operations)
            if not isinstance(operation, Pure) and position < self._positions.of_operation[place] < following
        }
        return sorted(found)

    def _known_part(self, guard: int, position: int) -> int:
        """The innermost guard around `guard`, or that itself, of which it is known at `position` whether it holds."""
        return next(g for g in self._structure.tree.chain(guard) if self._positions.of_guard(g) <= position)

    # --- the beginning: where the packet is, and what it brings

    def _begin(self) -> None:
        for name, fact in (("port", PacketFact.PORT), ("length", PacketFact.LENGTH), ("now", PacketFact.NOW)):
            self._facts[name] = self._value(Bits(_FACT_WIDTHS[fact]), name)
            self._emit(ReadFact(guard=ROOT, span=NOWHERE, result=self._facts[name], fact=fact))
        resumed: list[tuple[int, Operand]] = []
        anywhere: Operand = FALSE
        for position in (p for p in self._own if p > 0):
            present = self._value(BOOL, f"at_{position}")
            self._emit(HeaderPresent(guard=ROOT, span=NOWHERE, result=present, header=shim_name(position)))
            here = self._and(present, self._not(anywhere)) if anywhere != FALSE else present
            resumed.append((position, here))
            anywhere = self._or(anywhere, present)
        self._active.update(resumed)
        lost = self._not(anywhere)
        if 0 in self._own:
            on_link = self._value(BOOL, "on_link")
            ports = constant(len(self._source.ports), 16)
            operator = CompareOperator.GE
            self._emit(
                Compare(
                    guard=ROOT, span=NOWHERE, result=on_link, operator=operator, left=self._facts["port"], right=ports
                )
            )
            self._active[0] = self._and(lost, self._not(on_link))
            lost = self._and(lost, on_link)
        # No packet of another piece comes without a shim, and no other packet comes by a link.
        self._emit(Drop(guard=self._under(ROOT, lost), span=NOWHERE, reason="unhandled"))
        self._base = self._guard_of[ROOT] = self._under(ROOT, lost, polarity=False)
        if len(self._own) == 1:
            self._active[self._own[0]] = TRUE
        self._read_shims([position for position, _ in resumed])

    def _read_shims(self, arriving: Sequence[int]) -> None:
        """Values of other devices, 0 where this visit brings none."""
        for position in arriving:
            for value in self._live[position]:
                read = self._value(value.type, value.name)
                header, name = shim_name(position), field_of(value)
                self._emit(ReadField(guard=ROOT, span=NOWHERE, result=read, header=header, field=name))
                before = self._values.get(value.number)
                self._brought.add(value.number)
                self._values[value.number] = (
                    read if before is None else self._select(self._active[position], read, before)
                )

    # --- operations of the program

    def _add(self, place: int) -> None:
        operation = self._source.operations[place]
        guard = self._guard(operation.guard)
        if not isinstance(operation, Pure):
            guard = self._under(guard, self._active[self._positions.of_operation[place]])
        if isinstance(operation, Send | Clone):
            operation = dataclasses.replace(operation, port=self._own_port(operation.port, guard))
        operation = replace_operands(operation, self._here)
        self._emit(dataclasses.replace(operation, guard=guard))
        if not isinstance(operation, Pure):
            for value in results(operation):
                self._values[value.number] = self._result(value, place)

    def _result(self, value: Value, place: int) -> Operand:
        """The result of a state of this device, to be read on each of its visits."""
        active, guard = self._active[self._positions.of_operation[place]], self._source.operations[place].guard
        brought = self._values.get(value.number)
        if brought is None:
            return self._select(active, value, zero(value.type), guard=self._guard(guard))
        found = self._select(self._holding(guard), value, zero(value.type))
        return self._select(active, found, brought)

    def _own_port(self, port: Operand, guard: int) -> Operand:
        """The same port where it is one of the program's, else one that is not there: links are no ports of it."""
        if self._is_port(port):
            return port
        if isinstance(port, Constant):
            return constant(_NO_PORT, 16)
        ports = constant(len(self._source.ports), 16)
        exists = self._value(BOOL)
        here = self._here(port)
        self._emit(
            Compare(guard=guard, span=NOWHERE, result=exists, operator=CompareOperator.LT, left=here, right=ports)
        )
        return self._select(exists, here, constant(_NO_PORT, 16), guard=guard)

    def _is_port(self, port: Operand) -> bool:
        if isinstance(port, Constant):
            return port.value in range(len(self._source.ports))
        match self._source.operations[self._structure.definition(port)]:
            case ReadFact(fact=PacketFact.PORT):
                return True
            case Select(on_true=on_true, on_false=on_false):
                return self._is_port(on_true) and self._is_port(on_false)
            case _:
                return False

    def _here(self, operand: Operand) -> Operand:
        return self._values.get(operand.number, operand) if isinstance(operand, Value) else operand

    def _guard(self, guard: int) -> int:
        """The guard of the program, here."""
        if guard not in self._guard_of:
            source = self._source.guards[guard]
            assert source.condition is not None, "only the root has no condition"
            self._guard_of[guard] = self._under(
                self._guard(source.parent), self._here(source.condition), polarity=source.polarity
            )
        return self._guard_of[guard]

    def _under(self, parent: int, condition: Operand, *, polarity: bool = True) -> int:
        if condition == TRUE:
            assert polarity, "a guard that cannot hold"
            return parent
        assert isinstance(condition, Value), "a guard that cannot hold"
        return self._guards.setdefault(Guard(parent, condition, polarity), len(self._guards))

    def _handlers(self) -> list[Handler]:
        return [
            dataclasses.replace(handler, guard=self._guard_of[handler.guard])
            for handler in self._source.handlers
            if handler.guard in self._guard_of
        ]

    # --- on to the next device

    def _hand_on(self, position: int) -> None:
        """Send the packet on where something may be left to do elsewhere before this device's next position."""
        following = next((p for p in self._own if p > position), None)
        needs: Operand = TRUE if following is None else FALSE
        for guard in self._guards_before_next(position):
            needs = self._or(needs, self._holding(self._known_part(guard, position)))
        leaves = self._and(self._active[position], needs)
        if following is not None:
            goes_on = self._and(self._active[position], self._not(needs))
            self._active[following] = self._or(self._active[following], goes_on)
        if leaves == FALSE:
            return
        there = position + 1
        carried = [self._carried(value) for value in self._live[there]]
        built = BuiltHeader(shim_name(there), shim_operands(self._headers[there], there, self._facts, carried))
        self._emit(
            Send(
                guard=self._under(self._base, leaves),
                span=NOWHERE,
                port=constant(self._links[there], 16),
                packet=Template((built,), rest=Rest.WHOLE),
            )
        )

    def _carried(self, value: Value) -> Operand:
        here = self._values[value.number]  # what is carried was found here, or brought
        if value.number in self._brought:
            return here
        guard = self._source.operations[self._structure.definition(value)].guard
        return self._select(self._holding(guard), here, zero(value.type))

    def _holding(self, guard: int) -> Operand:
        """Whether a guard of the program holds, as a value that can be read anywhere."""
        if guard not in self._holds:
            source = self._source.guards[guard]
            assert source.condition is not None, "only the root has no condition"
            condition, outer = self._here(source.condition), self._holding(source.parent)
            if source.polarity:
                self._holds[guard] = self._select(outer, condition, FALSE)
            else:
                self._holds[guard] = self._not(self._select(outer, condition, TRUE))
        return self._holds[guard]

    # --- values that can be read on every visit

    def _value(self, of: Type, name: str = "") -> Value:
        self._next += 1
        return Value(self._next - 1, of, name)

    def _emit(self, operation: Operation) -> None:
        self._operations.append(operation)

    def _select(self, condition: Operand, on_true: Operand, on_false: Operand, *, guard: int | None = None) -> Operand:
        if condition in (TRUE, FALSE):
            return on_true if condition == TRUE else on_false
        if on_true == on_false:
            return on_true
        result = self._value(on_true.type, on_true.name if isinstance(on_true, Value) else "")
        guard = self._base if guard is None else guard
        select = Select(
            guard=guard, span=NOWHERE, result=result, condition=condition, on_true=on_true, on_false=on_false
        )
        self._emit(select)
        return result

    def _and(self, left: Operand, right: Operand) -> Operand:
        if FALSE in (left, right):
            return FALSE
        return self._combined(BinaryOperator.AND, left, right, TRUE)

    def _or(self, left: Operand, right: Operand) -> Operand:
        if TRUE in (left, right):
            return TRUE
        return self._combined(BinaryOperator.OR, left, right, FALSE)

    def _combined(self, operator: BinaryOperator, left: Operand, right: Operand, neutral: Operand) -> Operand:
        if neutral in (left, right):
            return right if left == neutral else left
        result = self._value(BOOL)
        self._emit(Binary(guard=self._base, span=NOWHERE, result=result, operator=operator, left=left, right=right))
        return result

    def _not(self, argument: Operand) -> Operand:
        if argument in (TRUE, FALSE):
            return FALSE if argument == TRUE else TRUE
        result = self._value(BOOL)
        self._emit(Unary(guard=self._base, span=NOWHERE, result=result, operator=UnaryOperator.NOT, argument=argument))
        return result
