"""Measure packets per second on one core: the native engine beside a NAT written by hand, the interpreter and bmv2.

    python -m bench.native [--rounds N] [--nat-only | --programs-only] [--slow] [--json PATH]

First a source NAT, with in-memory packets of 64 bytes and all sessions open: the C that Weft writes, and
`nat_by_hand.c`. Both are fed by the same loop in C, in turns, and their packets are compared before. With 10,000
flows the program is the NAT of the examples. It has 64,512 ports, so that with 1,000,000 flows both get 24 public
addresses. What the loop itself costs, above all a copy of each packet, is measured alone and taken off. With `--slow`
the interpreter, and bmv2 where it is found, translate the same packets.

Then the examples, each with traffic of its own generator: the interpreter and the native engine.

Figures are medians of rounds. A machine with other work tells little but the ratios.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.bmv2 import make_captures, packets_of
from bench.nat_by_flows import NATS, NatFigures, measure_nat
from bench.native_loops import Loops, record_packets
from compiler.load import load_program
from sim.captures import Packet
from sim.control import load_entries
from sim.interpreter import Machine
from sim.native import find_compiler
from sim.state import NO_ENTRIES, build_states
from weft.bundled import bundled_examples

PACKETS_TIMED = 2_000_000  # a round, in the native engine


def measure_program(name: str, *, packets: int, rounds: int) -> dict[str, float | str]:
    """Packets per second of the interpreter and of the native engine on an example's own traffic."""
    example = bundled_examples() / name
    tables = example / "tables.toml"
    program = load_program(example / f"{name}.weft").program
    entries = load_entries(tables, program) if tables.is_file() else NO_ENTRIES
    with tempfile.TemporaryDirectory() as folder:
        arrivals = packets_of(make_captures(example, Path(folder), packets))
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    given = [Packet(a.now_ns, a.data, a.wire_length or len(a.data), numbers[a.port]) for a in arrivals]
    loops, recording = Loops(program, entries=entries), record_packets(given)
    machine = Machine(
        program, states=build_states(program, entries), tunables=entries.tunables, groups=entries.multicast
    )
    before = time.perf_counter()
    sent = 0
    for time_ns, data, wire_length, port in given:
        sent += len(machine.process(data, port=port, now=time_ns, wire_length=wire_length)[0])
    interpreter_s = time.perf_counter() - before
    natively_sent, _ = loops.feed("native", recording)
    if sent != natively_sent:
        raise SystemExit(f"{name}: the interpreter sends {sent} packets, the native engine {natively_sent}")
    passes = max(1, PACKETS_TIMED // len(given))
    seconds = {
        engine: statistics.median(loops.feed(engine, recording, passes=passes)[1] for _ in range(rounds))
        for engine in ("native", "nothing")
    }
    return {
        "program": name,
        "packets": len(given),
        "mean_bytes": statistics.mean(len(packet.data) for packet in given),
        "interpreter_pps": len(given) / interpreter_s,
        "native_pps": len(given) * passes / (seconds["native"] - seconds["nothing"]),
    }


def render_nat(figures: Sequence[NatFigures], *, machine: str) -> None:
    table = Table(title=f"NAT, packets of 64 bytes, all sessions open. {machine}")
    for heading in ("flows", "packets", "engine", "million packets/s", "ns/packet", "of by hand", "load", "failed"):
        table.add_column(heading, justify="left" if heading in ("packets", "engine") else "right")
    for row in figures:
        table.add_row(
            f"{row.flows:,}",
            row.direction,
            row.engine,
            f"{1e3 / row.ns:.3g}",
            f"{row.ns:,.1f}",
            f"{row.of_by_hand:.0%}" if row.of_by_hand >= 0.01 else f"{row.of_by_hand:.2%}",
            f"{row.load:.0%}",
            f"{row.failed:,}",
        )
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    loop = ", ".join(
        sorted({f"{row.loop_ns:.1f} ns a packet with {row.flows:,} flows" for row in figures if row.loop_ns})
    )
    console.print(
        f"Taken off for the loop around both: {loop}. Load: of the slots for flows. Failed: flows without a session."
    )


def render_programs(rows: Sequence[dict[str, float | str]], *, machine: str) -> None:
    table = Table(title=f"Examples, traffic of their own. {machine}")
    for heading in ("program", "packets", "mean bytes", "interpreter packets/s", "native packets/s", "times"):
        table.add_column(heading, justify="left" if heading == "program" else "right")
    for row in rows:
        interpreter, native = float(row["interpreter_pps"]), float(row["native_pps"])
        table.add_row(
            str(row["program"]),
            f"{row['packets']:,}",
            f"{row['mean_bytes']:.0f}",
            f"{interpreter:,.0f}",
            f"{native:,.0f}",
            f"{native / interpreter:,.0f}",
        )
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def examples_with_traffic() -> list[str]:
    return sorted(path.parent.name for path in bundled_examples().glob("*/traffic.py"))


def compiler_version(compiler: str) -> str:
    told = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False).stdout
    return told.splitlines()[0] if told else compiler


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="of which figures are medians (default: %(default)s)")
    parser.add_argument("--packets", type=int, default=20_000, help="of each example (default: %(default)s)")
    parser.add_argument("--slow", action="store_true", help="the NAT in the interpreter and in bmv2 as well")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--nat-only", action="store_true")
    which.add_argument("--programs-only", action="store_true")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    compiler = find_compiler()
    if compiler is None:
        sys.exit("no C compiler was found")
    machine = f"{platform.machine()}, {compiler_version(compiler)}, Python {platform.python_version()}"
    figures: list[NatFigures] = []
    rows: list[dict[str, float | str]] = []
    if not options.programs_only:
        for nat in NATS:
            figures += measure_nat(nat, rounds=options.rounds, slow=options.slow)
        render_nat(figures, machine=machine)
    if not options.nat_only:
        rows = [
            measure_program(name, packets=options.packets, rounds=options.rounds) for name in examples_with_traffic()
        ]
        render_programs(rows, machine=machine)
    if options.json:
        found = {
            "bench": "native",
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": machine,
            "nat": [row.as_dict() for row in figures],
            "programs": rows,
        }
        options.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
