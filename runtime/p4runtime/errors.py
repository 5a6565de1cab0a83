"""What can go wrong between a compiled folder and a running switch."""

from __future__ import annotations

from dataclasses import dataclass


class DeployError(Exception):
    """`problem` in one sentence, `help` says what to do, `left` what the switch holds now where that is not
    what it held before (None: it is as it was)."""

    def __init__(self, problem: str, *, help: str | None = None, left: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help
        self.left = left

    def __str__(self) -> str:
        left = f"\n{self.left}" if self.left else ""
        help_line = f"\nhelp: {self.help}" if self.help else ""
        return f"{self.problem}{left}{help_line}"


class FolderError(DeployError):
    """The folder is no compiled program, or not one that can be deployed."""


class EntriesRefusedError(DeployError):
    """Entries that fit the program, but not what was compiled from it. Nothing was sent."""


class UnreachableError(DeployError):
    """Nobody answers at the address, or nobody that speaks gRPC."""


class TlsError(DeployError):
    """The two ends do not agree on TLS, or a file for it cannot be used."""


class NotP4RuntimeError(DeployError):
    """What answers at the address is no P4Runtime server."""


class DeadlineError(DeployError):
    """The switch took longer to answer than it was given."""


class SwitchGoneError(DeployError):
    """The switch answered before, and then no longer."""


class WrongDeviceError(DeployError):
    """The switch does not have the device of this number."""


class NotPrimaryError(DeployError):
    """Somebody else is the primary controller; `election_id` is theirs, where the switch says it."""

    def __init__(self, problem: str, *, election_id: int | None, help: str | None = None) -> None:
        super().__init__(problem, help=help)
        self.election_id = election_id


class PrimaryLostError(NotPrimaryError):
    """Somebody else became the primary controller in the middle of the work."""


class OtherProgramError(DeployError):
    """The switch runs no program, or another one than the folder's."""


class PipelineRefusedError(DeployError):
    """The switch does not take the compiled program."""


class CalculationError(DeployError):
    """The switch could not be told how to do a hash calculation."""


class SwitchError(DeployError):
    """Any other answer that means no; `code` is gRPC's name for it, `said` the switch's own words."""

    def __init__(self, problem: str, *, code: str, said: str) -> None:
        super().__init__(problem)
        self.code = code
        self.said = said


@dataclass(frozen=True, slots=True)
class RefusedUpdate:
    """An update of a batch that the switch did not make: which one, and why in its words."""

    place: int
    code: str
    message: str


class WriteError(DeployError):
    """Updates that the switch refused. `refused` is empty where it does not say which."""

    def __init__(
        self, problem: str, *, code: str, refused: tuple[RefusedUpdate, ...] = (), help: str | None = None
    ) -> None:
        super().__init__(problem, help=help)
        self.code = code
        self.refused = refused


class TableFullError(WriteError):
    """A table of the switch takes no more entries."""


class VerificationError(DeployError):
    """Read back, the switch does not hold what was written."""


class ForeignContentsError(DeployError):
    """The switch holds something that no file of entries can say; another controller wrote it."""
