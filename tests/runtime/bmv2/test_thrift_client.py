"""The client against a server that speaks the real protocol."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from thrift.transport.TTransport import TTransportException

from runtime.bmv2.errors import (
    NoSuchRegisterError,
    NotASwitchError,
    RegisterIndexError,
    RegisterValueError,
    SwitchError,
    SwitchLostError,
    SwitchRefusedError,
    SwitchTimeoutError,
    SwitchUnreachableError,
)
from runtime.bmv2.thrift_client import PortInfo, SwitchClient, SwitchInfo
from tests.runtime.bmv2.fake_switch import FakeSwitch, listening, services_of, serving


@pytest.fixture
def switch() -> FakeSwitch:
    switch = FakeSwitch(device_id=7, now_us=1_234_567, config=b'{"program": 1}')
    switch.add_register("Ingress.words", width=63, cells=300)
    switch.add_register("Ingress.flags", width=1, cells=4)
    switch.calculations["calc"] = (0, 0, 0, False, False)
    return switch


@pytest.fixture
def client(switch: FakeSwitch) -> Iterator[SwitchClient]:
    with serving(switch) as port, SwitchClient("127.0.0.1", port, timeout_s=5) as client:
        yield client


def test_cells_are_read_and_written(switch: FakeSwitch, client: SwitchClient) -> None:
    client.write("Ingress.words", 2, (1 << 63) - 1)
    client.write_range("Ingress.words", 5, 8, 9)
    assert client.read("Ingress.words", 2) == (1 << 63) - 1
    assert client.read_all("Ingress.words")[:9] == [0, 0, (1 << 63) - 1, 0, 0, 9, 9, 9, 0]
    client.reset("Ingress.words")
    assert client.read_all("Ingress.words") == [0] * 300
    assert switch.calls == [
        "bm_register_write",
        "bm_register_write_range",
        "bm_register_read",
        "bm_register_read_all",
        "bm_register_reset",
        "bm_register_read_all",
    ]


def test_names_and_indexes_that_are_not_there_are_told_apart(client: SwitchClient) -> None:
    with pytest.raises(NoSuchRegisterError, match=r"no register `Ingress\.word`"):
        client.read_all("Ingress.word")
    with pytest.raises(RegisterIndexError, match="no cell 4"):
        client.read("Ingress.flags", 4)
    with pytest.raises(RegisterIndexError, match=r"no cells 2\.\.4"):
        client.write_range("Ingress.flags", 2, 5, 1)
    assert client.read("Ingress.flags", 3) == 0  # the connection is well


@pytest.mark.parametrize("value", [-1, 1 << 63])
def test_values_that_thrift_would_change_are_not_sent(switch: FakeSwitch, client: SwitchClient, value: int) -> None:
    with pytest.raises(RegisterValueError, match="63 bits"):
        client.write("Ingress.words", 0, value)
    with pytest.raises(RegisterValueError):
        client.write_range("Ingress.words", 0, 2, value)
    assert switch.calls == []


def test_crc_parameters_travel_as_signed_numbers(switch: FakeSwitch, client: SwitchClient) -> None:
    def set_parameters(calculation: str) -> None:
        client.set_crc32_parameters(
            calculation,
            polynomial=0x1EDC6F41,
            initial=0xFFFFFFFF,
            final_xor=0xFFFFFFFF,
            reflect_data=True,
            reflect_remainder=True,
        )

    set_parameters("calc")
    assert switch.calculations["calc"] == (0x1EDC6F41, -1, -1, True, True)
    with pytest.raises(SwitchRefusedError, match="calculation `other`") as caught:
        set_parameters("other")
    assert caught.value.code == "INVALID_CALCULATION_NAME"


def test_queues_of_all_ports_or_of_one(switch: FakeSwitch, client: SwitchClient) -> None:
    client.set_queue_depth(100_000)
    client.set_queue_depth(1, port=3)
    client.set_queue_rate(0)
    client.set_queue_rate(50, port=3)
    assert switch.queue_depths == {None: 100_000, 3: 1}
    assert switch.queue_rates == {None: 0, 3: 50}


def test_the_switch_tells_what_it_is(switch: FakeSwitch, client: SwitchClient) -> None:
    assert client.now_us() == 1_234_567
    assert client.info() == SwitchInfo(device_id=7, thrift_port=switch.port)
    assert client.config_md5() == hashlib.md5(b'{"program": 1}').digest()
    assert client.ports() == {1: PortInfo("veth1", is_up=True)}


def test_nothing_at_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening
        port = taken.getsockname()[1]
        with pytest.raises(SwitchUnreachableError, match="--thrift-port"), SwitchClient("127.0.0.1", port, timeout_s=5):
            pass


@pytest.mark.parametrize(("host", "port"), [("no-such-host.invalid", 9090), ("127.0.0.1", 1 << 20), ("a" * 70, 1)])
def test_addresses_that_are_none(host: str, port: int) -> None:
    with pytest.raises(SwitchUnreachableError), SwitchClient(host, port, timeout_s=5):
        pass


def test_a_switch_that_does_not_answer(switch: FakeSwitch) -> None:
    released = threading.Event()

    def wait(_: str) -> None:
        released.wait(30)

    switch.before = wait
    with serving(switch) as port:
        with SwitchClient("127.0.0.1", port, timeout_s=0.05) as client:
            with pytest.raises(SwitchTimeoutError, match=r"0\.05 s"):
                client.now_us()
            with pytest.raises(SwitchTimeoutError):  # an answer now would be the one to the first request
                client.info()
        released.set()


def test_a_switch_that_dies_in_the_middle(switch: FakeSwitch) -> None:
    def die(name: str) -> None:
        if name == "bm_register_write":
            raise TTransportException(message="the process is gone")

    switch.before = die
    with serving(switch) as port, SwitchClient("127.0.0.1", port, timeout_s=5) as client:
        client.now_us()
        with pytest.raises(SwitchLostError, match="look whether the switch still runs"):
            client.write("Ingress.words", 0, 1)
        with pytest.raises(SwitchLostError):
            client.now_us()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\x00" * 32,  # how HTTP/2, and so P4Runtime, begins
        b"\x80\x01\x00\x02" + b"\xff" * 64,  # a name of a negative length
        b"\x80\x01\x00\x02\x00\x00\x00\x01\xff" + b"\x00" * 4 + b"\x00",  # a name that is no text
        b"\x80\x01\x00\x02\x00\x00\x00\x01a\x00\x00\x00\x00\x0f\x00\x00\x0a\x7f\xff\xff\xff",  # 2^31 cells
        b"\x80\x01\x00\x02\x00\x00\x00\x01a\x00\x00\x00\x00\x00",  # no result
    ],
)
def test_what_speaks_something_else_is_no_switch(answer: bytes) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(1 << 12)
        with suppress(OSError):  # the client may have seen enough, and be gone
            connection.sendall(answer)
            connection.shutdown(socket.SHUT_WR)

    with listening(speak) as port, SwitchClient("127.0.0.1", port, timeout_s=5) as client:
        with pytest.raises(SwitchError) as caught:
            client.read_all("Ingress.words")
        assert isinstance(caught.value, NotASwitchError | SwitchLostError)


def test_a_switch_without_the_target_s_own_service(switch: FakeSwitch) -> None:
    services = {"standard": services_of(switch)["standard"]}
    with (
        serving(switch, services) as port,
        SwitchClient("127.0.0.1", port, timeout_s=5) as client,
        pytest.raises(SwitchError),
    ):
        client.now_us()


def test_a_closed_client_says_so(switch: FakeSwitch) -> None:
    with serving(switch) as port:
        with SwitchClient("127.0.0.1", port, timeout_s=5) as client:
            pass
        with pytest.raises(SwitchLostError, match="is closed"):
            client.now_us()


def test_a_switch_that_fails_at_a_request_stays_usable(switch: FakeSwitch) -> None:
    def fail(name: str) -> None:
        if name == "bm_register_read":
            raise ValueError("out of its mind")

    switch.before = fail
    with serving(switch) as port, SwitchClient("127.0.0.1", port, timeout_s=5) as client:
        with pytest.raises(SwitchRefusedError, match="fails at `bm_register_read`"):
            client.read("Ingress.words", 0)
        assert client.now_us() == 1_234_567
