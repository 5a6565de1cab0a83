"""`weft trace`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from compiler.ir.emissions import Drop
from compiler.ir.program import Program
from compiler.load import follow_source
from sim.captures import Packet, merge
from sim.interpreter import Machine, Outcome, Run, Trace
from weft.failures import CommandError, UsageError
from weft.packet_trace import PacketStory, StoryTeller, render_story, story_data
from weft.port_bindings import port_number
from weft.program_to_run import ProgramToRun, prepare
from weft.replay import open_inputs, start_run
from weft.terminal import write_json, write_result


@dataclass(frozen=True, slots=True)
class _Choice:
    """The packets to show: `limit` of them from the `first` on, counting those that arrive by port number `port` and
    are dropped in the line `dropped_at` (None: any)."""

    first: int
    limit: int
    port: int | None
    dropped_at: int | None


def trace_packets(
    file: Path,
    inputs: Sequence[str],
    *,
    packet: int,
    port: str | None,
    dropped_at: int | None,
    limit: int,
    entries: Path | None,
    state_in: Path | None,
    tolerate_truncation: bool,
    as_json: bool,
) -> None:
    """Print the stories of `limit` packets from the `packet`th on, counting only those of `port` and `dropped_at`."""
    ready = prepare(file, inputs, entries=entries, state_in=state_in, warn=False)
    only = None if port is None else port_number(ready.program, port)
    if dropped_at is not None:
        _check_drops(ready.program, dropped_at)
    choice = _Choice(packet, limit, only, dropped_at)
    with ExitStack() as stack:
        opened = open_inputs(ready.inputs, stack, tolerate_truncation=tolerate_truncation)
        stories = list(_stories(ready, merge(opened), choice))
    if as_json:
        write_json([story_data(story) for story in stories])
    else:
        of_several = len(ready.inputs) > 1
        write_result("\n".join(render_story(story, of_several_ports=of_several) for story in stories))


def _check_drops(program: Program, line: int) -> None:
    """Raise `UsageError` where nothing in the line can drop a packet."""
    drops = [operation for operation in program.operations if isinstance(operation, Drop)]
    lines = sorted({place for drop in drops if drop.reason == "drop" for place in _lines_of(drop)})
    if line not in lines:
        some = "no line does" if not lines else f"lines that do: {', '.join(map(str, lines))}"
        raise UsageError(f"line {line} of the program drops no packets", help=some)


def _stories(ready: ProgramToRun, packets: Iterator[Packet], choice: _Choice) -> Iterator[PacketStory]:
    run = start_run(ready.program, entries=ready.entries, state_in=ready.state_in, engine=Run)
    trace = Trace(most=1)
    followed = follow_source(ready.loaded)
    # A second machine on the same states: those before and between the packets shown run at full speed.
    watched = Machine(
        followed.program,
        states=run.states,
        tunables=ready.entries.tunables,
        groups=ready.entries.multicast,
        observer=trace,
        **({} if ready.state_in is None else {"salt": ready.state_in.salt}),
    )
    teller = StoryTeller(followed)
    number = counted = 0
    for number, (time_ns, data, wire_length, port) in enumerate(packets, start=1):
        may_count = choice.port in (None, port)
        # Where a packet is dropped shows only afterwards.
        is_watched = may_count and (choice.dropped_at is not None or counted + 1 >= choice.first)
        machine = watched if is_watched else run.machine
        outcome = machine.process(data, port=port, now=time_ns, wire_length=wire_length)
        counted += may_count and _is_dropped_at(outcome, choice.dropped_at)
        if not may_count or counted < choice.first or not _is_dropped_at(outcome, choice.dropped_at):
            continue
        yield teller.story(trace.packets[-1], number=number)
        if counted == choice.first + choice.limit - 1:
            return
    if counted < choice.first:
        raise CommandError(
            _missing(ready.program, choice, counted),
            help=f"the captures hold {number} packets" if choice.port is not None or choice.dropped_at else None,
        )


def _is_dropped_at(outcome: Outcome, line: int | None) -> bool:
    """Whether the packet was dropped in this line; True for any line (None) whatever became of it."""
    if line is None:
        return True
    final = outcome.final
    return isinstance(final, Drop) and final.reason == "drop" and line in _lines_of(final)


def _lines_of(drop: Drop) -> tuple[int, ...]:
    """The line of a drop, and the line of the call that it is inside of."""
    caller = drop.span.called_from
    return (drop.span.line,) if caller is None else (drop.span.line, caller.line)


def _missing(program: Program, choice: _Choice, counted: int) -> str:
    """Why the captures do not have the packet, of which they hold `counted` of the kind."""
    by = f" by `{program.ports[choice.port].name}`" if choice.port is not None else ""
    if choice.dropped_at is None:
        return f"there is no packet {choice.first}: {counted} arrive{by}"
    of_those = f" of those that arrive{by}" if by else ""
    if not counted:
        return f"line {choice.dropped_at} drops none of the packets" + (f" that arrive{by}" if by else "")
    return f"there is no packet {choice.first}: line {choice.dropped_at} drops {counted}{of_those}"
