"""The life of one flow: which packet it sends next, in which direction, with which numbers."""

import struct
from collections.abc import Callable
from enum import IntEnum
from typing import TypeAlias

from sim.traffic.errors import TrafficError
from sim.traffic.flows import INSIDE, OUTSIDE, Endpoints, Flow
from sim.traffic.frames import Kind, Plan

SeenOutside: TypeAlias = Callable[[Flow], Endpoints]
"""What the outside sees of a flow: asked once a flow, when it opens, in the order in which flows open."""


# Flag bits of the TCP header (RFC 9293, section 3.1).
_FIN, _SYN, _RST, _PSH_ACK, _ACK = 0x01, 0x02, 0x04, 0x18, 0x10


class Step(IntEnum):
    """A packet that opens or closes a flow."""

    FIRST = 0  # the opener's first packet where nothing is negotiated
    SYN = 1
    SYN_ACK = 2
    ACK = 3
    FIN = 4
    FIN_ACK = 5
    LAST_ACK = 6
    RST = 7


_FLAGS = {
    Step.SYN: _SYN,
    Step.SYN_ACK: _SYN | _ACK,
    Step.ACK: _ACK,
    Step.FIN: _FIN | _ACK,
    Step.FIN_ACK: _FIN | _ACK,
    Step.LAST_ACK: _ACK,
    Step.RST: _RST | _ACK,
}

_ECHO_TYPES = {4: (8, 0), 6: (128, 129)}


class Connection:
    """A live flow. Directions are 0 for packets of the opener and 1 for those of its peer.

    `bytes_left` is the payload it has still to carry, `None` without end. `ready_ns` is when its last
    scheduled step is due, `slot` its place in the population.
    """

    __slots__ = (
        "_ends",
        "_identifiers",
        "_next",
        "_ports",
        "bytes_left",
        "flow",
        "header_bytes",
        "is_open",
        "kind",
        "ready_ns",
        "slot",
    )

    def __init__(
        self, flow: Flow, *, initial_numbers: tuple[int, int], bytes_left: int | None, seen_outside: SeenOutside | None
    ) -> None:
        self.flow = flow
        self.kind = Kind(flow.version, flow.protocol)
        self.header_bytes = self.kind.header_bytes
        self.bytes_left = bytes_left
        self.ready_ns = 0
        self.is_open = False
        self.slot = 0
        self._next = list(initial_numbers) if flow.protocol == "tcp" else [0, 0]
        self._ports = (flow.opened_on, OUTSIDE if flow.opened_on == INSIDE else INSIDE)
        views = [flow.endpoints, flow.endpoints if seen_outside is None else seen_outside(flow)]
        opener, peer = views[self._ports[0]], views[self._ports[1]]
        self._identifiers = (opener.source_port << 16, peer.source_port << 16)
        self._ends = (_packed_ends(flow, opener, direction=0), _packed_ends(flow, peer, direction=1))

    def step(self, step: Step, *, direction: int, time_ns: int) -> Plan:
        """Return the packet of one step of TCP's opening or closing."""
        if step is Step.ACK:
            self.is_open = True
        return self._tcp(_FLAGS[step], direction=direction, time_ns=time_ns, payload=b"")

    def data(self, payload: bytes, *, direction: int, time_ns: int) -> Plan:
        """Return the next packet that carries data; an ICMP flow answers each request before the next."""
        match self.flow.protocol:
            case "tcp":
                flags = _PSH_ACK if payload else _ACK
                return self._tcp(flags, direction=direction, time_ns=time_ns, payload=payload)
            case "udp":
                ends = self._ends[direction]
                return Plan(time_ns, self._ports[direction], self.kind, ends, 0, 0, 0, payload)
            case "icmp":
                direction = 1 if self._next[1] < self._next[0] else 0
                self._next[direction] += 1
                number = self._identifiers[direction] | self._next[direction] & 0xFFFF
                ends = self._ends[direction]
                return Plan(time_ns, self._ports[direction], self.kind, ends, 0, number, 0, payload)

    def _tcp(self, flags: int, *, direction: int, time_ns: int, payload: bytes) -> Plan:
        sequence = self._next[direction]
        acknowledgement = self._next[1 - direction] if flags & _ACK else 0
        # SYN and FIN take a sequence number of their own.
        taken = len(payload) + (1 if flags & (_SYN | _FIN) else 0)
        self._next[direction] = (sequence + taken) & 0xFFFF_FFFF
        port = self._ports[direction]
        return Plan(time_ns, port, self.kind, self._ends[direction], flags, sequence, acknowledgement, payload)


def _packed_ends(flow: Flow, view: Endpoints, *, direction: int) -> bytes:
    """Return the `ends` of a plan for packets of `direction`, in the addresses of `view`."""
    source, destination = (view.source, view.destination) if direction == 0 else (view.destination, view.source)
    if len(source) != len(destination) or len(source) != len(flow.endpoints.source):
        raise TrafficError(f"the outside's view of flow {flow.number} has addresses of another IP version")
    if flow.protocol == "icmp":
        return source + destination + bytes((_ECHO_TYPES[flow.version][direction], 0, 0, 0))
    ports = (view.source_port, view.destination_port) if direction == 0 else (view.destination_port, view.source_port)
    return source + destination + struct.pack(">HH", *ports)
