"""What one state access on a path asks of a cache: key fields to match, or a reason against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from compiler.analyses.constant_leaves import NOTHING, LeafFinder, Leaves
from compiler.analyses.laws import Laws
from compiler.analyses.mergeable import obstacle
from compiler.analyses.paths import PacketPath
from compiler.analyses.reasons import Reason, Weight
from compiler.analyses.structure import Structure, states_of
from compiler.ir.operations import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    BinaryOperator,
    CounterAdd,
    IndexFind,
    IndexOpen,
    LeaseClose,
    LeaseGet,
    LeaseOpen,
    MapFind,
    MapPut,
    MapRemove,
    MeterTake,
    ReduceContribute,
    TableGet,
)
from compiler.ir.values import Operand, Value
from compiler.source import Span


@dataclass(frozen=True, slots=True)
class AccessEffect:
    """`key`: what the look-up or counter is entered by. `reasons`: against caching it."""

    span: Span
    key: Leaves = NOTHING
    looked_up: str = ""
    counted: str = ""
    reasons: tuple[Reason, ...] = ()


def effect_of(finder: LeafFinder, structure: Structure, path: PacketPath, place: int) -> AccessEffect | None:
    """None for what is no state access. `finder` knows what is known on the path."""
    operation = finder.laws.program.operations[place]
    span = operation.span
    match operation:
        case TableGet(state=state, key=key):
            return _look_up(finder, span, state, key, None, path)
        case MapFind(state=state, key=key, present=found) | IndexFind(state=state, key=key, present=found):
            return _look_up(finder, span, state, key, found, path)
        case LeaseGet(state=state, id=number, live=found):
            return _look_up(finder, span, state, (number,), found, path)
        case IndexOpen():
            return _index_open(finder, operation, path)
        case ArrayRead(state=state, index=index):
            return _look_up(finder, span, state, (index,), None, path)
        case CounterAdd(state=state, index=index, amount=amount):
            return _count(finder, path, span, state, index, amount)
        case ArrayUpdate():
            return _update(finder, structure, path, operation)
        case MapPut(state=state):
            return _put(finder, operation, path, place)
        case ArrayWrite(state=state):
            return _write(span, state, f"writes `{state}`")
        case MapRemove(state=state):
            return _write(span, state, f"removes from `{state}`")
        case LeaseOpen(state=state):
            return _write(span, state, f"opens an id of `{state}`")
        case LeaseClose(state=state):
            return _write(span, state, f"closes an id of `{state}`")
        case MeterTake(state=state):
            return _write(span, state, f"takes tokens from `{state}`")
        case ReduceContribute(state=state):
            return _write(span, state, f"contributes to `{state}`")
        case _:
            return None


def _write(span: Span, state: str, what: str) -> AccessEffect:
    return AccessEffect(span, reasons=(Reason(f"line {span.line} {what}", span, Weight.WRITES, state),))


def _look_up(
    finder: LeafFinder, span: Span, state: str, key: Iterable[Operand], found: Value | None, path: PacketPath
) -> AccessEffect:
    leaves = finder.of(*(finder.laws.numbers.of(part) for part in key))
    reasons = [Reason(f"line {span.line} looks `{state}` up by {what}", span, state=state) for what in leaves.varying]
    truth = 1 if found is None else path.known.value(finder.laws.numbers.of(found))
    if truth != 1:
        verb = "does" if truth == 0 else "may"
        reasons.append(Reason(f"line {span.line} {verb} not find the key in `{state}`", span, state=state))
    return AccessEffect(span, key=leaves, looked_up=state, reasons=tuple(reasons))


def _index_open(finder: LeafFinder, operation: IndexOpen, path: PacketPath) -> AccessEffect:
    span, state = operation.span, operation.state
    if path.known.value(finder.laws.numbers.of(operation.opened)) != 0:
        return _write(span, state, f"opens a session and inserts it into `{state}`")
    return _look_up(finder, span, state, operation.key, operation.done, path)


def _put(finder: LeafFinder, operation: MapPut, path: PacketPath, place: int) -> AccessEffect:
    span = operation.span
    if place in path.unchanged:  # what it would write is compared with the entry, so a rule must match it too
        leaves = finder.of(*(finder.laws.numbers.of(value) for value in operation.values))
        reasons = tuple(
            Reason(f"line {span.line} writes what depends on {what}", span, Weight.WRITES, operation.state)
            for what in leaves.varying
        )
        return AccessEffect(span, key=leaves, reasons=reasons)
    slot = finder.laws.numbers.node(operation.slot).operation
    find = finder.laws.program.operations[slot] if slot is not None else None
    present = path.known.value(finder.laws.numbers.of(find.present)) if isinstance(find, MapFind) else None
    verb = "changes an entry of" if present == 1 else "inserts into"
    return _write(span, operation.state, f"{verb} `{operation.state}`")


def _update(finder: LeafFinder, structure: Structure, path: PacketPath, operation: ArrayUpdate) -> AccessEffect:
    span, state = operation.span, operation.state
    if operation.result.number in structure.used:
        return _write(span, state, f"uses the running value of `{state}`")
    if operation.operator is not BinaryOperator.ADD:
        return _write(span, state, f"updates `{state}` by `{operation.operator.value}`")
    places = [place for place, op in enumerate(finder.laws.program.operations) if state in states_of(op)]
    if (why := obstacle(structure, places)) is not None:  # a rule's count is not seen until it is read out
        return _write(span, state, f"adds to `{state}`, but {why[0]}")
    return _count(finder, path, span, state, operation.index, operation.amount)


def _count(
    finder: LeafFinder, path: PacketPath, span: Span, state: str, index: Operand, amount: Operand
) -> AccessEffect:
    leaves = finder.of(finder.laws.numbers.of(index))
    said = [f"counts in a cell of `{state}` chosen by {what}" for what in leaves.varying]
    if not _is_packets_or_bytes(finder.laws, finder.laws.numbers.of(amount)):
        said.append(f"adds to `{state}` what is neither packets nor bytes")
    reasons = tuple(Reason(f"line {span.line} {what}", span, Weight.WRITES, state) for what in said)
    return AccessEffect(span, key=leaves, counted=state, reasons=reasons)


def _is_packets_or_bytes(laws: Laws, number: int) -> bool:
    """A constant a packet, or the packet's length."""
    node = laws.numbers.nodes[number]
    if node.kind == "resize":
        return _is_packets_or_bytes(laws, node.arguments[0])
    return node.kind == "constant" or node.detail == ("length",)
