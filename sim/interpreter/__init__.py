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

__all__ = [
    "Arrival",
    "Departure",
    "DigestRecord",
    "Emission",
    "Event",
    "Execution",
    "GuardTest",
    "InterpreterError",
    "Machine",
    "MissingStateError",
    "Observer",
    "Outcome",
    "TunableRangeError",
    "UnknownPortError",
    "UnknownTunableError",
    "every",
]
