"""A whole program: address translation, over captures, with what observers and summaries say of it."""

from __future__ import annotations

import random

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Packet as ScapyPacket

from compiler.ir.accesses import IndexOpen, LeaseGet
from compiler.ir.emissions import Drop, Send, WriteField
from compiler.ir.verify import verify
from sim.captures import Packet
from sim.interpreter import (
    Access,
    AccessKind,
    AccessLog,
    DropPlace,
    GuardTest,
    Machine,
    Run,
    Trace,
    Traffic,
    every,
    run,
)
from sim.state import build_states
from tests.sim.interpreter.frames import FRAME
from tests.sim.interpreter.nat import IDLE_NS, LAN, WAN, nat_program

PUBLIC = "203.0.113.1"
UNUSED = bytes(FRAME / IP(src="192.0.2.9", dst=PUBLIC) / UDP(sport=53, dport=2000))


def inside(host: int, sport: int, *, l4: type[ScapyPacket] = UDP) -> bytes:
    return bytes(FRAME / IP(src=f"10.0.0.{host}", dst="192.0.2.9") / l4(sport=sport, dport=53) / b"question")


def answer(to: bytes) -> bytes:
    """The answer of the server to a translated packet."""
    sent = Ether(to)
    l4 = type(sent[IP].payload)
    return bytes(
        FRAME
        / IP(src=sent[IP].dst, dst=sent[IP].src)
        / l4(sport=sent[IP].payload.dport, dport=sent[IP].payload.sport)
        / b"answer"
    )


def at(now: int, port: int, data: bytes) -> Packet:
    return Packet(now, data, len(data), port)


def test_the_program_is_valid() -> None:
    verify(nat_program())


@pytest.mark.parametrize("l4", [UDP, TCP])
def test_flows_are_translated_there_and_back(l4: type[ScapyPacket]) -> None:
    program = nat_program()
    machine = Machine(program, states=build_states(program))
    for host in range(1, 20):
        data = inside(host, 4000 + host, l4=l4)
        first, second = (machine.process(data, port=LAN, now=0).emissions for _ in range(2))
        assert first == second  # the second packet finds the session of the first
        ((port, sent, _),) = first
        wanted = Ether(data)
        wanted[IP].src, wanted[IP].payload.sport = PUBLIC, 1023 + host
        del wanted[IP].chksum, wanted[IP].payload.chksum
        assert (port, sent) == (WAN, bytes(wanted))
        ((port, back, _),) = machine.process(answer(sent), port=WAN, now=0).emissions
        wanted = Ether(answer(sent))
        wanted[IP].dst, wanted[IP].payload.dport = f"10.0.0.{host}", 4000 + host
        del wanted[IP].chksum, wanted[IP].payload.chksum
        assert (port, back) == (LAN, bytes(wanted))


def test_ports_run_out_and_come_back_when_their_sessions_are_idle() -> None:
    program = nat_program(first=5000, last=5001)
    machine = Machine(program, states=build_states(program))
    sent = [machine.process(inside(1, port), port=LAN, now=0).emissions for port in (1, 2, 3)]
    assert [bool(emissions) for emissions in sent] == [True, True, False]
    machine.process(answer(sent[0][0].data), port=WAN, now=IDLE_NS)
    ((_, late, _),) = machine.process(inside(1, 3), port=LAN, now=IDLE_NS + (2 << 20)).emissions
    assert Ether(late)[UDP].sport == 5001  # the answer kept 5000 in use
    machine.process(inside(1, 4), port=LAN, now=0)  # a clock that goes back makes nothing older


def test_a_summary_tells_ports_drops_and_unhandled_packets() -> None:
    program = nat_program(first=5000, last=5000)
    sent: list[Packet] = []
    arp = bytes(FRAME / ARP())
    ping = bytes(FRAME / IP(src="10.0.0.1", dst="192.0.2.9") / ICMP())
    packets = [
        at(30, LAN, inside(1, 1)),
        at(10, LAN, inside(1, 2)),
        at(20, LAN, arp),
        at(20, LAN, ping),
        at(40, WAN, UNUSED),
    ]
    summary = run(program, packets, send=sent.append)
    assert [(packet.time_ns, packet.port, len(packet.data)) for packet in sent] == [(30, WAN, 50)]
    lan = sum(len(packet.data) for packet in packets[:4])
    assert summary.received == [Traffic(4, lan), Traffic(1, len(UNUSED))]
    assert summary.sent == [Traffic(0, 0), Traffic(1, 50)]
    assert summary.packets == 5
    assert summary.unhandled == 2
    assert summary.dropped == {
        DropPlace("<generated>", 1, 1, "drop"): 2,
        DropPlace("<generated>", 1, 1, "unhandled"): 2,
    }
    assert (summary.first_ns, summary.last_ns, summary.lost) == (10, 40, 0)


def test_a_run_goes_on_where_it_stopped() -> None:
    program = nat_program()
    whole: list[Packet] = []
    parts: list[Packet] = []
    packets = [at(i, LAN, inside(i % 7 + 1, i % 3)) for i in range(60)]
    total = run(program, packets, send=whole.append)
    started = Run(program)
    for packet in packets:
        started.feed([packet], send=parts.append)
    assert parts == whole
    assert started.summary == total


def test_a_trace_shows_operations_values_guards_and_state_in_order() -> None:
    program, trace = nat_program(), Trace()
    machine = Machine(program, states=build_states(program), observer=trace)
    outcome = machine.process(inside(1, 4000), port=LAN, now=7)
    machine.process(inside(1, 4000), port=LAN, now=8)
    first, second = trace.packets
    assert first.arrival.headers == ("ethernet", "ipv4", "udp")
    assert (first.arrival.port, first.arrival.now_ns, first.arrival.data) == (LAN, 7, inside(1, 4000))
    flow = (0x0A000001, 0xC0000209, 17, 4000, 53)
    (opened,) = [e for e in first.executions if isinstance(e.operation, IndexOpen)]
    assert opened.operands == (*flow, *flow)
    assert opened.results == (1, 1, 1024, *flow)
    assert (opened.before, opened.after) == (None, (1024, flow))
    (found,) = [e for e in second.executions if isinstance(e.operation, IndexOpen)]
    assert found.results == (1, 0, 1024, *flow)
    assert found.before == found.after == (1024, flow)
    assert [e.emission for e in first.departures] == outcome.emissions
    assert isinstance(first.executions[-1].operation, Send)
    assert not any(isinstance(e.operation, LeaseGet | Drop) for e in first.executions)
    written = [e.operation.field for e in first.executions if isinstance(e.operation, WriteField)]
    assert written == ["src", "sport"]
    truth = {test.guard: test.holds for test in first.guard_tests}
    for event in first.executions:
        guard = event.operation.guard
        while guard:
            assert truth[guard]
            guard = program.guards[guard].parent
    tests = [i for i, event in enumerate(first.events) if isinstance(event, GuardTest)]
    assert tests == sorted(tests) and len(tests) == len(first.guard_tests) > 0


def test_a_trace_keeps_the_last_packets_only() -> None:
    program, trace = nat_program(), Trace(most=2)
    run(program, [at(i, LAN, inside(1, i)) for i in range(5)], observer=trace)
    assert [packet.arrival.now_ns for packet in trace.packets] == [3, 4]


def test_observers_change_nothing() -> None:
    program = nat_program(first=5000, last=5010)
    rng = random.Random(5)
    packets = [at(rng.randrange(2 * IDLE_NS), LAN, inside(rng.randrange(1, 9), rng.randrange(4))) for _ in range(300)]
    packets += [at(IDLE_NS, WAN, UNUSED)]
    plain: list[Packet] = []
    observed: list[Packet] = []
    states = [build_states(program), build_states(program)]
    assert run(program, packets, states=states[0], send=plain.append) == run(
        program, packets, states=states[1], send=observed.append, observer=every(Trace(), AccessLog(program))
    )
    assert plain == observed
    snapshots = [{name: state.snapshot() for name, state in of.items()} for of in states]
    assert snapshots[0] == snapshots[1]


def test_an_access_log_tells_who_touched_what_in_which_order() -> None:
    program = nat_program(first=5000, last=5000)
    log = AccessLog(program)
    packets = [at(0, LAN, inside(1, 1)), at(1, LAN, inside(1, 1)), at(2, LAN, inside(1, 2)), at(3, WAN, UNUSED)]
    run(program, packets, observer=log)
    one, two = ((0x0A000001, 0xC0000209, 17, sport, 53) for sport in (1, 2))
    assert log.accesses == [
        Access(0, "by_flow", 0, one, AccessKind.WRITE),
        Access(0, "sessions", 0, (), AccessKind.WRITE),
        Access(0, "sessions", 0, (5000,), AccessKind.WRITE),
        Access(1, "by_flow", 0, one, AccessKind.READ),
        Access(1, "sessions", 0, (5000,), AccessKind.REFRESH),
        Access(2, "by_flow", 0, two, AccessKind.WRITE),
        Access(2, "sessions", 0, (), AccessKind.WRITE),
        Access(3, "sessions", 0, (2000,), AccessKind.READ),
    ]


SEEDS = (inside(1, 9), inside(2, 9, l4=TCP), UNUSED, bytes(FRAME / ARP()))


def hostile(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randrange(4)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return (
        bytes(data[: rng.choice((len(data), rng.randrange(len(data) + 1)))])
        if rng.random() < 0.9
        else rng.randbytes(60)
    )


def process_hostile_packets(count: int) -> None:
    rng = random.Random(count)
    program = nat_program()
    machine = Machine(program, states=build_states(program))
    for _ in range(count):
        data = hostile(rng)
        outcome = machine.process(data, port=rng.randrange(2), now=rng.randrange(2**64))
        assert isinstance(outcome.final, Drop) == (not outcome.emissions)
        assert all(len(emission.data) == len(data) for emission in outcome.emissions)


def test_hostile_packets_are_translated_or_dropped() -> None:
    process_hostile_packets(2_000)


@pytest.mark.long
def test_many_hostile_packets_are_translated_or_dropped() -> None:
    process_hostile_packets(100_000)
