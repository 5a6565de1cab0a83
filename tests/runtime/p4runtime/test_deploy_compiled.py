"""What the compiler writes, deployed: the program with every kind of table, and one from the examples."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePath

import msgspec
import pytest

from backends.p4.compile import compile_program, with_device_config
from backends.p4.manifest import FILE_NAME, load_manifest, manifest_as_json
from backends.p4.tools import find_tool, run_p4c
from compiler.load import load_program
from runtime.p4runtime.compiled_folder import CompiledFolder, load_folder
from runtime.p4runtime.deploy import PipelineStep, deploy
from runtime.p4runtime.entries import compare_entries, read_entries
from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from runtime.p4runtime.target import Target
from sim.control import entries_as_toml, load_entries
from tests.runtime.p4runtime.conftest import WITHOUT_BMV2
from tests.runtime.p4runtime.gate import ENTRIES, SOURCE, write_folder
from tests.runtime.p4runtime.real_switch import real_switch

EXAMPLES = Path(__file__).parents[3] / "examples"
CLI = "simple_switch_CLI"


def compiled(source: Path, folder: Path, *, with_p4c: bool) -> CompiledFolder:
    """The folder of a program; without p4c, with a config that only the interpreter takes."""
    files = compile_program(load_program(source).program)
    _write(folder, files)
    manifest = load_manifest(folder)
    if with_p4c:
        out = folder / "out.json"
        assert not run_p4c(folder / manifest.p4, json_out=out, include=(folder,)).errors
        _write(folder, with_device_config(files, out.read_bytes()))
    else:
        (folder / "gate.json").write_text("{}")
        manifest = msgspec.structs.replace(manifest, device_config="gate.json")
        (folder / FILE_NAME).write_bytes(manifest_as_json(manifest))
    return load_folder(folder)


def _write(folder: Path, files: Mapping[PurePath, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture(params=["gate", "load_balancer"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """A program and its entries."""
    if request.param == "gate":
        source, entries = tmp_path / "gate.weft", tmp_path / "entries.toml"
        source.write_text(SOURCE)
        entries.write_text(ENTRIES)
        return source, entries
    return EXAMPLES / request.param / f"{request.param}.weft", EXAMPLES / request.param / "tables.toml"


def check_goes_round(folder: CompiledFolder, file: Path, target: Target, again: Path) -> None:
    """Deployed, shown, and what is shown deployed again: nothing has to change."""
    entries = load_entries(file, folder.program)
    first = asyncio.run(deploy(folder, entries, target))
    assert first.pipeline is PipelineStep.INSTALLED and first.remarks == ()
    assert not asyncio.run(deploy(folder, entries, target)).has_changes
    shown = asyncio.run(read_entries(folder, target))
    assert shown.remarks == ()
    again.write_text(entries_as_toml(folder.program, shown.entries))
    assert asyncio.run(compare_entries(folder, load_entries(again, folder.program), target)) == ()


def test_on_the_interpreter(program: tuple[Path, Path], tmp_path: Path) -> None:
    source, entries = program
    folder = compiled(source, tmp_path / "out", with_p4c=False)
    with Switch(ServedProgram(folder.manifest, folder.program, folder.p4info), address="127.0.0.1:0") as switch:
        check_goes_round(folder, entries, Target("127.0.0.1", switch.port), tmp_path / "shown.toml")


@WITHOUT_BMV2
def test_on_bmv2(program: tuple[Path, Path], tmp_path: Path) -> None:
    source, entries = program
    folder = compiled(source, tmp_path / "out", with_p4c=True)
    with real_switch() as running:
        check_goes_round(folder, entries, running.target, tmp_path / "shown.toml")


@WITHOUT_BMV2
@pytest.mark.skipif(find_tool(CLI) is None, reason=f"{CLI} is not here")
def test_bmv2_copies_once_after_a_change_of_programs(folder: CompiledFolder, config: bytes, tmp_path: Path) -> None:
    newer = load_folder(write_folder(tmp_path / "newer", config=config + b" "))
    with real_switch() as running:
        for version in (folder, newer):
            asyncio.run(deploy(version, None, running.target))
        command = [str(find_tool(CLI)), "--thrift-port", str(running.process.thrift_port)]
        dump = subprocess.run(command, input="mc_dump\n", capture_output=True, text=True, check=True).stdout
        assert sorted(line.split("-> ")[2] for line in dump.splitlines() if "L1h" in line) == [
            "(ports=[1], lags=[])",
            "(ports=[2], lags=[])",
        ]
