"""The options that say which switch a command is about."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runtime.p4runtime.errors import DeployError
from runtime.p4runtime.target import MAX_ELECTION_ID, Target, Tls, load_tls, parse_address
from weft.failures import UsageError


@dataclass(frozen=True, slots=True)
class SwitchOptions:
    """As they stand on the command line."""

    switch: str
    device_id: int
    timeout_s: float
    tls_ca: Path | None
    tls_cert: Path | None
    tls_key: Path | None

    def target(self) -> Target:
        """The switch that is meant. Raises `UsageError` where the options contradict each other, or `TlsError`."""
        host, port = address_of(self.switch, option="--switch")
        return Target(host, port, device_id=self.device_id, tls=self._tls(), timeout_s=self.timeout_s)

    def _tls(self) -> Tls | None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise UsageError("a certificate and its key go together", help="give both --tls-cert and --tls-key")
        if self.tls_ca is None:
            if self.tls_cert is not None:
                raise UsageError(
                    "the switch has to be trusted before it is shown a certificate",
                    help="give --tls-ca, the certificate that signs the switch's own",
                )
            return None
        return load_tls(self.tls_ca, self.tls_cert, self.tls_key)


def address_of(text: str, *, option: str) -> tuple[str, int]:
    """Host and port of an option's "HOST:PORT"."""
    try:
        return parse_address(text)
    except DeployError as error:
        raise UsageError(f"{option}: `{text}` is no address", help=error.help) from error


def number_of(election_id: str) -> int:
    """An election id: a number of 128 bits, more than the command line's own numbers have."""
    if not (election_id.isascii() and election_id.isdigit() and len(election_id) <= 39):
        raise UsageError(f"--election-id: `{election_id}` is no number")
    number = int(election_id)
    if not 0 < number <= MAX_ELECTION_ID:
        raise UsageError("--election-id: expected a number from 1 to 2^128 - 1")
    return number
