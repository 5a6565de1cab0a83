"""Certificates for a test, made by the openssl command."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest

WITHOUT_OPENSSL = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not here")


@dataclass(frozen=True, slots=True)
class Pair:
    cert: Path
    key: Path


class Authority:
    """Signs certificates, under a name of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self.own = Pair(folder / f"{name}.pem", folder / f"{name}.key")
        _openssl(
            *["req", "-x509", "-subj", f"/CN={name}", "-days", "2", *_new_key(self.own.key)],
            *["-addext", "basicConstraints=critical,CA:TRUE", "-out", self.own.cert],
        )

    def pair(self, name: str, *, address: str = "IP:127.0.0.1") -> Pair:
        """A certificate for one end of a connection."""
        made = Pair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={address}\n")
        _openssl("req", "-subj", f"/CN={name}", *_new_key(made.key), "-out", request)
        _openssl(
            *["x509", "-req", "-in", request, "-CA", self.own.cert, "-CAkey", self.own.key, "-CAcreateserial"],
            *["-days", "2", "-extfile", extensions, "-out", made.cert],
        )
        return made


def server_credentials(pair: Pair, *, clients: Authority | None = None) -> grpc.ServerCredentials:
    """TLS for a server; with an authority for `clients`, mutual TLS."""
    return grpc.ssl_server_credentials(
        [(pair.key.read_bytes(), pair.cert.read_bytes())],
        root_certificates=None if clients is None else clients.own.cert.read_bytes(),
        require_client_auth=clients is not None,
    )


def _new_key(path: Path) -> list[str | Path]:
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]


def _openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
