"""Programs on the real bmv2, as an engine beside the interpreter.

All packets enter by one port of `simple_switch`, with time, port, sequence number and length in a header in front.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import msgspec
import pytest

from backends.p4.compile import compile_program, with_device_config
from backends.p4.manifest import FILE_NAME, Manifest, PacketIn
from backends.p4.tools import P4C, P4cDiagnostic, find_tool, run_p4c
from compiler.ir.program import Program
from compiler.ir.text_parse import parse_program
from runtime.bmv2.packet_files import PacketFiles
from runtime.bmv2.process import SIMPLE_SWITCH, SwitchOptions, start_switch
from runtime.bmv2.state import pull_state
from runtime.bmv2.thrift_client import SwitchClient
from runtime.bmv2.thrift_tables import add_entry, add_group, as_bytes, set_default_action
from runtime.p4runtime.desired import desired_state
from runtime.p4runtime.device_state import DesiredState, Row
from runtime.p4runtime.digests import read_digest
from sim.control import abstract_state
from sim.state import ControlEntries, RunState, build_states
from sim.state.table import TableArrayState, TableState
from tests.engines import Arrival, DigestRecord, Outcome

CASTAGNOLI = 0x1EDC6F41  # RFC 3720, appendix B.4; both reflected, all ones in and out
TIME_LIMIT_S = 300.0
_TEST_HEADER = struct.Struct(">QHII")  # now in ns, logical port, sequence number, length on the wire

MISSING = [name for name in (P4C, SIMPLE_SWITCH) if find_tool(name) is None]
needs_bmv2 = pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)}: neither on PATH nor in WEFT_P4_BIN")


class CompileFailedError(Exception):
    """p4c does not take what Weft wrote."""

    def __init__(self, errors: Sequence[P4cDiagnostic], p4: str) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.p4 = p4


@dataclass(frozen=True)
class Built:
    """A compiled program: its folder, manifest, and what p4c warned of."""

    folder: Path
    manifest: Manifest
    program: Program  # as it was when it became P4
    warnings: tuple[P4cDiagnostic, ...]

    @property
    def config(self) -> Path:
        return self.folder / "program.json"


class Bmv2Engine:
    """Compiles each program once, and runs it on a switch of its own."""

    name = "bmv2"

    def __init__(self) -> None:
        self._home: Path | None = None
        self._built: dict[str, Built] = {}

    def run(self, program: Program, entries: ControlEntries, packets: Sequence[Arrival]) -> Outcome:
        built = self.build(program)
        manifest, program = built.manifest, built.program
        ports = [*(port.device_port for port in manifest.ports), manifest.cpu_port]
        with (
            tempfile.TemporaryDirectory(prefix="weft-bmv2-run-") as folder,
            PacketFiles(Path(folder), ports, input_port=ports[0]) as files,
            start_switch(SwitchOptions(config=built.config, interfaces=files.interfaces, files=True)) as running,
            running.client(timeout_s=30) as client,
        ):
            prepare(client, manifest, desired_state(manifest, program, entries))
            fed = files.feed(with_test_headers(program, packets), running, limit_s=TIME_LIMIT_S)
            _check_all_seen(client, manifest, fed)
            last_ns = packets[-1].now_ns if packets else 0
            states = pull_state(manifest, program, client, now_ns=last_ns).states
            sent = {port.name: files.sent(port.device_port) for port in manifest.ports}
            told = files.sent(manifest.cpu_port)
        meaning = abstract_state(program, _with_tables(states, program, entries), last_ns)
        return Outcome(
            {port: emitted for port, emitted in sent.items() if emitted},
            {name: held for name, held in meaning.items() if held},
            digests_of(program, manifest.packet_in, told),
        )

    def build(self, program: Program) -> Built:
        files = compile_program(program, test_header=True)
        key = _digest(files)
        if key not in self._built:
            self._built[key] = _compile(files, self._folder() / key)
        return self._built[key]

    def _folder(self) -> Path:
        """Where the programs' folders are, until this object ends."""
        if self._home is None:
            self._home = Path(tempfile.mkdtemp(prefix="weft-bmv2-engine-"))
            weakref.finalize(self, shutil.rmtree, self._home, ignore_errors=True)
        return self._home


def _digest(files: Mapping[PurePath, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(str(path).encode() + b"\0" + content + b"\0")
    return digest.hexdigest()[:32]


def _compile(files: Mapping[PurePath, bytes], folder: Path) -> Built:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    manifest = msgspec.json.decode(files[PurePath(FILE_NAME)], type=Manifest)
    p4 = folder / manifest.p4
    result = run_p4c(p4, json_out=folder / "program.json", include=[folder])
    if result.errors:
        raise CompileFailedError(result.errors, p4.read_text())
    whole = with_device_config(files, (folder / "program.json").read_bytes())
    manifest = msgspec.json.decode(whole[PurePath(FILE_NAME)], type=Manifest)
    program = parse_program((folder / manifest.program).read_text())
    return Built(folder, manifest, program, result.warnings)


# --- the control plane, over Thrift


def prepare(client: SwitchClient, manifest: Manifest, desired: DesiredState) -> None:
    """Fill tables, defaults and groups, and set what the switch's hashes compute."""
    for calculation in manifest.crc32c:
        client.set_crc32_parameters(
            calculation,
            polynomial=CASTAGNOLI,
            initial=0xFFFFFFFF,
            final_xor=0xFFFFFFFF,
            reflect_data=True,
            reflect_remainder=True,
        )
    for table in manifest.tables:
        widths = [part.width for part in table.key]
        parameters = [parameter.width for parameter in table.hit.parameters]
        for copy in table.copies:
            seen: set[object] = set()
            for rank, row in enumerate(desired.rows.get(copy.id, ()), start=1):
                if not table.needs_priority and row.key in seen:
                    continue  # of equal keys the first one counts; the switch has room for one
                seen.add(row.key)
                add_entry(
                    client,
                    copy.name,
                    list(zip(row.key, widths, strict=True)),
                    action=table.hit.name,
                    arguments=_arguments(row, parameters),
                    rank=rank if table.needs_priority else None,
                )
    if manifest.tunables is not None:
        table, action = manifest.tunables.table, manifest.tunables.action
        widths = [parameter.width for parameter in action.parameters]
        arguments = [as_bytes(v, w) for v, w in zip(desired.defaults[table.id].arguments, widths, strict=True)]
        set_default_action(client, table.name, action=action.name, arguments=arguments)
    for group in desired.groups.values():
        add_group(client, group.number, [(copy.device_port, copy.instance) for copy in group.replicas])


def _arguments(row: Row, widths: Sequence[int]) -> list[bytes]:
    return [as_bytes(value, width) for value, width in zip(row.arguments, widths, strict=True)]


# --- packets


def with_test_headers(program: Program, packets: Sequence[Arrival]) -> list[bytes]:
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    return [
        _TEST_HEADER.pack(p.now_ns, numbers[p.port], sequence, p.wire_length or len(p.data)) + p.data
        for sequence, p in enumerate(packets)
    ]


def _check_all_seen(client: SwitchClient, manifest: Manifest, fed: int) -> None:
    seen = client.read(manifest.packets_seen.name, 0)
    assert seen == fed & 0xFFFFFFFF, f"the switch saw {seen} of {fed} packets"


def digests_of(program: Program, packet_in: PacketIn | None, told: Sequence[bytes]) -> list[DigestRecord]:
    """What came by the CPU port; the numbers in it must be without a gap."""
    if packet_in is None:
        assert not told, "packets for the controller, of a program that has no digests"
        return []
    found = [read_digest(program, packet_in, content) for content in told]
    assert [digest.sequence for digest in found] == list(range(len(found))), "digests are missing"
    return [DigestRecord(digest.record, digest.value) for digest in found]


def _with_tables(states: Mapping[str, RunState], program: Program, entries: ControlEntries) -> dict[str, RunState]:
    """The states with the tables that the control plane filled: on the switch they are input, not result."""
    filled = build_states(program, entries)
    return {
        name: filled[name] if isinstance(state, TableState | TableArrayState) else state
        for name, state in states.items()
    }
