from pathlib import Path

import pytest
from scapy.utils import RawPcapReader

from sim.captures import CaptureError
from sim.traffic import Flows, generate, write_captures


def test_each_port_has_its_capture_with_nanoseconds(tmp_path: Path) -> None:
    traffic = list(generate(Flows.uniform(count=50), packets=500, rate_pps=3_000_000))
    paths = write_captures(traffic, tmp_path / "new" / "folder", port_names={0: "lan", 1: "wan"})
    assert paths == {0: tmp_path / "new/folder/lan.pcap", 1: tmp_path / "new/folder/wan.pcap"}
    for port, path in paths.items():
        with RawPcapReader(str(path)) as reader:
            read = [(meta.sec * 10**9 + meta.usec, data) for data, meta in reader]
            assert reader.nano
        assert read == [(packet.time_ns, packet.data) for packet in traffic if packet.port == port]


def test_unnamed_port_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(CaptureError):
        write_captures(generate(Flows.uniform(count=5), packets=50), tmp_path, port_names={0: "lan"})
    assert list(tmp_path.iterdir()) == []


def test_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CaptureError, match="file"):
        write_captures([], tmp_path / "file" / "folder", port_names={0: "lan"})
