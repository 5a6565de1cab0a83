"""The programs that the design reasons about, as IR; the line numbers are those of the tests' expectations."""

from __future__ import annotations

from compiler.ir.operations import BinaryOperator, PacketFact
from compiler.ir.program import Program
from compiler.ir.values import Value, constant
from tests.compiler.analyses.build import (
    Build,
    array_state,
    counter_state,
    index_state,
    lease_state,
    map_state,
    table_array,
    table_state,
)

FLOW = ("ipv4.src", "ipv4.dst", "l4.sport", "l4.dport", "ipv4.proto")
FLOW_WIDTHS = (32, 32, 16, 16, 8)
SYN, FIN, RST = 0x02, 0x01, 0x04


def reversed_flow(fields: tuple[Value, ...]) -> tuple[Value, ...]:
    src, dst, sport, dport, proto = fields
    return dst, src, dport, sport, proto


def is_l4(build: Build) -> Value:
    either = build.binary(BinaryOperator.OR, build.present("tcp"), build.present("udp"))
    return build.both(build.present("ipv4"), either)


def nat(*, shares: int = 64, first: int = 1024, last: int = 65535, id_width: int = 16) -> Program:
    """`sessions` and `by_flow` of the NAT: lan opens on line 6, wan gets on line 11."""
    build = Build(
        lease_state("sessions", values=2, first=first, last=last, width=id_width),
        index_state("by_flow", FLOW_WIDTHS, "sessions"),
        shares=shares,
    )
    build.line = 5
    with build.handler("lan", build.both(build.on_port(0), is_l4(build))):
        build.line = 6
        flow = build.fields(*FLOW)
        stored = (flow[0], build.resize(flow[2], 32))
        session = build.index_open("by_flow", "sessions", flow, stored)
        with build.when(session.done, truth=False):
            build.drop()
        with build.when(session.done):
            build.line = 7
            build.write("ipv4.src", constant(0xCB007101, 32))
            build.write("tcp.sport", session.id)
            build.write("udp.sport", session.id)
            build.line = 8
            build.send(1)
    build.line = 10
    with build.handler("wan", build.both(build.on_port(1), is_l4(build))):
        build.line = 11
        inner = build.lease_get("sessions", build.l4("dport"), 2)
        with build.when(inner.live, truth=False):
            build.drop()
        with build.when(inner.live):
            build.line = 12
            build.write("ipv4.dst", inner.values[0])
            build.line = 13
            build.send(0)
    build.line = 15
    build.drop("unhandled")
    return build.program()


def pool_nat(*, shares: int = 64, check_room: bool = False) -> Program:
    """The NAT of a map and a pool: `ports` opened on line 5, stored on line 6; no room: dropped on line 7."""
    build = Build(map_state("outbound", FLOW_WIDTHS, [16]), lease_state("ports"), shares=shares)
    build.line = 3
    with build.handler("lan", build.both(build.on_port(0), is_l4(build))):
        flow = build.fields(*FLOW)
        build.line = 4
        entry = build.find("outbound", flow, [16])
        if check_room:
            with build.when(entry.room, truth=False):
                build.drop()
            build.enter(entry.room)
        with build.when(entry.present, truth=False):
            build.line = 5
            port = build.lease_open("ports")
            with build.when(port.done, truth=False):
                build.drop()
            with build.when(port.done):
                build.line = 6
                done = build.insert(entry, port.id)
                build.line = 7
                with build.when(done, truth=False):
                    build.drop()
                build.line = 8
                with build.when(done):
                    build.send(1)
        with build.when(entry.present):
            build.line = 9
            build.send(1)
    build.line = 11
    build.drop("unhandled")
    return build.program()


def firewall(*, shares: int = 1) -> Program:
    """inside tcp: set on lines 8 (SYN), 9 (FIN, RST), 10 (else, where present); outside: has on line 20."""
    build = Build(
        map_state("flows", FLOW_WIDTHS, [8]), counter_state("refused"), shares=shares, ports=("inside", "outside")
    )
    build.line = 5
    taken = build.both(build.on_port(0), build.both(build.present("ipv4"), build.present("tcp")))
    with build.handler("inside tcp", taken):
        _inside_tcp(build)
    build.line = 18
    with build.handler("outside l4", build.both(build.on_port(1), is_l4(build))):
        build.line = 20
        entry = build.find("flows", reversed_flow(build.fields(*FLOW)), [8], refresh=False)
        build.line = 21
        with build.when(entry.present, truth=False):
            build.count("refused", build.resize(build.field("ipv4.proto"), 32))
            build.drop()
        with build.when(entry.present):
            build.line = 22
            build.send(0)
    build.line = 30
    build.drop("unhandled")
    return build.program()


def _inside_tcp(build: Build) -> None:
    build.line = 6
    entry = build.find("flows", build.fields(*FLOW), [8])
    flags = build.field("tcp.flags")

    def set_or_drop(value: int) -> None:
        done = build.insert(entry, constant(value, 8))
        with build.when(done, truth=False):
            build.drop()
        with build.when(done):
            build.send(1)

    build.line = 8
    is_syn = build.equal(build.binary(BinaryOperator.AND, flags, 0x12), SYN)
    with build.when(is_syn):
        set_or_drop(1)
    build.enter(is_syn, truth=False)
    build.line = 9
    is_fin = build.negate(build.equal(build.binary(BinaryOperator.AND, flags, FIN), 0))
    is_rst = build.negate(build.equal(build.binary(BinaryOperator.AND, flags, RST), 0))
    ends = build.binary(BinaryOperator.OR, is_fin, is_rst)
    with build.when(ends):
        set_or_drop(3)
    build.enter(ends, truth=False)
    with build.when(entry.present):
        build.line = 10
        build.insert(entry, constant(2, 8))
        build.send(1)
    with build.when(entry.present, truth=False):
        build.line = 11
        build.count("refused", build.resize(build.field("ipv4.proto"), 32))
        build.drop()


def load_balancer(*, counts: str = "") -> Program:
    """`connections` found on line 8 and set on line 14; `counts`: "", "counter", or "running"."""
    build = Build(
        table_state("backends", 16, [32, 48]),
        table_array("maglev", 65537, 16),
        map_state("connections", FLOW_WIDTHS, [16]),
        counter_state("seen"),
        array_state("bytes", 65536),
        ports=("clients", "servers"),
    )
    build.line = 6
    with build.handler("clients", build.both(build.on_port(0), is_l4(build))):
        flow = build.fields(*FLOW)
        build.line = 8
        entry = build.find("connections", flow, [16])
        build.line = 9
        cell = build.binary(BinaryOperator.MOD, build.hash(*flow), 65537)
        fresh = build.table("maglev", cell, [16]).values[0]
        build.line = 11
        stays = build.both(entry.present, build.table("backends", entry.values[0], [32, 48]).hit)
        chosen = build.select(stays, entry.values[0], fresh)
        build.line = 12
        backend = build.table("backends", chosen, [32, 48])
        build.line = 13
        with build.when(backend.hit, truth=False):
            build.drop()
        with build.when(backend.hit):
            build.line = 14
            build.insert(entry, chosen)
            build.line = 15
            if counts == "counter":
                build.count("seen", build.resize(build.field("ipv4.proto"), 32))
            if counts == "running":
                total = build.update("bytes", build.resize(flow[2], 32), build.fact(PacketFact.LENGTH))
                build.write("ipv4.id", total)
            build.line = 16
            build.write("eth.dst", backend.values[1])
            build.write("ipv4.dst", backend.values[0])
            build.line = 17
            build.write("ipv4.ttl", build.binary(BinaryOperator.SUB, build.field("ipv4.ttl"), 1))
            build.line = 18
            build.send(1)
    build.line = 20
    build.drop("unhandled")
    return build.program()


def bridge() -> Program:
    """`stations`: the source is learnt on lines 4 and 5, the destination looked up on line 7."""
    build = Build(map_state("stations", [48], [16]), shares=4)
    build.line = 4
    entry = build.find("stations", build.fields("eth.src"), [16])
    build.line = 5
    build.insert(entry, build.fact(PacketFact.PORT))
    build.line = 7
    to = build.find("stations", build.fields("eth.dst"), [16], refresh=False)
    with build.when(to.present):
        build.send(to.values[0])
    with build.when(to.present, truth=False):
        build.drop()
    return build.program()
