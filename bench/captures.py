"""Measure packets per second of reading, merging and writing captures, beside scapy's raw readers.

    python -m bench.captures [--packets N] [--bytes N] [--json PATH]

The input is generated: packets of one size, one a microsecond. The default is a few seconds' work; `--packets 10000000`
makes captures of a size that no cache holds. Every figure is the best of three runs.
"""

import argparse
import gzip
import json
import platform
import struct
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scapy.utils import RawPcapNgReader, RawPcapReader

from sim.captures import Packet, PcapWriter, PortCaptures, merge, open_capture

RUNS = 3


def write_pcap(path: Path, *, packets: int, packet_bytes: int) -> None:
    content = bytes(packet_bytes)
    with PcapWriter(path) as writer:
        for number in range(packets):
            writer.write(Packet(number * 1000, content, packet_bytes, 0))


def write_pcapng(path: Path, *, packets: int, packet_bytes: int) -> None:
    padded_bytes = packet_bytes + -packet_bytes % 4
    head, content = struct.Struct("<7I"), bytes(padded_bytes) + struct.pack("<I", 32 + padded_bytes)
    with path.open("wb") as file:
        file.write(struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28))
        file.write(struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20))
        for number in range(packets):
            file.write(
                head.pack(6, 32 + padded_bytes, 0, number >> 32, number & 0xFFFFFFFF, packet_bytes, packet_bytes)
            )
            file.write(content)


def write_ports(folder: Path, *, packets: int, packet_bytes: int) -> None:
    content = bytes(packet_bytes)
    with PortCaptures({port: folder / f"out-{port}.pcap" for port in range(2)}) as captures:
        for number in range(packets):
            captures.write(Packet(number * 1000, content, packet_bytes, number & 1))


def count(packets: Iterable[object]) -> int:
    return sum(1 for _ in packets)


def read(path: Path) -> int:
    with open_capture(path) as capture:
        return count(capture)


def read_merged(first: Path, second: Path) -> int:
    with open_capture(first, port=0) as one, open_capture(second, port=1) as two:
        return count(merge([one, two]))


def read_by_scapy(reader: type[RawPcapReader], path: Path) -> int:
    with reader(str(path)) as capture:
        return count(capture)


def packets_per_s(work: Callable[[], object], *, packets: int) -> float:
    best_s = float("inf")
    for _ in range(RUNS):
        start = time.perf_counter()
        counted = work()
        best_s = min(best_s, time.perf_counter() - start)
        if counted not in (None, packets):
            raise SystemExit(f"read {counted} packets of {packets}")
    return packets / best_s


def measure(folder: Path, *, packets: int, packet_bytes: int) -> dict[str, float]:
    """Return packets per second of each kind of work."""
    size = {"packets": packets, "packet_bytes": packet_bytes}
    pcap, pcapng, packed = folder / "in.pcap", folder / "in.pcapng", folder / "in.pcap.gz"
    rates = {
        "write pcap": packets_per_s(lambda: write_pcap(pcap, **size), packets=packets),
        "write pcap, 2 ports": packets_per_s(lambda: write_ports(folder, **size), packets=packets),
    }
    write_pcapng(pcapng, **size)
    packed.write_bytes(gzip.compress(pcap.read_bytes(), compresslevel=1))
    rates |= {
        "read pcap": packets_per_s(lambda: read(pcap), packets=packets),
        "read pcapng": packets_per_s(lambda: read(pcapng), packets=packets),
        "read pcap.gz": packets_per_s(lambda: read(packed), packets=packets),
        "read 2 pcaps, merged": packets_per_s(lambda: read_merged(pcap, pcap), packets=2 * packets),
        "scapy RawPcapReader": packets_per_s(lambda: read_by_scapy(RawPcapReader, pcap), packets=packets),
        "scapy RawPcapNgReader": packets_per_s(lambda: read_by_scapy(RawPcapNgReader, pcapng), packets=packets),
    }
    return rates


def ratios_to_scapy(rates: dict[str, float]) -> dict[str, float]:
    return {
        "read pcap": rates["read pcap"] / rates["scapy RawPcapReader"],
        "read pcapng": rates["read pcapng"] / rates["scapy RawPcapNgReader"],
    }


def render(rates: dict[str, float], ratios: dict[str, float], *, title: str) -> None:
    table = Table(title=title)
    for heading in ("work", "packets/s", "µs/packet", "× scapy"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for work, rate in rates.items():
        ratio = f"{ratios[work]:.1f}" if work in ratios else ""
        table.add_row(work, f"{rate:,.0f}", f"{1e6 / rate:.2f}", ratio)
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=300_000, help="packets a capture (default: %(default)s)")
    parser.add_argument("--bytes", type=int, default=64, help="bytes a packet (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rates = measure(Path(folder), packets=arguments.packets, packet_bytes=arguments.bytes)
    ratios = ratios_to_scapy(rates)
    render(rates, ratios, title=f"captures: {arguments.packets:,} packets of {arguments.bytes} bytes")
    if arguments.json:
        figures = {
            "bench": "captures",
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "packets": arguments.packets,
            "packet_bytes": arguments.bytes,
            "packets_per_s": {work: round(rate) for work, rate in rates.items()},
            "times_scapy": {work: round(ratio, 2) for work, ratio in ratios.items()},
        }
        arguments.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
