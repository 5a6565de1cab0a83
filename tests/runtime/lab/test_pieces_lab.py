"""One NAT on two switches with a link between them, over real interfaces."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.runtime.lab.hosts import ping, tcp_transfer, udp_exchange
from tests.runtime.lab.machine import Machine, needs_bmv2, needs_root
from tests.runtime.lab.topologies import example

OUTSIDE, PUBLIC = "203.0.113.9", "203.0.113.1"
LARGEST = 1400 - 20 - 8  # bytes in a UDP datagram of a host with this MTU


@needs_root
@pytest.mark.parametrize("engine", ["interpreter", pytest.param("bmv2", marks=[needs_bmv2, pytest.mark.long])])
def test_a_nat_in_two_pieces_translates(here: Machine, lab: str, tmp_path: Path, engine: str) -> None:
    content = random.Random(2).randbytes(100_000)
    messages = [bytes([size % 251]) * size for size in (1, 100, LARGEST)]
    with here.lab(example(tmp_path, lab, "nat_in_two"), "--engine", engine) as shown:
        assert [switch["name"] for switch in shown["switches"]] == ["edge", "core"]
        inside, outside = f"weft-{lab}-inside", f"weft-{lab}-outside"
        assert [len(payload) for payload in ping(inside, OUTSIDE, count=3)] == [56] * 3
        seen, received = tcp_transfer(inside, outside, address=OUTSIDE, port=8000, content=content)
        assert (seen, received) == (PUBLIC, content)
        peers, answers = udp_exchange(inside, outside, address=OUTSIDE, port=5300, messages=messages)
        assert (peers, answers) == ({PUBLIC}, [message[::-1] for message in messages])
    here.check_empty(lab)
