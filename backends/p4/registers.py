"""Arrays as registers: words of at most 63 bits, for that is what can be read over the switch's own protocol.

A cell is kept as its difference (XOR) from the array's initial value, so that registers, which begin as zeros,
begin as the array does.
"""

from __future__ import annotations

from dataclasses import dataclass

from backends.p4.manifest import Register, RegisterArray, Word
from backends.p4.names import Names
from backends.p4.text import typed_number
from backends.writer import Writer
from compiler.ir.states import Array
from compiler.ir.types import Vector, bit_width

MOST_WORD_BITS = 63  # a cell is read as a signed 64-bit number, which saturates
_EVEN_WORD_BITS = 56  # of a value that needs several words, each a whole number of bytes
_REGISTER_ID = 0x16000000  # prefix of registers in P4Info. Source: P4Runtime specification, 6.3


def word_widths(width: int) -> tuple[int, ...]:
    """The widths of the words of a value, the highest first: one, or several of whole bytes."""
    if width <= MOST_WORD_BITS:
        return (width,)
    count = -(-width // _EVEN_WORD_BITS)
    each = min(_EVEN_WORD_BITS, -(-width // count // 8) * 8 or 8)
    while each * count < width:
        each += 8
    widths = [each] * (width // each)
    rest = width - sum(widths)
    return (*([rest] if rest else []), *widths)


def lanes_of(array: Array) -> tuple[int, int]:
    """(width of a lane, number of lanes); a number has one lane."""
    match array.type:
        case Vector(width=width, lanes=lanes):
            return width, lanes
        case of:
            return bit_width(of), 1


@dataclass(frozen=True, slots=True)
class _Placed:
    array: Array
    names: tuple[str, ...]  # of the registers, in P4
    widths: tuple[int, ...]


class Registers:
    """The registers of a program, in the order in which arrays are added."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._placed: dict[str, _Placed] = {}
        self._declared: list[tuple[str, int, int, int]] = []  # name, word width, cells, id
        self.arrays: list[RegisterArray] = []

    def plain(self, name: str, width: int, cells: int) -> Register:
        """A register beside those of arrays."""
        declared = self._declare(name, width, cells)
        return Register(f"ingress.{declared}", self._declared[-1][3])

    def add(self, array: Array) -> None:
        width, lanes = lanes_of(array)
        widths = word_widths(width)
        wanted = [array.name] if len(widths) == 1 else [f"{array.name}__word{i}" for i in range(len(widths))]
        names = tuple(self._declare(name, w, array.cells * lanes) for name, w in zip(wanted, widths, strict=True))
        first = len(self._declared) - len(names)
        words, high = [], width - 1
        for place, name in enumerate(names):
            register = Register(f"ingress.{name}", self._declared[first + place][3])
            words.append(Word(register, high, high - widths[place] + 1))
            high -= widths[place]
        self.arrays.append(RegisterArray(array.name, tuple(words), width, array.cells, lanes, array.initial))
        self._placed[array.name] = _Placed(array, names, widths)

    def _declare(self, wanted: str, width: int, cells: int) -> str:
        name = self._names.fresh(wanted)
        self._declared.append((name, width, cells, _REGISTER_ID + len(self._declared) + 1))
        return name

    def write_declarations(self, out: Writer) -> None:
        for name, width, cells, id_ in self._declared:
            out.line(f"@id({id_:#010x}) register<bit<{width}>>({cells}) {name};")

    def read(self, out: Writer, state: str, *, into: str, index: str, fresh: Names) -> None:
        """Statements that assign a cell to the variable `into`. `index` is a bit<32>, short enough to repeat."""
        placed = self._placed[state]
        width, lanes = lanes_of(placed.array)
        initial = placed.array.initial
        parts: list[str] = []
        for lane in range(lanes):
            at = _cell(index, lane, lanes)
            for name, word_width in zip(placed.names, placed.widths, strict=True):
                single = lanes == 1 and len(placed.names) == 1 and not initial
                word = into if single else fresh.fresh(f"{state}_word")
                if not single:
                    out.line(f"bit<{word_width}> {word};")
                out.line(f"{name}.read({word}, {at});")
                parts.append(word)
        if len(parts) == 1 and not initial:
            return
        joined = " ++ ".join(parts)
        if initial:
            whole = sum(initial << width * lane for lane in range(lanes))
            joined = f"({joined}) ^ {typed_number(whole, width * lanes)}"
        out.line(f"{into} = {joined};")

    def write(self, out: Writer, state: str, *, index: str, value: str) -> None:
        """Statements that write a cell. `value` is a name or a literal of the array's width."""
        placed = self._placed[state]
        width, lanes = lanes_of(placed.array)
        initial = placed.array.initial
        for lane in range(lanes):
            at = _cell(index, lane, lanes)
            high = width * (lanes - lane) - 1
            word_high = width - 1
            for name, word_width in zip(placed.names, placed.widths, strict=True):
                word = value
                if len(placed.names) > 1 or lanes > 1:
                    word = f"{value}[{high}:{high - word_width + 1}]"
                if initial:
                    bits = initial >> (word_high - word_width + 1) & ((1 << word_width) - 1)
                    word = f"{word} ^ {typed_number(bits, word_width)}"
                out.line(f"{name}.write({at}, {word});")
                high -= word_width
                word_high -= word_width


def _cell(index: str, lane: int, lanes: int) -> str:
    if lanes == 1:
        return index
    return f"{index} * {lanes} + {lane}" if lane else f"{index} * {lanes}"
