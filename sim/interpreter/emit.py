"""The bytes of an emission: the packet as it stands, or what a template makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from compiler.ir.emissions import Rest, Template
from compiler.ir.headers import ChecksumKind, Header
from compiler.ir.types import bit_width
from sim.interpreter.arithmetic import concatenation
from sim.interpreter.checksums import Mender, full_checksum, pseudo_words
from sim.interpreter.frame import DATA, LENGTH, OFFSETS, PAYLOAD, WRITES, Frame, FromFrame, Slots
from sim.interpreter.layout import FieldPlace, Layout
from sim.interpreter.parse import header_length


class Emission(NamedTuple):
    """A packet that leaves. `wire_length` is more than `len(data)` where the capture had cut the packet."""

    port: int
    data: bytes
    wire_length: int


Writes: TypeAlias = dict[FieldPlace, Any]
Build: TypeAlias = Callable[[Frame, Writes], tuple[bytes, int]]  # -> (bytes, length on the wire)


class Emitter:
    """Makes emissions for the headers of one program."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._mender = Mender(layout)
        self._swaps = [
            (number, layout.place(header.name, one), layout.place(header.name, other))
            for number, header in enumerate(layout.headers)
            for one, other in header.swaps
        ]

    def builder(self, template: Template | None, slots: Slots) -> Build:
        """How to build the packet of an emission that has this template, or none."""
        return self.as_it_stands if template is None else _TemplateBuilder(template, self._layout, slots, self).build

    def as_it_stands(self, f: Frame, writes: Writes) -> tuple[bytes, int]:
        """The packet as received, with the fields written, and its checksums mended."""
        received = f[DATA]
        if not writes:
            return received, f[LENGTH]
        packet, offsets = bytearray(received), f[OFFSETS]
        for place, value in writes.items():
            place.write(packet, offsets[place.header], value)
        self._mender.mend(received, packet, offsets=offsets, written=writes)
        return bytes(packet), f[LENGTH]

    def swapped(self, f: Frame) -> Writes:
        """The packet's writes, and on top of them the exchange of sources and destinations."""
        offsets, received = f[OFFSETS], f[DATA]
        writes: Writes = dict(f[WRITES])

        def current(place: FieldPlace) -> Any:  # noqa: ANN401
            return writes[place] if place in writes else place.read(received, offsets[place.header])

        for number, one, other in self._swaps:
            if offsets[number] >= 0:
                writes[one], writes[other] = current(other), current(one)
        return writes


class _BuiltHeader:
    """A header that a template builds: how to pack its fields, and which of them sums need or are."""

    def __init__(self, header: Header, layout: Layout, fields: FromFrame) -> None:
        places = layout.places_of(header)
        self._packed = concatenation(tuple(place.field.type for place in places))
        self._fields = fields
        self.length = header.fixed_bytes
        self.checksums = [(place, place.field.checksum) for place in places if place.field.checksum is not None]
        self.pseudo = [place for place in places if place.field.pseudo]

    def build(self, f: Frame) -> bytes:
        return self._packed(self._fields(f)).to_bytes(self.length)


class _TemplateBuilder:
    """Builds what a template describes: headers from the outside in, then checksums from the inside out."""

    def __init__(self, template: Template, layout: Layout, slots: Slots, emitter: Emitter) -> None:
        self._headers = [
            _BuiltHeader(layout.headers[layout.numbers[built.header]], layout, slots.tuple_of(built.fields))
            for built in template.headers
        ]
        types = tuple(operand.type for operand in template.data)
        self._data, self._pack_data = slots.tuple_of(template.data), concatenation(types)
        bits = sum(bit_width(of) for of in types)
        self._data_bytes = (bits + 7) // 8
        self._padding = 8 * self._data_bytes - bits
        self._emitter = emitter
        self._start_of_rest = _start_of_rest(template, layout)

    def build(self, f: Frame, writes: Writes) -> tuple[bytes, int]:
        rest, beyond = self._rest(f, writes)
        data = (self._pack_data(self._data(f)) << self._padding).to_bytes(self._data_bytes)
        packet = bytearray().join([*(header.build(f) for header in self._headers), data, rest])
        wire_length = len(packet) + beyond
        starts = [0]
        for header in self._headers:
            starts.append(starts[-1] + header.length)
        for number in reversed(range(len(self._headers))):
            self._fill_checksums(packet, number, starts, wire_length)
        return bytes(packet), wire_length

    def _rest(self, f: Frame, writes: Writes) -> tuple[bytes, int]:
        """What follows from the packet as it stands, and the bytes beyond it that the capture lacks."""
        start = self._start_of_rest(f)
        if start < 0:
            return b"", 0
        packet, wire_length = self._emitter.as_it_stands(f, writes)
        return packet[start:], wire_length - len(packet)

    def _fill_checksums(self, packet: bytearray, number: int, starts: list[int], wire_length: int) -> None:
        header, start = self._headers[number], starts[number]
        for place, checksum in header.checksums:
            place.write(packet, start, 0)
            if checksum.zero_means_none:
                continue
            end = starts[number + 1] if checksum.kind is ChecksumKind.HEADER else len(packet)
            words: list[int] = []
            if checksum.kind is ChecksumKind.TRANSPORT:
                words = [*self._pseudo(packet, number, starts), *pseudo_words(wire_length - start, 32)]
            place.write(packet, start, full_checksum(packet[start:end], words=words))

    def _pseudo(self, packet: bytearray, number: int, starts: list[int]) -> list[int]:
        """The pseudo-header fields of the nearest built header in front that has any, as words."""
        for outer in reversed(range(number)):
            if self._headers[outer].pseudo:
                return [
                    word
                    for place in self._headers[outer].pseudo
                    for word in pseudo_words(place.read(packet, starts[outer]), place.width)
                ]
        return []


def _start_of_rest(template: Template, layout: Layout) -> Callable[[Frame], int]:
    """From which byte of the packet on it follows a template; -1 where nothing does."""
    match template.rest:
        case Rest.NOTHING:
            return lambda f: -1
        case Rest.WHOLE:
            return lambda f: 0
        case Rest.PAYLOAD:
            return lambda f: f[PAYLOAD]
        case Rest.FROM:
            number = layout.numbers[template.header]
            return lambda f: f[OFFSETS][number]
        case Rest.AFTER:
            number = layout.numbers[template.header]
            length = header_length(layout.headers[number])

            def after(f: Frame) -> int:
                start = f[OFFSETS][number]
                return start + length(f[DATA], start) if start >= 0 else -1

            return after
