"""The programs of a lab's switches, compiled into folders as `weft compile --target bmv2` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final, Literal, TypeAlias

from backends.p4.compile import compile_program, with_device_config
from backends.p4.tools import P4C, find_tool, require_tool, run_p4c
from compiler.diagnostics.suggest import closest
from compiler.load import load_program
from runtime.lab.errors import SwitchStartError, TopologyError
from runtime.lab.topology import Engine, PortName, Switch, Topology
from runtime.p4runtime.compiled_folder import CompiledFolder, load_folder
from sim.control import load_entries
from sim.state import NO_ENTRIES, ControlEntries

BMV2: Final = "bmv2"
INTERPRETER: Final = "interpreter"

_SIMPLE_SWITCH_GRPC: Final = "simple_switch_grpc"

EngineName: TypeAlias = Literal["bmv2", "interpreter"]


@dataclass(frozen=True, slots=True)
class BuiltProgram:
    folder: CompiledFolder
    entries: ControlEntries


def choose_engine(wanted: Engine) -> EngineName:
    """What runs a switch; raises `ToolMissingError` where bmv2 is asked for and not found."""
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
    """Compiles the programs of one lab. p4c takes seconds: what it made of a program is used again."""

    def __init__(self) -> None:
        self._configs: dict[bytes, bytes] = {}

    def build(self, switch: Switch, engine: EngineName, *, folder: Path) -> BuiltProgram:
        """Write the compiled program into `folder`, which is made.

        Raises `CompileError`, `ControlError`, `ToolError`, `SwitchStartError` or `OSError`.
        """
        program = load_program(switch.program).program
        entries = NO_ENTRIES if switch.entries is None else load_entries(switch.entries, program)
        files = compile_program(program)
        _write(files, folder)
        if engine == BMV2:
            _write(with_device_config(files, self._config(files, folder, switch)), folder)
        return BuiltProgram(load_folder(folder), entries)

    def _config(self, files: Mapping[PurePath, bytes], folder: Path, switch: Switch) -> bytes:
        (name,) = (path for path in files if path.suffix == ".p4" and len(path.parts) == 1)
        p4 = files[name]
        if p4 not in self._configs:
            made = folder / "p4c.json"
            result = run_p4c(folder / name, json_out=made, include=[folder])
            if result.errors:
                said = "\n".join(f"  {error}" for error in result.errors)
                raise SwitchStartError(f"p4c refuses what was compiled from {switch.program}:\n{said}")
            self._configs[p4] = made.read_bytes()
            made.unlink()
        return self._configs[p4]


def _write(files: Mapping[PurePath, bytes], folder: Path) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


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
