from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from runtime.p4runtime import reachability
from runtime.p4runtime.client import SwitchConnection
from runtime.p4runtime.errors import DeployError, NotP4RuntimeError, TlsError, UnreachableError
from runtime.p4runtime.target import Target, Tls, load_tls, parse_address
from tests.runtime.p4runtime.certificates import WITHOUT_OPENSSL, Authority, Pair, server_credentials
from tests.runtime.p4runtime.fake_switch import FakeSwitch


async def _hello(target: Target) -> None:
    async with SwitchConnection(target) as switch:
        await switch.become_primary(1)
        assert await switch.pipeline() is None


def hello(switch: FakeSwitch | int, tls: Tls | None = None, *, timeout_s: float = 10.0) -> None:
    """Become primary of a switch on this machine, and ask it something."""
    port = switch if isinstance(switch, int) else switch.port
    asyncio.run(_hello(Target("127.0.0.1", port, tls=tls, timeout_s=timeout_s)))


def test_a_switch_that_is_there(fake: FakeSwitch) -> None:
    hello(fake)


def test_nobody_listens() -> None:
    with FakeSwitch() as gone:
        port = gone.port
    with pytest.raises(UnreachableError, match=f"no switch at 127.0.0.1:{port}: connection refused"):
        hello(port)


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(UnreachableError, match=r"no switch at no-switch\.invalid:9559: "):
        asyncio.run(_hello(Target("no-switch.invalid", 9559)))


def test_another_service_answers() -> None:
    server = grpc.server(futures.ThreadPoolExecutor())
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        with pytest.raises(NotP4RuntimeError, match=f"what answers at 127.0.0.1:{port} is no P4Runtime switch"):
            hello(port)
    finally:
        server.stop(None)


@contextmanager
def listener(answer: bytes | None) -> Iterator[int]:
    """A server that says this to whoever comes, then nothing; None: it never takes a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening, ExitStack() as kept:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    kept.enter_context(listening.accept()[0]).sendall(answer or b"")

        server = threading.Thread(target=serve)
        if answer is not None:
            server.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        if answer is not None:
            server.join()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 100, None])
def test_something_else_answers(answer: bytes | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachability, "_PROBE_S", 0.1)
    with listener(answer) as port, pytest.raises(UnreachableError, match="does not speak gRPC"):
        hello(port, timeout_s=0.2)


# --- TLS


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("theirs"), "theirs")


@pytest.fixture(scope="module")
def pair(ours: Authority) -> Pair:
    return ours.pair("switch")


def trusting(authority: Authority, client: Pair | None = None) -> Tls:
    return load_tls(authority.own.cert, client and client.cert, client and client.key)


@WITHOUT_OPENSSL
def test_tls(ours: Authority, pair: Pair) -> None:
    with FakeSwitch(credentials=server_credentials(pair)) as switch:
        hello(switch, trusting(ours))


@WITHOUT_OPENSSL
def test_mutual_tls(ours: Authority, pair: Pair) -> None:
    with FakeSwitch(credentials=server_credentials(pair, clients=ours)) as switch:
        hello(switch, trusting(ours, ours.pair("controller")))


@WITHOUT_OPENSSL
def test_the_switch_wants_tls(pair: Pair) -> None:
    with (
        FakeSwitch(credentials=server_credentials(pair)) as switch,
        pytest.raises(TlsError, match=r"wants TLS\nhelp: give --tls-ca"),
    ):
        hello(switch)


@WITHOUT_OPENSSL
def test_the_switch_does_not_speak_tls(ours: Authority, fake: FakeSwitch) -> None:
    with pytest.raises(TlsError, match=r"does not speak TLS|closes the connection"):
        hello(fake, trusting(ours))


@WITHOUT_OPENSSL
def test_a_certificate_that_others_signed(theirs: Authority, pair: Pair) -> None:
    with (
        FakeSwitch(credentials=server_credentials(pair)) as switch,
        pytest.raises(TlsError, match="is not accepted: unable to get local issuer certificate"),
    ):
        hello(switch, trusting(theirs))


@WITHOUT_OPENSSL
def test_a_certificate_of_another_host(ours: Authority) -> None:
    with (
        FakeSwitch(credentials=server_credentials(ours.pair("far", address="DNS:far.example"))) as switch,
        pytest.raises(TlsError, match="is not accepted: IP address mismatch"),
    ):
        hello(switch, trusting(ours))


@WITHOUT_OPENSSL
def test_the_switch_wants_a_certificate_of_ours(ours: Authority, theirs: Authority, pair: Pair) -> None:
    with (
        FakeSwitch(credentials=server_credentials(pair, clients=ours)) as switch,
        pytest.raises(TlsError, match=r"refuses TLS: .*\nhelp: .*--tls-cert and --tls-key"),
    ):
        hello(switch, trusting(ours))
        with pytest.raises(TlsError, match="refuses TLS"):
            hello(switch, trusting(ours, theirs.pair("stranger")))


@WITHOUT_OPENSSL
def test_files_that_are_no_certificates(ours: Authority, pair: Pair, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n")
    other = ours.pair("other")
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "pkcs8", "-topk8", "-in", pair.key, "-out", locked, "-passout", "pass:x"], check=True)
    for ca, cert, key, problem in [
        (tmp_path / "missing.pem", None, None, "missing.pem: cannot read: No such file"),
        (garbage, None, None, "garbage.pem: not a certificate in PEM"),
        (pair.key, None, None, "switch.key: not a certificate in PEM"),
        (ours.own.cert, garbage, pair.key, "garbage.pem: not a certificate in PEM that fits"),
        (ours.own.cert, pair.cert, other.key, r"switch.pem: not a certificate in PEM that fits the key .*other.key"),
        (ours.own.cert, pair.cert, locked, "that fits the key"),
    ]:
        with pytest.raises(TlsError, match=problem):
            load_tls(ca, cert, key)


# --- addresses


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("127.0.0.1:9559", "127.0.0.1", 9559), ("leaf-1.example:1", "leaf-1.example", 1), ("[::1]:65535", "::1", 65535)],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert parse_address(text) == (host, port)
    assert Target(host, port).address == text


@pytest.mark.parametrize("text", ["", "127.0.0.1", ":9559", "::1:9559", "a:0", "a:65536", "a:b", "a b:1", "http://a:1"])
def test_texts_that_are_no_addresses(text: str) -> None:
    with pytest.raises(DeployError, match="is no address of a switch\nhelp: write HOST:PORT"):
        parse_address(text)


def test_a_target_on_ipv6(fake: FakeSwitch) -> None:
    assert replace(Target("127.0.0.1", fake.port), host="fe80::1").address == f"[fe80::1]:{fake.port}"
