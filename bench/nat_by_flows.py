"""One NAT on several engines: what they send is compared, then they are timed in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from backends.p4.tools import P4C, find_tool
from bench.bmv2 import time_bmv2
from bench.nat_packets import (
    CHANGED,
    END,
    ETHERNET,
    SIZE,
    SOURCE,
    SOURCE_PORT,
    Numbers,
    Packets,
    answers,
    get,
    odd_packets,
    outgoing,
    sums,
    udp_sums,
)
from bench.native_loops import Kept, Loops, Recording, record_packets, record_rows
from compiler.ir.program import Program
from compiler.ir.states import Index
from compiler.load import load_program, load_source
from compiler.source import Source
from runtime.bmv2.process import SIMPLE_SWITCH
from sim.captures import Packet
from sim.interpreter import Machine
from sim.state import NO_ENTRIES, build_states
from tests.bmv2 import Bmv2Engine
from tests.engines import Arrival
from weft.bundled import bundled_examples

LAN, WAN = 0, 1
CONTENDERS = ("by hand", "native")
PACKETS_TIMED = 4_000_000  # a round
INTERPRETER_PACKETS = 50_000
BMV2_PACKETS = 20_000
HAND_WAYS = 8  # of nat_by_hand.c
EXPIRED_NS = 400 * 10**9

# The example's NAT with more than one public address: a session's number is an address and a port.
NAT_OF_A_BLOCK = """\
use std::net;

pair lan <-> wan;
const BLOCK: ip4 = 198.18.0.0;

state sessions: lease<u32 => net::Flow> { range: 1024..=1572863, idle: 300s }
state by_flow: index<net::Flow => sessions>;

on lan (p: ipv4 & l4) {
    let session = by_flow.find_or_open(p.flow()) else drop;
    p.ipv4.src = (BLOCK as u32 + (session.id >> 16)) as ip4;
    p.l4.sport = session.id as u16;
    send wan;
}

on wan (p: ipv4 & l4) where (p.ipv4.dst as u32 - BLOCK as u32) < 24 {
    let inner = sessions.get((p.ipv4.dst as u32 - BLOCK as u32) << 16 | p.l4.dport as u32) else drop;
    if p.ipv4.src != inner.dst || p.l4.sport != inner.dport || p.ipv4.proto != inner.proto { drop }
    p.ipv4.dst = inner.src;
    p.l4.dport = inner.sport;
    send lan;
}

on lan | wan (_) { drop }
"""


@dataclass(frozen=True, slots=True)
class Nat:
    """A NAT and how many flows it is measured with. `packets` are those of one pass, in random order of flows."""

    flows: int
    packets: int
    first_address: int
    addresses: int
    buckets: int

    def program(self) -> Program:
        if self.addresses == 1:
            return load_program(bundled_examples() / "nat" / "nat.weft").program
        return load_source(Source("nat_of_a_block.weft", NAT_OF_A_BLOCK)).program

    @property
    def flags(self) -> tuple[str, ...]:
        """What makes the NAT written by hand the same."""
        return (
            f"-DPUBLIC_ADDRESS={self.first_address:#x}u",
            f"-DADDRESSES={self.addresses}u",
            f"-DBUCKETS={self.buckets}u",
        )


NATS = (
    Nat(flows=10_000, packets=1 << 15, first_address=0xCB007101, addresses=1, buckets=1 << 14),
    Nat(flows=1_000_000, packets=1 << 21, first_address=0xC6120000, addresses=24, buckets=1 << 18),
)


@dataclass(frozen=True, slots=True)
class NatFigures:
    """One line of the table. `ns` a packet, without `loop_ns`, which the loop around it costs."""

    flows: int
    direction: str
    engine: str
    ns: float
    loop_ns: float
    of_by_hand: float
    load: float
    failed: int

    def as_dict(self) -> Mapping[str, Any]:
        return asdict(self)


def measure_nat(nat: Nat, *, rounds: int, slow: bool) -> list[NatFigures]:
    """By hand and native, from lan only and from both sides; with `slow` the interpreter and bmv2 as well."""
    program, packets = nat.program(), outgoing(nat.flows)
    check_odd_packets(nat, program)
    loops = Loops(program, flags=nat.flags)
    translated = {engine: loops.keep(engine, record_rows(packets, ports=LAN)) for engine in CONTENDERS}
    failed = {engine: int((kept.ports != WAN).sum()) for engine, kept in translated.items()}
    check_translations(loops, packets, translated)
    slots = {"by hand": nat.buckets * HAND_WAYS, "native": index_slots(program)}
    rng = np.random.default_rng(2)
    which = rng.integers(nat.flows, size=nat.packets)
    found: list[NatFigures] = []
    for direction in ("from lan", "both ways"):
        ports = rng.integers(2, size=nat.packets) if direction == "both ways" else np.zeros(nat.packets, dtype=int)
        recordings = {
            engine: mixed(packets, answers(kept.packets), which, ports) for engine, kept in translated.items()
        }
        ns = time_in_turns(loops, recordings, rounds=rounds)
        loop_ns = ns.pop("nothing")
        if slow:
            ns |= time_slow_engines(nat, program, packets, rows_of(packets, answers(packets), which, ports), ports)
        by_hand = ns["by hand"] - loop_ns
        for engine, each in ns.items():
            spent = loop_ns if engine in CONTENDERS else 0.0
            used = slots.get(engine, slots["native"])
            found.append(
                NatFigures(
                    flows=nat.flows,
                    direction=direction,
                    engine=engine,
                    ns=each - spent,
                    loop_ns=spent,
                    of_by_hand=by_hand / (each - spent),
                    load=nat.flows / used,
                    failed=failed.get(engine, 0),
                )
            )
    return found


def index_slots(program: Program) -> int:
    return sum(state.sets * state.ways for state in program.states if isinstance(state, Index))


# --- comparing


def check_translations(loops: Loops, packets: Packets, translated: Mapping[str, Kept]) -> None:
    """Every flow has a public end of its own, all else and the checksums are right, and answers find the way back."""
    for engine, kept in translated.items():
        sent = kept.ports == WAN
        rows, given = kept.packets[sent], packets[sent]
        expect(sent.mean() > 0.999, f"{engine}: {(~sent).sum()} flows got no session")
        expect(unchanged(rows, given), f"{engine}: more was changed than addresses, ports and checksums")
        expect(checksums_are_right(rows), f"{engine}: checksums are wrong")
        ends = get(rows, SOURCE, size=4) << 16 | get(rows, SOURCE_PORT, size=2)
        expect(len(np.unique(ends)) == len(rows), f"{engine}: two flows have one public end")
        back = loops.keep(engine, record_rows(answers(rows), ports=WAN))
        expect((back.ports == LAN).all(), f"{engine}: answers were dropped")
        expect((back.packets == answers(given)).all(), f"{engine}: answers come back changed")
        strangers = answers(rows)
        strangers[:, SOURCE + 3] ^= 1
        expect((loops.keep(engine, record_rows(strangers, ports=WAN)).ports == -1).all(), f"{engine}: strangers got in")


def check_odd_packets(nat: Nat, program: Program) -> None:
    """Both drop the same packets, and make the same of the others but for the public end; sessions end."""
    loops = Loops(program, flags=nat.flags)
    given = odd_packets()
    recording = record_packets([Packet(1000, data, len(data), LAN) for data in given])
    by_hand, native = (loops.keep(engine, recording) for engine in CONTENDERS)
    expect((by_hand.ports == native.ports).all(), "the NATs do not drop the same packets")
    expect(0 < (native.ports == WAN).sum() < len(given), "some odd packets are to be dropped")
    for number in np.flatnonzero(native.ports == WAN):
        size = min(len(given[number]), SIZE)
        both = [bytes(kept.packets[number, :size]) for kept in (by_hand, native)]
        expect(without_public_end(both[0]) == without_public_end(both[1]), f"odd packet {number} differs")
    for engine, kept in zip(CONTENDERS, (by_hand, native), strict=True):
        one = answers(kept.packets[:1])
        in_time = loops.keep(engine, record_rows(one, ports=WAN))
        late = loops.keep(engine, record_rows(one, ports=WAN, first_ns=EXPIRED_NS))
        expect(in_time.ports[0] == LAN and late.ports[0] == -1, f"{engine}: sessions do not end")


def without_public_end(packet: bytes) -> tuple[bytes, int, int, bool]:
    """What must not depend on the address and the port that a flow was given, checksums included.

    These stand for what they are added to: the sums modulo 0xffff of the IP header, and of all behind it together
    with the addresses. Of a UDP packet without a checksum all that is known is that it has none.
    """
    transport = ETHERNET + 4 * (packet[ETHERNET] & 15)
    is_tcp = packet[ETHERNET + 9] == 6
    checksum = transport + (16 if is_tcp else 6)
    rest = bytearray(packet)
    for at, size in ((SOURCE, 4), (ETHERNET + 10, 2), (transport, 2), (checksum, 2)):
        rest[at : at + size] = bytes(size)
    has_checksum = is_tcp or packet[checksum : checksum + 2] != bytes(2)
    summed = sum_of(packet[SOURCE : SOURCE + 8]) + sum_of(packet[transport:]) if has_checksum else 0
    return bytes(rest), sum_of(packet[ETHERNET:transport]) % 0xFFFF, summed % 0xFFFF, has_checksum


def sum_of(words: bytes) -> int:
    return sum(int.from_bytes(words[at : at + 2].ljust(2, b"\0")) for at in range(0, len(words), 2))


def unchanged(rows: Packets, given: Packets) -> bool:
    """Whether rows differ only where a NAT changes packets that go out."""
    may_differ = np.zeros(rows.shape[1], dtype=bool)
    for part in CHANGED:
        may_differ[part] = True
    return bool((rows[:, ~may_differ] == given[:, ~may_differ]).all())


def checksums_are_right(rows: Packets) -> bool:
    return bool((sums(rows, ETHERNET, END) == 0xFFFF).all() and (udp_sums(rows) == 0xFFFF).all())


def expect(holds: bool | np.bool_, what: str) -> None:
    if not holds:
        raise SystemExit(what)


# --- timing


def rows_of(packets: Packets, back: Packets, which: Numbers, ports: Numbers) -> Packets:
    rows = packets[which]
    rows[ports == WAN] = back[which][ports == WAN]
    return rows


def mixed(packets: Packets, back: Packets, which: Numbers, ports: Numbers) -> Recording:
    return record_rows(rows_of(packets, back, which, ports), ports=ports, first_ns=10**9)


def time_in_turns(loops: Loops, recordings: Mapping[str, Recording], *, rounds: int) -> dict[str, float]:
    """Nanoseconds a packet of each contender, and of the loop with "nothing" in it: medians."""
    turns = {**recordings, "nothing": recordings["native"]}
    found: dict[str, list[float]] = {engine: [] for engine in turns}
    for _ in range(rounds):
        for engine, recording in turns.items():
            passes = max(1, PACKETS_TIMED // len(recording))
            sent, seconds = loops.feed(engine, recording, passes=passes)
            expect(sent >= passes * len(recording) * 0.999, f"{engine}: packets were dropped")
            found[engine].append(seconds * 1e9 / (passes * len(recording)))
    return {engine: statistics.median(times) for engine, times in found.items()}


def time_slow_engines(nat: Nat, program: Program, packets: Packets, rows: Packets, ports: Numbers) -> dict[str, float]:
    """Nanoseconds a packet. Answers are not those of this engine's sessions, so only packets from lan are taken."""
    if (ports == WAN).any():
        return {}
    opening = [Packet(1000 * number, row.tobytes(), row.size, LAN) for number, row in enumerate(packets)]
    later_ns = 1000 * len(opening)
    some = rows[:INTERPRETER_PACKETS]
    timed = [Packet(later_ns + 1000 * number, row.tobytes(), row.size, LAN) for number, row in enumerate(some)]
    found = {"interpreter": time_interpreter(program, opening, timed)}
    if nat.addresses == 1 and find_tool(P4C) is not None and find_tool(SIMPLE_SWITCH) is not None:
        given = [Arrival("lan", packet.data, packet.time_ns) for packet in (*opening, *timed[:BMV2_PACKETS])]
        found["bmv2"] = time_bmv2(Bmv2Engine(), program, NO_ENTRIES, given) * 1e9 / len(given)
    return found


def time_interpreter(program: Program, opening: list[Packet], timed: list[Packet]) -> float:
    machine = Machine(program, states=build_states(program))
    for time_ns, data, wire_length, port in opening:
        machine.process(data, port=port, now=time_ns, wire_length=wire_length)
    before = time.perf_counter()
    for time_ns, data, wire_length, port in timed:
        machine.process(data, port=port, now=time_ns, wire_length=wire_length)
    return (time.perf_counter() - before) * 1e9 / len(timed)
