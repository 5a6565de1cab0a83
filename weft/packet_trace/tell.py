"""The events of one packet -> its story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from compiler.ir.emissions import Clone, Digest, Drop, Flood, Multicast, Reply, Send, WriteField
from compiler.ir.fields import operands, results
from compiler.ir.guard_tree import GuardTree
from compiler.ir.leaf_values import Leaf
from compiler.ir.literals import render_value
from compiler.ir.operations import Operation
from compiler.ir.program import Program
from compiler.ir.pure import HeaderPresent, ReadFact, ReadField
from compiler.ir.values import Operand
from compiler.source import Span
from sim.control.cell_shapes import split_cell
from sim.interpreter import Arrival, Departure, Execution, PacketTrace
from weft.packet_trace.access_steps import AccessSteps
from weft.packet_trace.handler_choice import HandlerChoice
from weft.packet_trace.packet_view import PacketView
from weft.packet_trace.story import Computed, Did, Left, LineRun, PacketStory, Plain, Reported, Step, Wrote
from weft.packet_trace.value_shapes import shape_of, value_shapes


class StoryTeller:
    """Tells the packets of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._ports = [port.name for port in program.ports]
        self._shapes = value_shapes(program)
        self._accesses = AccessSteps(program)
        self._choice = HandlerChoice(program, self._shapes)
        self._view = PacketView(program)
        self._guards = GuardTree(program.guards)

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
            lines=self._lines(trace),
            left=tuple(self._left(departure, arrival) for departure in trace.departures),
            fate=self._fate(trace),
        )

    def _lines(self, trace: PacketTrace) -> tuple[LineRun, ...]:
        current = {
            f"{seen.header}.{name}": value
            for seen in self._view.headers(trace.arrival.data)
            for name, value in seen.fields.items()
        }
        stepped = [(e.operation.span, step) for e in trace.executions for step in self._steps(e, current)]
        runs: list[LineRun] = []
        for (file, line), group in groupby(stepped, key=lambda item: (item[0].source.name, item[0].line)):
            items = list(group)
            source = items[0][0].source.line(line).strip()
            runs.append(LineRun(file, line, source, tuple(_gathered([step for _, step in items]))))
        return tuple(runs)

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
                steps = self._accesses.steps(operation, execution)
                yield from self._computed(operation, execution) if steps is None else steps

    def _computed(self, operation: Operation, execution: Execution) -> Iterator[Step]:
        if not self._is_worth_telling(operation):
            return
        for value, leaf in zip(results(operation), execution.results, strict=True):
            if value.name:
                shape = shape_of(value, self._shapes)
                yield Computed(value.name, render_value(shape, [leaf], ports=self._ports))

    def _is_worth_telling(self, operation: Operation) -> bool:
        """Whether a value is of a variable in a handler: not of a choice among handlers, nor of the library's."""
        if operation.span.inside is not None or isinstance(operation, HeaderPresent | ReadField | ReadFact):
            return False  # what a packet arrived with is told already
        return any(self._guards.is_within(operation.guard, handler.guard) for handler in self._program.handlers)

    def _field(self, header: str, field: str, leaf: Leaf) -> Plain:
        declared = self._program.header(header).field_named(field)
        assert declared.shape is not None, "blobs and padding are not written"
        return render_value(declared.shape, split_cell(declared.type, declared.shape, leaf), ports=self._ports)

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


def _gathered(steps: Sequence[Step]) -> Iterator[Step]:
    """Parts of one variable that stand side by side, as one: `flow.src`, `flow.dst` as `flow`."""
    for variable, group in groupby(steps, key=_variable):
        if variable:
            parts = {s.name.partition(".")[2]: s.value for s in group if isinstance(s, Computed)}
            yield Computed(variable, parts)
        else:
            yield from group


def _variable(step: Step) -> str:
    """The variable that the step gives a part of; empty where it does not."""
    return step.name.partition(".")[0] if isinstance(step, Computed) and "." in step.name else ""
