"""Bring labs up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final

import msgspec

from runtime.lab.errors import LabError
from runtime.lab.interrupts import Interrupts
from runtime.lab.iproute import require_iproute
from runtime.lab.lab import LabStatus, check_allowed, remove_what_is_there, take_down
from runtime.lab.network import Wire, make_network, namespace_of, plan_wires
from runtime.lab.programs import EngineName, ProgramBuilder, choose_engine, device_ports
from runtime.lab.record import HostRecord, PortRecord, lab_folder, locked, make_folder, new_record, save_record
from runtime.lab.switch_to_start import SwitchToStart
from runtime.lab.switches import start_switches
from runtime.lab.topology import Engine, HostName, PortName, Topology

START_LIMIT_S: Final = 60.0


def nobody(text: str) -> None:
    """Listens to no progress."""


def bring_up(
    topology: Topology,
    *,
    engine: Engine | None = None,
    start_limit_s: float = START_LIMIT_S,
    interrupts: Interrupts | None = None,
    notice: Callable[[str], None] = nobody,
) -> LabStatus:
    """Make hosts, links and switches; returns when every switch forwards by its program.

    `engine`: in the place of what the topology says. Whatever fails, or whichever signal interrupts it: what was made
    is removed before the error goes on. Raises `LabError`, `CompileError`, `ControlError`, `ToolError`, or an error of
    bmv2 or of the deployment.
    """
    check_allowed()
    require_iproute("ip", "tc")
    engines: dict[str, EngineName] = {
        switch.name: choose_engine(engine or switch.engine) for switch in topology.switches
    }
    with ExitStack() as stack:
        signals = interrupts or stack.enter_context(Interrupts())
        make_folder(topology.name)
        try:
            stack.enter_context(locked(topology.name))
            return _Making(topology, engines, signals, notice).all(start_limit_s)
        except BaseException as error:
            signals.ignore_all()
            _remove_after(error, topology.name)
            raise


def _remove_after(error: BaseException, name: str) -> None:
    try:
        remove_what_is_there(name)
    except (LabError, OSError) as failed:
        raise LabError(
            f"{error or type(error).__name__}\nand what had been made could not be removed: {failed}",
            help=f"`weft lab down {name}` tries again",
        ) from error


class _Making:
    """One lab in the making; its record is always ahead of what there is."""

    def __init__(
        self,
        topology: Topology,
        engines: dict[str, EngineName],
        interrupts: Interrupts,
        notice: Callable[[str], None],
    ) -> None:
        self._topology = topology
        self._engines = engines
        self._interrupts = interrupts
        self._notice = notice
        self._folder = lab_folder(topology.name)
        self._record = new_record(topology.name, topology=topology.file)
        self._wires = plan_wires(topology, self._record.id)

    def all(self, start_limit_s: float) -> LabStatus:
        self._note(
            interfaces=tuple(interface for wire in self._wires for interface in wire.ends.values()),
            hosts=tuple(self._hosts()),
        )
        with self._interrupts.allowed():  # nothing but files comes of it
            switches = self._built()
        self._notice("making the network")
        make_network(
            self._topology,
            self._wires,
            lab=self._topology.name,
            note_namespace=lambda name: self._note(namespaces=(*self._record.namespaces, name)),
            forget_namespace=lambda name: self._note(
                namespaces=tuple(known for known in self._record.namespaces if known != name)
            ),
            check=self._interrupts.check,
        )
        records = start_switches(switches, limit_s=start_limit_s, check=self._interrupts.check, notice=self._notice)
        self._note(switches=records, is_up=True)
        self._interrupts.check()
        return LabStatus(self._record, frozenset(switch.name for switch in records))

    def _note(self, **changes: object) -> None:
        self._record = msgspec.structs.replace(self._record, **changes)
        save_record(self._record)

    def _hosts(self) -> Iterator[HostRecord]:
        ports = {link.peer: link.port for link in self._topology.links}
        for host in self._topology.hosts:
            yield HostRecord(
                name=host.name,
                namespace=namespace_of(self._topology.name, host.name),
                mac=host.mac,
                addresses=tuple(map(str, host.addresses)),
                port=str(ports[HostName(host.name)]),
            )

    def _built(self) -> list[SwitchToStart]:
        builder = ProgramBuilder()
        built = {}
        for switch in self._topology.switches:
            self._notice(f"compiling {switch.program.name} for {switch.name}")
            folder = self._folder / "programs" / switch.name
            built[switch.name] = builder.build(switch, self._engines[switch.name], folder=folder)
        numbers = device_ports(self._topology, built)
        logs = self._folder / "logs"
        logs.mkdir()
        return [
            SwitchToStart(
                switch=switch,
                engine=self._engines[switch.name],
                built=built[switch.name],
                ports=tuple(_ports(switch.name, self._wires, numbers)),
                folder=logs,
                lab_id=self._record.id,
            )
            for switch in self._topology.switches
        ]


def _ports(switch: str, wires: Sequence[Wire], numbers: dict[PortName, int]) -> Iterator[PortRecord]:
    for wire in wires:
        for end, interface in wire.ends.items():
            if end.switch == switch:
                (peer,) = (other for other in wire.link.ends if other != end)
                yield PortRecord(end.port, numbers[end], interface, str(peer))


@contextmanager
def running_lab(
    topology: Topology,
    *,
    engine: Engine | None = None,
    start_limit_s: float = START_LIMIT_S,
    notice: Callable[[str], None] = nobody,
) -> Iterator[LabStatus]:
    """A lab that is up while the `with` block runs, and gone afterwards, however that ends."""
    with Interrupts() as interrupts:
        status = bring_up(topology, engine=engine, start_limit_s=start_limit_s, interrupts=interrupts, notice=notice)
        try:
            with interrupts.allowed():
                yield status
        finally:
            take_down(topology.name)
