"""`weft run`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from weft.engines import chosen_engine
from weft.program_to_run import prepare
from weft.replay import Replay, replay, total_bytes
from weft.run_summary import summary_data, summary_remarks, summary_tables
from weft.terminal import progress, write_json, write_note, write_tables


def run_program(
    file: Path,
    inputs: Sequence[str],
    *,
    out_dir: Path,
    entries: Path | None,
    state_in: Path | None,
    state_out: Path | None,
    engine: str | None,
    tolerate_truncation: bool,
    as_json: bool,
) -> None:
    """Run a program on captures, write what leaves it, print the summary."""
    chosen = chosen_engine(engine)
    ready = prepare(file, inputs, entries=entries, state_in=state_in, warn=True)
    with progress(f"running {ready.program.name}", total=total_bytes(ready.inputs.values())) as advance:
        replayed = replay(
            ready.program,
            ready.inputs,
            out_dir=out_dir,
            entries=ready.entries,
            state_in=ready.state_in,
            state_out=state_out,
            engine=chosen,
            tolerate_truncation=tolerate_truncation,
            progress=advance,
        )
    print_replay(replayed, as_json=as_json)


def print_replay(replayed: Replay, *, as_json: bool) -> None:
    """Print the summary of a run; what is advice goes to standard error."""
    for warning in replayed.warnings:
        write_note(f"warning: {warning}")
    if as_json:
        write_json(summary_data(replayed))
    else:
        write_tables(summary_tables(replayed))
    for remark in summary_remarks(replayed):
        write_note(f"note: {remark}")
