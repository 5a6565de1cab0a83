"""Small programs and packets for tests of what Weft's constructs mean.

`probe` is a header of numbers that packets bring along: what a program computes from them no compiler knows beforehand.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from compiler.diagnostics import CompileError
from compiler.load import LoadedProgram, load_source
from compiler.source import Source
from tests.engines import Arrival, Outcome

FRAME = Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
ADDRESSES = {"src": "10.1.2.3", "dst": "10.4.5.6"}
PROBE = "header probe on udp.dport == 4242 { a: u64, b: u64, c: u32, d: u16, e: u8, v: u8[4] }"
TICK_NS = 1 << 20  # stored times are counted in these
SECOND = 1_000_000_000

# (source, packets, entries as TOML) -> what every engine must agree on
Run = Callable[..., Outcome]


def load(source: str) -> LoadedProgram:
    """Check and lower a program that begins with the standard headers; CompileError where it is refused."""
    return load_source(Source("test.weft", f"use std::net;\nuse std::tcp;\n{source}"))


def codes(source: str) -> list[str]:
    """The codes of all that is said about a program, errors and warnings."""
    try:
        return [warning.code for warning in load(source).warnings]
    except CompileError as error:
        return [diagnostic.code for diagnostic in error.diagnostics]


def codes_in_handler(body: str, items: str = "") -> list[str]:
    """The codes of what is said about a handler of UDP packets that carry a probe."""
    return codes(f"port lan, wan; {PROBE} {items} on lan (p: probe & ipv4) {{ {body} }} on lan (_) {{ drop }}")


def probe(
    *, a: int = 0, b: int = 0, c: int = 0, d: int = 0, e: int = 0, v: Sequence[int] = (0, 0, 0, 0), more: bytes = b""
) -> Packet:
    """A UDP packet with the header `probe`."""
    numbers = struct.pack(">QQIHB4B", a, b, c, d, e, *v)
    return FRAME / IP(**ADDRESSES) / UDP(sport=1111, dport=4242) / Raw(numbers + more)


def arrivals(packets: Sequence[Packet | bytes | Arrival], port: str = "lan") -> list[Arrival]:
    """Packets that come in one after another, at time 0 unless they say so themselves."""
    return [p if isinstance(p, Arrival) else Arrival(port, bytes(p)) for p in packets]


def computed(run: Run, expression: str, type_: str, *, items: str = "", before: str = "", **fields: Any) -> Any:
    """The value of `expression`, of Weft type `type_`, for a probe packet with these fields."""
    source = f"""
        port lan; {PROBE} {items}
        struct Seen {{ value: {type_} }}
        on lan (p: probe & ipv4) {{ {before} digest Seen {{ value: {expression} }}; drop }}
        on lan (_) {{ drop }}
    """
    (digest,) = run(source, [probe(**fields)]).digests
    assert isinstance(digest.value, dict)
    return digest.value["value"]


def seen(outcome: Outcome) -> list[Any]:
    """The `value` of every digest `Seen { value }`."""
    return [digest.value["value"] for digest in outcome.digests if isinstance(digest.value, dict)]


def sent(outcome: Outcome, port: str = "wan") -> list[bytes]:
    return list(outcome.emissions.get(port, ()))
