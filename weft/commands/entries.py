"""`weft entries show`, `write` and `diff`."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

from runtime.p4runtime.compiled_folder import load_folder
from runtime.p4runtime.entries import compare_entries, read_entries, write_entries
from sim.control import entries_as_toml, load_entries
from weft.changes_view import change_lines, changes_data, changes_table
from weft.switch_target import SwitchOptions
from weft.terminal import counted_progress, write_json, write_note, write_result, write_tables


def show_entries(folder: Path, switch: SwitchOptions, *, as_json: bool) -> None:
    """Print what the switch holds, as a file of entries."""
    target, compiled = switch.target(), load_folder(folder)
    recovered = asyncio.run(read_entries(compiled, target))
    for remark in recovered.remarks:
        write_note(f"warning: {remark}")
    text = entries_as_toml(compiled.program, recovered.entries)
    if as_json:
        write_json(tomllib.loads(text))
    else:
        write_result(text)


def replace_entries(folder: Path, switch: SwitchOptions, file: Path, *, election_id: int, as_json: bool) -> None:
    """Make the switch hold the entries of a file and no others."""
    target, compiled = switch.target(), load_folder(folder)
    entries = load_entries(file, compiled.program)
    with counted_progress(f"writing {file}") as advance:
        changes = asyncio.run(
            write_entries(compiled, entries, target, election_id=election_id, advance=advance, notice=write_note)
        )
    where = f"{compiled.manifest.name} on {target.address}, device {target.device_id}"
    if as_json:
        write_json({"changes": changes_data(changes)})
    elif changes:
        write_tables([changes_table(f"{where}: written, read back and right", changes, {})])
    else:
        write_result(f"{where}: nothing to change")


def diff_entries(folder: Path, switch: SwitchOptions, file: Path, *, as_json: bool) -> int:
    """Print what writing a file would change; 1 if it would change anything, else 0."""
    target, compiled = switch.target(), load_folder(folder)
    changes = asyncio.run(compare_entries(compiled, load_entries(file, compiled.program), target))
    if as_json:
        write_json({"changes": changes_data(changes)})
    else:
        write_result("\n".join(change_lines(changes)) if changes else f"the switch holds what is in {file}")
    return 1 if changes else 0
