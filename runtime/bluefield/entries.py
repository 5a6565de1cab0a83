"""Write the control plane's entries into a running application."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from compiler.ir.states import Table
from runtime.bluefield.application_folder import ApplicationFolder
from runtime.bluefield.control import ApplicationClient
from sim.control.entries_text import entries_as_toml
from sim.native.block import StateBlock
from sim.state import ControlEntries, RunState, build_states
from sim.state.table import TableArrayState, TableState


class _Staged(NamedTuple):
    """A request, without what it is to bring into force."""

    do: str
    content: bytes
    fields: dict[str, str | int]


def write_entries(client: ApplicationClient, folder: ApplicationFolder, entries: ControlEntries) -> None:
    """Make tables, arrays, tunables and multicast groups those of `entries`; what is not there is empty, or default.

    All comes into force at once, between two batches of each worker. Raises `StateError` where the entries do not fit
    the program, and `ApplicationError`.
    """
    stage_entries(client, folder, entries, build_states(folder.program, entries))
    client.request("commit")


def stage_entries(
    client: ApplicationClient, folder: ApplicationFolder, entries: ControlEntries, states: dict[str, RunState]
) -> None:
    """Send the tables of `states` and what else is in `entries`; `commit` brings them into force."""
    client.hello(folder)
    for staged in _requests(folder, entries, states):
        client.request(staged.do, content=staged.content, **staged.fields)


def _requests(folder: ApplicationFolder, entries: ControlEntries, states: dict[str, RunState]) -> Iterator[_Staged]:
    program, block = folder.program, folder.block
    memory = np.zeros(block.size, dtype=np.uint8)
    image = StateBlock(program, block, memory)
    for table in folder.manifest.tables:
        count = _write_table(image, states[table.name])
        role = "entries" if isinstance(program.state(table.name), Table) else "cells"
        place = block.place(table.name, role)
        size = place.region.of.size
        first = place.offset + place.region.count // 2 * size  # into a block of zeros the second copy is written
        yield _Staged("table", memory[first : first + count * size].tobytes(), {"name": table.c_name, "count": count})
    if block.has("", "tunables"):
        image.write_tunables({t.name: t.default for t in program.tunables} | dict(entries.tunables))
        place = block.place("", "tunables")
        yield _Staged("tunables", memory[place.offset : place.offset + place.region.size].tobytes(), {})
    if block.has("", "group_starts"):
        image.write_groups(entries.multicast)
        parts = [block.place("", role) for role in ("group_starts", "group_ports")]
        content = b"".join(memory[part.offset : part.offset + part.region.size].tobytes() for part in parts)
        yield _Staged("groups", content, {})
    yield _Staged("record", entries_as_toml(program, entries).encode(), {})


def _write_table(image: StateBlock, state: RunState) -> int:
    """Put it into the image; how many entries or cells that were."""
    if isinstance(state, TableState):
        return image.write_table(state)
    assert isinstance(state, TableArrayState), "the control plane fills tables and arrays"
    image.write_table_array(state)
    return state.declaration.cells
