"""`weft digests`: what a deployed program tells the control plane, a line each."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

from runtime.p4runtime.compiled_folder import CompiledFolder, load_folder
from runtime.p4runtime.digests import Losses, digests, require_packet_in
from runtime.p4runtime.target import Target
from weft.switch_target import SwitchOptions
from weft.terminal import flush_results, write_note, write_result


def print_digests(folder: Path, switch: SwitchOptions, *, count: int | None, election_id: int, as_json: bool) -> None:
    """Print digests as they come, until there were `count`, the switch goes away or the user has seen enough."""
    target, compiled = switch.target(), load_folder(folder)
    require_packet_in(compiled.manifest)
    losses = Losses()
    try:
        asyncio.run(_print(compiled, target, losses, count=count, election_id=election_id, as_json=as_json))
    except KeyboardInterrupt:
        pass  # that is how one ends it
    finally:
        if losses.lost:
            write_note(f"warning: {losses.lost:,} digests did not arrive: their numbers are missing")


async def _print(
    folder: CompiledFolder, target: Target, losses: Losses, *, count: int | None, election_id: int, as_json: bool
) -> None:
    seen = 0
    async with aclosing(digests(folder, target, election_id=election_id)) as stream:
        async for digest in stream:
            losses.saw(digest)
            if as_json:
                line = {"sequence": digest.sequence, "record": digest.record, "value": digest.value}
                write_result(json.dumps(line, ensure_ascii=False))
            else:
                write_result(f"{digest.record} {json.dumps(digest.value, ensure_ascii=False)}")
            flush_results()
            seen += 1
            if seen == count:
                return
