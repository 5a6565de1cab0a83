"""What keeps the switch from starting."""

from __future__ import annotations


class ServerError(Exception):
    """`problem` in one sentence, `help` says what to do."""

    def __init__(self, problem: str, *, help: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.help = help

    def __str__(self) -> str:
        return f"{self.problem}\nhelp: {self.help}" if self.help else self.problem


class AddressError(ServerError):
    """The P4Runtime address cannot be listened on."""


class InterfaceError(ServerError):
    """A network interface that is not there, or that this process may not use."""


class CertificateError(ServerError):
    """A file for TLS that cannot be used."""
