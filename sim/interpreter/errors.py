"""What can be wrong with a run, apart from the packets: those can hold anything."""

from __future__ import annotations


class InterpreterError(Exception):
    """The interpreter cannot run this program, or not with these settings."""


class MissingStateError(InterpreterError):
    """`states` holds no state for a declaration of the program."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the program declares state `{name}`, but it was not built")
        self.name = name


class UnknownTunableError(InterpreterError):
    """A tunable was set that the program does not declare."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the program has no tunable `{name}`")
        self.name = name


class TunableRangeError(InterpreterError):
    """A tunable was set to a value that its type cannot hold."""

    def __init__(self, name: str, *, value: int, width: int) -> None:
        super().__init__(f"tunable `{name}` has {width} bits; {value} does not fit")
        self.name = name
        self.value = value
        self.width = width


class UnknownPortError(InterpreterError):
    """A packet arrived by a port that the program does not have."""

    def __init__(self, port: int, *, ports: int) -> None:
        super().__init__(f"a packet arrived by port {port}, but the program has {ports} ports")
        self.port = port
        self.ports = ports
