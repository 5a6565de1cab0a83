"""Measure `weft run` on the bundled NAT as a user starts it: packets per second and memory.

    python -m bench.run [--packets N] [--gigabytes G] [--json PATH]

The capture is made by the example's own generator. For memory, the same packets are repeated until the capture of
the lan port has G gigabytes, so that a run's memory can be compared with its input's size. Time includes starting
Python, checking the program, reading and writing the captures.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from weft.bundled import bundled_examples

PCAP_HEADER_BYTES = 24


def repeated(capture: Path, target: Path, *, size_bytes: int) -> int:
    """Write `capture` over and over until `target` has `size_bytes`; the number of copies."""
    packets = capture.read_bytes()[PCAP_HEADER_BYTES:]
    copies = max(1, -(-size_bytes // len(packets)))
    with target.open("wb") as file:
        file.write(capture.read_bytes()[:PCAP_HEADER_BYTES])
        for _ in range(copies):
            file.write(packets)
    return copies


def measure(folder: Path, *, packets: int, lan_bytes: int) -> dict[str, float]:
    """Run the NAT on a capture of about `lan_bytes` from the lan port; seconds, packets, peak memory in MB."""
    nat = bundled_examples() / "nat"
    made = folder / "made"
    command = [sys.executable, str(nat / "traffic.py"), "--packets", str(packets), "--out", str(made)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    lan = folder / "lan.pcap"
    repeated(made / "lan.pcap", lan, size_bytes=lan_bytes)
    arguments = ["run", str(nat / "nat.weft"), "--in", f"lan={lan}", "--out-dir", str(folder / "out"), "--json"]
    starting = [sys.executable, "-c", "from weft.cli import main; main()"]
    before = time.perf_counter()
    result = subprocess.run([*starting, *arguments], check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - before
    summary = json.loads(result.stdout)
    shutil.rmtree(folder / "out")
    return {
        "packets": summary["packets"],
        "seconds": seconds,
        "packets_per_s": summary["packets"] / seconds,
        "capture_mb": lan.stat().st_size / 1e6,
        # of all children so far: cases are run from the smallest capture to the largest
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=20_000)
    parser.add_argument("--gigabytes", type=float, default=0.1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    for size in (options.gigabytes / 10, options.gigabytes):
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(Path(folder), packets=options.packets, lan_bytes=int(size * 1e9)))
    table = Table("capture MB", "packets", "seconds", "packets/s", "peak memory MB", title="weft run, NAT")
    for row in rows:
        cells = (row["capture_mb"], row["packets"], row["seconds"], row["packets_per_s"], row["peak_memory_mb"])
        table.add_row(*(f"{cell:,.1f}" if cell < 1000 else f"{cell:,.0f}" for cell in cells))
    Console().print(table)
    if options.json is not None:
        options.json.write_text(json.dumps({"machine": platform.platform(), "runs": rows}, indent=2))


if __name__ == "__main__":
    main()
