"""Indexes whose leases hold their keys: the native engine reads no entry of them, and nothing may come of that."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from compiler.load import load_source
from compiler.pipeline import run_passes
from compiler.source import Source
from sim.captures import Packet
from sim.interpreter import Run
from sim.native import NativeRun
from tests.differential.cores import became
from tests.differential.native import needs_compiler

PROGRAM = """
use std::net;
port left, right;
struct Pair { host: ip4, port: u16 }
state ids: lease<u8 => Pair> { range: 1..=7, idle: 3ms }
state by_pair: index<Pair => ids>;

on left (p: ipv4 & udp) where p.udp.dport == 1 {
    let found = by_pair.find_or_open(Pair { host: p.ipv4.src, port: p.udp.sport }) else drop;
    p.ipv4.ttl = found.id;
    send right;
}
on left (p: ipv4 & udp) where p.udp.dport == 2 {
    let found = by_pair.find(Pair { host: p.ipv4.src, port: p.udp.sport }) else drop;
    p.ipv4.ttl = found.id;
    send right;
}
on left (p: ipv4 & udp) where p.udp.dport == 3 { ids.close(p.ipv4.ttl); drop }
on right (p: ipv4 & udp) {
    let found = ids.get(p.ipv4.ttl) else drop;
    p.ipv4.src = found.host;
    send left;
}
on left | right (_) { drop }
"""
TICK_NS = 1 << 20

pytestmark = needs_compiler


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("WEFT_CFLAGS", "-O1 -Wall -Wextra -Werror")


def packets(random: Random, count: int) -> list[Packet]:
    """Few hosts and ports, so that keys meet; clocks that tie, jump and go back."""
    now, found = 50 * TICK_NS, []
    for _ in range(count):
        now = max(0, now + random.choice((0, 0, 1, 1, 2, 5, -1, -4)) * TICK_NS)
        ip = IP(src=f"10.0.0.{random.randrange(5)}", dst="10.1.1.1", ttl=random.randrange(9))
        data = bytes(Ether() / ip / UDP(sport=random.randrange(3), dport=random.choice((1, 1, 1, 2, 3))))
        found.append(Packet(now, data, len(data), random.choice((0, 0, 0, 1))))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_it_does_what_the_interpreter_does_and_goes_on_from_a_saved_state(seed: int) -> None:
    program = run_passes(load_source(Source("test.weft", PROGRAM)).program, until="assign_shares")
    random = Random(seed)
    reference, native = Run(program), NativeRun(program)
    seen = set()
    for number, packet in enumerate(packets(random, 1_500)):
        expected = became(reference, packet)
        assert became(native, packet) == expected, number
        seen.add(bool(expected[0]))
        if number % 100 == 99:  # as if it had been saved and loaded
            assert _snapshots(native) == _snapshots(reference), number
            native = NativeRun(program, states=native.states)
    assert seen == {True, False}


@pytest.mark.parametrize("seed", range(6))
def test_batches_do_what_single_packets_do(seed: int) -> None:
    """Within a batch a look-up knows where its key was before the packets in front of it."""
    program = run_passes(load_source(Source("test.weft", PROGRAM)).program, until="assign_shares")
    given = packets(Random(100 + seed), 3_000)
    sent: dict[str, list[Packet]] = {"reference": [], "native": []}
    reference, native = Run(program), NativeRun(program)
    reference.feed(given, send=sent["reference"].append)
    native.feed(given, send=sent["native"].append)
    assert sent["native"] == sent["reference"]
    assert _snapshots(native) == _snapshots(reference)


def _snapshots(run: Run | NativeRun) -> dict[str, object]:
    return {name: state.snapshot() for name, state in run.states.items()}
