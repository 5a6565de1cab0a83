"""New packets: what a device could not sum is refused."""

from __future__ import annotations

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source

PROGRAM = """
use std::net;
pair lan <-> wan;
on lan (p: {pattern}) {{ send wan with packet {{ {parts} }}; }}
on lan (_) {{ drop }}
"""


def codes(pattern: str, parts: str) -> list[str]:
    try:
        load_source(Source("p.weft", PROGRAM.format(pattern=pattern, parts=parts)))
    except CompileError as error:
        return [d.code for d in error.diagnostics]
    return []


@pytest.mark.parametrize(
    ("pattern", "parts"),
    [
        ("ipv4", "eth { type: 0x0800 }, ipv4 { proto: 17 }, udp { dport: 4789 }, vxlan { vni: 7 }, p"),
        ("ipv4 & udp", "eth { type: 0x8100 }, vlan { vid: 7, type: 0x0800 }, p.from(ipv4)"),
        ("ipv6", "eth { type: 0x0800 }, ipv4 { proto: 41 }, p.from(ipv6)"),
        ("ipv4 & tcp", "eth { type: 0x88b5 }, p.payload()"),
    ],
)
def test_tunnels_and_tags_are_built(pattern: str, parts: str) -> None:
    assert codes(pattern, parts) == []


@pytest.mark.parametrize(
    ("pattern", "parts", "code"),
    [
        ("ipv4 & tcp", "eth { type: 0x0800 }, ipv4 { proto: 6 }, p.from(tcp)", "W0424"),
        ("ipv4 & udp", "eth { type: 0x0800 }, ipv4 { proto: 17 }, p.after(ipv4)", "W0424"),
        ("ipv4", "eth { type: 0x86dd }, ipv6 { next: 17 }, udp { dport: 4789 }, vxlan { vni: 7 }, p", "W0420"),
        ("ipv4", "eth { type: 0x0800 }, ipv4 { proto: 6 }, tcp { dport: 80 }", "W0420"),
    ],
)
def test_a_transport_checksum_is_never_left_wrong(pattern: str, parts: str, code: str) -> None:
    assert codes(pattern, parts) == [code]
