"""A packet's way through the switch: ports to the program's ports, digests to controllers, emissions to ports."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from finsy.proto import p4r

from backends.p4.manifest import Manifest
from compiler.ir.leaf_values import packed_number
from compiler.ir.program import Program
from compiler.ir.types import bit_width, leaf_types
from runtime.p4runtime.server.byte_strings import canonical_bytes
from runtime.p4runtime.server.forwarding import Forwarding
from sim.interpreter import DigestRecord

Frame = tuple[int, bytes]  # (device port, bytes)


@dataclass(slots=True)
class PortTraffic:
    received: int = 0
    sent: int = 0


@dataclass(slots=True)
class Traffic:
    """What became of packets. `strange`: those on which the program stopped, for a controller had written an index
    into a register that leads nowhere."""

    ports: dict[int, PortTraffic] = field(default_factory=dict)  # by device port
    strange: int = 0


class Clock:
    """Nanoseconds since the switch started, on from `base_ns`."""

    def __init__(self, base_ns: int = 0) -> None:
        self._offset = base_ns - time.monotonic_ns()

    def now_ns(self) -> int:
        return time.monotonic_ns() + self._offset


class PacketPath:
    """Takes packets through a program's ports. Not safe for threads: whoever uses it holds the switch's lock."""

    def __init__(self, manifest: Manifest, program: Program, *, now_ns: Callable[[], int]) -> None:
        self._program = program
        self._now_ns = now_ns
        self._logical = {port.device_port: port.number for port in manifest.ports}
        self._device = {port.number: port.device_port for port in manifest.ports}
        records = () if manifest.packet_in is None else manifest.packet_in.records
        self._records = {record.name: record for record in records}
        self.traffic = Traffic({port: PortTraffic() for port in sorted(self._logical)})

    def receive(self, forwarding: Forwarding, frame: Frame) -> tuple[list[Frame], list[p4r.PacketIn]]:
        """Carry out the program on a packet: what leaves by ports, and what goes to controllers."""
        device_port, data = frame
        port = self._logical.get(device_port)
        if port is None:
            return [], []
        self.traffic.ports[device_port].received += 1
        try:
            outcome = forwarding.process(data, port=port, now_ns=self._now_ns())
        except IndexError:
            self.traffic.strange += 1
            return [], []
        leaving = [(self._device[e.port], e.data) for e in outcome.emissions if e.port in self._device]
        for out, _ in leaving:
            self.traffic.ports[out].sent += 1
        return leaving, [self._packet_in(forwarding, record) for record in outcome.digests]

    def _packet_in(self, forwarding: Forwarding, digest: DigestRecord) -> p4r.PacketIn:
        """A digest as the switch's egress builds it: its values side by side, filled up with zeros at the end."""
        name, leaves = digest
        record = self._records[name]
        number, bits = 0, 0
        for leaf, of in zip(leaves, leaf_types(self._program.record(name)), strict=True):
            number = number << bit_width(of) | packed_number(leaf, of)
            bits += bit_width(of)
        packet = p4r.PacketIn(payload=(number << 8 * record.length - bits).to_bytes(record.length, "big"))
        for id_, value in enumerate((record.number, forwarding.next_digest()), start=1):
            packet.metadata.add(metadata_id=id_, value=canonical_bytes(value))
        return packet
