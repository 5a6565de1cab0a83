"""What can go wrong between a compiled DPDK application and whoever runs it."""

from __future__ import annotations


class ApplicationError(Exception):
    """`problem` in one sentence, `help` says what to do."""

    def __init__(self, problem: str, *, help: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        return f"{self.problem}\nhelp: {self.help}" if self.help else self.problem


class DpdkMissingError(ApplicationError):
    """A tool, or DPDK itself, is not on this machine."""


class BuildError(ApplicationError):
    """Meson or the C compiler does not take the folder."""


class FolderError(ApplicationError):
    """The folder is no compiled application, or a damaged one."""


class ProcessError(ApplicationError):
    """The application does not start, or died."""


class UnreachableError(ApplicationError):
    """Nobody answers at the control socket, or no longer."""


class ProtocolError(ApplicationError):
    """What answers at the control socket is no application of Weft's, or sends what no answer is."""


class OtherProgramError(ApplicationError):
    """The folder and the application, or a saved state, are of different programs."""


class RefusedError(ApplicationError):
    """The application says no."""
