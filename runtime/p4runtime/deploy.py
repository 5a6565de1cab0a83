"""Deploy a compiled folder to a switch: program, entries, tunables, groups; all of it or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from finsy.proto import p4r

from runtime.p4runtime.calculations import set_calculations
from runtime.p4runtime.client import SwitchConnection
from runtime.p4runtime.compiled_folder import CompiledFolder
from runtime.p4runtime.describe import INTERNAL_GROUPS, MULTICAST, TUNABLES, Change, Describer
from runtime.p4runtime.desired import desired_state
from runtime.p4runtime.device_state import DefaultAction, DesiredState, DeviceState
from runtime.p4runtime.difference import difference
from runtime.p4runtime.errors import (
    CalculationError,
    DeployError,
    PipelineRefusedError,
    SwitchError,
    UnreachableError,
)
from runtime.p4runtime.pipelines import Previous, pipeline_of, remembered, replace_pipeline, restored, runs
from runtime.p4runtime.program_on_switch import Advance, Notice, ProgramOnSwitch, nobody
from runtime.p4runtime.target import Target
from sim.state.entries import NO_ENTRIES, ControlEntries

DEFAULT_ELECTION_ID = 1


class PipelineStep(Enum):
    """What becomes of the program that the switch runs."""

    KEPT = "kept"  # it is the folder's
    INSTALLED = "installed"  # there was none
    REPLACED = "replaced"  # it was another one


@dataclass(frozen=True, slots=True)
class Deployment:
    """What was done, or would be (`is_dry_run`). `swept`: entries of a replaced program that go with it."""

    program: str
    target: Target
    pipeline: PipelineStep
    changes: tuple[Change, ...]
    entries: Mapping[str, int]  # how many each table, the tunables and the groups hold in the end, if any
    swept: int
    remarks: tuple[str, ...]
    is_dry_run: bool = False

    @property
    def has_changes(self) -> bool:
        return self.pipeline is not PipelineStep.KEPT or bool(self.changes)


async def deploy(
    folder: CompiledFolder,
    entries: ControlEntries | None,
    target: Target,
    *,
    election_id: int = DEFAULT_ELECTION_ID,
    thrift: tuple[str, int] | None = None,
    test_build: bool = False,
    advance: Advance = nobody,
    notice: Notice = nobody,
) -> Deployment:
    """Make the switch run the folder's program with these entries; what is so already is not touched.

    Without entries (None) those on the switch stay, if it runs this program already. `thrift`: where bmv2 takes
    what P4Runtime cannot say; needed by programs with CRC-32C. Raises `DeployError`: then the switch is as it
    was, or the error's `left` says how not.
    """
    folder.check_is_wanted(test_build=test_build)
    wanted = pipeline_of(folder)
    _check_thrift(folder, thrift)
    fresh = desired_state(folder.manifest, folder.program, entries or NO_ENTRIES)
    async with SwitchConnection(target) as switch:
        await switch.become_primary(election_id)
        program = ProgramOnSwitch(switch, folder, advance=advance, notice=notice)
        has_program, is_same = await runs(switch, wanted)
        if is_same:
            await set_calculations(folder.manifest.crc32c, thrift)
            desired = desired_state(folder.manifest, folder.program, entries)
            changes = await program.change_to(desired)
            return _deployment(folder, target, PipelineStep.KEPT, changes, desired)
        folder.check_has_config()
        previous = await remembered(switch)
        try:
            await replace_pipeline(switch, wanted, previous)
            await _check_has_tables(program)
            await set_calculations(folder.manifest.crc32c, thrift)
            changes = await program.change_to(fresh, undo=not has_program)
        except asyncio.CancelledError:
            notice(await _brought_back(switch, previous) or "the switch is as it was")
            raise
        except DeployError as error:
            error.left = error.left or await _brought_back(switch, previous)
            raise
        step = PipelineStep.REPLACED if has_program else PipelineStep.INSTALLED
        return _deployment(folder, target, step, changes, fresh, swept=len(previous.entries))


async def plan_deployment(
    folder: CompiledFolder,
    entries: ControlEntries | None,
    target: Target,
    *,
    thrift: tuple[str, int] | None = None,
    test_build: bool = False,
) -> Deployment:
    """What `deploy` would do, found without becoming primary; nothing is changed.

    A switch that cannot be reached is taken for one that runs nothing, and a remark says so.
    """
    folder.check_is_wanted(test_build=test_build)
    wanted = pipeline_of(folder)
    _check_thrift(folder, thrift)
    try:
        return await _plan(folder, entries, target, wanted)
    except UnreachableError as error:
        desired = desired_state(folder.manifest, folder.program, entries or NO_ENTRIES)
        changes = _changes_of_a_new_program(folder, desired)
        remark = f"{error.problem}: this is what an empty switch would get"
        return _deployment(folder, target, PipelineStep.INSTALLED, changes, desired, remarks=(remark,), is_dry_run=True)


async def _plan(
    folder: CompiledFolder, entries: ControlEntries | None, target: Target, wanted: p4r.ForwardingPipelineConfig
) -> Deployment:
    async with SwitchConnection(target) as switch:
        has_program, is_same = await runs(switch, wanted)
        if not is_same:
            folder.check_has_config()
            desired = desired_state(folder.manifest, folder.program, entries or NO_ENTRIES)
            swept = len((await remembered(switch)).entries) if has_program else 0
            step = PipelineStep.REPLACED if has_program else PipelineStep.INSTALLED
            changes = _changes_of_a_new_program(folder, desired)
            return _deployment(folder, target, step, changes, desired, swept=swept, is_dry_run=True)
        desired = desired_state(folder.manifest, folder.program, entries)
        program = ProgramOnSwitch(switch, folder)
        changes = tuple(program.describer.changes(difference(await program.held(), desired)))
        return _deployment(folder, target, PipelineStep.KEPT, changes, desired, is_dry_run=True)


async def _check_has_tables(program: ProgramOnSwitch) -> None:
    """bmv2 takes whatever it is given for a program, and has no tables then."""
    try:
        await program.held()
    except SwitchError as error:
        raise PipelineRefusedError(
            f"the switch took the program, but does not have its tables: {error.said} ({error.code})",
            help="was the P4 compiled for another device, or is the file damaged? compile again",
        ) from error


def _check_thrift(folder: CompiledFolder, thrift: tuple[str, int] | None) -> None:
    if folder.manifest.crc32c and thrift is None:
        raise CalculationError(
            f"{folder.manifest.name} computes CRC-32C, which bmv2 has to be told over its Thrift interface",
            help="give its address with --thrift, such as --thrift 127.0.0.1:9090",
        )


async def _brought_back(switch: SwitchConnection, previous: Previous) -> str | None:
    try:
        return await restored(switch, previous)
    except DeployError as error:
        what = "its previous program" if previous.pipeline is not None else "no program"
        return f"the switch may run the new program, incomplete, instead of {what}: undoing it failed: {error.problem}"


def _changes_of_a_new_program(folder: CompiledFolder, desired: DesiredState) -> tuple[Change, ...]:
    """Against what the P4 itself sets when it starts: empty tables, and the tunables' defaults."""
    defaults: dict[int, DefaultAction] = {}
    tunables = folder.manifest.tunables
    if tunables is not None:
        values = tuple(tunable.default for tunable in folder.program.tunables)
        defaults[tunables.table.id] = DefaultAction(tunables.table.id, tunables.action.id, values)
    updates = difference(DeviceState(defaults=defaults), desired)
    return tuple(Describer(folder.manifest, folder.program).changes(updates))


def _deployment(
    folder: CompiledFolder,
    target: Target,
    pipeline: PipelineStep,
    changes: tuple[Change, ...],
    desired: DesiredState,
    *,
    swept: int = 0,
    remarks: tuple[str, ...] = (),
    is_dry_run: bool = False,
) -> Deployment:
    own = {group.number for group in folder.manifest.groups}
    counts = {
        INTERNAL_GROUPS: len(desired.groups.keys() & own),
        MULTICAST: len(desired.groups.keys() - own),
        **{t.name: len(desired.rows.get(t.copies[0].id, ())) for t in folder.manifest.tables if t.copies},
        TUNABLES: len(folder.program.tunables) if desired.defaults else 0,
    }
    return Deployment(
        program=folder.manifest.name,
        target=target,
        pipeline=pipeline,
        changes=changes,
        entries={name: count for name, count in counts.items() if count},
        swept=swept,
        remarks=(*remarks, *desired.remarks),
        is_dry_run=is_dry_run,
    )
