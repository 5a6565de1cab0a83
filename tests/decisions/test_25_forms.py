"""Forms that mislead are refused, or mean the one thing that a reader expects."""

from __future__ import annotations

import pytest

from sim.state.entries import ControlEntries, Exact, TableEntry
from tests.decisions.device import HOST, OTHER_HOST, SERVER, Device, codes, said, tcp, udp

REST = "on lan | wan (_) { drop }"


def in_handler(body: str, items: str = "") -> list[str]:
    return codes(f"port lan, wan; {items} on lan (p: ipv4 & l4) {{ {body} }} {REST}")


@pytest.mark.parametrize(
    ("flags", "wanted"),
    [
        ("S", "opening"),
        ("SEC", "opening"),  # a SYN that offers ECN, RFC 3168
        ("SA", "other"),
        ("F", "closing"),
        ("FA", "closing"),  # the usual FIN
        ("RA", "closing"),
        ("FPU", "closing"),
        ("A", "other"),  # a bare ACK opens nothing
        ("PA", "other"),
        ("SF", "opening"),  # the first arm that matches
        ("", "other"),
    ],
)
def test_flags_are_matched_by_the_bits_that_a_pattern_names(flags: str, wanted: str) -> None:
    text = f"""port lan, wan;
        on lan (p: tcp & ipv4) {{
            match p.tcp.flags {{
                tcp::flags{{syn, !ack}} => {{ p.ipv4.ttl = 1; }}
                tcp::flags{{fin}} | tcp::flags{{rst}} => {{ p.ipv4.ttl = 2; }}
                _ => {{ p.ipv4.ttl = 3; }}
            }}
            send wan;
        }}
        {REST}"""
    ((_, data),) = Device(text).send("lan", tcp(flags=flags))
    assert {1: "opening", 2: "closing", 3: "other"}[data[22]] == wanted


@pytest.mark.parametrize("pattern", ["tcp::flags{fin | rst}", "tcp::flags::fin | tcp::flags::rst", "tcp::FIN", "0x11"])
def test_a_pattern_of_a_bit_set_is_no_number(pattern: str) -> None:
    found = in_handler(
        f"match p.l4 {{ tcp => match p.tcp.flags {{ {pattern} => drop, _ => {{}} }} udp => {{}} }} send wan;"
    )
    assert found
    assert set(found) <= {"W0105", "W0300", "W0329"}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("m[p.ipv4.src] = 1; drop", ["W0335"]),  # whose `else` would it be?
        ("m.set(p.ipv4.src, 1); drop", ["W0604"]),
        ("m.set(p.ipv4.src, match p.ipv4.ttl { 1 => 2, _ => 3 }) else drop; drop", []),
        ("let x = (m.get(p.ipv4.src) else drop) + 1; drop", ["W0105"]),
        ("let x = m.get(p.ipv4.src) + 1; drop", ["W0300"]),
        ("let x = m.get(p.ipv4.src) else drop; drop", []),
        ("let x = m.get(p.ipv4.src) else { 7 }; drop", []),
        ("m.set(p.ipv4.src, drop) else drop; drop", ["W0201"]),
        ("let x = 1 + drop; drop", ["W0201"]),
        ("let x = match p.ipv4.ttl { 1 => 2u8, _ => drop }; drop", []),
    ],
)
def test_what_can_fail_says_so_and_drop_is_no_operand(body: str, wanted: list[str]) -> None:
    assert in_handler(body, "state m: map<ip4, u8> { capacity: 16 }") == wanted


def test_an_argument_that_ends_the_packet_leaves_no_access_behind() -> None:
    # `drop` as an arm may stand inside an argument; then what stands before it happened, and the call did not.
    text = f"""port lan, wan; state m: map<ip4, u8> {{ capacity: 16 }} state n: u32[256];
        on lan (p: ipv4) {{
            n[p.ipv4.proto] += 1;
            m.set(p.ipv4.src, match p.ipv4.ttl {{ 64 => drop, t => t }}) else drop;
            send wan;
        }}
        {REST}"""
    device, other = Device(text), udp(OTHER_HOST)
    other["IP"].ttl = 9
    assert (len(device.send("lan", udp())), len(device.send("lan", other))) == (0, 1)
    assert device.cells("m") == {OTHER_HOST: {"value": 9}}
    assert device.cells("n") == {"17": 2}


def test_constants_are_for_the_compiler_and_tunables_for_the_control_plane() -> None:
    loop, cells = "for i in 0..n {} drop", "state a: u32[n];"
    assert in_handler(loop, "const n: u32 = 4;") == []
    assert in_handler(loop, "tunable n: u32 = 4;") == ["W0301"]
    assert in_handler("drop", f"const n: u32 = 4; {cells}") == []
    assert in_handler("drop", f"tunable n: u32 = 4; {cells}") == ["W0301"]
    text = f"port lan, wan; tunable n: u8 = 4; on lan (p: ipv4) {{ if p.ipv4.ttl > n {{ send wan; }} drop }} {REST}"
    fates = [
        len(Device(text, entries=ControlEntries(tunables=t)).send("lan", udp())) for t in ({}, {"n": 63}, {"n": 64})
    ]
    assert fates == [1, 1, 0]


def test_a_peer_is_the_other_end_of_a_pair() -> None:
    assert codes("port a, b, c; on a | b | c (p: _) { send p.port.peer; }") == ["W0208"]
    assert codes("pair a <-> b; port c; on a | c (p: _) { send p.port.peer; } on b (_) { drop }") == ["W0208"]
    assert codes("pair a <-> b; port c; on a | b (p: _) { send p.port.peer; } on c (_) { drop }") == []


def test_a_header_of_a_sum_is_used_where_it_is_known() -> None:
    assert in_handler("let x = p.tcp.window; drop") == ["W0400"]
    assert in_handler("match p.l4 { tcp => { let x = p.tcp.window; } udp => {} } drop") == []
    assert in_handler("match p.l4 { tcp => {} udp => { let x = p.tcp.window; } } drop") == ["W0400"]


def test_a_where_looks_at_headers_alone() -> None:
    items = "state m: map<ip4, u8> { capacity: 16 } on lan (p: ipv4 & tcp) where m.has(p.ipv4.src) { drop }"
    assert in_handler("drop", items) == ["W0413"]


BALANCER = """port clients, servers;
table backends: exact<u16 -> { ip: ip4 }> { size: 16 }
table maglev: array<u16>[5];
state connections: map<net::Flow, u16> { capacity: 64, idle: 5min }
on clients (p: ipv4 & l4) {
    let entry = connections.find(p.flow());
    let fresh = maglev[hash::family(0, p.flow()) % 5];
    let chosen = if entry.present && backends.has(entry.value) { entry.value } else { fresh };
    let backend = backends.get(chosen) else drop;
    entry.set(chosen) else {}
    p.ipv4.dst = backend.ip;
    send servers;
}
on clients | servers (_) { drop }
"""


class Balancer:
    """Runs the program above; the control plane changes its tables between packets."""

    def __init__(self) -> None:
        self.device = Device(BALANCER, entries=self.tables((1, 2), cells=1))

    @staticmethod
    def tables(backends: tuple[int, ...], *, cells: int) -> ControlEntries:
        entries = tuple(TableEntry((Exact(n),), (0x0A640000 | n,)) for n in backends)
        return ControlEntries(tables={"backends": entries}, arrays={"maglev": (cells,) * 5})

    def fill(self, backends: tuple[int, ...], *, cells: int) -> None:
        self.device.fill(self.tables(backends, cells=cells))

    def backend(self) -> int:
        """The last byte of the address that a packet of one connection is sent to."""
        ((_, data),) = self.device.send("clients", tcp(HOST, SERVER))
        return data[33]


def test_a_connection_moves_once_when_its_backend_has_left() -> None:
    balancer = Balancer()
    assert balancer.backend() == 1
    balancer.fill((1, 2), cells=2)  # the choice for new connections changes: this one stays
    assert balancer.backend() == 1
    balancer.fill((2, 3), cells=2)  # its backend leaves: it moves
    assert balancer.backend() == 2
    balancer.fill((2, 3), cells=3)  # and the second choice has been stored, not the first
    assert balancer.backend() == 2
    balancer.fill((1, 2, 3), cells=3)  # also when the first backend comes back
    assert balancer.backend() == 2


def test_a_nat_keyed_by_the_port_alone_answers_for_peer_and_protocol() -> None:
    # The session holds the whole flow, so the handler can compare it; without the comparison anybody may answer.
    text = """pair lan <-> wan;
        state sessions: lease<u16 => net::Flow> { range: 1024..=1039, idle: 300s }
        state by_flow: index<net::Flow => sessions> { capacity: 16 }
        on lan (p: ipv4 & l4) {
            let s = by_flow.find_or_open(p.flow()) else drop; p.l4.sport = s.id; send wan;
        }
        on wan (p: ipv4 & l4) {
            let inner = sessions.get(p.l4.dport) else drop;
            if p.ipv4.src != inner.dst || p.l4.sport != inner.dport || p.ipv4.proto != inner.proto { drop }
            p.l4.dport = inner.sport;
            send lan;
        }
        on lan | wan (_) { drop }"""
    nat = Device(text)
    out = nat.through("lan", udp(sport=5000))
    assert out is not None
    port = out["UDP"].sport
    assert nat.send("wan", udp("192.0.2.66", HOST, sport=53, dport=port)) == []
    assert nat.send("wan", udp(SERVER, HOST, sport=54, dport=port)) == []
    assert nat.send("wan", tcp(SERVER, HOST, sport=53, dport=port)) == []
    assert len(nat.send("wan", udp(SERVER, HOST, sport=53, dport=port))) == 1


def test_likely_mistakes_are_answered_with_the_form_to_write() -> None:
    items = "port lan, wan; state m: map<ip4, u8> { capacity: 4 }"
    (refused,) = said(f"{items} on lan (p: ipv4) {{ m.set(p.ipv4.src, 1); drop }} {REST}")
    assert "else drop" in (refused.help or "")
