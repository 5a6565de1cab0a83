"""Which of a program's headers are those that every network device knows, however the program names them.

A header is of a kind if its fields lie where the standard has them and it follows the headers that the standard
has in front of it. One that differs in anything is of no kind: what a device does with such packets is not what
the program does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from compiler.ir.headers import Header, ParseRule
from compiler.ir.program import Program
from compiler.ir.types import Blob, bit_width


class HeaderKind(Enum):
    ETH = "eth"  # IEEE 802.3
    VLAN = "vlan"  # IEEE 802.1Q, type 0x8100
    IPV4 = "ipv4"  # RFC 791
    IPV6 = "ipv6"  # RFC 8200
    TCP = "tcp"  # RFC 9293
    UDP = "udp"  # RFC 768


@dataclass(frozen=True, slots=True)
class _Standard:
    """`widths`: of the fields, in bits, without a blob at the end. `follows`: kind, first bit of the field, value."""

    widths: tuple[int, ...]
    follows: tuple[tuple[HeaderKind, int, int], ...] = ()


_ETH_TYPE, _VLAN_TYPE, _PROTO, _NEXT = 96, 16, 72, 48  # first bits of fields that say what follows


def _behind_ethernet(value: int) -> tuple[tuple[HeaderKind, int, int], ...]:
    return (HeaderKind.ETH, _ETH_TYPE, value), (HeaderKind.VLAN, _VLAN_TYPE, value)


def _behind_ip(value: int) -> tuple[tuple[HeaderKind, int, int], ...]:
    return (HeaderKind.IPV4, _PROTO, value), (HeaderKind.IPV6, _NEXT, value)


STANDARDS: Mapping[HeaderKind, _Standard] = {
    HeaderKind.ETH: _Standard((48, 48, 16)),
    HeaderKind.VLAN: _Standard((3, 1, 12, 16), ((HeaderKind.ETH, _ETH_TYPE, 0x8100),)),
    HeaderKind.IPV4: _Standard((4, 4, 6, 2, 16, 16, 1, 1, 1, 13, 8, 8, 16, 32, 32), _behind_ethernet(0x0800)),
    HeaderKind.IPV6: _Standard((4, 8, 20, 16, 8, 8, 128, 128), _behind_ethernet(0x86DD)),
    HeaderKind.TCP: _Standard((16, 16, 32, 32, 4, 4, 8, 16, 16, 16), _behind_ip(6)),
    HeaderKind.UDP: _Standard((16, 16, 16, 16), _behind_ip(17)),
}


def find_header_kinds(program: Program) -> Mapping[str, HeaderKind]:
    """By name. Of two headers of one kind (an inner IPv4, say) only the first can be what a device calls so."""
    found: dict[str, HeaderKind] = {}
    for header in program.headers:  # those in front come first
        for kind in HeaderKind:
            if kind not in found.values() and _is_of(header, kind, found):
                found[header.name] = kind
    return found


def standard_steps(kinds: Mapping[str, HeaderKind], before: Header, header: Header) -> tuple[ParseRule, ...]:
    """The rules by which `header` follows `before` directly, where the standard says that it does."""
    return tuple(
        rule for rule in header.rules if rule.previous == before.name and _is_step(kinds, before, header, rule)
    )


def _is_step(kinds: Mapping[str, HeaderKind], before: Header, header: Header, rule: ParseRule) -> bool:
    for kind, first_bit, value in STANDARDS[kinds[header.name]].follows:
        if kind is kinds[before.name]:
            field = next(f for f in before.fields if f.offset == first_bit)
            full = (1 << bit_width(field.type)) - 1
            return (field.name, value, full) in rule.matches
    return False


def _is_of(header: Header, kind: HeaderKind, found: Mapping[str, HeaderKind]) -> bool:
    standard = STANDARDS[kind]
    widths = tuple(bit_width(f.type) for f in header.fields if not isinstance(f.type, Blob))
    if widths != standard.widths:
        return False
    if not standard.follows:
        return not header.rules
    return any(
        kind is found.get(rule.previous) and any(value == wanted for _, value, _ in rule.matches)
        for rule in header.rules
        for kind, _, wanted in standard.follows
    )
