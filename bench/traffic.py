"""Measure packets per second that the traffic generator makes on one core, for each named mix.

    python -m bench.traffic [--packets N] [--json PATH]

The packets are dropped, so a figure is the cost of drawing flows and building frames alone. Every figure is the
best of three runs.
"""

import argparse
import json
import platform
import time
from collections import deque
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sim.traffic import MIXES, Mix

RUNS = 3


def packets_per_second(mix: Mix, packets: int) -> float:
    """Return the best rate of `RUNS` runs."""
    best_s = float("inf")
    for _ in range(RUNS):
        started = time.perf_counter()
        deque(mix.packets(packets), maxlen=0)
        best_s = min(best_s, time.perf_counter() - started)
    return packets / best_s


def render(rates: dict[str, float], *, packets: int) -> None:
    table = Table(title=f"traffic: {packets:,} packets")
    table.add_column("mix")
    table.add_column("what")
    table.add_column("packets/s", justify="right")
    for name, rate in rates.items():
        table.add_row(name, MIXES[name].summary, f"{rate:,.0f}")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packets", type=int, default=100_000, help="packets a run (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    rates = {name: packets_per_second(mix, arguments.packets) for name, mix in MIXES.items()}
    render(rates, packets=arguments.packets)
    if arguments.json:
        figures = {
            "bench": "traffic",
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "packets": arguments.packets,
            "packets_per_s": {name: round(rate) for name, rate in rates.items()},
        }
        arguments.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
