"""Operations on maps, leases, indexes, counters, meters and reductions: an action each.

What an action does is what `expand_state` makes of the operation; that is its definition. Short ones are called
where they stand. Long ones are the default action of a table without a key, applied where they stand: p4c copies
a called action's body into the control, and takes time that grows with the square of the control's length.
bmv2 holds the locks of an action's registers while it runs, so a long operation is one step to whoever reads the
registers from outside.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from backends.body import Body
from backends.leaf_names import leaf_names
from backends.p4.array_statements import ArrayStatements
from backends.p4.expressions import Environment, Expressions, Text
from backends.p4.lanes import LaneFunctions
from backends.p4.names import Names
from backends.p4.registers import Registers
from backends.p4.text import type_text
from backends.presence import Known
from backends.writer import Writer
from compiler.ir.fields import operands, replace_operands, replace_results, results
from compiler.ir.operations import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    CounterAdd,
    Digest,
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
    ReduceContribute,
    StateAccess,
)
from compiler.ir.program import Program
from compiler.ir.states import State
from compiler.ir.types import BOOL
from compiler.ir.values import Operand, Value
from compiler.passes.eliminate_common_subexpressions import eliminate_common_subexpressions
from compiler.passes.eliminate_dead_code import eliminate_dead_code
from compiler.passes.expand_state import expand_state
from compiler.passes.fold_constants import fold_constants
from compiler.passes.propagate_copies import propagate_copies

_VERBS: dict[type[Operation], str] = {
    MapFind: "find",
    MapPut: "set",
    MapRemove: "remove",
    LeaseOpen: "open",
    LeaseGet: "get",
    LeaseClose: "close",
    IndexFind: "find",
    IndexOpen: "find_or_open",
    CounterAdd: "add",
    MeterTake: "take",
    ReduceContribute: "contribute",
}
_SHORT = (CounterAdd, MeterTake)  # called; the others stand in tables
_RESULTS = "results"  # the record that takes what the action gives, so that no pass deletes it


def is_action(operation: Operation) -> bool:
    """Whether the operation becomes a call of an action."""
    return type(operation) in _VERBS


@dataclass(slots=True)
class _Action:
    name: str
    operation: StateAccess  # with its parameters in the place of its operands and results
    parameters: tuple[Value, ...]
    outputs: tuple[Value, ...]
    used: set[int] = field(default_factory=set)  # places of the outputs that a call uses
    needs_now: bool = False
    calls: int = 0
    tables: list[str] = field(default_factory=list)  # of a long one, one for each call written so far
    inputs: list[str] = field(default_factory=list)  # the control's variables that a long one reads
    results: list[str] = field(default_factory=list)  # and those that it writes

    @property
    def is_called(self) -> bool:
        return isinstance(self.operation, _SHORT)


class Accesses:
    """The actions of a program. First all operations are `seen`, then calls and actions are written."""

    def __init__(self, program: Program, registers: Registers, *, names: Names, lanes: LaneFunctions) -> None:
        self._program, self._registers, self._names, self._lanes = program, registers, names, lanes
        self._actions: dict[tuple[object, ...], _Action] = {}

    def see(self, operation: StateAccess, used: Collection[int]) -> None:
        """Take note of a call; `used`: which of its results are, by place."""
        key = _kind(operation, used)
        if key not in self._actions:
            self._actions[key] = self._made(operation)
        self._actions[key].used.update(used)
        self._actions[key].calls += 1

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        used = [place for place, result in enumerate(results(operation)) if values.is_used(result)]
        action = self._actions[_kind(operation, used)]
        if not action.is_called:
            self._write_apply(action, operation, values)
            return
        arguments = [values.bits(operand) for operand in operands(operation)]
        if action.needs_now:
            arguments.append(values.fact(PacketFact.NOW))
        for place, result in enumerate(results(operation)):
            if place in action.used:
                arguments.append(values.declare(result, is_bool=result.type == BOOL))
        values.out.line(f"{action.name}({', '.join(arguments)});")

    def _write_apply(self, action: _Action, operation: StateAccess, values: Expressions) -> None:
        if not action.tables:
            self._give_variables(action, values)
        table = self._names.fresh(f"do_{action.name}")
        action.tables.append(table)
        out = values.out
        for operand, name in zip(operands(operation), action.inputs, strict=True):
            out.line(f"{name} = {values.bits(operand)};")
        out.line(f"{table}.apply();")
        for place, (result, name) in enumerate(zip(results(operation), action.results, strict=True)):
            if place not in action.used or not values.is_used(result):
                continue
            text = Text(name, is_bool=result.type == BOOL)
            if action.calls == 1:
                values.bind(result, text)
            else:  # the next call writes it as well
                values.assign(result, text)

    def _give_variables(self, action: _Action, values: Expressions) -> None:
        for value in action.parameters:
            name = self._names.fresh(f"{action.name}_{value.name}")
            values.declarations.append(f"{type_text(value.type)} {name} = 0;")
            action.inputs.append(name)
        for place, value in enumerate(action.outputs):
            name = self._names.fresh(f"{action.name}_{value.name}")
            action.results.append(name)
            if place in action.used:
                is_bool = value.type == BOOL
                kind, zero = ("bool", "false") if is_bool else (type_text(value.type), "0")
                values.declarations.append(f"{kind} {name} = {zero};")

    def write_actions(self, out: Writer) -> None:
        for action in self._actions.values():
            self._write_action(out, action)

    def _made(self, operation: StateAccess) -> _Action:
        state = self._program.state(operation.state)
        scope = Names()
        parameters = [
            Value(-1 - place, operand.type, scope.fresh(name))
            for place, (operand, name) in enumerate(_named_operands(operation, state, self._program))
        ]
        outputs = [
            Value(place + 1, value.type, scope.fresh(name))
            for place, (value, name) in enumerate(_named_results(operation, state, self._program))
        ]
        taken = iter(parameters)
        general = replace_operands(operation, lambda _: next(taken))
        given = iter(outputs)
        general = replace_results(general, lambda _: next(given))
        name = self._names.fresh(f"{state.name}_{_VERBS[type(operation)]}")
        assert isinstance(general, StateAccess), "replacing operands keeps the kind"
        action = _Action(name, general, tuple(parameters), tuple(outputs))
        body = self._expanded(action, outputs)
        action.needs_now = any(isinstance(o, ReadFact) for o in body.operations)
        return action

    def _expanded(self, action: _Action, outputs: Iterable[Value]) -> Program:
        sink = Digest(guard=0, span=action.operation.span, record=_RESULTS, values=tuple(outputs))
        program = replace(
            self._program,
            operations=(replace(action.operation, guard=0), sink),
            guards=self._program.guards[:1],
            handlers=(),
        )
        program = expand_state(program)
        for _ in range(2):
            for tidy in (fold_constants, propagate_copies, eliminate_common_subexpressions, eliminate_dead_code):
                program = tidy(program)
        return program

    def _write_action(self, out: Writer, action: _Action) -> None:
        outputs = [value for place, value in enumerate(action.outputs) if place in action.used]
        body = self._expanded(action, outputs)
        scope = Names(self._names)
        inside = Writer()
        values = Expressions(
            body,
            inside,
            names=scope,
            lanes=self._lanes,
            environment=_ActionFacts(_NOW if action.is_called else "meta.now"),
        )
        heads: list[str] = []
        targets: dict[int, str] = {}
        if action.is_called:
            for value in action.parameters:
                name = scope.fresh(value.name)
                values.bind(value, Text(name))
                heads.append(f"in {type_text(value.type)} {name}")
            if action.needs_now:
                heads.append(f"in bit<64> {_NOW}")
            for value in outputs:
                name = scope.fresh(value.name)
                targets[value.number] = name
                heads.append(f"out {'bool' if value.type == BOOL else type_text(value.type)} {name}")
        else:
            for value, name in zip(action.parameters, action.inputs, strict=True):
                values.bind(value, Text(name))
            for value, name in zip(action.outputs, action.results, strict=True):
                targets[value.number] = name
        arrays = ArrayStatements(values, self._registers)

        def emit(operation: Operation) -> None:
            match operation:
                case ArrayRead():
                    arrays.read(operation)
                case ArrayWrite():
                    arrays.write(operation)
                case ArrayUpdate():
                    arrays.update(operation)
                case Digest(values=given):
                    for value, wanted in zip(given, outputs, strict=True):
                        code = values.condition(value) if wanted.type == BOOL else values.bits(value)
                        inside.line(f"{targets[wanted.number]} = {code};")
                case _:
                    raise AssertionError(operation)

        with inside.indented():
            Body(body, values, emit).write()
        lines = [line for line in inside.lines if not line.lstrip().startswith("//")]
        out.line(_description(action, self._program))
        out.line(f"@hidden action {action.name}({', '.join(heads)}) {{")
        for declaration in values.declarations:
            out.line(f"    {declaration}")
        for line in lines:
            out.line(line)
        out.line("}")
        for table in action.tables:
            with out.block(f"@hidden table {table}"):
                out.line(f"actions = {{ {action.name}; }}")
                out.line(f"const default_action = {action.name}();")
        out.line()


_NOW = "now"


class _ActionFacts(Environment):
    """An action knows of the packet only what it is told."""

    def __init__(self, now: str) -> None:
        self._now = now

    def field(self, header: str, field: str, *, position: int) -> str:
        raise AssertionError("state operations read no fields")

    def fact(self, fact: PacketFact) -> str:
        assert fact is PacketFact.NOW, "state operations need the time alone"
        return self._now

    def tunable(self, name: str) -> str:
        raise AssertionError("state operations read no tunables")

    def digest_of_headers(self, known: Known) -> list[str]:
        raise AssertionError("state operations are not random")


def _kind(operation: StateAccess, used: Collection[int]) -> tuple[object, ...]:
    """Equal for operations that one action can carry out.

    Choosing a place for a new entry is most of a look-up, and only some ask for it. An action each: where its
    choice is dead, p4c peels it off a step at a time, each with a pass over the program.
    """
    fixed = tuple(
        (f.name, getattr(operation, f.name))
        for f in dataclasses.fields(operation)
        if f.type in ("str", "bool", "int") and f.name != "guard"
    )
    chooses = isinstance(operation, MapFind) and any(
        value in (operation.room, operation.slot) for place, value in enumerate(results(operation)) if place in used
    )
    return (type(operation), fixed, chooses, tuple(operand.type for operand in operands(operation)))


def _description(action: _Action, program: Program) -> str:
    state = program.state(action.operation.state)
    kind = type(state).__name__.lower()
    verb = _VERBS[type(action.operation)].replace("_", " ")
    return f"// {kind} `{state.name}`: {verb}"


def _named_operands(operation: StateAccess, state: State, program: Program) -> list[tuple[Operand, str]]:
    found: list[tuple[Operand, str]] = []
    for f in dataclasses.fields(operation):
        value = getattr(operation, f.name)
        if f.type == "Operand":
            found.append((value, f.name))
        elif f.type == "tuple[Operand, ...]":
            names = leaf_names(f.name, state, program, len(value))
            found.extend(zip(value, names, strict=True))
    return found


def _named_results(operation: StateAccess, state: State, program: Program) -> list[tuple[Value, str]]:
    found: list[tuple[Value, str]] = []
    for f in dataclasses.fields(operation):
        value = getattr(operation, f.name)
        if f.type == "Value":
            found.append((value, f.name))
        elif f.type == "tuple[Value, ...]":
            names = leaf_names("values", state, program, len(value))
            found.extend((v, f"found_{name}") for v, name in zip(value, names, strict=True))
    return found
