"""Digests of a deployed program: what it tells the control plane, as packets by the CPU port."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import NamedTuple

from backends.p4.manifest import Manifest, PacketIn
from compiler.ir.leaf_values import unpacked_number
from compiler.ir.literals import render_value
from compiler.ir.program import Program
from compiler.ir.types import bit_width, leaf_types
from runtime.p4runtime.client import SwitchConnection
from runtime.p4runtime.compiled_folder import CompiledFolder
from runtime.p4runtime.errors import DeployError
from runtime.p4runtime.pipelines import check_runs
from runtime.p4runtime.target import Target

_SEQUENCES = 1 << 32


class NoDigestsError(DeployError):
    """The program tells the control plane nothing."""


class Digest(NamedTuple):
    """`sequence` counts the switch's digests, modulo 2^32, from 0 on. `value` is as people write it."""

    record: str
    value: object
    sequence: int


class DigestError(DeployError):
    """Bytes by the CPU port that are no digest of the program."""


def read_digest(program: Program, packet_in: PacketIn, packet: bytes) -> Digest:
    """The digest that a packet by the CPU port holds, its header of record and sequence number included."""
    header, payload = packet[: packet_in.header_bytes], packet[packet_in.header_bytes :]
    number = int.from_bytes(header[: packet_in.record_bits // 8])
    record = next((r for r in packet_in.records if r.number == number), None)
    if record is None or len(payload) != record.length:
        raise DigestError(f"{len(packet)} bytes by the CPU port are no digest of `{program.name}`")
    shape = program.record(record.name)
    left, at = int.from_bytes(payload), 8 * len(payload)
    leaves = []
    for of in leaf_types(shape):
        at -= bit_width(of)
        leaves.append(unpacked_number(left >> at & (1 << bit_width(of)) - 1, of))
    value = render_value(shape, leaves, ports=tuple(port.name for port in program.ports))
    return Digest(record.name, value, int.from_bytes(header[packet_in.record_bits // 8 :]))


@dataclass(slots=True)
class Losses:
    """Counts the digests that did not arrive, by the gaps in their numbers. What came before the first is not known."""

    lost: int = 0
    _next: int | None = None

    def saw(self, digest: Digest) -> None:
        if self._next is not None:
            self.lost += (digest.sequence - self._next) % _SEQUENCES
        self._next = (digest.sequence + 1) % _SEQUENCES


async def digests(folder: CompiledFolder, target: Target, *, election_id: int) -> AsyncGenerator[Digest]:
    """The digests that the switch sends from now on, for as long as the connection lasts.

    A switch sends them to its primary controller alone, so this becomes it. Raises `DeployError`.
    """
    packet_in = require_packet_in(folder.manifest)
    async with SwitchConnection(target) as switch:
        await check_runs(switch, folder)
        await switch.become_primary(election_id)
        while True:
            metadata, payload = await switch.packet()
            header = sum(value << bits for value, bits in zip(metadata, (32, 0), strict=True))
            packet = header.to_bytes(packet_in.header_bytes) + payload
            yield read_digest(folder.program, packet_in, packet)


def require_packet_in(manifest: Manifest) -> PacketIn:
    if manifest.packet_in is None:
        raise NoDigestsError(f"`{manifest.name}` has no digests", help="`digest STRUCT;` in a handler sends one")
    return manifest.packet_in
