"""Schedules: traffic that changes at stated instants."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sim.traffic.distributions import SizeDistribution
from sim.traffic.errors import require
from sim.traffic.flows import check_protocols


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What changes `at_s` seconds after the start; `None` leaves a dial where it was.

    `rotate` moves the popularity ranks to other flows: rank k goes to the flow of slot (k + rotate) modulo
    `active`, so another set of flows becomes hot while the distribution stays.
    """

    at_s: float
    skew: float | None = None
    churn_per_s: float | None = None
    active: int | None = None
    rate_pps: int | None = None
    rotate: int | None = None
    protocols: Mapping[str, float] | None = None
    sizes: SizeDistribution | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Phases in the order of their times."""

    phases: tuple[Phase, ...] = ()

    def __post_init__(self) -> None:
        times = [phase.at_s for phase in self.phases]
        require(all(0.0 <= time < 1e9 for time in times), "a phase starts outside 0..1e9 seconds")
        require(times == sorted(times), "the phases of a schedule are not in the order of their times")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dials:
    """Where every dial of the traffic stands during one phase, from `start_ns` after the start of the run."""

    start_ns: int
    skew: float
    churn_per_s: float
    active: int
    rate_pps: int
    rotate: int
    protocols: Mapping[str, float]
    sizes: SizeDistribution
    reset_share: float

    def __post_init__(self) -> None:
        require(1 <= self.rate_pps <= 10**9, f"rate_pps {self.rate_pps} is outside 1..1e9")
        require(1 <= self.active <= 2**24, f"active {self.active} is outside 1..2**24")
        require(0.0 <= self.skew <= 20.0, f"skew {self.skew} is outside 0..20")
        require(0.0 <= self.churn_per_s <= 1e9, f"churn_per_s {self.churn_per_s} is outside 0..1e9")
        check_protocols(self.protocols)
        control_pps = self.churn_per_s * self._control_packets_per_flow()
        require(
            control_pps < self.rate_pps,
            f"opening and closing {self.churn_per_s:g} flows per second takes {control_pps:.0f} packets per second, "
            f"and rate_pps is {self.rate_pps}: lower churn_per_s or raise rate_pps",
        )

    def _control_packets_per_flow(self) -> float:
        """Three packets open a TCP flow, three or one RST close it; others open with their first packet."""
        tcp = self.protocols.get("tcp", 0.0) / sum(self.protocols.values())
        return 1.0 + tcp * (2.0 + 3.0 * (1.0 - self.reset_share) + self.reset_share)


def dials_by_phase(first: Dials, *, schedule: Schedule) -> tuple[Dials, ...]:
    """Return the dials of every phase: `first`, then each change of `schedule` on top of what was there."""
    result = [first]
    for phase in schedule.phases:
        changes = {
            name: value
            for name in ("skew", "churn_per_s", "active", "rate_pps", "rotate", "protocols", "sizes")
            if (value := getattr(phase, name)) is not None
        }
        result.append(replace(result[-1], start_ns=round(phase.at_s * 1e9), **changes))
    return tuple(result)
