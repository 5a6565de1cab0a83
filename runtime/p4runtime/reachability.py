"""Why a connection to a switch does not come about: gRPC only says that it does not, so look for oneself."""

from __future__ import annotations

import asyncio
import socket
import ssl

from runtime.p4runtime.errors import DeployError, TlsError, UnreachableError
from runtime.p4runtime.target import Target

_PROBE_S = 2.0  # most that each step may take


async def why_unreachable(target: Target) -> DeployError:
    """The error that says best what is wrong: an `UnreachableError` or a `TlsError`."""
    return await asyncio.to_thread(_probe, target)


def _probe(target: Target) -> DeployError:
    try:
        connection = socket.create_connection((target.host, target.port), timeout=_PROBE_S)
    except socket.gaierror as error:
        return UnreachableError(f"no switch at {target.address}: {error.strerror}")
    except TimeoutError:
        return UnreachableError(f"no switch at {target.address}: nothing answers")
    except OSError as error:
        return UnreachableError(f"no switch at {target.address}: {(error.strerror or str(error)).lower()}")
    with connection:
        return _probe_plain(target, connection) if target.tls is None else _probe_tls(target, connection)


def _probe_plain(target: Target, connection: socket.socket) -> DeployError:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only to learn whether TLS is spoken; nothing is sent
    context.set_alpn_protocols(["h2"])
    try:
        context.wrap_socket(connection, server_hostname=target.host).close()
    except OSError:  # SSLError is one
        return UnreachableError(f"what answers at {target.address} does not speak gRPC")
    return TlsError(
        f"the switch at {target.address} wants TLS", help="give --tls-ca, the certificate that signs its own"
    )


def _probe_tls(target: Target, connection: socket.socket) -> DeployError:
    assert target.tls is not None
    context = target.tls.context()
    context.set_alpn_protocols(["h2"])
    help = None if target.tls.cert else "it may want a certificate of ours: give --tls-cert and --tls-key"
    try:
        with context.wrap_socket(connection, server_hostname=target.host) as secured:
            is_open = bool(secured.recv(1))  # in TLS 1.3 a refused certificate shows only now
    except ssl.SSLCertVerificationError as error:
        return TlsError(f"the certificate of the switch at {target.address} is not accepted: {error.verify_message}")
    except ssl.SSLError as error:
        if error.reason == "WRONG_VERSION_NUMBER":
            return TlsError(f"the switch at {target.address} does not speak TLS", help="leave out --tls-ca")
        return TlsError(f"the switch at {target.address} refuses TLS: {_words(error)}", help=help)
    except OSError:
        return TlsError(f"the switch at {target.address} closes the connection instead of answering in TLS", help=help)
    if not is_open:  # as gRPC's servers do, without a word
        return TlsError(f"the switch at {target.address} refuses TLS: it takes our greeting and hangs up", help=help)
    return UnreachableError(f"what answers at {target.address} does not speak gRPC")


def _words(error: ssl.SSLError) -> str:
    """ "TLSV13_ALERT_CERTIFICATE_REQUIRED" as "alert certificate required"."""
    words = (error.reason or "handshake failed").lower().split("_")
    return " ".join(word for word in words if not word.startswith("tlsv1"))
