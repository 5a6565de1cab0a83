"""What the parts of lowering share: the line so far, the paths under way, and each other."""

from __future__ import annotations

from abc import ABC, abstractmethod

from compiler.frontend.lower.builder import Builder, Place
from compiler.frontend.lower.joins import Joins
from compiler.frontend.lower.paths import Environment, FieldName, Operands, Scope
from compiler.frontend.lower.source_steps import StepRecorder
from compiler.frontend.lower.value_names import value_names
from compiler.frontend.typed import TBlock, TExpr, TProgram, TStatement
from compiler.frontend.types import Ty, flatten
from compiler.ir.headers import Header
from compiler.ir.states import State
from compiler.ir.types import Bits, Type
from compiler.ir.values import FALSE, Operand, Value
from compiler.source import Span


class Context(ABC):
    """Lowers one program; `scope` is where it is."""

    def __init__(self, program: TProgram, *, follows_source: bool = False) -> None:
        self.builder = Builder()
        self.steps = StepRecorder(self.builder, is_on=follows_source)
        self.joins = Joins(self.builder, self.field_type)
        self.scope = Scope(0, Environment())
        self.calls: list[Span] = []  # that the code being lowered is inside of, the outermost first
        self._headers: dict[str, Header] = {header.name: header for header in program.headers}
        self._states: dict[str, State] = {state.name: state for state in program.states}
        self._tunables: dict[str, Bits] = {tunable.name: tunable.type for tunable in program.tunables}

    @abstractmethod
    def values(self, expression: TExpr, name: str = "") -> Operands:
        """The flat values of an expression, called `name`; effects in it are appended on the way."""

    @abstractmethod
    def block(self, block: TBlock, name: str = "") -> Operands:
        """As `values`, of a block as a part of the code around it; its variables end with it."""

    @abstractmethod
    def statement(self, statement: TStatement) -> None: ...

    def operand(self, expression: TExpr, name: str = "") -> Operand:
        """The value of an expression that has one flat value."""
        values = self.values(expression, name)
        if values:
            return values[0]
        assert not self.scope.is_alive, "only an expression that never ends has no value here"
        return FALSE

    def all_values(self, expressions: tuple[TExpr, ...]) -> Operands:
        return tuple(value for expression in expressions for value in self.values(expression))

    def place(self, span: Span) -> Place:
        return Place(self.scope.guard, span)

    def fresh(self, of: Ty, name: str) -> tuple[Value, ...]:
        """New values for a value of type `of`."""
        return tuple(map(self.builder.value, flatten(of), value_names(of, name)))

    def field_type(self, name: FieldName) -> Type:
        return self._headers[name[0]].field_named(name[1]).type

    def state(self, name: str) -> State:
        return self._states[name]

    def tunable_type(self, name: str) -> Bits:
        return self._tunables[name]
