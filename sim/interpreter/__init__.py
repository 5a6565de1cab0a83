from sim.interpreter.access_log import Access, AccessKind, AccessLog
from sim.interpreter.emit import Emission
from sim.interpreter.errors import (
    InterpreterError,
    MissingStateError,
    TunableRangeError,
    UnknownPortError,
    UnknownTunableError,
)
from sim.interpreter.machine import DigestRecord, Machine, Outcome
from sim.interpreter.observe import Arrival, Departure, Event, Execution, GuardTest, Observer, every
from sim.interpreter.run import DigestSink, DropPlace, PacketSink, Run, Summary, Traffic, place_of, run
from sim.interpreter.trace import PacketTrace, Trace

__all__ = [
    "Access",
    "AccessKind",
    "AccessLog",
    "Arrival",
    "Departure",
    "DigestRecord",
    "DigestSink",
    "DropPlace",
    "Emission",
    "Event",
    "Execution",
    "GuardTest",
    "InterpreterError",
    "Machine",
    "MissingStateError",
    "Observer",
    "Outcome",
    "PacketSink",
    "PacketTrace",
    "Run",
    "Summary",
    "Trace",
    "Traffic",
    "TunableRangeError",
    "UnknownPortError",
    "UnknownTunableError",
    "every",
    "place_of",
    "run",
]
