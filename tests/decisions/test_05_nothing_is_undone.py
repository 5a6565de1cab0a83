"""`drop` decides the packet's fate and undoes nothing; entries can be asked for room first."""

from __future__ import annotations

import pytest

from tests.decisions.device import Device, codes, said, udp

TAKEN_THEN_STORED = """port lan, wan;
state ports: lease<u16 => u8> { range: 1..=64, idle: 60s }
state outbound: map<ip4, u16> { capacity: 16, sets: 1, ways: 2 }
on lan (p: ipv4) {
    let fresh = ports.open(0) else drop;
    outbound.set(p.ipv4.src, fresh.id) else drop;
    send wan;
}
on lan | wan (_) { drop }
"""

ASKED_FIRST = TAKEN_THEN_STORED.replace(
    "let fresh = ports.open(0) else drop;\n    outbound.set(p.ipv4.src, fresh.id) else drop;",
    """let entry = outbound.find(p.ipv4.src);
    if !entry.has_room { drop }
    let fresh = ports.open(0) else drop;
    entry.set(fresh.id);""",
)


def three_hosts(text: str) -> Device:
    device = Device(text)
    left = [len(device.send("lan", udp(f"10.0.0.{n}"))) for n in (1, 2, 3)]
    assert left == [1, 1, 0]  # the only set has two ways
    return device


def test_effects_before_a_drop_stay() -> None:
    text = """port lan, wan; state seen: u32[256]; counter_ HIT
        on lan (p: ipv4) { seen[p.ipv4.proto] += 1; hits.add(0); clone wan; drop }
        on lan | wan (_) { drop }""".replace("counter_ HIT", "state hits: counter[1];")
    device = Device(text)
    assert [port for port, _ in device.send("lan", udp())] == ["wan"]  # the clone is out
    assert device.cells("seen") == {"17": 1}
    assert device.cells("hits") == {"0": {"packets": 1, "bytes": len(bytes(udp()))}}


def test_an_id_taken_before_a_drop_is_lost_and_the_compiler_says_so() -> None:
    (warning,) = said(TAKEN_THEN_STORED)
    assert warning.code == "W0902"
    assert "has_room" in (warning.help or "")
    assert len(three_hosts(TAKEN_THEN_STORED).cells("ports")) == 3  # two hosts have one each; the third id leaked


def test_an_entry_asked_for_room_first_loses_nothing() -> None:
    assert codes(ASKED_FIRST) == []
    assert len(three_hosts(ASKED_FIRST).cells("ports")) == 2


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("let a = m.find(S); let b = m.find(D); a.set(1) else drop; b.set(2) else drop;", ["W0901"]),
        ("let a = m.find(S); m.set(D, 1) else drop; a.remove();", ["W0901"]),
        ("let a = m.find(S); a.set(1) else drop; let b = m.find(D); b.set(2) else drop;", []),
        ("let a = m.find(S); let b = m.find(D); if a.present && b.present { a.set(1); b.set(2); }", []),
        ("let a = m.find(S); let b = m.find(D); if !a.present || !b.present { drop } a.set(1); b.set(2);", []),
        (
            "let a = m.find(S); let b = m.find(D); if a.present || b.present { a.set(1) else {} b.set(2) else {} }",
            ["W0901"],
        ),
        # A slot that is live belongs to nobody else, whatever other keys are put.
        ("let a = m.find(S); m.set(D, 1) else {} if a.present { a.set(2); }", []),
        ("let a = m.find(S); m.set(D, 1) else {} if a.present && p.ipv4.ttl > 3 { a.set(2); }", []),
        ("let a = m.find(S); m.set(D, 1) else {} if !a.present { a.set(2) else {} }", ["W0901"]),
        ("let a = m.find(S); let b = n.find(D); a.set(1) else drop; b.set(2) else drop;", []),
    ],
)
def test_an_entry_is_used_only_while_it_is_surely_its_own(body: str, wanted: list[str]) -> None:
    text = f"""port lan, wan; state m: map<ip4, u8> {{ capacity: 16 }} state n: map<ip4, u8> {{ capacity: 16 }}
        on lan (p: ipv4) {{ {body.replace("S", "p.ipv4.src").replace("D", "p.ipv4.dst")} send wan; }}
        on lan | wan (_) {{ drop }}"""
    assert codes(text) == wanted


def test_an_entry_reads_as_found_and_is_written_once_found() -> None:
    text = """port lan, wan; state m: map<ip4, u8> { capacity: 16 }
        on lan (p: ipv4) { let e = m.find(p.ipv4.src); e.set(e.value + 3) else drop; p.ipv4.ttl = e.value; send wan; }
        on lan | wan (_) { drop }"""
    device = Device(text)
    assert [device.send("lan", udp())[0][1][22] for _ in range(3)] == [0, 3, 6]
    assert device.cells("m") == {"10.0.0.5": {"value": 9}}
