"""Reductions: exact under loss, duplication, reordering and delay of any packet, whatever the packet claims.

That the rules are right is model-checked in tests/compiler/meaning/test_slot_protocol.py; here a program uses them.
"""

from __future__ import annotations

import struct

import pytest
from scapy.layers.inet import UDP

from sim.state.entries import ControlEntries, Exact, TableEntry
from tests.decisions.device import MACS, Device, udp

PROGRAM = """use std::collective;
header chunk on udp.dport == 4242 {
    job: u8, op: u8, worker: u8, slot: u16, epoch: u32, round: u32, tag: u32, value: u32,
}
port a, b;
table jobs: exact<u8 -> { members: u64, group: multicast }> { size: 4 }
state sums: collective::reduce<u32> { slots: 4 }
on a | b (p: chunk) {
    let job = jobs.get(p.chunk.job) else drop;
    if p.chunk.op > 3 { drop }
    let verdict = sums.contribute(
        slot: p.chunk.slot as u32, epoch: p.chunk.epoch, round: p.chunk.round, tag: p.chunk.tag,
        member: p.chunk.worker, members: job.members, op: p.chunk.op.bits(1, 0), value: p.chunk.value
    );
    match verdict {
        Pending => drop,
        Complete(sum) => { p.chunk.value = sum; multicast job.group }
        Repeat(sum) => { p.chunk.value = sum; reply }
        Stale => drop,
    }
}
on a | b (_) { drop }
"""
LAYOUT = struct.Struct(">BBBHIIII")
ENTRIES = ControlEntries(tables={"jobs": (TableEntry((Exact(1),), (0b11, 9)),)}, multicast={9: (0, 1)})


class Aggregator:
    """Two workers, by ports a and b, in job 1."""

    def __init__(self) -> None:
        self.device = Device(PROGRAM, entries=ENTRIES)

    def send(
        self,
        worker: int,
        round_: int,
        value: int,
        *,
        job: int = 1,
        op: int = 0,
        slot: int = 0,
        epoch: int = 0,
        tag: int = 0,
    ) -> list[tuple[str, int]]:
        """(port, sum) of all that leaves."""
        chunk = LAYOUT.pack(job, op, worker, slot, epoch, round_, tag, value)
        left = self.device.send("ab"[worker & 1], udp(dport=4242, more=chunk))
        results = []
        for port, data in left:
            assert MACS.__class__(data)[UDP].len == len(udp(more=chunk)[UDP])
            results.append((port, LAYOUT.unpack(data[-LAYOUT.size :])[-1]))
        return results


@pytest.fixture
def network() -> Aggregator:
    return Aggregator()


def both(value: int) -> list[tuple[str, int]]:
    return [("a", value), ("b", value)]


def test_an_original_that_its_retransmission_overtook_does_no_harm(network: Aggregator) -> None:
    network.send(1, 0, 5)
    assert network.send(0, 0, 4) == both(9)  # a retransmission; the original is still on its way
    network.send(0, 1, 10)
    assert network.send(1, 1, 20) == both(30)
    network.send(1, 2, 200)
    # Now the original of round 0 arrives, two rounds late: under one bit of version it counted as round 2 (210).
    assert network.send(0, 0, 10) == []
    assert network.send(0, 2, 100) == both(300)


def test_a_held_duplicate_is_answered_and_not_added(network: Aggregator) -> None:
    network.send(0, 0, 1)
    assert network.send(1, 0, 10) == both(11)
    network.send(0, 1, 100)  # worker 0 is ahead; worker 1's copy of the result was lost
    assert network.send(0, 0, 1) == [("a", 11)]  # the duplicate; 12 was the wrong answer
    assert network.send(1, 0, 10) == [("b", 11)]
    assert network.send(1, 1, 1000) == both(1100)
    assert network.send(0, 1, 100) == [("a", 1100)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"worker": 64},
        {"worker": 2},  # a worker that the job does not have
        {"worker": 5},
        {"slot": 4},
        {"slot": 4096},
        {"op": 3},
        {"op": 7},
        {"op": 1},  # another operator than the round's
        {"tag": 7},  # another tensor than the round's
        {"job": 2},
    ],
)
def test_what_does_not_belong_is_refused_and_changes_nothing(network: Aggregator, wrong: dict[str, int]) -> None:
    network.send(0, 0, 1)
    forged = {"worker": 1, **wrong}
    worker = forged.pop("worker")
    for _ in range(3):
        assert network.send(worker, 0, 999, **forged) == []
    assert network.send(1, 0, 10) == both(11)


def test_a_restarted_job_does_not_get_the_sum_of_the_run_before(network: Aggregator) -> None:
    network.send(0, 0, 1)
    assert network.send(1, 0, 10) == both(11)
    assert network.send(0, 0, 2, epoch=1) == []  # not 11
    assert network.send(1, 0, 3, epoch=1) == both(5)


def test_the_packet_never_says_how_many_workers_there_are(network: Aggregator) -> None:
    assert network.send(1, 0, 999) == []  # one contribution is not enough, whoever sends it
    assert network.send(1, 0, 999) == []
    assert network.send(0, 0, 1) == both(1000)


def test_rounds_go_on_past_the_wrap_of_their_number(network: Aggregator) -> None:
    for step in range(4):
        round_ = (0xFFFF_FFFE + step) & 0xFFFF_FFFF
        network.send(0, round_, step)
        assert network.send(1, round_, 10) == both(10 + step)
    assert network.send(0, 0xFFFF_FFFE, 7) == []  # older, though its number is larger
