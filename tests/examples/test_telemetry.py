"""Reports are RDMA writes that scapy understands, and a collector's memory answers for each flow."""

from __future__ import annotations

import random
import struct
import zlib

from scapy.contrib.roce import BTH
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as Scapy

from sim.state import NO_ENTRIES, ControlEntries
from tests.examples.corpus import START_S, Device, example_entries

COPIES, SLOTS, RECORD = 2, 1 << 20, 16
BASE, REMOTE_KEY, QUEUE_PAIR = 0x7F0000000000, 0xCAFE, 0x1234
MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def datagram(number: int, *, size: int = 100) -> Scapy:
    packet = MACS / IP(src=f"10.0.{number >> 8}.{number & 255}", dst="198.51.100.7") / UDP(sport=number, dport=443)
    return packet / bytes(size - len(packet))


def key_of(packet: Scapy) -> int:
    """CRC-32 of source, destination, protocol and ports, as they stand in the headers."""
    raw = bytes(packet[IP])
    return zlib.crc32(raw[12:20] + raw[9:10] + bytes(packet[IP].payload)[:4])


def writes(device: Device, packet: Scapy, *, port: str = "left", at_s: float = 0.0) -> list[bytes]:
    """The frames for the collector; the packet itself must pass unchanged, after them."""
    *reports, passed = device.send(port, packet, at_s=at_s)
    assert passed == ("right" if port == "left" else "left", bytes(packet))
    assert all(name == "collector" for name, _ in reports)
    return [data for _, data in reports]


def parsed(data: bytes) -> tuple[int, bytes]:
    """Address and payload of a write; all of its layout is asserted on the way."""
    frame = Ether(data)
    payload = data[14 + 20 + 8 + 12 + 16 : -4]
    transport = BTH(opcode=0x2A, pkey=0xFFFF, dqpn=QUEUE_PAIR, psn=frame[BTH].psn, icrc=0)
    address = struct.unpack_from("!Q", data, 14 + 20 + 8 + 12)[0]
    extended = struct.pack("!QII", address, REMOTE_KEY, RECORD)
    link = Ether(src="02:00:00:00:00:0a", dst="02:00:00:00:00:0b")
    ends = IP(src="192.0.2.10", dst="192.0.2.11", id=0, flags="DF") / UDP(sport=0xC000, dport=4791, chksum=0)
    assert data == bytes(link / ends / transport / (extended + payload))
    assert len(payload) == RECORD
    return address, payload


def test_each_packet_writes_its_record_in_two_places() -> None:
    device = Device("telemetry")
    packet = datagram(7, size=321)
    reports = writes(device, packet, port="right", at_s=1.5)
    assert len(reports) == COPIES
    places = set()
    for number, data in enumerate(reports):
        address, payload = parsed(data)
        assert Ether(data)[BTH].psn == number
        assert struct.unpack("!IHHQ", payload) == (key_of(packet), 1, 321, int((START_S + 1.5) * 1e9))
        place, odd = divmod(address - BASE, RECORD)
        assert odd == 0 and 0 <= place < SLOTS
        places.add(place)
    assert len(places) == COPIES


def test_a_flow_is_always_written_to_its_own_places() -> None:
    device = Device("telemetry")
    found = [{parsed(data)[0] for data in writes(device, datagram(number % 5))} for number in range(50)]
    assert all(found[number] == found[number % 5] for number in range(50))
    assert len(set(map(frozenset, found))) == 5


def test_sequence_numbers_count_writes_and_wrap_at_24_bits() -> None:
    device = Device("telemetry")
    numbers = [Ether(data)[BTH].psn for number in range(20) for data in writes(device, datagram(number))]
    assert numbers == list(range(2 * 20))
    device.states["session.sent"].restore({"cells": [[0, "0xffffff"]]})
    assert [Ether(data)[BTH].psn for data in writes(device, datagram(1))] == [0xFFFFFF, 0]


def test_a_collector_finds_the_latest_report_of_nearly_every_flow() -> None:
    device, rng = Device("telemetry"), random.Random(1)
    memory: dict[int, bytes] = {}
    latest: dict[int, tuple[int, set[int]]] = {}
    for step in range(1500):
        packet = datagram(rng.randrange(400), size=rng.randint(60, 200))
        addresses = set()
        for data in writes(device, packet, at_s=step / 1000):
            if rng.random() < 0.1:
                addresses.add(parsed(data)[0])
                continue  # lost: nothing is sent again
            address, payload = parsed(data)
            memory[address] = payload
            addresses.add(address)
        latest[key_of(packet)] = (step, addresses)
    answered = 0
    for key, (step, addresses) in latest.items():
        records = [struct.unpack("!IHHQ", memory[address]) for address in addresses if address in memory]
        times = [at for found, _, _, at in records if found == key]
        answered += max(times, default=0) == round((START_S + step / 1000) * 1e9)
    assert answered >= 0.97 * len(latest)  # both copies are lost in one case of a hundred


def test_sampling_reports_about_its_share() -> None:
    given = example_entries("telemetry")
    quarter = ControlEntries(tables=given.tables, tunables={"sampled": 1 << 30})
    device = Device("telemetry", entries=quarter)
    reported = sum(bool(writes(device, datagram(number), at_s=number / 1000)) for number in range(1000))
    assert 190 <= reported <= 310  # binomial(1000, 1/4): 4.4 standard deviations


def test_nothing_is_reported_before_the_collector_is_connected() -> None:
    assert writes(Device("telemetry", entries=NO_ENTRIES), datagram(1)) == []


def test_what_has_no_flow_passes_unreported_and_the_collector_sends_nothing_in() -> None:
    device = Device("telemetry")
    for packet in (MACS / ARP(), MACS / IP() / ICMP(), MACS / b"?"):
        assert writes(device, packet) == []
    assert len(writes(device, MACS / IP() / TCP())) == COPIES
    assert device.send("collector", datagram(1)) == []
