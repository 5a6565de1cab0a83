"""From a program to the folder that `weft compile --target bmv2` writes."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path, PurePath

import msgspec

from backends.header_names import rename_headers
from backends.p4.emit import emit_p4, manifest_of
from backends.p4.header_names import header_names
from backends.p4.layout import Layout
from backends.p4.manifest import FILE_NAME, Manifest, Table, manifest_as_json
from backends.p4.p4info import render_p4info
from compiler.ir.program import Program
from compiler.ir.states import Index, Lease, TableArray
from compiler.ir.text_print import render_program
from compiler.passes.copy_tables import copy_tables, table_copies
from compiler.passes.eliminate_common_subexpressions import eliminate_common_subexpressions
from compiler.passes.eliminate_dead_code import eliminate_dead_code
from compiler.passes.expand_state import expand_state
from compiler.passes.expansion.arrays import expanded
from compiler.passes.fold_constants import fold_constants
from compiler.passes.propagate_copies import propagate_copies
from compiler.pipeline import run_passes

LIBRARY = ("weft/hash.p4", "weft/checksum.p4")


def plan_layout(program: Program, *, test_header: bool = False) -> Layout:
    """Decide what becomes of the program (`LoadedProgram.program`) on the switch."""
    source = run_passes(program, since="assign_shares")  # a loaded program has its shares
    merged = run_passes(program, since="assign_shares", also=("merge_table_lookups",))
    copied = copy_tables(_with_lists_in_tables(merged))
    prepared = rename_headers(copied, header_names(copied))
    return Layout(prepared, source, table_copies(source, prepared), test_header)


def _with_lists_in_tables(program: Program) -> Program:
    """Leases whose ids are listed in tables become arrays here: no action can apply a table."""
    leases = {
        state.name
        for state in program.states
        if isinstance(state, Lease) and any(isinstance(array, TableArray) for array in expanded(state, program))
    }
    if not leases:
        return program
    program = expand_state(
        program, only={s.name for s in program.states if (s.lease if isinstance(s, Index) else s.name) in leases}
    )
    for _ in range(2):
        for tidy in (fold_constants, propagate_copies, eliminate_common_subexpressions, eliminate_dead_code):
            program = tidy(program)
    return program


def compile_program(program: Program, *, test_header: bool = False) -> dict[PurePath, bytes]:
    """All files of the folder, but for what p4c makes of them."""
    layout = plan_layout(program, test_header=test_header)
    p4 = emit_p4(layout)
    manifest = manifest_of(layout, device_config=None)
    found: dict[PurePath, bytes] = {
        PurePath(manifest.p4): p4.encode(),
        PurePath(manifest.program): render_program(layout.source).encode(),
        PurePath(manifest.p4info): render_p4info(manifest).encode(),
        PurePath(FILE_NAME): manifest_as_json(manifest),
    }
    for name in LIBRARY:
        found[PurePath(name)] = library_file(name)
    return found


def with_device_config(files: Mapping[PurePath, bytes], config: bytes) -> dict[PurePath, bytes]:
    """The folder's files together with the JSON that p4c made of its P4, and a manifest that knows of it."""
    manifest = msgspec.json.decode(files[PurePath(FILE_NAME)], type=Manifest)
    name = str(PurePath(manifest.p4).with_suffix(".json"))
    known = msgspec.structs.replace(
        manifest,
        device_config=name,
        tables=tuple(_left_by_p4c(table, config) for table in manifest.tables),
        crc32c=crc32c_calculations(config),
    )
    return {**files, PurePath(name): config, PurePath(FILE_NAME): manifest_as_json(known)}


def _left_by_p4c(table: Table, config: bytes) -> Table:
    """The table without the copies that p4c left out: nothing reaches the place where they are looked up."""
    names = {t["name"] for pipeline in msgspec.json.decode(config)["pipelines"] for t in pipeline["tables"]}
    return msgspec.structs.replace(table, copies=tuple(copy for copy in table.copies if copy.name in names))


def crc32c_calculations(config: bytes) -> tuple[str, ...]:
    """The names that p4c gave to the calculations whose polynomial the switch has to be told."""
    calculations = msgspec.json.decode(config).get("calculations", ())
    return tuple(found["name"] for found in calculations if found["algo"] == "crc32_custom")


def library_file(name: str) -> bytes:
    """A file of the P4 library that generated programs include."""
    return (_library() / name).read_bytes()


def _library() -> Path:
    # `p4` is no package (another one has the name), so it is found beside this one.
    return Path(str(files("backends"))).parent / "p4"
