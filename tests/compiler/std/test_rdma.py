"""The limits of an RDMA session that a program can get wrong; the examples' telemetry holds its bytes."""

from __future__ import annotations

import pytest

from compiler.diagnostics import CompileError
from compiler.load import load_source
from compiler.source import Source
from sim.interpreter import Machine
from sim.state import build_states

_PROGRAM = """
use std::net;
use std::rdma;
port wire, collector;
state session: rdma::Session<slots: 8, record: {record}>;
on wire (p: ipv4) {{
    if session.is_connected() {{
        clone collector with session.write(p.ipv4.src as u32, {value});
    }}
    drop
}}
on wire | collector (_) {{ drop }}
"""


def load(record: int, value: str) -> None:
    load_source(Source("session.weft", _PROGRAM.format(record=record, value=value)))


def test_records_are_whole_words() -> None:
    load(8, "1u64")
    with pytest.raises(CompileError):
        load(6, "1u48")


def test_a_session_that_is_not_connected_says_so() -> None:
    program = load_source(Source("session.weft", _PROGRAM.format(record=8, value="1u64"))).program
    machine = Machine(program, states=build_states(program))
    packet = bytes(12) + b"\x08\x00\x45" + bytes(2) + b"\x14" + bytes(16)
    assert machine.process(packet, port=0, now=0).emissions == []
