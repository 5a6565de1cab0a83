"""The events of a run, packet by packet: what `weft trace` shows."""

from __future__ import annotations

from dataclasses import dataclass, field

from sim.interpreter.observe import Arrival, Departure, Event, Execution, GuardTest


@dataclass(slots=True)
class PacketTrace:
    """One packet: how it arrived, and all that happened, in order."""

    arrival: Arrival
    events: list[Event] = field(default_factory=list)

    @property
    def executions(self) -> list[Execution]:
        return [event for event in self.events if isinstance(event, Execution)]

    @property
    def guard_tests(self) -> list[GuardTest]:
        return [event for event in self.events if isinstance(event, GuardTest)]

    @property
    def departures(self) -> list[Departure]:
        return [event for event in self.events if isinstance(event, Departure)]


class Trace:
    """An observer that keeps the events of the last `most` packets (None: of all)."""

    def __init__(self, *, most: int | None = None) -> None:
        self.packets: list[PacketTrace] = []
        self._most = most

    def __call__(self, event: Event) -> None:
        if isinstance(event, Arrival):
            self.packets.append(PacketTrace(event))
            if self._most is not None and len(self.packets) > self._most:
                del self.packets[0]
        else:
            self.packets[-1].events.append(event)
