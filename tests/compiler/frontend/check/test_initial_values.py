"""Values that a program begins with are written as anywhere else in it."""

import pytest

from compiler.diagnostics import CompileError
from compiler.ir.states import Array, Table
from compiler.load import load_source
from compiler.source import Source

ITEMS = "port lan, wan; port any[3]; enum Phase { Closed, Open }"


def states(declarations: str) -> dict[str, object]:
    source = f"{ITEMS} header eth {{ dst: mac, src: mac, type: u16 }} {declarations} on lan (_) {{ drop }}"
    return {state.name: state for state in load_source(Source("initial.weft", source)).program.states}


@pytest.mark.parametrize(
    ("type_", "value", "number"),
    [
        ("bool", "true", 1),
        ("ip4", "10.0.0.1", 0x0A000001),
        ("ip6", '"2001:db8::1"', 0x20010DB8 << 96 | 1),
        ("mac", "02:00:00:00:00:01", 0x020000000001),
        ("time", "5s", 5_000_000_000),
        ("port", "wan", 1),
        ("port", "any[2]", 4),
        ("Phase", "Phase::Open", 1),
        ("u8", "7", 7),
    ],
)
def test_initial_value(type_: str, value: str, number: int) -> None:
    state = states(f"state one: {type_} = {value};")["one"]
    assert isinstance(state, Array)
    assert state.initial == number


def test_default_of_a_table() -> None:
    state = states("table t: exact<u8 -> { to: port, ok: bool }> { size: 4, default: D { to: any[1], ok: true } }")["t"]
    assert isinstance(state, Table)
    assert state.default == (3, 1)


@pytest.mark.parametrize(
    ("type_", "value", "code"),
    [("u8", "10.0.0.1", "W0301"), ("bool", "10.0.0.1", "W0301"), ("port", "any[3]", "W0321"), ("u8", "256", "W0310")],
)
def test_value_of_another_type(type_: str, value: str, code: str) -> None:
    with pytest.raises(CompileError) as refused:
        states(f"state one: {type_} = {value};")
    assert [diagnostic.code for diagnostic in refused.value.diagnostics] == [code]
