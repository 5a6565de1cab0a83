"""Who is primary: the state machine of the specification, section 5, without gRPC."""

from __future__ import annotations

import pytest
from finsy.proto import U128, p4r

from runtime.p4runtime.server.arbitration import MOST_CONTROLLERS, MOST_ROLES, Arbitration, Controller
from runtime.p4runtime.server.refusals import Code, Refusal

DEVICE = 7
OK, NOT_FOUND, ALREADY_EXISTS = 0, 5, 6  # google/rpc/code.proto


class Client:
    """A controller, and what it was told."""

    def __init__(self, arbitration: Arbitration) -> None:
        self._arbitration = arbitration
        self._told: list[p4r.StreamMessageResponse] = []
        self.controller = Controller(self._told.append)

    def ask(self, election_id: int | None, *, role: str = "", device_id: int = DEVICE, config: bool = False) -> None:
        update = p4r.MasterArbitrationUpdate(device_id=device_id)
        if election_id is not None:
            update.election_id.CopyFrom(U128.encode(election_id))
        if role:
            update.role.name = role
        if config:
            update.role.config.type_url = "anything"
        self._arbitration.update(self.controller, update)

    def leave(self) -> None:
        self._arbitration.leave(self.controller)

    def told(self) -> list[tuple[int, int | None]]:
        """(status, election id) of what came since the last time."""
        found = [
            (
                m.arbitration.status.code,
                U128.decode(m.arbitration.election_id) if m.arbitration.HasField("election_id") else None,
            )
            for m in self._told
        ]
        self._told.clear()
        return found


@pytest.fixture
def arbitration() -> Arbitration:
    return Arbitration(DEVICE)


def write_request(election_id: int | None, role: str = "") -> p4r.WriteRequest:
    request = p4r.WriteRequest(device_id=DEVICE, role=role)
    if election_id is not None:
        request.election_id.CopyFrom(U128.encode(election_id))
    return request


def may_write(arbitration: Arbitration, election_id: int | None, role: str = "") -> bool:
    try:
        arbitration.check_primary(write_request(election_id, role))
    except Refusal as refusal:
        assert refusal.code is Code.PERMISSION_DENIED
        return False
    return True


def refused(client: Client, election_id: int | None, **more: object) -> Code:
    with pytest.raises(Refusal) as found:
        client.ask(election_id, **more)  # type: ignore[arg-type]
    return found.value.code


def test_highest_election_id_is_primary_and_all_are_told(arbitration: Arbitration) -> None:
    low, high = Client(arbitration), Client(arbitration)
    low.ask(3)
    assert low.told() == [(OK, 3)]
    high.ask(1 << 64 | 5)
    assert low.told() == [(ALREADY_EXISTS, 1 << 64 | 5)]
    assert high.told() == [(OK, 1 << 64 | 5)]
    assert may_write(arbitration, 1 << 64 | 5)
    assert not may_write(arbitration, 3)


def test_backup_is_told_alone(arbitration: Arbitration) -> None:
    first, second = Client(arbitration), Client(arbitration)
    first.ask(9)
    first.told()
    second.ask(4)
    assert second.told() == [(ALREADY_EXISTS, 9)]
    assert first.told() == []


def test_nobody_follows_a_primary_that_left(arbitration: Arbitration) -> None:
    first, second = Client(arbitration), Client(arbitration)
    first.ask(9)
    second.ask(4)
    second.told()
    first.leave()
    assert second.told() == [(NOT_FOUND, 9)]
    assert not may_write(arbitration, 9)
    assert not may_write(arbitration, 4)
    second.ask(8)  # below the highest ever
    assert second.told() == [(NOT_FOUND, 9)]
    second.ask(9)
    assert second.told() == [(OK, 9)]
    assert may_write(arbitration, 9)


def test_backup_that_leaves_changes_nothing(arbitration: Arbitration) -> None:
    first, second = Client(arbitration), Client(arbitration)
    first.ask(9)
    second.ask(4)
    first.told()
    second.leave()
    assert first.told() == []
    assert may_write(arbitration, 9)


def test_primary_can_step_down(arbitration: Arbitration) -> None:
    first, second = Client(arbitration), Client(arbitration)
    first.ask(9)
    second.ask(4)
    first.told()
    second.told()
    first.ask(2)
    assert first.told() == [(NOT_FOUND, 9)]
    assert second.told() == [(NOT_FOUND, 9)]


def test_primary_that_asks_again_stays(arbitration: Arbitration) -> None:
    first, second = Client(arbitration), Client(arbitration)
    first.ask(9)
    second.ask(4)
    first.told()
    second.told()
    first.ask(9)
    assert first.told() == [(OK, 9)]
    assert second.told() == [(ALREADY_EXISTS, 9)]


def test_without_an_election_id_nobody_is_primary(arbitration: Arbitration) -> None:
    client = Client(arbitration)
    client.ask(None)
    assert client.told() == [(NOT_FOUND, None)]
    assert not may_write(arbitration, None)
    client.ask(0)  # zero is a number, unset is none
    assert client.told() == [(OK, 0)]
    assert may_write(arbitration, 0)
    assert not may_write(arbitration, None)


def test_roles_have_primaries_of_their_own(arbitration: Arbitration) -> None:
    whole, part = Client(arbitration), Client(arbitration)
    whole.ask(9)
    part.ask(1, role="part")
    assert whole.told() == [(OK, 9)]
    assert part.told() == [(OK, 1)]
    assert may_write(arbitration, 1, "part")
    assert not may_write(arbitration, 1)
    assert set(arbitration.primaries()) == {whole.controller, part.controller}
    with pytest.raises(Refusal) as found:
        arbitration.check_primary(write_request(1, "unheard of"))
    assert found.value.code is Code.NOT_FOUND


def test_what_ends_a_stream(arbitration: Arbitration) -> None:
    first, second = Client(arbitration), Client(arbitration)
    assert refused(first, 1, device_id=8) is Code.NOT_FOUND
    assert refused(first, 1, config=True) is Code.INVALID_ARGUMENT
    first.ask(5)
    assert refused(first, 5, device_id=8) is Code.FAILED_PRECONDITION
    assert refused(first, 5, role="other") is Code.FAILED_PRECONDITION
    assert refused(second, 5) is Code.INVALID_ARGUMENT  # taken
    second.ask(4)
    assert refused(second, 5) is Code.INVALID_ARGUMENT
    assert may_write(arbitration, 5)


def test_controllers_and_roles_are_bounded(arbitration: Arbitration) -> None:
    for number in range(MOST_CONTROLLERS):
        Client(arbitration).ask(number)
    assert refused(Client(arbitration), 99) is Code.RESOURCE_EXHAUSTED
    for number in range(MOST_ROLES - 1):
        Client(arbitration).ask(1, role=f"role{number}")
    assert refused(Client(arbitration), 1, role="one more") is Code.RESOURCE_EXHAUSTED


def test_refused_controller_leaves_no_trace(arbitration: Arbitration) -> None:
    first, second = Client(arbitration), Client(arbitration)
    first.ask(5)
    first.told()
    refused(second, 5)
    second.leave()
    assert first.told() == []
    first.leave()
    assert list(arbitration.primaries()) == []
