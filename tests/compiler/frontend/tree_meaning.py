"""What a typed tree means, told directly: a second definition to hold lowering against.

It walks the tree as it was checked, with calls and loops, on one packet after another. It knows the
constructs that `generated_trees` makes, over the packet format of `trees`.
"""

from __future__ import annotations

from typing import TypeAlias

from compiler.frontend.typed import (
    FinalKind,
    SAssign,
    SClone,
    SExpr,
    SFinal,
    SFor,
    SLet,
    SReturn,
    SSetField,
    TAccess,
    TBinary,
    TBlock,
    TCall,
    TCompare,
    TExpr,
    TField,
    THandler,
    THeaderPresent,
    TIf,
    TLiteral,
    TLocal,
    TLogical,
    TMake,
    TProgram,
    TProject,
    TStatement,
    TStatic,
    TUnary,
    TUnwrap,
)
from compiler.frontend.variables import Static, StaticLiteral, StaticLocal, StaticOperation
from compiler.ir.operations import BinaryOperator, CompareOperator

Values: TypeAlias = tuple[int, ...]
Sent: TypeAlias = tuple[int, bytes]  # (port, packet)

_LAYOUT = {"top": (0, "ab"), "left": (2, "xy"), "right": (2, "yx")}


class _ReturnError(Exception):
    def __init__(self, values: Values) -> None:
        super().__init__()
        self.values = values


class _FinishError(Exception):
    """The packet's fate is decided."""


class Meaning:
    """Runs a program on packets; `cells` is the state."""

    def __init__(self, program: TProgram) -> None:
        self._program = program
        self.cells = [0, 0, 0, 0]

    def process(self, data: bytes, port: int) -> list[Sent]:
        packet = _Packet(self.cells, data, port)
        for handler in self._program.handlers:
            if packet.is_taken_by(handler):
                try:
                    packet.value(handler.body)
                except _FinishError:
                    return packet.sent
                raise AssertionError("a handler without an end")
        return []


class _Packet:
    def __init__(self, cells: list[int], data: bytes, port: int) -> None:
        self._cells = cells
        self._data = bytearray(data)
        self._port = port
        self._locals: dict[int, Values] = {}
        self._loops: dict[int, int] = {}
        self._present = {"top"} if len(data) >= 2 else set[str]()
        if len(data) >= 4 and data[0] in (1, 2):
            self._present.add("left" if data[0] == 1 else "right")
        self.sent: list[Sent] = []

    def is_taken_by(self, handler: THandler) -> bool:
        return (
            self._port in handler.ports
            and all(self._present & set(headers) for headers in handler.requires)
            and (handler.where is None or self.value(handler.where) == (1,))
        )

    def value(self, e: TExpr) -> Values:
        match e:
            case TLiteral(values=values):
                return tuple(v for v in values if isinstance(v, int))
            case TStatic(value=value):
                return (self._static(value),)
            case TLocal(local=local):
                return self._locals[local.number]
            case TMake(parts=parts):
                return tuple(v for part in parts for v in self.value(part))
            case TProject(value=value, first=first):
                return (self.value(value)[first],)
            case TField(alternatives=alternatives):
                return (self._read(alternatives),)
            case THeaderPresent(headers=headers):
                return (int(bool(self._present & set(headers))),)
            case TUnary(argument=argument):
                return (1 - self.value(argument)[0],)
            case TBinary(operator=operator, left=left, right=right):
                a, b = self.value(left)[0], self.value(right)[0]
                return ((a + b if operator is BinaryOperator.ADD else a * b) % 256,)
            case TCompare(operator=operator, left=left, right=right):
                a, b = self.value(left), self.value(right)
                holds = {CompareOperator.EQ: a == b, CompareOperator.NE: a != b, CompareOperator.LT: a < b}
                return (int(holds[operator]),)
            case TLogical(is_and=is_and, left=left, right=right):
                first = self.value(left)
                return self.value(right) if bool(first[0]) == is_and else first
            case _:
                return self._control(e)

    def _control(self, e: TExpr) -> Values:
        match e:
            case TIf(condition=condition, then=then, otherwise=otherwise):
                return self.value(then if self.value(condition) == (1,) else otherwise)
            case TBlock(statements=statements, value=value):
                for statement in statements:
                    self._do(statement)
                return () if value is None else self.value(value)
            case TUnwrap(value=value, otherwise=otherwise):
                present, *rest = self.value(value)
                return tuple(rest) if present else self.value(otherwise)
            case TCall(function=function, arguments=arguments):
                bound = [self.value(argument) for argument in arguments]
                for parameter, values in zip(function.parameters, bound, strict=True):
                    self._locals[parameter.number] = values
                try:
                    return self.value(function.body)
                except _ReturnError as returned:
                    return returned.values
            case TAccess(arguments=(index, amount)):
                cell, more = self.value(index)[0], self.value(amount)[0]
                self._cells[cell] = (self._cells[cell] + more) % 256
                return (self._cells[cell],)
            case _:
                raise AssertionError(e)

    def _do(self, s: TStatement) -> None:
        match s:
            case SLet(local=local, value=value):
                self._locals[local.number] = self.value(value)
            case SAssign(local=local, first=first, value=value):
                old, new = self._locals[local.number], self.value(value)
                self._locals[local.number] = (*old[:first], *new, *old[first + len(new) :])
            case SSetField(alternatives=alternatives, value=value):
                (new,) = self.value(value)
                for name, field in alternatives:
                    if name in self._present:
                        self._data[self._at(name, field)] = new
            case SExpr(value=value):
                self.value(value)
            case SFor(local=local, first=first, last=last, body=body):
                for number in range(self._static(first), self._static(last)):
                    self._loops[local.number] = number
                    self.value(body)
            case SReturn(value=value):
                raise _ReturnError(() if value is None else self.value(value))
            case SClone(target=target):
                self.sent.append((self.value(target)[0], bytes(self._data)))
            case SFinal(kind=kind, target=target):
                if kind is FinalKind.SEND and target is not None:
                    self.sent.append((self.value(target)[0], bytes(self._data)))
                raise _FinishError
            case _:
                raise AssertionError(s)

    def _static(self, static: Static) -> int:
        match static:
            case StaticLiteral(value=value):
                return value
            case StaticLocal(local=local):
                return self._loops[local.number]
            case StaticOperation(operator="+", left=left, right=right):
                return self._static(left) + self._static(right)
            case _:
                raise AssertionError(static)

    def _at(self, name: str, field: str) -> int:
        start, fields = _LAYOUT[name]
        return start + fields.index(field)

    def _read(self, alternatives: tuple[tuple[str, str], ...]) -> int:
        for name, field in alternatives:
            if name in self._present:
                return self._data[self._at(name, field)]
        return 0
