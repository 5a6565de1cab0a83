"""A stock client: finsy's own switch, schema and entities."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import cast

import finsy as fy
import pytest
from finsy.p4entity import P4Replica

from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from tests.runtime.p4runtime.server.program import LAN, SPARE, WAN, datagram

DEADLINE_S = 30.0


def as_controller(
    switch: Switch, served: ServedProgram, folder: Path, ready: Callable[[fy.Switch], Awaitable[None]]
) -> None:
    """Let finsy make itself primary, set the pipeline and call `ready`; what goes wrong in it is raised here."""
    p4info = folder / "gate.p4info.txtpb"
    p4info.write_text(served.p4info)
    device_config = folder / "gate.json"
    device_config.write_bytes(b"{}")

    async def run() -> None:
        options = fy.SwitchOptions(p4info=p4info, p4blob=device_config)
        async with fy.Switch("gate", f"127.0.0.1:{switch.port}", options) as found:
            await ready(found)

    asyncio.run(asyncio.wait_for(run(), DEADLINE_S))


async def held(found: fy.Switch, *wanted: object) -> list[object]:
    """What the switch holds of this."""
    entities = cast(AsyncIterator[object], found.read(list(wanted)))  # type: ignore[arg-type]  # declared a coroutine
    return [entity async for entity in entities]


def test_finsy_sets_the_pipeline_and_fills_tables(switch: Switch, served: ServedProgram, tmp_path: Path) -> None:
    async def ready(found: fy.Switch) -> None:
        assert found.is_primary
        hosts = fy.P4TableEntry(
            "hosts", match=fy.Match(key0=0x0A000009), action=fy.Action("hosts_hit", value0=SPARE, value1=0xAA)
        )
        rules = fy.P4TableEntry(
            "rules",
            match=fy.Match(key0=(0x0A000000, 8), key1=(0x10, 0xF0), key2=(5, 9)),
            action=fy.Action("rules_hit", value0=7),
            priority=10,
        )
        await found.insert([hosts, rules])
        assert await held(found, fy.P4TableEntry("hosts"), fy.P4TableEntry("rules")) == [hosts, rules]
        with pytest.raises(fy.P4ClientError) as error:
            await found.insert([hosts])
        assert error.value.details[0].canonical_code == fy.GRPCStatusCode.ALREADY_EXISTS

        groups = served.manifest.program_groups
        assert groups is not None
        multicast = fy.P4MulticastGroupEntry(3 + groups.offset, replicas=(P4Replica(WAN, instance=groups.instance),))
        await found.insert([multicast])
        assert await held(found, fy.P4MulticastGroupEntry()) == [multicast]

        budget = fy.P4RegisterEntry("budget", index=1, data=1000 ^ 5)
        await found.modify([budget])
        assert await held(found, fy.P4RegisterEntry("budget", index=1)) == [budget]

    as_controller(switch, served, tmp_path, ready)
    assert [port for port, _ in switch.receive((WAN, datagram(dport=1)))] == [SPARE]


def test_finsy_hears_digests(switch: Switch, served: ServedProgram, tmp_path: Path) -> None:
    async def ready(found: fy.Switch) -> None:
        packets = found.read_packets()
        await asyncio.get_running_loop().run_in_executor(
            None, switch.receive, (LAN, datagram(src="192.0.2.1", sport=1))
        )
        async for packet in packets:
            assert (packet["record"], packet["sequence"]) == (1, 0)
            assert packet.payload == bytes([192, 0, 2, 1, 0, 0x10])
            break

    as_controller(switch, served, tmp_path, ready)


def test_finsy_finds_the_pipeline_that_it_set_before(switch: Switch, served: ServedProgram, tmp_path: Path) -> None:
    entry = fy.P4TableEntry("routes", match=fy.Match(key0=(0x0A000000, 8)), action=fy.Action("routes_hit", value0=1))

    async def fill(found: fy.Switch) -> None:
        await found.insert([entry])

    async def look(found: fy.Switch) -> None:
        assert await held(found, fy.P4TableEntry("routes")) == [entry]

    as_controller(switch, served, tmp_path, fill)
    as_controller(switch, served, tmp_path, look)  # the cookie is the same, so nothing is set anew
