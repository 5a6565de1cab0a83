"""The programs of a lab's switches, in folders as `weft compile --target bmv2` writes them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal, TypeAlias

from backends.p4.compile import plan_layout
from backends.p4.emit import manifest_of
from backends.p4.folder import write_folder
from backends.p4.manifest import FILE_NAME, manifest_as_json
from backends.p4.p4info import render_p4info
from backends.p4.tools import P4C, find_tool, require_tool
from compiler.diagnostics.suggest import closest
from compiler.ir.program import Program
from compiler.ir.text_print import render_program
from compiler.load import load_program
from compiler.partition.cut_file import load_cut
from compiler.partition.split_at_cuts import find_piece, split_at_cuts
from runtime.lab.errors import SwitchStartError, TopologyError
from runtime.lab.topology import Engine, PortName, Switch, Topology
from runtime.p4runtime.compiled_folder import CompiledFolder, load_folder
from sim.control import load_entries
from sim.control.piece_entries import entries_of_piece
from sim.state import NO_ENTRIES, ControlEntries

BMV2: Final = "bmv2"
INTERPRETER: Final = "interpreter"

_SIMPLE_SWITCH_GRPC: Final = "simple_switch_grpc"
_PACKAGES: Final = {BMV2: ("finsy", "thrift", "bm_runtime"), INTERPRETER: ("finsy", "grpc")}

EngineName: TypeAlias = Literal["bmv2", "interpreter"]


@dataclass(frozen=True, slots=True)
class BuiltProgram:
    folder: CompiledFolder
    entries: ControlEntries


def choose_engine(wanted: Engine) -> EngineName:
    """What runs a switch; raises `ToolMissingError` where bmv2 is asked for and not found, and `SwitchStartError`
    where Python packages are missing that switches need."""
    engine = _found_engine(wanted)
    for package in _PACKAGES[engine]:
        if find_spec(package) is None:
            raise SwitchStartError(
                f"switches on {engine} need the package `{package}`, which is not installed",
                help="pip install 'weft[deploy]'",
            )
    return engine


def _found_engine(wanted: Engine) -> EngineName:
    match wanted:
        case Engine.BMV2:
            require_tool(P4C)
            require_tool(_SIMPLE_SWITCH_GRPC)
            return BMV2
        case Engine.INTERPRETER:
            return INTERPRETER
        case Engine.AUTO:
            return BMV2 if find_tool(P4C) and find_tool(_SIMPLE_SWITCH_GRPC) else INTERPRETER


class ProgramBuilder:
    """Compiles the programs of one lab. p4c takes seconds: a folder of the same program is copied."""

    def __init__(self) -> None:
        self._made: dict[tuple[Path, Path | None, str | None, EngineName], Path] = {}

    def build(self, switch: Switch, engine: EngineName, *, folder: Path) -> BuiltProgram:
        """Write the compiled program into `folder`, which is made.

        Raises `CompileError`, `CutError`, `ControlError`, `ToolError` or `OSError`.
        """
        program = load_program(switch.program).program
        entries = NO_ENTRIES if switch.entries is None else load_entries(switch.entries, program)
        if switch.cut is not None and switch.piece is not None:
            program = find_piece(split_at_cuts(program, load_cut(switch.cut, program)), switch.piece).program
            entries = entries_of_piece(program, entries)
        made = self._made.setdefault((switch.program.resolve(), switch.cut, switch.piece, engine), folder)
        if made != folder:
            shutil.copytree(made, folder)
        elif engine == BMV2:
            write_folder(program, folder)
        else:
            _write_description(program, folder)
        return BuiltProgram(load_folder(folder), entries)


def _write_description(program: Program, folder: Path) -> None:
    """What a controller has to know, and the program itself. No P4: the interpreter runs what P4 cannot say, too."""
    layout = plan_layout(program)
    manifest = manifest_of(layout, device_config=None)
    folder.mkdir(parents=True)
    (folder / FILE_NAME).write_bytes(manifest_as_json(manifest))
    (folder / manifest.program).write_text(render_program(layout.source), encoding="utf-8")
    (folder / manifest.p4info).write_text(render_p4info(manifest), encoding="utf-8")


def device_ports(topology: Topology, built: Mapping[str, BuiltProgram]) -> dict[PortName, int]:
    """The device port of every end of a link at a switch; `TopologyError` where a program has no such port.

    `any` of `port any[16]` means `any[0]`.
    """
    found: dict[PortName, int] = {}
    taken: dict[tuple[str, int], PortName] = {}
    for end in (end for link in topology.links for end in link.ends):
        if isinstance(end, PortName):
            number = _device_port(topology, end, built[end.switch].folder)
            other = taken.setdefault((end.switch, number), end)
            if other != end:
                raise TopologyError(f"{topology.file}: `{other}` and `{end}` are one port, connected twice")
            found[end] = number
    return found


def _device_port(topology: Topology, end: PortName, folder: CompiledFolder) -> int:
    groups = {port.group: port.name for port in reversed(folder.program.ports)}
    device_ports = {port.name: port.device_port for port in folder.manifest.ports}
    name = groups.get(end.port, end.port) if end.port not in device_ports else end.port
    if name not in device_ports:
        meant = closest(name, [*device_ports, *groups])
        names = list(device_ports)
        shown = ", ".join(names) if len(names) <= 4 else f"{names[0]} to {names[-1]}"
        raise TopologyError(
            f"{topology.file}: the program of switch `{end.switch}` has no port `{end.port}`"
            + (f"; did you mean `{meant}`?" if meant else ""),
            help=f"its ports are {shown}",
        )
    return device_ports[name]
