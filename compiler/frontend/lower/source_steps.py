"""What the source does step by step, beside the line that it is lowered to: which branch, which assignment.

Lowering turns short branches into selects and assignments into nothing. Who follows a packet wants them back. A step
names operands of the program; where its guard and its conditions hold, the packet came by it. Library code that a
call brought in makes no steps: the source that is followed is the user's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, get_args

from compiler.frontend.lower.builder import Builder
from compiler.frontend.lower.guards import DEAD
from compiler.frontend.lower.paths import Operands
from compiler.frontend.typed import SAssign, SLet, TBlock, TIf
from compiler.frontend.types import EnumType, StructType, TupleType, Ty, flatten, shape_of
from compiler.ir.operations import Pure
from compiler.ir.types import Enumeration, Shape
from compiler.ir.values import Operand
from compiler.source import Span

_LET: Final = re.compile(r"let\b\s*(mut\b\s*)?(\()?")
_IF: Final = re.compile(r"if\b")
_BEFORE_SCRUTINEE: Final = re.compile(r"\bmatch\s*$")
_LONGEST_NAME: Final = 60  # of what is matched; what a longer text does to states is told by itself
_LONGEST_KEYWORD: Final = 40  # characters in which `match` and blanks are looked for


@dataclass(frozen=True, slots=True)
class Decision:
    """An `if`, whose condition reads `text`."""

    condition: Operand
    text: str


@dataclass(frozen=True, slots=True)
class Taken:
    """An arm of a `match`, or the `else` of what may have no value; only where it is carried out."""

    is_arm: bool


@dataclass(frozen=True, slots=True)
class Assignment:
    """A variable, or a part of it, gets `values`. `before`: what it had; None for a new one."""

    name: str
    shape: Shape
    values: Operands
    before: Operands | None = None


@dataclass(frozen=True, slots=True)
class SourceStep:
    """Carried out where `guard` holds and each operand of `under` has its truth value, after `effects` operations of
    the program that are not pure (carried out or not)."""

    guard: int
    under: tuple[tuple[Operand, bool], ...]
    effects: int
    span: Span
    what: Decision | Taken | Assignment

    @property
    def operands(self) -> tuple[Operand, ...]:
        conditions = tuple(condition for condition, _ in self.under)
        match self.what:
            case Decision(condition=condition):
                return (*conditions, condition)
            case Taken():
                return conditions
            case Assignment(values=values, before=before):
                return (*conditions, *values, *(before or ()))

    def under_guard(self, guard: int) -> SourceStep:
        return replace(self, guard=guard)


_What: TypeAlias = Decision | Taken | Assignment


class StepRecorder:
    """Collects the steps of a program while it is lowered by `builder`; nothing unless it `is_on`."""

    def __init__(self, builder: Builder, *, is_on: bool) -> None:
        self.steps: list[SourceStep] = []
        self._builder = builder
        self._is_on = is_on
        self._under: list[tuple[Operand, bool]] = []
        self._counted = self._effects = 0

    @contextmanager
    def under(self, condition: Operand, polarity: bool) -> Iterator[None]:
        """What is recorded within is carried out only where `condition` has this truth value, whatever the guard."""
        self._under.append((condition, polarity))
        yield
        self._under.pop()

    def decided(self, guard: int, branch: TIf, condition: Operand) -> None:
        """The condition of an `if` of the source was evaluated."""
        if self._is_on and _IF.match(branch.span.text) and not _is_arm(branch):
            text = " ".join(branch.condition.span.text.split())
            self._note(guard, branch.span, Decision(condition, text))

    def took_branch(self, guard: int, branch: TIf, block: TBlock) -> None:
        """`block` of `branch` begins: worth a step where that is an arm, as no line shows the choice."""
        if not self._is_on or not _is_arm(branch):
            return
        is_last_arm = block is branch.otherwise and block.span.start >= branch.then.span.end
        if block is branch.then or is_last_arm:
            self._note(guard, block.span, Taken(is_arm=True))

    def took_otherwise(self, guard: int, block: TBlock) -> None:
        self._note(guard, block.span, Taken(is_arm=False))

    def defined(self, guard: int, let: SLet, values: Operands) -> None:
        name = _name_of(let) if self._is_on else ""
        if name:
            self._assigned(guard, let.span, name, let.local.type, values, None)

    def assigned(self, guard: int, assignment: SAssign, values: Operands, before: Operands) -> None:
        if self._is_on:
            local, of = assignment.local, assignment.value.type
            name = _part(local.type, local.name, assignment.first, len(values))
            self._assigned(guard, assignment.span, name, of, values, before)

    def _assigned(self, guard: int, span: Span, name: str, of: Ty, values: Operands, before: Operands | None) -> None:
        shape = shape_of(of)
        if shape is None and isinstance(of, EnumType):  # which variant; a `match` shows what is in it
            shape = Enumeration(of.name, of.width, tuple((v.name, v.value) for v in of.variants))
            values, before = values[:1], before and before[:1]
        if shape is not None:
            self._note(guard, span, Assignment(name, shape, values, before))

    def _note(self, guard: int, span: Span, what: _What) -> None:
        if not self._is_on or guard == DEAD or span.inside is not None:
            return
        new = self._builder.operations[self._counted :]
        self._counted += len(new)
        self._effects += sum(not isinstance(operation, get_args(Pure)) for operation in new)
        self.steps.append(SourceStep(guard, tuple(self._under), self._effects, span, what))


def _is_arm(branch: TIf) -> bool:
    """Whether this is the choice of an arm: it stands where the arm's block does, unlike the other block."""
    return branch.span == branch.then.span != branch.otherwise.span


def _name_of(let: SLet) -> str:
    """What the source calls the variable; "" for one that it does not have."""
    text, span = let.span.text, let.span
    written = _LET.match(text)
    if written:
        return "" if written[2] else let.local.name  # the names in `let (a, b)` follow, each by itself
    if text == let.local.name:
        return text
    in_front = span.source.text[max(0, span.start - _LONGEST_KEYWORD) : span.start]
    is_scrutinee = len(text) <= _LONGEST_NAME and _BEFORE_SCRUTINEE.search(in_front)
    return " ".join(text.split()) if is_scrutinee else ""


def _part(of: Ty, name: str, first: int, count: int) -> str:
    """The name of the part of `name`, of type `of`, that its flat values `first` to `first + count` are."""
    if len(flatten(of)) == count:
        return name
    for label, inner in _members(of):
        size = len(flatten(inner))
        if first < size:
            return _part(inner, f"{name}.{label}", first, count)
        first -= size
    return name


def _members(of: Ty) -> Iterator[tuple[str, Ty]]:
    match of:
        case StructType(fields=fields):
            yield from fields
        case TupleType(elements=elements):
            yield from ((str(number), element) for number, element in enumerate(elements))
        case _:
            pass
