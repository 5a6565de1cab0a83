"""What an expression is made of: header fields, looked-up values, and what differs from packet to packet."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.analyses.knowledge import Knowledge
from compiler.analyses.laws import Laws
from compiler.ir.operations import ArrayUpdate, HashAlgorithm, MeterTake, ReduceContribute

_VARYING_FACTS = {"now": "the arrival time", "length": "the packet's length"}


@dataclass(frozen=True, slots=True)
class Leaves:
    """`fields`: header fields; `hashed`: those inside a hash; `by_parse`: "port", "tcp present".

    What is in `by_parse` any rule can match. `varying`: leaves that no key fixes, in the words of a
    message. Values looked up in states, and tunables, are constants per key and are not listed.
    """

    fields: frozenset[str] = frozenset()
    hashed: frozenset[str] = frozenset()
    by_parse: frozenset[str] = frozenset()
    varying: tuple[str, ...] = ()

    def joined(self, other: Leaves) -> Leaves:
        varying = tuple(dict.fromkeys((*self.varying, *other.varying)))
        fields, hashed = self.fields | other.fields, self.hashed | other.hashed
        return Leaves(fields, hashed, self.by_parse | other.by_parse, varying)


NOTHING = Leaves()


class LeafFinder:
    """Finds the leaves of expressions; what is `known` on a path is one number there and has none."""

    def __init__(self, laws: Laws, known: Knowledge | None = None) -> None:
        self.laws = laws
        self.known = known
        self._seen: dict[int, Leaves] = {}

    def of(self, *numbers: int) -> Leaves:
        """The leaves of these expressions together."""
        total = NOTHING
        for number in numbers:
            total = total.joined(_leaves(self.laws, number, self.known, self._seen))
        return total


def _leaves(laws: Laws, number: int, known: Knowledge | None, seen: dict[int, Leaves]) -> Leaves:
    if number not in seen:
        seen[number] = _found_leaves(laws, number, known, seen)
    return seen[number]


def _found_leaves(laws: Laws, number: int, known: Knowledge | None, seen: dict[int, Leaves]) -> Leaves:
    if known is not None and known.value(number) is not None:
        return NOTHING
    node = laws.numbers.nodes[number]
    match node.kind, node.detail:
        case "field", (header, name):
            return Leaves(fields=frozenset({f"{header}.{name}"}))
        case "present", (header,):
            return Leaves(by_parse=frozenset({f"{header} present"}))
        case "fact", (str(fact),) if fact in _VARYING_FACTS:
            return Leaves(varying=(_VARYING_FACTS[fact],))
        case "fact", _:
            return Leaves(by_parse=frozenset({"port"}))
        case "hash", (algorithm, _) if algorithm == HashAlgorithm.RANDOM.value:
            return Leaves(varying=("a random number",))
        case "result", (int(place), _):
            return _result_leaves(laws, place)
        case "table", _:
            return NOTHING  # a looked-up value stands for itself; its key is counted at the look-up
        case _:
            return _inside(laws, number, known, seen)


def _inside(laws: Laws, number: int, known: Knowledge | None, seen: dict[int, Leaves]) -> Leaves:
    node = laws.numbers.nodes[number]
    arguments = node.arguments
    if node.kind == "select" and known is not None and (chosen := known.value(arguments[0])) is not None:
        arguments = arguments[1:2] if chosen else arguments[2:]
    inside = NOTHING
    for argument in arguments:
        inside = inside.joined(_leaves(laws, argument, known, seen))
    return Leaves(inside.fields, inside.fields, inside.by_parse, inside.varying) if node.kind == "hash" else inside


def _result_leaves(laws: Laws, place: int) -> Leaves:
    operation = laws.program.operations[place]
    if isinstance(operation, ArrayUpdate | MeterTake | ReduceContribute):
        return Leaves(varying=(f"the running value of `{operation.state}`",))
    return NOTHING
