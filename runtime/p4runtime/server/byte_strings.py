"""Numbers as P4Runtime's byte strings: big-endian, and as short as can be. Specification, section 8.4."""

from __future__ import annotations

from runtime.p4runtime.server.refusals import invalid


def canonical_bytes(number: int) -> bytes:
    """The shortest byte string of a number; one byte for 0."""
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8), "big")


def number_of(value: bytes, *, width: int, what: str) -> int:
    """The number that a byte string of any length stands for; refused where it is empty or above `width` bits.

    `what` names the value in the refusal: "field `key`".
    """
    # The specification has OUT_OF_RANGE in section 8.4, but INVALID_ARGUMENT in 9.1.1 and 9.1.2, as bmv2 does.
    if not value:
        raise invalid(f"{what}: the byte string is empty")
    number = int.from_bytes(value, "big")
    if number >> width:
        raise invalid(f"{what}: the value takes {number.bit_length()} bits, and there are {width}")
    return number
