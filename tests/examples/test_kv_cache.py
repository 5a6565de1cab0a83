"""The cache answers as the store would: scapy packets, a store in Python, and messages in flight."""

from __future__ import annotations

import random
from collections import deque
from typing import ClassVar

import pytest
from scapy.fields import ByteEnumField, IntField, ShortField, StrFixedLenField
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy

from sim.state import ControlEntries, Exact, TableEntry
from tests.examples.reporting import ReportingDevice

GET, PUT, DELETE = range(3)
ASKED, FOUND, ABSENT = range(3)
CLIENT, STORE = "10.0.0.5", "10.0.1.1"
HOT, WARM, COLD = b"hot".ljust(16), b"warm".ljust(16), b"cold".ljust(16)


class Kv(Scapy):
    """The protocol of the example."""

    fields_desc: ClassVar = [
        ByteEnumField("op", GET, {GET: "get", PUT: "put", DELETE: "delete"}),
        ByteEnumField("status", ASKED, {ASKED: "asked", FOUND: "found", ABSENT: "absent"}),
        ShortField("reserved", 0),
        IntField("version", 0),
        StrFixedLenField("key", b"", length=16),
        StrFixedLenField("value", b"", length=64),
    ]


def request(op: int, key: bytes, value: bytes = b"", *, sport: int = 4000) -> Scapy:
    link = Ether(src="02:00:00:00:00:05", dst="02:00:00:00:00:01")
    return link / IP(src=CLIENT, dst=STORE) / UDP(sport=sport, dport=6390) / Kv(op=op, key=key, value=value)


def response(op: int, key: bytes, value: bytes, *, status: int = FOUND, version: int, sport: int = 4000) -> Scapy:
    link = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:05")
    message = Kv(op=op, status=status, key=key, value=value, version=version)
    return link / IP(src=STORE, dst=CLIENT) / UDP(sport=6390, dport=sport) / message


def caching(*keys: bytes) -> ControlEntries:
    entries = [TableEntry((Exact(int.from_bytes(key)),), (cell,)) for cell, key in enumerate(keys)]
    return ControlEntries(tables={"cached": tuple(entries)}, tunables={"hot": 5})


def is_hit(device: ReportingDevice, key: bytes, value: bytes, *, version: int) -> bool:
    """Whether a read is answered, to the byte as the store would answer it; else it must go to the store unchanged."""
    asked = request(GET, key)
    ((port, data),) = device.send("clients", asked)
    if port == "servers":
        assert data == bytes(asked)
        return False
    assert (port, data) == ("clients", bytes(response(GET, key, value, version=version)))
    return True


def test_a_read_is_answered_once_the_store_has_answered_it() -> None:
    device = ReportingDevice("kv_cache", entries=caching(HOT))
    assert not is_hit(device, HOT, b"", version=0)
    answered = response(GET, HOT, b"value", version=3)
    assert device.send("servers", answered) == [("clients", bytes(answered))]
    assert is_hit(device, HOT, b"value", version=3)
    assert device.counted("hits") == {0: 1}


@pytest.mark.parametrize("write", [PUT, DELETE])
def test_a_write_ends_hits_until_the_store_has_answered(write: int) -> None:
    device = ReportingDevice("kv_cache", entries=caching(HOT))
    device.send("servers", response(GET, HOT, b"old", version=3))
    written = request(write, HOT, b"new")
    assert device.send("clients", written) == [("servers", bytes(written))]
    assert not is_hit(device, HOT, b"", version=0)
    status, value = (FOUND, b"new") if write == PUT else (ABSENT, b"")
    device.send("servers", response(write, HOT, value, status=status, version=4))
    assert is_hit(device, HOT, b"new", version=4) == (write == PUT)


def test_a_late_answer_does_not_bring_an_old_value_back() -> None:
    device = ReportingDevice("kv_cache", entries=caching(HOT))
    device.send("servers", response(PUT, HOT, b"new", version=4))
    device.send("servers", response(GET, HOT, b"old", version=3))
    assert is_hit(device, HOT, b"new", version=4)
    device.send("servers", response(DELETE, HOT, b"", status=ABSENT, version=5))
    device.send("servers", response(GET, HOT, b"new", version=4))
    assert not is_hit(device, HOT, b"", version=0)


def test_a_cell_given_to_another_key_never_answers_with_the_first_ones_value() -> None:
    device = ReportingDevice("kv_cache", entries=caching(HOT))
    device.send("servers", response(GET, HOT, b"hot value", version=9))
    device.replace(caching(WARM))
    assert not is_hit(device, WARM, b"", version=0)
    device.send("servers", response(GET, WARM, b"warm value", version=1))  # its versions are its own
    assert is_hit(device, WARM, b"warm value", version=1)


def test_keys_that_the_store_answers_often_are_reported_once_a_window() -> None:
    device = ReportingDevice("kv_cache", entries=caching(HOT))
    for key in [COLD] * 9 + [WARM] * 5 + [HOT] * 9:
        device.send("clients", request(GET, key))
    for _ in range(9):
        device.send("clients", request(PUT, WARM))
    (report,) = device.reports
    assert (report["name"], report["reads"]) == ("HotKey", 6)
    assert int(str(report["key"]), 0) == int.from_bytes(COLD)
    for _ in range(9):
        device.send("clients", request(GET, COLD), at_s=1)
    assert len(device.reports) == 2


def test_everything_else_passes_unchanged() -> None:
    device = ReportingDevice("kv_cache", entries=caching(HOT))
    device.send("servers", response(GET, HOT, b"value", version=3))
    for packet in (Ether() / ARP(), Ether() / IP() / UDP(dport=53), request(9, HOT), Ether() / (b"\0" * 3)):
        assert device.send("clients", packet) == [("servers", bytes(packet))]
    short = Ether() / IP() / UDP(dport=6390) / (b"\0" * 87)
    assert device.send("clients", short) == [("servers", bytes(short))]
    assert device.send("servers", Ether() / ARP()) == [("clients", bytes(Ether() / ARP()))]


class Store:
    """Where the values are. Every write of a key gets its next version."""

    def __init__(self) -> None:
        self.values: dict[bytes, tuple[int, bytes | None]] = {}

    def answer(self, packet: Scapy) -> Scapy:
        asked = Kv(bytes(packet[UDP].payload))
        key, (version, value) = asked.key, self.values.get(asked.key, (0, None))
        if asked.op != GET:
            version, value = version + 1, asked.value if asked.op == PUT else None
            self.values[key] = (version, value)
        status = FOUND if value is not None else ABSENT
        return response(asked.op, key, value or b"", status=status, version=version, sport=packet[UDP].sport)


@pytest.mark.parametrize("seed", range(4))
def test_no_read_goes_back_behind_a_write_that_was_acknowledged(seed: int) -> None:
    """Messages wait in flight between switch and store, and are lost at times; each client sees versions grow."""
    rng, store = random.Random(seed), Store()
    device = ReportingDevice("kv_cache", entries=caching(HOT, WARM))
    to_store: deque[Scapy] = deque()
    to_clients: deque[Scapy] = deque()
    acknowledged: dict[bytes, int] = {}  # the highest version that any client has seen
    asked_at: dict[int, int] = {}  # the request, by its port -> what had been seen when it was sent
    hits, port = 0, 1024

    def deliver(data: bytes) -> None:
        packet = Ether(data)
        message = Kv(bytes(packet[UDP].payload))
        assert message.version >= asked_at[packet[UDP].dport]
        acknowledged[message.key] = max(acknowledged.get(message.key, 0), message.version)

    for _ in range(1500):
        step = rng.random()
        if step < 0.5:
            port += 1
            key = rng.choice([HOT, WARM])
            asked_at[port] = acknowledged.get(key, 0)
            op = rng.choices([GET, PUT, DELETE], weights=[8, 3, 1])[0]
            ((out, data),) = device.send("clients", request(op, key, b"%d" % port, sport=port))
            if out == "clients":
                hits += 1
                deliver(data)
            elif rng.random() > 0.1:
                to_store.append(Ether(data))
        elif step < 0.75 and to_store:
            answered = store.answer(to_store.popleft())
            if rng.random() > 0.1:
                to_clients.append(answered)
        elif to_clients:
            ((_, data),) = device.send("servers", to_clients.popleft())
            deliver(data)
    assert hits > 50
