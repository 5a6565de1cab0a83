"""From a program to the folder that `weft compile --target bluefield` writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import PurePath

from backends.bluefield.block_layout import regions_of
from backends.bluefield.manifest import FILE_NAME, Final, Manifest, Port, Record, StateOwner, Table, manifest_as_json
from backends.bluefield.program_source import write_program_source
from backends.bluefield.rules.of_program import rules_of
from backends.c.compile import compile_datapath, datapath_files
from backends.c.datapath import Datapath
from compiler.analyses.core_owners import find_core_owners
from compiler.analyses.state_algebra import StateClass, StateFact, classify_states
from compiler.ir.emissions import Drop
from compiler.ir.operations import Operation
from compiler.ir.program import Program
from compiler.ir.states import Table as TableState
from compiler.ir.states import TableArray
from compiler.ir.text_print import render_program
from compiler.ir.types import bit_width, leaf_types
from compiler.meaning.hashing import DEFAULT_SALT
from compiler.pipeline import run_passes
from compiler.source import Span

PROGRAM = "program.ir"
SOURCE = PurePath("app/program.c")  # the one file of the application that is of this program


@dataclass(frozen=True, slots=True)
class Application:
    """All files of the folder, and what they are of."""

    files: dict[PurePath, bytes]
    manifest: Manifest
    datapath: Datapath


def compile_application(program: Program, *, test_header: bool = False, salt: int = DEFAULT_SALT) -> Application:
    """The DPDK application of a program (`LoadedProgram.program`, which has its shares)."""
    rules = rules_of(program)
    datapath = compile_datapath(program, salt=salt, rules=rules.program if rules.templates else None)
    optimised = run_passes(program, since="assign_shares")
    found = {**datapath_files(datapath), PurePath(PROGRAM): render_program(optimised).encode()}
    found |= _application_files(datapath.name)
    filled = [state for state in optimised.states if isinstance(state, TableState | TableArray)]
    names = sorted(str(path) for path in [*found, SOURCE])
    manifest = Manifest(
        weft=version("weft"),
        target="bluefield",
        name=program.name,
        c_name=datapath.name,
        build=_build_of(found, test_header=test_header),
        program=PROGRAM,
        files=tuple(names),
        test_header=test_header,
        shares=program.shares,
        salt=salt,
        ports=tuple(Port(port.name, number) for number, port in enumerate(program.ports)),
        block_bytes=datapath.block.size,
        regions=regions_of(datapath.block),
        states=tuple(owners_of(program)),
        tables=tuple(_table(state, datapath) for state in filled),
        records=tuple(
            Record(record.name, number, (sum(map(bit_width, leaf_types(record))) + 7) // 8)
            for number, record in enumerate(optimised.records)
        ),
        finals=tuple(map(_final, datapath.finals)),
    )
    found[SOURCE] = write_program_source(manifest, datapath, filled, program, rules).encode()
    found[PurePath(FILE_NAME)] = manifest_as_json(manifest)
    return Application(found, manifest, datapath)


def owners_of(program: Program) -> Iterable[StateOwner]:
    """Whose copy of each state counts. `program` is as the front end made it."""
    home = set(find_core_owners(program).home)
    for fact in classify_states(program).states:
        yield _owner(fact, is_home=fact.state in home or bool(program.envelopes))


def _owner(fact: StateFact, *, is_home: bool) -> StateOwner:
    match fact.kind:
        case StateClass.CONSTANT:
            return StateOwner(fact.state, "constant")
        case StateClass.MERGEABLE:
            assert fact.operator is not None, "what merges has an operator"
            return StateOwner(fact.state, "merge", fact.operator.name.lower())
        case StateClass.SHARDED if not is_home:
            return StateOwner(fact.state, "share")
        case _:
            return StateOwner(fact.state, "home")


def _table(state: TableState | TableArray, datapath: Datapath) -> Table:
    capacity = state.size if isinstance(state, TableState) else state.cells
    return Table(state.name, datapath.state_names[state.name], capacity)


def _final(operation: Operation) -> Final:
    kind = type(operation).__name__.lower()
    if isinstance(operation, Drop) and operation.reason != "drop":
        kind = f"drop ({operation.reason})"
    return Final(_place(operation.span), kind)


def _place(span: Span) -> str:
    name = PurePath(span.source.name).name
    return f"{name}:{span.line}" if span.source.text else name


def _build_of(found: dict[PurePath, bytes], *, test_header: bool) -> str:
    digest = hashlib.sha256(str(test_header).encode())
    for path, content in sorted(found.items()):
        digest.update(str(path).encode() + b"\0" + len(content).to_bytes(8) + content)
    return digest.hexdigest()[:32]


def _application_files(name: str) -> dict[PurePath, bytes]:
    """What is the same for every program, but for the name of the datapath."""
    folder = files("backends.bluefield")
    found = {
        PurePath("app") / entry.name: entry.read_bytes()
        for entry in sorted((folder / "app").iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith((".c", ".h"))
    }
    found |= {PurePath("cross") / entry.name: entry.read_bytes() for entry in (folder / "cross").iterdir()}
    for file in ("meson.build", "README.md"):
        text = (folder / "app" / f"{file}.in").read_text(encoding="utf-8")
        found[PurePath(file)] = text.replace("@NAME@", name).encode()
    return found
