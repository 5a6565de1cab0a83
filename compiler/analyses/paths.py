"""The ways a packet can go through a guarded straight line.

Operations are walked in order. Where the guard of an operation with an effect is not known, its
first undecided condition is assumed both ways; ways seen to be contradictory are given up (two
values of one field, two ports, headers that no packet holds together). A `MapPut` is assumed both
to change its entry and to write what is already there, since the latter is a read; likewise an
`IndexOpen` to open a session and to find one, and a look-up that only refreshes to find its entry and not to.

Paths are made one at a time. There may be many: `find_paths` stops after a stated number of each handler
and says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from compiler.analyses.knowledge import Knowledge
from compiler.analyses.laws import Laws, find_laws
from compiler.analyses.structure import OUTSIDE, Structure, structure_of
from compiler.analyses.value_numbers import render_expression
from compiler.ir.fields import results
from compiler.ir.operations import (
    Final,
    IndexFind,
    IndexOpen,
    LeaseGet,
    MapFind,
    MapPut,
    MapRemove,
    Pure,
)
from compiler.ir.program import Program
from compiler.ir.values import Value
from compiler.source import Span

MAX_PATHS = 1024  # of one handler


@dataclass(frozen=True, slots=True)
class Decision:
    """A condition and its truth on a path. `expression` is its number, or None: "writes what is there"."""

    text: str
    truth: bool
    span: Span = field(compare=False, repr=False)
    expression: int | None = None

    def __str__(self) -> str:
        if self.truth:
            return self.text
        return f"not ({self.text})" if " " in self.text else f"not {self.text}"


@dataclass(frozen=True, slots=True)
class PacketPath:
    """One way. Operations are places in the program's list; `operations` are those with an effect, in order."""

    handler: int  # of the final operation; OUTSIDE if none
    decisions: tuple[Decision, ...]
    operations: tuple[int, ...]
    final: int
    unchanged: frozenset[int]  # MapPuts that write what is already there
    known: Knowledge = field(compare=False, repr=False)  # at the end


@dataclass(frozen=True, slots=True)
class Paths:
    """`complete`: there are no others."""

    paths: tuple[PacketPath, ...]
    complete: bool


def find_paths(program: Program, *, limit: int = MAX_PATHS) -> Paths:
    """At most `limit` paths of each handler, so that one of many does not hide the others."""
    walk = _Walk(program, limit)
    return Paths(tuple(walk.paths()), complete=not walk.left_out)


def walk_paths(program: Program) -> Iterator[PacketPath]:
    """All paths, lazily, depth first; a condition is taken to be true first."""
    return _Walk(program).paths()


@dataclass(slots=True)
class _Way:
    place: int
    known: Knowledge
    decisions: tuple[Decision, ...] = ()
    operations: tuple[int, ...] = ()
    unchanged: frozenset[int] = frozenset()
    changed: frozenset[int] = frozenset()
    guards: dict[int, bool] = field(default_factory=dict)


class _Walk:
    def __init__(self, program: Program, limit: int | None = None) -> None:
        self.program = program
        self.limit = limit
        self.left_out = False  # whether a handler has more than `limit` paths
        self.walked: Counter[int] = Counter()  # paths of each handler
        self.structure: Structure = structure_of(program)
        self.laws: Laws = find_laws(program)
        self.texts: dict[int, str] = {}
        self.finds = {op.slot.number: op for op in program.operations if isinstance(op, MapFind)}
        self.computed: dict[int, list[int]] = {}  # places of equal expressions
        for place, operation in enumerate(program.operations):
            for result in results(operation):
                self.computed.setdefault(self.laws.numbers.of(result), []).append(place)

    def paths(self) -> Iterator[PacketPath]:
        waiting = [_Way(0, Knowledge(self.laws))]
        while waiting:
            way = waiting.pop()
            if self._is_beyond(self._handler(way)):
                continue
            ended = self._advance(way, waiting)
            if ended is None or self._is_beyond(ended.handler):
                continue
            self.walked[ended.handler] += 1
            yield ended

    def _is_beyond(self, handler: int) -> bool:
        """Whether paths of the handler are left out, since there are enough; notes it."""
        is_beyond = self.limit is not None and self.walked[handler] >= self.limit
        self.left_out = self.left_out or is_beyond
        return is_beyond

    def _handler(self, way: _Way) -> int:
        """The handler that the way is known to have entered, or OUTSIDE."""
        handlers = enumerate(self.program.handlers)
        return next((place for place, handler in handlers if way.guards.get(handler.guard)), OUTSIDE)

    def _advance(self, way: _Way, waiting: list[_Way]) -> PacketPath | None:
        """Go on until the path ends, or forks (then both ways wait)."""
        for place in range(way.place, len(self.program.operations)):
            operation = self.program.operations[place]
            if isinstance(operation, Pure):
                continue
            holds = self._guard(way, operation.guard)
            if holds is False:
                continue
            way.place = place
            if holds is None:
                self._fork(way, waiting, self._open_condition(way, operation.guard))
                return None
            if self._must_fork(way, waiting, place):
                return None
            way.operations += (place,)
            if isinstance(operation, Final):
                handler = self.structure.handler(place)
                return PacketPath(handler, way.decisions, way.operations, place, way.unchanged, way.known)
        return None

    def _guard(self, way: _Way, guard: int) -> bool | None:
        if guard in way.guards:
            return way.guards[guard]
        step = self.program.guards[guard]
        if step.condition is None:
            holds: bool | None = True
        else:
            holds = self._guard(way, step.parent)
            if holds:
                truth = way.known.value(self.laws.numbers.of(step.condition))
                holds = None if truth is None else bool(truth) == step.polarity
        if holds is not None:
            way.guards[guard] = holds
        return holds

    def _open_condition(self, way: _Way, guard: int) -> int:
        """The condition to assume next: of the outermost guard that is not known."""
        for place in reversed(tuple(self.structure.tree.chain(guard))):
            step = self.program.guards[place]
            if step.condition is not None and self._guard(way, place) is None:
                return way.known.undecided(self.laws.numbers.of(step.condition))
        raise AssertionError("every guard is known")

    def _fork(self, way: _Way, waiting: list[_Way], expression: int) -> None:
        if expression not in self.texts:
            self.texts[expression] = render_expression(self.program, self.laws.numbers, expression)
        text = self.texts[expression]
        span = self._span(expression, way.place)
        for truth in (False, True):  # the last one put is taken first
            known = way.known.copy()
            if known.assume(expression, truth):
                decision = Decision(text, truth, span, expression)
                waiting.append(self._branch(way, known, decision))

    def _branch(self, way: _Way, known: Knowledge, decision: Decision) -> _Way:
        return _Way(
            way.place,
            known,
            (*way.decisions, decision),
            way.operations,
            way.unchanged,
            way.changed,
            dict(way.guards),
        )

    def _span(self, expression: int, asked: int) -> Span:
        """Where the expression is computed: in the handler of the operation that asks, if it is there as well."""
        place = self.laws.numbers.nodes[expression].operation
        assert place is not None  # a constant is never undecided
        handler = self.structure.handler(asked)
        near = [p for p in self.computed.get(expression, ()) if self.structure.handler(p) == handler]
        return self.program.operations[near[0] if near else place].span

    def _must_fork(self, way: _Way, waiting: list[_Way], place: int) -> bool:
        """Find out whether an access writes or only reads; True where that made two ways."""
        operation = self.program.operations[place]
        match operation:
            case MapPut():
                return self._must_fork_put(way, waiting, place, operation)
            case IndexOpen(opened=opened) if way.known.value(self.laws.numbers.of(opened)) is None:
                self._fork(way, waiting, self.laws.numbers.of(opened))
                return True
            case (
                MapFind(present=found, refresh=True)
                | IndexFind(present=found, refresh=True)
                | LeaseGet(live=found, refresh=True)
            ) if self._is_only_a_use(way, found):
                self._fork(way, waiting, self.laws.numbers.of(found))
                return True
            case _:
                return False

    def _is_only_a_use(self, way: _Way, found: Value) -> bool:
        """Whether the program does not ask if a look-up found its entry, so that only the refresh matters."""
        return found.number not in self.structure.used and way.known.value(self.laws.numbers.of(found)) is None

    def _must_fork_put(self, way: _Way, waiting: list[_Way], place: int, put: MapPut) -> bool:
        """Find out whether `put` changes its entry; True where that made two ways."""
        find = self.finds.get(put.slot.number) if isinstance(put.slot, Value) else None
        if find is None or place in way.unchanged or place in way.changed or self._was_written(way, put.state):
            return False
        present = self.laws.numbers.of(find.present)
        truth = way.known.value(present)
        if truth is None:
            self._fork(way, waiting, way.known.undecided(present))
            return True
        same = self._writes_same(way.known, find, put) if truth else False
        if same is None:
            text = f"`{put.state}` already holds what line {put.span.line} writes"
            for holds in (False, True):
                branch = self._branch(way, way.known.copy(), Decision(text, holds, put.span))
                branch.unchanged |= {place} if holds else frozenset()
                branch.changed |= frozenset() if holds else {place}
                waiting.append(branch)
            return True
        way.unchanged |= {place} if same else frozenset()
        return False

    def _was_written(self, way: _Way, state: str) -> bool:
        """Whether an entry found earlier may have changed on this way; a put through it then counts as a write."""
        before = ((place, self.program.operations[place]) for place in way.operations)
        return any(
            isinstance(op, MapPut | MapRemove) and op.state == state and place not in way.unchanged
            for place, op in before
        )

    def _writes_same(self, known: Knowledge, find: MapFind, put: MapPut) -> bool | None:
        pairs = [
            (self.laws.numbers.of(old), self.laws.numbers.of(new))
            for old, new in zip(find.values, put.values, strict=True)
        ]
        open_pairs = [(old, new) for old, new in pairs if old != new]
        if not open_pairs:
            return True
        values = [(known.value(old), known.value(new)) for old, new in open_pairs]
        if any(old is not None and new is not None and old != new for old, new in values):
            return False
        return True if all(old is not None and old == new for old, new in values) else None
