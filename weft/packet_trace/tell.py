"""The events of one packet -> its story."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import get_args

from compiler.frontend.lower import Assignment, SourceStep
from compiler.ir.emissions import Clone, Digest, Drop, Flood, Multicast, Reply, Send, WriteField
from compiler.ir.fields import operands, results
from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import render_value
from compiler.ir.operations import Pure
from compiler.ir.values import Operand
from compiler.load import FollowedProgram
from compiler.source import Span
from sim.control.cell_shapes import split_cell
from sim.interpreter import Arrival, Departure, Execution, PacketTrace
from weft.packet_trace.access_steps import AccessSteps
from weft.packet_trace.conditions import Conditions, Known
from weft.packet_trace.handler_choice import HandlerChoice
from weft.packet_trace.packet_view import PacketView, as_field
from weft.packet_trace.source_tale import SourceTale
from weft.packet_trace.story import Did, Left, LineRun, PacketStory, Plain, Reported, Step, Wrote
from weft.packet_trace.value_shapes import value_shapes


class StoryTeller:
    """Tells the packets of one program."""

    def __init__(self, followed: FollowedProgram) -> None:
        program = followed.program
        self._program = program
        self._ports = [port.name for port in program.ports]
        self._accesses = AccessSteps(program)
        conditions = Conditions(program, value_shapes(program))
        self._choice = HandlerChoice(program, conditions)
        self._tale = SourceTale(program, followed.steps, conditions)
        self._view = PacketView(program)
        effects = (operation for operation in program.operations if not isinstance(operation, get_args(Pure)))
        self._effects = {id(operation): place for place, operation in enumerate(effects)}

    def story(self, trace: PacketTrace, *, number: int) -> PacketStory:
        """The story of the packet that `trace` holds, the `number`th of the run, counting from 1."""
        arrival = trace.arrival
        known: dict[int, Leaf] = {}
        for execution in trace.executions:
            known.update(
                (v.number, leaf) for v, leaf in zip(results(execution.operation), execution.results, strict=True)
            )
        return PacketStory(
            number=number,
            port=self._ports[arrival.port],
            time_ns=arrival.now_ns,
            length=arrival.wire_length,
            captured=len(arrival.data),
            headers=self._view.headers(arrival.data),
            handlers=self._choice.tried(known, port=arrival.port),
            lines=self._lines(trace, known),
            left=tuple(self._left(departure, arrival) for departure in trace.departures),
            fate=self._fate(trace),
        )

    def _lines(self, trace: PacketTrace, known: Known) -> tuple[LineRun, ...]:
        runs: list[LineRun] = []
        for (file, line), group in groupby(self._stepped(trace, known), key=lambda item: _line_of(item[0])):
            items = list(group)
            source = items[0][0].source.line(line).strip()
            runs.append(LineRun(file, line, source, tuple(step for _, step in items)))
        return tuple(runs)

    def _stepped(self, trace: PacketTrace, known: Known) -> list[tuple[Span, Step]]:
        """What happened, in the order of the source: its own steps between the operations that they stand between."""
        current = {
            f"{seen.header}.{name}": value
            for seen in self._view.headers(trace.arrival.data)
            for name, value in seen.fields.items()
        }
        told: list[tuple[Span, Step]] = []
        waiting = list(self._tale.steps(known))[::-1]
        for execution in trace.executions:
            place = self._effects.get(id(execution.operation))
            if place is None:
                continue
            while waiting and waiting[-1][0].effects <= place:
                _put(told, *waiting.pop())
            told += [(execution.operation.span, step) for step in self._steps(execution, current)]
        while waiting:
            _put(told, *waiting.pop())
        return told

    def _steps(self, execution: Execution, current: dict[str, Plain]) -> Iterator[Step]:
        operation = execution.operation
        match operation:
            case WriteField(header=header, field=field):
                name = f"{header}.{field}"
                if name in current:
                    before, current[name] = current[name], self._field(header, field, execution.operands[0])
                    yield Wrote(name, before, current[name])
            case Send() | Clone():
                verb = "send" if isinstance(operation, Send) else "clone"
                yield Did(f"{verb} {self._port(operation.port, execution)}")
            case Multicast(group=group):
                yield Did(f"multicast group {_operand(group, execution)}")
            case Reply():
                yield Did("reply")
            case Flood():
                yield Did("flood")
            case Drop(reason=reason):
                if reason == "drop":
                    yield Did("drop")
            case Digest(record=record):
                shape = self._program.record(record)
                yield Reported(record, render_value(shape, execution.operands, ports=self._ports))
            case _:
                yield from self._accesses.steps(operation, execution) or ()

    def _field(self, header: str, field: str, leaf: Leaf) -> Plain:
        declared = self._program.header(header).field_named(field)
        assert declared.shape is not None, "blobs and padding are not written"
        value = render_value(declared.shape, split_cell(declared.type, declared.shape, leaf), ports=self._ports)
        return as_field(declared, value)

    def _port(self, operand: Operand, execution: Execution) -> str:
        number = _operand(operand, execution)
        if isinstance(number, int) and number < len(self._ports):
            return self._ports[number]
        return f"port {number}, which the program does not have"

    def _left(self, departure: Departure, arrival: Arrival) -> Left:
        emission = departure.emission
        has_port = emission.port < len(self._ports)
        port = self._ports[emission.port] if has_port else f"port {emission.port} (lost: there is none)"
        return Left(port, emission.wire_length, self._view.changes(arrival.data, emission.data))

    def _fate(self, trace: PacketTrace) -> str:
        last = trace.executions[-1].operation
        if isinstance(last, Drop):
            if last.reason == "unhandled":
                return "dropped: no handler takes it"
            return f"dropped at {_place(last.span)}"
        ports = [departure.emission.port for departure in trace.departures]
        if not ports:
            return f"sent nowhere at {_place(last.span)}"
        names = [self._ports[p] if p < len(self._ports) else f"port {p}" for p in ports]
        return f"sent by {', '.join(names)}"


def _operand(operand: Operand, execution: Execution) -> Leaf:
    return dict(zip(operands(execution.operation), execution.operands, strict=True))[operand]


def _place(span: Span) -> str:
    return f"{span.source.name}:{span.line}"


def _line_of(span: Span) -> tuple[str, int]:
    return span.source.name, span.line


def _put(told: list[tuple[Span, Step]], step: SourceStep, words: Step) -> None:
    """Tell an assignment before the lines that its own value is written on, where those are several."""
    place = len(told)
    if isinstance(step.what, Assignment):
        while place and _is_inside(told[place - 1][0], step.span):
            place -= 1
        while place < len(told) and told[place][0].line == step.span.line:
            place += 1
    told.insert(place, (step.span, words))


def _is_inside(inner: Span, outer: Span) -> bool:
    return inner.source is outer.source and outer.start <= inner.start and inner.end <= outer.end
