"""Several controllers, streams that end, and whoever asks for what is not there."""

from __future__ import annotations

import grpc
import pytest
from finsy.proto import U128, p4r

from runtime.p4runtime.server.arbitration import MOST_CONTROLLERS
from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.service import API_VERSION, MOST_STREAMS
from runtime.p4runtime.server.switch import Switch
from tests.runtime.p4runtime.server.controller import VERIFY, Controller, StreamEnded, insert, primary
from tests.runtime.p4runtime.server.entities import all_entries, entry, exact
from tests.runtime.p4runtime.server.program import LAN, datagram

OK, NOT_FOUND, ALREADY_EXISTS = 0, 5, 6


def code_of(error: pytest.ExceptionInfo[grpc.RpcError]) -> grpc.StatusCode:
    assert isinstance(error.value, grpc.Call)
    return error.value.code()


def test_capabilities(switch: Switch) -> None:
    with Controller(switch.port) as client:
        assert client.stub.Capabilities(p4r.CapabilitiesRequest()).p4runtime_api_version == API_VERSION
        with pytest.raises(grpc.RpcError) as error:
            client.stub.Capabilities(p4r.CapabilitiesRequest(device_id=9))
        assert code_of(error) is grpc.StatusCode.NOT_FOUND


def test_only_the_primary_writes(switch: Switch, controller: Controller, served: ServedProgram) -> None:
    host = insert(entry(served.manifest, "hosts", [exact(1)], [0, 1]))
    with Controller(switch.port) as other:
        for election_id in (None, 0, 7):
            other.election_id = election_id
            for call in (lambda: other.write(host), lambda: other.set_pipeline(served, VERIFY)):
                with pytest.raises(grpc.RpcError) as error:
                    call()
                assert code_of(error) is grpc.StatusCode.PERMISSION_DENIED
        assert other.arbitrate(0).status.code == ALREADY_EXISTS
        assert other.read(all_entries(served.manifest, "hosts")) == []  # anybody may read
        # It takes over, and the first one is told and may write no longer.
        assert other.arbitrate(8).status.code == OK
        told = controller.hear().arbitration
        assert (told.status.code, U128.decode(told.election_id)) == (ALREADY_EXISTS, 8)
        other.write(host)
        with pytest.raises(grpc.RpcError) as error:
            controller.write(host)
        assert code_of(error) is grpc.StatusCode.PERMISSION_DENIED


def test_backup_hears_that_the_primary_is_gone(switch: Switch) -> None:
    with primary(switch.port, election_id=5) as first, Controller(switch.port) as second:
        assert second.arbitrate(4).status.code == ALREADY_EXISTS
        first.stop_talking()
        told = second.hear().arbitration
        assert (told.status.code, U128.decode(told.election_id)) == (NOT_FOUND, 5)
        with pytest.raises(StreamEnded) as ended:
            first.hear()
        assert ended.value.code is None
        assert second.arbitrate(5).status.code == OK


def test_backup_hears_that_the_primarys_connection_broke(switch: Switch) -> None:
    with Controller(switch.port) as second:
        first = primary(switch.port, election_id=5)
        second.arbitrate(4)
        first.close()
        assert second.hear().arbitration.status.code == NOT_FOUND


def test_streams_that_the_switch_ends(switch: Switch) -> None:
    with (
        primary(switch.port, election_id=5),
        Controller(switch.port, device_id=2) as wrong,
        Controller(switch.port) as same,
    ):
        for client, code, words in (
            (wrong, grpc.StatusCode.NOT_FOUND, "this switch is device 1, not 2"),
            (same, grpc.StatusCode.INVALID_ARGUMENT, "the election id 5 is used by another controller already"),
        ):
            client.ask_to_be_primary(5)
            with pytest.raises(StreamEnded) as ended:
                client.hear()
            assert (ended.value.code, ended.value.details) == (code, words)


def test_wrong_device(switch: Switch, served: ServedProgram) -> None:
    with Controller(switch.port, device_id=4) as client:
        client.election_id = 1
        for call in (
            client.write,
            lambda: client.read(all_entries(served.manifest, "hosts")),
            lambda: client.set_pipeline(served),
            client.get_pipeline,
        ):
            with pytest.raises(grpc.RpcError) as error:
                call()
            assert code_of(error) is grpc.StatusCode.NOT_FOUND


def test_unknown_roles(switch: Switch, controller: Controller, served: ServedProgram) -> None:
    host = insert(entry(served.manifest, "hosts", [exact(1)], [0, 1]))
    with Controller(switch.port) as part:
        assert part.arbitrate(3, role="part").role.name == "part"
        part.write(host)
        part.role = "other"
        with pytest.raises(grpc.RpcError) as error:
            part.write(host)
        assert code_of(error) is grpc.StatusCode.NOT_FOUND
        numbered = p4r.WriteRequest(device_id=1, role_id=5, election_id=U128.encode(1))
        with pytest.raises(grpc.RpcError) as error:
            part.stub.Write(numbered)
        assert code_of(error) is grpc.StatusCode.NOT_FOUND


def test_batches_are_not_all_or_nothing(controller: Controller, served: ServedProgram) -> None:
    host = insert(entry(served.manifest, "hosts", [exact(1)], [0, 1]))
    for atomicity in (p4r.WriteRequest.ROLLBACK_ON_ERROR, p4r.WriteRequest.DATAPLANE_ATOMIC):
        with pytest.raises(grpc.RpcError) as error:
            controller.write(host, atomicity=atomicity)
        assert code_of(error) is grpc.StatusCode.UNIMPLEMENTED
    assert controller.read(all_entries(served.manifest, "hosts")) == []


def test_digests_go_to_the_primary(switch: Switch, controller: Controller, served: ServedProgram) -> None:
    with Controller(switch.port) as backup:
        backup.arbitrate(0)
        for sport in (0xFABC, 5):
            switch.receive((LAN, datagram(src="192.0.2.1", sport=sport)))
        packets = [controller.hear().packet for _ in range(2)]
        # `Seen`: 32 bits of address, 12 of port, filled up to whole bytes.
        assert [packet.payload for packet in packets] == [
            bytes([192, 0, 2, 1, 0xAB, 0xC0]),
            bytes([192, 0, 2, 1, 0, 0x50]),
        ]
        assert [[(m.metadata_id, m.value) for m in packet.metadata] for packet in packets] == [
            [(1, b"\1"), (2, b"\0")],
            [(1, b"\1"), (2, b"\1")],
        ]
        assert backup.arbitrate(0).status.code == ALREADY_EXISTS
        assert backup.hears_nothing()


def test_messages_that_are_refused_on_the_stream(switch: Switch, controller: Controller) -> None:
    out = p4r.StreamMessageRequest(packet=p4r.PacketOut(payload=b"frame"))
    controller.say(out)
    error = controller.hear().error
    assert (error.canonical_code, error.packet_out.packet_out.payload) == (12, b"frame")  # UNIMPLEMENTED
    assert error.message == "the program has no packet_out header: it takes no packets from here"
    controller.say(p4r.StreamMessageRequest(digest_ack=p4r.DigestListAck(digest_id=3)))
    error = controller.hear().error
    assert (error.canonical_code, error.digest_list_ack.digest_list_ack.digest_id) == (3, 3)  # INVALID_ARGUMENT
    controller.say(p4r.StreamMessageRequest())
    assert controller.hear().error.canonical_code == 3
    with Controller(switch.port) as stranger:
        stranger.say(out)
        assert stranger.hear().error.canonical_code == 7  # PERMISSION_DENIED
        assert stranger.arbitrate(None).status.code == ALREADY_EXISTS  # the stream goes on


def test_switch_that_stops_ends_streams_and_calls(served: ServedProgram) -> None:
    with Switch(served, address="127.0.0.1:0") as switch:
        client = primary(switch.port)
    with pytest.raises(StreamEnded):
        while True:
            client.hear()
    client.close()


def test_garbage_is_no_message(switch: Switch) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{switch.port}") as channel:
        write = channel.unary_unary("/p4.v1.P4Runtime/Write")
        with pytest.raises(grpc.RpcError):
            write(b"\xff" * 100, timeout=20)
    with Controller(switch.port) as client:
        client.stub.Capabilities(p4r.CapabilitiesRequest())


def test_streams_are_bounded(switch: Switch) -> None:
    clients = [Controller(switch.port) for _ in range(MOST_STREAMS)]
    for number, client in enumerate(clients):
        client.arbitrate(number % MOST_CONTROLLERS, role=f"role{number // MOST_CONTROLLERS}")
    with Controller(switch.port) as late:
        late.ask_to_be_primary(99)
        with pytest.raises(StreamEnded) as ended:
            late.hear()
        assert ended.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert late.stub.Capabilities(p4r.CapabilitiesRequest(), timeout=20)  # other calls are still answered
    for client in clients:
        client.close()
