"""Hashes as statements: `hash` of v1model writes into a variable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from compiler.ir.operations import Hash, HashAlgorithm, PacketFact
from compiler.ir.types import Bits, Type, bit_width
from compiler.ir.values import Operand, Value
from compiler.meaning.hashing import RANDOM_SEED, family_multiplier, splitmix64

if TYPE_CHECKING:
    from backends.writer import Writer

_ALGORITHM = {
    HashAlgorithm.CRC32: "crc32",
    HashAlgorithm.CRC16: "crc16",
    HashAlgorithm.CRC32C: "crc32_custom",  # the deployer tells the switch the polynomial
}
_RANGE = {16: "32w0x10000", 32: "33w0x100000000"}  # one more than the greatest result


class _Values(Protocol):
    out: Writer

    def variable(self, of: Type, wanted: str, *, is_bool: bool = False) -> str: ...

    def declare(self, value: Value, *, is_bool: bool = False, wanted: str = "") -> str: ...

    def typed(self, operand: Operand) -> str: ...

    def short(self, operand: Operand) -> str: ...

    def headers_for_digest(self) -> list[str]: ...

    def fact(self, fact: PacketFact) -> str: ...


class HashWriter:
    """Writes hashes, and remembers digests that stand already."""

    def __init__(self, values: _Values) -> None:
        self._values = values

    def write(self, operation: Hash) -> None:
        """Assign the hash to a local variable of its own."""
        values, out = self._values, self._values.out
        match operation.algorithm:
            case HashAlgorithm.CRC32 | HashAlgorithm.CRC16 | HashAlgorithm.CRC32C as algorithm:
                parts = [values.typed(part) for part in operation.parts]
                name = values.declare(operation.result, wanted=operation.result.name or "digest")
                self._crc(name, _ALGORITHM[algorithm], parts, bit_width(operation.result.type))
            case HashAlgorithm.FAMILY:
                parts = [values.typed(part) for part in operation.parts]
                digest = values.variable(Bits(32), "digest")
                self._crc(digest, "crc32", parts, 32)
                name = values.declare(operation.result, wanted=operation.result.name or "hashed")
                out.line(f"{name} = multiply_shift({digest}, {family_multiplier(operation.index):#x});")
            case HashAlgorithm.SHARE:
                words = [word for part in operation.parts for word in self._words(part)]
                name = values.declare(operation.result, wanted=operation.result.name or "share")
                width = bit_width(operation.result.type)
                hashed = f"toeplitz16({' ^ '.join(words)})[{width - 1}:0]"
                out.line(f"{name} = {hashed if operation.index > 1 else '0'};")
            case HashAlgorithm.ID_OF_HASH:
                argument = values.typed(operation.parts[0])
                name = values.declare(operation.result, wanted=operation.result.name or "id")
                out.line(f"{name} = id_of_hash({argument});")
            case HashAlgorithm.RANDOM:
                self._random(operation)

    def _crc(self, into: str, algorithm: str, parts: list[str], width: int) -> None:
        data = ", ".join(parts)
        self._values.out.line(f"hash({into}, HashAlgorithm.{algorithm}, {width}w0, {{ {data} }}, {_RANGE[width]});")

    def _random(self, operation: Hash) -> None:
        values = self._values
        digest = values.variable(Bits(32), "digest")
        self._crc(digest, "crc32", values.headers_for_digest(), 32)
        name = values.declare(operation.result, wanted=operation.result.name or "random_bits")
        site = splitmix64(RANDOM_SEED ^ operation.index)
        now, port = values.fact(PacketFact.NOW), values.fact(PacketFact.PORT)
        values.out.line(f"{name} = random_of_packet({site:#x}, {now}, {port}, {digest});")

    def _words(self, part: Operand) -> list[str]:
        """The 16-bit words of a part, filled up on the left."""
        width = bit_width(part.type)
        if width == 16:
            return [self._values.short(part)]
        name = self._values.short(part)
        words = [f"{name}[{low + 15}:{low}]" for low in range(0, width - 15, 16)]
        left = width % 16
        if left:
            words.append(f"(bit<16>) {name}[{width - 1}:{width - left}]" if width > 16 else f"(bit<16>) {name}")
        return words
