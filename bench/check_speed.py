"""Measure how long checking a program of 2,000 lines takes, as `weft check` does it: in a fresh process.

    python -m bench.check_speed [--lines N] [--runs N] [--json PATH]

The program is generated, the same each time: handlers, functions, states, tables and loops as real programs have
them. Every figure is the best of the runs, start of the interpreter included. The budget is 1.5 s for parsing and
checking, and for `weft check`, which also lowers the program.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

BUDGET_S = 1.5
PARSE = "from compiler.frontend.parse import parse; parse(source, reporter)"
CHECK = (
    "from compiler.frontend.parse import parse; from compiler.frontend.check.program import check_program; "
    "check_program(parse(source, reporter), reporter); reporter.raise_errors()"
)
WEFT = "import sys; from weft.cli import main; sys.exit(main())"
LOAD = "from compiler.load import load_source; load_source(source)"
HEAD = """\
use std::net;

shares 64;
port lan[4], wan[4];
const LIMIT = 100;
tunable threshold: u32 = 1000;
table routes: lpm<ip4 -> port> { size: 65536 }
"""
UNIT = """
// --- service NN ---------------------------------------------------------------------------------
struct EndNN { address: ip4, port: u16, weight: u8 }
enum LevelNN { Low, Middle, High }

state flows_NN: map<net::Flow, EndNN> { capacity: 4096, idle: 60s }
state hits_NN: u32[1024];
state last_NN: time[256];

fn level_NN(count: u32) -> LevelNN {
    if count > threshold {
        LevelNN::High
    } else if count > LIMIT {
        LevelNN::Middle
    } else {
        LevelNN::Low
    }
}

fn bucket_NN(p: ipv4 & l4) -> u32 {
    hash::family(1, p.flow()) % 1024
}

fn note_NN(index: u8) -> bool {
    let before = last_NN[index];
    last_NN[index] = now;
    now - before > 10ms
}

on lan (p: ipv4 & tcp) where p.tcp.dport == PORTNN {
    let count = hits_NN.add(p.bucket_NN(), 1);
    match level_NN(count) {
        Low => {}
        Middle => {
            if note_NN(p.ipv4.ttl) && p.tcp.flags.syn { drop }
        }
        High => drop,
    }
    let end = flows_NN.get(p.flow()) else {
        EndNN { address: p.ipv4.dst, port: p.tcp.dport, weight: 1 }
    };
    let entry = flows_NN.find(p.flow());
    entry.set(EndNN { address: end.address, port: end.port, weight: end.weight.sat_add(1) }) else {};
    p.ipv4.dst = end.address;
    p.tcp.dport = end.port;
    p.ipv4.ttl = p.ipv4.ttl.sat_sub(1);
    if p.ipv4.ttl == 0 { drop }
    let out = routes.get(p.ipv4.dst) else drop;
    send out;
}

on wan (p: ipv4 & udp) where p.udp.sport == PORTNN {
    let mut sum = 0u32;
    for row in 0..4 {
        sum += hash::family(row, p.ipv4.src) % 16;
    }
    if sum > 32 && p.ipv4.src in 10.0.0.0/8 || p.length < 60 { drop }
    hits_NN[sum % 1024] += p.length;
    send lan[1];
}
"""


def program_of(lines: int) -> str:
    """A program of at least `lines` lines."""
    text = HEAD
    number = 0
    while text.count("\n") < lines:
        text += UNIT.replace("PORTNN", str(2_000 + number)).replace("NN", str(number))
        number += 1
    return text + "\non lan | wan (_) { drop }\n"


def best_of(runs: int, arguments: list[str]) -> tuple[float, float]:
    """Seconds that the process takes, at best: by the clock, and of the processor (others may be at work)."""
    clock, processor = [], []
    for _ in range(runs):
        begun, before = time.perf_counter(), os.times()
        subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL, env={**os.environ, "COLUMNS": "100"})
        clock.append(time.perf_counter() - begun)
        used = os.times()
        processor.append(used.children_user + used.children_system - before.children_user - before.children_system)
    return min(clock), min(processor)


def python(path: Path, code: str) -> list[str]:
    read = (
        "import pathlib; from compiler.source import Source; from compiler.diagnostics import Reporter; "
        f"source = Source('bench.weft', pathlib.Path({str(path)!r}).read_text()); reporter = Reporter(); "
    )
    return [sys.executable, "-c", read + code]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=2_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    text = program_of(options.lines)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.weft"
        path.write_text(text, encoding="utf-8")
        commands = {
            "python, nothing else": [sys.executable, "-c", "pass"],
            "parse": python(path, PARSE),
            "parse and check": python(path, CHECK),
            "parse, check and lower": python(path, LOAD),
            "weft check": [sys.executable, "-c", WEFT, "check", str(path)],
            "weft --help": [sys.executable, "-c", WEFT, "--help"],
        }
        seconds = {name: best_of(options.runs, command) for name, command in commands.items()}
    table = Table(
        "step", "seconds", "of processor", title=f"A program of {text.count(chr(10)):,} lines, in a fresh process"
    )
    for name, (clock, processor) in seconds.items():
        table.add_row(name, f"{clock:.2f}", f"{processor:.2f}")
    Console().print(table)
    met = all(seconds[step][0] < BUDGET_S for step in ("parse and check", "weft check"))
    print(f"budget of {BUDGET_S} s: {'met' if met else 'missed'}")
    if options.json is not None:
        result = {"lines": text.count("\n"), "seconds": seconds, "machine": platform.processor(), "runs": options.runs}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
