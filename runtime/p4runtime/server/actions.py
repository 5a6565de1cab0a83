"""Arguments of actions: P4Runtime's parameters, and plain numbers in the manifest's order."""

from __future__ import annotations

from collections.abc import Sequence

from finsy.proto import p4r

from backends.p4.manifest import Action
from runtime.p4runtime.server.byte_strings import canonical_bytes, number_of
from runtime.p4runtime.server.refusals import invalid


def check_is_action(entry: p4r.TableEntry) -> p4r.Action:
    """The action of an entry; refused where it has none, or names a member or group of an action profile."""
    if not entry.HasField("action"):
        raise invalid("the entry has no action")
    if entry.action.WhichOneof("type") != "action":
        raise invalid("the table takes actions, not members or groups of an action profile")
    return entry.action.action


def read_arguments(action: Action, found: p4r.Action) -> tuple[int, ...]:
    """The values of the parameters; refused unless there is exactly one for each. Specification, section 9.1.2."""
    values: dict[int, bytes] = {}
    known = {parameter.id for parameter in action.parameters}
    for given in found.params:
        if given.param_id not in known:
            raise invalid(f"action `{action.name}` has no parameter with ID {given.param_id}")
        if given.param_id in values:
            raise invalid(f"action `{action.name}`: parameter {given.param_id} is given twice")
        values[given.param_id] = given.value
    for parameter in action.parameters:
        if parameter.id not in values:
            raise invalid(f"action `{action.name}`: parameter `{parameter.name}` is missing")
    return tuple(
        number_of(values[parameter.id], width=parameter.width, what=f"parameter `{parameter.name}`")
        for parameter in action.parameters
    )


def written_action(action: Action, arguments: Sequence[int]) -> p4r.TableAction:
    written = p4r.Action(action_id=action.id)
    for parameter, argument in zip(action.parameters, arguments, strict=True):
        written.params.add(param_id=parameter.id, value=canonical_bytes(argument))
    return p4r.TableAction(action=written)
