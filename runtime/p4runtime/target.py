"""Which switch is meant, and how it is spoken to."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass
from pathlib import Path

from runtime.p4runtime.errors import DeployError, TlsError

DEFAULT_TIMEOUT_S = 10.0
MAX_ELECTION_ID = (1 << 128) - 1

_ADDRESS = re.compile(r"(?:\[(?P<ip6>[0-9A-Fa-f:.]+)\]|(?P<host>[^\[\]:/\s]+)):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class Tls:
    """What this end of a connection needs for TLS, in PEM; with a certificate of its own, for mutual TLS."""

    ca: bytes
    cert: bytes | None = None
    key: bytes | None = None
    files: tuple[Path, Path | None, Path | None] = (Path(), None, None)  # where they are from

    def context(self) -> ssl.SSLContext:
        ca, cert, key = self.files
        context = ssl.create_default_context(cafile=ca)
        if cert is not None:
            context.load_cert_chain(cert, key, password="")  # no prompt: gRPC takes no encrypted key
        return context


@dataclass(frozen=True, slots=True)
class Target:
    """A device of a switch. `timeout_s`: how long it may take to answer one request."""

    host: str
    port: int
    device_id: int = 1
    tls: Tls | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S

    @property
    def address(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of "HOST:PORT"; an IPv6 address stands in brackets. Raises `DeployError`."""
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"]) < 1 << 16:
        raise DeployError(f"`{text}` is no address of a switch", help="write HOST:PORT, such as 127.0.0.1:9559")
    return found["ip6"] or found["host"], int(found["port"])


def load_tls(ca: Path, cert: Path | None, key: Path | None) -> Tls:
    """Read and check the files for TLS; `TlsError` where one cannot be used."""
    tls = Tls(_read(ca), None if cert is None else _read(cert), None if key is None else _read(key), (ca, cert, key))
    try:
        ssl.create_default_context(cafile=ca)
    except (ssl.SSLError, OSError) as error:
        raise TlsError(f"{ca}: not a certificate in PEM") from error
    try:
        tls.context()
    except (ssl.SSLError, OSError) as error:
        raise TlsError(f"{cert}: not a certificate in PEM that fits the key {key}") from error
    return tls


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise TlsError(f"{path}: cannot read: {getattr(error, 'strerror', None) or error}") from error
