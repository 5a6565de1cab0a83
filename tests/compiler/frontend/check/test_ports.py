"""Ports are names: they are sent to, compared, and counted by their place in a group."""

from __future__ import annotations

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source
from sim.interpreter import Machine
from sim.state import CounterState, RunState, build_states

COUNTING = """
use std::net;
port uplink;
port access[5];
enum Reason { Known, Unknown, Broken }
state seen: counter[5];
state why: counter[3];
fn count(p: _, which: u3, reason: Reason) { why.add(reason); if which < 5 { seen.add(which); } }
on access (p: _) { p.count(p.port.index, Reason::Broken); send uplink; }
on uplink (p: _) { drop }
"""

SENDING = """
use std::net;
port a, b, c;
on c (p: eth) {{ {body} }}
on a | b | c (p: _) {{ drop }}
"""


def codes(text: str) -> list[str]:
    try:
        return [d.code for d in load_source(Source("p.weft", text)).warnings]
    except CompileError as error:
        return [d.code for d in error.diagnostics]


def packets_counted(counter: RunState) -> dict[int, int]:
    assert isinstance(counter, CounterState)
    return {cell: packets for cell, packets in enumerate(counter.packets) if packets}


def test_the_index_is_the_place_in_the_group_wherever_that_begins() -> None:
    program = load_source(Source("p.weft", COUNTING)).program
    states = build_states(program)
    machine = Machine(program, states=states)
    for port in (1, 3, 3, 5):
        outcome = machine.process(bytes(60), port=port, now=0)
        assert [emission.port for emission in outcome.emissions] == [0]
    assert packets_counted(states["seen"]) == {0: 1, 2: 2, 4: 1}
    assert packets_counted(states["why"]) == {2: 4}


@pytest.mark.parametrize("body", ["send a | b;", "send a & b;", "send !a;"])
def test_the_number_of_a_port_is_not_computed_with(body: str) -> None:
    assert codes(SENDING.format(body=body)) == ["W0316"]


def test_one_packet_is_sent_by_two_ports() -> None:
    assert codes(SENDING.format(body="clone a; send b;")) == []


def test_a_short_frame_reaches_the_handler_behind_eth() -> None:
    assert codes("use std::net;\nport a, b;\non a | b (p: eth) { flood }\non a | b (_) { drop }\n") == []


def test_a_handler_behind_one_for_every_packet_is_never_reached() -> None:
    text = "use std::net;\nport a, b;\non a | b (_) { drop }\non a | b (p: eth) { flood }\n"
    assert set(codes(text)) == {"W0613"}
