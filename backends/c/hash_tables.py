"""The tables of `weft/hash.h`, worked out from what the hashes mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from compiler.meaning.hashing import toeplitz16, toeplitz16_inverse

_SLICES = 16  # bytes of which `weft_crc32` looks up the effect at once


def render_hash_tables() -> str:
    """The text of `weft/hash_tables.h`."""
    slices = _crc_slices(0xEDB8_8320)
    lines = [
        "/* Tables for weft/hash.h. Written by the Weft compiler. */",
        "#ifndef WEFT_HASH_TABLES_H",
        "#define WEFT_HASH_TABLES_H",
        "",
        "#include <stdint.h>",
        "",
        "/* [k][b]: what byte b, with k bytes after it, adds to a CRC-32. */",
        f"__attribute__((unused)) static const uint32_t weft_crc32_table[{_SLICES}][256] = {{",
    ]
    for table in slices:
        lines.extend(["    {", *_rows(table, "        "), "    },"])
    lines.append("};")
    for name, bits, table in (
        ("weft_crc32c_table", 32, _crc_table(0x82F6_3B78)),
        ("weft_crc16_table", 16, _crc_table(0xA001)),
        ("weft_toeplitz_low", 16, _linear(toeplitz16, 0)),
        ("weft_toeplitz_high", 16, _linear(toeplitz16, 8)),
        ("weft_inverse_low", 16, _linear(toeplitz16_inverse, 0)),
        ("weft_inverse_high", 16, _linear(toeplitz16_inverse, 8)),
    ):
        lines.extend(["", f"__attribute__((unused)) static const uint{bits}_t {name}[256] = {{"])
        lines.extend([*_rows(table, "    "), "};"])
    return "\n".join([*lines, "", "#endif", ""])


def _rows(table: Sequence[int], indent: str) -> list[str]:
    return [indent + ", ".join(f"{n:#x}" for n in table[at : at + 8]) + "," for at in range(0, len(table), 8)]


def _crc_table(reflected: int) -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (reflected if byte & 1 else 0)
        table.append(byte)
    return table


def _crc_slices(reflected: int) -> list[list[int]]:
    slices = [_crc_table(reflected)]
    while len(slices) < _SLICES:
        slices.append([crc >> 8 ^ slices[0][crc & 0xFF] for crc in slices[-1]])
    return slices


def _linear(function: Callable[[int], int], shift: int) -> list[int]:
    """The function of the words with only one byte set: it is linear, so two look-ups give it for any word."""
    return [function(byte << shift) for byte in range(256)]
