"""A switch that runs the small program, and a controller that is primary of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from tests.runtime.p4runtime.server.controller import Controller, primary
from tests.runtime.p4runtime.server.program import served_program


@pytest.fixture
def served() -> ServedProgram:
    return served_program()


@pytest.fixture
def switch(served: ServedProgram) -> Iterator[Switch]:
    with Switch(served, address="127.0.0.1:0") as running:
        yield running


@pytest.fixture
def controller(switch: Switch, served: ServedProgram) -> Iterator[Controller]:
    """Primary, with the pipeline set."""
    with primary(switch.port) as found:
        found.set_pipeline(served)
        yield found
