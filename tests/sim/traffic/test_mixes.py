from collections import Counter

import pytest

from sim.traffic import MIXES, START_NS, Flows, Mix, SynFlood, TrafficError
from tests.sim.traffic.observed import Seen, seen


def traffic(name: str, count: int = 20_000) -> list[Seen]:
    return seen(MIXES[name].packets(count))


def test_names() -> None:
    assert sorted(MIXES) == ["attack", "churn", "uniform", "zipf"]


@pytest.mark.parametrize("name", sorted(MIXES))
def test_mixes_are_ordered_seeded_and_keep_their_rate(name: str) -> None:
    packets = list(MIXES[name].packets(10_000, rate_pps=1_000_000))
    times = [packet.time_ns for packet in packets]
    assert times == sorted(times)
    assert len(packets) == 10_000
    # 10 ms; only attacks arrive at random, at most 3,000 of them: a relative deviation of 1/180 altogether.
    assert times[-1] - START_NS == pytest.approx(10e6, rel=0.03)
    assert packets == list(MIXES[name].packets(10_000, rate_pps=1_000_000))
    assert packets != list(MIXES[name].packets(10_000, rate_pps=1_000_000, seed=2))


def test_zipf_is_skewed_and_uniform_is_not() -> None:
    shares = {
        name: Counter(packet.ends for packet in traffic(name)).most_common(1)[0][1] / 20_000
        for name in ("uniform", "zipf")
    }
    top = 1 / sum(rank**-1.1 for rank in range(1, 10_001))
    assert shares["uniform"] < 0.001
    # Packets that open flows take some of the rate.
    assert 0.7 * top < shares["zipf"] < 1.1 * top


def test_churn_opens_flows_at_the_stated_ratio() -> None:
    """After the first packets, one packet in ten opens a flow by churn, besides flows that are first drawn."""
    syn = 0x02
    counts = {name: sum(packet.flags == syn for packet in traffic(name)[10_000:]) for name in ("zipf", "churn")}
    assert counts["churn"] - counts["zipf"] == pytest.approx(0.7 * 1_000, rel=0.5)


def test_attack_shares() -> None:
    packets = traffic("attack")
    to_victim = Counter((packet.destination, packet.protocol, packet.source_port == 53) for packet in packets)
    # Four standard deviations of a binomial share of 20,000 are below 0.012.
    assert to_victim[b"\x0a\0\0\x50", 6, False] / 20_000 == pytest.approx(0.20, abs=0.012)
    assert to_victim[b"\x0a\0\0\x35", 17, True] / 20_000 == pytest.approx(0.08, abs=0.012)
    scanner = sum(packet.source == b"\xc0\0\x02\x42" for packet in packets)
    assert scanner / 20_000 == pytest.approx(0.02, abs=0.006)


def test_shares_of_attacks_stay_below_one() -> None:
    with pytest.raises(TrafficError, match="shares"):
        Mix(name="x", summary="", flows=Flows.uniform(count=1), attacks=((SynFlood(victim="10.0.0.1"), 1.0),))
    with pytest.raises(TrafficError, match="count"):
        MIXES["zipf"].packets(-1)
