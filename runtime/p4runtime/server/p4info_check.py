"""Is a controller's P4Info the one of this program?"""

from __future__ import annotations

from collections.abc import Iterable

from finsy.proto import p4i
from google.protobuf.message import Message

# What changes nothing about which requests are understood.
_WORDS = ("annotations", "annotation_locations", "structured_annotations", "doc", "alias")
_KINDS = {
    "tables": "table",
    "actions": "action",
    "action_profiles": "action profile",
    "counters": "counter",
    "direct_counters": "direct counter",
    "meters": "meter",
    "direct_meters": "direct meter",
    "controller_packet_metadata": "packet header",
    "value_sets": "value set",
    "registers": "register",
    "digests": "digest",
}


def difference_of(ours: p4i.P4Info, theirs: p4i.P4Info) -> str | None:
    """The first way in which `theirs` describes another program than `ours`, in words; None where there is none.

    Order, annotations and documentation do not matter.
    """
    for field, kind in _KINDS.items():
        own, given = _by_id(getattr(ours, field)), _by_id(getattr(theirs, field))
        for id_ in sorted({*own, *given}):
            if id_ not in given:
                return f"{kind} `{_name(own[id_])}` ({id_:#010x}) is missing from it"
            if id_ not in own:
                return f"the program has no {kind} `{_name(given[id_])}` ({id_:#010x})"
            if _plain(own[id_]) != _plain(given[id_]):
                return f"{kind} `{_name(own[id_])}` ({id_:#010x}) is another one in it"
    if theirs.externs:
        return "the program has no externs"
    return None


def _by_id(objects: Iterable[Message]) -> dict[int, Message]:
    return {found.preamble.id: found for found in objects}  # type: ignore[attr-defined]  # all of them have one


def _name(found: Message) -> str:
    return found.preamble.name  # type: ignore[attr-defined]


def _plain(found: Message) -> Message:
    """A copy without words, its parts in the order of their IDs."""
    copy = type(found)()
    copy.CopyFrom(found)
    _clear_words(copy)
    return copy


def _clear_words(found: Message) -> None:
    for descriptor, value in found.ListFields():
        if descriptor.name in _WORDS:
            found.ClearField(descriptor.name)
        elif descriptor.type != descriptor.TYPE_MESSAGE:
            continue
        elif descriptor.is_repeated:
            for item in value:
                _clear_words(item)
            if value and "id" in value[0].DESCRIPTOR.fields_by_name:
                value.sort(key=lambda item: item.id)
        else:
            _clear_words(value)
