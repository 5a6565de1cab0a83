"""A body of operations as statements: guards become `if`s again, as if written by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from backends.presence import Known, Presence
from backends.writer import Writer
from compiler.ir.fields import operands, results
from compiler.ir.nest import Block, nest
from compiler.ir.operations import Operation, Pure
from compiler.ir.program import Program
from compiler.ir.values import Operand, Value

Emit = Callable[[Operation], None]
Reads = Callable[[Operation], Iterable[Operand]]


class BodyValues(Protocol):
    """The values of a body in the language that is written."""

    out: Writer
    presence: Presence
    in_place: frozenset[int]  # values that nothing outside their block uses
    position: int  # of the statement that is written, in the program

    def has_statement(self, operation: Pure) -> bool:
        """Whether the value gets a local variable, and does not stand where it is used."""
        ...

    def standing(self, operation: Pure) -> None:
        """Assign the value of an operation that has a statement."""
        ...

    def condition(self, operand: Operand, *, holds: bool = True) -> str:
        """What stands in an `if`."""
        ...

    def knowing(self, known: Known) -> AbstractContextManager[None]: ...


class Body:
    """Writes the operations of a program. `emit` writes one that is not pure.

    `also_reads` tells what an operation's text reads beside its operands.
    """

    def __init__(self, program: Program, values: BodyValues, emit: Emit, *, also_reads: Reads = lambda _: ()) -> None:
        self._program, self._values, self._emit = program, values, emit
        self._positions = {id(operation): place for place, operation in enumerate(program.operations)}
        # What stands where it is used would only come between a guard and its opposite.
        written = tuple(o for o in program.operations if not isinstance(o, Pure) or values.has_statement(o))
        self._blocks = nest(replace(program, operations=written))
        values.in_place = frozenset(_used_in_own_block(program, self._blocks, written, also_reads))

    def write(self) -> None:
        self._items(self._blocks)

    def _items(self, block: Block) -> None:
        """What stands in a block; a guard and its opposite next to each other are `if` and `else`."""
        items = block.items
        place = 0
        while place < len(items):
            item = items[place]
            place += 1
            if not isinstance(item, Block):
                self._operation(item)
                continue
            other: Block | None = None
            if place < len(items):
                following = items[place]
                if isinstance(following, Block) and self._is_opposite(item, following):
                    other = following
                    place += 1
            self._branches(item, other)

    def _is_opposite(self, one: Block, other: Block) -> bool:
        first, second = self._program.guards[one.guard], self._program.guards[other.guard]
        return first.condition == second.condition and first.polarity != second.polarity

    def _branches(self, one: Block, other: Block | None) -> None:
        guard = self._program.guards[one.guard]
        assert isinstance(guard.condition, Value), "only the root has no condition"
        out = self._values.out
        condition = guard.condition
        if other is not None and not guard.polarity:
            one, other = other, one
            guard = self._program.guards[one.guard]
        test = self._values.condition(condition, holds=guard.polarity)
        start = len(out.lines)
        with out.block(f"if ({test})", end="}"):
            self._inside(one)
        is_empty = len(out.lines) == start + 2
        if is_empty:
            del out.lines[start:]
        if other is None:
            return
        if is_empty:
            with out.block(f"if ({self._values.condition(condition, holds=not guard.polarity)})"):
                self._inside(other)
            if len(out.lines) == start + 2:
                del out.lines[start:]
            return
        out.lines[-1] += " else {"
        here = len(out.lines)
        with out.indented():
            self._inside(other)
        if len(out.lines) == here:
            out.lines[-1] = out.lines[-1].removesuffix(" else {")
        else:
            out.line("}")
            _flatten(out.lines, here)

    def _inside(self, block: Block) -> None:
        out = self._values.out
        out.forgets_where()
        with self._values.knowing(self._values.presence.at(block.guard)):
            self._items(block)
        out.forgets_where()

    def _operation(self, operation: Operation) -> None:
        self._values.position = self._positions[id(operation)]
        with self._values.knowing(self._values.presence.at(operation.guard)):
            if isinstance(operation, Pure):
                self._values.standing(operation)
            else:
                self._values.out.says_where(operation.span)
                self._emit(operation)


def _flatten(lines: list[str], inside: int) -> None:
    """`else { if (..) {..} .. }` with nothing beside the `if` becomes `else if`, one step less deep.

    `inside` is the first line within the `else`; its last line, and the closing one, are the last two.
    """
    body = lines[inside:-1]
    comments = 0
    while comments < len(body) and body[comments].lstrip().startswith("//"):
        comments += 1
    if comments == len(body) or not body[comments].lstrip().startswith("if ("):
        return
    depth = len(body[0]) - len(body[0].lstrip())
    margin = " " * depth
    for line in body[comments + 1 :]:
        outermost = len(line) - len(line.lstrip()) == depth
        if line and outermost and not line.startswith((f"{margin}}} else", f"{margin}}}")):
            return
    ends = [n for n, line in enumerate(body) if line == f"{margin}}}"]
    if ends != [len(body) - 1]:
        return
    head = body[comments].lstrip()
    lines[inside - 1] = lines[inside - 1].removesuffix("{") + head
    shallower = [line[4:] if line.startswith("    ") else line for line in body[comments + 1 :]]
    notes = ["    " + line[4:] if line.startswith("    ") else line for line in body[:comments]]
    lines[inside:] = [*notes, *shallower]


def _used_in_own_block(program: Program, root: Block, written: tuple[Operation, ...], also_reads: Reads) -> set[int]:
    """The values that nothing uses outside the block in which they are defined."""
    definitions = {v.number: o for o in program.operations for v in results(o)}
    statements = {id(o) for o in written}
    homes: dict[int, tuple[int, ...]] = {}
    outside: set[int] = set()

    def reads(values: Iterable[Operand], here: tuple[int, ...]) -> None:
        waiting = [v for v in values if isinstance(v, Value)]
        while waiting:
            value = waiting.pop()
            definition = definitions.get(value.number)
            if definition is None:
                continue
            if id(definition) in statements:
                home = homes.get(value.number)
                if home is None or here[: len(home)] != home:
                    outside.add(value.number)
            else:
                waiting.extend(v for v in operands(definition) if isinstance(v, Value))

    def visit(block: Block, here: tuple[int, ...]) -> None:
        for place, item in enumerate(block.items):
            if isinstance(item, Block):
                condition = program.guards[item.guard].condition
                reads([condition] if condition is not None else [], here)
                visit(item, (*here, place))
            else:
                reads((*operands(item), *also_reads(item)), here)
                for value in results(item):
                    homes[value.number] = here

    visit(root, ())
    return {number for number in homes if number not in outside}
