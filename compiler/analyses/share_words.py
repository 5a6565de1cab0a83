"""Share words: the XOR of all 16-bit words of header fields, as a symbolic value.

The share of a packet or key is a linear function of the XOR of the 16-bit words of its parts (each
part filled with zeros on the left). So two lists of parts give one share on every packet if their
words are equal as XOR sums over bits of header fields, whatever the parts' order, grouping or
direction. A `Word` is such a sum, exact over slices, concatenations, zero extension and XOR.

A bit counts if the packet as received gives it: a bit of a header field, or of `tcp.sport where tcp
is present, else udp.sport` (a select over alternative headers), which counts as one bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from compiler.analyses.value_numbers import Node, ValueNumbers
from compiler.ir.operations import IndexFind, IndexOpen, LeaseOpen
from compiler.ir.program import Program
from compiler.ir.types import Bits
from compiler.ir.values import Operand

Source: TypeAlias = tuple[object, ...]  # ("one",), ("field", expression, bit), ("either", expression, bit, bit)
Bit: TypeAlias = frozenset[Source]  # the XOR of its members
SeenBits: TypeAlias = dict[int, tuple[Bit, ...] | None]  # by number of the expression, the lowest bit first
Word: TypeAlias = frozenset[tuple[int, Source]]  # the XOR of (place in the 16-bit word, source)

IdGiver: TypeAlias = LeaseOpen | IndexFind | IndexOpen

WORD_BITS = 16
_ONE: Source = ("one",)


def word_of(numbers: ValueNumbers, operand: Operand, seen: SeenBits) -> Word | None:
    """The share word of one part, or None when it is not made of received header fields alone.

    `seen` keeps what was found, for other parts of the same program.
    """
    bits = _bits(numbers, numbers.of(operand), seen)
    if bits is None:
        return None
    return xor_words({(place % WORD_BITS, source) for source in bit} for place, bit in enumerate(bits))


def xor_words(words: Iterable[Iterable[tuple[int, Source]]]) -> Word:
    """The XOR of words: what occurs twice cancels."""
    total: set[tuple[int, Source]] = set()
    for word in words:
        total.symmetric_difference_update(word)
    return frozenset(total)


def is_constant(word: Word) -> bool:
    """Whether the word is one and the same on all packets, so that it tells no shares apart."""
    return all(source == _ONE for _, source in word)


def is_wide(word: Word) -> bool:
    """Whether header bits reach all 16 places, so that the shares can be told apart well."""
    return len({place for place, source in word if source != _ONE}) == WORD_BITS


def giver_of_id(program: Program, numbers: ValueNumbers, operand: Operand) -> IdGiver | None:
    """The operation that gave out this lease id in this very transaction, so in the packet's own share."""
    node = numbers.node(operand)
    while node.kind == "resize" and _widens(numbers, node):
        node = numbers.nodes[node.arguments[0]]
    if node.kind != "result" or node.operation is None:
        return None
    operation = program.operations[node.operation]
    is_giver = isinstance(operation, LeaseOpen | IndexFind | IndexOpen)
    return operation if is_giver and numbers.node(operation.id) == node else None


def _widens(numbers: ValueNumbers, node: Node) -> bool:
    narrow = numbers.nodes[node.arguments[0]].type
    return isinstance(node.type, Bits) and isinstance(narrow, Bits) and narrow.width <= node.type.width


def _bits(numbers: ValueNumbers, number: int, seen: SeenBits) -> tuple[Bit, ...] | None:
    """The bits of an expression, the lowest first; each part of it is found once, however often it occurs."""
    if number not in seen:
        seen[number] = _found_bits(numbers, number, seen)
    return seen[number]


def _found_bits(numbers: ValueNumbers, number: int, seen: SeenBits) -> tuple[Bit, ...] | None:
    node = numbers.nodes[number]
    if not isinstance(node.type, Bits):
        return None
    width = node.type.width
    match node.kind, node.detail:
        case "field", _:
            return tuple(frozenset({("field", number, place)}) for place in range(width))
        case "constant", (int(value),):
            return tuple(frozenset({_ONE}) if value >> place & 1 else frozenset() for place in range(width))
        case "select", _ if numbers.nodes[node.arguments[0]].kind == "present":
            return _either(node, _parts(numbers, node.arguments[1:], seen))
        case _:
            parts = _parts(numbers, node.arguments, seen)
            return _combined(node, parts, width) if parts else None


def _parts(numbers: ValueNumbers, arguments: Iterable[int], seen: SeenBits) -> list[tuple[Bit, ...]] | None:
    known = []
    for argument in arguments:
        bits = _bits(numbers, argument, seen)
        if bits is None:
            return None
        known.append(bits)
    return known


def _either(node: Node, arms: list[tuple[Bit, ...]] | None) -> tuple[Bit, ...] | None:
    if arms is None:
        return None
    present = node.arguments[0]
    return tuple(yes if yes == no else frozenset({("either", present, yes, no)}) for yes, no in zip(*arms, strict=True))


def _combined(node: Node, parts: list[tuple[Bit, ...]], width: int) -> tuple[Bit, ...] | None:
    match node.kind, node.detail:
        case "resize", _:
            zeros: tuple[Bit, ...] = (frozenset(),) * max(0, width - len(parts[0]))
            return parts[0][:width] + zeros
        case "slice", (int(high), int(low)):
            return parts[0][low : high + 1]
        case "concat", _:
            return tuple(bit for part in reversed(parts) for bit in part)
        case "binary", ("xor",):
            return tuple(one ^ other for one, other in zip(*parts, strict=True))
        case _:
            return None
