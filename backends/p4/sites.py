"""Where packets leave: every place of a program that emits, and the multicast groups that carry copies.

v1model clones a packet as it came in, once. So clones, digests and the final emission of one packet leave as
copies of a multicast group whose instances number the places, and egress makes each copy what its place says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backends.p4.manifest import DigestRecord, Group, PacketIn, ProgramGroups, Replica
from compiler.ir.guard_tree import GuardTree
from compiler.ir.headers import Header
from compiler.ir.operations import Clone, Digest, Flood, Multicast, Operation, Reply, Rest, Send, Template, WriteField
from compiler.ir.program import Program
from compiler.ir.types import bit_width, leaf_types
from compiler.ir.values import Constant

CPU_PORT = 510
# bmv2 serves the groups below 0x8000 over P4Runtime.
COPIES_GROUP = 0x7FFF
FLOOD_GROUP = 0x7FFE
GROUP_OFFSET = 1  # the device has no group 0
MOST_GROUP = 0x7F00
SEQUENCE_BITS = 32
RECORD_BITS = 16
DIGEST_BYTES = (RECORD_BITS + SEQUENCE_BITS) // 8  # in front of a digest's values


@dataclass(frozen=True, slots=True)
class Site:
    """An operation that emits. `number` is the instance of its copies, from 1 on; the final ones share one."""

    number: int
    operation: Clone | Digest | Send | Reply | Flood | Multicast
    changed_later: tuple[tuple[str, str], ...] = ()  # fields (header, field) that may differ in later emissions

    @property
    def template(self) -> Template | None:
        return None if isinstance(self.operation, Digest | Flood) else self.operation.packet


@dataclass(frozen=True, slots=True)
class Sites:
    copies: tuple[Site, ...]  # clones and digests, in program order
    finals: tuple[Site, ...]
    final_instance: int
    multicast_instance: int

    @property
    def by_operation(self) -> Mapping[int, Site]:
        return {id(site.operation): site for site in (*self.copies, *self.finals)}

    @property
    def floods(self) -> bool:
        return any(isinstance(site.operation, Flood) for site in self.finals)

    @property
    def multicasts(self) -> bool:
        return any(isinstance(site.operation, Multicast) for site in self.finals)

    @property
    def digests(self) -> bool:
        return any(isinstance(site.operation, Digest) for site in self.copies)


def find_sites(program: Program) -> Sites:
    tree = GuardTree(program.guards)
    copies: list[Site] = []
    finals: list[Site] = []
    for place, operation in enumerate(program.operations):
        match operation:
            case Clone() | Digest():
                changed = () if isinstance(operation, Digest) else _changed_later(program, tree, place, operation)
                copies.append(Site(len(copies) + 1, operation, changed))
            case Send() | Reply() | Flood() | Multicast():
                finals.append(Site(len(finals) + 1, operation))
            case _:
                pass
    return Sites(tuple(copies), tuple(finals), len(copies) + 1, len(copies) + 2)


def _changed_later(program: Program, tree: GuardTree, place: int, operation: Clone) -> tuple[tuple[str, str], ...]:
    if operation.packet is not None and operation.packet.rest is Rest.NOTHING:
        return ()
    found: dict[tuple[str, str], None] = {}
    for later in program.operations[place + 1 :]:
        if tree.are_exclusive(operation.guard, later.guard):
            continue
        match later:
            case WriteField(header=header, field=field):
                found[header, field] = None
            case Reply():
                found.update(dict.fromkeys(swapped_fields(program.headers)))
            case _:
                pass
    return tuple(found)


def swapped_fields(headers: tuple[Header, ...]) -> list[tuple[str, str]]:
    return [(h.name, side) for h in headers for pair in h.swaps for side in pair]


def changed_fields(program: Program) -> list[tuple[str, str]]:
    """Every field that an emission may carry otherwise than it was received, checksums aside."""
    found: dict[tuple[str, str], None] = {}
    for operation in program.operations:
        match operation:
            case WriteField(header=header, field=field):
                found[header, field] = None
            case Reply():
                found.update(dict.fromkeys(swapped_fields(program.headers)))
            case _:
                pass
    return list(found)


def groups_of(program: Program, sites: Sites) -> tuple[Group, ...]:
    """The groups that must be there whatever the control plane says."""
    found: list[Group] = []
    everywhere = tuple(Replica(port, sites.final_instance) for port in range(len(program.ports)))
    if sites.floods:
        found.append(Group(FLOOD_GROUP, tuple(r for r in everywhere if r.device_port not in program.links)))
    if sites.copies:
        found.append(Group(COPIES_GROUP, (*copy_replicas(program, sites), *everywhere)))
    return tuple(found)


def copy_replicas(program: Program, sites: Sites) -> tuple[Replica, ...]:
    """For each place that copies, a replica on every port that it can name."""
    return tuple(
        Replica(port, site.number) for site in sites.copies for port in _possible_ports(site.operation, program)
    )


def _possible_ports(operation: Operation, program: Program) -> list[int]:
    match operation:
        case Digest():
            return [CPU_PORT]
        case Clone(port=Constant(value=int(port))):
            return [port] if port < len(program.ports) else []
        case _:
            return list(range(len(program.ports)))


def program_groups(program: Program, sites: Sites) -> ProgramGroups | None:
    if not sites.multicasts:
        return None
    return ProgramGroups(GROUP_OFFSET, MOST_GROUP, sites.multicast_instance, copy_replicas(program, sites))


def packet_in_of(program: Program, sites: Sites) -> PacketIn | None:
    if not sites.digests:
        return None
    used = {site.operation.record for site in sites.copies if isinstance(site.operation, Digest)}
    records = tuple(
        DigestRecord(
            record.name,
            number,
            sum(map(bit_width, leaf_types(record))) // 8 + bool(sum(map(bit_width, leaf_types(record))) % 8),
        )
        for number, record in enumerate(program.records, start=1)
        if record.name in used
    )
    return PacketIn(DIGEST_BYTES, RECORD_BITS, records)
