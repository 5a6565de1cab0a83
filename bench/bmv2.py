"""Compare bmv2 with `weft run`: the same program and the same packets on both, one after the other.

    python -m bench.bmv2 [PROGRAM ...] [--packets N] [--json PATH]

For each program, all examples where none is named: lines of Weft and lines of the P4 that it becomes (without
comments and empty lines, library included), seconds in p4c, and packets per second: of `weft run` as a user starts it
(with start-up, reading and writing captures, on the native engine, compiled before), of the interpreter fed from
memory, and of `simple_switch`, from the first packet given to it until it has done everything with the last.
Needs `p4c-bm2-ss` and `simple_switch` on PATH or in WEFT_P4_BIN. Both machines' times are of this machine and this
run: only their ratio says something elsewhere.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from backends.p4.compile import LIBRARY
from backends.p4.tools import P4C, find_tool
from compiler.ir.program import Program
from compiler.load import load_program
from runtime.bmv2.packet_files import PacketFiles
from runtime.bmv2.process import SIMPLE_SWITCH, SwitchOptions, start_switch
from runtime.p4runtime.desired import desired_state
from sim.captures import open_capture
from sim.control import load_entries
from sim.interpreter import Machine
from sim.state import NO_ENTRIES, ControlEntries, build_states
from tests.bmv2 import TIME_LIMIT_S, Bmv2Engine, prepare, with_test_headers
from tests.engines import Arrival
from weft.bundled import bundled_examples


def lines_of_code(texts: Iterable[str]) -> int:
    """Lines that hold something beside comments (both languages begin them with `//`)."""
    lines = [line.strip() for text in texts for line in text.splitlines()]
    return sum(bool(line) and not line.startswith("//") for line in lines)


def packets_of(captures: dict[str, Path]) -> list[Arrival]:
    found = [
        Arrival(port, bytes(packet.data), packet.time_ns, packet.wire_length)
        for port, path in captures.items()
        for packet in open_capture(path)
    ]
    return sorted(found, key=lambda arrival: arrival.now_ns)


def make_captures(example: Path, folder: Path, packets: int) -> dict[str, Path]:
    command = [sys.executable, str(example / "traffic.py"), "--packets", str(packets), "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    # A file name has no brackets: any-3.pcap holds the packets of port any[3].
    return {re.sub(r"-(\d+)$", r"[\1]", path.stem): path for path in sorted(folder.glob("*.pcap"))}


def time_weft_run(program: Path, tables: Path | None, captures: dict[str, Path], out: Path) -> float:
    command = [sys.executable, "-c", "from weft.cli import main; main()", "run", str(program), "--out-dir", str(out)]
    command += ["--engine", "native"]
    for port, path in captures.items():
        command += ["--in", f"{port}={path}"]
    if tables is not None:
        command += ["--entries", str(tables)]
    nowhere = subprocess.DEVNULL
    subprocess.run(command, check=True, stdout=nowhere, stderr=nowhere)  # the first run compiles
    before = time.perf_counter()
    subprocess.run(command, check=True, stdout=nowhere, stderr=nowhere)
    return time.perf_counter() - before


def time_interpreter(program: Program, entries: ControlEntries, packets: Sequence[Arrival]) -> float:
    machine = Machine(
        program, states=build_states(program, entries), tunables=entries.tunables, groups=entries.multicast
    )
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    before = time.perf_counter()
    for packet in packets:
        machine.process(packet.data, port=numbers[packet.port], now=packet.now_ns, wire_length=packet.wire_length)
    return time.perf_counter() - before


def time_bmv2(engine: Bmv2Engine, program: Program, entries: ControlEntries, packets: Sequence[Arrival]) -> float:
    built = engine.build(program)
    ports = [*(port.device_port for port in built.manifest.ports), built.manifest.cpu_port]
    with (
        tempfile.TemporaryDirectory() as folder,
        PacketFiles(Path(folder), ports, input_port=ports[0]) as files,
        start_switch(SwitchOptions(config=built.config, interfaces=files.interfaces, files=True)) as running,
        running.client(timeout_s=30) as client,
    ):
        prepare(client, built.manifest, desired_state(built.manifest, program, entries))
        given = with_test_headers(program, packets)
        before = time.perf_counter()
        files.feed(given, running, limit_s=TIME_LIMIT_S)
        return time.perf_counter() - before


def all_examples() -> list[str]:
    return sorted(path.parent.name for path in bundled_examples().glob("*/*.weft"))


def measure(name: str, engine: Bmv2Engine, packets: int) -> dict[str, float | str]:
    example = bundled_examples() / name
    source, tables = example / f"{name}.weft", example / "tables.toml"
    with tempfile.TemporaryDirectory() as folder:
        captures = make_captures(example, Path(folder) / "made", packets)
        arrivals = packets_of(captures)
        program = load_program(source).program
        entries = load_entries(tables, program) if tables.is_file() else NO_ENTRIES
        run = time_weft_run(source, tables if tables.is_file() else None, captures, Path(folder) / "out")
    before = time.perf_counter()
    built = engine.build(program)
    compiling = time.perf_counter() - before
    p4 = [path.read_text() for path in (built.folder / built.manifest.p4, *(built.folder / f for f in LIBRARY))]
    interpreter = time_interpreter(program, entries, arrivals)
    bmv2 = time_bmv2(engine, program, entries, arrivals)
    return {
        "program": name,
        "packets": len(arrivals),
        "lines_of_weft": lines_of_code([source.read_text()]),
        "lines_of_p4": lines_of_code(p4),
        "p4c_s": compiling,
        "weft_run_pps": len(arrivals) / run,
        "interpreter_pps": len(arrivals) / interpreter,
        "bmv2_pps": len(arrivals) / bmv2,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*")
    parser.add_argument("--packets", type=int, default=20_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    missing = [tool for tool in (P4C, SIMPLE_SWITCH) if find_tool(tool) is None]
    if missing:
        sys.exit(f"{' and '.join(missing)}: neither on PATH nor in WEFT_P4_BIN")
    engine = Bmv2Engine()
    rows = [measure(name, engine, options.packets) for name in options.programs or all_examples()]
    table = Table("program", title=f"bmv2 and weft run, {platform.machine()}, Python {platform.python_version()}")
    columns = [key for key in rows[0] if key != "program"]
    for key in columns:
        table.add_column(key.replace("_", " "), justify="right")
    for row in rows:
        cells = [row[key] for key in columns]
        table.add_row(
            str(row["program"]),
            *(f"{cell:,.1f}" if key == "p4c_s" else f"{cell:,.0f}" for key, cell in zip(columns, cells, strict=True)),
        )
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
