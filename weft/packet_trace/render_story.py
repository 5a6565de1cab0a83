"""A packet's story as text for people, and as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from textwrap import wrap
from typing import assert_never

from sim.control.abstract_state import render_label
from weft.packet_trace.story import (
    Branched,
    Changed,
    Computed,
    Decided,
    Did,
    FieldChange,
    HandlerTried,
    LineRun,
    LookedUp,
    PacketStory,
    Plain,
    Reported,
    Step,
    Wrote,
)

_WIDTH = 110
_LONGEST_VALUE = 90


def story_data(story: PacketStory) -> dict[str, object]:
    """The story in plain JSON types."""
    return asdict(story)


def render_story(story: PacketStory, *, of_several_ports: bool = False) -> str:
    """Lines for people, ending with a newline. `of_several_ports`: packets of several are counted together."""
    return "\n".join(_story_lines(story, "of all ports " if of_several_ports else "")) + "\n"


def _story_lines(story: PacketStory, counted: str) -> Iterator[str]:
    cut = f", {story.captured} of them captured" if story.captured != story.length else ""
    seconds, nanoseconds = divmod(story.time_ns, 10**9)
    arrives = f"arrives by {story.port} at {seconds}.{nanoseconds:09} s, {story.length} bytes{cut}"
    yield f"packet {story.number} {counted}{arrives}"
    for seen in story.headers:
        fields = ", ".join(f"{name}={_text(value)}" for name, value in seen.fields.items())
        yield from wrap(f"{seen.header}: {fields}", _WIDTH, initial_indent="  ", subsequent_indent="    ")
    if not story.headers:
        yield "  no header of the program is there"
    yield ""
    for handler in story.handlers:
        yield f"  {_handler(handler)}"
    for run in story.lines:
        yield ""
        yield from _line_run(run)
    yield ""
    for (length, changes), copies in groupby(story.left, key=lambda left: (left.length, left.changes)):
        yield from _left([left.port for left in copies], length, changes)
    if not story.left:
        yield f"the packet is {story.fate}"


def _handler(handler: HandlerTried) -> str:
    verdict = "takes it" if handler.took else f"does not take it: {handler.because}"
    return f"line {handler.line}, on {handler.handler}: {verdict}"


def _line_run(run: LineRun) -> Iterator[str]:
    yield f"{run.file}:{run.line}  {run.source}"
    for is_variables, steps in groupby(run.steps, key=lambda step: isinstance(step, Computed)):
        texts = [_step(step) for step in steps]
        for text in [", ".join(texts)] if is_variables else texts:
            yield from wrap(text, _WIDTH, initial_indent="    ", subsequent_indent="      ")


def _step(step: Step) -> str:
    match step:
        case Computed(name=name, value=value):
            return f"{name} = {_text(value)}"
        case Decided(condition=condition, holds=holds, because=because):
            reason = f", {because}" if because.startswith("with") else f": {because}" if because else ""
            return f"`{condition}` is {'true' if holds else 'false'}{reason}"
        case Branched(branch=branch):
            return "this arm is taken" if branch == "arm" else "`else` is taken"
        case LookedUp(state=state, key=key, found=found, value=value):
            shown = f": {_text(value)}" if value is not None else ""
            return f"{state}[{_text(key)}] {found}{shown}"
        case Changed(note=note) if note:
            return f"{step.state}[{_text(step.entry)}] {note}"
        case Changed(state=state, entry=entry, before=before, after=after):
            same = before == after
            change = f"stays {_present(before)}" if same else f"{_present(before)} -> {_present(after)}"
            return f"{state}[{_text(entry)}] {change}"
        case Wrote(field=field, before=before, after=after):
            return f"{field}: {_text(before)} -> {_text(after)}" if before != after else f"{field} stays {_text(after)}"
        case Reported(record=record, value=value):
            return f"digest {record}: {_text(value)}"
        case Did(action=action):
            return action
        case _:
            assert_never(step)


def _left(ports: list[str], length: int, changes: tuple[FieldChange, ...]) -> Iterator[str]:
    """Equal copies that left by several ports, one after another."""
    same = ", unchanged" if not changes else ""
    yield from wrap(f"leaves by {', '.join(ports)}, {length} bytes{same}", _WIDTH, subsequent_indent="    ")
    for change in changes:
        yield f"  {change.field}: {_present(change.before)} -> {_present(change.after)}"


def _present(value: Plain) -> str:
    return "absent" if value is None else _text(value)


def _text(value: Plain) -> str:
    text = render_label(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
