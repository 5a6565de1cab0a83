"""Cut a program into one program a device, with shim headers between them.

Before: any program, and a `Cut` of it.
After:  a piece for each device on the path. A packet begins at the first device, and is handed on, with
        the position to go on at and the live values in a shim header, as long as something may be left
        for it to do elsewhere; writes and emissions are carried out at the end of the path, so that a packet
        crosses a cut as it was received, and is parsed to the same headers wherever it is looked at. One
        that needs no other device is finished where it came in. Spans, guards and names are kept.
Needs:  shares (`assign_shares`).

    x = A; B = x; send 1     A at position 0, B at 1     becomes
    first device:   resumed = shim2?   x = A unless resumed   shim1 { x }, to the second   send 1 if resumed
    second device:  x = shim1.x        B = x if shim1?        shim2 { }, to the first
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from compiler.analyses.structure import states_of
from compiler.diagnostics.suggest import closest
from compiler.ir.headers import Envelope
from compiler.ir.operations import StateAccess
from compiler.ir.program import Port, Program
from compiler.ir.values import Value
from compiler.partition.cut import Cut, CutError, Positions, find_positions
from compiler.partition.live_values import find_live
from compiler.partition.piece_builder import PieceBuilder
from compiler.partition.shim import shim_header


@dataclass(frozen=True, slots=True)
class Piece:
    """What one device runs. `links[port]` is the device at the other end; the other ports are the program's own.

    The program's ports keep their numbers in every piece, since its operations speak of them; packets come by
    them at the first device alone.
    """

    device: str
    program: Program
    links: Mapping[int, str]


def split_at_cuts(program: Program, cut: Cut) -> tuple[Piece, ...]:
    """The pieces, in the order in which packets first meet them. Raises `CutError` for a cut that cannot be."""
    positions = find_positions(program, cut)
    live = find_live(positions, cut)
    return tuple(_piece(program, cut, device, positions, live) for device in cut.devices)


def find_piece(pieces: Sequence[Piece], device: str) -> Piece:
    """The piece of this device; raises `CutError` where no packet visits it."""
    for piece in pieces:
        if piece.device == device:
            return piece
    names = [piece.device for piece in pieces]
    meant = closest(device, names)
    suggestion = f"; did you mean `{meant}`?" if meant else f"; its path has {', '.join(names)}"
    raise CutError(f"the cut has no device `{device}`{suggestion}")


def _piece(program: Program, cut: Cut, device: str, positions: Positions, live: Sequence[Sequence[Value]]) -> Piece:
    neighbours = sorted(_neighbours(cut, device))
    first_link = len(program.ports)
    port_to = {name: first_link + number for number, name in enumerate(neighbours)}
    ports = (*program.ports, *(_link(program, name) for name in neighbours))
    headers = {position: shim_header(position, live[position]) for position in range(1, len(cut.path))}
    arriving = [p for p in cut.positions_of(device) if p > 0]
    leaving = [p + 1 for p in cut.positions_of(device) if p < cut.last]
    envelopes = [Envelope(port_to[cut.path[position - 1]], headers[position]) for position in arriving]
    envelopes += [Envelope(None, headers[position]) for position in leaving]
    piece = PieceBuilder(
        positions,
        cut,
        device,
        live,
        headers,
        {position: port_to[cut.path[position]] for position in leaving},
    ).build()
    used = {
        state for operation in piece.operations for state in states_of(operation) if isinstance(operation, StateAccess)
    }
    return Piece(
        device,
        dataclasses.replace(
            piece,
            name=f"{program.name}_{device}",
            ports=ports,
            envelopes=tuple(envelopes),
            states=tuple(state for state in program.states if state.name in used),
        ),
        {port: name for name, port in port_to.items()},
    )


def _neighbours(cut: Cut, device: str) -> set[str]:
    hops = zip(cut.path, cut.path[1:], strict=False)
    return {there for here, there in hops if here == device} | {
        here for here, there in zip(cut.path, cut.path[1:], strict=False) if there == device
    }


def _link(program: Program, device: str) -> Port:
    name = f"link_{device}"
    taken = {port.name for port in program.ports} | {port.group for port in program.ports}
    while name in taken:
        name += "_"
    return Port(name, name)
