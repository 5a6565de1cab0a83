"""Packets that come from another piece of the program: an envelope in front says when and where they came in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from compiler.ir.headers import Envelope
from compiler.ir.program import Program
from sim.interpreter.frame import DATA, ENVELOPE, LENGTH, NOW, OFFSETS, PAYLOAD, PORT, Frame
from sim.interpreter.layout import Layout
from sim.interpreter.parse import Parse, build_parser

Opener: TypeAlias = Callable[[Frame, Parse], None]


def build_openers(program: Program, layout: Layout) -> tuple[Opener, ...]:
    """For each port, how its packets are parsed; () for a program without links.

    Where an envelope is whole and valid, DATA is what stands behind it, and the packet's port, time and
    length are those that it names. Otherwise no header is there at all.
    """
    if not program.envelopes:
        return ()
    of_port = {envelope.port: envelope for envelope in program.envelopes if envelope.port is not None}
    closed = [-1] * (len(layout.headers) - len(program.headers))

    def plain(f: Frame, parse: Parse) -> None:
        offsets, f[PAYLOAD] = parse(f[DATA])
        f[OFFSETS] = offsets + closed

    openers = (_opener(of_port[port], layout) if port in of_port else plain for port in range(len(program.ports)))
    return tuple(openers)


def _opener(envelope: Envelope, layout: Layout) -> Opener:
    header = envelope.header
    number, size = layout.numbers[header.name], header.fixed_bytes
    take = build_parser((header,))
    read_port, read_now, read_length = (layout.place(header.name, name).read for name in ("port", "now", "length"))
    nothing = [-1] * len(layout.headers)

    def open_envelope(f: Frame, parse: Parse) -> None:
        data = f[DATA]
        (found,), _ = take(data)
        if found < 0:
            f[OFFSETS], f[PAYLOAD] = nothing, 0
            return
        f[ENVELOPE], f[DATA] = data, data[size:]
        f[PORT], f[NOW], f[LENGTH] = read_port(data, 0), read_now(data, 0), read_length(data, 0)
        offsets, f[PAYLOAD] = parse(f[DATA])
        offsets = offsets + nothing[len(offsets) :]
        offsets[number] = 0
        f[OFFSETS] = offsets

    return open_envelope
