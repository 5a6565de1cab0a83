"""Names in generated P4: the source's where they are free, numbered where they are not."""

from __future__ import annotations

import re
from typing import Final

from backends.identifiers import FreshNames, as_identifier

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


def file_stem(name: str) -> str:
    """The program's name as that of files: without what shells, preprocessors or p4c would take amiss."""
    plain = re.sub(r"[^0-9A-Za-z_.-]+", "_", name).strip(".-") or "program"
    return f"{plain}_" if plain == "manifest" else plain  # the manifest has that name


class Names(FreshNames):
    """Names that p4c takes."""

    def is_reserved(self, name: str) -> bool:
        return name in _WORDS or name.startswith("lanes_") or name.endswith("_t")  # functions and types

    def fresh(self, wanted: str) -> str:
        # No number would free a name that begins like that of a function.
        return super().fresh(f"its_{wanted}" if f"{as_identifier(wanted)}_".startswith("lanes_") else wanted)
