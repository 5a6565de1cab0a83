"""What is known of a switch before it runs, and the record of it from then on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runtime.lab.programs import BuiltProgram, EngineName
from runtime.lab.record import MARK, PortRecord, SwitchRecord
from runtime.lab.topology import Switch

HOST: Final = "127.0.0.1"  # where switches listen: for this machine alone


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchToStart:
    """`folder`: for its logs. `interfaces`: by device port, there and up. Addresses are HOST:PORT."""

    switch: Switch
    engine: EngineName
    built: BuiltProgram
    ports: tuple[PortRecord, ...]
    folder: Path
    lab_id: str

    @property
    def interfaces(self) -> dict[int, str]:
        return {port.device_port: port.interface for port in self.ports}

    @property
    def log(self) -> Path:
        return self.folder / f"{self.switch.name}.log"

    @property
    def environment(self) -> Mapping[str, str]:
        return {MARK: self.lab_id}

    def started(self, *, pid: int, p4runtime: str, thrift: str | None, log: Path) -> SwitchRecord:
        """The record of it once it forwards."""
        return SwitchRecord(
            name=self.switch.name,
            program=str(self.switch.program),
            engine=self.engine,
            folder=str(self.built.folder.path),
            log=str(log),
            pid=pid,
            device_id=self.switch.device_id,
            p4runtime=p4runtime,
            thrift=thrift,
            ports=self.ports,
        )
