from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.headers import ParseRule
from compiler.ir.verify import verify
from compiler.passes.prune_headers import prune_headers
from tests.strategies.declarations import ETH, ICMP, IP, LEAF, ODD, UDP
from tests.strategies.meaning import assert_same_meaning
from tests.strategies.packets import packets
from tests.strategies.programs import programs
from tests.strategies.texts import written


@given(st.sampled_from([("eth",), ("ip",), ("eth", "ip"), ("ip", "icmp"), ("eth", "udp"), ("ip", "odd")]), st.data())
def test_pruning_keeps_the_meaning(headers: tuple[str, ...], data: st.DataObject) -> None:
    program = data.draw(programs(states=(), headers=headers, size=4))
    traffic = data.draw(packets(30))
    after = prune_headers(program)
    verify(after)
    assert_same_meaning(program, after, traffic)


@pytest.mark.parametrize(
    ("operations", "kept"),
    [
        ("[g0] flood", ""),
        ("[g0] %1: u16 = read_field eth, type\n[g0] flood", "eth"),
        ("[g0] %1: u1 = header_present ip\n[g0] flood", "eth ip"),
        ("[g0] %1: u8 = read_field leaf, tag\n[g0] flood", "eth ip udp odd leaf"),
        # The header's own checksum is mended, others do not cover the field.
        ("[g0] write_field ip, tos, 1u8\n[g0] flood", "eth ip"),
        # Part of the pseudo-header of UDP's checksum, not of ICMP's.
        ("[g0] write_field ip, src, 1u32\n[g0] flood", "eth ip udp"),
        ("[g0] write_field odd, mac, 1u48\n[g0] flood", "eth ip udp odd"),
        ("[g0] write_field eth, src, 1u48\n[g0] flood", "eth"),
        # What `reply` exchanges: MAC, IP and ports.
        ("[g0] reply", "eth ip udp"),
        (
            '[g0] send 1u16, packet=template((built_header("udp", (1u16, 2u16, 0u16, 0u16))), (), rest.whole)',
            "eth ip udp",
        ),
        ('[g0] send 1u16, packet=template((), (), rest.after, "icmp")', "eth ip icmp"),
        # A random number depends on all that is declared.
        ("[g0] %1: u32 = hash.random (), index=0\n[g0] flood", "eth ip udp icmp odd leaf"),
        # Where the payload begins depends on every header.
        ("[g0] send 1u16, packet=template((), (), rest.payload)", "eth ip udp icmp odd leaf"),
    ],
)
def test_what_is_kept(operations: str, kept: str) -> None:
    program = written(operations)
    assert [header.name for header in prune_headers(program).headers] == kept.split()


def test_a_header_that_hides_another_one_is_kept() -> None:
    program = written("[g0] %1: u16 = read_field icmp, kind\n[g0] flood")
    assert [h.name for h in prune_headers(program).headers] == ["eth", "ip", "icmp"]
    # UDP's rule now holds for ICMP's protocol, too, and UDP is tried first.
    greedy = dataclasses.replace(UDP, rules=(ParseRule("ip", (("proto", 1, 0x0F),)),))
    hidden = dataclasses.replace(program, headers=(ETH, IP, greedy, ICMP, ODD, LEAF))
    assert [h.name for h in prune_headers(hidden).headers] == ["eth", "ip", "udp", "icmp"]
    # Tried after ICMP, it hides nothing.
    behind = dataclasses.replace(program, headers=(ETH, IP, ICMP, greedy, ODD, LEAF))
    assert [h.name for h in prune_headers(behind).headers] == ["eth", "ip", "icmp"]
