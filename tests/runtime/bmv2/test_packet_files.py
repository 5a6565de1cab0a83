"""Packets to and from a process by files; the process is a shell that stands in for the switch."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from scapy.utils import rdpcap

from runtime.bmv2 import process
from runtime.bmv2.errors import SwitchProcessError
from runtime.bmv2.packet_files import PacketFiles
from runtime.bmv2.process import SwitchProcess

COPY = 'import shutil, time; shutil.copyfileobj(open(3, "rb"), open("port7_out.pcap", "wb", 0)); time.sleep(60)'
PACKETS = [bytes([n % 256]) * (60 + n % 100) for n in range(3_000)]


@pytest.fixture
def files(tmp_path: Path) -> Iterator[PacketFiles]:
    with PacketFiles(tmp_path, [0, 7], input_port=0) as files:
        yield files


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], SwitchProcess]]:
    """Start a shell command in the folder of the files, which has the input as descriptor 3."""
    monkeypatch.setattr(process, "_TERMINATE_S", 0.05)
    with ExitStack() as stack:

        def start(script: str) -> SwitchProcess:
            opened = "exec 3< port0_in.pcap; echo; "
            started = subprocess.Popen(["sh", "-c", opened + script], cwd=tmp_path, stdout=subprocess.PIPE)
            assert started.stdout is not None
            with started.stdout:
                started.stdout.readline()
            return stack.enter_context(SwitchProcess(started, thrift_port=0, folder=tmp_path / "none"))

        yield start


def test_what_is_fed_arrives_and_what_leaves_is_read(
    files: PacketFiles, child: Callable[[str], SwitchProcess], tmp_path: Path
) -> None:
    running = child(f"exec {sys.executable} -c '{COPY}'")  # one process, as the switch is
    assert files.feed(PACKETS, running, limit_s=30) == len(PACKETS)
    assert files.sent(7) == PACKETS
    read = rdpcap(str(tmp_path / "port7_out.pcap"))
    assert [bytes(packet) for packet in read] == PACKETS
    times = [packet.time for packet in read]
    assert times == sorted(times)


def test_other_ports_have_captures_without_packets(files: PacketFiles, tmp_path: Path) -> None:
    assert files.interfaces == {0: str(tmp_path / "port0"), 7: str(tmp_path / "port7")}
    assert list(rdpcap(str(tmp_path / "port7_in.pcap"))) == []


def test_a_port_that_sent_nothing_has_an_empty_file(files: PacketFiles, tmp_path: Path) -> None:
    (tmp_path / "port7_out.pcap").touch()
    assert files.sent(7) == []


def test_a_switch_that_dies_is_told(files: PacketFiles, child: Callable[[str], SwitchProcess]) -> None:
    running = child("head -c 1000 <&3 > port7_out.pcap; exit 3")
    with pytest.raises(SwitchProcessError, match=r"died: exit code 3|stopped reading"):
        files.feed(PACKETS * 10, running, limit_s=30)


def test_a_switch_that_takes_nothing_is_told(files: PacketFiles, child: Callable[[str], SwitchProcess]) -> None:
    running = child("exec sleep 60")
    with pytest.raises(SwitchProcessError, match="not done"):
        files.feed(PACKETS, running, limit_s=0.1)


def test_a_switch_that_works_on_for_ever_is_told(files: PacketFiles, child: Callable[[str], SwitchProcess]) -> None:
    running = child("while :; do :; done")
    with pytest.raises(SwitchProcessError, match="not done"):
        files.feed(PACKETS[:3], running, limit_s=0.1)


@pytest.mark.parametrize("missing", [1, 20, 30])
def test_half_a_packet_is_no_packet(files: PacketFiles, tmp_path: Path, missing: int) -> None:
    record = struct.pack("<4I", 0, 0, 20, 20) + bytes(20)
    (tmp_path / "port7_out.pcap").write_bytes(bytes(24) + record + record[:-missing])
    with pytest.raises(SwitchProcessError, match="half a packet"):
        files.sent(7)
