"""What can go wrong with a lab of hosts and switches."""

from __future__ import annotations


class LabError(Exception):
    """`problem` in one sentence, `help` says what to do instead."""

    def __init__(self, problem: str, *, help: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        return f"{self.problem}\nhelp: {self.help}" if self.help else self.problem


class TopologyError(LabError):
    """A topology file that cannot be read, or says what cannot be."""


class NotAllowedError(LabError):
    """This process may not make network namespaces."""


class LabStateError(LabError):
    """There is no lab of this name, there is one already, or somebody else is at work on it."""


class NetworkError(LabError):
    """The kernel, or iproute2, refuses a step."""


class SwitchStartError(LabError):
    """A switch of a lab does not start, or does not take its program."""
