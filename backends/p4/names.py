"""Names in generated P4: the source's where they are free, numbered where they are not."""

from __future__ import annotations

import re
from typing import Final

# Keywords of P4-16, and what core.p4 and v1model.p4 declare. Source: P4-16 specification 1.2.5, appendix A.
_RESERVED: Final = """
    abstract action actions apply bit bool bool break const continue control default else entries enum error exit
    extern false for header header_union if in inout int key list match_kind out package parser pragma priority return
    select set state string struct switch table this transition true tuple type typedef value_set varbit verify void
    packet_in packet_out NoAction exact ternary lpm range optional selector
    standard_metadata_t standard_metadata CounterType MeterType counter direct_counter meter direct_meter register
    action_profile random digest mark_to_drop hash action_selector HashAlgorithm CloneType Checksum16 verify_checksum
    update_checksum verify_checksum_with_payload update_checksum_with_payload clone resubmit recirculate truncate
    clone_preserving_field_list resubmit_preserving_field_list recirculate_preserving_field_list assert assume
    log_msg Parser VerifyChecksum Ingress Egress ComputeChecksum Deparser V1Switch main static_assert
    headers_t metadata_t hdr meta packet size default_action const_entries implementation counters meters
"""

_WORDS: Final = frozenset(_RESERVED.split())


def as_identifier(name: str) -> str:
    """`name` with everything that no identifier has turned into `_`."""
    plain = re.sub(r"[^0-9A-Za-z_]+", "_", name).strip("_") or "value"
    return f"_{plain}" if plain[0].isdigit() else plain


class Names:
    """Hands out names that are not taken, in this scope or in the one around it."""

    def __init__(self, outer: Names | None = None) -> None:
        self._outer = outer
        self._taken: dict[str, int] = {}

    def is_taken(self, name: str) -> bool:
        return name in _WORDS or name in self._taken or (self._outer is not None and self._outer.is_taken(name))

    def fresh(self, wanted: str) -> str:
        """`wanted`, or that with the first number from 2 on that makes it free."""
        base = as_identifier(wanted)
        name, number = base, self._taken.get(base, 1)
        while self.is_taken(name):
            number += 1
            name = f"{base}_{number}"
        self._taken[name] = 1
        if name != base:
            self._taken[base] = number
        return name
