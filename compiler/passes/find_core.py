"""Leave of a program only what finds the core that a packet belongs to.

Before: any program with its shares, and the answer of `core_owners` for it.
After:  no state, no write, no emission but one for each handler: `send` by the "port" that is the packet's share,
        or 0 for the core with what has one home, and `drop` for a packet that any core may have.
Needs:  `CoreOwners` (analyses/core_owners.py).
"""

from __future__ import annotations

import dataclasses

from compiler.analyses.core_owners import CoreChoice, CoreOwners
from compiler.analyses.structure import OUTSIDE, Structure, structure_of, values_read
from compiler.ir.fields import replace_operands, results
from compiler.ir.operations import Drop, Hash, HashAlgorithm, Operation, Pure, Resize, Send
from compiler.ir.program import ROOT, Program
from compiler.ir.types import Bits
from compiler.ir.values import Constant, Operand, Value, constant

_PORT = Bits(16)


def find_core(program: Program, owners: CoreOwners) -> Program:
    return _Builder(program, owners).build()


class _Builder:
    def __init__(self, program: Program, owners: CoreOwners) -> None:
        self._program, self._owners = program, owners
        self._structure: Structure = structure_of(program)
        self._next = 1 + max((v.number for o in program.operations for v in results(o)), default=-1)
        self._operations: list[Operation] = []  # of the answer that is put together

    def build(self) -> Program:
        program = self._program
        unhandled = [
            o for i, o in enumerate(program.operations) if isinstance(o, Drop) and self._structure.handler(i) == OUTSIDE
        ]
        guards = {*(handler.guard for handler in program.handlers), *(o.guard for o in unhandled)}
        needed = set().union(*map(self._needed, guards))
        placed = [(place, program.operations[place]) for place in needed]
        placed += [(program.operations.index(o), o) for o in unhandled]
        for core in self._owners.handlers:
            self._operations = []
            self._answer(core.handler)
            # Behind all that decides whether the handler takes the packet, in front of what decides on later ones.
            first = self._first_of(core.handler)
            placed += [(first, operation) for operation in self._operations]
        self._operations = [operation for _, operation in sorted(placed, key=lambda pair: pair[0])]
        return self._with_guards_in_use()

    def _first_of(self, handler: int) -> int:
        """The place of the first operation that belongs to the handler."""
        return next(i for i in range(len(self._program.operations)) if self._structure.handler(i) == handler)

    def _with_guards_in_use(self) -> Program:
        program = self._program
        used = {g for o in self._operations for g in self._structure.tree.chain(o.guard)} | {ROOT}
        numbers = {guard: number for number, guard in enumerate(sorted(used))}
        kept = tuple(
            dataclasses.replace(program.guards[guard], parent=numbers[program.guards[guard].parent])
            for guard in sorted(used)
        )
        return dataclasses.replace(
            program,
            operations=tuple(dataclasses.replace(o, guard=numbers[o.guard]) for o in self._operations),
            guards=kept,
            handlers=tuple(dataclasses.replace(h, guard=numbers[h.guard]) for h in program.handlers if h.guard in used),
            states=(),
            records=(),
        )

    def _needed(self, guard: int) -> set[int]:
        """The operations that decide whether a guard holds; handlers are chosen by headers alone."""
        found: set[int] = set()
        waiting = [self._program.guards[g].condition for g in self._structure.tree.chain(guard)]
        while waiting:
            value = waiting.pop()
            if not isinstance(value, Value):
                continue
            place = self._structure.definition(value)
            if place in found:
                continue
            operation = self._program.operations[place]
            assert isinstance(operation, Pure), "no state chooses a handler"
            found.add(place)
            waiting.extend(values_read(operation))
            waiting.extend(self._program.guards[g].condition for g in self._structure.tree.chain(operation.guard))
        return found

    def _answer(self, number: int) -> None:
        handler = self._program.handlers[number]
        core = self._owners.handlers[number]
        guard, span = handler.guard, handler.span
        match core.choice:
            case CoreChoice.ANY:
                self._operations.append(Drop(guard=guard, span=span))
            case CoreChoice.HOME:
                self._operations.append(Send(guard=guard, span=span, port=constant(0, 16)))
            case CoreChoice.SHARE:
                assert core.share is not None, "there is a share"
                copies: dict[Value, Value] = {}
                parts = tuple(self._copied(part, guard, copies) for part in core.share.parts)
                width = max(1, (self._program.shares - 1).bit_length())
                share = self._value(Value(0, Bits(width), "share"))
                algorithm, shares = HashAlgorithm.SHARE, self._program.shares
                hashed = Hash(guard=guard, span=span, result=share, algorithm=algorithm, index=shares, parts=parts)
                port = self._value(Value(0, _PORT, "share"))
                self._operations += [
                    hashed,
                    Resize(guard=guard, span=span, result=port, argument=share),
                    Send(guard=guard, span=span, port=port),
                ]

    def _copied(self, operand: Operand, guard: int, copies: dict[Value, Value]) -> Operand:
        """The operand, worked out anew under the handler's guard."""
        if isinstance(operand, Constant):
            return operand
        if operand not in copies:
            source = self._program.operations[self._structure.definition(operand)]
            assert isinstance(source, Pure), "share words are made of header fields alone"
            made = replace_operands(source, lambda o: self._copied(o, guard, copies))
            copies[operand] = self._value(operand)
            self._operations.append(dataclasses.replace(made, guard=guard, result=copies[operand]))
        return copies[operand]

    def _value(self, like: Value) -> Value:
        self._next += 1
        return dataclasses.replace(like, number=self._next - 1)
