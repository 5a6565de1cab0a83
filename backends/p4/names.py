"""Names in generated P4: the source's where they are free, numbered where they are not."""

from __future__ import annotations

import re
from typing import Final

# Words that p4c refuses as the name of a field or of a header. Source: tried one by one on p4c 1.2.5.16.
_KEYWORDS: Final = """
    abstract action bit bool break const continue control default else enum error exit extern false for header
    header_union if in inout int match_kind out package parser return select string struct switch table this transition
    true tuple typedef value_set varbit void
"""
# What has a meaning in some places, and what core.p4 and v1model.p4 declare.
_DECLARED: Final = """
    actions apply entries key list pragma priority set state type verify
    packet_in packet_out NoAction exact ternary lpm range optional selector
    standard_metadata_t standard_metadata CounterType MeterType counter direct_counter meter direct_meter register
    action_profile random digest mark_to_drop hash action_selector HashAlgorithm CloneType Checksum16 verify_checksum
    update_checksum verify_checksum_with_payload update_checksum_with_payload clone resubmit recirculate truncate
    clone_preserving_field_list resubmit_preserving_field_list recirculate_preserving_field_list assert assume
    log_msg Parser VerifyChecksum Ingress Egress ComputeChecksum Deparser V1Switch main static_assert
    size default_action const_entries implementation counters meters
"""
# What every generated program declares, or may.
_GENERATED: Final = """
    headers_t metadata_t packet_in_t test_t hdr meta packet changes ingress egress swap_ends NO_PORT
    PacketParser PacketDeparser VerifyNothing ComputeNothing start accept reject
    change16 fold updated_checksum updated_checksum_or_none
    multiply_shift toeplitz16 id_of_hash splitmix64 random_of_packet
"""

KEYWORDS: Final = frozenset(_KEYWORDS.split())
_WORDS: Final = KEYWORDS | frozenset(_DECLARED.split()) | frozenset(_GENERATED.split())


def as_identifier(name: str) -> str:
    """`name` with everything that no identifier has turned into `_`."""
    plain = re.sub(r"[^0-9A-Za-z_]+", "_", name).strip("_") or "value"
    return f"_{plain}" if plain[0].isdigit() else plain


def file_stem(name: str) -> str:
    """The program's name as that of files: without what shells, preprocessors or p4c would take amiss."""
    plain = re.sub(r"[^0-9A-Za-z_.-]+", "_", name).strip(".-") or "program"
    return f"{plain}_" if plain == "manifest" else plain  # the manifest has that name


class Names:
    """Hands out names that are not taken, in this scope or in the one around it."""

    def __init__(self, outer: Names | None = None) -> None:
        self._outer = outer
        self._taken: dict[str, int] = {}

    def is_taken(self, name: str) -> bool:
        if name in _WORDS or name.startswith("lanes_") or name.endswith("_t"):  # functions and types
            return True
        return name in self._taken or (self._outer is not None and self._outer.is_taken(name))

    def fresh(self, wanted: str) -> str:
        """`wanted`, or that with the first number from 2 on that makes it free."""
        base = as_identifier(wanted)
        if f"{base}_".startswith("lanes_"):  # no number would free it
            base = f"its_{base}"
        name, number = base, self._taken.get(base, 1)
        while self.is_taken(name):
            number += 1
            name = f"{base}_{number}"
        self._taken[name] = 1
        if name != base:
            self._taken[base] = number
        return name
