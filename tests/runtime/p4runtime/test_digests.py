from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest

from backends.p4.manifest import DigestRecord, PacketIn
from runtime.p4runtime.compiled_folder import CompiledFolder
from runtime.p4runtime.digests import Digest, DigestError, Losses, NoDigestsError, digests, read_digest
from runtime.p4runtime.errors import OtherProgramError
from runtime.p4runtime.server.pipeline import ServedProgram
from runtime.p4runtime.server.switch import Switch
from runtime.p4runtime.target import Target
from tests.runtime.p4runtime.server.controller import primary
from tests.runtime.p4runtime.server.program import LAN, datagram, served_program

PACKET_IN = PacketIn(header_bytes=6, record_bits=16, records=(DigestRecord("Seen", 1, 6),))
# Record 1, sequence number 258; 192.0.2.7, the 12 bits of 0xabc, and 4 bits to whole bytes.
BYTES = bytes([0, 1, 0, 0, 1, 2, 192, 0, 2, 7, 0xAB, 0xC0])


def test_bytes_become_a_record() -> None:
    found = read_digest(served_program().program, PACKET_IN, BYTES)
    assert found == Digest("Seen", {"client": "192.0.2.7", "sport": 0xABC}, 258)


@pytest.mark.parametrize("wrong", [b"", BYTES[:5], BYTES[:-1], BYTES + b"\0", b"\0\2" + BYTES[2:]])
def test_other_bytes_are_refused(wrong: bytes) -> None:
    with pytest.raises(DigestError, match="no digest of `gate`"):
        read_digest(served_program().program, PACKET_IN, wrong)


def test_gaps_in_the_numbers_are_losses() -> None:
    losses = Losses()
    for sequence in (0xFFFF_FFFE, 0xFFFF_FFFF, 0, 3, 4):  # what came before the first one is not known
        losses.saw(Digest("Seen", {}, sequence))
    assert losses.lost == 2


def folder_of(served: ServedProgram) -> CompiledFolder:
    return CompiledFolder(Path("gate"), served.manifest, served.program, served.p4info, None)


async def two(folder: CompiledFolder, switch: Switch) -> list[Digest]:
    """Two digests one after another, the first of those that come once somebody listens."""
    stream = digests(folder, Target("127.0.0.1", switch.port, device_id=1), election_id=7)
    loop = asyncio.get_running_loop()
    found: list[Digest] = []
    for sport in (5, 6):
        waiting = asyncio.ensure_future(anext(stream))
        while not waiting.done():  # nobody tells when the switch has taken us for its primary
            await loop.run_in_executor(None, switch.receive, (LAN, datagram(src=f"192.0.2.{sport}", sport=sport)))
            await asyncio.wait({waiting}, timeout=0.05)
        found.append(waiting.result())
    await stream.aclose()
    return found


def test_digests_of_a_switch_arrive_with_their_numbers() -> None:
    served = served_program()
    with Switch(served, address="127.0.0.1:0") as switch:
        with primary(switch.port) as controller:
            controller.set_pipeline(served)
        first, second = asyncio.run(two(folder_of(served), switch))
    assert first.record == "Seen"
    assert first.value == {"client": "192.0.2.5", "sport": 5}
    assert second.sequence > first.sequence


def test_a_switch_with_another_program_is_told() -> None:
    served = served_program()
    other = served_program("use std::net;\nport lan, wan;\non lan | wan (_) { drop }\n", "other")
    with Switch(other, address="127.0.0.1:0") as switch:
        with primary(switch.port) as controller:
            controller.set_pipeline(other)
        with pytest.raises(OtherProgramError):
            asyncio.run(two(folder_of(served), switch))


def test_a_program_without_digests_is_told() -> None:
    served = served_program()
    folder = folder_of(ServedProgram(msgspec.structs.replace(served.manifest, packet_in=None), served.program, ""))
    with pytest.raises(NoDigestsError, match="`gate` has no digests"):
        asyncio.run(anext(digests(folder, Target("127.0.0.1", 1, device_id=1), election_id=1)))


def test_values_are_json() -> None:
    found = read_digest(served_program().program, PACKET_IN, BYTES)
    assert json.loads(json.dumps(found.value)) == found.value
