from collections import Counter

import pytest

from sim.traffic import START_NS, Flows, Phase, Schedule, TrafficError, fixed_size, generate
from tests.sim.traffic.observed import Seen, seen

TCP_ONLY = {"tcp": 1.0}
UDP_ONLY = {"udp": 1.0}


def test_schedule_shifts_skew_rate_churn_and_hot_set() -> None:
    flows = Flows.uniform(count=200, protocols=UDP_ONLY)
    schedule = Schedule(
        (
            Phase(at_s=0.5, skew=1.5, rate_pps=40_000),
            Phase(at_s=1.0, rotate=100),
            Phase(at_s=1.5, churn_per_s=5_000.0, skew=0.0),
        )
    )
    traffic = seen(generate(flows, duration_s=2.0, rate_pps=20_000, schedule=schedule))
    parts: list[list[Seen]] = [[], [], [], []]
    for packet in traffic:
        parts[(packet.time_ns - START_NS) // 500_000_000].append(packet)
    assert [len(part) for part in parts] == [10_000, 20_000, 20_000, 20_000]
    tops = [Counter(packet.ends for packet in part).most_common(1)[0] for part in parts]
    top_share = 1 / sum(1 / rank**1.5 for rank in range(1, 201))
    assert tops[0][1] / 10_000 == pytest.approx(1 / 200, abs=0.004)
    assert tops[1][1] / 20_000 == pytest.approx(top_share, abs=0.015)
    assert tops[2][1] / 20_000 == pytest.approx(top_share, abs=0.015)
    assert tops[1][0] != tops[2][0]
    distinct = [len({packet.ends for packet in part}) for part in parts]
    assert distinct[0] == 200
    assert distinct[1] <= 200
    assert distinct[3] > 2_000


def test_schedule_changes_population_protocols_and_sizes() -> None:
    schedule = Schedule(
        (
            Phase(at_s=0.5, active=300),
            Phase(at_s=1.0, active=10),
            Phase(at_s=1.5, protocols=UDP_ONLY, sizes=fixed_size(200), churn_per_s=1_000.0),
        )
    )
    flows = Flows.uniform(count=50, protocols=TCP_ONLY, reset_share=0.0)
    traffic = seen(generate(flows, duration_s=2.0, rate_pps=20_000, sizes=fixed_size(100), schedule=schedule))
    parts: list[list[Seen]] = [[], [], [], []]
    for packet in traffic:
        parts[(packet.time_ns - START_NS) // 500_000_000].append(packet)
    assert len({packet.ends for packet in parts[0]}) == 50
    assert len({packet.ends for packet in parts[1]}) == 300
    # The 290 flows that leave close properly; the ten that stay take the rest.
    assert sum(packet.flags == 0x11 for packet in parts[2]) == 2 * 290
    assert len({packet.ends for packet in parts[2][-5_000:]}) == 10
    late = parts[3][-2_000:]
    assert {packet.protocol for packet in late} == {17}
    assert {packet.length for packet in late} == {200}


def test_schedule_is_in_order() -> None:
    with pytest.raises(TrafficError, match="order"):
        Schedule((Phase(at_s=2.0), Phase(at_s=1.0)))
    with pytest.raises(TrafficError, match="outside"):
        Schedule((Phase(at_s=-1.0),))
