from collections import Counter
from ipaddress import ip_address, ip_network

import pytest

from sim.traffic import INSIDE, OUTSIDE, Flows, TrafficError, packed_address
from sim.traffic.flow_source import FlowSource
from sim.traffic.flows import usable_hosts


def test_flows_stay_in_their_prefixes_ports_and_services() -> None:
    source = FlowSource(
        Flows.uniform(
            count=1,
            inside=("10.1.0.0/24", "2001:db8:1::/64"),
            outside=("198.51.100.0/28", "2001:db8:2::/64"),
            protocols={"tcp": 1, "udp": 1, "icmp": 1},
            tcp_services={22: 1},
            udp_services={53: 1},
            source_ports=(40_000, 40_100),
        )
    )
    services = {"tcp": 22, "udp": 53, "icmp": 0}
    versions = set()
    for flow in (source.open() for _ in range(2_000)):
        here, there = ip_address(flow.endpoints.source), ip_address(flow.endpoints.destination)
        assert here in ip_network("10.1.0.0/24") or here in ip_network("2001:db8:1::/64")
        assert there in ip_network("198.51.100.0/28") or there in ip_network("2001:db8:2::/64")
        assert here.version == there.version == flow.version
        assert flow.endpoints.destination_port == services[flow.protocol]
        assert flow.protocol == "icmp" or 40_000 <= flow.endpoints.source_port <= 40_100
        versions.add(flow.version)
    assert versions == {4, 6}


def test_protocol_shares_and_side_of_the_opener() -> None:
    source = FlowSource(Flows.uniform(count=1, protocols={"icmp": 1, "tcp": 6, "udp": 3}, opened_outside=0.25))
    opened = [source.open() for _ in range(10_000)]
    counts = Counter(flow.protocol for flow in opened)
    # Four standard deviations of a binomial share are at most 0.02 here.
    assert abs(counts["tcp"] / 10_000 - 0.6) < 0.02
    assert abs(counts["udp"] / 10_000 - 0.3) < 0.02
    from_outside = [flow for flow in opened if flow.opened_on == OUTSIDE]
    assert abs(len(from_outside) / 10_000 - 0.25) < 0.02
    assert all(flow.endpoints.source.startswith(b"\xc6\x33\x64") for flow in from_outside)
    assert all(flow.endpoints.source.startswith(b"\x0a\x00") for flow in opened if flow.opened_on == INSIDE)


def test_order_of_the_protocols_does_not_matter() -> None:
    one = FlowSource(Flows.uniform(count=1, protocols={"tcp": 0.5, "udp": 0.5}))
    other = FlowSource(Flows.uniform(count=1, protocols={"udp": 0.5, "tcp": 0.5}))
    assert [one.open() for _ in range(100)] == [other.open() for _ in range(100)]


def test_live_flows_are_distinct_and_closed_ones_free_their_place() -> None:
    options = Flows.uniform(
        count=1, inside="10.0.0.1/32", outside="10.0.1.1/32", protocols={"tcp": 1}, tcp_services={80: 1}
    )
    source = FlowSource(options)
    opened = [source.open() for _ in range(20_000)]
    assert len({flow.endpoints for flow in opened}) == 20_000
    assert [flow.number for flow in opened] == list(range(20_000))
    narrow = FlowSource(Flows.uniform(count=1, inside="10.0.0.1/32", outside="10.0.1.1/32", source_ports=(5, 5)))
    narrow.use_protocols({"udp": 1.0})
    first, second = narrow.open(), narrow.open()
    assert {first.endpoints.destination_port, second.endpoints.destination_port} == {443, 3478}
    with pytest.raises(TrafficError, match="no free 5-tuple"):
        narrow.open()
    narrow.close(first)
    assert narrow.open().endpoints == first.endpoints


@pytest.mark.parametrize(
    ("prefix", "first", "count"),
    [
        ("10.0.0.0/24", "10.0.0.1", 254),
        ("10.0.0.6/31", "10.0.0.6", 2),
        ("10.0.0.9/32", "10.0.0.9", 1),
        ("2001:db8::/64", "2001:db8::1", 2**64 - 1),
    ],
)
def test_usable_hosts(prefix: str, first: str, count: int) -> None:
    assert usable_hosts(ip_network(prefix)) == (int(ip_address(first)), count)


def test_bad_descriptions_are_refused() -> None:
    cases: list[tuple[dict[str, object], str]] = [
        ({"count": 0}, "count"),
        ({"skew": -1.0}, "skew"),
        ({"inside": "10.0.0.1/16"}, "prefix"),
        ({"inside": "here"}, "prefix"),
        ({"inside": ()}, "prefixes is empty"),
        ({"inside": "2001:db8::/64"}, "IP version"),
        ({"protocols": {"sctp": 1.0}}, "sctp"),
        ({"protocols": {}}, "protocols"),
        ({"tcp_services": {0: 1.0}}, "tcp_services"),
        ({"source_ports": (9, 8)}, "source_ports"),
        ({"reset_share": 1.5}, "reset_share"),
    ]
    for change, words in cases:
        with pytest.raises(TrafficError, match=words):
            Flows(**{"count": 10, **change})
    with pytest.raises(TrafficError, match="address"):
        packed_address("10.0.0.300")
