"""Named traffic for comparisons: the same four mixes wherever speed or placement is measured."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from sim.captures import Packet, merge
from sim.traffic.attacks import Attack, DnsAmplification, PortScan, SynFlood, generate_attack
from sim.traffic.distributions import IMIX, SizeDistribution
from sim.traffic.errors import require
from sim.traffic.flows import Flows
from sim.traffic.generator import START_NS, generate


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Traffic by its parameters, at any rate: churn and attacks are relative to the rate of all packets.

    `new_flows_per_packet` is churn over the rate of `flows`; `attacks` gives each attack its share of all packets.
    """

    name: str
    summary: str
    flows: Flows
    sizes: SizeDistribution = IMIX
    new_flows_per_packet: float = 0.0
    attacks: tuple[tuple[Attack, float], ...] = ()

    def __post_init__(self) -> None:
        shares = [share for _, share in self.attacks]
        require(all(share > 0.0 for share in shares) and sum(shares) < 1.0, "the shares of attacks are not within 0..1")

    def packets(
        self, count: int, *, seed: int = 1, rate_pps: int = 100_000, start_ns: int = START_NS
    ) -> Iterator[Packet]:
        """Return the first `count` packets at `rate_pps` altogether."""
        require(count >= 0, f"count {count} is below 0")
        rates = [max(1, round(rate_pps * share)) for _, share in self.attacks]
        flow_rate = max(1, rate_pps - sum(rates))
        flows = generate(
            replace(self.flows, seed=seed),
            packets=count,
            rate_pps=flow_rate,
            sizes=self.sizes,
            churn_per_s=self.new_flows_per_packet * flow_rate,
            start_ns=start_ns,
        )
        attacks = [
            generate_attack(attack, packets=count, rate_pps=rate, seed=seed + number, start_ns=start_ns)
            for number, ((attack, _), rate) in enumerate(zip(self.attacks, rates, strict=True), start=1)
        ]
        return islice(merge([flows, *attacks]), count)


_ZIPF = Flows.zipf(count=10_000, skew=1.1)

MIXES: dict[str, Mix] = {
    mix.name: mix
    for mix in (
        Mix(
            name="uniform",
            summary="10,000 flows, equally popular; 70 % TCP, 25 % UDP, 5 % ICMP; simple IMIX; no churn",
            flows=Flows.uniform(count=10_000),
        ),
        Mix(
            name="zipf",
            summary="10,000 flows, Zipf of skew 1.1; otherwise as uniform",
            flows=_ZIPF,
        ),
        Mix(
            name="churn",
            summary="as zipf, and one new flow for every 10 packets (10,000 a second at 100,000 packets/s)",
            flows=_ZIPF,
            new_flows_per_packet=0.1,
        ),
        Mix(
            name="attack",
            summary="70 % as zipf, 20 % SYN flood on one server, 8 % DNS amplification, 2 % port scan",
            flows=_ZIPF,
            attacks=(
                (SynFlood(victim="10.0.0.80"), 0.20),
                (DnsAmplification(victim="10.0.0.53"), 0.08),
                (PortScan(scanner="192.0.2.66", victims="10.0.1.0/24"), 0.02),
            ),
        ),
    )
}
"""The mixes by name."""
