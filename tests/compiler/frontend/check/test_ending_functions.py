"""Functions that decide what becomes of the packet end the handler that calls them."""

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source
from sim.interpreter import Machine
from sim.state import build_states

PORTS = "use std::net;\npair a <-> b;\n"


def codes(text: str) -> list[str]:
    try:
        return [warning.code for warning in load_source(Source("t.weft", PORTS + text)).warnings]
    except CompileError as error:
        return [diagnostic.code for diagnostic in error.diagnostics]


def test_a_call_can_be_the_end_of_a_handler() -> None:
    text = (
        PORTS
        + """
        fn pass(p: eth) { if p.eth.type == 0x0800 { leave(p) } else { drop } }
        fn leave(p: eth) { send b; }
        on a (p: eth) { p.pass() }
        on b (_) { drop }
    """
    )
    loaded = load_source(Source("t.weft", text))
    assert not loaded.warnings
    machine = Machine(loaded.program, states=build_states(loaded.program))
    for ether_type, sent in ((b"\x08\x00", [1]), (b"\x86\xdd", [])):
        frame = bytes(12) + ether_type
        assert [emission.port for emission in machine.process(frame, port=0, now=0).emissions] == sent


def test_a_call_can_be_what_happens_else() -> None:
    text = """
        state lost: counter[4];
        fn lose(reason: u2) { lost.add(reason); drop }
        table t: exact<u16 -> port> { size: 4 }
        on a (p: eth) { let to = t.get(p.eth.type) else { lose(1) }; send to; }
        on b (_) { lose(0) }
    """
    assert codes(text) == []


@pytest.mark.parametrize(
    "body", ["if p.eth.type == 1 { drop }", "if p.eth.type == 1 { return } drop", "lost.add(1);"], ids=str
)
def test_a_function_that_may_come_back_is_no_end(body: str) -> None:
    assert "W0600" in codes(f"state lost: counter[4]; fn f(p: eth) {{ {body} }} on a (p: eth) {{ p.f() }}")


def test_nothing_comes_after_a_call_that_ends() -> None:
    assert "W0601" in codes("fn f() { drop } on a | b (_) { f(); drop }")
