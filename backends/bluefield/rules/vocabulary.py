"""What the rules of an eSwitch can compare and write, as far as both of its programming interfaces can say it.

Sources: the DPDK programmer's guide (`rte_flow`), and the guide to the mlx5 driver: its tables of items and
actions, and what it says of MODIFY_FIELD, of integrity and of fragments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compiler.analyses.header_kinds import STANDARDS, HeaderKind
from compiler.passes.rules.vocabulary import RuleVocabulary

_ETH, _VLAN, _IPV4, _IPV6 = HeaderKind.ETH, HeaderKind.VLAN, HeaderKind.IPV4, HeaderKind.IPV6
_TCP, _UDP = HeaderKind.TCP, HeaderKind.UDP

# (first bit, bits) of what rules compare; not lengths, identifications, sequence numbers and checksums.
_COMPARED: Mapping[HeaderKind, tuple[tuple[int, int], ...]] = {
    _ETH: ((0, 48), (48, 48), (96, 16)),
    _VLAN: ((0, 16), (16, 16)),
    _IPV4: ((0, 8), (8, 8), (50, 14), (64, 8), (72, 8), (96, 32), (128, 32)),
    _IPV6: ((0, 32), (48, 8), (56, 8), (64, 128), (192, 128)),
    _TCP: ((0, 16), (16, 16), (104, 8)),
    _UDP: ((0, 16), (16, 16)),
}


def _masks() -> Iterator[tuple[HeaderKind, int]]:
    for kind, parts in _COMPARED.items():
        whole = sum(STANDARDS[kind].widths)
        yield kind, sum(((1 << bits) - 1) << (whole - first - bits) for first, bits in parts)


ESWITCH = RuleVocabulary(
    matched=dict(_masks()),
    written=frozenset(
        {
            (_ETH, 0, 48),
            (_ETH, 48, 48),
            (_IPV4, 8, 6),
            (_IPV4, 64, 8),
            (_IPV4, 96, 32),
            (_IPV4, 128, 32),
            (_IPV6, 56, 8),
            (_IPV6, 64, 128),
            (_IPV6, 192, 128),
            (_TCP, 0, 16),
            (_TCP, 16, 16),
            (_UDP, 0, 16),
            (_UDP, 16, 16),
        }
    ),
    counted_down=frozenset({(_IPV4, 64), (_IPV6, 56)}),
    # No options, and no fragments: a device finds no layer 4 behind them, or not where the program does.
    always=((_IPV4, 4, 5), (_IPV4, 50, 0), (_IPV4, 51, 0)),
)
