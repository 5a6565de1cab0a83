"""Entities of the small program (`program.py`), built by the names of the manifest."""

from __future__ import annotations

from collections.abc import Sequence

from finsy.proto import p4d, p4r

from backends.p4.manifest import Manifest
from tests.runtime.p4runtime.server.program import array_of, table_of


def number(value: int, length: int = 0) -> bytes:
    """As short as it gets, or of this many bytes."""
    return value.to_bytes(length or max(1, (value.bit_length() + 7) // 8), "big")


def exact(value: int, *, field: int = 1) -> p4r.FieldMatch:
    return p4r.FieldMatch(field_id=field, exact=p4r.FieldMatch.Exact(value=number(value)))


def prefix(value: int, length: int, *, field: int = 1) -> p4r.FieldMatch:
    return p4r.FieldMatch(field_id=field, lpm=p4r.FieldMatch.LPM(value=number(value), prefix_len=length))


def ternary(value: int, mask: int, *, field: int) -> p4r.FieldMatch:
    return p4r.FieldMatch(field_id=field, ternary=p4r.FieldMatch.Ternary(value=number(value), mask=number(mask)))


def between(low: int, high: int, *, field: int) -> p4r.FieldMatch:
    return p4r.FieldMatch(field_id=field, range=p4r.FieldMatch.Range(low=number(low), high=number(high)))


def entry(
    manifest: Manifest,
    table: str,
    match: Sequence[p4r.FieldMatch],
    values: Sequence[int] | None,
    *,
    priority: int = 0,
    metadata: bytes = b"",
) -> p4r.Entity:
    """An entry of a table; without an action where there are no `values`."""
    found = table_of(manifest, table)
    written = p4r.TableEntry(table_id=found.copies[0].id, match=match, priority=priority, metadata=metadata)
    if values is not None:
        action = written.action.action
        action.action_id = found.hit.id
        for parameter, value in zip(found.hit.parameters, values, strict=True):
            action.params.add(param_id=parameter.id, value=number(value))
    return p4r.Entity(table_entry=written)


def all_entries(manifest: Manifest, table: str) -> p4r.Entity:
    return p4r.Entity(table_entry=p4r.TableEntry(table_id=table_of(manifest, table).copies[0].id))


def tunables(manifest: Manifest, values: Sequence[int] | None) -> p4r.Entity:
    """The default entry that sets the tunables; without an action where there are no `values`."""
    assert manifest.tunables is not None
    written = p4r.TableEntry(table_id=manifest.tunables.table.id, is_default_action=True)
    if values is not None:
        written.action.action.action_id = manifest.tunables.action.id
        for id_, value in enumerate(values, start=1):
            written.action.action.params.add(param_id=id_, value=number(value))
    return p4r.Entity(table_entry=written)


def group(id_: int, replicas: Sequence[tuple[int, int]] = ()) -> p4r.Entity:
    """A multicast group of (device port, instance)."""
    written = p4r.MulticastGroupEntry(multicast_group_id=id_)
    for port, instance in replicas:
        written.replicas.add(egress_port=port, instance=instance)
    return p4r.Entity(packet_replication_engine_entry=p4r.PacketReplicationEngineEntry(multicast_group_entry=written))


def cell(register_id: int, index: int | None = None, value: int | None = None) -> p4r.Entity:
    written = p4r.RegisterEntry(register_id=register_id)
    if index is not None:
        written.index.index = index
        written.index.SetInParent()
    if value is not None:
        written.data.CopyFrom(p4d.P4Data(bitstring=number(value)))
    return p4r.Entity(register_entry=written)


def register_id(manifest: Manifest, array: str) -> int:
    """The register of an array of one word."""
    (word,) = array_of(manifest, array).words
    return word.register.id
