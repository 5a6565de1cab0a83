"""The programs of examples/ on the real bmv2 and on the interpreter, with the packets of their own generators."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from sim.captures import open_capture
from tests.bmv2 import Bmv2Engine, needs_bmv2
from tests.differential.compare import differences
from tests.engines import Arrival, InterpreterEngine
from tests.examples.corpus import EXAMPLES, example_entries, example_program, example_script

NAMES = sorted(path.name for path in EXAMPLES.iterdir() if (path / f"{path.name}.weft").is_file())
QUICK = ("acl", "bridge", "heavy_hitter", "vxlan")
QUICK_PACKETS = 300
PACKETS = 10_000

pytestmark = needs_bmv2


@pytest.fixture(scope="module")
def bmv2() -> Bmv2Engine:
    return Bmv2Engine()


def traffic(name: str, folder: Path, count: int) -> list[Arrival]:
    """`count` packets of the example's generator, of all ports, by time."""
    packets: list[Arrival] = []
    asked = count
    while len(packets) < count:  # some make rounds or connections of their own size
        captures = example_script(name, "traffic").captures(folder, packets=asked, seed=7)
        packets = sorted(_arrivals(captures.items()), key=lambda packet: packet.now_ns)
        asked *= 2
    return packets[:count]


def _arrivals(captures: Iterable[tuple[str, Path]]) -> Iterable[Arrival]:
    for port, path in captures:
        with open_capture(path) as capture:
            for packet in capture:
                yield Arrival(port, bytes(packet.data), packet.time_ns, packet.wire_length)


def assert_equal(name: str, engine: Bmv2Engine, folder: Path, count: int) -> None:
    program, entries, packets = example_program(name), example_entries(name), traffic(name, folder, count)
    expected = InterpreterEngine().run(program, entries, packets)
    assert expected.emissions or expected.digests or expected.state
    assert not differences(expected, engine.run(program, entries, packets))


@pytest.mark.parametrize("name", QUICK)
def test_an_example(name: str, bmv2: Bmv2Engine, tmp_path: Path) -> None:
    assert_equal(name, bmv2, tmp_path, QUICK_PACKETS)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_every_example_with_many_packets(name: str, bmv2: Bmv2Engine, tmp_path: Path) -> None:
    assert_equal(name, bmv2, tmp_path, PACKETS)
