"""What `random` knows of a packet's bytes: its headers, and nothing behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from compiler.ir.headers import Header
from compiler.meaning.hashing import crc32

# (the packet, each header's first byte by number, -1 where it is absent) -> 32 bits
HeaderDigest: TypeAlias = Callable[[bytes, Sequence[int]], int]


def header_digest(headers: Sequence[Header]) -> HeaderDigest:
    """The packet digest that `compiler.meaning.hashing.random` describes."""
    fixed = [(number, header.fixed_bytes, bytes(header.fixed_bytes)) for number, header in enumerate(headers)]

    def digest(data: bytes, offsets: Sequence[int]) -> int:
        found = [data[at : at + size] if (at := offsets[number]) >= 0 else absent for number, size, absent in fixed]
        return crc32(b"".join(found))

    return digest
