"""`weft trace`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from sim.captures import Packet, merge
from sim.interpreter import Machine, Trace
from weft.failures import CommandError
from weft.packet_trace import PacketStory, StoryTeller, render_story, story_data
from weft.port_bindings import port_number
from weft.program_to_run import ProgramToRun, prepare
from weft.replay import open_inputs, start_run
from weft.terminal import write_json, write_result


def trace_packets(
    file: Path,
    inputs: Sequence[str],
    *,
    packet: int,
    port: str | None,
    limit: int,
    entries: Path | None,
    state_in: Path | None,
    tolerate_truncation: bool,
    as_json: bool,
) -> None:
    """Print the stories of `limit` packets from the `packet`th on; with `port`, counting only those of the port."""
    ready = prepare(file, inputs, entries=entries, state_in=state_in, warn=False)
    only = None if port is None else port_number(ready.program, port)
    with ExitStack() as stack:
        opened = open_inputs(ready.inputs, stack, tolerate_truncation=tolerate_truncation)
        stories = list(_stories(ready, merge(opened), first=packet, limit=limit, only=only))
    if as_json:
        write_json([story_data(story) for story in stories])
    else:
        write_result("\n".join(render_story(story) for story in stories))


def _stories(
    ready: ProgramToRun, packets: Iterator[Packet], *, first: int, limit: int, only: int | None
) -> Iterator[PacketStory]:
    run = start_run(ready.program, entries=ready.entries, state_in=ready.state_in)
    trace = Trace(most=1)
    # A second machine on the same states: those before and between the packets shown run at full speed.
    watched = Machine(
        ready.program,
        states=run.states,
        tunables=ready.entries.tunables,
        groups=ready.entries.multicast,
        observer=trace,
        **({} if ready.state_in is None else {"salt": ready.state_in.salt}),
    )
    teller = StoryTeller(ready.program)
    number = counted = 0
    for number, (time_ns, data, wire_length, port) in enumerate(packets, start=1):
        counted += only is None or port == only
        if counted < first or (only is not None and port != only):
            run.machine.process(data, port=port, now=time_ns, wire_length=wire_length)
            continue
        watched.process(data, port=port, now=time_ns, wire_length=wire_length)
        yield teller.story(trace.packets[-1], number=number)
        if counted == first + limit - 1:
            return
    if counted < first:
        of = f" by `{ready.program.ports[only].name}`" if only is not None else ""
        raise CommandError(
            f"there is no packet {first}: {counted} arrive{of}",
            help=f"the captures hold {number} packets" if only is not None else None,
        )
