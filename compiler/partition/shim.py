"""The shim header: what a packet carries from one piece of a program to the next, in front of itself.

    dst 48 | src 48 | type 16 | position 8 | port 16 | length 32 | now 64 | live values | filled up to a byte

It begins as an Ethernet header with an EtherType for local experiments (IEEE Std 802, 9.2.3), so that
interfaces, taps and bridges on the way take it for what it is. `position` is the label to resume at.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.ir.headers import Condition, Header, HeaderField, Linear
from compiler.ir.operations import CompareOperator
from compiler.ir.types import Bits, Type, bit_width
from compiler.ir.values import Constant, Operand, Value, constant
from compiler.source import NOWHERE

ETHER_TYPE = 0x88B5
_LOCAL_MAC = 0x02_00_00_00_00_00  # locally administered; the last byte is the position

_FIXED = (("dst", 48), ("src", 48), ("type", 16), ("position", 8), ("port", 16), ("length", 32), ("now", 64))


def shim_name(position: int) -> str:
    return f"shim{position}"


def field_of(value: Value) -> str:
    """The shim's field that carries the value."""
    return f"{value.name.replace('.', '_') or 'value'}_{value.number}"


def shim_header(position: int, live: Sequence[Value]) -> Header:
    """The header in front of packets that go on at `position`."""
    fields: list[HeaderField] = []
    offset = 0

    def add(name: str, of: Type) -> None:
        nonlocal offset
        fields.append(HeaderField(name, of, None, offset))
        offset += bit_width(of)

    for name, width in _FIXED:
        add(name, Bits(width))
    for value in live:
        add(field_of(value), value.type)
    if offset % 8:
        add("filled_up", Bits(8 - offset % 8))
    valid = (_is("type", ETHER_TYPE), _is("position", position))
    return Header(shim_name(position), tuple(fields), (), valid, None, span=NOWHERE)


def shim_operands(
    header: Header, position: int, facts: dict[str, Value], live: Sequence[Operand]
) -> tuple[Operand, ...]:
    """What its fields hold when a packet leaves for `position`; `facts`: port, length and now."""
    fixed: dict[str, Operand] = {
        "dst": constant(_LOCAL_MAC + position, 48),
        "src": constant(_LOCAL_MAC + position - 1, 48),
        "type": constant(ETHER_TYPE, 16),
        "position": constant(position, 8),
        **facts,
    }
    found = [*(fixed[name] for name, _ in _FIXED), *live]
    if len(found) < len(header.fields):
        found.append(Constant(0, header.fields[-1].type))
    return tuple(found)


def _is(field: str, value: int) -> Condition:
    return Condition(Linear(((field, 1),), -value), CompareOperator.EQ)
