"""Multicast groups, as controllers write and read them. Specification, section 9.5.1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from finsy.proto import p4r

from backends.p4.manifest import Manifest
from runtime.p4runtime.device_state import MulticastGroup, UpdateKind
from runtime.p4runtime.server.byte_strings import number_of
from runtime.p4runtime.server.refusals import Code, Refusal, invalid

MOST_REPLICAS = 4096  # in one group
_GROUP_WIDTH = 16  # bits of `mcast_grp` and `egress_rid` in v1model
_PORT_WIDTH = 9


@dataclass(frozen=True, slots=True)
class _Group:
    """A group as it was written, for reading it back; `replicas` as (device port, instance)."""

    entry: p4r.MulticastGroupEntry
    replicas: tuple[tuple[int, int], ...]


class MulticastGroups:
    """The groups that controllers have made.

    Those that the program needs for its own emissions can be written and read as any other, but the interpreter
    does not need them: it makes all copies itself.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._program_groups = manifest.program_groups
        self._logical = {port.device_port: port.number for port in manifest.ports}
        self._groups: dict[int, _Group] = {}

    def write(self, kind: UpdateKind, found: p4r.MulticastGroupEntry) -> tuple[int, tuple[int, ...]] | None:
        """Carry out one update, or refuse it and change nothing.

        Returns the group of the program that it is about, if it is about one, and its members now.
        """
        number = found.multicast_group_id
        if not 0 < number < 1 << _GROUP_WIDTH:
            code = Code.OUT_OF_RANGE if number else Code.INVALID_ARGUMENT
            most = (1 << _GROUP_WIDTH) - 1
            raise Refusal(code, f"a multicast group has a number from 1 to {most}, not {number}")
        if kind == UpdateKind.INSERT:
            if number in self._groups:
                raise Refusal(Code.ALREADY_EXISTS, f"there is a multicast group {number} already")
        elif number not in self._groups:
            raise Refusal(Code.NOT_FOUND, f"there is no multicast group {number}")
        if kind == UpdateKind.DELETE:
            del self._groups[number]
        else:
            self._groups[number] = _Group(_copy_of(found), _replicas(found))
        return self._in_program(number)

    def fill(self, group: MulticastGroup) -> tuple[int, tuple[int, ...]] | None:
        """Make a group, as if a controller had inserted it."""
        replicas = sorted(group.replicas, key=lambda replica: (replica.instance, replica.device_port))
        written = [p4r.Replica(egress_port=r.device_port, instance=r.instance) for r in replicas]
        entry = p4r.MulticastGroupEntry(multicast_group_id=group.number, replicas=written)
        return self.write(UpdateKind.INSERT, entry)

    def _in_program(self, number: int) -> tuple[int, tuple[int, ...]] | None:
        groups = self._program_groups
        if groups is None or not 0 <= number - groups.offset <= groups.most:
            return None
        return number - groups.offset, self._members(number)

    def _members(self, number: int) -> tuple[int, ...]:
        """The program's ports in a group, in sending order."""
        group, groups = self._groups.get(number), self._program_groups
        if group is None or groups is None:
            return ()
        ports = (self._logical.get(port) for port, instance in group.replicas if instance == groups.instance)
        return tuple(port for port in ports if port is not None)

    def read(self, wanted: p4r.MulticastGroupEntry) -> Iterator[p4r.MulticastGroupEntry]:
        """The group of this number, or all where it is 0, as they are now."""
        chosen = wanted.multicast_group_id
        return iter([group.entry for number, group in self._groups.items() if chosen in (0, number)])


def _copy_of(found: p4r.MulticastGroupEntry) -> p4r.MulticastGroupEntry:
    copy = p4r.MulticastGroupEntry()
    copy.CopyFrom(found)
    return copy


def _replicas(found: p4r.MulticastGroupEntry) -> tuple[tuple[int, int], ...]:
    if len(found.replicas) > MOST_REPLICAS:
        raise Refusal(Code.RESOURCE_EXHAUSTED, f"a multicast group has room for {MOST_REPLICAS} replicas")
    replicas: list[tuple[int, int]] = []
    for replica in found.replicas:
        if replica.backup_replicas:
            raise Refusal(Code.UNIMPLEMENTED, "backup replicas are not supported")
        port = _port_of(replica)
        if replica.instance >> _GROUP_WIDTH:
            raise invalid(f"a replica has an instance of {_GROUP_WIDTH} bits, not {replica.instance}")
        replicas.append((port, replica.instance))
    if len(set(replicas)) < len(replicas):
        raise invalid("two replicas have the same port and instance")
    return tuple(replicas)


def _port_of(replica: p4r.Replica) -> int:
    match replica.WhichOneof("port_kind"):
        case "port":
            return number_of(replica.port, width=_PORT_WIDTH, what="port of a replica")
        case "egress_port":
            if replica.egress_port >> _PORT_WIDTH:
                raise invalid(f"a port has {_PORT_WIDTH} bits; {replica.egress_port} does not fit")
            return replica.egress_port
        case _:
            raise invalid("a replica has no port")
