"""What a compiler to bmv2 makes of a program's states, and a switch that holds them.

Words are cut from the low end, 63 bits each: another way than the compiler's own, and as good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backends.p4.manifest import Manifest, Port, Register, RegisterArray, Word
from compiler.ir.leaf_values import Leaf
from compiler.ir.program import Program
from compiler.ir.states import Array
from compiler.ir.types import Vector, bit_width
from compiler.passes.expansion.arrays import expanded
from tests.runtime.bmv2.fake_switch import FakeSwitch

PACKETS_SEEN = "Ingress.packets_seen"


def manifest_of(program: Program, *, test_header: bool = False) -> Manifest:
    arrays = (a for state in program.states for a in expanded(state, program) if isinstance(a, Array))
    return Manifest(
        weft="0",
        target="bmv2",
        name=program.name,
        p4=f"{program.name}.p4",
        program="program.ir",
        p4info=f"{program.name}.p4info.txtpb",
        device_config=None,
        test_header=test_header,
        ports=tuple(Port(port.name, number, number + 1) for number, port in enumerate(program.ports)),
        cpu_port=510,
        tables=(),
        tunables=None,
        arrays=tuple(_registers(array) for array in arrays),
        packets_seen=Register(PACKETS_SEEN, 1),
        digests_sent=None,
        groups=(),
        program_groups=None,
        packet_in=None,
        crc32c=(),
    )


def _registers(array: Array) -> RegisterArray:
    lanes, width = (
        (array.type.lanes, array.type.width) if isinstance(array.type, Vector) else (1, bit_width(array.type))
    )
    words = tuple(
        Word(Register(f"Ingress.{array.name}__word{low}", 2), min(low + 62, width - 1), low)
        for low in range(0, width, 63)
    )
    return RegisterArray(array.name, words, width, array.cells, lanes, array.initial)


def switch_for(manifest: Manifest) -> FakeSwitch:
    """A switch that has just started."""
    switch = FakeSwitch()
    switch.add_register(PACKETS_SEEN, width=32, cells=1)
    for array in manifest.arrays:
        for word in array.words:
            switch.add_register(word.register.name, width=word.high - word.low + 1, cells=array.cells * array.lanes)
    return switch


def hold(switch: FakeSwitch, manifest: Manifest, cells: Mapping[str, Sequence[Leaf]]) -> None:
    """Put what packets would have left into the switch's registers."""
    for array in manifest.arrays:
        for word in array.words:
            mask = (1 << word.high - word.low + 1) - 1
            lanes = [lane for cell in cells[array.name] for lane in (cell if isinstance(cell, tuple) else (cell,))]
            switch.registers[word.register.name].cells[:] = [
                (lane ^ array.initial) >> word.low & mask for lane in lanes
            ]


def held(switch: FakeSwitch) -> dict[str, list[int]]:
    return {name: list(register.cells) for name, register in switch.registers.items()}
