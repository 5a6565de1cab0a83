"""Randomness, counters and meters serialise nothing that the program does not ask for."""

from __future__ import annotations

from compiler.analyses import StateClass
from compiler.ir.states import Counter
from tests.decisions.device import Device, classes, codes, load, udp

SAMPLER = """port lan, wan, mirror;
state sampled: counter[256];
on lan (p: ipv4) {
    if random() & 3 == 0 { sampled.add(p.ipv4.proto); clone mirror; }
    if random() & 3 == 0 { p.ipv4.ttl = 1; }
    send wan;
}
on lan | wan | mirror (_) { drop }
"""


def left(device: Device, sport: int, at_s: float) -> tuple[tuple[str, bytes], ...]:
    return tuple(device.send("lan", udp(sport=sport), at_s=at_s))


def test_a_sampling_program_has_no_state_of_its_own() -> None:
    assert all(isinstance(state, Counter) for state in load(SAMPLER).program.states)
    assert [fact.kind for fact in classes(SAMPLER).states] == [StateClass.MERGEABLE]


def test_a_choice_depends_on_the_packet_and_not_on_what_came_before() -> None:
    packets = [(sport, sport % 7) for sport in range(1, 200)]
    forward, backward = Device(SAMPLER), Device(SAMPLER)
    first = {packet: left(forward, *packet) for packet in packets}
    second = {packet: left(backward, *packet) for packet in reversed(packets)}
    assert first == second
    sampled = sum(any(port == "mirror" for port, _ in emissions) for emissions in first.values())
    assert 25 < sampled < 75  # 1 in 4 of 199: five standard deviations


def test_two_places_choose_independently() -> None:
    both = {(False, False): 0, (False, True): 0, (True, False): 0, (True, True): 0}
    device = Device(SAMPLER)
    for sport in range(1, 400):
        emissions = dict(left(device, sport, 0))
        both["mirror" in emissions, emissions["wan"][22] == 1] += 1
    assert all(count > 5 for count in both.values())


def test_packets_count_and_do_not_read_counters() -> None:
    for body in ("let x = sampled[0];", "let x = sampled.get(0);", "if sampled.add(0) > 3 { drop }"):
        text = SAMPLER.replace("if random() & 3 == 0 { p.ipv4.ttl = 1; }", body)
        assert len(codes(text)) == 1, body


def test_a_meter_is_a_register_of_its_key() -> None:
    text = """shares 64; port lan, wan; state limit: meter[65536] { rate: 125_000, burst: 15_000 }
        on lan (p: udp) { if limit.take(p.udp.sport, p.length) { send wan; } drop }
        on lan | wan (_) { drop }"""
    (fact,) = classes(text).states
    assert fact.kind is StateClass.SHARDED
    (fact,) = classes(text.replace("p.udp.sport", "0")).states
    assert fact.kind is StateClass.EXCLUSIVE
