"""Every test of meaning runs on every engine: `run` carries a program out on one of them."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from scapy.packet import Packet

from backends.p4.validate import validate
from sim.control import load_entries
from sim.state import NO_ENTRIES
from tests.bmv2 import Bmv2Engine, needs_bmv2
from tests.engines import ENGINES, Arrival, Engine, Outcome
from tests.language.running import Run, arrivals, load

# A second or two a program, most of it p4c: too long for every run of the tests.
_BMV2 = pytest.param(Bmv2Engine(), id=Bmv2Engine.name, marks=[needs_bmv2, pytest.mark.long])


@pytest.fixture(params=[*(pytest.param(engine, id=engine.name) for engine in ENGINES), _BMV2])
def engine(request: pytest.FixtureRequest) -> Engine:
    return request.param


@pytest.fixture
def run(engine: Engine, tmp_path: Path) -> Run:
    def carried_out(source: str, packets: Sequence[Packet | bytes | Arrival], *, entries: str = "") -> Outcome:
        program = load(source).program
        if isinstance(engine, Bmv2Engine):
            refused = validate(program)
            if refused:
                pytest.skip(f"not for bmv2: {refused[0].code}: {refused[0].message}")
        filled = NO_ENTRIES
        if entries:
            file = tmp_path / "entries.toml"
            file.write_text(entries, encoding="utf-8")
            filled = load_entries(file, program)
        return engine.run(program, filled, arrivals(packets))

    return carried_out
