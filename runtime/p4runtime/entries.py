"""The entries of a deployed program: read, replaced and compared by their names in the source."""

from __future__ import annotations

from runtime.p4runtime.client import SwitchConnection
from runtime.p4runtime.compiled_folder import CompiledFolder
from runtime.p4runtime.deploy import DEFAULT_ELECTION_ID
from runtime.p4runtime.describe import Change
from runtime.p4runtime.desired import desired_state
from runtime.p4runtime.difference import difference
from runtime.p4runtime.pipelines import check_runs
from runtime.p4runtime.program_on_switch import Advance, Notice, ProgramOnSwitch, nobody
from runtime.p4runtime.recovered import Recovered, recovered_entries
from runtime.p4runtime.target import Target
from sim.state.entries import ControlEntries


async def read_entries(folder: CompiledFolder, target: Target) -> Recovered:
    """What the switch holds. Raises `DeployError`, among them `OtherProgramError` where it runs another program."""
    async with SwitchConnection(target) as switch:
        await check_runs(switch, folder)
        return recovered_entries(folder.manifest, folder.program, await ProgramOnSwitch(switch, folder).held())


async def write_entries(
    folder: CompiledFolder,
    entries: ControlEntries,
    target: Target,
    *,
    election_id: int = DEFAULT_ELECTION_ID,
    advance: Advance = nobody,
    notice: Notice = nobody,
) -> tuple[Change, ...]:
    """Replace all that the switch holds by these entries, changing only what differs; nothing is half done.

    What they do not name is emptied; tunables go back to their defaults. Raises `DeployError`.
    """
    desired = desired_state(folder.manifest, folder.program, entries)
    async with SwitchConnection(target) as switch:
        await switch.become_primary(election_id)
        await check_runs(switch, folder)
        return await ProgramOnSwitch(switch, folder, advance=advance, notice=notice).change_to(desired)


async def compare_entries(folder: CompiledFolder, entries: ControlEntries, target: Target) -> tuple[Change, ...]:
    """What `write_entries` would change. Raises `DeployError`."""
    desired = desired_state(folder.manifest, folder.program, entries)
    async with SwitchConnection(target) as switch:
        await check_runs(switch, folder)
        program = ProgramOnSwitch(switch, folder)
        return tuple(program.describer.changes(difference(await program.held(), desired)))
