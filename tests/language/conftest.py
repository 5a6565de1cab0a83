"""Every test of meaning runs on every engine: `run` carries a program out on one of them."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from scapy.packet import Packet

from sim.control import load_entries
from sim.state import NO_ENTRIES
from tests.engines import ENGINES, Arrival, Engine, Outcome
from tests.language.running import Run, arrivals, load


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


@pytest.fixture
def run(engine: Engine, tmp_path: Path) -> Run:
    def carried_out(source: str, packets: Sequence[Packet | bytes | Arrival], *, entries: str = "") -> Outcome:
        program = load(source).program
        filled = NO_ENTRIES
        if entries:
            file = tmp_path / "entries.toml"
            file.write_text(entries, encoding="utf-8")
            filled = load_entries(file, program)
        return engine.run(program, filled, arrivals(packets))

    return carried_out
