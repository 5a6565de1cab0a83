"""A network address translator as IR, built by hand: what lowering makes of the first page of the language."""

from __future__ import annotations

from compiler.ir.accesses import IndexOpen, LeaseGet
from compiler.ir.program import Program
from compiler.ir.pure import BinaryOperator, PacketFact, ReadFact, Select
from compiler.ir.states import Index, Lease
from compiler.ir.types import BOOL, Bits, Record
from compiler.ir.values import Value, constant
from compiler.meaning.clock import idle_ticks
from compiler.meaning.sets import set_geometry
from compiler.source import NOWHERE
from tests.sim.interpreter.building import Builder
from tests.sim.interpreter.packet_headers import PLAIN

PUBLIC = 0xCB007101  # 203.0.113.1
LAN, WAN = 0, 1
IDLE_NS = 300 * 10**9
FLOW = (Bits(32), Bits(32), Bits(8), Bits(16), Bits(16))


def nat_program(*, first: int = 1024, last: int = 65535) -> Program:
    """`on lan` opens a session for each flow and translates its source; `on wan` translates back."""
    sets, ways = set_geometry(last - first + 1)
    shape = Record("Flow", ())
    sessions = Lease(
        name="sessions",
        span=NOWHERE,
        id_width=16,
        first=first,
        last=last,
        values=FLOW,
        value_shape=shape,
        idle_ticks=idle_ticks(IDLE_NS),
    )
    by_flow = Index(
        name="by_flow",
        span=NOWHERE,
        key=FLOW,
        key_shape=shape,
        lease="sessions",
        capacity=last - first + 1,
        sets=sets,
        ways=ways,
    )
    b = Builder(headers=PLAIN, states=[sessions, by_flow])
    has_l4 = b.binary(BinaryOperator.AND, b.present("ipv4"), _either(b, b.present("tcp"), b.present("udp")))
    port = b.define(ReadFact, Bits(16), fact=PacketFact.PORT)
    from_lan = b.binary(BinaryOperator.AND, b.equal(port, constant(LAN, 16)), has_l4)
    with b.when(from_lan):
        _lan(b)
    b.close_over(from_lan, False)
    from_wan = b.binary(BinaryOperator.AND, b.equal(port, constant(WAN, 16)), has_l4)
    from_wan = b.binary(BinaryOperator.AND, from_wan, b.equal(b.field("ipv4", "dst"), constant(PUBLIC, 32)))
    with b.when(from_wan):
        _wan(b)
    b.close_over(from_wan, False)
    b.drop("unhandled")
    return b.program()


def _either(b: Builder, left: Value, right: Value) -> Value:
    return b.binary(BinaryOperator.OR, left, right)


def _lan(b: Builder) -> None:
    sport, dport = _l4(b, "sport"), _l4(b, "dport")
    flow = (b.field("ipv4", "src"), b.field("ipv4", "dst"), b.field("ipv4", "proto"), sport, dport)
    done, opened, session = b.value(BOOL), b.value(BOOL), b.bits(16)
    values = tuple(b.value(of) for of in FLOW)
    b.add(
        IndexOpen,
        state="by_flow",
        lease="sessions",
        key=flow,
        lease_values=flow,
        done=done,
        opened=opened,
        id=session,
        values=values,
    )
    with b.when(done, False):
        b.drop()
    with b.when(done):
        b.write("ipv4", "src", constant(PUBLIC, 32))
        _write_l4(b, "sport", session)
        b.send(WAN)


def _wan(b: Builder) -> None:
    live, values = b.value(BOOL), tuple(b.value(of) for of in FLOW)
    b.add(LeaseGet, state="sessions", id=_l4(b, "dport"), live=live, values=values, refresh=True)
    with b.when(live, False):
        b.drop()
    with b.when(live):
        b.write("ipv4", "dst", values[0])
        _write_l4(b, "dport", values[3])
        b.send(LAN)


def _l4(b: Builder, field: str) -> Value:
    tcp, udp = b.field("tcp", field), b.field("udp", field)
    return b.define(Select, Bits(16), condition=b.present("tcp"), on_true=tcp, on_false=udp)


def _write_l4(b: Builder, field: str, value: Value) -> None:
    for header in ("tcp", "udp"):
        with b.when(b.present(header)):
            b.write(header, field, value)
