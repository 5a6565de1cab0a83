"""What a rule can serve is a property of a path: a write of the value already there is a read."""

from __future__ import annotations

from compiler.analyses import explain
from tests.decisions.device import load

FIREWALL = """pair inside <-> outside;
state flows: map<net::Flow, tcp::Phase> { capacity: 1024, idle: 1h }
COUNTED
on inside (p: ipv4 & tcp) {
    let entry = flows.find(p.flow());
    match p.tcp.flags {
        tcp::flags{syn, !ack} => entry.set(tcp::Phase::Opening) else drop,
        tcp::flags{fin} | tcp::flags{rst} => entry.set(tcp::Phase::Closing) else drop,
        _ if entry.present => entry.set(tcp::Phase::Open),
        _ => drop,
    }
    COUNT
    send outside;
}
on inside | outside (_) { drop }
"""

BALANCER = """port clients, servers;
const VIP: ip4 = 192.0.2.10;
table backends: exact<u16 -> { ip: ip4, mac: mac }> { size: 16 }
table maglev: array<u16>[251];
state connections: map<net::Flow, u16> { capacity: 1024, idle: 5min }
on clients (p: ipv4 & l4) where p.ipv4.dst == VIP {
    let flow = p.flow();
    let entry = connections.find(flow);
    let fresh = maglev[hash::family(0, flow) % 251];
    let chosen = if entry.present && backends.has(entry.value) { entry.value } else { fresh };
    let backend = backends.get(chosen) else drop;
    entry.set(chosen) else {}
    p.eth.dst = backend.mac;
    p.ipv4.dst = backend.ip;
    send servers;
}
on clients | servers (_) { drop }
"""


def firewall(*, counted: str = "", count: str = "") -> str:
    return FIREWALL.replace("COUNTED", counted).replace("COUNT", count)


def sends(text: str) -> tuple[list[str], list[str]]:
    """(keys of the cacheable ways to a `send`, reasons against the others)"""
    groups = [group for group in explain(load(text).program).paths if group.final.startswith("send")]
    served = [", ".join(group.key) for group in groups if group.cacheable]
    return served, [reason.text for group in groups for reason in group.reasons]


FLOW = "ipv4.dst, ipv4.proto, ipv4.src, tcp.dport, tcp.sport"


def test_a_map_written_by_every_packet_is_read_where_nothing_changes() -> None:
    served, reasons = sends(firewall())
    assert served
    assert all(set(key.split(", ")) <= set(FLOW.split(", ")) | {"tcp.flags"} for key in served)
    assert any("changes an entry of `flows`" in reason for reason in reasons)


def test_counting_by_flow_is_served_and_a_running_total_is_not() -> None:
    counted, count = "state bytes: counter[256];", "bytes.add(p.ipv4.proto);"
    assert sends(firewall(counted=counted, count=count))[0]
    counted, count = "state bytes: u64[256];", "let n = bytes.add(p.ipv4.proto, p.length as u64); p.ipv4.id = n as u16;"
    served, reasons = sends(firewall(counted=counted, count=count))
    assert served == []
    assert any("`bytes`" in reason and reason.startswith("line 13") for reason in reasons)


def test_a_balanced_connection_is_served_while_it_stays() -> None:
    served, reasons = sends(BALANCER)
    assert served and all("ipv4.src" in key for key in served)
    assert any("inserts into `connections`" in reason for reason in reasons)
    assert any("changes an entry of `connections`" in reason for reason in reasons)
