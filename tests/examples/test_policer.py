"""The policer against a token bucket computed by hand: 1,250,000 bytes a second, a burst of 15,140."""

from functools import cache

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from tests.examples.corpus import Device

RATE, BURST = 1_250_000, 15_140
MACS = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
WORLD, WORLD6 = "198.51.100.1", "2001:db8:ffff::1"
OTHER_SIDE = {"customers": "network", "network": "customers"}


@cache
def packet(side: str, customer: str, *, size: int = 1_514) -> bytes:
    """A frame of `size` bytes between `customer` and the world, as it arrives on `side`."""
    kind, world = (IPv6, WORLD6) if ":" in customer else (IP, WORLD)
    source, destination = (customer, world) if side == "customers" else (world, customer)
    headers = MACS / kind(src=source, dst=destination) / UDP(sport=1, dport=2)
    return bytes(headers / bytes(size - len(headers)))


def passes(policer: Device, side: str, frame: bytes, *, at_s: float = 0.0) -> bool:
    sent = policer.send(side, frame, at_s=at_s)
    assert sent in ([], [(OTHER_SIDE[side], frame)])
    return bool(sent)


def passed_of(policer: Device, side: str, customer: str, *, count: int, at_s: float = 0.0) -> int:
    return sum(passes(policer, side, packet(side, customer), at_s=at_s) for _ in range(count))


@pytest.mark.parametrize("side", ["customers", "network"])
@pytest.mark.parametrize("customer", ["10.0.1.5", "2001:db8:1::5"])
def test_a_burst_of_ten_full_frames_passes(side: str, customer: str) -> None:
    policer = Device("policer")
    assert passed_of(policer, side, customer, count=15) == 10
    assert policer.counted("exceeded") == {1: 5}


def test_credit_returns_at_the_rate() -> None:
    policer = Device("policer")
    passed_of(policer, "customers", "10.0.1.5", count=10)
    # 1,514 bytes take 1.2112 ms; the clock of a meter ticks every 1.024 us.
    frame = packet("customers", "10.0.1.5")
    assert not passes(policer, "customers", frame, at_s=0.0012)
    assert passes(policer, "customers", frame, at_s=0.0012112 + 0.000002)
    assert not passes(policer, "customers", frame, at_s=0.0012112 + 0.000003)


def test_credit_does_not_grow_beyond_the_burst() -> None:
    policer = Device("policer")
    passed_of(policer, "customers", "10.0.1.5", count=10)
    assert passed_of(policer, "customers", "10.0.1.5", count=15, at_s=3_600) == 10


@pytest.mark.parametrize("size", [64, 590, 1_514])
def test_twice_the_rate_is_cut_to_the_rate(size: int) -> None:
    policer = Device("policer")
    seconds, frame = 0.1, packet("network", "10.0.1.5", size=size)
    offered = round(2 * RATE * seconds / size)
    carried = size * sum(
        passes(policer, "network", frame, at_s=number * seconds / offered) for number in range(offered)
    )
    assert abs(carried - (BURST + RATE * seconds)) <= 2 * size


def test_directions_and_customers_have_buckets_of_their_own() -> None:
    policer = Device("policer")
    for side in ("customers", "network"):
        for customer in ("10.0.1.5", "10.0.2.5"):
            assert passed_of(policer, side, customer, count=12) == 10


def test_the_prefixes_of_a_customer_share_its_bucket() -> None:
    policer = Device("policer")
    assert passed_of(policer, "customers", "10.0.1.5", count=6) == 6
    assert passed_of(policer, "customers", "10.0.1.200", count=2) == 2
    assert passed_of(policer, "customers", "2001:db8:1::5", count=6) == 2


def test_the_longer_prefix_is_another_customer() -> None:
    policer = Device("policer")
    assert passed_of(policer, "customers", "10.0.3.127", count=12) == 10
    assert passed_of(policer, "customers", "10.0.3.128", count=12) == 10
    assert policer.counted("exceeded") == {3: 2, 4: 2}


@pytest.mark.parametrize("side", ["customers", "network"])
@pytest.mark.parametrize("address", ["10.0.4.1", "2001:db8:3::1"])
def test_addresses_of_nobody_are_dropped(side: str, address: str) -> None:
    policer = Device("policer")
    assert not passes(policer, side, packet(side, address))
    assert policer.counted("exceeded") == {}


def test_fragments_count_like_other_packets() -> None:
    policer = Device("policer")
    fragment = bytes(MACS / IP(src="10.0.1.5", dst=WORLD, frag=9, proto=17) / bytes(1_480))
    assert [passes(policer, "customers", fragment) for _ in range(11)] == [True] * 10 + [False]


@pytest.mark.parametrize("side", ["customers", "network"])
def test_arp_passes_and_other_protocols_do_not(side: str) -> None:
    policer = Device("policer")
    assert passes(policer, side, bytes(MACS / ARP()))
    assert not passes(policer, side, bytes(MACS / Raw(b"no protocol")))
