"""What programs tell the control plane, out of the bytes that a datapath leaves."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir.leaf_values import unpacked_number
from compiler.ir.types import Record, bit_width, leaf_types
from sim.interpreter import DigestRecord


def read_digests(packed: bytes, records: tuple[Record, ...]) -> Iterator[tuple[int, DigestRecord]]:
    """Yield (place of the packet in its batch, digest) of each, in order; `records` are those of the program."""
    at = 0
    while at < len(packed):
        packet, number, size = (
            int.from_bytes(packed[at + first : at + last], "little") for first, last in ((0, 4), (4, 6), (6, 8))
        )
        yield packet, _digest(records[number], packed[at + 8 : at + 8 + size])
        at += 8 + (size + 7) // 8 * 8


def _digest(record: Record, packed: bytes) -> DigestRecord:
    types = leaf_types(record)
    left = 8 * len(packed)
    whole, values = int.from_bytes(packed), []
    for of in types:
        width = bit_width(of)
        left -= width
        values.append(unpacked_number(whole >> left & (1 << width) - 1, of))
    return record.name, tuple(values)
