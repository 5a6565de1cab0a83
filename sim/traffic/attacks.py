"""Attack traffic: SYN flood, port scan, DNS amplification. All of it arrives from outside unless told otherwise."""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import TypeAlias, assert_never

import numpy as np

from sim.captures import Packet
from sim.traffic.errors import require
from sim.traffic.flows import OUTSIDE, networks, packed_address, usable_hosts
from sim.traffic.frames import Kind, Macs, Plan, frames
from sim.traffic.generator import START_NS
from sim.traffic.streams import Purpose, Stream, poisson_times

_SYN = 0x02

SPOOFED_SOURCES = ("32.0.0.0/3", "64.0.0.0/3")
"""A quarter of the IPv4 space in which every address is ordinary unicast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SynFlood:
    """SYNs from sources and ports drawn evenly to one port of one victim; the handshakes never go on."""

    victim: str
    victim_port: int = 443
    sources: str | Sequence[str] = SPOOFED_SOURCES


@dataclass(frozen=True, slots=True, kw_only=True)
class PortScan:
    """SYNs of one scanner: every port of `ports` (first, last) in a shuffled order, on host after host, and again."""

    scanner: str
    victims: str
    ports: tuple[int, int] = (1, 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsAmplification:
    """Answers to ANY questions that `victim` never asked, from open resolvers, of `response_bytes` of UDP payload."""

    victim: str
    resolvers: str | Sequence[str] = "203.0.113.0/24"
    response_bytes: int = 1_400
    name: str = "example.com"


Attack: TypeAlias = SynFlood | PortScan | DnsAmplification


def generate_attack(
    attack: Attack,
    *,
    packets: int | None = None,
    duration_s: float | None = None,
    rate_pps: int = 10_000,
    seed: int = 1,
    port: int = OUTSIDE,
    macs: Macs | None = None,
    start_ns: int = START_NS,
) -> Iterator[Packet]:
    """Yield the packets of `attack`, a Poisson process of `rate_pps`, until `packets` or `duration_s` is reached.

    Put them into other traffic with `sim.captures.merge`. Bad arguments raise `TrafficError` at once.
    """
    require(packets is not None or duration_s is not None, "say where to stop: packets or duration_s")
    require(packets is None or packets >= 0, f"packets {packets} is below 0")
    require(duration_s is None or 0 <= duration_s < 1e9, f"duration_s {duration_s} is outside 0..1e9")
    require(1 <= rate_pps <= 10**9, f"rate_pps {rate_pps} is outside 1..1e9")
    stream = Stream(seed, Purpose.ATTACK)
    draw = _drawn_packets(attack, stream, port)
    times: Iterator[int] = poisson_times(Stream(seed, Purpose.ARRIVALS), start_ns=start_ns, rate_per_s=rate_pps)
    if duration_s is not None:
        end_ns = start_ns + round(duration_s * 1e9)
        times = takewhile(lambda time_ns: time_ns < end_ns, times)
    return frames((draw(time_ns) for time_ns in islice(times, packets)), macs=macs)


def _drawn_packets(attack: Attack, stream: Stream, port: int) -> Callable[[int], Plan]:
    match attack:
        case SynFlood():
            return _syn_flood(attack, stream, port)
        case PortScan():
            return _port_scan(attack, stream, port)
        case DnsAmplification():
            return _dns_amplification(attack, stream, port)
        case _:
            assert_never(attack)


def _syn_flood(attack: SynFlood, stream: Stream, port: int) -> Callable[[int], Plan]:
    victim = packed_address(attack.victim)
    require(1 <= attack.victim_port <= 65_535, f"victim_port {attack.victim_port} is outside 1..65535")
    draw_source = _hosts(attack.sources, stream, like=victim)

    def draw(time_ns: int) -> Plan:
        return _syn(time_ns, port, draw_source(), victim, 1_024 + stream.below(64_512), attack.victim_port, stream)

    return draw


def _port_scan(attack: PortScan, stream: Stream, port: int) -> Callable[[int], Plan]:
    scanner = packed_address(attack.scanner)
    first_port, last_port = attack.ports
    require(1 <= first_port <= last_port <= 65_535, f"ports {first_port}..{last_port} is not a range within 1..65535")
    (network,) = networks(attack.victims)
    require(network.max_prefixlen == len(scanner) * 8, "scanner and victims have different IP versions")
    first_host, hosts = usable_hosts(network)
    # Sorting random keys is a permutation that every numpy computes alike.
    keys = stream.uniforms(last_port - first_port + 1)
    order = (np.argsort(keys, kind="stable") + first_port).tolist()
    probes = ((host, target) for host in _endless(first_host, hosts) for target in order)
    source_port = 32_768 + stream.below(28_232)

    def draw(time_ns: int) -> Plan:
        host, target = next(probes)
        return _syn(time_ns, port, scanner, host.to_bytes(len(scanner), "big"), source_port, target, stream)

    return draw


def _dns_amplification(attack: DnsAmplification, stream: Stream, port: int) -> Callable[[int], Plan]:
    victim = packed_address(attack.victim)
    draw_resolver = _hosts(attack.resolvers, stream, like=victim)
    answer = _any_answer(attack.name, attack.response_bytes)
    kind = Kind(4 if len(victim) == 4 else 6, "udp")

    def draw(time_ns: int) -> Plan:
        ports = struct.pack(">HH", 53, 1_024 + stream.below(64_512))
        payload = struct.pack(">H", stream.below(65_536)) + answer
        return Plan(time_ns, port, kind, draw_resolver() + victim + ports, 0, 0, 0, payload)

    return draw


def _syn(
    time_ns: int, port: int, source: bytes, destination: bytes, source_port: int, target: int, stream: Stream
) -> Plan:
    kind = Kind(4 if len(source) == 4 else 6, "tcp")
    ends = source + destination + struct.pack(">HH", source_port, target)
    return Plan(time_ns, port, kind, ends, _SYN, stream.below(2**32), 0, b"")


def _hosts(prefixes: str | Sequence[str], stream: Stream, *, like: bytes) -> Callable[[], bytes]:
    """Return a function that draws a host of `prefixes`, all of the IP version of the address `like`."""
    ranges = [usable_hosts(network) for network in networks(prefixes)]
    versions = {network.max_prefixlen // 8 for network in networks(prefixes)}
    require(versions == {len(like)}, f"the prefixes {prefixes!r} and the victim have different IP versions")

    def draw() -> bytes:
        first, count = ranges[stream.below(len(ranges))]
        return (first + stream.below(count)).to_bytes(len(like), "big")

    return draw


def _endless(first: int, count: int) -> Iterator[int]:
    while True:
        yield from range(first, first + count)


def _any_answer(name: str, size: int) -> bytes:
    """Return a DNS answer to `name ANY IN` of `size` bytes, without its two-byte identifier (RFC 1035, section 4).

    It carries TXT records of up to 255 characters each.
    """
    labels = [label.encode("ascii", "replace") for label in name.rstrip(".").split(".")]
    require(all(1 <= len(label) <= 63 for label in labels), f"{name!r} is not a domain name")
    question = b"".join(bytes((len(label),)) + label for label in labels) + b"\0" + struct.pack(">HH", 255, 1)
    room = size - 12 - len(question)
    overhead = 13  # pointer to the name, type, class, time to live, length, length of the one string
    require(room >= overhead and size <= 65_000, f"response_bytes {size} is outside {size - room + overhead}..65000")
    records: list[bytes] = []
    while room >= overhead:
        text = min(255, room - overhead)
        # The rest of the answer must hold another whole record, or nothing.
        if 0 < room - overhead - text < overhead:
            text -= overhead - (room - overhead - text)
        records.append(struct.pack(">HHHIHB", 0xC00C, 16, 1, 3_600, text + 1, text) + b"a" * text)
        room -= overhead + text
    # Response, recursion desired and available, no error; one question.
    header = struct.pack(">HHHHH", 0x8180, 1, len(records), 0, 0)
    return header + question + b"".join(records)
