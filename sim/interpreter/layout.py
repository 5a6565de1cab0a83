"""Where the fields of a program's headers are, and how to read and write them in bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, TypeAlias

from compiler.ir.headers import Header, HeaderField
from compiler.ir.leaf_values import packed_number, unpacked_number
from compiler.ir.types import Blob, Vector, bit_width

ReadPlace: TypeAlias = Callable[[bytes | bytearray, int], Any]  # (bytes, where the header starts) -> value
WritePlace: TypeAlias = Callable[[bytearray, int, Any], None]  # (bytes, where the header starts, value)

_LANE_CODES = {8: "B", 16: "H", 32: "I", 64: "Q"}


class FieldPlace:
    """One field of one header: the key of a packet's writes, so two are equal only when they are one object."""

    __slots__ = ("field", "first", "header", "last", "read", "width", "write")

    def __init__(self, field: HeaderField, *, header: int) -> None:
        self.width = width = bit_width(field.type)
        self.field = field
        self.header = header  # the header's number
        self.first = field.offset // 8  # bytes from the start of the header: the first that holds a bit of the field,
        self.last = (field.offset + width + 7) // 8  # and the one after the last
        self.read, self.write = _lanes(field) if isinstance(field.type, Vector) else _number(field.offset, width)


class Layout:
    """Headers by number, in declaration order, and their fields by name."""

    def __init__(self, headers: tuple[Header, ...]) -> None:
        self.headers = headers
        self.numbers = {header.name: number for number, header in enumerate(headers)}
        self.places = {
            (header.name, field.name): FieldPlace(field, header=number)
            for number, header in enumerate(headers)
            for field in header.fields
            if not isinstance(field.type, Blob)
        }

    def place(self, header: str, field: str) -> FieldPlace:
        return self.places[header, field]

    def places_of(self, header: Header) -> list[FieldPlace]:
        """The header's fields that are numbers or vectors, in declaration order."""
        return [self.places[header.name, field.name] for field in header.fields if not isinstance(field.type, Blob)]


def _number(offset: int, width: int) -> tuple[ReadPlace, WritePlace]:
    first, last = offset // 8, (offset + width + 7) // 8
    length = last - first
    shift = 8 * last - offset - width  # bits to the right of the field in its last byte
    mask = (1 << width) - 1
    others = ((1 << (8 * length)) - 1) ^ (mask << shift)
    from_bytes = int.from_bytes

    def read_bits(data: bytes | bytearray, at: int) -> int:
        return from_bytes(data[at + first : at + last]) >> shift & mask

    def write_bits(data: bytearray, at: int, value: int) -> None:
        around = from_bytes(data[at + first : at + last]) & others
        data[at + first : at + last] = (around | value << shift).to_bytes(length)

    def read_bytes(data: bytes | bytearray, at: int) -> int:
        return from_bytes(data[at + first : at + last])

    def write_bytes(data: bytearray, at: int, value: int) -> None:
        data[at + first : at + last] = value.to_bytes(length)

    def read_byte(data: bytes | bytearray, at: int) -> int:
        return data[at + first] >> shift & mask

    if width == 8 * length:
        return read_bytes, write_bytes
    return (read_byte if length == 1 else read_bits), write_bits


def _lanes(field: HeaderField) -> tuple[ReadPlace, WritePlace]:
    assert isinstance(field.type, Vector)
    width, lanes = field.type.width, field.type.lanes
    if width in _LANE_CODES and field.offset % 8 == 0:
        packed = struct.Struct(f">{lanes}{_LANE_CODES[width]}")
        first = field.offset // 8
        return (
            lambda data, at: packed.unpack_from(data, at + first),
            lambda data, at, value: packed.pack_into(data, at + first, *value),
        )
    read, write = _number(field.offset, width * lanes)
    of = field.type
    return (
        lambda data, at: unpacked_number(read(data, at), of),
        lambda data, at, value: write(data, at, packed_number(value, of)),
    )
