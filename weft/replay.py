"""Run a program over captures and leave captures, digests and state in files: what `weft run` does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from compiler.ir.literals import render_value
from compiler.ir.program import Program
from compiler.meaning.hashing import DEFAULT_SALT
from sim.captures import Capture, CaptureFileError, Packet, PortCaptures, TruncatedCapture, merge, open_capture
from sim.control import SavedState, save_state
from sim.interpreter import DigestRecord, DigestSink, Run, Summary
from sim.native import NativeRun
from sim.state import NO_ENTRIES, ControlEntries, RunState, TableArrayState, TableState
from weft.failures import UsageError
from weft.json_lines import JsonLines

DIGESTS_FILE: Final = "digests.jsonl"
_PACKETS_PER_REPORT: Final = 500

Engine: TypeAlias = type[Run] | type[NativeRun]


@dataclass(frozen=True, slots=True)
class Replay:
    """A finished run: what became of its packets, the states after it, and the files that were written."""

    program: Program
    summary: Summary
    states: dict[str, RunState]
    captures: dict[int, Path]  # by port number
    digests: Path | None  # None: the program has no digests
    warnings: tuple[str, ...]


def replay(
    program: Program,
    inputs: Mapping[int, Path],
    *,
    out_dir: Path,
    entries: ControlEntries = NO_ENTRIES,
    state_in: SavedState | None = None,
    state_out: Path | None = None,
    engine: Engine = Run,
    tolerate_truncation: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Replay:
    """Run `program` on the captures of `inputs` (by port number), merged by time.

    Writes `out_dir`/PORT.pcap for every port, digests.jsonl where the program has digests, and `state_out`; all
    when the run is over, and none of them where it fails. `progress` is called now and then with the bytes read.
    Raises `UsageError`, `CaptureError`, `ControlError`, `StateError`, `InterpreterError`, `NativeError` or
    `OSError`.
    """
    outputs = {number: out_dir / f"{_file_name(port.name)}.pcap" for number, port in enumerate(program.ports)}
    digests_path = out_dir / DIGESTS_FILE if program.records else None
    _check_inputs_stay(inputs.values(), [*outputs.values(), *filter(None, [digests_path, state_out])])
    with ExitStack() as stack:
        opened = open_inputs(inputs, stack, tolerate_truncation=tolerate_truncation)
        run = start_run(program, entries=entries, state_in=state_in, engine=engine)
        stack.enter_context(_directory(out_dir))
        digests = stack.enter_context(JsonLines(digests_path)) if digests_path else None
        captures = stack.enter_context(PortCaptures(outputs))
        summary = _carried_out(run, opened, captures, digest=_digest_writer(program, digests), progress=progress)
        if state_out is not None:
            salt = DEFAULT_SALT if state_in is None else state_in.salt
            now_ns = summary.last_ns if summary.last_ns is not None else (state_in.now_ns if state_in else 0)
            save_state(state_out, program, run.states, now_ns, salt=salt)
    warnings = tuple(_tolerated(capture.warning) for capture in opened if capture.warning is not None)
    return Replay(program, summary, run.states, outputs, digests_path, warnings)


def _tolerated(warning: TruncatedCapture) -> str:
    return f"{warning.path}: {warning.problem} ({warning.place}); what is in front of that was used"


def open_inputs(inputs: Mapping[int, Path], stack: ExitStack, *, tolerate_truncation: bool) -> list[Capture]:
    """Open the capture of every port; `stack` closes them."""
    return [
        stack.enter_context(open_capture(path, port=port, tolerate_truncation=tolerate_truncation))
        for port, path in inputs.items()
    ]


_RunOfEngine = TypeVar("_RunOfEngine", bound=Run | NativeRun)


def start_run(
    program: Program, *, entries: ControlEntries, state_in: SavedState | None, engine: type[_RunOfEngine]
) -> _RunOfEngine:
    """A run from the start, or on from a saved state, whose tables `entries` replace where it names them."""
    if state_in is None:
        return engine(program, entries=entries)
    for name, state in state_in.states.items():
        match state:
            case TableState() if name in entries.tables:
                state.replace(entries.tables[name])
            case TableArrayState() if name in entries.arrays:
                state.replace(entries.arrays[name])
            case _:
                pass
    return engine(program, entries=entries, states=state_in.states, salt=state_in.salt)


def _carried_out(
    run: Run | NativeRun,
    opened: Sequence[Capture],
    captures: PortCaptures,
    *,
    digest: DigestSink,
    progress: Callable[[int], None] | None,
) -> Summary:
    if isinstance(run, NativeRun):
        return run.feed_captures(opened, captures, digest=digest, progress=progress)
    packets = _counted(opened, progress) if progress else merge(opened)
    return run.feed(packets, send=captures.write, digest=digest)


def total_bytes(inputs: Iterable[Path]) -> int | None:
    """The size of all captures; None where one has none, such as standard input."""
    total = 0
    for path in inputs:
        try:
            if not path.is_file():
                return None
            total += path.stat().st_size
        except OSError:
            return None
    return total


def digest_data(program: Program, time_ns: int, record: DigestRecord) -> dict[str, object]:
    """A digest in plain JSON types, by the names of the source."""
    name, leaves = record
    ports = [port.name for port in program.ports]
    return {"time_ns": time_ns, "digest": name, "value": render_value(program.record(name), leaves, ports=ports)}


def _file_name(port: str) -> str:
    """`any[3]` as `any-3`: brackets mean something to shells."""
    return port.replace("[", "-").replace("]", "")


def _check_inputs_stay(inputs: Iterable[Path], outputs: Sequence[Path]) -> None:
    for path in inputs:
        if any(output.exists() and path.exists() and output.samefile(path) for output in outputs):
            raise UsageError(f"the run would overwrite its own input {path}", help="name another `--out-dir`")


def _digest_writer(program: Program, lines: JsonLines | None) -> DigestSink:
    def write(time_ns: int, record: DigestRecord) -> None:
        if lines is not None:
            lines.write(digest_data(program, time_ns, record))

    return write


def _counted(opened: Sequence[Capture], progress: Callable[[int], None]) -> Iterator[Packet]:
    for number, packet in enumerate(merge(opened)):
        if number % _PACKETS_PER_REPORT == 0:
            progress(sum(capture.bytes_read for capture in opened))
        yield packet


@contextmanager
def _directory(folder: Path) -> Iterator[None]:
    """Make `folder` and those above it; remove those that it made if what is done in it fails."""
    made: list[Path] = []
    missing = folder
    while not missing.exists() and missing != missing.parent:
        made.append(missing)
        missing = missing.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CaptureFileError(str(folder), f"cannot create the folder: {error.strerror or error}") from error
    try:
        yield
    except BaseException:
        for path in made:
            with suppress(OSError):  # something else is in it by now
                path.rmdir()
        raise
