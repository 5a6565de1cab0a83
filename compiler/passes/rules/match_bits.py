"""Which bits of which header fields an expression depends on."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from compiler.analyses.knowledge import Knowledge
from compiler.analyses.value_numbers import Node, ValueNumbers
from compiler.ir.types import bit_width

Field = tuple[str, str]


def needed_bits(numbers: ValueNumbers, known: Knowledge, number: int) -> dict[Field, int]:
    """By header field, as received, a mask of the bits that can change the value of expression `number`.

    On packets of which that is `known`. Looked-up values stand for themselves; what they are looked up by is asked
    for apart.
    """
    found: Counter[Field] = Counter()
    _Search(numbers, known, found).add(number, _full(numbers.nodes[number]))
    return {field: mask for field, mask in found.items() if mask}


def _full(node: Node) -> int:
    return (1 << bit_width(node.type)) - 1


@dataclass(frozen=True, slots=True)
class _Search:
    numbers: ValueNumbers
    known: Knowledge
    found: Counter[Field]

    def add(self, number: int, wanted: int) -> None:
        """`wanted`: the bits of the value that matter."""
        node = self.numbers.nodes[number]
        match node.kind, node.detail:
            case "field", (str(header), str(name)):
                if self.known.header_truth(header) is not False:
                    self.found[header, name] |= wanted
            case "table" | "result", _:
                pass
            case "select", _ if (chosen := self.known.value(node.arguments[0])) is not None:
                self.add(node.arguments[1 if chosen else 2], wanted)
            case "slice", (int(), int(low)):
                self.add(node.arguments[0], wanted << low)
            case "resize", _:
                (inside,) = node.arguments
                self.add(inside, wanted & _full(self.numbers.nodes[inside]))
            case "binary", ("and",):
                for one, other in (node.arguments, node.arguments[::-1]):
                    said = self._constant(other)
                    self.add(one, wanted if said is None else wanted & said)
            case ("binary", ("or" | "xor",)) | ("unary", ("not",)):
                for argument in node.arguments:
                    self.add(argument, wanted)
            case _:
                for argument in node.arguments:
                    self.add(argument, _full(self.numbers.nodes[argument]))

    def _constant(self, number: int) -> int | None:
        node = self.numbers.nodes[number]
        return node.detail[0] if node.kind == "constant" and isinstance(node.detail[0], int) else None
