"""Measure `weft run` on the bundled NAT as a user starts it: packets per second and memory.

    python -m bench.run [--packets N] [--gigabytes G] [--engine ENGINE ...] [--json PATH]

The capture is made by the example's own generator. For memory, the same packets are repeated until the capture of
the lan port has G gigabytes, so that a run's memory can be compared with its input's size. Time includes starting
Python, checking the program, reading and writing the captures; not compiling its C, which is done once before.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
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
ENGINES = ("native", "interpreter")
NAT = bundled_examples() / "nat"


def repeated(capture: Path, target: Path, *, size_bytes: int) -> int:
    """Write `capture` over and over until `target` has `size_bytes`; the number of copies."""
    packets = capture.read_bytes()[PCAP_HEADER_BYTES:]
    copies = max(1, -(-size_bytes // len(packets)))
    with target.open("wb") as file:
        file.write(capture.read_bytes()[:PCAP_HEADER_BYTES])
        for _ in range(copies):
            file.write(packets)
    return copies


def generated(folder: Path, *, packets: int) -> Path:
    """The capture of the lan port that the example's generator writes."""
    command = [sys.executable, str(NAT / "traffic.py"), "--packets", str(packets), "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return folder / "lan.pcap"


def measure(lan: Path, folder: Path, *, engine: str) -> dict[str, float | str]:
    """Run the NAT on the capture of the lan port; seconds, packets, peak memory in MB. Empties `folder`."""
    arguments = ["run", str(NAT / "nat.weft"), "--in", f"lan={lan}", "--out-dir", str(folder), "--engine", engine]
    starting = [sys.executable, "-c", "from weft.cli import main; main()"]
    before = time.perf_counter()
    with subprocess.Popen([*starting, *arguments, "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as run:
        assert run.stdout is not None
        told = run.stdout.read()
        _, status, usage = os.wait4(run.pid, 0)  # the memory of this child alone
        seconds = time.perf_counter() - before
        run.returncode = os.waitstatus_to_exitcode(status)
    if run.returncode:
        raise SystemExit(f"weft run on the {engine} engine ended with exit code {run.returncode}")
    packets = json.loads(told)["packets"]
    shutil.rmtree(folder)
    return {
        "engine": engine,
        "packets": packets,
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "packets_per_s": packets / seconds,
        "capture_mb": lan.stat().st_size / 1e6,
        "peak_memory_mb": usage.ru_maxrss / 1e3,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=20_000)
    parser.add_argument("--gigabytes", type=float, default=0.1)
    parser.add_argument("--engine", action="append", choices=ENGINES, help="may be given twice; both if not given")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = generated(folder / "made", packets=options.packets)
        for engine in options.engine or ENGINES:
            measure(made, folder / "out", engine=engine)  # so that what is compiled once is compiled
        for size in (options.gigabytes / 10, options.gigabytes):
            lan = folder / "lan.pcap"
            repeated(made, lan, size_bytes=int(size * 1e9))
            rows += [measure(lan, folder / "out", engine=engine) for engine in options.engine or ENGINES]
    columns = ("capture_mb", "packets", "seconds", "cpu_seconds", "packets_per_s", "peak_memory_mb")
    titles = ("capture MB", "packets", "seconds", "of CPU", "packets/s", "peak memory MB")
    table = Table("engine", *titles, title="weft run, NAT")
    for row in rows:
        cells = (row[column] for column in columns)
        table.add_row(row["engine"], *(f"{cell:,.1f}" if cell < 1000 else f"{cell:,.0f}" for cell in cells))
    Console(width=110).print(table)
    if options.json is not None:
        options.json.write_text(json.dumps({"machine": platform.platform(), "runs": rows}, indent=2))


if __name__ == "__main__":
    main()
