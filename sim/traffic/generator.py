"""Generate traffic: flows open, send and close on the clock of a schedule.

    flows = Flows.zipf(count=1000, skew=1.1, seed=1, inside="10.0.0.0/16", outside="198.51.100.0/24")
    shift = Schedule((Phase(at_s=0.05, skew=0.4, churn_per_s=5000),))
    packets = generate(flows, packets=10_000, rate_pps=100_000, sizes=IMIX, schedule=shift)
    flood = generate_attack(SynFlood(victim="10.0.0.80"), duration_s=0.1, rate_pps=20_000)
    write_captures(merge([packets, flood]), "out", port_names={INSIDE: "lan", OUTSIDE: "wan"})

`merge` is that of `sim.captures`. The same arguments give the same bytes on every machine.
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import count, islice
from typing import Literal, TypeAlias

import numpy as np

from sim.captures import Packet
from sim.traffic.connections import Connection, SeenOutside, Step
from sim.traffic.distributions import IMIX, Cdf, SizeDistribution, zipf_cumulative
from sim.traffic.errors import TrafficError, require
from sim.traffic.flow_source import FlowSource
from sim.traffic.flows import Flow, Flows
from sim.traffic.frames import Macs, Plan, frames
from sim.traffic.schedule import Dials, Schedule, dials_by_phase
from sim.traffic.streams import Purpose, Stream, poisson_times

Arrivals: TypeAlias = Literal["constant", "poisson"]
Payload: TypeAlias = bytes | Callable[[Flow, int], bytes]
"""Filler repeated to the length that a packet has room for, or a function of the flow and that room in bytes."""

START_NS = 1_700_000_000_000_000_000
"""2023-11-14 22:13:20 UTC: when generated traffic starts if not told otherwise."""

_BATCH = 4_096
_PICKS = 8
_LONGEST_PAYLOAD = 65_000


def generate(
    flows: Flows,
    *,
    packets: int | None = None,
    duration_s: float | None = None,
    rate_pps: int = 100_000,
    sizes: SizeDistribution = IMIX,
    churn_per_s: float = 0.0,
    flow_sizes: Cdf | None = None,
    schedule: Schedule | None = None,
    arrivals: Arrivals = "constant",
    payload: Payload = bytes(range(256)),
    seen_outside: SeenOutside | None = None,
    macs: Macs | None = None,
    start_ns: int = START_NS,
    round_trip_ns: int = 500_000,
) -> Iterator[Packet]:
    """Yield packets of `flows` in the order of time, until `packets` or `duration_s` is reached.

    `rate_pps` packets arrive per second, evenly or as a Poisson process. Each belongs to a flow drawn by
    popularity, unless a packet that opens or closes a flow is due. `churn_per_s` flows a second, a Poisson
    process, each replace a live flow drawn evenly: a flow lives `count / churn_per_s` seconds on average
    (exponential). With `flow_sizes`, a flow also ends when it has carried that many bytes of payload, and
    another takes its place when next drawn. A flow's first packet comes when it is first drawn.

    `sizes` are bytes of a frame as captured, without frame check sequence; a frame is never shorter than its
    headers or 60 bytes. `seen_outside` gives the endpoints under which the outside knows a flow (for a NAT); it
    shows in packets of port 1. The same arguments give the same bytes on every machine. Bad arguments
    raise `TrafficError` at once.
    """
    require(packets is not None or duration_s is not None, "say where to stop: packets or duration_s")
    require(packets is None or packets >= 0, f"packets {packets} is below 0")
    require(duration_s is None or 0 <= duration_s < 1e9, f"duration_s {duration_s} is outside 0..1e9")
    require(0 <= start_ns < 2**63, f"start_ns {start_ns} is outside 0..2**63 - 1")
    require(0 <= round_trip_ns < 10**12, f"round_trip_ns {round_trip_ns} is outside 0..1e12")
    require(callable(payload) or len(payload) > 0, "payload is empty: give at least one byte to repeat")
    require(arrivals in ("constant", "poisson"), f"arrivals {arrivals!r} is neither 'constant' nor 'poisson'")
    dials = Dials(
        start_ns=0,
        skew=flows.skew,
        churn_per_s=churn_per_s,
        active=flows.count,
        rate_pps=rate_pps,
        rotate=0,
        protocols=flows.protocols,
        sizes=sizes,
        reset_share=flows.reset_share,
    )
    phases = dials_by_phase(dials, schedule=schedule or Schedule())
    run = _Run(flows, payload=payload, flow_sizes=flow_sizes, seen_outside=seen_outside, step_ns=round_trip_ns // 2)
    end_ns = None if duration_s is None else round(duration_s * 1e9)
    plans = run.plans(phases, start_ns=start_ns, end_ns=end_ns, is_poisson=arrivals == "poisson")
    return frames(islice(plans, packets), macs=macs)


class _Run:
    """The live flows of one run: a slot for each place in the population, a heap of steps that are due."""

    def __init__(
        self,
        flows: Flows,
        *,
        payload: Payload,
        flow_sizes: Cdf | None,
        seen_outside: SeenOutside | None,
        step_ns: int,
    ) -> None:
        self._flows = flows
        self._source = FlowSource(flows)
        self._payload = payload if callable(payload) else _Filler(payload)
        self._flow_sizes = flow_sizes
        self._seen_outside = seen_outside
        self._step_ns = step_ns
        self._picks = Stream(flows.seed, Purpose.PICKS)
        self._sizes = Stream(flows.seed, Purpose.PACKET_SIZES)
        self._directions = Stream(flows.seed, Purpose.DIRECTIONS)
        self._churn = Stream(flows.seed, Purpose.CHURN)
        self._arrivals = Stream(flows.seed, Purpose.ARRIVALS)
        self._lengths = Stream(flows.seed, Purpose.FLOW_SIZES)
        self._numbers = Stream(flows.seed, Purpose.SEQUENCE_NUMBERS)
        self._slots: list[Connection | None] = []
        self._due: list[tuple[int, int, Connection, Step, int]] = []
        self._ticket = count()

    def plans(
        self, phases: tuple[Dials, ...], *, start_ns: int, end_ns: int | None, is_poisson: bool
    ) -> Iterator[Plan]:
        """Yield the packets of every phase; times are absolute from here on."""
        for dials, following in zip(phases, (*phases[1:], None), strict=True):
            phase_end = end_ns if following is None else following.start_ns
            if end_ns is not None and phase_end is not None:
                phase_end = min(phase_end, end_ns)
            absolute_end = None if phase_end is None else start_ns + phase_end
            yield from self._phase(dials, start_ns + dials.start_ns, absolute_end, is_poisson=is_poisson)

    def _phase(self, dials: Dials, start_ns: int, end_ns: int | None, *, is_poisson: bool) -> Iterator[Plan]:
        self._source.use_protocols(dials.protocols)
        self._resize(dials, start_ns)
        slots = self._drawn_slots(dials)
        sizes = self._drawn_sizes(dials.sizes)
        churn = poisson_times(self._churn, start_ns=start_ns, rate_per_s=dials.churn_per_s)
        times = _ticks(start_ns, dials.rate_pps)
        if is_poisson:
            times = poisson_times(self._arrivals, start_ns=start_ns, rate_per_s=dials.rate_pps)
        next_churn = next(churn)
        for time_ns in times:
            if end_ns is not None and time_ns >= end_ns:
                return
            while next_churn <= time_ns:
                self._replace(self._churn.below(dials.active), next_churn)
                next_churn = next(churn)
            if self._due and self._due[0][0] <= time_ns:
                yield self._next_step(time_ns, sizes)
            else:
                yield self._next_data(time_ns, slots, sizes)

    def _next_data(self, time_ns: int, slots: Iterator[int], sizes: Iterator[int]) -> Plan:
        for _ in range(_PICKS):
            slot = next(slots)
            connection = self._slots[slot]
            if connection is None:
                self._open(slot, time_ns)
                return self._next_step(time_ns, sizes)
            if connection.is_open:
                direction = 1 if self._directions.uniform() < self._flows.reverse_share else 0
                return self._data(connection, direction, time_ns, sizes)
        # Every flow drawn awaits its answer: let the earliest one come sooner than its round trip.
        return self._next_step(time_ns, sizes)

    def _data(self, connection: Connection, direction: int, time_ns: int, sizes: Iterator[int]) -> Plan:
        room = max(0, next(sizes) - connection.header_bytes)
        left = connection.bytes_left
        if left is not None:
            room = max(1, min(room, left))
        payload = self._payload(connection.flow, room)
        if len(payload) > _LONGEST_PAYLOAD:
            raise TrafficError(f"a payload has {len(payload)} bytes, and {_LONGEST_PAYLOAD} is the most")
        plan = connection.data(payload, direction=direction, time_ns=time_ns)
        if left is not None:
            connection.bytes_left = left - max(1, len(payload))
            if connection.bytes_left <= 0 and self._holds(connection):
                self._slots[connection.slot] = None
                self._close(connection, time_ns)
        return plan

    def _holds(self, connection: Connection) -> bool:
        slot = connection.slot
        return slot < len(self._slots) and self._slots[slot] is connection

    def _next_step(self, time_ns: int, sizes: Iterator[int]) -> Plan:
        _, _, connection, step, direction = heappop(self._due)
        if step is Step.FIRST:
            connection.is_open = True
            return self._data(connection, 0, time_ns, sizes)
        if step is Step.LAST_ACK or step is Step.RST:
            self._source.close(connection.flow)
        return connection.step(step, direction=direction, time_ns=time_ns)

    def _open(self, slot: int, time_ns: int) -> None:
        flow = self._source.open()
        left = None
        if self._flow_sizes is not None:
            left = int(self._flow_sizes.sample(self._lengths.uniforms(1))[0])
        numbers = (self._numbers.below(2**32), self._numbers.below(2**32))
        connection = Connection(flow, initial_numbers=numbers, bytes_left=left, seen_outside=self._seen_outside)
        connection.slot = slot
        connection.ready_ns = time_ns - self._step_ns
        self._slots[slot] = connection
        if flow.protocol != "tcp":
            self._push(connection, time_ns, ((Step.FIRST, 0),))
        else:
            self._push(connection, time_ns, ((Step.SYN, 0), (Step.SYN_ACK, 1), (Step.ACK, 0)))

    def _close(self, connection: Connection, time_ns: int) -> None:
        if connection.flow.protocol != "tcp":
            self._source.close(connection.flow)
            return
        side = self._directions.below(2)
        if self._directions.uniform() < self._flows.reset_share:
            self._push(connection, time_ns, ((Step.RST, side),))
        else:
            self._push(connection, time_ns, ((Step.FIN, side), (Step.FIN_ACK, 1 - side), (Step.LAST_ACK, side)))

    def _push(self, connection: Connection, time_ns: int, steps: tuple[tuple[Step, int], ...]) -> None:
        """Schedule `steps` half a round trip apart, the first not before the flow's earlier steps."""
        due = max(time_ns, connection.ready_ns + self._step_ns)
        for step, direction in steps:
            heappush(self._due, (due, next(self._ticket), connection, step, direction))
            connection.ready_ns = due
            due += self._step_ns

    def _replace(self, slot: int, time_ns: int) -> None:
        connection = self._slots[slot]
        if connection is not None:
            self._close(connection, time_ns)
        self._open(slot, time_ns)

    def _resize(self, dials: Dials, time_ns: int) -> None:
        leaving = self._slots[dials.active :]
        del self._slots[dials.active :]
        self._slots.extend([None] * (dials.active - len(self._slots)))
        for place, connection in enumerate(c for c in leaving if c is not None):
            # Three packets close a flow: spread over six packet times, they leave half of the rate to others.
            self._close(connection, time_ns + place * 6_000_000_000 // dials.rate_pps)

    def _drawn_slots(self, dials: Dials) -> Iterator[int]:
        cumulative = zipf_cumulative(dials.active, skew=dials.skew)
        while True:
            ranks = np.searchsorted(cumulative, self._picks.uniforms(_BATCH), side="right")
            yield from ((ranks + dials.rotate) % dials.active).tolist()

    def _drawn_sizes(self, sizes: SizeDistribution) -> Iterator[int]:
        while True:
            yield from sizes.sample(self._sizes.uniforms(_BATCH)).tolist()


class _Filler:
    """Payloads cut from one pattern; those of one length are the same object, which keeps their sums cached."""

    def __init__(self, pattern: bytes) -> None:
        self._pattern = pattern
        self._by_length: dict[int, bytes] = {}

    def __call__(self, flow: Flow, room: int) -> bytes:
        cut = self._by_length.get(room)
        if cut is None:
            cut = (self._pattern * (room // len(self._pattern) + 1))[:room]
            self._by_length[room] = cut
        return cut


def _ticks(start_ns: int, rate_pps: int) -> Iterator[int]:
    return (start_ns + number * 1_000_000_000 // rate_pps for number in count())
