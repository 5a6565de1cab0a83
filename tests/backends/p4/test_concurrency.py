"""A packet is a transaction on bmv2 as well, however many ports packets come in by at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from backends.p4.folder import write_folder
from compiler.load import load_source
from compiler.source import Source
from tests.backends.p4.flows import flow_of
from tests.bmv2 import needs_bmv2

ROOT = Path(__file__).resolve().parents[3]
PORTS, ROUNDS, BURST = 4, 30, 24  # libpcap has room for 32 packets of an interface that nobody has read yet

# Every line here reads a state and writes it back; a packet in between would show in the sums.
PROGRAM = """\
use std::net;

port host[4];

state all: u32;
state of_port: u32[4];
state flows: map<u16, u32> { capacity: 64 }
state ids: lease<u16 => u16> { range: 100..=163, idle: 1h }
state by_flow: index<u16 => ids>;
state opened: u32;
state counts: counter[8];

on host (p: ipv4 & udp) {
    all += 1;
    of_port[p.port.index] += 1;
    let seen = flows.find(p.udp.sport);
    let before = if seen.present { seen.value } else { 0 };
    seen.set(before + 1) else drop;
    let id = by_flow.find_or_open(p.udp.sport, 0) else drop;
    if id.is_new { opened += 1; }
    counts.add(p.udp.sport & 7);
    send host[0];
}

on host (_) { drop }
"""


def _why_not() -> str:
    if os.geteuid() != 0:
        return "root alone can make interfaces"
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "needs `unshare` and `ip`"
    link = ["ip", "link", "add", "host0", "type", "veth", "peer", "name", "switch0"]
    tried = subprocess.run(["unshare", "-n", *link], capture_output=True, check=False)
    return "" if tried.returncode == 0 else "no network namespaces here"


@needs_bmv2
@pytest.mark.skipif(bool(_why_not()), reason=_why_not())
def test_counts_are_exact_with_senders_on_all_ports(tmp_path: Path) -> None:
    program = load_source(Source("counts.weft", PROGRAM)).program
    write_folder(program, tmp_path / "counts")
    script = Path(__file__).with_name("concurrent_senders.py")
    finished = subprocess.run(
        ["unshare", "-n", sys.executable, str(script), str(tmp_path / "counts"), *map(str, (PORTS, ROUNDS, BURST))],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    found = json.loads(finished.stdout)
    each = ROUNDS * BURST
    per_flow = Counter(flow_of(number) for number in range(each))
    assert found["all"] == {"0": PORTS * each}
    assert found["of_port"] == {str(port): each for port in range(PORTS)}
    counted = {int(flow): entry["value"] for flow, entry in found["flows"].items()}
    assert counted == {flow: PORTS * number for flow, number in per_flow.items()}
    assert found["opened"] == {"0": len(per_flow)}
    assert len(found["ids"]) == len(per_flow)
    assert {int(cell): cells["packets"] for cell, cells in found["counts"].items()} == counted
