"""The sum behind every Internet checksum (RFC 1071)."""

from functools import lru_cache


# Fillers of one length are one object, whose hash is kept: then a look-up costs nothing like a sum.
@lru_cache(maxsize=4_096)
def word_sum(octets: bytes) -> int:
    """Return the ones' complement sum of the 16-bit words of `octets`, an odd byte padded with 0."""
    # 2**16 is 1 modulo 65535, so the whole number modulo 65535 is the sum of its words.
    padded = octets if len(octets) % 2 == 0 else octets + b"\0"
    return int.from_bytes(padded, "big") % 0xFFFF
