"""Which of several controllers is the primary of its role. Specification, section 5."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from finsy.proto import U128, p4r, rpc_status

from runtime.p4runtime.server.refusals import Code, Refusal, invalid

MOST_CONTROLLERS = 16  # of one role, as many as bmv2 takes
MOST_ROLES = 16


@dataclass(eq=False, slots=True)
class Controller:
    """A stream that a controller has opened; `tell` queues a message for it."""

    tell: Callable[[p4r.StreamMessageResponse], None]
    role: str | None = None  # None: it has not said who it is
    election_id: int | None = None  # None: it never wants to be primary


@dataclass(eq=False, slots=True)
class _Role:
    controllers: list[Controller] = field(default_factory=list)
    highest: int | None = None  # election ID that was ever primary

    @property
    def primary(self) -> Controller | None:
        if self.highest is None:
            return None
        return next((c for c in self.controllers if c.election_id == self.highest), None)


class Arbitration:
    """The controllers of one device, by role. A role has the whole program, for none is divided among roles here.

    Not safe for threads: whoever uses it holds the switch's lock.
    """

    def __init__(self, device_id: int) -> None:
        self._device_id = device_id
        self._roles: dict[str, _Role] = {}

    def update(self, controller: Controller, found: p4r.MasterArbitrationUpdate) -> None:
        """Take over what a controller says of itself, and tell those whom it concerns.

        Refused where the stream has to end for it: specification, section 5.3.
        """
        is_new = controller.role is None
        if found.device_id != self._device_id:
            code = Code.NOT_FOUND if is_new else Code.FAILED_PRECONDITION
            raise Refusal(code, f"this switch is device {self._device_id}, not {found.device_id}")
        name = found.role.name
        if not is_new and name != controller.role:
            raise Refusal(Code.FAILED_PRECONDITION, "a controller keeps its role for as long as its stream is open")
        if found.role.HasField("config"):
            raise invalid("this switch divides its program among no roles: leave the role's configuration out")
        election_id = U128.decode(found.election_id) if found.HasField("election_id") else None
        role = self._joined_role(name, controller, election_id, is_new=is_new)
        was_primary = role.primary is controller
        controller.role, controller.election_id = name, election_id
        if election_id is not None and (role.highest is None or election_id >= role.highest):
            role.highest = election_id
            self._tell_all(name)
        elif was_primary:
            self._tell_all(name)
        else:
            self._tell(name, controller)

    def _joined_role(self, name: str, controller: Controller, election_id: int | None, *, is_new: bool) -> _Role:
        role = self._roles.get(name)
        if role is None:
            if len(self._roles) >= MOST_ROLES:
                raise Refusal(Code.RESOURCE_EXHAUSTED, f"this switch has room for {MOST_ROLES} roles")
            role = _Role()
        others = [other for other in role.controllers if other is not controller]
        if election_id is not None and any(other.election_id == election_id for other in others):
            raise invalid(f"the election id {election_id} is used by another controller already")
        if is_new:
            if len(others) >= MOST_CONTROLLERS:
                raise Refusal(Code.RESOURCE_EXHAUSTED, f"a role has room for {MOST_CONTROLLERS} controllers")
            role.controllers.append(controller)
        self._roles[name] = role
        return role

    def leave(self, controller: Controller) -> None:
        """Forget a controller whose stream is closed, and tell the others where it was the primary."""
        if controller.role is None:
            return
        role = self._roles[controller.role]
        was_primary = role.primary is controller
        role.controllers.remove(controller)
        if was_primary:
            self._tell_all(controller.role)

    def is_primary(self, controller: Controller) -> bool:
        return controller.role is not None and self._roles[controller.role].primary is controller

    def primaries(self) -> Iterator[Controller]:
        """The primary controller of each role that has one."""
        for role in self._roles.values():
            if role.primary is not None:
                yield role.primary

    def check_primary(self, request: p4r.WriteRequest | p4r.SetForwardingPipelineConfigRequest) -> None:
        """Refuse a request that does not come from the primary controller of its role."""
        role = self._roles.get(request.role)
        if role is None and request.role:
            raise Refusal(Code.NOT_FOUND, f"no controller has the role `{request.role}`")
        election_id = U128.decode(request.election_id) if request.HasField("election_id") else None
        primary = None if role is None else role.primary
        if primary is None or election_id is None or primary.election_id != election_id:
            raise Refusal(Code.PERMISSION_DENIED, "not primary: only the primary controller may do this")

    def _tell_all(self, name: str) -> None:
        """The primary last: it may write when all others know of it."""
        role = self._roles[name]
        for controller in sorted(role.controllers, key=lambda c: c is role.primary):
            self._tell(name, controller)

    def _tell(self, name: str, controller: Controller) -> None:
        role = self._roles[name]
        update = p4r.MasterArbitrationUpdate(device_id=self._device_id, status=_status(role, controller))
        if name:
            update.role.name = name
        if role.highest is not None:
            update.election_id.CopyFrom(U128.encode(role.highest))
        controller.tell(p4r.StreamMessageResponse(arbitration=update))


def _status(role: _Role, controller: Controller) -> rpc_status.Status:
    if role.primary is None:
        return rpc_status.Status(code=Code.NOT_FOUND, message="there is no primary controller")
    if role.primary is controller:
        return rpc_status.Status(code=Code.OK, message="you are the primary controller")
    return rpc_status.Status(code=Code.ALREADY_EXISTS, message="another controller is primary")
