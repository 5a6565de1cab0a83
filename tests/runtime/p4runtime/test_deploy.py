from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest

from backends.p4.manifest import Replica
from runtime.p4runtime.compiled_folder import CompiledFolder, load_folder
from runtime.p4runtime.deploy import Deployment, PipelineStep, deploy, plan_deployment
from runtime.p4runtime.errors import CalculationError, EntriesRefusedError, FolderError, UnreachableError
from runtime.p4runtime.target import Target
from sim.state import ControlEntries, Exact, Prefix, Range, TableEntry, Ternary
from tests.runtime.p4runtime.fake_switch import FakeSwitch
from tests.runtime.p4runtime.gate import MANIFEST, TABLES, write_folder

ID = {table.name: table.copies[0].id for table in TABLES}
ENTRY_COUNTS = {
    "internal groups": 1,
    "multicast": 1,
    "hosts": 2,
    "routes": 2,
    "rules": 3,
    "zones": 2,
    "blocked": 1,
    "weights": 1,
    "slots": 1,
    "sessions__order": 24,
    "sessions__length": 4,
    "tunables": 2,
}
ADDED = sum(ENTRY_COUNTS.values()) - 2  # tunables are there already, with other values


def deployed(folder: CompiledFolder, entries: ControlEntries | None, target: Target) -> Deployment:
    return asyncio.run(deploy(folder, entries, target))


def told(deployment: Deployment) -> set[tuple[str, str, str]]:
    return {(change.object, change.entry, change.kind) for change in deployment.changes}


def at(switch: FakeSwitch, **options: float) -> Target:
    return Target("127.0.0.1", switch.port, **options)  # type: ignore[arg-type]


def held_entries(switch: FakeSwitch, name: str) -> int:
    return len(switch.entries[ID[name]])


def test_a_first_deployment_brings_everything(folder: CompiledFolder, entries: ControlEntries, target: Target) -> None:
    done = deployed(folder, entries, target)
    assert done.pipeline is PipelineStep.INSTALLED
    assert done.entries == ENTRY_COUNTS
    # The tunable `strict` is what the P4 sets already.
    assert len(done.changes) == ADDED + 1
    assert ("tunables", "limit", "changed") in told(done)
    assert ("hosts", '"10.0.0.1"', "added") in told(done)


def test_deploying_again_changes_nothing_and_says_so(
    folder: CompiledFolder, entries: ControlEntries, target: Target
) -> None:
    deployed(folder, entries, target)
    again = deployed(folder, entries, target)
    assert (again.pipeline, again.changes, again.has_changes) == (PipelineStep.KEPT, (), False)
    assert again.entries == ENTRY_COUNTS


def test_nothing_is_sent_to_a_switch_that_has_it_all(
    folder: CompiledFolder, entries: ControlEntries, fake: FakeSwitch
) -> None:
    deployed(folder, entries, at(fake))
    sent = fake.updates
    deployed(folder, entries, at(fake))
    assert (fake.pushes, fake.updates) == (1, sent)


@pytest.mark.parametrize("fault", ["forgets_metadata", "keeps_no_cookies", "knows_no_clone_sessions"])
def test_nothing_is_sent_to_switches_that_keep_less(
    folder: CompiledFolder, entries: ControlEntries, fake: FakeSwitch, fault: str
) -> None:
    setattr(fake.faults, fault, True)
    deployed(folder, entries, at(fake))
    sent = fake.updates
    assert not deployed(folder, entries, at(fake)).has_changes
    assert (fake.pushes, fake.updates) == (1, sent)


def test_other_entries_are_a_difference(folder: CompiledFolder, entries: ControlEntries, target: Target) -> None:
    deployed(folder, entries, target)
    tables = dict(entries.tables)
    tables["hosts"] = (TableEntry((Exact(0x0A000001),), (2, 1)), TableEntry((Exact(7),), (0, 1)))
    tables["rules"] = tables["rules"][1:]
    changed = deployed(folder, ControlEntries(tables, entries.arrays, {"strict": 1}, {4: (0,)}), target)
    assert changed.pipeline is PipelineStep.KEPT
    assert told(changed) == {
        ("hosts", '"10.0.0.1"', "changed"),
        ("hosts", '"10.0.0.2"', "removed"),
        ("hosts", '"0.0.0.7"', "added"),
        ("rules", '["10.0.0.0/8", "1..1023", 6]', "removed"),
        ("tunables", "limit", "changed"),
        ("tunables", "strict", "changed"),
        ("multicast", "3", "removed"),
        ("multicast", "4", "added"),
    }


def test_without_entries_what_is_there_stays(folder: CompiledFolder, entries: ControlEntries, target: Target) -> None:
    deployed(folder, entries, target)
    assert not deployed(folder, None, target).has_changes
    assert not deployed(folder, entries, target).has_changes


def test_without_entries_a_new_program_starts_empty(folder: CompiledFolder, target: Target) -> None:
    done = deployed(folder, None, target)
    assert {change.object for change in done.changes} == {"internal groups", "sessions__order", "sessions__length"}


def test_another_version_takes_the_place_of_the_first(
    folder: CompiledFolder, entries: ControlEntries, target: Target, tmp_path: Path, config: bytes
) -> None:
    deployed(folder, entries, target)
    newer = load_folder(write_folder(tmp_path / "newer", config=config + b"\n"))
    replaced = deployed(newer, entries, target)
    assert (replaced.pipeline, replaced.swept) == (PipelineStep.REPLACED, 43)  # 40 entries, 3 of them twice
    assert len(replaced.changes) == ADDED + 1
    assert not deployed(newer, entries, target).has_changes


def test_groups_of_the_old_program_are_removed_before_they_become_invisible(
    folder: CompiledFolder, entries: ControlEntries, fake: FakeSwitch, tmp_path: Path
) -> None:
    deployed(folder, entries, at(fake))
    deployed(load_folder(write_folder(tmp_path / "newer", config=b'{"newer": 1}')), entries, at(fake))
    assert sorted(fake.groups) == [1, 19]
    assert not fake.ghosts


def test_a_dry_run_says_the_same_and_changes_nothing(
    folder: CompiledFolder, entries: ControlEntries, target: Target
) -> None:
    planned = asyncio.run(plan_deployment(folder, entries, target))
    assert planned.is_dry_run and planned.pipeline is PipelineStep.INSTALLED
    assert asyncio.run(plan_deployment(folder, entries, target)) == planned
    done = deployed(folder, entries, target)
    assert planned.changes == done.changes
    fewer = ControlEntries(entries.tables)
    planned = asyncio.run(plan_deployment(folder, fewer, target))
    assert not deployed(folder, entries, target).has_changes
    assert planned.changes == deployed(folder, fewer, target).changes
    assert not asyncio.run(plan_deployment(folder, fewer, target)).has_changes


def test_a_dry_run_tells_what_a_replacement_sweeps_away(
    folder: CompiledFolder, entries: ControlEntries, fake: FakeSwitch, tmp_path: Path
) -> None:
    deployed(folder, entries, at(fake))
    newer = load_folder(write_folder(tmp_path / "newer", config=b'{"newer": 1}'))
    planned = asyncio.run(plan_deployment(newer, None, at(fake)))
    assert (planned.pipeline, planned.swept) == (PipelineStep.REPLACED, 43)
    assert fake.pushes == 1


def test_a_dry_run_leaves_the_primary_alone(folder: CompiledFolder, fake: FakeSwitch) -> None:
    fake.take_over(5)
    asyncio.run(plan_deployment(folder, None, at(fake)))
    assert fake.updates == 0


def test_a_dry_run_without_a_switch_is_for_an_empty_one(folder: CompiledFolder, entries: ControlEntries) -> None:
    with FakeSwitch() as gone:
        target = at(gone)
    planned = asyncio.run(plan_deployment(folder, entries, target))
    assert planned.entries == ENTRY_COUNTS
    assert planned.remarks[0].startswith(f"no switch at 127.0.0.1:{target.port}: connection refused")
    with pytest.raises(UnreachableError):
        deployed(folder, entries, target)


def test_large_tables_go_in_small_batches(folder: CompiledFolder, fake: FakeSwitch) -> None:
    seen: list[tuple[int, int]] = []
    many = ControlEntries(arrays={"slots": tuple(range(1, 301))})
    asyncio.run(deploy(folder, many, at(fake), advance=lambda done, total: seen.append((done, total))))
    assert seen == [(100, 329), (200, 329), (300, 329), (329, 329)]
    assert held_entries(fake, "slots") == 300


def test_groups_of_other_controllers_stay(folder: CompiledFolder, entries: ControlEntries, fake: FakeSwitch) -> None:
    deployed(folder, entries, at(fake))
    fake.groups[500] = fake.groups[19]
    assert not deployed(folder, entries, at(fake)).has_changes
    assert 500 in fake.groups


def test_members_of_a_group_have_the_instance_that_the_manifest_names(
    folder: CompiledFolder, entries: ControlEntries, fake: FakeSwitch
) -> None:
    deployed(folder, entries, at(fake))
    copies = [Replica(copy.egress_port, copy.instance) for copy in fake.groups[19].replicas]
    assert copies == [Replica(4, 5), Replica(1, 5), Replica(510, 9)]


# --- what is refused before anything is sent


def test_entries_beyond_a_table_are_refused_before_anything_is_sent(folder: CompiledFolder, fake: FakeSwitch) -> None:
    many = ControlEntries({"blocked": tuple(TableEntry((Exact(i),), ()) for i in range(5))})
    with pytest.raises(EntriesRefusedError, match="table `blocked`: there are 5 entries, and room for 4"):
        deployed(folder, many, at(fake))
    assert fake.pushes == 0


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"device_config": None}, "is not compiled"),
        ({"test_header": True}, "this is a test build"),
    ],
)
def test_folders_that_cannot_be_deployed(
    fake: FakeSwitch, tmp_path: Path, fields: dict[str, object], problem: str
) -> None:
    folder = load_folder(write_folder(tmp_path, manifest=msgspec.structs.replace(MANIFEST, **fields)))
    for run in (deploy, plan_deployment):
        with pytest.raises(FolderError, match=problem):
            asyncio.run(run(folder, None, at(fake)))
    assert fake.pushes == 0


def test_a_switch_that_runs_the_program_needs_no_p4c(fake: FakeSwitch, folder: CompiledFolder, tmp_path: Path) -> None:
    deployed(folder, None, at(fake))
    unmade = msgspec.structs.replace(MANIFEST, device_config=None)
    again = load_folder(write_folder(tmp_path / "unmade", manifest=unmade))
    entries = ControlEntries({"blocked": (TableEntry((Exact(1),), ()),)})
    deployment = asyncio.run(deploy(again, entries, at(fake)))
    assert deployment.pipeline is PipelineStep.KEPT
    assert len(deployment.changes) == 1
    assert fake.pushes == 1


def test_a_test_build_goes_with_its_option(fake: FakeSwitch, tmp_path: Path) -> None:
    folder = load_folder(write_folder(tmp_path, manifest=msgspec.structs.replace(MANIFEST, test_header=True)))
    assert asyncio.run(deploy(folder, None, at(fake), test_build=True)).pipeline is PipelineStep.INSTALLED


def test_p4info_that_is_none(fake: FakeSwitch, tmp_path: Path) -> None:
    (write_folder(tmp_path) / MANIFEST.p4info).write_text("tables {")
    with pytest.raises(FolderError, match=r"gate\.p4info\.txtpb: not P4Info"):
        deployed(load_folder(tmp_path), None, at(fake))
    assert fake.pushes == 0


def test_crc32c_needs_thrift(fake: FakeSwitch, tmp_path: Path) -> None:
    manifest = msgspec.structs.replace(MANIFEST, crc32c=("calc_1",))
    folder = load_folder(write_folder(tmp_path, manifest=manifest))
    for run in (deploy, plan_deployment):
        with pytest.raises(CalculationError, match=r"computes CRC-32C[^$]*--thrift 127\.0\.0\.1:9090"):
            asyncio.run(run(folder, None, at(fake)))
    assert fake.pushes == 0


def test_prefixes_of_no_bits(folder: CompiledFolder, target: Target) -> None:
    """A field that matches everything is left out of a key, and is there again when it is read."""
    catch_all = ControlEntries({"routes": (TableEntry((Prefix(0, 0),), (1,)),)})
    deployed(folder, catch_all, target)
    assert not deployed(folder, catch_all, target).has_changes


@pytest.mark.parametrize("ports", [Range(0, 255), Range(0, 254), Range(1, 255), Range(0, 65535), Range(0, 0)])
def test_ranges_at_the_edges_of_bytes(folder: CompiledFolder, target: Target, ports: Range) -> None:
    """bmv2's server refuses 0..255 of any field as a range that matches everything."""
    rule = ControlEntries({"rules": (TableEntry((Ternary(1, 1), ports, Exact(6)), (1, 5)),)})
    deployed(folder, rule, target)
    assert not deployed(folder, rule, target).has_changes
