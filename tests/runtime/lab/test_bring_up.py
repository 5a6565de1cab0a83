"""What is refused before anything is made."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from backends.p4.tools import FOLDER_VARIABLE, ToolMissingError
from compiler.diagnostics import CompileError
from runtime.lab import programs
from runtime.lab.bring_up import bring_up
from runtime.lab.errors import LabStateError, NotAllowedError, SwitchStartError, TopologyError
from runtime.lab.lab import all_labs, command_in_host, lab_status, take_down
from runtime.lab.programs import ProgramBuilder, choose_engine, device_ports
from runtime.lab.record import FOLDER_VARIABLE as LABS_VARIABLE
from runtime.lab.topology import Engine, PortName, Topology
from runtime.lab.topology_file import load_topology
from sim.control import ControlError
from tests.runtime.lab.topologies import write_pair


@pytest.fixture(autouse=True)
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "labs"
    monkeypatch.setenv(LABS_VARIABLE, str(folder))
    return folder


@pytest.fixture
def topology(tmp_path: Path) -> Topology:
    return load_topology(write_pair(tmp_path, "pair"))


def test_somebody_who_is_not_root_is_told(topology: Topology, monkeypatch: pytest.MonkeyPatch, labs: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NotAllowedError, match="can be made by root alone"):
        bring_up(topology)
    assert not labs.exists()


def test_bmv2_is_taken_where_it_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    assert choose_engine(Engine.AUTO) == "interpreter"
    with pytest.raises(ToolMissingError, match="`p4c-bm2-ss` is not on this machine"):
        choose_engine(Engine.BMV2)
    for name in ("p4c-bm2-ss", "simple_switch_grpc"):
        assert choose_engine(Engine.AUTO) == "interpreter"
        (tools / name).write_text("#!/bin/sh\n")
        (tools / name).chmod(0o755)
    assert choose_engine(Engine.AUTO) == "bmv2"
    assert choose_engine(Engine.INTERPRETER) == "interpreter"


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "find_spec", lambda name: None)
    with pytest.raises(SwitchStartError, match=r"(?s)need the package `finsy`.*pip install 'weft\[deploy\]'"):
        choose_engine(Engine.INTERPRETER)


def test_ports_are_those_of_the_program(topology: Topology, tmp_path: Path) -> None:
    (switch,) = topology.switches
    built = {"bridge": ProgramBuilder().build(switch, "interpreter", folder=tmp_path / "built")}
    assert device_ports(topology, built) == {PortName("bridge", "any[0]"): 0, PortName("bridge", "any[5]"): 5}
    for written, problem in (("any[16]", "has no port `any[16]`"), ("any", "`bridge.any[0]` and `bridge.any` are one")):
        path = write_pair(tmp_path, "other")
        path.write_text(path.read_text().replace("any[5]", written))
        with pytest.raises(TopologyError) as error:
            device_ports(load_topology(path), built)
        assert problem in error.value.problem


def test_a_program_or_entries_with_mistakes_are_told_as_elsewhere(topology: Topology, tmp_path: Path) -> None:
    (switch,) = topology.switches
    switch.program.write_text("port any[2];\non any (p: ipv9) { drop }\n")
    with pytest.raises(CompileError):
        ProgramBuilder().build(switch, "interpreter", folder=tmp_path / "first")
    write_pair(tmp_path, "pair")
    (tmp_path / "entries.toml").write_text("nothing = []\n")
    path = write_pair(tmp_path, "pair")
    path.write_text(path.read_text().replace("[switches.bridge]\n", '[switches.bridge]\nentries = "entries.toml"\n'))
    (switch,) = load_topology(path).switches
    with pytest.raises(ControlError):
        ProgramBuilder().build(switch, "interpreter", folder=tmp_path / "second")


def test_labs_that_are_not_there(labs: Path) -> None:
    assert all_labs() == []
    assert not take_down("nat")
    with pytest.raises(LabStateError, match="there is no lab `nat`"):
        lab_status("nat")
    with pytest.raises(LabStateError, match=r"`\.\./x` is no name of a lab"):
        take_down("../x")
    (labs / "nat").mkdir(parents=True)
    (labs / "nat" / "lab.json").write_text("{}")
    with pytest.raises(LabStateError, match="not the record of a lab"):
        lab_status("nat")


def test_a_command_needs_a_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(LabStateError, match="there is no lab `nat`"):
        command_in_host("nat", "inside1", ["true"])
