"""Leases and indexes: one session, one clock. The NAT neither leaks ports nor crosses flows."""

from __future__ import annotations

from scapy.layers.inet import IP, UDP
from scapy.packet import Packet as Scapy

from compiler.analyses import explain
from tests.decisions.device import HOST, OTHER_HOST, SERVER, Device, codes, load, udp

PUBLIC = "203.0.113.1"
NAT = """pair lan <-> wan;
const PUBLIC: ip4 = 203.0.113.1;
state sessions: lease<u16 => net::Flow> { range: 1024..=1025, idle: 300s }
state by_flow: index<net::Flow => sessions> { capacity: 64 }
on lan (p: ipv4 & l4) {
    let session = by_flow.find_or_open(p.flow()) else drop;
    p.ipv4.src = PUBLIC;
    p.l4.sport = session.id;
    send wan;
}
on wan (p: ipv4 & l4) where p.ipv4.dst == PUBLIC {
    let inner = sessions.get(p.l4.dport) else drop;
    p.ipv4.dst = inner.src;
    p.l4.dport = inner.sport;
    send lan;
}
on lan | wan (_) { drop }
"""


class Nat:
    """The program above, with two public ports."""

    def __init__(self, text: str = NAT) -> None:
        self.device = Device(text)

    def out(self, *, source: str = HOST, at_s: float) -> int | None:
        """The public port of a packet from inside; None where it was refused."""
        left = self.device.through("lan", udp(source, SERVER, sport=5000), at_s=at_s)
        return None if left is None else int(left[UDP].sport)

    def answer(self, port: int, *, at_s: float) -> Scapy | None:
        return self.device.through("wan", udp(SERVER, PUBLIC, sport=53, dport=port), at_s=at_s)


def test_a_one_way_upload_keeps_the_way_back_open() -> None:
    nat = Nat()
    port = nat.out(at_s=0)
    assert port is not None
    for second in range(200, 2_000, 200):  # each gap is shorter than `idle`, all of them together are much longer
        assert nat.out(at_s=second) == port
    answer = nat.answer(port, at_s=2_000)
    assert answer is not None and (answer[IP].dst, answer[UDP].dport) == (HOST, 5000)


def test_a_one_way_download_keeps_its_port() -> None:
    nat = Nat()
    port = nat.out(at_s=0)
    assert port is not None
    for second in range(200, 2_000, 200):
        assert nat.answer(port, at_s=second) is not None
    others = {nat.out(source=OTHER_HOST, at_s=2_000), nat.out(source="10.0.0.7", at_s=2_000)}
    assert port not in others  # there was one other port, and nobody got the first host's
    answer = nat.answer(port, at_s=2_001)
    assert answer is not None and answer[IP].dst == HOST


def test_ports_of_dead_flows_come_back_though_nobody_looks_at_them() -> None:
    nat = Nat()
    first = {nat.out(source=HOST, at_s=0), nat.out(source=OTHER_HOST, at_s=0)}
    assert first == {1024, 1025}
    assert nat.out(source="10.0.0.7", at_s=300) is None  # both are alive for 300 s
    assert {nat.out(source=f"10.0.1.{n}", at_s=301) for n in (1, 2)} == first


def test_a_port_that_was_given_on_leads_to_its_new_owner_alone() -> None:
    nat = Nat()
    old = nat.out(source=HOST, at_s=0)
    nat.out(source=OTHER_HOST, at_s=200)
    new = nat.out(source="10.0.0.7", at_s=400)
    assert old is not None and new == old
    answer = nat.answer(old, at_s=401)
    assert answer is not None and answer[IP].dst == "10.0.0.7"
    assert nat.out(source=HOST, at_s=402) is None  # the dead entry of its flow does not lead into the new session
    assert nat.out(source="10.0.0.7", at_s=403) == old


def test_nothing_runs_when_something_expires() -> None:
    # No handler, no sweep: what a look-up does is the same list of operations whatever has expired nearby.
    assert codes(f"{NAT} on expire sessions {{ drop }}") == ["W0105"]


def test_a_look_that_must_not_keep_a_session_alive_says_so() -> None:
    nat = Nat(NAT.replace("sessions.get(p.l4.dport)", "sessions.peek(p.l4.dport)"))
    port = nat.out(at_s=0)
    assert port is not None
    assert nat.answer(port, at_s=200) is not None
    assert nat.answer(port, at_s=301) is None


def test_refreshing_a_session_is_no_write() -> None:
    groups = [group for group in explain(load(NAT).program).paths if group.final.startswith("send")]
    served = {group.handler for group in groups if group.cacheable}
    assert served == {"lan (p: ipv4 & l4)", "wan (p: ipv4 & l4)"}
