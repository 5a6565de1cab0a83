"""Check that every execution ends in exactly one final operation, with nothing but pure ones after it.

Truth values that are not put together from others by and, or, xor, not and select are taken to be
free. The check walks over the final operations in order and splits on each free value that decides
whether one is carried out, so it is a proof; past `_MOST_CASES` cases, programs are sampled instead.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from compiler.ir.fields import results
from compiler.ir.invalid import InvalidProgram
from compiler.ir.operations import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Drop,
    Flood,
    Multicast,
    Operation,
    Pure,
    Reply,
    Resize,
    Select,
    Send,
    Slice,
    Unary,
)
from compiler.ir.program import ROOT, Program
from compiler.ir.types import BOOL
from compiler.ir.values import Constant, Operand, Value

_MOST_CASES = 4_000
_SAMPLES = 500

_BOOLEAN: dict[BinaryOperator, Callable[[bool, bool], bool]] = {
    BinaryOperator.AND: lambda a, b: a and b,
    BinaryOperator.OR: lambda a, b: a or b,
    BinaryOperator.XOR: lambda a, b: a != b,
}


class _UndecidedError(Exception):
    """A free value has to be chosen first."""

    def __init__(self, atom: Value) -> None:
        super().__init__()
        self.atom = atom


def is_final(operation: Operation) -> bool:
    return isinstance(operation, (Send, Reply, Flood, Multicast, Drop))


def verify_endings(program: Program) -> None:
    """Raise `InvalidProgram` unless exactly one final operation ends every execution."""
    if _is_proved_by_guards_alone(program):
        return
    endings = _Endings(program, look_inside=True)
    if not _is_proved(endings):
        chosen = random.Random(0)
        for _ in range(_SAMPLES):
            endings.check(_RandomCase(chosen))


def _is_proved_by_guards_alone(program: Program) -> bool:
    """Whether it holds even if all conditions were free, as it mostly does: the proof with the fewest cases."""
    try:
        return _is_proved(_Endings(program, look_inside=False))
    except InvalidProgram:
        return False


def _is_proved(endings: _Endings) -> bool:
    """Whether all cases are good; False where there are too many. Raises `InvalidProgram` for a bad one."""
    cases: list[dict[Value, bool]] = [{}]
    for _ in range(_MOST_CASES):
        if not cases:
            return True
        case = cases.pop()
        try:
            endings.check(case)
        except _UndecidedError as undecided:
            cases += [{**case, undecided.atom: True}, {**case, undecided.atom: False}]
    return False


class _RandomCase(dict[Value, bool]):
    """Every free value, as chance has it."""

    def __init__(self, chosen: random.Random) -> None:
        super().__init__()
        self._chosen = chosen

    def __missing__(self, atom: Value) -> bool:
        return self.setdefault(atom, self._chosen.random() < 0.5)

    def __contains__(self, atom: object) -> bool:
        return True


class _Endings:
    """`look_inside`: truth values put together from others are not free."""

    def __init__(self, program: Program, *, look_inside: bool) -> None:
        self._look_inside = look_inside
        self._guards = program.guards
        self._definitions = {v: o for o in program.operations for v in results(o) if v.type == BOOL}
        self._finals = [(i, o) for i, o in enumerate(program.operations) if is_final(o)]
        self._later: list[dict[int, Operation]] = []  # for each final, one operation of each guard that comes after
        for position, _ in self._finals:
            after = (o for o in reversed(program.operations[position + 1 :]) if not isinstance(o, Pure))
            self._later.append({o.guard: o for o in after})

    def check(self, case: dict[Value, bool]) -> None:
        """Raise `InvalidProgram` where `case` ends badly, `_UndecidedError` where it does not say enough."""
        known: dict[Value, bool] = {}
        for (_, final), later in zip(self._finals, self._later, strict=True):
            if not self._holds(final.guard, case, known):
                continue
            for guard, operation in later.items():
                if self._holds(guard, case, known):
                    raise InvalidProgram("this can be carried out after the packet's end", operation.span)
            return
        raise InvalidProgram("an execution has no end")

    def _holds(self, guard: int, case: dict[Value, bool], known: dict[Value, bool]) -> bool:
        """Outer conditions first: the inner ones may be unspecified where those do not hold."""
        chain: list[int] = []
        while guard != ROOT:
            chain.append(guard)
            guard = self._guards[guard].parent
        return all(self._guard_holds(number, case, known) for number in reversed(chain))

    def _guard_holds(self, number: int, case: dict[Value, bool], known: dict[Value, bool]) -> bool:
        guard = self._guards[number]
        assert guard.condition is not None
        return self._truth(guard.condition, case, known) == guard.polarity

    def _truth(self, operand: Operand, case: dict[Value, bool], known: dict[Value, bool]) -> bool:
        if isinstance(operand, Constant):
            return operand.value == 1
        if operand not in known:
            known[operand] = self._derived(operand, case, known)
        return known[operand]

    def _derived(self, value: Value, case: dict[Value, bool], known: dict[Value, bool]) -> bool:
        def truth(operand: Operand) -> bool:
            return self._truth(operand, case, known)

        match self._definitions[value] if self._look_inside else None:
            case Unary(argument=argument):
                return not truth(argument)
            case Binary(operator=operator, left=left, right=right) if operator in _BOOLEAN:
                return _BOOLEAN[operator](truth(left), truth(right))
            case Compare(operator=CompareOperator.EQ | CompareOperator.NE as operator, left=left, right=right) if (
                left.type == BOOL
            ):
                return (truth(left) == truth(right)) is (operator is CompareOperator.EQ)
            case Select(condition=condition, on_true=on_true, on_false=on_false):
                return truth(on_true if truth(condition) else on_false)
            case Resize(argument=argument) | Slice(argument=argument) if argument.type == BOOL:
                return truth(argument)
            case _:
                pass
        if value in case:
            return case[value]
        raise _UndecidedError(value)
