"""Hashes: the operations of a program, and those with which keys find their sets and their shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backends.c.bit_fields import pack, packed_bytes
from backends.c.text import Text
from backends.c.types import is_scalar, number_text
from compiler.ir.guard_tree import GuardTree
from compiler.ir.operations import Hash, HashAlgorithm
from compiler.ir.types import Type, bit_width
from compiler.ir.values import Operand
from compiler.meaning.hashing import family_multiplier

if TYPE_CHECKING:
    from backends.c.expressions import Expressions


class HashWriter:
    """Writes the hashes of one function's values."""

    def __init__(self, values: Expressions) -> None:
        self._values = values
        self._tree = GuardTree(values.program.guards)
        self._crcs: dict[tuple[Operand, ...], list[tuple[int, str]]] = {}  # parts -> where their CRC-32 is known

    def write(self, operation: Hash) -> None:
        values = self._values
        values.assign(operation.result, self._text(operation))

    def _text(self, operation: Hash) -> Text:
        parts = operation.parts
        match operation.algorithm:
            case HashAlgorithm.CRC32:
                return Text(self.crc32(parts))
            case HashAlgorithm.CRC32C | HashAlgorithm.CRC16:
                name, size = self._packed(parts)
                return Text(f"weft_{operation.algorithm.value}({name}, {size})")
            case HashAlgorithm.FAMILY:
                multiplier = family_multiplier(operation.index, self._values.salt)
                return Text(f"weft_family({self.crc32(parts)}, {multiplier:#x}u)")
            case HashAlgorithm.SHARE:
                text = Text(f"{self.share(parts, operation.index)}")
                return Text(f"({text.code}) != 0", is_atom=False, is_bool=True) if operation.index <= 2 else text
            case HashAlgorithm.ID_OF_HASH:
                return Text(f"weft_toeplitz16_inverse({self._values.number(parts[0]).code})")
            case HashAlgorithm.RANDOM:
                site = number_text(operation.index, 64)
                return Text(f"weft_random({site}, packet.now, packet.port, digest_of_headers(data, &at))")

    def know(self, parts: tuple[Operand, ...], guard: int, name: str) -> None:
        """Where `guard` holds, the CRC-32 of the parts is `name`."""
        self._crcs.setdefault(parts, []).append((guard, name))

    def crc32(self, parts: tuple[Operand, ...]) -> str:
        """A name for the CRC-32 of the parts, which is worked out once wherever the same guards hold."""
        guard = self._values.program.operations[self._values.position].guard
        for known, name in self._crcs.get(parts, ()):
            if self._tree.is_within(guard, known):
                return name
        code = self._crc32(parts)
        name = self._values.names.fresh("key_crc")
        self._values.declarations.append(f"uint32_t {name} = 0;")
        self._values.out.line(f"{name} = {code};")
        self._crcs.setdefault(parts, []).append((guard, name))
        return name

    def _crc32(self, parts: Sequence[Operand]) -> str:
        bits = sum(bit_width(part.type) for part in parts)
        if not 24 < bits <= 128 or not all(is_scalar(part.type) for part in parts):
            packed, size = self._packed(parts)
            return f"weft_crc32({packed}, {size})"
        # In two numbers: what is put into bytes and read from there as a whole would wait for the memory.
        size = (bits + 7) // 8
        halves: dict[int, list[str]] = {64: [], 0: []}
        low = 8 * size
        for part in parts:
            low -= bit_width(part.type)
            self._add_to_halves(halves, self._values.short_number(part), low, bit_width(part.type))
        high, rest = (" | ".join(halves[half]) or "0" for half in (64, 0))
        return f"weft_crc32_number({high}, {rest}, {size})"

    @staticmethod
    def _add_to_halves(halves: dict[int, list[str]], name: str, low: int, width: int) -> None:
        """The bits of a number of `width` bits, whose lowest one is bit `low` of 128."""
        for half, terms in halves.items():
            shift = low - half
            if shift >= 64 or shift + width <= 0:
                continue
            if shift < 0:
                terms.append(f"(uint64_t)({name} >> {-shift})")
            else:
                terms.append(f"(uint64_t){name} << {shift}" if shift else f"(uint64_t){name}")

    def _packed(self, parts: Sequence[Operand]) -> tuple[str, int]:
        """The parts packed into bytes: a name, and how many there are."""
        values = self._values
        name = values.names.fresh("bytes")
        types = [part.type for part in parts]
        codes = [values.short(part) for part in parts]
        size = packed_bytes(types)
        values.out.line(f"uint8_t {name}[{size}]{zeros(types)};")
        pack(values.out, name, list(zip(codes, types, strict=True)))
        return name, size

    def share(self, parts: Sequence[Operand], shares: int) -> str:
        """The share of the parts, an expression."""
        return share_text(self._values, parts, shares)


def zeros(types: Sequence[Type]) -> str:
    """How bytes begin into which values of these types are packed: as zeros, unless every byte is written whole."""
    return "" if all(bit_width(of) in (8, 16, 24, 32, 40, 48, 56, 64, 128) for of in types) else " = {0}"


def share_text(values: Expressions, parts: Sequence[Operand], shares: int) -> str:
    """The share, 0..`shares` - 1, of the parts."""
    if shares == 1:
        return "0u"
    numbers = [part for part in parts if is_scalar(part.type) and bit_width(part.type) <= 64]
    small = [values.number_atom(part) for part in numbers]
    folded = [_folded(values, part) for part in parts if part not in numbers]
    wide = any(bit_width(part.type) > 32 for part in numbers)
    if small:
        folded.insert(0, f"weft_fold{'64' if wide else '32'}_16({' ^ '.join(small)})")
    return f"weft_toeplitz16({' ^ '.join(folded)}) & {shares - 1}u"


def _folded(values: Expressions, part: Operand) -> str:
    """The XOR of the 16-bit words of a wide part or a vector, filled up on the left."""
    if is_scalar(part.type):
        name = values.short(part)
        return f"weft_fold64_16((uint64_t)({name} >> 64) ^ (uint64_t){name})"
    words = (bit_width(part.type) + 15) // 16
    name = values.names.fresh("words")
    values.out.line(f"uint8_t {name}[{2 * words}] = {{0}};")
    pack(values.out, name, [(values.short(part), part.type)], first=16 * words - bit_width(part.type))
    return f"weft_fold_bytes({name}, {words})"
