"""Look at labs, run commands in their hosts, and take them down."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.lab.errors import LabStateError, NotAllowedError
from runtime.lab.interrupts import Interrupts
from runtime.lab.iproute import require_iproute
from runtime.lab.network import remove_network
from runtime.lab.processes import end_processes, is_marked
from runtime.lab.record import (
    LabRecord,
    home_namespace,
    lab_folder,
    load_record,
    locked,
    names_of_labs,
    no_such_lab,
    remove_folder,
)


@dataclass(frozen=True, slots=True)
class LabStatus:
    """A lab as it was made, and which of its switches still run. `is_complete`: it is up, and all do."""

    record: LabRecord
    running: frozenset[str]

    @property
    def is_complete(self) -> bool:
        return self.record.is_up and all(switch.name in self.running for switch in self.record.switches)


def take_down(name: str) -> bool:
    """Remove everything that a lab has made, complete or not; False where there is no lab of this name.

    Signals do not stop it half way. Raises `LabError` where something does not go; it can be called again then.
    """
    if not lab_folder(name).is_dir():
        return False
    check_allowed()
    require_iproute("ip")
    with Interrupts() as interrupts, locked(name):
        interrupts.ignore_all()
        remove_what_is_there(name)
    return True


def remove_what_is_there(name: str) -> None:
    """As `take_down`, by whoever holds the lock."""
    record = load_record(name)
    if record is not None:
        if record.home != home_namespace():
            raise LabStateError(
                f"the lab `{name}` was brought up in another network namespace",
                help="take it down from there: its switches and their links are in that one",
            )
        end_processes(record.id, record.namespaces)
        remove_network(record)
    remove_folder(name)


def lab_status(name: str) -> LabStatus:
    """Raises `LabStateError` where there is no such lab."""
    record = load_record(name)
    if record is None:
        raise no_such_lab(name)
    running = (switch.name for switch in record.switches if is_marked(switch.pid, record.id))
    return LabStatus(record, frozenset(running))


def all_labs() -> list[LabStatus]:
    """The labs that are up, or that were left behind."""
    return [lab_status(name) for name in names_of_labs() if load_record(name) is not None]


def command_in_host(name: str, host: str, command: Sequence[str]) -> list[str]:
    """The command that runs `command` in a host of a lab; raises `LabStateError` where there is none."""
    check_allowed()
    record = lab_status(name).record
    for known in record.hosts:
        if known.name == host:
            return ["ip", "netns", "exec", known.namespace, *command]
    names = ", ".join(known.name for known in record.hosts)
    raise LabStateError(f"the lab `{name}` has no host `{host}`", help=f"its hosts are {names}")


def check_allowed() -> None:
    """Raise `NotAllowedError` where this process cannot make or enter namespaces."""
    if os.geteuid() != 0:
        raise NotAllowedError("network namespaces can be made by root alone", help="run it with sudo")
