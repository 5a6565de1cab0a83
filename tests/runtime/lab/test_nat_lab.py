"""Hosts behind the NAT of the examples reach a server outside, over real interfaces."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from tests.runtime.lab.hosts import ping, tcp_transfer, udp_exchange
from tests.runtime.lab.machine import Machine, needs_bmv2, needs_root
from tests.runtime.lab.topologies import example

SERVER, PUBLIC = "203.0.113.9", "203.0.113.1"
ENGINES = ("interpreter", pytest.param("bmv2", marks=[needs_bmv2, pytest.mark.long]))


@needs_root
@pytest.mark.parametrize("engine", ENGINES)
def test_hosts_ping_and_transfer_through_the_nat(here: Machine, lab: str, tmp_path: Path, engine: str) -> None:
    topology = example(tmp_path, lab, "nat")
    content = random.Random(1).randbytes(200_000)
    messages = [bytes([size % 251]) * size for size in (1, 100, 1472)]
    with here.lab(topology, "--engine", engine) as shown:
        assert {switch["engine"] for switch in shown["switches"]} == {engine}
        one, two, server = (f"weft-{lab}-{host}" for host in ("inside1", "inside2", "server"))
        assert [len(payload) for payload in ping(one, SERVER, count=3)] == [56] * 3
        assert len(ping(two, SERVER, count=3)) == 3
        seen, received = tcp_transfer(one, server, address=SERVER, port=8000, content=content)
        assert seen == PUBLIC
        assert received == content
        peers, answers = udp_exchange(two, server, address=SERVER, port=5300, messages=messages)
        assert peers == {PUBLIC}
        assert answers == [message[::-1] for message in messages]
        assert here.namespaces(lab) == {one, two, server}
        assert here.interfaces() >= {port["interface"] for switch in shown["switches"] for port in switch["ports"]}
        _check_commands(here, lab, topology)
        assert json.loads(here.weft("lab", "status", lab, "--json").out) == shown
    here.check_empty(lab)


def _check_commands(here: Machine, lab: str, topology: Path) -> None:
    shown = here.weft("lab", "exec", lab, "inside1", "--", "ip", "-json", "addr", "show", "eth0")
    (link,) = json.loads(shown.out)
    assert link["address"] == "02:00:00:00:01:02"
    assert [(a["local"], a["prefixlen"]) for a in link["addr_info"]] == [("10.0.1.2", 24)]
    assert here.weft("lab", "exec", topology, "server", "--", "sh", "-c", "exit 7").code == 7
    unknown = here.weft("lab", "exec", lab, "inside3", "--", "true")
    assert unknown.code == 1
    assert unknown.err.startswith(f"error: the lab `{lab}` has no host `inside3`\nhelp: its hosts are inside1,")
    again = here.weft("lab", "up", topology, "--engine", "interpreter")
    assert again.code == 1
    assert f"there is a lab `{lab}` already" in again.err
