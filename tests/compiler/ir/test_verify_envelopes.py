"""What an envelope has to be, in front of the packets of a link."""

from __future__ import annotations

import dataclasses

import pytest

from compiler.ir.headers import Envelope, Header, HeaderField, ParseRule
from compiler.ir.invalid import InvalidProgram
from compiler.ir.operations import Send, WriteField
from compiler.ir.program import ROOT, ROOT_GUARD, Port, Program
from compiler.ir.types import Bits
from compiler.ir.values import constant
from compiler.ir.verify import verify
from compiler.source import NOWHERE

_FIELDS = (("port", 16), ("length", 32), ("now", 64))
SHIM = Header(
    "shim",
    tuple(HeaderField(name, Bits(width), None, at) for (name, width), at in zip(_FIELDS, (0, 16, 48), strict=True)),
    (),
    (),
    None,
    span=NOWHERE,
)
ETH = Header("eth", (HeaderField("type", Bits(16), None, 0),), (), (), None, span=NOWHERE)


def program(*envelopes: Envelope) -> Program:
    send = Send(guard=ROOT, span=NOWHERE, port=constant(0, 16))
    ports = (Port("lan", "lan"), Port("link", "link"))
    return Program("p", 1, ports, (ETH,), (), (), (), (ROOT_GUARD,), (send,), (), envelopes)


def without(name: str) -> Header:
    fields = [f for f in SHIM.fields if f.name != name]
    offsets = [sum(of.type.width for of in fields[:n] if isinstance(of.type, Bits)) for n in range(len(fields))]
    return dataclasses.replace(
        SHIM, fields=tuple(dataclasses.replace(f, offset=at) for f, at in zip(fields, offsets, strict=True))
    )


def test_packets_come_with_it_or_only_leave_with_it() -> None:
    verify(program(Envelope(1, SHIM)))
    verify(program(Envelope(None, SHIM), Envelope(1, dataclasses.replace(SHIM, name="other"))))


@pytest.mark.parametrize(
    ("envelopes", "problem"),
    [
        ([Envelope(2, SHIM)], "comes by no port"),
        ([Envelope(1, SHIM), Envelope(1, dataclasses.replace(SHIM, name="other"))], "of one port"),
        ([Envelope(1, SHIM), Envelope(None, SHIM)], "two headers are called shim"),
        ([Envelope(1, dataclasses.replace(SHIM, name="eth"))], "two headers are called eth"),
        ([Envelope(1, dataclasses.replace(SHIM, rules=(ParseRule("eth", ()),)))], "follows nothing"),
        ([Envelope(1, without("now"))], "does not say the packet's now"),
        ([Envelope(1, without("port"))], "does not say the packet's port"),
        ([Envelope(1, without("length"))], "does not say the packet's length"),
    ],
)
def test_what_is_none_is_refused(envelopes: list[Envelope], problem: str) -> None:
    with pytest.raises(InvalidProgram, match=problem):
        verify(program(*envelopes))


def test_no_program_writes_it() -> None:
    valid = program(Envelope(1, SHIM))
    write = WriteField(guard=ROOT, span=NOWHERE, header="shim", field="port", value=constant(0, 16))
    with pytest.raises(InvalidProgram, match="no part of the packet"):
        verify(dataclasses.replace(valid, operations=(write, *valid.operations)))
