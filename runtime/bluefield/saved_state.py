"""The state of an application as the project's state files have it: read off it, and written into it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runtime.bluefield.application_folder import ApplicationFolder
from runtime.bluefield.control import Answer, ApplicationClient, check_is_of, decode_answer
from runtime.bluefield.entries import stage_entries
from runtime.bluefield.errors import ProtocolError
from runtime.bluefield.merge_states import merge_states
from sim.control.entries_file import read_entries
from sim.native.block import StateBlock
from sim.state import ControlEntries, RunState, build_states


@dataclass(frozen=True, slots=True)
class SavedApplication:
    """What an application holds: one state out of those of all workers, and the entries it was given."""

    states: dict[str, RunState]
    entries: ControlEntries
    now_ns: int  # the highest time of a packet that was processed
    workers: int


def pull_state(client: ApplicationClient, folder: ApplicationFolder) -> SavedApplication:
    """Read the state off a running application, whose workers wait meanwhile. Raises `ApplicationError`."""
    client.hello(folder)
    return _restored(folder, *client.save(), name="the application")


def load_saved(path: Path, folder: ApplicationFolder) -> SavedApplication:
    """Read what an application wrote at its end (`--save`). Raises `ApplicationError` or an `OSError`."""
    content, name = path.read_bytes(), str(path)
    length = int.from_bytes(content[:4])
    answer = decode_answer(content[4 : 4 + length], name)
    return _restored(folder, answer, content[4 + length :], name=name)


def push_state(
    client: ApplicationClient,
    folder: ApplicationFolder,
    states: Mapping[str, RunState],
    entries: ControlEntries,
) -> None:
    """Give all workers this state, and these entries, which are those of its tables. Raises `ApplicationError`."""
    answer = client.hello(folder)
    owners = {owner.name: owner.owner for owner in folder.manifest.states}
    fresh = build_states(folder.program, salt=folder.manifest.salt)
    others = {name: fresh[name] if owners[name] == "merge" else state for name, state in states.items()}
    start = client.fresh()
    first = _image(folder, start, states)
    rest = _image(folder, start, others) if answer.workers > 1 else b""
    client.request("blocks", content=first + rest * (answer.workers - 1))
    stage_entries(client, folder, entries, dict(states))
    client.request("commit")


def _image(folder: ApplicationFolder, start: bytes, states: Mapping[str, RunState]) -> bytes:
    memory = np.frombuffer(bytearray(start), dtype=np.uint8)
    StateBlock(folder.program, folder.block, memory).write(states)
    return memory.tobytes()


def _restored(folder: ApplicationFolder, answer: Answer, content: bytes, *, name: str) -> SavedApplication:
    check_is_of(answer, folder, name)
    size = folder.block.size
    if answer.block_bytes != size or len(content) != answer.record_bytes + answer.workers * size:
        raise ProtocolError(f"{name}: the saved state is not as long as it says")
    entries = _entries(content[: answer.record_bytes], folder, name)
    copies = [_read(folder, content[at : at + size]) for at in range(answer.record_bytes, len(content), size)]
    states = build_states(folder.program, entries, salt=folder.manifest.salt)
    merge_states(folder.program, folder.manifest.states, copies, states)
    return SavedApplication(states, entries, answer.now_ns, answer.workers)


def _read(folder: ApplicationFolder, block: bytes) -> dict[str, RunState]:
    states = build_states(folder.program, salt=folder.manifest.salt)
    StateBlock(folder.program, folder.block, np.frombuffer(bytearray(block), dtype=np.uint8)).read(states)
    return states


def _entries(record: bytes, folder: ApplicationFolder, name: str) -> ControlEntries:
    try:
        tree = tomllib.loads(record.decode("utf-8"))
    except ValueError as error:
        raise ProtocolError(f"{name}: what it has of its entries is damaged ({error})") from error
    return read_entries(tree, folder.program, name=name)
