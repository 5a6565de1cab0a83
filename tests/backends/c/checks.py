"""Ways to hold the C of a program to the interpreter, each from another side."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any, Final, TypeAlias

import cffi

from backends.bluefield.rules.of_program import rules_of
from backends.c.compile import compile_datapath, datapath_files, share_finder
from compiler.ir.leaf_values import packed_number
from compiler.ir.program import Program
from compiler.ir.types import bit_width, leaf_types
from compiler.meaning.hashing import pack
from sim.captures import Packet
from sim.interpreter import DigestRecord, Machine, Run
from sim.native import NativeRun
from sim.native.build import build_library, find_compiler
from sim.native.c_types import PACKET_TYPES
from sim.state import TableArrayState, TableState, build_states
from tests.backends.c.hostile import SANITIZERS, hostile, run_driver
from tests.differential.cases import Case
from tests.differential.compare import differences
from tests.differential.cores import became, core_differences
from tests.differential.native import Reference, handover_differences, native_differences
from tests.engines import Arrival, outcome_of

Check: TypeAlias = Callable[[Case, Reference], list[str]]
HOSTILE_PACKETS: Final = 300
DRIVER_LIMIT_S: Final = 60


def on_cores(case: Case, _reference: Reference) -> list[str]:
    """On three cores, packets given out by their shares."""
    if share_finder(case.program) is None:
        return []
    packets = [_packet(case.program, arrival) for arrival in case.packets]
    return core_differences(case.program, case.entries, packets, cores=3, random=Random(7))


def under_sanitizers(case: Case, _reference: Reference) -> list[str]:
    """Its packets, and damaged ones, each in memory of just its size, with room for just what it may need."""
    packets = [*case.packets, *hostile(Random(7), case.packets, HOSTILE_PACKETS)] if case.packets else []
    with tempfile.TemporaryDirectory(prefix="weft-sanitizers-") as folder:
        compiler = [find_compiler() or "cc", "-O1", "-g", *SANITIZERS]
        limit = ["timeout", str(DRIVER_LIMIT_S)]
        try:
            driven = run_driver(case.program, packets, Path(folder), compiler=compiler, launcher=limit)
        except AssertionError as error:
            return [f"sanitizers: {error}"]
    return [] if driven.processed == len(packets) else [f"{driven.processed} of {len(packets)} were processed"]


def by_rules(case: Case, _reference: Reference) -> list[str]:
    """The rule for each packet, asked for behind the packet: its number, its values, and what it counts as used."""
    program = case.program
    rules = rules_of(program)
    if not rules.templates:
        return []
    native, reference = NativeRun(program, entries=case.entries), Run(program, entries=case.entries)
    asked = _RuleFunction(program, rules.program, native)
    finder = Machine(
        rules.program, states=reference.states, tunables=case.entries.tunables, groups=case.entries.multicast
    )
    for number, arrival in enumerate(case.packets):
        packet = _packet(program, arrival)
        if became(reference, packet) != became(native, packet):
            return [f"packet {number}"]
        told = finder.process(packet.data, port=packet.port, now=packet.time_ns, wire_length=packet.wire_length)
        expected, found = _rule(rules.program, told.digests), asked(packet)
        if expected != found:
            return [f"rule of packet {number}: {expected} became {found}"]
    return [name for name, state in reference.states.items() if state.snapshot() != native.states[name].snapshot()]


def with_other_entries(case: Case, _reference: Reference) -> list[str]:
    """While packets come, tables get other entries: some, the others, and all again."""
    given, program = case.entries, case.program
    if not (given.tables or given.arrays):
        return []
    some, others = (
        replace(
            given,
            tables={name: tuple(rows[first::2]) for name, rows in given.tables.items()},
            arrays={name: tuple(cells[first:]) for name, cells in given.arrays.items()},
        )
        for first in (0, 1)
    )
    native, reference = NativeRun(program, entries=given), Run(program, entries=given)
    quarter = len(case.packets) // 4
    for turn, entries in enumerate((given, some, others, given)):
        fresh = build_states(program, entries)
        for run in (native, reference):
            for name, state in run.states.items():
                if isinstance(state, TableState | TableArrayState):
                    state.restore(fresh[name].snapshot())
        native._install_tables()
        packets = case.packets[turn * quarter : (turn + 1) * quarter]
        found = differences(outcome_of(reference, packets), outcome_of(native, packets))
        if found:
            return [f"entries {turn}: {found[0]}"]
    return []


CHECKS: Final[dict[str, Check]] = {
    "plain": native_differences,
    "handover": handover_differences,
    "cores": on_cores,
    "rules": by_rules,
    "entries": with_other_entries,
    "sanitizers": under_sanitizers,
}


def _packet(program: Program, arrival: Arrival) -> Packet:
    port = next(number for number, port in enumerate(program.ports) if port.name == arrival.port)
    return Packet(arrival.now_ns, arrival.data, arrival.wire_length or len(arrival.data), port)


Rule: TypeAlias = tuple[int, bytes]  # number, values


def _rule(program: Program, digests: list[DigestRecord]) -> Rule:
    """What the function has to answer where the interpreter tells these."""
    if not digests:
        return 0, b""
    name, leaves = digests[0]
    number = next(n for n, record in enumerate(program.records, start=1) if record.name == name)
    types = leaf_types(program.records[number - 1])
    numbers = [packed_number(leaf, of) for leaf, of in zip(leaves, types, strict=True)]
    return number, pack(numbers, [bit_width(of) for of in types])


class _RuleFunction:
    """`<name>_rule` on the state of a run."""

    def __init__(self, program: Program, rules: Program, run: NativeRun) -> None:
        datapath = compile_datapath(program, rules=rules)
        self._run, self._rules, self._ffi = run, rules, cffi.FFI()
        name = f"{datapath.name}_rule"
        parameters = "void *state, const struct weft_packet *given, uint8_t *values"
        self._ffi.cdef(f"{PACKET_TYPES} uint32_t {name}({parameters});")
        self._library = self._ffi.dlopen(str(build_library(datapath_files(datapath))))
        self._function: Any = getattr(self._library, name)
        self._state = self._ffi.cast("void *", run._state)  # nobody else needs it from outside
        self._values = self._ffi.new("uint8_t[]", 4096)

    def __call__(self, packet: Packet) -> Rule:
        ffi: Any = self._ffi
        data = ffi.from_buffer(bytearray(packet.data) or bytearray(1))
        given = ffi.new("struct weft_packet *")
        given.data, given.size = ffi.cast("uint8_t *", data), len(packet.data)
        given.wire_length, given.now, given.port = packet.wire_length, packet.time_ns, packet.port
        number = self._function(self._state, given, self._values)
        if number == 0:
            return 0, b""
        bits = sum(bit_width(of) for of in leaf_types(self._rules.records[number - 1]))
        return number, bytes(ffi.buffer(self._values, (bits + 7) // 8))
