"""One application with everything that the control plane fills, built with meson and run over software devices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap

from backends.bluefield.folder import write_application
from compiler.load import load_program
from runtime.bluefield.application_folder import ApplicationFolder, load_application
from runtime.bluefield.build import build_application
from runtime.bluefield.process import SOFTWARE_EAL, RunningApplication, RunOptions, start_application
from tests.dpdk import floating_lcores

PROGRAM = Path(__file__).with_name("gate.weft")
SOURCES = 100

Start = Callable[..., AbstractContextManager[RunningApplication]]


@pytest.fixture(scope="session")
def gate(tmp_path_factory: pytest.TempPathFactory) -> ApplicationFolder:
    """The folder, built."""
    folder = tmp_path_factory.mktemp("gate") / "gate"
    write_application(load_program(PROGRAM).program, folder)
    found = load_application(folder)
    build_application(found, options=["--buildtype=debugoptimized", "--werror"])
    return found


@pytest.fixture(scope="session")
def binary(gate: ApplicationFolder) -> Path:
    return gate.path / "build" / "weft-gate"


@pytest.fixture(scope="session")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A capture: a packet from each of many sources to 10.0.0.1."""
    path = tmp_path_factory.mktemp("traffic") / "in.pcap"
    ether = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    packets = [ether / IP(src=f"192.0.2.{n}", dst="10.0.0.1") / UDP(sport=n, dport=9) for n in range(1, SOURCES + 1)]
    wrpcap(str(path), packets)
    return path


@pytest.fixture
def start(binary: Path, traffic: Path, tmp_path: Path) -> Start:
    """Start the application; packets come in by `outside`, over and over unless it is said how often."""

    @contextmanager
    def started(
        *, workers: int = 2, endless: bool = True, telemetry: bool = False, **options: object
    ) -> Iterator[RunningApplication]:
        source = f"net_pcap0,rx_pcap={traffic}" + (",infinite_rx=1" if endless else "")
        eal = [*SOFTWARE_EAL, "--lcores", floating_lcores(workers), "--vdev", source, "--vdev", "net_null0,no-rx=1"]
        eal += [] if telemetry else ["--no-telemetry"]
        tmp_path.mkdir(exist_ok=True)
        chosen = RunOptions(eal=eal, folder=tmp_path, **options)  # type: ignore[arg-type]
        with start_application(binary, chosen) as running:
            yield running

    return started
