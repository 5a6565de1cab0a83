"""Emissions: an ordered list of snapshots, one final; scapy says what each should look like."""

from __future__ import annotations

import pytest
from scapy.packet import Packet as Scapy

from sim.state.entries import ControlEntries
from tests.decisions.device import Device, codes, udp


def with_ttl(ttl: int) -> bytes:
    packet: Scapy = udp()
    packet["IP"].ttl = ttl
    return bytes(packet)


def device(body: str) -> Device:
    text = f"""port lan, wan, mirror; struct Seen {{ value: u8 }}
        on lan (p: ipv4) {{ {body} }} on lan | wan | mirror (_) {{ drop }}"""
    return Device(text, entries=ControlEntries(multicast={7: (2, 1)}))


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        # The clone was taken before the write; a device that clones the received packet agrees by chance only here:
        ("clone mirror; p.ipv4.ttl = 1; send wan;", [("mirror", 64), ("wan", 1)]),
        # and not here.
        ("p.ipv4.ttl = 2; clone mirror; p.ipv4.ttl = 1; send wan;", [("mirror", 2), ("wan", 1)]),
        (
            "p.ipv4.ttl = 3; clone mirror; p.ipv4.ttl = 2; clone mirror; p.ipv4.ttl = 1; clone wan; drop",
            [("mirror", 3), ("mirror", 2), ("wan", 1)],
        ),
        ("clone wan; p.ipv4.ttl = 1; multicast 7u16 as multicast", [("wan", 64), ("mirror", 1), ("wan", 1)]),
        ("if p.ipv4.ttl == 64 { p.ipv4.ttl = 9; clone mirror; } send wan;", [("mirror", 9), ("wan", 9)]),
    ],
)
def test_each_emission_is_the_packet_at_that_point(body: str, wanted: list[tuple[str, int]]) -> None:
    assert device(body).send("lan", udp()) == [(port, with_ttl(ttl)) for port, ttl in wanted]


def test_digests_are_one_ordered_stream_with_values_of_their_moment() -> None:
    run = device("digest Seen { value: p.ipv4.ttl }; p.ipv4.ttl = 5; digest Seen { value: p.ipv4.ttl }; drop")
    run.send("lan", udp())
    assert run.digests == [{"value": 64}, {"value": 5}]


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("send wan; send mirror;", ["W0601"]),
        ("send wan; clone mirror;", ["W0601"]),
        ("send wan; p.ipv4.ttl = 1;", ["W0601"]),
        ("if p.ipv4.ttl == 1 { send wan; } send mirror;", []),
        ("if p.ipv4.ttl == 1 { clone wan; }", ["W0600"]),  # no end at all
        ("clone wan; drop", []),
    ],
)
def test_one_emission_is_final(body: str, wanted: list[str]) -> None:
    assert codes(f"port lan, wan, mirror; on lan (p: ipv4) {{ {body} }} on lan | wan | mirror (_) {{ drop }}") == wanted
