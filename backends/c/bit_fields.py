"""Fields in packets, at any bit and of any width: how to read and to write them."""

from __future__ import annotations

from backends.c.text import Text, plain
from backends.c.types import is_wide, number_text, words_of
from backends.writer import Writer
from compiler.ir.types import BOOL, Type, Vector, bit_width


def get_field(start: str, offset: int, of: Type) -> Text:
    """A scalar that begins `offset` bits behind the address `start`."""
    width = bit_width(of)
    first, last = offset // 8, (offset + width + 7) // 8
    size, shift = last - first, 8 * last - offset - width
    if size == 16 and width == 128:
        return Text(f"weft_get128({_address(start, first)})")
    if width > 64:
        high = f"weft_get_bits({start}, {offset}, {width - 64})"
        low = f"weft_get_bits({start}, {offset + width - 64}, 64)"
        return Text(f"WEFT_U128({high}, {low})")
    if size > 8:
        return _cut(f"weft_get_bits({start}, {offset}, {width})", 64, width)
    code = f"weft_get{8 * size}({_address(start, first)})"
    if of == BOOL:
        return plain(f"({code} & {number_text(1 << shift, 32)}) != 0", is_bool=True)
    if shift:
        code = f"{code} >> {shift}"
    if width < 8 * size - shift:
        code = f"{code} & {number_text((1 << width) - 1, 8 * size)}"
    return _cut(code, 8 * size, width)


def _cut(code: str, holder: int, width: int) -> Text:
    if holder > 32 and width <= 32:
        return plain(f"(uint32_t)({code})")
    return plain(code) if " " in code else Text(code)


def _address(start: str, first: int) -> str:
    return f"{start} + {first}" if first else start


def put_field(out: Writer, start: str, offset: int, of: Type, value: str) -> None:
    """Statements that write `value`, a name or a literal, where the field is."""
    if isinstance(of, Vector):
        _put_lanes(out, start, offset, of, value)
    elif is_wide(of):
        out.line(f"weft_wide_put_field({start}, {offset}, {bit_width(of)}, {value}.word);")
    else:
        out.line(_put_scalar(start, offset, bit_width(of), value))


def _put_scalar(start: str, offset: int, width: int, value: str) -> str:
    first, last = offset // 8, (offset + width + 7) // 8
    size, shift = last - first, 8 * last - offset - width
    if width == 8 * size and (size <= 8 or size == 16):
        return f"weft_put{width}({_address(start, first)}, {value});"
    if width > 64:
        high = f"weft_put_bits({start}, {offset}, {width - 64}, (uint64_t)({value} >> 64))"
        return f"{high}, weft_put_bits({start}, {offset + width - 64}, 64, (uint64_t){value});"
    if size <= 2:
        at, mask = _address(start, first), ((1 << 8 * size) - 1) ^ (((1 << width) - 1) << shift)
        new = f"(uint32_t){value} << {shift}" if shift else f"(uint32_t){value}"
        return f"weft_put{8 * size}({at}, (weft_get{8 * size}({at}) & {mask:#x}u) | {new});"
    return f"weft_put_bits({start}, {offset}, {width}, {value});"


def _put_lanes(out: Writer, start: str, offset: int, of: Vector, value: str) -> None:
    width = of.width
    with out.block(f"for (uint32_t i = 0; i < {of.lanes}; i++)"):
        lane = f"{value}.lane[i]"
        if width in (8, 16, 32, 64, 128) and offset % 8 == 0:
            out.line(f"weft_put{width}({_address(start, offset // 8)} + {width // 8} * i, {lane});")
        elif width > 128:
            out.line(f"weft_wide_put_field({start}, {offset} + {width} * i, {width}, {lane}.word);")
        elif width > 64:
            out.line(f"weft_put_bits({start}, {offset} + {width} * i, {width - 64}, (uint64_t)({lane} >> 64));")
            out.line(f"weft_put_bits({start}, {offset + width - 64} + {width} * i, 64, (uint64_t){lane});")
        else:
            out.line(f"weft_put_bits({start}, {offset} + {width} * i, {width}, {lane});")


def get_lanes(out: Writer, start: str, offset: int, of: Vector, name: str) -> None:
    """Statements that read a vector into the variable `name`."""
    width = of.width
    with out.block(f"for (uint32_t i = 0; i < {of.lanes}; i++)"):
        lane, cast = f"{name}.lane[i]", f"(uint{_integer(width)}_t)" if width <= 64 else ""
        if width in (8, 16, 32, 64, 128) and offset % 8 == 0:
            out.line(f"{lane} = {cast}weft_get{width}({_address(start, offset // 8)} + {width // 8} * i);")
        elif width > 128:
            words = words_of(width)
            out.line(f"weft_wide_get_field({lane}.word, {words}, {start}, {offset} + {width} * i, {width});")
        elif width > 64:
            high = f"weft_get_bits({start}, {offset} + {width} * i, {width - 64})"
            out.line(f"{lane} = WEFT_U128({high}, weft_get_bits({start}, {offset + width - 64} + {width} * i, 64));")
        else:
            out.line(f"{lane} = {cast}weft_get_bits({start}, {offset} + {width} * i, {width});")


def _integer(width: int) -> int:
    return next(bits for bits in (8, 16, 32, 64) if bits >= width)


def pack(out: Writer, target: str, parts: list[tuple[str, Type]], *, first: int = 0) -> int:
    """Statements that write values side by side into the bytes `target`, which are 0. Returns the bits behind them.

    `first`: the bit of `target` at which they begin. Values are names or literals.
    """
    at = first
    for value, of in parts:
        put_field(out, target, at, of, value)
        at += bit_width(of)
    return at


def packed_bytes(types: list[Type]) -> int:
    return (sum(bit_width(of) for of in types) + 7) // 8
