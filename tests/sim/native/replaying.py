"""Captures, given as bytes, through a program on either engine: all that comes of it."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from compiler.ir.program import Program
from compiler.load import load_source
from compiler.source import Source
from sim.captures import Capture, CaptureError, PortCaptures, ReadableFile, merge
from sim.interpreter import DigestRecord, Run, Summary
from sim.native import NativeRun, find_compiler
from sim.state import NO_ENTRIES, ControlEntries

needs_compiler = pytest.mark.skipif(find_compiler() is None, reason="no C compiler was found (cc, gcc or clang)")

# Every kind of emission: in place, copied, built in front of the packet, by several ports; digests; packets too short.
EVERYTHING = """\
use std::net;

port a; port b; port c;
state seen: u32[16];
struct Seen { number: u32, length: u32, at: time }

on a (p: eth) {
    let number = seen[3] + 1;
    seen[3] = number;
    digest Seen { number, length: p.length, at: now };
    clone b;
    p.eth.dst = 02:00:00:00:00:09;
    clone c with packet { eth { dst: p.eth.src, src: p.eth.dst, type: 0x1234 }, p };
    send b;
}
on b (p: eth) { p.eth.src = 02:00:00:00:00:07; flood }
on c (p: eth) { multicast 3u16 as multicast }
on a | b (_) { send c; }
on c (_) { drop }
"""
GROUPS = ControlEntries(multicast={3: (2, 0, 1)})


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a run leaves: captures by port, digests with their times, counts; or the error, with nothing in files."""

    captures: tuple[bytes, ...]
    digests: tuple[tuple[int, DigestRecord], ...]
    summary: tuple[object, ...] | None
    states: dict[str, object]
    warnings: tuple[str | None, ...]
    error: str | None


@cache
def program_of(text: str) -> Program:
    return load_source(Source("test.weft", text)).program


def replayed(
    run: Run | NativeRun, contents: Sequence[bytes | ReadableFile], *, tolerate_truncation: bool = False
) -> Replayed:
    """Run captures, one for each port from the first on, into files in a folder that goes away."""
    digests: list[tuple[int, DigestRecord]] = []
    opened: list[Capture] = []
    error = None
    with tempfile.TemporaryDirectory() as name:
        paths = {number: Path(name) / f"{number}.pcap" for number in range(len(run.program.ports))}
        try:
            for port, content in enumerate(contents):
                file = io.BytesIO(content) if isinstance(content, bytes) else content
                opened.append(Capture(file, path=f"in-{port}", port=port, tolerate_truncation=tolerate_truncation))
            with PortCaptures(paths) as outputs:
                _feed(run, opened, outputs, digests)
        except CaptureError as failed:
            error = f"{type(failed).__name__}: {failed}".replace(name, "")
        left = sorted(Path(name).iterdir())
        assert left == ([] if error else sorted(paths.values()))
        captures = tuple(path.read_bytes() for path in left)
    return Replayed(
        captures,
        () if error else tuple(digests),
        None if error else counts(run.summary),
        {} if error else {name: state.snapshot() for name, state in run.states.items()},
        tuple(str(capture.warning) for capture in opened),
        error,
    )


def _feed(
    run: Run | NativeRun, opened: list[Capture], outputs: PortCaptures, digests: list[tuple[int, DigestRecord]]
) -> None:
    def note(time_ns: int, record: DigestRecord) -> None:
        digests.append((time_ns, record))

    if isinstance(run, NativeRun):
        run.feed_captures(opened, outputs, digest=note)
    else:
        run.feed(merge(opened), send=outputs.write, digest=note)


def counts(summary: Summary) -> tuple[object, ...]:
    s = summary
    return s.received, s.sent, s.dropped, s.unhandled, s.digests, s.lost, s.first_ns, s.last_ns


def on_both(
    text: str,
    contents: Sequence[bytes],
    *,
    entries: ControlEntries = NO_ENTRIES,
    tolerate_truncation: bool = False,
) -> Replayed:
    """What both engines make of it, which has to be the same."""
    program = program_of(text)
    expected = replayed(Run(program, entries=entries), contents, tolerate_truncation=tolerate_truncation)
    found = replayed(NativeRun(program, entries=entries), contents, tolerate_truncation=tolerate_truncation)
    assert found == expected
    return found
