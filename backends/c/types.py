"""C types of the IR's types.

A number of up to 128 bits is a C integer, wider ones are arrays of 64-bit words in a struct, the lowest first,
and vectors are arrays of their lanes in a struct. In calculations small numbers are `uint32_t`, so that C's
promotion to `int` never comes into it; stored, they take as few bytes as there are integers for.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.types import Bits, Blob, Type, Vector

MOST_SMALL = 64  # bits that `uint64_t` holds
MOST_SCALAR = 128  # bits that an integer of the compiler's holds


@dataclass(frozen=True, slots=True)
class CType:
    """A type as it is stored: its name, and its size and alignment in bytes on every 64-bit machine."""

    name: str
    size: int
    align: int
    lane: CType | None = None  # of a vector
    lanes: int = 1
    words: int = 0  # of a number of more than 128 bits


_INTEGERS = tuple(CType(f"uint{8 * size}_t", size, size) for size in (1, 2, 4, 8))
U8, U16, U32, U64 = _INTEGERS
U128 = CType("weft_u128", 16, 16)


def words_of(width: int) -> int:
    return (width + 63) // 64


def is_wide(of: Type) -> bool:
    """Whether values are numbers of more than 128 bits."""
    return isinstance(of, Bits) and of.width > MOST_SCALAR


def is_scalar(of: Type) -> bool:
    """Whether values are C integers."""
    return isinstance(of, Bits) and of.width <= MOST_SCALAR


def stored(of: Type) -> CType:
    """The type as which a value is kept in the state, or in a lane."""
    match of:
        case Bits(width=width) if width > MOST_SCALAR:
            words = words_of(width)
            return CType(f"weft_words{words}", 8 * words, 8, words=words)
        case Bits(width=width) if width > MOST_SMALL:
            return U128
        case Bits(width=width):
            return next(integer for integer in _INTEGERS if 8 * integer.size >= width)
        case Vector(width=width, lanes=lanes):
            lane = stored(Bits(width))
            name = f"weft_{lane.name.removeprefix('weft_').removesuffix('_t')}x{lanes}"
            return CType(name, lane.size * lanes, lane.align, lane, lanes)
        case Blob():
            raise AssertionError("a blob is no value")


def calculated(of: Type) -> str:
    """The C type of a local variable."""
    match of:
        case Bits(width=1):
            return "bool"
        case Bits(width=width) if width <= 32:
            return "uint32_t"
        case Bits(width=width) if width <= MOST_SMALL:
            return "uint64_t"
        case _:
            return stored(of).name


def container(width: int) -> int:
    """Bits of the integer in which numbers of `width` bits, at most 128, are calculated."""
    return 32 if width <= 32 else 64 if width <= MOST_SMALL else 128


def integer(width: int) -> str:
    """The C integer in which numbers of `width` bits, at most 128, are calculated, truth values among them."""
    return {32: "uint32_t", 64: "uint64_t", 128: "weft_u128"}[container(width)]


def typedefs(types: set[CType]) -> list[str]:
    """Definitions of the struct types among them, each after those that it needs."""
    needed = {t for t in types if t.words or t.lane is not None}
    needed |= {t.lane for t in needed if t.lane is not None and t.lane.words}
    lines = []
    for t in sorted(needed, key=lambda t: (t.lane is not None, t.size, t.name)):
        if t.lane is not None:
            lines.append(f"typedef struct {{ {t.lane.name} lane[{t.lanes}]; }} {t.name};")
        else:
            lines.append(f"typedef struct {{ uint64_t word[{t.words}]; }} {t.name};")
    return lines


def number_text(number: int, width: int) -> str:
    """A literal of the type in which numbers of `width` bits, at most 128, are calculated."""
    text = f"{number}u" if number < 1024 else f"{number:#x}u"
    match container(width):
        case 32:
            return text
        case 64:
            return text if number >= 1 << 32 else f"(uint64_t){text}"
        case _:
            return (
                f"WEFT_U128({number >> 64:#x}u, {number & (1 << 64) - 1:#x}u)" if number >> 64 else f"(weft_u128){text}"
            )
