"""The other labs of the examples, with traffic of ordinary sockets."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from tests.runtime.lab.hosts import TIME_LIMIT_S, socket_in
from tests.runtime.lab.machine import LABS, Machine, needs_bmv2, needs_root, wait_until
from tests.runtime.lab.topologies import example

pytestmark = needs_root

BMV2 = pytest.param("bmv2", marks=needs_bmv2)
SLOW_BMV2 = pytest.param("bmv2", marks=[needs_bmv2, pytest.mark.long])
SLOW = pytest.param("interpreter", marks=pytest.mark.long)

VIP = ("192.0.2.10", 80)
CONNECTIONS = 60


@pytest.mark.parametrize("engine", [BMV2, SLOW])
def test_connections_are_spread_over_the_backends(here: Machine, lab: str, tmp_path: Path, engine: str) -> None:
    backends = [f"backend{number}" for number in (1, 2, 3)]
    with here.lab(example(tmp_path, lab, "load_balancer"), "--engine", engine), ExitStack() as servers:
        for backend in backends:
            script = [sys.executable, str(LABS / "whoami.py"), "80", backend]
            server = here.start("lab", "exec", lab, backend, "--", *script)
            servers.callback(_end, server)
            wait_until(lambda backend=backend: _answers_itself(f"weft-{lab}-{backend}"))
        answered = Counter(_asked(f"weft-{lab}-client", VIP) for _ in range(CONNECTIONS))
    assert answered.keys() == set(backends)
    # A third each; of the binomial distribution, fewer than 6 of 60 would be more than 3.8 standard deviations off.
    assert min(answered.values()) >= 6
    assert answered.total() == CONNECTIONS
    here.check_empty(lab)


def _asked(namespace: str, address: tuple[str, int]) -> str:
    with socket_in(namespace, socket.SOCK_STREAM) as connection:
        connection.connect(address)
        return connection.recv(100).decode().strip()


def _answers_itself(namespace: str) -> bool:
    try:
        return bool(_asked(namespace, ("127.0.0.1", 80)))
    except ConnectionRefusedError:
        return False


def _end(server: subprocess.Popen[str]) -> None:
    server.terminate()
    server.communicate(timeout=TIME_LIMIT_S)


@pytest.mark.parametrize("engine", ["interpreter", SLOW_BMV2])
def test_workers_get_the_exact_sums(here: Machine, lab: str, tmp_path: Path, engine: str) -> None:
    draw = np.random.default_rng(7)
    vectors = [draw.integers(-(2**31), 2**31, 1000, dtype=np.int32) for _ in range(4)]
    with here.lab(example(tmp_path, lab, "aggregator"), "--engine", engine):
        workers = []
        for number, vector in enumerate(vectors):
            np.save(tmp_path / f"vector{number}.npy", vector)
            files = ["--vector", tmp_path / f"vector{number}.npy", "--out", tmp_path / f"sum{number}.npy"]
            script = [sys.executable, LABS / "worker.py", str(number), *files]
            workers.append(here.start("lab", "exec", lab, f"worker{number}", "--", *script))
        said = [worker.communicate(timeout=120) for worker in workers]
        assert [worker.returncode for worker in workers] == [0] * 4, said
    columns = zip(*(vector.tolist() for vector in vectors), strict=True)
    expected = [(sum(values) + 2**31) % 2**32 - 2**31 for values in columns]  # two's complement of 32 bits
    for number in range(4):
        assert np.load(tmp_path / f"sum{number}.npy").tolist() == expected
    here.check_empty(lab)
