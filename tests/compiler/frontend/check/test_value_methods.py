"""Operations of values that are made of several others."""

from __future__ import annotations

import random

import pytest

from compiler.load import load_source
from compiler.source import Source
from sim.interpreter import Machine
from sim.state import ArrayState, build_states

_PROGRAM = """
use std::net;
header probe on eth.type == 0x88b5 {{ value: u{width}, answer: u32 }}
port wire;
state asked: u{width};
on wire (p: probe) {{ p.probe.answer = asked.add(p.probe.value).{method}(); reply; }}
on wire (_) {{ drop }}
"""


@pytest.mark.parametrize("width", [8, 32, 64, 128])
@pytest.mark.parametrize("method", ["popcount", "leading_zeros"])
def test_bits_are_counted_of_a_value_that_is_computed_once(width: int, method: str) -> None:
    program = load_source(Source("count.weft", _PROGRAM.format(width=width, method=method))).program
    states = build_states(program)
    machine, total, rng = Machine(program, states=states), 0, random.Random(width)
    for _ in range(50):
        value = rng.getrandbits(rng.randint(0, width))
        total = (total + value) % 2**width
        data = bytes(12) + b"\x88\xb5" + value.to_bytes(width // 8, "big") + bytes(4)
        (emission,) = machine.process(data, port=0, now=0).emissions
        expected = total.bit_count() if method == "popcount" else width - total.bit_length()
        assert int.from_bytes(emission.data[-4:], "big") == expected
    asked = states["asked"]
    assert isinstance(asked, ArrayState)
    assert asked.cells == [total]


def test_counting_bits_takes_few_operations() -> None:
    program = load_source(Source("count.weft", _PROGRAM.format(width=64, method="leading_zeros"))).program
    assert len(program.operations) < 80
