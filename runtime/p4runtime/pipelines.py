"""The program that a switch runs: whether it is the folder's, and how to put another one in its place and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from finsy.proto import p4i, p4r
from google.protobuf import text_format

from runtime.p4runtime.client import SwitchConnection
from runtime.p4runtime.compiled_folder import CompiledFolder
from runtime.p4runtime.errors import DeployError, FolderError, OtherProgramError, PipelineRefusedError, SwitchError
from runtime.p4runtime.program_on_switch import BATCH


def pipeline_of(folder: CompiledFolder) -> p4r.ForwardingPipelineConfig:
    """What to give a switch that shall run the folder's program; without the device's part where p4c made none."""
    cookie = p4r.ForwardingPipelineConfig.Cookie(cookie=folder.cookie)
    return p4r.ForwardingPipelineConfig(
        p4info=p4info_of(folder), p4_device_config=folder.device_config or b"", cookie=cookie
    )


def p4info_of(folder: CompiledFolder) -> p4i.P4Info:
    try:
        return text_format.Parse(folder.p4info, p4i.P4Info())
    except (text_format.ParseError, ValueError) as error:
        path = folder.path / folder.manifest.p4info
        raise FolderError(f"{path}: not P4Info: {error}", help="compile again") from error


async def runs(switch: SwitchConnection, wanted: p4r.ForwardingPipelineConfig) -> tuple[bool, bool]:
    """Whether the device runs anything, and whether that is exactly what is wanted."""
    running = await switch.pipeline()
    if running is None:
        return False, False
    if running.p4info != wanted.p4info:
        return True, False
    if not wanted.p4_device_config:
        return True, True  # no more than its P4Info is known of what is wanted
    if running.HasField("cookie"):
        return True, running.cookie.cookie == wanted.cookie.cookie
    # Somebody else's, or a switch that keeps no cookies.
    running = await switch.pipeline(with_config=True)
    return True, running is not None and running.p4_device_config == wanted.p4_device_config


async def check_runs(switch: SwitchConnection, folder: CompiledFolder) -> None:
    """Raise `OtherProgramError` unless the device runs a program with the folder's tables."""
    running = await switch.pipeline()
    device = f"device {switch.target.device_id} of the switch at {switch.target.address}"
    if running is None:
        raise OtherProgramError(f"{device} runs no program", help="`weft deploy` it first; is --device-id right?")
    if running.p4info != p4info_of(folder):
        raise OtherProgramError(
            f"{device} runs another program than {folder.path}, or another version of it",
            help="name the folder that was deployed, or `weft deploy` this one first",
        )


@dataclass(frozen=True, slots=True)
class Previous:
    """What a device ran, and all that controllers had written into it. `pipeline`: None where it ran nothing."""

    pipeline: p4r.ForwardingPipelineConfig | None
    profiles: tuple[p4r.Entity, ...]
    copies: tuple[p4r.Entity, ...]  # multicast groups and clone sessions
    entries: tuple[p4r.Entity, ...]
    defaults: tuple[p4r.Entity, ...]

    @property
    def entities(self) -> tuple[p4r.Entity, ...]:
        """In the order in which they can be inserted."""
        return (*self.profiles, *self.copies, *self.entries)


async def remembered(switch: SwitchConnection) -> Previous:
    """Read everything that a new program would sweep away."""
    pipeline = await switch.pipeline(with_config=True)
    if pipeline is None:
        return Previous(None, (), (), (), ())
    info = pipeline.p4info
    tables = [table for table in info.tables if not table.is_const_table]
    changeable = [table for table in tables if not table.const_default_action_id]
    return Previous(
        pipeline,
        profiles=tuple(await _profiles(switch, info)),
        copies=tuple(await _copies(switch)),
        entries=tuple(await _entries(switch, [table.preamble.id for table in tables])),
        defaults=tuple(await _defaults(switch, [table.preamble.id for table in changeable])),
    )


async def replace_pipeline(switch: SwitchConnection, wanted: p4r.ForwardingPipelineConfig, previous: Previous) -> None:
    """Put the wanted program in the place of the previous one; `PipelineRefusedError` where the switch refuses it.

    Groups are removed before: bmv2 keeps them through a change of programs but its P4Runtime server forgets them,
    and a group of the same number would then send every copy twice.
    """
    await _delete(switch, previous.copies)
    try:
        await switch.set_pipeline(wanted)
    except SwitchError as error:
        raise PipelineRefusedError(
            f"the switch at {switch.target.address} does not take the program: {error.said} ({error.code})",
            help="is it too large for the device, or compiled for another one?",
        ) from error


async def restored(switch: SwitchConnection, previous: Previous) -> str | None:
    """Bring back what the device ran before; None if nothing is lost, else words for what is there now."""
    if previous.pipeline is None:
        return await _without_program(switch)
    if await _is_intact(switch, previous):
        await _insert(switch, previous.copies)
        return None
    await _delete(switch, await _copies(switch))
    try:
        await switch.set_pipeline(previous.pipeline)
    except SwitchError:
        # bmv2 takes no new program while a refused one is half way in.
        await switch.commit_pipeline()
        await switch.set_pipeline(previous.pipeline)
    await _insert(switch, previous.entities)
    tables = [entity.table_entry.table_id for entity in previous.defaults]
    fresh = {_written(entity) for entity in await _defaults(switch, tables)}
    changed = [entity for entity in previous.defaults if _written(entity) not in fresh]
    await _write(switch, [p4r.Update(type=p4r.Update.MODIFY, entity=entity) for entity in changed])
    return (
        f"the switch runs its previous program again, with its {len(previous.entries):,} entries; "
        "what that had counted and stored is lost"
    )


async def _without_program(switch: SwitchConnection) -> str | None:
    """P4Runtime cannot take a program away, so a device that had none may be left with the new one."""
    if await switch.pipeline() is None:
        return None
    return "the switch ran no program before; it runs the new one now, with empty tables"


async def _is_intact(switch: SwitchConnection, previous: Previous) -> bool:
    """Whether a refused program has left the previous one as it was, but for its groups."""
    try:
        now = await remembered(switch)
    except DeployError:
        return False
    if now.pipeline != previous.pipeline or now.copies:
        return False
    return all(
        set(map(_written, a)) == set(map(_written, b))
        for a, b in (
            (now.profiles, previous.profiles),
            (now.entries, previous.entries),
            (now.defaults, previous.defaults),
        )
    )


def _written(entity: p4r.Entity) -> bytes:
    return entity.SerializeToString(deterministic=True)


async def _entries(switch: SwitchConnection, tables: Iterable[int]) -> list[p4r.Entity]:
    wanted = [p4r.Entity(table_entry=p4r.TableEntry(table_id=table)) for table in tables]
    found = await switch.read(wanted) if wanted else []
    return [entity for entity in found if not entity.table_entry.is_default_action]


async def _defaults(switch: SwitchConnection, tables: Iterable[int]) -> list[p4r.Entity]:
    entries = [p4r.TableEntry(table_id=table, is_default_action=True) for table in tables]
    found = await switch.read([p4r.Entity(table_entry=entry) for entry in entries]) if entries else []
    return [entity for entity in found if entity.table_entry.HasField("action")]


async def _copies(switch: SwitchConnection) -> list[p4r.Entity]:
    engine = p4r.PacketReplicationEngineEntry
    groups = engine(multicast_group_entry=p4r.MulticastGroupEntry())
    sessions = engine(clone_session_entry=p4r.CloneSessionEntry())
    return [
        *await switch.read([p4r.Entity(packet_replication_engine_entry=groups)]),
        *await _read_if_it_can(switch, [p4r.Entity(packet_replication_engine_entry=sessions)]),
    ]


async def _profiles(switch: SwitchConnection, info: p4i.P4Info) -> list[p4r.Entity]:
    ids = [profile.preamble.id for profile in info.action_profiles]
    if not ids:
        return []
    members = [p4r.Entity(action_profile_member=p4r.ActionProfileMember(action_profile_id=id_)) for id_ in ids]
    groups = [p4r.Entity(action_profile_group=p4r.ActionProfileGroup(action_profile_id=id_)) for id_ in ids]
    return [*await _read_if_it_can(switch, members), *await _read_if_it_can(switch, groups)]


async def _read_if_it_can(switch: SwitchConnection, wanted: Sequence[p4r.Entity]) -> list[p4r.Entity]:
    """What a switch says, nothing where it says that it does not know this kind of thing."""
    try:
        return await switch.read(wanted)
    except SwitchError:
        return []


async def _insert(switch: SwitchConnection, entities: Iterable[p4r.Entity]) -> None:
    await _write(switch, [p4r.Update(type=p4r.Update.INSERT, entity=entity) for entity in entities])


async def _delete(switch: SwitchConnection, entities: Iterable[p4r.Entity]) -> None:
    await _write(switch, [p4r.Update(type=p4r.Update.DELETE, entity=entity) for entity in entities])


async def _write(switch: SwitchConnection, updates: Sequence[p4r.Update]) -> None:
    for start in range(0, len(updates), BATCH):
        await switch.write(updates[start : start + BATCH])
