"""What one state access on a path asks of a cache: key fields to match, or a reason against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from compiler.analyses.constant_leaves import NOTHING, Leaves, leaves_of
from compiler.analyses.laws import Laws
from compiler.analyses.mergeable import obstacle
from compiler.analyses.paths import PacketPath
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
    """`key`: what the look-up or counter is entered by. `reasons` are complete sentences' ends, with the line."""

    span: Span
    key: Leaves = NOTHING
    looked_up: str = ""
    counted: str = ""
    reasons: tuple[str, ...] = ()


def effect_of(laws: Laws, structure: Structure, path: PacketPath, place: int) -> AccessEffect | None:
    """None for what is no state access."""
    operation = laws.program.operations[place]
    span = operation.span
    line = f"line {span.line}"
    match operation:
        case TableGet(state=state, key=key):
            return _look_up(laws, span, state, key, None, path)
        case MapFind(state=state, key=key, present=found) | IndexFind(state=state, key=key, present=found):
            return _look_up(laws, span, state, key, found, path)
        case LeaseGet(state=state, id=number, live=found):
            return _look_up(laws, span, state, (number,), found, path)
        case IndexOpen():
            return _index_open(laws, operation, path)
        case ArrayRead(state=state, index=index):
            return _look_up(laws, span, state, (index,), None, path)
        case CounterAdd(state=state, index=index, amount=amount):
            return _count(laws, path, span, state, index, amount)
        case ArrayUpdate():
            return _update(laws, structure, path, operation)
        case MapPut(state=state):
            return _put(laws, operation, path, place)
        case ArrayWrite(state=state):
            return AccessEffect(span, reasons=(f"{line} writes `{state}`",))
        case MapRemove(state=state):
            return AccessEffect(span, reasons=(f"{line} removes from `{state}`",))
        case LeaseOpen(state=state):
            return AccessEffect(span, reasons=(f"{line} opens an id of `{state}`",))
        case LeaseClose(state=state):
            return AccessEffect(span, reasons=(f"{line} closes an id of `{state}`",))
        case MeterTake(state=state):
            return AccessEffect(span, reasons=(f"{line} takes tokens from `{state}`",))
        case ReduceContribute(state=state):
            return AccessEffect(span, reasons=(f"{line} contributes to `{state}`",))
        case _:
            return None


def _look_up(
    laws: Laws, span: Span, state: str, key: Iterable[Operand], found: Value | None, path: PacketPath
) -> AccessEffect:
    leaves = leaves_of(laws, *(laws.numbers.of(part) for part in key), known=path.known)
    reasons = [f"line {span.line} looks `{state}` up by {what}" for what in leaves.varying]
    truth = 1 if found is None else path.known.value(laws.numbers.of(found))
    if truth != 1:
        verb = "does" if truth == 0 else "may"
        reasons.append(f"line {span.line} {verb} not find the key in `{state}`")
    return AccessEffect(span, key=leaves, looked_up=state, reasons=tuple(reasons))


def _index_open(laws: Laws, operation: IndexOpen, path: PacketPath) -> AccessEffect:
    span, state = operation.span, operation.state
    if path.known.value(laws.numbers.of(operation.opened)) != 0:
        return AccessEffect(span, reasons=(f"line {span.line} opens a session and inserts it into `{state}`",))
    return _look_up(laws, span, state, operation.key, operation.done, path)


def _put(laws: Laws, operation: MapPut, path: PacketPath, place: int) -> AccessEffect:
    span = operation.span
    if place in path.unchanged:  # what it would write is compared with the entry, so a rule must match it too
        leaves = leaves_of(laws, *(laws.numbers.of(value) for value in operation.values), known=path.known)
        reasons = tuple(f"line {span.line} writes what depends on {what}" for what in leaves.varying)
        return AccessEffect(span, key=leaves, reasons=reasons)
    slot = laws.numbers.node(operation.slot).operation
    find = laws.program.operations[slot] if slot is not None else None
    present = path.known.value(laws.numbers.of(find.present)) if isinstance(find, MapFind) else None
    verb = "changes an entry of" if present == 1 else "inserts into"
    return AccessEffect(span, reasons=(f"line {span.line} {verb} `{operation.state}`",))


def _update(laws: Laws, structure: Structure, path: PacketPath, operation: ArrayUpdate) -> AccessEffect:
    span, state = operation.span, operation.state
    if operation.result.number in structure.used:
        return AccessEffect(span, reasons=(f"line {span.line} uses the running value of `{state}`",))
    if operation.operator is not BinaryOperator.ADD:
        return AccessEffect(span, reasons=(f"line {span.line} updates `{state}` by `{operation.operator.value}`",))
    places = [place for place, op in enumerate(laws.program.operations) if state in states_of(op)]
    if (why := obstacle(structure, places)) is not None:  # a rule's count is not seen until it is read out
        return AccessEffect(span, reasons=(f"line {span.line} adds to `{state}`, but {why[0]}",))
    return _count(laws, path, span, state, operation.index, operation.amount)


def _count(laws: Laws, path: PacketPath, span: Span, state: str, index: Operand, amount: Operand) -> AccessEffect:
    leaves = leaves_of(laws, laws.numbers.of(index), known=path.known)
    reasons = [f"line {span.line} counts in a cell of `{state}` chosen by {what}" for what in leaves.varying]
    if not _is_packets_or_bytes(laws, laws.numbers.of(amount)):
        reasons.append(f"line {span.line} adds to `{state}` what is neither packets nor bytes")
    return AccessEffect(span, key=leaves, counted=state, reasons=tuple(reasons))


def _is_packets_or_bytes(laws: Laws, number: int) -> bool:
    """A constant a packet, or the packet's length."""
    node = laws.numbers.nodes[number]
    if node.kind == "resize":
        return _is_packets_or_bytes(laws, node.arguments[0])
    return node.kind == "constant" or node.detail == ("length",)
