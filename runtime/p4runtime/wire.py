"""Between what a switch holds (`device_state.py`) and the messages of P4Runtime."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from finsy.proto import p4r

from backends.p4.manifest import KeyPart, Manifest, Replica
from runtime.p4runtime.device_state import (
    DefaultAction,
    DeviceState,
    MulticastGroup,
    Row,
    Update,
    UpdateKind,
    matches_everything,
)
from runtime.p4runtime.errors import ForeignContentsError
from sim.state.entries import Exact, Pattern, Prefix, Range, Ternary

_KINDS = {
    UpdateKind.INSERT: p4r.Update.INSERT,
    UpdateKind.MODIFY: p4r.Update.MODIFY,
    UpdateKind.DELETE: p4r.Update.DELETE,
}


_BYTE = 0xFF


class Wire:
    """Reads and writes the messages of one program."""

    def __init__(self, manifest: Manifest) -> None:
        tables = [(copy.id, table) for table in manifest.tables for copy in table.copies]
        self._keys: dict[int, tuple[KeyPart, ...]] = {id_: table.key for id_, table in tables}
        self._tunables = None if manifest.tunables is None else manifest.tunables.table.id
        self._parameters = {table.hit.id: table.hit.parameters for _, table in tables}
        if manifest.tunables is not None:
            self._parameters[manifest.tunables.action.id] = manifest.tunables.action.parameters

    # --- reading

    def wanted(self) -> list[p4r.Entity]:
        """What to ask a switch for to know all that it holds of the program."""
        wanted = [p4r.Entity(table_entry=p4r.TableEntry(table_id=id_)) for id_ in self._keys]
        if self._tunables is not None:
            entry = p4r.TableEntry(table_id=self._tunables, is_default_action=True)
            wanted.append(p4r.Entity(table_entry=entry))
        groups = p4r.PacketReplicationEngineEntry(multicast_group_entry=p4r.MulticastGroupEntry())
        return [*wanted, p4r.Entity(packet_replication_engine_entry=groups)]

    def state_of(self, entities: Iterable[p4r.Entity]) -> DeviceState:
        """What a switch says that it holds; `ForeignContentsError` where it is nothing that this program can."""
        rows: dict[int, list[Row]] = {id_: [] for id_ in self._keys}
        defaults: dict[int, DefaultAction] = {}
        groups: dict[int, MulticastGroup] = {}
        for entity in entities:
            entry = entity.table_entry
            if entity.HasField("packet_replication_engine_entry"):
                found = entity.packet_replication_engine_entry
                if found.HasField("multicast_group_entry"):
                    group = found.multicast_group_entry
                    copies = tuple(map(_replica, group.replicas))
                    groups[group.multicast_group_id] = MulticastGroup(group.multicast_group_id, copies, group.metadata)
            elif entry.table_id == self._tunables and entry.is_default_action:
                action, arguments = self._action(entry)
                defaults[entry.table_id] = DefaultAction(entry.table_id, action, arguments)
            elif entry.table_id in rows and not entry.is_default_action:
                rows[entry.table_id].append(self._row(entry))
        return DeviceState({id_: tuple(found) for id_, found in rows.items()}, defaults, groups)

    def _row(self, entry: p4r.TableEntry) -> Row:
        fields = {field.field_id: field for field in entry.match}
        key = tuple(_pattern(part, fields.get(part.id)) for part in self._keys[entry.table_id])
        action, arguments = self._action(entry)
        return Row(entry.table_id, key, entry.priority, action, arguments, entry.metadata)

    def _action(self, entry: p4r.TableEntry) -> tuple[int, tuple[int, ...]]:
        """Arguments in the manifest's order; of an action that it does not know, as they come."""
        action = entry.action.action
        given = {param.param_id: param.value for param in action.params}
        parameters = self._parameters.get(action.action_id)
        if parameters is None or {p.id for p in parameters} != given.keys():
            return action.action_id, tuple(int.from_bytes(value, "big") for value in given.values())
        return action.action_id, tuple(_number(given[p.id], p.width, f"parameter `{p.name}`") for p in parameters)

    # --- writing

    def messages(self, updates: Iterable[Update]) -> list[p4r.Update]:
        return [p4r.Update(type=_KINDS[update.kind], entity=self._entity(update)) for update in updates]

    def _entity(self, update: Update) -> p4r.Entity:
        entity = update.entity
        match entity:
            case Row(table=table, key=key):
                entry = p4r.TableEntry(table_id=table, priority=entity.priority)
                for part, pattern in zip(self._keys[table], key, strict=True):
                    if not matches_everything(pattern, part.width):
                        entry.match.append(_field(part, pattern))
                if update.kind is not UpdateKind.DELETE:
                    entry.metadata = entity.metadata
                    self._set_action(entry, entity.action, entity.arguments)
                return p4r.Entity(table_entry=entry)
            case DefaultAction():
                entry = p4r.TableEntry(table_id=entity.table, is_default_action=True)
                self._set_action(entry, entity.action, entity.arguments)
                return p4r.Entity(table_entry=entry)
            case MulticastGroup(number=number, replicas=replicas):
                group = p4r.MulticastGroupEntry(multicast_group_id=number)
                if update.kind is not UpdateKind.DELETE:
                    group.metadata = entity.metadata
                    group.replicas.extend(
                        p4r.Replica(egress_port=copy.device_port, instance=copy.instance) for copy in replicas
                    )
                engine = p4r.PacketReplicationEngineEntry(multicast_group_entry=group)
                return p4r.Entity(packet_replication_engine_entry=engine)

    def _set_action(self, entry: p4r.TableEntry, action: int, arguments: Sequence[int]) -> None:
        parameters = self._parameters.get(action)
        order = range(1, len(arguments) + 1) if parameters is None else [p.id for p in parameters]
        entry.action.action.action_id = action
        for id_, argument in zip(order, arguments, strict=True):
            entry.action.action.params.append(p4r.Action.Param(param_id=id_, value=canonical_bytes(argument)))


def canonical_bytes(number: int) -> bytes:
    """The shortest big-endian form, as P4Runtime wants it (specification, section 8.4); 0 takes one byte."""
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def _replica(copy: p4r.Replica) -> Replica:
    is_named = copy.WhichOneof("port_kind") == "port"
    return Replica(int.from_bytes(copy.port, "big") if is_named else copy.egress_port, copy.instance)


def _field(part: KeyPart, pattern: Pattern) -> p4r.FieldMatch:
    field = p4r.FieldMatch(field_id=part.id)
    match pattern:
        case Exact(value=value):
            assert isinstance(value, int), "vectors have been taken apart"
            field.exact.value = canonical_bytes(value)
        case Prefix(value=value, length=length):
            field.lpm.value, field.lpm.prefix_len = canonical_bytes(value), length
        case Ternary(value=value, mask=mask):
            field.ternary.value, field.ternary.mask = canonical_bytes(value), canonical_bytes(mask)
        case Range(low=low, high=high):
            field.range.low, field.range.high = canonical_bytes(low), canonical_bytes(high)
            if low == 0 and high == _BYTE and part.width > _BYTE.bit_length():
                # bmv2's server takes 0..255 in a byte each for all that there is, however wide the field.
                field.range.low = bytes(2)
    return field


def _pattern(part: KeyPart, field: p4r.FieldMatch | None) -> Pattern:
    """The pattern of a field; of one that is left out, the one that matches everything."""
    what, width = f"field `{part.name}`", part.width
    found = None if field is None else field.WhichOneof("field_match_type")
    if found not in (None, part.match) or (found is None and part.match == "exact"):
        raise ForeignContentsError(f"the switch has a key whose {what} is no {part.match} match")
    field = field or p4r.FieldMatch()
    match part.match:
        case "exact":
            return Exact(_number(field.exact.value, width, what))
        case "lpm":
            return _prefix(_number(field.lpm.value, width, what), field.lpm.prefix_len, width, what)
        case "ternary":
            mask = _number(field.ternary.mask, width, what)
            return Ternary(_number(field.ternary.value, width, what) & mask, mask)
        case _ if found is None:
            return Range(0, (1 << width) - 1)
        case _:
            return Range(_number(field.range.low, width, what), _number(field.range.high, width, what))


def _prefix(value: int, length: int, width: int, what: str) -> Prefix:
    if not 0 <= length <= width:
        raise ForeignContentsError(f"the switch has a key whose {what} is a prefix of {length} bits")
    return Prefix(value >> (width - length) << (width - length), length)


def _number(value: bytes, width: int, what: str) -> int:
    """The number of a byte string, which a switch may pad with zeros."""
    number = int.from_bytes(value, "big")
    if number >> width:
        raise ForeignContentsError(
            f"the switch has an entry whose {what} takes {number.bit_length()} bits, not {width}"
        )
    return number
