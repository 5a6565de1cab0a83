"""What bmv2 and p4c get wrong without a word: a program that would fall in, for each, on the real switch.

The reference is the interpreter: packets of every port byte for byte, digests in order, and the state at the end.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath

import pytest
from scapy.compat import raw
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

from backends.p4.compile import compile_program
from compiler.ir.program import Program
from compiler.load import load_source
from compiler.source import Source
from sim.state import NO_ENTRIES, ControlEntries, Exact, TableEntry
from tests.bmv2 import Bmv2Engine, needs_bmv2
from tests.engines import Arrival, InterpreterEngine
from tests.examples.corpus import EXAMPLES, example_program


@dataclass(frozen=True)
class Trap:
    name: str
    items: str
    body: str  # of the handler of UDP packets that come in by `lan`
    packets: tuple[bytes, ...]
    reaches: str  # what the interpreter must show, so that the trap is there at all: "wan", "digests" or a state
    entries: tuple[tuple[str, tuple[TableEntry, ...]], ...] = ()


def udp(payload: bytes = b"", *, sport: int = 7, dport: int = 4242, vlan: int | None = None) -> bytes:
    tag = () if vlan is None else (Dot1Q(vlan=vlan),)
    packet = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    for layer in tag:
        packet = packet / layer
    return raw(packet / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=sport, dport=dport) / Raw(payload))


def payloads(sizes: list[int], *, first: bytes = b"") -> tuple[bytes, ...]:
    numbers = random.Random(7)
    return tuple(udp(first + numbers.randbytes(size), sport=numbers.randrange(1 << 16)) for size in sizes)


def _length_and(size: int) -> bytes:
    return udp(size.to_bytes(2, "big") + random.Random(size).randbytes(size))


TRAPS = [
    Trap(
        "a loop runs as often as it says, not once",
        "state sums: u32[8];",
        "for i in 0..5 { sums[i] += p.length + i; }\n    send wan;",
        payloads([3, 4, 50]),
        "sums",
    ),
    Trap(
        "equal digests arrive one by one",
        "struct Seen { source: ip4 }",
        "digest Seen { source: p.ipv4.src };\n    digest Seen { source: p.ipv4.src };\n    send wan;",
        (udp(b"same"),) * 40,
        "digests",
    ),
    Trap(
        "a burst is not lost in a queue of 64 packets",
        "",
        "send wan;",
        (udp(bytes(1000)),) * 1500,
        "wan",
    ),
    Trap(
        "state of more than 63 bits is read back whole",
        "state wide: u64[2];\nstate wider: u130[2] = 3;\nstate lanes: u64[3][2];",
        "wide[0] -= p.udp.sport as u64;\n    wider[1] -= p.udp.sport as u130;\n"
        "    lanes[1] -= [1, p.udp.sport as u64, 3];\n    send wan;",
        payloads([0] * 5),
        "wide",
    ),
    Trap(
        "one table is looked up twice",
        "table next: exact<u16 -> u16> { size: 8, default: 99 }",
        "let one = next.get(p.udp.sport);\n    let two = next.get(one);\n"
        "    p.udp.sport = two;\n    p.udp.dport = one;\n    send wan;",
        tuple(udp(sport=port) for port in (1, 2, 3, 4)),
        "wan",
        (("next", tuple(TableEntry((Exact(key),), (value,), 0) for key, value in ((1, 2), (2, 3), (3, 1)))),),
    ),
    Trap(
        "a blob of any length passes, and one cut short is payload",
        "header block on udp.dport == 4242 { size: u16, rest: bytes[size] }\nstate seen: u32;",
        "if p.has(block) { seen += p.block.size as u32; }\n    send wan;",
        (*map(_length_and, (0, 1, 239, 240, 241, 480, 1000)), udp(b"\xff\xff" + bytes(300)), udp(b"\0")),
        "seen",
    ),
    Trap(
        "fields of a header that this packet lacks count as zero",
        "state drawn: u32[64];",
        "let tag = if p.has(vlan) { p.vlan.vid } else { 0 };\n"
        "    drawn[p.udp.sport & 63] = random() ^ tag as u32;\n    send wan;",
        tuple(udp(b"x", sport=n, vlan=n if n % 2 else None) for n in range(1, 20)),
        "drawn",
    ),
    Trap(
        "an index out of range is not read and not written",
        "state cells: u32[5] = 9;\nstate read: u32;",
        "let found = cells.get(p.udp.sport) else { 1000 };\n    read += found;\n"
        "    if p.udp.sport < 5 { cells[p.udp.sport] += 1; }\n    send wan;",
        tuple(udp(sport=port) for port in (4, 5, 6, 255, 65535, 0)),
        "read",
    ),
    Trap(
        "a clone is the packet as it stood, and knows what was found out before",
        "state count: u32;\nstruct Told { count: u32, ttl: u8 }",
        "count += 1;\n    p.ipv4.ttl = 5;\n    clone p.port;\n    p.ipv4.ttl = 4;\n"
        "    clone lan with packet { eth { type: 0x1234 }, count, now as u64, p.from(ipv4) };\n"
        "    digest Told { count, ttl: p.ipv4.ttl };\n    p.udp.sport = count as u16;\n    send wan;",
        payloads([0, 20, 100]),
        "digests",
    ),
    Trap(
        "divisions, shifts and slices that p4c has no words for",
        "header wide on udp.dport == 4242 { bits: u600, by: u16, _: u24 }\nstate parts: u64[8];",
        "if p.has(wide) {\n        parts[0] = p.wide.bits.bits(599, 540) as u64 / 10;\n"
        "        parts[1] = p.wide.by as u64 % 1_000_003;\n        parts[2] = parts[1] << p.wide.by;\n"
        "        parts[3] = (p.wide.bits >> 300) as u64;\n        parts[4] = p.wide.by as u64 / 255;\n"
        "        p.wide.bits = (p.wide.bits << 257) ^ (p.wide.bits >> 511);\n    }\n    send wan;",
        payloads([80] * 12),
        "parts",
    ),
    Trap(
        "a new header of odd length has a checksum over all of it",
        "header odd on udp.dport == 4242 { kind: u16, sum: u16 = checksum(header), last: u8 }",
        "send wan with packet { odd { kind: 5, last: p.ipv4.ttl }, p };",
        payloads([5, 6, 9]),
        "wan",
    ),
    Trap(
        "names that P4 or the generated program has a meaning for",
        "header table on udp.dport == 4242 { apply: u8, default: u8 }\nheader test on table { bit: u16 }\n"
        "state packets: u32; // a path C:\\\nstate ingress: counter[2];\nstate register: map<u16, u8> { capacity: 8 }\n"
        "tunable hash: u32 = 6;",
        "packets += hash; // and one \\\n    ingress.add(1);\n    register.set(p.udp.sport, 1) else {}\n"
        "    if p.has(test) { p.table.default = p.table.apply; p.test.bit = 9; }\n    send wan;",
        payloads([0, 1, 2, 4, 9]),
        "packets",
    ),
]


@cache
def program_of(trap: Trap) -> Program:
    text = (
        f"use std::net;\n\nport lan, wan;\n{trap.items}\n\n"
        f"on lan (p: eth & ipv4 & udp) {{\n    {trap.body}\n}}\n\non lan | wan (_) {{ send lan; }}\n"
    )
    return load_source(Source("trap.weft", text)).program


@pytest.fixture(scope="module")
def engine() -> Iterator[Bmv2Engine]:
    yield Bmv2Engine()


@needs_bmv2
@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.name.replace(" ", "-"))
def test_no_program_falls_in(trap: Trap, engine: Bmv2Engine) -> None:
    program = program_of(trap)
    entries = ControlEntries(tables=dict(trap.entries)) if trap.entries else NO_ENTRIES
    packets = [Arrival("lan", data, (n + 1) * 1_000_000, len(data)) for n, data in enumerate(trap.packets)]
    expected = InterpreterEngine().run(program, entries, packets)
    reached = {"wan": expected.emissions.get("wan"), "digests": expected.digests}
    assert reached.get(trap.reaches, expected.state.get(trap.reaches))
    assert engine.build(program).warnings == ()
    assert engine.run(program, entries, packets) == expected


# --- constructs that are never written

EXAMPLE_NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/*.weft"))
_FORBIDDEN = {
    "loops run once": r"\bfor\s*\(",
    "metadata is lost or late": r"\b(recirculate|resubmit|clone)\w*\s*\(",
    "digests are de-duplicated": r"\bdigest\s*[<(]",
    "an index out of a stack's range ends the switch": r"\[[a-z_]\w*\]\s*\.",
    "division is for powers of two": r"[^/*]/[^/*]|%",
    "slices have constant bounds": r"\[[^\]:]*[A-Za-z_][^\]]*:[^\]]*\]",
    "meters and counters of v1model cannot be compared": r"\b(direct_)?(meter|counter)\s*[<(]",
}


@cache
def code_of(name: str) -> str:
    """The P4 without comments and texts; `trap N` for one of the programs above."""
    number = name.removeprefix("trap ")
    program = program_of(TRAPS[int(number)]) if name.startswith("trap ") else example_program(name)
    files = compile_program(program)
    p4 = next(content for path, content in files.items() if path.suffix == ".p4" and path.parent == PurePath())
    return re.sub(r'//[^\n]*|"[^"\n]*"', "", p4.decode())


ALL_NAMES = [*EXAMPLE_NAMES, *(f"trap {n}" for n in range(len(TRAPS)))]


@pytest.mark.parametrize("name", ALL_NAMES)
def test_what_goes_wrong_silently_is_never_written(name: str) -> None:
    code = code_of(name)
    assert {why: found[0] for why, pattern in _FORBIDDEN.items() if (found := re.search(pattern, code))} == {}


@pytest.mark.parametrize("name", ALL_NAMES)
def test_all_state_is_in_the_one_thread_of_ingress(name: str) -> None:
    before, ingress, egress = re.split(r"\ncontrol (?:ingress|egress)\(", code_of(name))
    assert re.search(r"\bregister<", ingress)
    for elsewhere in (before, egress):
        assert not re.search(r"\bregister\b|\.read\(|\.write\(", elsewhere)


@pytest.mark.parametrize("name", ALL_NAMES)
def test_no_table_is_applied_in_two_places(name: str) -> None:
    applied = re.findall(r"\b(\w+)\.apply\(\)", code_of(name))
    assert sorted(set(applied)) == sorted(applied)


@pytest.mark.parametrize("name", ALL_NAMES)
def test_registers_hold_words_that_can_be_read(name: str) -> None:
    widths = [int(width) for width in re.findall(r"register<bit<(\d+)>>", code_of(name))]
    assert widths
    assert max(widths) <= 63
