"""What can go wrong between Weft and a running bmv2."""

from __future__ import annotations


class SwitchError(Exception):
    """A switch that cannot be started, reached or used: `problem` in one sentence, `help` says what to do."""

    def __init__(self, problem: str, *, help: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        return f"{self.problem}\nhelp: {self.help}" if self.help else self.problem


class SwitchUnreachableError(SwitchError):
    """Nothing answers at the address."""


class SwitchTimeoutError(SwitchError):
    """The switch took the request and did not answer in time."""


class SwitchLostError(SwitchError):
    """The connection broke after it had been there."""


class NotASwitchError(SwitchError):
    """What answers is no bmv2, or one without the service that is asked for."""


class NoSuchRegisterError(SwitchError):
    """The program on the switch has no register of this name."""


class RegisterIndexError(SwitchError):
    """The register has fewer cells."""


class RegisterValueError(SwitchError):
    """A value that does not travel over Thrift: below 0 or above 2^63 - 1."""


class SwitchRefusedError(SwitchError):
    """The switch says no: `code` is its own name for the reason, such as TABLE_FULL."""

    def __init__(self, problem: str, code: str, *, help: str | None = None) -> None:
        super().__init__(problem, help=help)
        self.code = code


class WrongProgramError(SwitchError):
    """The folder and the switch, or the parts of the folder, are of different programs."""


class PacketsPassedError(SwitchError):
    """Packets passed while the state was read or written, so that it is not of one moment."""


class SwitchProcessError(SwitchError):
    """A switch that does not start, or dies."""
