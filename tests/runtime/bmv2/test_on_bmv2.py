"""The real bmv2: what the client and the files rest on."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.p4.tools import P4C, find_tool, run_p4c
from runtime.bmv2.errors import (
    NoSuchRegisterError,
    RegisterIndexError,
    SwitchLostError,
    SwitchProcessError,
    SwitchRefusedError,
)
from runtime.bmv2.packet_files import PacketFiles
from runtime.bmv2.process import SIMPLE_SWITCH, SIMPLE_SWITCH_GRPC, SwitchOptions, SwitchProcess, start_switch
from runtime.bmv2.thrift_client import SwitchClient
from runtime.bmv2.thrift_tables import add_entry, add_group, number_of_entries, set_default_action
from sim.state import Exact, Prefix, Range, Ternary

MISSING = [name for name in (P4C, SIMPLE_SWITCH) if find_tool(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)}: neither on PATH nor in WEFT_P4_BIN")

# Sends packets by the port that a table says, with the hash of their first byte in the second to fifth.
PROGRAM = """\
#include <core.p4>
#include <v1model.p4>
header first_t { bit<8> kind; bit<32> hashed; }
struct headers_t { first_t first; }
struct metadata_t { }
parser Parse(packet_in packet, out headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    state start { packet.extract(hdr.first); transition accept; }
}
control Check(inout headers_t hdr, inout metadata_t meta) { apply { } }
control MyIngress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    register<bit<32>>(1) seen;
    register<bit<63>>(1000) words;
    register<bit<64>>(2) wide;
    action to(bit<9> port) { standard.egress_spec = port; }
    action to_group(bit<16> group) { standard.mcast_grp = group; }
    action none() { mark_to_drop(standard); }
    table exactly { key = { hdr.first.kind: exact; } actions = { to; none; } default_action = none(); size = 2; }
    table ranked { key = { hdr.first.kind: ternary; standard.ingress_port: range; } actions = { to_group; none; } }
    table longest { key = { hdr.first.kind: lpm; } actions = { to; none; } }
    apply {
        bit<32> count;
        seen.read(count, 0);
        seen.write(0, count + 1);
        hash(hdr.first.hashed, HashAlgorithm.crc32_custom, 32w0, { hdr.first.kind }, 33w0x100000000);
        exactly.apply();
        if (hdr.first.kind > 100) { ranked.apply(); }
        if (hdr.first.kind > 200) { longest.apply(); }
    }
}
control MyEgress(inout headers_t hdr, inout metadata_t meta, inout standard_metadata_t standard) {
    apply { if (standard.egress_rid != 0) { hdr.first.hashed = (bit<32>) standard.egress_rid; } }
}
control Deparse(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr.first); } }
V1Switch(Parse(), Check(), MyIngress(), MyEgress(), Check(), Deparse()) main;
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    (folder / "probe.p4").write_text(PROGRAM)
    assert run_p4c(folder / "probe.p4", json_out=folder / "probe.json").errors == ()
    return folder / "probe.json"


@pytest.fixture
def files(tmp_path: Path) -> Iterator[PacketFiles]:
    with PacketFiles(tmp_path, [1, 2], input_port=1) as files:
        yield files


@pytest.fixture
def running(config: Path, files: PacketFiles) -> Iterator[SwitchProcess]:
    with start_switch(SwitchOptions(config=config, interfaces=files.interfaces, files=True)) as running:
        yield running


@pytest.fixture
def client(running: SwitchProcess) -> Iterator[SwitchClient]:
    with running.client() as client:
        yield client


def test_registers(client: SwitchClient) -> None:
    client.write("MyIngress.words", 999, (1 << 63) - 1)
    client.write_range("MyIngress.words", 10, 20, 7)
    assert client.read("MyIngress.words", 999) == (1 << 63) - 1
    assert client.read_all("MyIngress.words") == [0] * 10 + [7] * 10 + [0] * 979 + [(1 << 63) - 1]
    client.write_range("MyIngress.words", 0, 1000, 0)
    assert client.read_all("MyIngress.words") == [0] * 1000
    with pytest.raises(NoSuchRegisterError):
        client.read_all("words")
    for out_of_range in (
        lambda: client.read("MyIngress.words", 1000),
        lambda: client.write("MyIngress.words", 1000, 1),
    ):
        with pytest.raises(RegisterIndexError):
            out_of_range()
    with pytest.raises(RegisterIndexError):
        client.write_range("MyIngress.words", 999, 1001, 1)
    assert client.read("MyIngress.words", 999) == 0


def test_a_64th_bit_can_be_written_and_not_read(client: SwitchClient) -> None:
    standard = client.connection.standard
    for value in (-1, -2, -(1 << 63)):
        client.connection.call(standard.bm_register_write, 0, "MyIngress.wide", 1, value)
        assert client.read("MyIngress.wide", 1) == (1 << 63) - 1


def test_the_switch_tells_its_clock_and_ports(client: SwitchClient, config: Path) -> None:
    first = client.now_us()
    assert first < client.now_us() < first + 60_000_000
    assert set(client.ports()) == {1, 2}
    assert len(client.config_md5()) == 16


def test_a_custom_crc_is_what_it_is_told_to_be(
    client: SwitchClient, running: SwitchProcess, files: PacketFiles, config: Path
) -> None:
    set_default_action(client, "MyIngress.exactly", action="MyIngress.to", arguments=[b"\0\2"])
    (calculation,) = json.loads(config.read_text())["calculations"]
    client.set_crc32_parameters(  # the CRC of Ethernet as a custom one
        calculation["name"],
        polynomial=0x04C11DB7,
        initial=0xFFFFFFFF,
        final_xor=0xFFFFFFFF,
        reflect_data=True,
        reflect_remainder=True,
    )
    with pytest.raises(SwitchRefusedError, match="calculation `other`"):
        client.set_crc32_parameters(
            "other", polynomial=1, initial=0, final_xor=0, reflect_data=False, reflect_remainder=False
        )
    files.feed([bytes([kind]) + bytes(30) for kind in (1, 77, 100)], running, limit_s=30)
    hashed = [int.from_bytes(packet[1:5], "big") for packet in files.sent(2)]
    assert hashed == [zlib.crc32(bytes([kind])) for kind in (1, 77, 100)]


def test_tables_and_groups(client: SwitchClient, running: SwitchProcess, files: PacketFiles) -> None:
    def to(port: int) -> dict[str, object]:
        return {"action": "MyIngress.to", "arguments": [port.to_bytes(2, "big")]}

    def to_group(group: int) -> dict[str, object]:
        return {"action": "MyIngress.to_group", "arguments": [group.to_bytes(2, "big")]}

    add_entry(client, "MyIngress.exactly", [(Exact(5), 8)], **to(2))  # type: ignore[arg-type]
    with pytest.raises(SwitchRefusedError, match="DUPLICATE_ENTRY"):
        add_entry(client, "MyIngress.exactly", [(Exact(5), 8)], **to(1))  # type: ignore[arg-type]
    add_entry(client, "MyIngress.exactly", [(Exact(6), 8)], **to(1))  # type: ignore[arg-type]
    with pytest.raises(SwitchRefusedError, match="TABLE_FULL") as caught:
        add_entry(client, "MyIngress.exactly", [(Exact(7), 8)], **to(1))  # type: ignore[arg-type]
    assert caught.value.code == "TABLE_FULL"
    assert number_of_entries(client, "MyIngress.exactly") == 2
    anything = (Range(0, 511), 9)
    add_entry(client, "MyIngress.ranked", [(Ternary(0, 0), 8), anything], rank=2, **to_group(1))  # type: ignore[arg-type]
    add_entry(client, "MyIngress.ranked", [(Ternary(129, 255), 8), anything], rank=1, **to_group(0xFFFF))  # type: ignore[arg-type]
    add_entry(client, "MyIngress.longest", [(Prefix(0xF0, 4), 8)], **to(2))  # type: ignore[arg-type]
    add_group(client, 1, [(2, 9)])
    add_group(client, 0xFFFF, [(2, 30), (1, 20), (2, 10)])
    files.feed([bytes([kind]) + bytes(30) for kind in (5, 6, 9, 128, 129)], running, limit_s=30)
    by_port = [[(packet[0], packet[4] if packet[0] > 100 else None) for packet in files.sent(port)] for port in (1, 2)]
    assert by_port == [[(6, None), (129, 20)], [(5, None), (128, 9), (129, 30), (129, 10)]]


def test_a_burst_loses_nothing(client: SwitchClient, running: SwitchProcess, files: PacketFiles) -> None:
    add_group(client, 1, [(2, instance) for instance in range(1, 21)])
    set_default_action(client, "MyIngress.ranked", action="MyIngress.to_group", arguments=[b"\0\1"])
    burst = [bytes([150]) + bytes(4) + number.to_bytes(4, "big") + bytes(90) for number in range(1_000)]
    assert files.feed(burst, running, limit_s=60) == 1_000
    assert client.read("MyIngress.seen", 0) == 1_000
    left = [(int.from_bytes(packet[5:9], "big"), packet[4]) for packet in files.sent(2)]
    assert left == [(number, instance) for number in range(1_000) for instance in range(1, 21)]


def test_a_queue_that_is_full_loses_packets_without_a_word(
    client: SwitchClient, running: SwitchProcess, files: PacketFiles
) -> None:
    set_default_action(client, "MyIngress.exactly", action="MyIngress.to", arguments=[b"\0\2"])
    client.set_queue_depth(0)
    files.feed([bytes(40)] * 10, running, limit_s=30)
    assert client.read("MyIngress.seen", 0) == 10
    assert files.sent(2) == []


def test_a_switch_that_is_killed_is_lost(client: SwitchClient, running: SwitchProcess) -> None:
    running._child.kill()
    running._child.wait()
    with pytest.raises(SwitchLostError):
        client.read("MyIngress.seen", 0)
    with pytest.raises(SwitchProcessError, match="SIGKILL"):
        running.check_runs()


def test_a_program_that_is_none_does_not_start(tmp_path: Path) -> None:
    (tmp_path / "none.json").write_text("{}")
    with pytest.raises(SwitchProcessError, match="does not start"):
        start_switch(SwitchOptions(config=tmp_path / "none.json"))


@pytest.fixture
def veth() -> Iterator[tuple[str, str]]:
    """Two ends of a wire on this machine, which nothing else talks over."""
    ends = f"weft{secrets.token_hex(4)}a", f"weft{secrets.token_hex(4)}b"
    made = subprocess.run(["ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1]], check=False)
    if made.returncode:
        pytest.skip("network interfaces can be made by root alone")
    try:
        for end in ends:
            Path(f"/proc/sys/net/ipv6/conf/{end}/disable_ipv6").write_text("1")
            subprocess.run(["ip", "link", "set", end, "up"], check=True)
        yield ends
    finally:
        subprocess.run(["ip", "link", "del", ends[0]], check=True)


@pytest.mark.skipif(shutil.which("ip") is None, reason="no `ip` on this system")
def test_live_interfaces(config: Path, veth: tuple[str, str]) -> None:
    near, far = veth
    with (
        start_switch(SwitchOptions(config=config, interfaces={2: near})) as running,
        running.client() as client,
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as wire,
    ):
        wire.bind((far, 0))
        wire.settimeout(20)
        set_default_action(client, "MyIngress.exactly", action="MyIngress.to", arguments=[b"\0\2"])
        sent = bytes([9]) + bytes(4) + b"over a wire".ljust(60, b".")
        wire.send(sent)
        received = wire.recv(2000)
        assert (received[0], received[5:]) == (9, sent[5:])
        assert client.read("MyIngress.seen", 0) == 1


@pytest.mark.skipif(find_tool(SIMPLE_SWITCH_GRPC) is None, reason="simple_switch_grpc is not on this machine")
def test_the_switch_with_p4runtime_answers_over_thrift_too(config: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    for program in (None, config):
        options = SwitchOptions(config=program, grpc=address, cpu_port=510, device_id=4)
        with start_switch(options) as running, running.client() as client:
            assert client.info().device_id == 4
            assert client.now_us() > 0
            host, _, port = address.partition(":")
            socket.create_connection((host, int(port)), timeout=10).close()
            if program is not None:
                client.write("MyIngress.words", 3, 5)
                assert client.read("MyIngress.words", 3) == 5
