"""What Python knows of C: the types of `weft/packet.h`, and names for what cffi makes."""

from typing import Any, Final, TypeAlias

# The members of a struct, and the functions of a library, are known when the program runs.
CData: TypeAlias = Any
Foreign: TypeAlias = Any  # a `cffi.FFI`, which makes such data

PACKET_TYPES: Final = """
    struct weft_packet { uint8_t *data; uint32_t size; uint32_t wire_length; uint64_t now; uint16_t port; };
    struct weft_emission { uint8_t *data; uint32_t size; uint32_t wire_length; uint32_t packet; uint16_t port; };
    struct weft_output {
        struct weft_emission *emissions; uint32_t emission_count; uint32_t emission_capacity;
        uint8_t *bytes; size_t bytes_used; size_t bytes_capacity;
        uint8_t *digests; size_t digests_used; size_t digests_capacity;
        uint64_t *finals;
    };
"""
