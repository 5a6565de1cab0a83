"""Hashes, to the bit: what every engine and backend computes for `HashAlgorithm`.

A *part* is an unsigned number of known width. A vector is one part: its lanes side by side, lane 0 in the
highest bits (`lanes_as_number`). All results are unsigned.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

DEFAULT_SALT: Final = 0x5745_4654_0000_0000  # "WEFT" in the high half
SET_MEMBER: Final = 0x100  # the family member that places keys in sets; programs use 0..0xff
TOEPLITZ_WORD: Final = 0x6D5A  # repeated, it is an RSS key under which both directions of a flow hash alike
RANDOM_SEED: Final = 0x5745_4654_5241_4E44  # "WEFTRAND"

_MASK64: Final = (1 << 64) - 1


def lanes_as_number(lanes: Iterable[int], *, width: int) -> int:
    """A vector as one number: lanes of `width` bits side by side, lane 0 in the highest bits."""
    number = 0
    for lane in lanes:
        number = number << width | lane
    return number


def pack(parts: Sequence[int], widths: Sequence[int]) -> bytes:
    """The parts bit after bit, big-endian, the first one highest, the last byte filled with zeros on the right."""
    number = bits = 0
    for part, width in zip(parts, widths, strict=True):
        number = number << width | part
        bits += width
    size = (bits + 7) // 8
    return (number << (8 * size - bits)).to_bytes(size, "big")


# --- cyclic redundancy checks -------------------------------------------------------------------------


def crc32(packed: bytes) -> int:
    """CRC-32 of IEEE 802.3 (reflected 0x04c11db7, initial value and final XOR all ones)."""
    return zlib.crc32(packed)


def crc32c(packed: bytes) -> int:
    """CRC-32C, Castagnoli (reflected 0x1edc6f41, initial value and final XOR all ones). Source: RFC 3720, 12.1."""
    return _reflected_crc(packed, _crc_table(0x82F6_3B78), initial=0xFFFF_FFFF) ^ 0xFFFF_FFFF


def crc16(packed: bytes) -> int:
    """CRC-16/ARC (reflected 0x8005, initial value 0, no final XOR): `crc16` of P4's v1model."""
    return _reflected_crc(packed, _crc_table(0xA001), initial=0)


@cache
def _crc_table(reflected_polynomial: int) -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (reflected_polynomial if value & 1 else 0)
        table.append(value)
    return tuple(table)


def _reflected_crc(packed: bytes, table: tuple[int, ...], *, initial: int) -> int:
    crc = initial
    for byte in packed:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc


# --- the independent family ---------------------------------------------------------------------------


def splitmix64(state: int) -> int:
    """One output of SplitMix64 for the given state. Source: Steele, Lea, Flood, OOPSLA 2014, figure 17."""
    mixed = (state + 0x9E37_79B9_7F4A_7C15) & _MASK64
    mixed = (mixed ^ mixed >> 30) * 0xBF58_476D_1CE4_E5B9 & _MASK64
    mixed = (mixed ^ mixed >> 27) * 0x94D0_49BB_1331_11EB & _MASK64
    return mixed ^ mixed >> 31


@cache
def family_multiplier(index: int, salt: int = DEFAULT_SALT) -> int:
    """The odd 64-bit multiplier of member `index` of the family."""
    return splitmix64((salt + index) & _MASK64) | 1


def family_hash(index: int, packed: bytes, *, salt: int = DEFAULT_SALT) -> int:
    """Member `index` of the family, 32 bits: multiply-shift of one CRC-32 digest.

    Seeds would not do: CRC is linear, a seed XORs a constant to it, and all members would collide on the
    same keys. The multiplication is what makes members independent. Keys whose full digests collide do so
    in every member; for n keys that are about n^2 / 2^33 pairs. Source of multiply-shift: Dietzfelbinger
    et al., J. Algorithms 25 (1997).
    """
    return (zlib.crc32(packed) * family_multiplier(index, salt) & _MASK64) >> 32


# --- shares -------------------------------------------------------------------------------------------


def fold16(parts: Iterable[int]) -> int:
    """XOR of all 16-bit words of the parts, each part filled with zeros on the left to whole words.

    So the order of the parts, and of addresses and ports in them, does not matter.
    """
    folded = 0
    for part in parts:
        while part:
            folded ^= part & 0xFFFF
            part >>= 16
    return folded


def _rotate16(word: int, places: int) -> int:
    places &= 15
    return (word << places | word >> (16 - places)) & 0xFFFF


def _linear_table(shift: int) -> tuple[int, ...]:
    """Toeplitz hashes of the words with only one byte set, at `shift`."""
    columns = [_rotate16(TOEPLITZ_WORD, 15 - (bit + shift)) for bit in range(8)]
    table = [0]
    for column in columns:
        table.extend([entry ^ column for entry in table])
    return tuple(table)


_LOW: Final = _linear_table(0)
_HIGH: Final = _linear_table(8)


def toeplitz16(word: int) -> int:
    """The low 16 bits of the RSS (Toeplitz) hash of one 16-bit word under the key 0x6d5a repeated.

    Under a key of period 16 the hash of any string of words is the hash of their XOR, so network cards
    compute `share_of` by RSS. Source of the hash: Microsoft, "RSS hashing functions"; of the key: Woo and
    Park, "Scalable TCP session monitoring with symmetric receive-side scaling", 2012.
    """
    return _HIGH[word >> 8] ^ _LOW[word & 0xFF]


def toeplitz16_inverse(hashed: int) -> int:
    """The one word whose `toeplitz16` is `hashed`.

    The hash multiplies the word, its bits reversed, by the key k in GF(2)[x] / (x^16 + 1). There
    k(x)^16 = k(x^16) = k(1) = 1, the key's weight being odd: the inverse of k is k^15.
    """
    for _ in range(15):
        hashed = toeplitz16(_reverse16(hashed))
    return _reverse16(hashed)


def _reverse16(word: int) -> int:
    return int(f"{word:016b}"[::-1], 2)


def share_of(parts: Iterable[int], *, shares: int) -> int:
    """The share, 0..`shares` - 1, of a packet or key with these parts. `shares` is a power of two."""
    return toeplitz16(fold16(parts)) & (shares - 1)


def share_position(id_: int, *, shares: int) -> tuple[int, int]:
    """The share that owns a 16-bit id, and the id's place in that share's order."""
    hashed = toeplitz16(id_)
    return hashed & (shares - 1), hashed >> (shares.bit_length() - 1)


def id_at(share: int, position: int, *, shares: int) -> int:
    """The 16-bit id at `position` of `share`: the inverse of `share_position`."""
    return toeplitz16_inverse(position << (shares.bit_length() - 1) | share)


# --- randomness ---------------------------------------------------------------------------------------


def random(site: int, *, now_ns: int, port: int, digest: int, seed: int = RANDOM_SEED) -> int:
    """32 random bits for one place of the source (`site`) and one packet, without any state.

    `digest` is the CRC-32 of the fixed part of every header that the program declares, in declaration order:
    the bytes as received, without blobs, zeros where the header is absent. A switch never sees the payload, so
    the whole packet would not do. Equal on every engine, and placeable anywhere.
    """
    mixed = splitmix64(seed ^ site)
    mixed = splitmix64(mixed ^ now_ns)
    return splitmix64(mixed ^ (port << 32 | digest)) >> 32
