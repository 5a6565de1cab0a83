"""The bytes of a packet as the fields of the program's headers."""

from __future__ import annotations

from compiler.ir.headers import HeaderField
from compiler.ir.literals import render_value
from compiler.ir.program import Program
from compiler.ir.types import Bits
from sim.control.cell_shapes import split_cell
from sim.interpreter.layout import FieldPlace, Layout
from sim.interpreter.parse import build_parser
from weft.packet_trace.story import FieldChange, HeaderSeen, Plain

PADDING = "_"
_ETHERTYPE = ("type", Bits(16))  # the field's name and type, as in the standard's headers


class Hexadecimal(int):
    """A number that people write in hexadecimal; the plain number in JSON."""

    def __str__(self) -> str:
        return f"0x{self:04x}"


def as_field(field: HeaderField, value: Plain) -> Plain:
    """The value of a header's field; EtherTypes in hexadecimal, as everyone writes them."""
    if isinstance(value, int) and (field.name, field.type) == _ETHERTYPE:
        return Hexadecimal(value)
    return value


class PacketView:
    """Reads packets of one program."""

    def __init__(self, program: Program) -> None:
        self._layout = Layout(program.headers)
        self._parse = build_parser(program.headers)
        self._ports = [port.name for port in program.ports]

    def headers(self, data: bytes) -> tuple[HeaderSeen, ...]:
        """The headers that `data` has, outermost first, with their fields as people write them."""
        offsets, _ = self._parse(data)
        present = sorted((at, number) for number, at in enumerate(offsets) if at >= 0)
        return tuple(self._header(data, number, at) for at, number in present)

    def _header(self, data: bytes, number: int, at: int) -> HeaderSeen:
        header = self._layout.headers[number]
        fields = {
            place.field.name: self._value(place, data, at)
            for place in self._layout.places_of(header)
            if place.field.shape is not None and not place.field.name.startswith(PADDING)
        }
        return HeaderSeen(header.name, fields)

    def _value(self, place: FieldPlace, data: bytes, at: int) -> Plain:
        shape, of = place.field.shape, place.field.type
        assert shape is not None, "blobs and padding have no values"
        value = render_value(shape, split_cell(of, shape, place.read(data, at)), ports=self._ports)
        return as_field(place.field, value)

    def changes(self, before: bytes, after: bytes) -> tuple[FieldChange, ...]:
        """The fields in which two packets differ, in the order of the second, then of the first."""
        old, new = self._fields(before), self._fields(after)
        if old.keys() == new.keys() and old == new and before != after:
            return (FieldChange("payload", f"{len(before)} bytes", f"{len(after)} bytes"),)
        names = [*new, *(name for name in old if name not in new)]
        return tuple(
            FieldChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)
        )

    def _fields(self, data: bytes) -> dict[str, Plain]:
        return {f"{seen.header}.{name}": value for seen in self.headers(data) for name, value in seen.fields.items()}
