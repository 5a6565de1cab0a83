"""The arguments of generator scripts."""

from pathlib import Path

import pytest
from scapy.utils import rdpcap

from sim.captures import CaptureError
from sim.traffic import Flows, TrafficError, generate
from sim.traffic.script import captures_by_arguments, write_named_captures


def captures(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
    flows = Flows.uniform(count=10, seed=seed)
    return write_named_captures(generate(flows, packets=packets), directory, ports=("lan", "wan"))


def test_captures_are_named_after_their_ports(tmp_path: Path) -> None:
    written = captures_by_arguments(captures, ["--packets", "50", "--seed", "7", "--out", str(tmp_path / "new")])
    assert written == {"lan": tmp_path / "new/lan.pcap", "wan": tmp_path / "new/wan.pcap"}
    assert sum(len(rdpcap(str(path))) for path in written.values()) == 50


def test_the_seed_decides_the_bytes(tmp_path: Path) -> None:
    texts = []
    for number, seed in enumerate(("1", "1", "2")):
        folder = tmp_path / str(number)
        paths = captures_by_arguments(captures, ["--packets", "50", "--seed", seed, "--out", str(folder)])
        texts.append([path.read_bytes() for path in paths.values()])
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("error", [TrafficError("too few"), CaptureError("lan.pcap", "too few")])
def test_what_cannot_be_generated_is_one_line(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(directory: Path, *, packets: int, seed: int = 1) -> dict[str, Path]:
        raise error

    with pytest.raises(SystemExit) as stop:
        captures_by_arguments(refused, [])
    assert stop.value.code == 1
    assert capsys.readouterr().err.endswith(": too few\n")


def test_a_port_of_a_group_has_a_file_name_without_brackets(tmp_path: Path) -> None:
    written = write_named_captures(generate(Flows.uniform(count=1), packets=1), tmp_path, ports=("any[0]", "any[15]"))
    assert written == {"any[0]": tmp_path / "any-0.pcap", "any[15]": tmp_path / "any-15.pcap"}
