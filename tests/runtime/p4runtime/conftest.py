from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.p4.tools import P4C, find_tool, run_p4c
from runtime.bmv2.process import SIMPLE_SWITCH_GRPC
from runtime.p4runtime.compiled_folder import CompiledFolder, load_folder
from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from runtime.p4runtime.target import Target
from sim.control import load_entries
from sim.state import ControlEntries
from tests.runtime.p4runtime.fake_switch import FakeSwitch
from tests.runtime.p4runtime.gate import ENTRIES, gate, write_folder
from tests.runtime.p4runtime.real_switch import real_switch

WITHOUT_BMV2 = pytest.mark.skipif(
    find_tool(P4C) is None or find_tool(SIMPLE_SWITCH_GRPC) is None, reason="p4c and simple_switch_grpc are not here"
)


@pytest.fixture
def fake() -> Iterator[FakeSwitch]:
    with FakeSwitch() as switch:
        yield switch


@pytest.fixture(params=["fake", "interpreter", pytest.param("bmv2", marks=WITHOUT_BMV2)])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A switch that runs nothing: one that only keeps what it is told, the interpreter as a switch, and bmv2."""
    match request.param:
        case "fake":
            with FakeSwitch() as switch:
                yield Target("127.0.0.1", switch.port)
        case "interpreter":
            served = ServedProgram(gate().manifest, gate().program, gate().p4info)
            with Switch(served, address="127.0.0.1:0") as switch:
                yield Target("127.0.0.1", switch.port)
        case _:
            with real_switch() as running:
                yield running.target


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What p4c makes of `gate.p4`; without p4c, something that only a fake takes."""
    if find_tool(P4C) is None:
        return b"{}"
    out = tmp_path_factory.mktemp("p4c") / "gate.json"
    result = run_p4c(Path(__file__).with_name("gate.p4"), json_out=out)
    assert not result.errors
    return out.read_bytes()


@pytest.fixture
def folder(tmp_path: Path, config: bytes) -> CompiledFolder:
    return load_folder(write_folder(tmp_path / "gate", config=config))


@pytest.fixture
def entries(tmp_path: Path) -> ControlEntries:
    path = tmp_path / "entries.toml"
    path.write_text(ENTRIES)
    return load_entries(path, gate().program)
