"""Measure packets per second of the reference interpreter on a network address translator.

    python -m bench.interpreter [--flows N] [--packets N] [--bytes N] [--json PATH]

Every flow opens a session; then packets of all flows go out and answers come back, in an order that no cache of
flows could foresee. Parsing, state, rewriting and emission count; making the packets does not. Every figure is the
best of three runs. The budget is 25 µs a packet: 40,000 packets a second.
"""

import argparse
import json
import platform
import random
import struct
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from sim.captures import Packet
from sim.interpreter import AccessLog, Machine, Observer, Run, Trace
from sim.interpreter.checksums import full_checksum, pseudo_words
from sim.state import build_states
from tests.sim.interpreter.nat import LAN, PUBLIC, WAN, nat_program

RUNS = 3
SERVER = 0xC0000209
TCP = 6


def segment(source: tuple[int, int], destination: tuple[int, int], *, size: int) -> bytes:
    """A TCP segment in an Ethernet frame of `size` bytes, with right checksums; ends are (address, port)."""
    addresses = pseudo_words(source[0], 32) + pseudo_words(destination[0], 32)
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, size - 14, 1, 0, 64, TCP, 0, source[0], destination[0])
    ip = ip[:10] + full_checksum(ip).to_bytes(2) + ip[12:]
    tcp = struct.pack(">HHIIBBHHH", source[1], destination[1], 1, 1, 0x50, 0x10, 500, 0, 0) + bytes(size - 54)
    tcp = tcp[:16] + full_checksum(tcp, words=[*addresses, TCP, len(tcp)]).to_bytes(2) + tcp[18:]
    return bytes(12) + b"\x08\x00" + ip + tcp


def outgoing(flow: int, *, size: int) -> bytes:
    return segment((0x0A000000 + flow // 100, 2000 + flow % 100), (SERVER, 443), size=size)


def traffic(*, flows: int, packets: int, size: int) -> tuple[list[Packet], list[Packet]]:
    """The first packet of every flow, and then packets of all flows in both directions."""
    firsts = [Packet(flow * 1000, outgoing(flow, size=size), size, LAN) for flow in range(flows)]
    answers = [segment((SERVER, 443), (PUBLIC, 1024 + flow), size=size) for flow in range(flows)]
    rng, later = random.Random(1), []
    for number in range(packets):
        flow = rng.randrange(flows)
        data, port = (firsts[flow].data, LAN) if number % 2 else (answers[flow], WAN)
        later.append(Packet(flows * 1000 + number * 1000, data, size, port))
    return firsts, later


def machine_rates(firsts: list[Packet], later: list[Packet], observer: Observer | None = None) -> tuple[float, float]:
    """Packets per second: of packets that open a session, and of packets that find one."""
    program = nat_program()
    machine = Machine(program, states=build_states(program), observer=observer)

    def through(packets: list[Packet]) -> float:
        start = time.perf_counter()
        for time_ns, data, wire_length, port in packets:
            machine.process(data, port=port, now=time_ns, wire_length=wire_length)
        return len(packets) / (time.perf_counter() - start)

    return through(firsts), through(later)


def run_rate(firsts: list[Packet], later: list[Packet]) -> float:
    """Packets per second of a whole run: emissions to a sink, and a summary."""
    started, sent = Run(nat_program()), []
    started.feed(firsts)
    start = time.perf_counter()
    summary = started.feed(later, send=sent.append)
    elapsed_s = time.perf_counter() - start
    if len(sent) != len(later) or summary.dropped:
        raise SystemExit(f"{len(later)} packets in, {len(sent)} out: {summary.dropped}")
    return len(later) / elapsed_s


def best(measure: Callable[[], float]) -> float:
    return max(measure() for _ in range(RUNS))


def measure(*, flows: int, packets: int, size: int) -> dict[str, float]:
    firsts, later = traffic(flows=flows, packets=packets, size=size)
    some = later[: max(1, packets // 10)]
    return {
        "open a session": best(lambda: machine_rates(firsts, some)[0]),
        "translate": best(lambda: machine_rates(firsts, later)[1]),
        "translate, as a run": best(lambda: run_rate(firsts, later)),
        "translate, traced": best(lambda: machine_rates(firsts, some, Trace(most=10))[1]),
        "translate, accesses logged": best(lambda: machine_rates(firsts, some, AccessLog(nat_program()))[1]),
    }


def render(rates: dict[str, float], *, title: str) -> None:
    table = Table(title=title)
    for heading in ("work", "packets/s", "µs/packet"):
        table.add_column(heading, justify="left" if heading == "work" else "right")
    for work, rate in rates.items():
        table.add_row(work, f"{rate:,.0f}", f"{1e6 / rate:.2f}")
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flows", type=int, default=10_000, help="flows, at most 60,000 (default: %(default)s)")
    parser.add_argument("--packets", type=int, default=100_000, help="packets to translate (default: %(default)s)")
    parser.add_argument("--bytes", type=int, default=128, help="bytes a packet, at least 54 (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    if not (1 <= arguments.flows <= 60_000 and arguments.packets >= 1 and 54 <= arguments.bytes <= 1514):
        parser.error("flows are 1 to 60000, packets at least 1, bytes 54 to 1514")
    rates = measure(flows=arguments.flows, packets=arguments.packets, size=arguments.bytes)
    render(rates, title=f"interpreter: NAT, {arguments.flows:,} flows, packets of {arguments.bytes} bytes")
    if arguments.json:
        figures = {
            "bench": "interpreter",
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "machine": f"{platform.machine()}, Python {platform.python_version()}",
            "flows": arguments.flows,
            "packets": arguments.packets,
            "packet_bytes": arguments.bytes,
            "packets_per_s": {work: round(rate) for work, rate in rates.items()},
        }
        arguments.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
