"""Where a key belongs, as operations: what `meaning/sets.py` says."""

from __future__ import annotations

from compiler.ir.operations import CompareOperator, HashAlgorithm
from compiler.ir.states import Array, Index, Map
from compiler.ir.values import Operand, constant
from compiler.meaning.sets import SET_MEMBER
from compiler.passes.expansion.assembler import Assembler


def first_cell(out: Assembler, state: Map | Index, shares: int, key: tuple[Operand, ...]) -> Operand:
    """The cell of way 0 of the key's set, Bits(32)."""
    with out.called("first"):
        return _first_cell(out, state, shares, key)


def _first_cell(out: Assembler, state: Map | Index, shares: int, key: tuple[Operand, ...]) -> Operand:
    divided = shares if state.share_key else 1
    bits = (state.sets // divided).bit_length() - 1
    parts: list[Operand] = []
    if divided > 1:
        parts.append(out.hash(HashAlgorithm.SHARE, divided, tuple(key[place] for place in state.share_key)))
    if bits:
        parts.append(out.slice(out.hash(HashAlgorithm.FAMILY, SET_MEMBER, key), 31, 32 - bits))
    if not parts:
        return constant(0, 32)
    number = out.resize(out.concat(tuple(parts)) if len(parts) > 1 else parts[0], 32)
    return out.multiplied(number, state.ways)


def holds_key(out: Assembler, keys: tuple[Array, ...], cell: Operand, key: tuple[Operand, ...]) -> Operand:
    """Whether the cell's key, used or not, is `key`."""
    found = zip(keys, key, strict=True)
    with out.called("same_key"):
        return out.all_of(out.compare(CompareOperator.EQ, out.read(array, cell), part) for array, part in found)
