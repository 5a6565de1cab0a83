"""`capacity` is how many keys are expected to fit; what does not fit is said to the program."""

from __future__ import annotations

from random import Random

from tests.decisions.device import Device, number, udp

SEED = 12


def filled(options: str, keys: int, *, seed: int = SEED) -> tuple[Device, int]:
    """A map with that many random keys put into it, and how many found no room."""
    text = f"""port lan, wan;
        state known: map<ip4, u8> {{ {options} }}
        on lan (p: ipv4) {{ known.set(p.ipv4.src, p.ipv4.ttl) else drop; send wan; }}
        on lan | wan (_) {{ drop }}"""
    device, packet = Device(text), bytearray(bytes(udp()))
    refused = 0
    for source in Random(seed).sample(range(number("10.0.0.0"), number("11.0.0.0")), keys):
        packet[26:30] = source.to_bytes(4, "big")
        refused += not device.send("lan", bytes(packet))
    return device, refused


def test_as_many_keys_fit_as_the_program_says() -> None:
    refused = [filled("capacity: 1024", 1024, seed=seed)[1] for seed in range(4)]
    # At most 0.1 % of 4096 are expected to fail; with four, more than twelve come about once in 10^4 times.
    assert sum(refused) <= 12


def test_one_key_for_each_slot_would_not_fit() -> None:
    # The obvious reading of "capacity": simulation gives 20 % failures at load 1 with four ways.
    device, refused = filled("capacity: 1024, sets: 256, ways: 4", 1024)
    assert 0.15 < refused / 1024 < 0.25
    assert len(device.cells("known")) == 1024 - refused


def test_a_key_that_is_there_needs_no_room() -> None:
    text = """port lan, wan;
        state known: map<ip4, u8> { capacity: 1, sets: 1, ways: 1 }
        on lan (p: ipv4) { known.set(p.ipv4.src, p.ipv4.ttl) else drop; send wan; }
        on lan | wan (_) { drop }"""
    device = Device(text)
    first, again, other = udp(), udp(), udp("10.0.0.9")
    again["IP"].ttl = 7
    assert [len(device.send("lan", packet)) for packet in (first, other, again)] == [1, 0, 1]
    assert device.cells("known") == {"10.0.0.5": {"value": 7}}
