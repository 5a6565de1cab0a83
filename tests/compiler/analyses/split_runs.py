"""Run a program whole, and share by share on machines of their own."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import reduce

from compiler.analyses import Shares, StateClass, classify_states, infer_shares
from compiler.analyses.structure import OUTSIDE
from compiler.ir.fields import results
from compiler.ir.operations import Binary, BinaryOperator, HeaderPresent, ReadField, Resize, Select
from compiler.ir.program import Program
from compiler.ir.values import Constant, Operand
from compiler.ir.verify import verify
from compiler.meaning.hashing import share_of
from compiler.passes.assign_shares import assign_shares
from sim.interpreter import Machine
from sim.state import ArrayState, CounterState, IndexState, LeaseState, MapState, build_states
from tests.compiler.analyses.packets import TCP, UDP
from tests.compiler.analyses.random_programs import Packet

Result = tuple[list[object], dict[str, object]]
Fields = Mapping[str, int]  # of one packet: "ipv4.src"; a header that is absent has none

FOLDS: dict[BinaryOperator, Callable[[int, int], int]] = {
    BinaryOperator.ADD: lambda one, other: (one + other) % 2**32,
    BinaryOperator.MAX: max,
    BinaryOperator.OR: lambda one, other: one | other,
}


def run_whole(program: Program, packets: list[Packet]) -> Result:
    assigned = assign_shares(program, infer_shares(program))
    verify(assigned)
    states = build_states(assigned)
    machine = Machine(assigned, states=states)
    outcomes = [_outcome(machine, packet) for packet in packets]
    return outcomes, {name: _content(state, packets[-1].now) for name, state in states.items()}


def run_by_shares(
    program: Program, packets: list[Packet], *, fields: Mapping[int, tuple[str, ...]] | None = None
) -> Result:
    """One machine a share, each seeing only its share's packets; outcomes in the packets' order, states united.

    `fields` replaces the inferred share function of a handler by other header fields.
    """
    inferred = infer_shares(program)
    assigned = assign_shares(program, inferred)
    shares = [_share(program, inferred, packet, fields or {}) for packet in packets]
    outcomes: list[object] = [None] * len(packets)
    contents: dict[str, list[dict[object, object]]] = {}
    for share in range(program.shares):
        states = build_states(assigned)
        machine = Machine(assigned, states=states)
        for place, packet in enumerate(packets):
            if shares[place] == share:
                outcomes[place] = _outcome(machine, packet)
        for name, state in states.items():
            contents.setdefault(name, []).append(_content(state, packets[-1].now))
    return outcomes, {name: _united(program, name, found) for name, found in contents.items()}


def _share(program: Program, inferred: Shares, packet: Packet, fields: Mapping[int, tuple[str, ...]]) -> int:
    """These programs have one handler a port, or none."""
    handler = packet.port if program.handlers else OUTSIDE
    found = _parsed(packet.data)
    if handler in fields:
        return share_of([found.get(name, 0) for name in fields[handler]], shares=program.shares)
    share = inferred.of_handler(handler)
    parts = share.parts if share is not None else ()
    return share_of([_evaluate(program, part, found) for part in parts], shares=program.shares)


def _parsed(data: bytes) -> Fields:
    if len(data) < 34 or data[12:14] != b"\x08\x00":
        return {}
    proto, _, src, dst = struct.unpack("!BHII", data[23:34])
    found = {"ipv4.src": src, "ipv4.dst": dst, "ipv4.proto": proto}
    header, size = {TCP: ("tcp", 20), UDP: ("udp", 8)}.get(proto, ("", 0))
    if header and len(data) >= 34 + size:
        sport, dport = struct.unpack("!HH", data[34:38])
        found |= {f"{header}.sport": sport, f"{header}.dport": dport}
    return found


def _evaluate(program: Program, part: Operand, fields: Fields) -> int:
    if isinstance(part, Constant):
        assert isinstance(part.value, int)
        return part.value
    operation = next(op for op in program.operations if part in results(op))
    match operation:
        case ReadField(header=header, field=name):
            return fields.get(f"{header}.{name}", 0)
        case HeaderPresent(header=header):
            return int(any(name.startswith(f"{header}.") for name in fields))
        case Select(condition=condition, on_true=yes, on_false=no):
            return _evaluate(program, yes if _evaluate(program, condition, fields) else no, fields)
        case Resize(argument=argument):
            return _evaluate(program, argument, fields)  # only ever wider here
        case Binary(operator=BinaryOperator.XOR, left=left, right=right):
            return _evaluate(program, left, fields) ^ _evaluate(program, right, fields)
        case _:
            raise AssertionError(f"{operation} is no share part")


def _outcome(machine: Machine, packet: Packet) -> object:
    outcome = machine.process(packet.data, port=packet.port, now=packet.now)
    return outcome.emissions, outcome.digests, outcome.final


def _content(state: object, now: int) -> dict[object, object]:
    """What is in it: entries as keys; for arrays and counters the cells that are not zero."""
    tick = now >> 20
    match state:
        case ArrayState():
            return {index: cell for index, cell in enumerate(state.cells) if cell}
        case CounterState():
            pairs = (("packets", state.packets), ("bytes", state.byte_counts))
            return {(kind, index): number for kind, cells in pairs for index, number in enumerate(cells) if number}
        case MapState() | IndexState() | LeaseState():
            return dict.fromkeys(state.entries(tick), True)
        case _:
            raise AssertionError(f"{type(state).__name__} is not compared")


def _united(program: Program, name: str, contents: list[dict[object, object]]) -> dict[object, object]:
    """The disjoint union; replicas of what merges are folded."""
    fact = classify_states(program).of(name)
    union: dict[object, object] = {}
    for content in contents:
        for key, value in content.items():
            if key not in union:
                union[key] = value
                continue
            assert fact.kind is StateClass.MERGEABLE, f"{key} of {name} is in two shares"
            assert fact.operator is not None
            union[key] = reduce(FOLDS[fact.operator], [_number(union[key]), _number(value)])
    return union


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
