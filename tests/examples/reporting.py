"""A device whose digests and arrays a test reads as the control plane would."""

from __future__ import annotations

from compiler.ir.literals import render_value
from sim.state import ArrayState
from tests.examples.corpus import Device


class ReportingDevice(Device):
    """One run of an example that reports."""

    @property
    def reports(self) -> list[dict[str, object]]:
        """What the program has told the control plane, in order, each as the fields of its struct, and its `name`."""
        return [self._report(name, leaves) for name, leaves in self.digests]

    def _report(self, name: str, leaves: tuple[object, ...]) -> dict[str, object]:
        ports = tuple(port.name for port in self.program.ports)
        shown = render_value(self.program.record(name), leaves, ports=ports)  # pyright: ignore[reportArgumentType]
        assert isinstance(shown, dict)
        return {"name": name, **shown}

    def cells(self, array: str) -> list[int]:
        """The cells of an array of numbers."""
        state = self.states[array]
        assert isinstance(state, ArrayState)
        return [cell for cell in state.cells if isinstance(cell, int)]
