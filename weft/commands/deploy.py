"""`weft deploy`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from runtime.p4runtime.compiled_folder import load_folder
from runtime.p4runtime.deploy import Deployment, PipelineStep, deploy, plan_deployment
from sim.control import load_entries
from weft.changes_view import change_lines, changes_data, changes_table
from weft.switch_target import SwitchOptions, address_of
from weft.terminal import counted_progress, write_json, write_note, write_result, write_tables

MOST_LINES = 10  # of one table in a dry run

_DONE = {
    PipelineStep.KEPT: "the program was there",
    PipelineStep.INSTALLED: "program installed",
    PipelineStep.REPLACED: "program replaced",
}
_PLANNED = {
    PipelineStep.KEPT: "the program is there",
    PipelineStep.INSTALLED: "the program would be installed",
    PipelineStep.REPLACED: "the program would replace another one",
}


@dataclass(frozen=True, slots=True)
class DeployOptions:
    entries: Path | None
    election_id: int
    thrift: str | None
    test_build: bool
    dry_run: bool


def deploy_folder(folder: Path, switch: SwitchOptions, options: DeployOptions, *, as_json: bool) -> None:
    """Deploy a compiled folder, or say what that would do, and print what came of it."""
    target = switch.target()
    thrift = None if options.thrift is None else address_of(options.thrift, option="--thrift")
    compiled = load_folder(folder)
    entries = None if options.entries is None else load_entries(options.entries, compiled.program)
    if options.dry_run:
        done = asyncio.run(plan_deployment(compiled, entries, target, thrift=thrift, test_build=options.test_build))
    else:
        with counted_progress(f"deploying {compiled.manifest.name}") as advance:
            done = asyncio.run(
                deploy(
                    compiled,
                    entries,
                    target,
                    election_id=options.election_id,
                    thrift=thrift,
                    test_build=options.test_build,
                    advance=advance,
                    notice=write_note,
                )
            )
    _print(done, as_json=as_json)


def _print(done: Deployment, *, as_json: bool) -> None:
    for remark in done.remarks:
        write_note(f"note: {remark}")
    if done.swept:
        goes = "would go" if done.is_dry_run else "went"
        write_note(f"note: {done.swept:,} entries of the program that ran there {goes} with it, and what it has stored")
    if as_json:
        write_json(_data(done))
        return
    where = f"{done.program} on {done.target.address}, device {done.target.device_id}"
    if not done.has_changes:
        write_result(f"{where}: nothing to change")
        return
    steps = _PLANNED if done.is_dry_run else _DONE
    ending = "nothing is changed yet" if done.is_dry_run else "read back and right"
    write_tables([changes_table(f"{where}: {steps[done.pipeline]}; {ending}", done.changes, done.entries)])
    if done.is_dry_run:
        write_result("\n" + "\n".join(change_lines(done.changes, most=MOST_LINES)))


def _data(done: Deployment) -> dict[str, object]:
    return {
        "program": done.program,
        "switch": done.target.address,
        "device_id": done.target.device_id,
        "dry_run": done.is_dry_run,
        "pipeline": done.pipeline.value,
        "swept": done.swept,
        "changes": changes_data(done.changes),
        "entries": dict(done.entries),
        "remarks": list(done.remarks),
    }
