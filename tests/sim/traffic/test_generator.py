import hashlib
import math
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from scapy.layers.inet import ICMP, TCP
from scapy.layers.l2 import Ether

from sim.captures import Packet
from sim.traffic import (
    INSIDE,
    OUTSIDE,
    START_NS,
    Cdf,
    Endpoints,
    Flow,
    Flows,
    Phase,
    Schedule,
    TrafficError,
    fixed_size,
    generate,
    packed_address,
)
from tests.sim.traffic.observed import Seen, seen

UDP_ONLY = {"udp": 1.0}
TCP_ONLY = {"tcp": 1.0}


def digest(packets: Iterable[Packet]) -> str:
    total = hashlib.sha256()
    for packet in packets:
        total.update(struct.pack(">QII", packet.time_ns, packet.wire_length, packet.port) + packet.data)
    return total.hexdigest()


def golden_traffic() -> Iterable[Packet]:
    """Everything that draws random numbers, in one run."""
    return generate(
        Flows.zipf(
            count=500,
            skew=1.1,
            seed=2026,
            inside=("10.0.0.0/16", "2001:db8:1::/64"),
            outside=("198.51.100.0/24", "2001:db8:2::/64"),
            opened_outside=0.1,
            reset_share=0.1,
        ),
        packets=20_000,
        churn_per_s=2_000.0,
        flow_sizes=Cdf(points=((10, 0.0), (5_000, 0.8), (100_000, 1.0))),
        arrivals="poisson",
        schedule=Schedule((Phase(at_s=0.1, skew=0.7, active=800, rotate=100, protocols={"tcp": 1, "udp": 1}),)),
    )


def test_same_seed_same_bytes() -> None:
    assert digest(golden_traffic()) == digest(golden_traffic())


def test_bytes_of_a_seed_are_pinned() -> None:
    """A change here changes every generated capture: say so in the change log."""
    assert digest(golden_traffic()) == "acbd726ce37d0a0c93c03cc59b9bb1bf51f1ce25831e5a891a6d590736a15a9d"


def test_another_seed_gives_other_flows() -> None:
    one, other = (
        {packet.ends for packet in seen(generate(Flows.uniform(count=50, seed=seed), packets=500))} for seed in (1, 2)
    )
    assert not one & other


def test_sizes_do_not_change_the_flows() -> None:
    """Streams are independent: small and large packets belong to the same flows in the same order."""
    flows = Flows.zipf(count=100, skew=1.0, protocols=UDP_ONLY)
    small = seen(generate(flows, packets=2_000, sizes=fixed_size(60)))
    large = seen(generate(flows, packets=2_000, sizes=fixed_size(1_514)))
    assert [packet._replace(length=0) for packet in small] == [packet._replace(length=0) for packet in large]
    assert {packet.length for packet in small} == {60}
    assert {packet.length for packet in large} == {1_514}


@pytest.mark.parametrize("arrivals", ["constant", "poisson"])
def test_times_never_go_back_and_keep_the_rate(arrivals: Any) -> None:
    packets = list(generate(Flows.uniform(count=100), packets=20_000, rate_pps=1_000_000, arrivals=arrivals))
    times = [packet.time_ns for packet in packets]
    assert times == sorted(times)
    assert all(isinstance(time_ns, int) for time_ns in times)
    # 20 ms; the sum of 20,000 exponential gaps has a relative standard deviation of 1/141.
    assert times[-1] - START_NS == pytest.approx(20e6, rel=4 / 141)


def test_constant_arrivals_are_exact() -> None:
    packets = list(generate(Flows.uniform(count=5), packets=7, rate_pps=3, start_ns=1_000))
    assert [packet.time_ns - 1_000 for packet in packets] == [
        0, 333_333_333, 666_666_666, 1_000_000_000, 1_333_333_333, 1_666_666_666, 2_000_000_000,
    ]  # fmt: skip


def test_duration_ends_the_traffic() -> None:
    assert len(list(generate(Flows.uniform(count=5), duration_s=0.05, rate_pps=1_000))) == 50
    assert len(list(generate(Flows.uniform(count=5), duration_s=0.05, packets=20, rate_pps=1_000))) == 20
    schedule = Schedule((Phase(at_s=0.02, rate_pps=10_000), Phase(at_s=9.0, rate_pps=1)))
    assert len(list(generate(Flows.uniform(count=5), duration_s=0.05, rate_pps=1_000, schedule=schedule))) == 20 + 300


@pytest.mark.parametrize("skew", [0.0, 0.8, 1.1])
def test_popularity_is_zipf(skew: float) -> None:
    """Pearson's chi-square over the ranks: UDP flows send one packet a draw, so counts are multinomial."""
    count, packets = 100, 50_000
    traffic = seen(generate(Flows.zipf(count=count, skew=skew, protocols=UDP_ONLY), packets=packets))
    observed = sorted(Counter(packet.ends for packet in traffic).values(), reverse=True)
    assert len(observed) == count
    weights = [1.0 / rank**skew for rank in range(1, count + 1)]
    expected = [packets * weight / sum(weights) for weight in weights]
    statistic = sum((have - want) ** 2 / want for have, want in zip(observed, expected, strict=True))
    # 99 degrees of freedom: mean 99, standard deviation 14.1. Sorting the counts can only make it smaller, so
    # there is no lower bound but one that a generator of exact counts would break at skew 1.1.
    assert statistic < 99 + 4 * 14.1
    assert statistic > (0.0 if skew == 0.0 else 20.0)


def flows_of(packets: Iterable[Packet]) -> dict[object, list[Seen]]:
    result: dict[object, list[Seen]] = defaultdict(list)
    for packet in seen(packets):
        result[packet.ends].append(packet)
    return result


def test_tcp_flows_live_from_syn_to_fin() -> None:
    flows = Flows.uniform(count=30, protocols=TCP_ONLY, reset_share=0.3)
    lives = flows_of(generate(flows, packets=20_000, churn_per_s=3_000.0))
    closed = Counter()
    for packets in lives.values():
        opener, peer = packets[0].source, packets[0].destination
        opening = [(packet.flags, packet.source) for packet in packets[:3]]
        assert opening == [(0x02, opener), (0x12, peer), (0x10, opener)][: len(opening)]
        assert [packet.port for packet in packets[:3]] == [INSIDE, OUTSIDE, INSIDE][: len(opening)]
        ends = [number for number, packet in enumerate(packets) if packet.flags & 0x05]
        body = packets[3 : ends[0]] if ends else packets[3:]
        assert {packet.flags for packet in body} <= {0x18}
        tail = packets[ends[0] :] if ends else []
        if tail and tail[0].flags & 0x04:
            assert [packet.flags for packet in tail] == [0x14]
            closed["reset"] += 1
        elif tail:
            side = tail[0].source
            assert [packet.flags for packet in tail] == [0x11, 0x11, 0x10][: len(tail)]
            assert [packet.source == side for packet in tail] == [True, False, True][: len(tail)]
            closed["finished"] += 1
    # Three in ten of about 600 closed flows are reset; four standard deviations are 0.075.
    assert sum(closed.values()) > 400
    assert closed["reset"] / sum(closed.values()) == pytest.approx(0.3, abs=0.08)


def test_tcp_numbers_follow_the_data() -> None:
    """A receiver's view: every packet of a side starts where the one before ended, and acknowledges all it saw."""
    flows = Flows.uniform(count=4, protocols=TCP_ONLY)
    expected: dict[tuple[bytes, int, bytes, int], int] = {}
    checked = 0
    for packet in generate(flows, packets=3_000, churn_per_s=500.0):
        frame = Ether(packet.data)
        tcp = frame[TCP]
        side = (packet.data[26:30], tcp.sport, packet.data[30:34], tcp.dport)
        peer = (packet.data[30:34], tcp.dport, packet.data[26:30], tcp.sport)
        if side in expected and "S" not in tcp.flags:
            assert tcp.seq == expected[side]
            checked += 1
        if "A" in tcp.flags:
            assert tcp.ack == expected[peer]
        payload = int.from_bytes(packet.data[16:18], "big") - 40
        expected[side] = (tcp.seq + payload + ("S" in tcp.flags) + ("F" in tcp.flags)) % 2**32
    assert checked > 2_000


def test_echo_replies_answer_requests_in_turn() -> None:
    waiting: dict[int, int] = {}
    for packet in generate(Flows.uniform(count=5, protocols={"icmp": 1.0}), packets=500):
        echo = Ether(packet.data)[ICMP]
        if echo.type == 8:
            assert packet.port == INSIDE
            assert echo.id not in waiting
            waiting[echo.id] = echo.seq
        else:
            assert (echo.type, packet.port) == (0, OUTSIDE)
            assert waiting.pop(echo.id) == echo.seq


def test_udp_flows_start_with_the_opener_and_answer_by_share() -> None:
    flows = Flows.uniform(count=50, protocols=UDP_ONLY, reverse_share=0.2, opened_outside=0.5)
    traffic = list(generate(flows, packets=20_000))
    openers: dict[object, int] = {}
    reverse = 0
    for packet in seen(traffic):
        reverse += packet.port != openers.setdefault(packet.ends, packet.port)
    outside_host = ip_network("198.51.100.0/24")
    assert all((ip_address(packet.source) in outside_host) == (packet.port == OUTSIDE) for packet in seen(traffic))
    assert set(openers.values()) == {INSIDE, OUTSIDE}
    assert reverse / 20_000 == pytest.approx(0.2, abs=4 * 0.4 / math.sqrt(20_000) + 50 / 20_000)


def test_churn_is_poisson_at_its_rate() -> None:
    flows = Flows.uniform(count=100, protocols=UDP_ONLY)
    first_seen: dict[object, int] = {}
    for packet in seen(generate(flows, duration_s=2.0, rate_pps=20_000, churn_per_s=1_000.0)):
        first_seen.setdefault(packet.ends, packet.time_ns - START_NS)
    # The first flows are there within 0.5 s; then only churn opens more.
    bins = Counter(time_ns // 10_000_000 for time_ns in first_seen.values() if time_ns >= 500_000_000)
    counts = [bins[number] for number in range(50, 200)]
    mean = sum(counts) / len(counts)
    variance = sum((count - mean) ** 2 for count in counts) / len(counts)
    # Ten in 10 ms: the mean of 150 bins is within four deviations, and the variance is that of a Poisson count.
    assert mean == pytest.approx(10.0, abs=4 * math.sqrt(10 / 150))
    assert variance / mean == pytest.approx(1.0, abs=4 * math.sqrt(2 / 150))


def test_lifetimes_follow_littles_law() -> None:
    """100 live flows and 1,000 new ones a second: a flow lives 0.1 s, exponentially."""
    flows = Flows.uniform(count=100, protocols=TCP_ONLY, reset_share=0.0)
    lives = flows_of(generate(flows, duration_s=3.0, rate_pps=20_000, churn_per_s=1_000.0, round_trip_ns=10_000))
    births = {key: life[0].time_ns - START_NS for key, life in lives.items()}
    complete = [life for key, life in lives.items() if 500_000_000 <= births[key] < 2_000_000_000]
    spans = [life[-1].time_ns - life[0].time_ns for life in complete]
    assert len(spans) == pytest.approx(1_500, abs=4 * math.sqrt(1_500))
    assert sum(spans) / len(spans) == pytest.approx(0.1e9, rel=4 / math.sqrt(1_500))


@pytest.mark.parametrize(("protocol", "reset_share"), [("tcp", 0.0), ("tcp", 1.0), ("udp", 0.0)])
def test_closed_flows_free_their_ports(protocol: str, reset_share: float) -> None:
    """Forty 5-tuples serve hundreds of flows one after the other."""
    flows = Flows.uniform(
        count=5,
        inside="10.0.0.1/32",
        outside="10.0.1.1/32",
        protocols={protocol: 1.0},
        tcp_services={80: 1.0},
        udp_services={4_433: 1.0},
        source_ports=(40_000, 40_039),
        reset_share=reset_share,
    )
    packets = list(generate(flows, packets=5_000, churn_per_s=8_000.0, round_trip_ns=100_000))
    assert {packet.ends for packet in seen(packets)} == {
        (6 if protocol == "tcp" else 17, frozenset({(b"\x0a\0\0\x01", port), (b"\x0a\0\x01\x01", service)}))
        for port in range(40_000, 40_040)
        for service in [80 if protocol == "tcp" else 4_433]
    }


def test_flow_sizes_bound_what_a_flow_carries() -> None:
    flows = Flows.uniform(count=20, protocols=UDP_ONLY)
    sizes = Cdf(points=((3_000, 0.0), (5_000, 1.0)))
    carried: Counter[object] = Counter()
    last: dict[object, int] = {}
    traffic = list(generate(flows, packets=20_000, sizes=fixed_size(1_042), flow_sizes=sizes))
    for number, packet in enumerate(traffic):
        (fields,) = seen([packet])
        carried[fields.ends] += int.from_bytes(packet.data[38:40], "big") - 8
        last[fields.ends] = number
    ended = [total for ends, total in carried.items() if last[ends] < 19_000]
    assert len(ended) > 1_000
    assert all(3_000 <= total <= 5_000 for total in ended)
    assert sum(ended) / len(ended) == pytest.approx(4_000, abs=4 * 577 / math.sqrt(len(ended)))


def test_tcp_flows_of_a_size_end_with_fin() -> None:
    flows = Flows.uniform(count=10, protocols=TCP_ONLY, reset_share=0.0)
    sizes = Cdf(points=((1_500, 0.0), (1_501, 1.0)))
    lives = flows_of(generate(flows, packets=5_000, sizes=fixed_size(554), flow_sizes=sizes))
    whole = [[packet.flags for packet in life] for life in lives.values()]
    # 501 bytes of 500 a packet and one of the rest, or 1,500 in three.
    expected = {(0x02, 0x12, 0x10, *(0x18,) * data, 0x11, 0x11, 0x10) for data in (3, 4)}
    complete = [tuple(flags) for flags in whole if flags[-3:] == [0x11, 0x11, 0x10]]
    assert len(complete) > 300
    assert set(complete) <= expected


def test_outside_sees_the_addresses_of_the_hook() -> None:
    """A NAT that gives ports in the order in which flows open."""
    asked: list[Flow] = []

    def translated(flow: Flow) -> Endpoints:
        asked.append(flow)
        return flow.endpoints._replace(source=packed_address("203.0.113.1"), source_port=1_024 + flow.number)

    flows = Flows.uniform(count=40, protocols={"tcp": 0.5, "udp": 0.5})
    inside_ports: list[tuple[bytes, int]] = []
    for packet in seen(generate(flows, packets=3_000, seen_outside=translated)):
        if packet.port == INSIDE:
            if (packet.source, packet.source_port) not in inside_ports:
                inside_ports.append((packet.source, packet.source_port))
        else:
            assert packet.destination == packed_address("203.0.113.1")
            flow = asked[packet.destination_port - 1_024]
            assert (packet.source, packet.source_port) == (flow.endpoints.destination, flow.endpoints.destination_port)
    assert [flow.number for flow in asked] == list(range(40))
    # The first packet of each flow comes in the order in which the hook was asked.
    assert inside_ports == [(flow.endpoints.source, flow.endpoints.source_port) for flow in asked]


def test_outside_identifier_of_an_echo() -> None:
    flows = Flows.uniform(count=1, protocols={"icmp": 1.0})
    traffic = list(generate(flows, packets=4, seen_outside=lambda flow: flow.endpoints._replace(source_port=77)))
    assert [Ether(packet.data)[ICMP].id == 77 for packet in traffic] == [False, True, False, True]
    with pytest.raises(TrafficError, match="IP version"):
        list(generate(flows, packets=1, seen_outside=lambda flow: flow.endpoints._replace(source=bytes(16))))


def test_payload_is_repeated_bytes_or_a_function() -> None:
    flows = Flows.uniform(count=3, protocols=UDP_ONLY)
    for packet in generate(flows, packets=20, payload=b"weft", sizes=fixed_size(52)):
        assert packet.data[42:52] == b"weftweftwe"

    def numbered(flow: Flow, room: int) -> bytes:
        return b"%d/%d" % (flow.number, room)

    texts = {packet.data[42:].rstrip(b"\0") for packet in generate(flows, packets=200, payload=numbered)}
    assert texts == {b"%d/%d" % (flow, size - 42) for flow in range(3) for size in (60, 590, 1_514)}
    with pytest.raises(TrafficError, match="payload"):
        list(generate(flows, packets=1, payload=lambda flow, room: bytes(65_001)))


def test_bad_arguments_are_refused_at_once() -> None:
    flows = Flows.uniform(count=100)
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, "packets or duration_s"),
        ({"packets": -1}, "packets"),
        ({"duration_s": -1.0}, "duration_s"),
        ({"packets": 1, "rate_pps": 0}, "rate_pps"),
        ({"packets": 1, "start_ns": -1}, "start_ns"),
        ({"packets": 1, "payload": b""}, "payload"),
        ({"packets": 1, "arrivals": "bursty"}, "bursty"),
        ({"packets": 1, "churn_per_s": -1.0}, "churn_per_s"),
        ({"packets": 1, "churn_per_s": 30_000.0}, "lower churn_per_s"),
        ({"packets": 1, "schedule": Schedule((Phase(at_s=1, churn_per_s=3e4),))}, "lower churn_per_s"),
        ({"packets": 1, "schedule": Schedule((Phase(at_s=1, active=0),))}, "active"),
        ({"packets": 1, "schedule": Schedule((Phase(at_s=1, protocols={"gre": 1}),))}, "gre"),
    ]
    for options, words in cases:
        with pytest.raises(TrafficError, match=words):
            generate(flows, **options)
