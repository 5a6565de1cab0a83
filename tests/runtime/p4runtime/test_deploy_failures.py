from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from runtime.p4runtime.client import SwitchConnection
from runtime.p4runtime.compiled_folder import CompiledFolder, load_folder
from runtime.p4runtime.deploy import PipelineStep, deploy
from runtime.p4runtime.entries import compare_entries, read_entries, write_entries
from runtime.p4runtime.errors import (
    CalculationError,
    DeadlineError,
    DeployError,
    NotPrimaryError,
    OtherProgramError,
    PipelineRefusedError,
    PrimaryLostError,
    SwitchGoneError,
    TableFullError,
    VerificationError,
    WriteError,
    WrongDeviceError,
)
from runtime.p4runtime.target import Target
from sim.state import ControlEntries, Exact, TableEntry
from tests.runtime.p4runtime.conftest import WITHOUT_BMV2
from tests.runtime.p4runtime.fake_switch import FakeSwitch
from tests.runtime.p4runtime.gate import MANIFEST, TABLES, write_folder
from tests.runtime.p4runtime.real_switch import real_switch

ID = {table.name: table.copies[0].id for table in TABLES}
MANY = ControlEntries(arrays={"slots": tuple(range(1, 301))}, tunables={"limit": 9})


def at(switch: FakeSwitch, *, timeout_s: float = 10.0) -> Target:
    return Target("127.0.0.1", switch.port, timeout_s=timeout_s)


def deployed(folder: CompiledFolder, entries: ControlEntries | None, target: Target) -> None:
    asyncio.run(deploy(folder, entries, target))


def contents(switch: FakeSwitch) -> object:
    """All that a controller could see."""
    return (
        switch.config and switch.config.SerializeToString(deterministic=True),
        {table: {place: e.SerializeToString() for place, e in held.items()} for table, held in switch.entries.items()},
        {table: entry.SerializeToString() for table, entry in switch.defaults.items()},
        {number: {(c.egress_port, c.instance) for c in group.replicas} for number, group in switch.groups.items()},
    )


@pytest.fixture
def running(fake: FakeSwitch, folder: CompiledFolder, entries: ControlEntries) -> FakeSwitch:
    """A switch with the program and its entries."""
    deployed(folder, entries, at(fake))
    return fake


@pytest.fixture
def newer(tmp_path: Path) -> CompiledFolder:
    """Another version of the program."""
    return load_folder(write_folder(tmp_path / "newer", config=b'{"newer": 1}'))


# --- the switch is as it was


def test_a_table_that_is_full_on_the_switch(running: FakeSwitch, folder: CompiledFolder) -> None:
    """bmv2's word for it is UNKNOWN, "Error when adding match entry to target"."""
    before = contents(running)
    running.faults.capacity[ID["slots"]] = 150
    with pytest.raises(WriteError) as caught:
        deployed(folder, MANY, at(running))
    assert caught.value.problem.startswith("the switch does not take slots [150]: Error when adding match entry")
    assert caught.value.left is None
    assert contents(running) == before


def test_a_table_that_has_no_more_room(running: FakeSwitch, folder: CompiledFolder) -> None:
    before = contents(running)
    running.faults.says_exhausted = True
    running.faults.capacity[ID["slots"]] = 150
    with pytest.raises(TableFullError, match=r"does not take slots \[150\]"):
        deployed(folder, MANY, at(running))
    assert contents(running) == before


def test_a_table_that_holds_all_that_it_was_declared_for(running: FakeSwitch, folder: CompiledFolder) -> None:
    def blocked(first: int) -> ControlEntries:
        return ControlEntries({"blocked": tuple(TableEntry((Exact(first + i),), ()) for i in range(4))})

    deployed(folder, blocked(0), at(running))
    running.faults.swallows_deletions = True
    with pytest.raises(TableFullError) as caught:
        deployed(folder, blocked(10), at(running))
    assert caught.value.problem == "table `blocked` is full: the switch holds 4 entries of it and takes no more"


def test_errors_that_do_not_fit_the_answer(running: FakeSwitch, folder: CompiledFolder) -> None:
    before = contents(running)
    running.faults.answers_without_details = True
    running.faults.capacity[ID["slots"]] = 150
    with pytest.raises(DeployError, match="RESOURCE_EXHAUSTED"):
        deployed(folder, MANY, at(running))
    assert contents(running) == before


def test_what_is_not_there_when_read_back(running: FakeSwitch, folder: CompiledFolder) -> None:
    before = contents(running)
    running.faults.swallows = ID["slots"]
    with pytest.raises(VerificationError) as caught:
        deployed(folder, ControlEntries(arrays={"slots": (5, 0, 7)}), at(running))
    assert caught.value.problem == "the switch does not hold what was written: slots [0] is not there instead of 5"
    assert caught.value.left is None
    assert contents(running) == before


def test_a_refused_program_leaves_the_old_one_and_its_groups(running: FakeSwitch, newer: CompiledFolder) -> None:
    before = contents(running)
    running.faults.refuses_programs = True
    with pytest.raises(PipelineRefusedError) as caught:
        deployed(newer, None, at(running))
    assert "does not take the program: Error in first phase of device update (UNKNOWN)" in caught.value.problem
    assert caught.value.left is None
    assert contents(running) == before
    assert running.pushes == 1


def test_a_program_that_breaks_the_switch_is_replaced_by_the_old_one(
    running: FakeSwitch, newer: CompiledFolder
) -> None:
    before = contents(running)
    running.faults.breaks_on_program = True
    with pytest.raises(PipelineRefusedError) as caught:
        deployed(newer, None, at(running))
    assert caught.value.left == (
        "the switch runs its previous program again, with its 43 entries; what that had counted and stored is lost"
    )
    assert contents(running) == before


def test_a_failure_after_a_new_program_brings_the_old_one_back(running: FakeSwitch, newer: CompiledFolder) -> None:
    before = contents(running)
    running.faults.capacity[ID["slots"]] = 150
    with pytest.raises(WriteError) as caught:
        deployed(newer, MANY, at(running))
    assert str(caught.value.left).startswith("the switch runs its previous program again, with its 43 entries")
    assert contents(running) == before
    assert not running.ghosts


def test_a_switch_that_ran_nothing_is_left_with_empty_tables(fake: FakeSwitch, folder: CompiledFolder) -> None:
    fake.faults.capacity[ID["slots"]] = 150
    with pytest.raises(WriteError) as caught:
        deployed(folder, MANY, at(fake))
    assert caught.value.left == "the switch ran no program before; it runs the new one now, with empty tables"
    assert not any(fake.entries.values()) and not fake.groups


def test_a_deployment_that_is_interrupted_is_taken_back(
    running: FakeSwitch, folder: CompiledFolder, newer: CompiledFolder
) -> None:
    before = contents(running)
    for into, words in ((folder, "the switch is as it was"), (newer, "the switch runs its previous program again")):
        notices: list[str] = []
        with pytest.raises(KeyboardInterrupt):
            asyncio.run(deploy(into, MANY, at(running), advance=ctrl_c, notice=notices.append))
        assert [notice[: len(words)] for notice in notices] == [words]
        assert contents(running) == before


def ctrl_c(*_: int) -> None:
    os.kill(os.getpid(), signal.SIGINT)


# --- what is left is said


def test_a_switch_that_dies_in_the_middle(running: FakeSwitch, folder: CompiledFolder) -> None:
    running.faults.dies_after = running.updates + 250
    with pytest.raises(SwitchGoneError) as caught:
        deployed(folder, MANY, at(running))
    # 16 entries and a group of the first deployment go, the tunables change, and 299 cells come.
    assert "200 of" in str(caught.value.left)
    assert "and of 100 more it is not known" in str(caught.value.left)
    assert "slots: " in str(caught.value.left)


def test_a_switch_that_stalls(running: FakeSwitch, folder: CompiledFolder) -> None:
    running.faults.stalls_after = running.updates + 150
    with pytest.raises(DeadlineError) as caught:
        deployed(folder, MANY, at(running, timeout_s=0.3))
    assert "does not answer within 0.3 s" in caught.value.problem
    left = str(caught.value.left)
    assert left.startswith("undoing it failed, too: ")
    held = len(running.entries[ID["slots"]])
    assert "changed on the switch: " in left
    assert f"slots: 1 changed, {held - 1} added" in left


def test_another_controller_takes_over_in_the_middle(running: FakeSwitch, folder: CompiledFolder) -> None:
    before = running.changed
    running.faults.loses_primary_after = running.updates + 150
    with pytest.raises(PrimaryLostError) as caught:
        deployed(folder, MANY, at(running))
    assert caught.value.election_id == 1000
    assert "changed on the switch: " in str(caught.value.left)
    assert running.changed - before == 200  # no batch was begun after the one in which it was lost


def test_losing_the_primary_ends_a_call_that_is_under_way(running: FakeSwitch, folder: CompiledFolder) -> None:
    """The switch would answer in ten seconds at the earliest, and the news come at once."""
    running.faults.stalls_after = running.updates + 150
    running.faults.before_update = take_over_after(running, running.updates + 120)
    with pytest.raises(PrimaryLostError, match=r"became the primary of the switch at .*, with election id 1000"):
        deployed(folder, MANY, at(running, timeout_s=30))


def take_over_after(switch: FakeSwitch, number: int) -> Callable[[int], None]:
    def before_update(updates: int) -> None:
        if updates == number:
            switch.take_over(1000)

    return before_update


# --- refused at the start


def test_somebody_else_is_primary(fake: FakeSwitch, folder: CompiledFolder) -> None:
    fake.take_over(7)
    with pytest.raises(NotPrimaryError) as caught:
        deployed(folder, None, at(fake))
    assert caught.value.election_id == 7
    assert "give --election-id 8 to take over" in str(caught.value)
    assert fake.pushes == 0
    asyncio.run(deploy(folder, None, at(fake), election_id=8))
    assert fake.pushes == 1


def test_a_refused_controller_leaves_no_trace(folder: CompiledFolder, target: Target) -> None:
    async def again_and_again() -> None:
        async with SwitchConnection(target) as first:
            await first.become_primary(9)
            for _ in range(3):
                with pytest.raises(NotPrimaryError, match="election id 9"):
                    await deploy(folder, None, target, election_id=3)

    asyncio.run(again_and_again())


def test_somebody_else_has_the_same_election_id(fake: FakeSwitch, folder: CompiledFolder) -> None:
    fake.take_over(1)
    with pytest.raises(NotPrimaryError, match="has election id 1, too"):
        deployed(folder, None, at(fake))


def test_election_ids_have_128_bits(fake: FakeSwitch, folder: CompiledFolder) -> None:
    fake.take_over(2**100)
    with pytest.raises(NotPrimaryError, match=f"election id {2**100}"):
        deployed(folder, None, at(fake))
    asyncio.run(deploy(folder, None, at(fake), election_id=2**128 - 1))


def test_a_device_that_is_not_there(folder: CompiledFolder, target: Target) -> None:
    with pytest.raises(WrongDeviceError) as caught:
        deployed(folder, None, replace(target, device_id=5))
    assert "has no device 5" in caught.value.problem
    assert caught.value.left is None


def test_entries_need_the_program_on_the_switch(
    target: Target, folder: CompiledFolder, tmp_path: Path, config: bytes
) -> None:
    empty = ControlEntries()
    for run in (
        read_entries(folder, target),
        write_entries(folder, empty, target),
        compare_entries(folder, empty, target),
    ):
        with pytest.raises(OtherProgramError, match="runs no program"):
            asyncio.run(run)
    deployed(folder, None, target)
    other = msgspec.structs.replace(MANIFEST, tables=TABLES[1:])
    smaller = load_folder(write_folder(tmp_path / "smaller", manifest=other, config=config))
    with pytest.raises(OtherProgramError, match=r"runs another program than .*smaller"):
        asyncio.run(read_entries(smaller, target))


# --- on the real one


@WITHOUT_BMV2
def test_bmv2_dies_in_the_middle(folder: CompiledFolder) -> None:
    with real_switch() as running:

        def kill(*_: int) -> None:
            os.kill(running.process.pid, signal.SIGKILL)

        with pytest.raises(SwitchGoneError) as caught:
            asyncio.run(deploy(folder, MANY, running.target, advance=kill))
        assert "100 of 330 updates are made" in str(caught.value.left)


@WITHOUT_BMV2
@pytest.mark.parametrize("damage", [b"{}", b'{ "program": "x.p4", "tables": 5 }'])
def test_bmv2_does_not_take_a_program_that_is_none(
    folder: CompiledFolder, entries: ControlEntries, tmp_path: Path, damage: bytes
) -> None:
    damaged = load_folder(write_folder(tmp_path / "damaged", config=damage))
    with real_switch() as running:
        deployed(folder, entries, running.target)
        with pytest.raises(PipelineRefusedError, match="the program") as caught:
            deployed(damaged, entries, running.target)
        assert "the switch runs its previous program again" in str(caught.value.left)
        assert not asyncio.run(deploy(folder, entries, running.target)).has_changes


@WITHOUT_BMV2
def test_bmv2_has_a_smaller_table_than_the_manifest_says(
    folder: CompiledFolder, entries: ControlEntries, tmp_path: Path, config: bytes
) -> None:
    tables = tuple(msgspec.structs.replace(t, size=100) if t.name == "blocked" else t for t in TABLES)
    larger = load_folder(
        write_folder(tmp_path / "large", manifest=msgspec.structs.replace(MANIFEST, tables=tables), config=config)
    )
    with real_switch() as running:
        deployed(folder, entries, running.target)
        with pytest.raises(WriteError, match="the switch does not take blocked") as caught:
            deployed(
                larger,
                ControlEntries({"blocked": tuple(TableEntry((Exact(i),), ()) for i in range(9))}),
                running.target,
            )
        assert "the switch runs its previous program again, with its 43 entries" in str(caught.value.left)
        again = asyncio.run(deploy(folder, entries, running.target))
        assert (again.pipeline, again.changes) == (PipelineStep.KEPT, ())


@WITHOUT_BMV2
def test_bmv2_has_no_such_calculation(
    folder: CompiledFolder, entries: ControlEntries, tmp_path: Path, config: bytes
) -> None:
    manifest = msgspec.structs.replace(MANIFEST, crc32c=("calc_9",))
    castagnoli = load_folder(write_folder(tmp_path / "crc", manifest=manifest, config=config + b" "))
    with real_switch() as running:
        deployed(folder, entries, running.target)
        with pytest.raises(CalculationError, match=r"CRC-32C: .*calc_9"):
            asyncio.run(deploy(castagnoli, entries, running.target, thrift=("127.0.0.1", running.process.thrift_port)))
        assert not asyncio.run(deploy(folder, entries, running.target)).has_changes


def test_two_controllers(folder: CompiledFolder, entries: ControlEntries, target: Target) -> None:
    async def both() -> None:
        async with SwitchConnection(target) as first:
            await first.become_primary(9)
            with pytest.raises(NotPrimaryError, match="election id 9"):
                await deploy(folder, entries, target, election_id=3)
            await deploy(folder, entries, target, election_id=10)
            with pytest.raises(PrimaryLostError, match=r"became the primary of the switch at .*, with election id 10"):
                await first.write([])

    asyncio.run(both())
