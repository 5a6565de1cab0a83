"""From a program to the C files of its datapath."""

from __future__ import annotations

from importlib.resources import files
from pathlib import PurePath

from backends.c.datapath import Datapath, emit_datapath
from backends.c.hash_tables import render_hash_tables
from backends.c.names import header_names
from backends.header_names import rename_headers
from compiler.analyses.core_owners import find_core_owners
from compiler.ir.program import Program
from compiler.meaning.hashing import DEFAULT_SALT
from compiler.passes.eliminate_common_subexpressions import eliminate_common_subexpressions
from compiler.passes.eliminate_dead_code import eliminate_dead_code
from compiler.passes.find_core import find_core
from compiler.passes.fold_constants import fold_constants
from compiler.passes.propagate_copies import propagate_copies
from compiler.pipeline import run_passes

LIBRARY = ("types", "packet", "bytes", "numbers", "wide", "hash", "ways", "clock", "checksum")


def compile_datapath(program: Program, *, salt: int = DEFAULT_SALT, rules: Program | None = None) -> Datapath:
    """The C of a program (`LoadedProgram.program`, which has its shares).

    `rules`: what `find_rules` makes of it, where something asks for the rules of packets.
    """
    names = header_names(program)
    finder = share_finder(program)
    return emit_datapath(
        rename_headers(_tidied(run_passes(program, since="assign_shares")), names),
        None if finder is None else rename_headers(finder, names),
        salt=salt,
        rules=None if rules is None else rename_headers(_tidied(run_passes(rules, since="assign_shares")), names),
    )


def _tidied(program: Program) -> Program:
    """Without what only became constant when other things had: C compilers warn of `x < x`."""
    for tidy in (fold_constants, propagate_copies, eliminate_common_subexpressions, eliminate_dead_code):
        program = tidy(program)
    return program


def share_finder(program: Program) -> Program | None:
    """The program that finds a packet's share; None where nothing can be spread over cores.

    A piece of a program belongs to one core: its packets come in envelopes, behind which no card looks.
    """
    if program.envelopes:
        return None
    owners = find_core_owners(program)
    return run_passes(find_core(program, owners), since="assign_shares") if owners.spreads else None


def datapath_files(datapath: Datapath) -> dict[PurePath, bytes]:
    """All files that a C compiler needs."""
    found = {
        PurePath(f"{datapath.name}.c"): datapath.source.encode(),
        PurePath(f"{datapath.name}.h"): datapath.header.encode(),
        PurePath("weft/hash_tables.h"): render_hash_tables().encode(),
    }
    for name in LIBRARY:
        found[PurePath(f"weft/{name}.h")] = (files("backends.c") / "include" / "weft" / f"{name}.h").read_bytes()
    return found
