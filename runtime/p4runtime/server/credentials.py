"""TLS for the P4Runtime service."""

from __future__ import annotations

import ssl
from pathlib import Path

import grpc

from runtime.p4runtime.server.errors import CertificateError


def load_credentials(cert: Path, key: Path, *, client_ca: Path | None = None) -> grpc.ServerCredentials:
    """From files in PEM; with `client_ca`, clients need a certificate that it has signed. `CertificateError`."""
    contents = [_read(path) for path in (cert, key)]
    ca = None if client_ca is None else _read(client_ca)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        raise CertificateError(f"{cert}: not a certificate in PEM that fits the key {key}") from error
    try:
        if client_ca is not None:
            ssl.create_default_context(cafile=client_ca)
    except (ssl.SSLError, OSError) as error:
        raise CertificateError(f"{client_ca}: not a certificate in PEM") from error
    return grpc.ssl_server_credentials(
        [(contents[1], contents[0])], root_certificates=ca, require_client_auth=ca is not None
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte in it
        raise CertificateError(f"{path}: cannot read: {getattr(error, 'strerror', None) or error}") from error
