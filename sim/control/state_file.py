"""Save the state of a run and go on from it.

A state file is JSON. `states` is the exact layout: slots, hands and generations, so that a run that was saved and
continued equals one that was not. `view` says the same for people, by the names of the source, and is not read back.
Tables are part of the state; tunables and multicast groups belong to the control plane's file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from compiler.diagnostics.suggest import closest
from compiler.ir.program import Program
from compiler.ir.states import State
from compiler.ir.types import Bits, Vector
from compiler.meaning.hashing import DEFAULT_SALT
from sim.control.abstract_state import abstract_state
from sim.control.atomic_write import write_text_atomically
from sim.control.errors import StateFileError, reason_of
from sim.state import RunState, StateError, build_states
from sim.state.snapshot_fields import UINT64, read_fields, read_number, shown

FORMAT: Final = "weft-state"
VERSION: Final = 1
_FIELDS: Final = ("format", "version", "program", "shares", "salt", "now_ns", "view", "states")


@dataclass(frozen=True, slots=True)
class SavedState:
    """A program's states as they were after the packet at `now_ns`, and the salt that places keys in their sets."""

    states: dict[str, RunState]
    now_ns: int
    salt: int


def save_state(
    path: Path | str, program: Program, states: Mapping[str, RunState], now_ns: int, *, salt: int = DEFAULT_SALT
) -> None:
    """Write a state file, whole or not at all; `StateFileError` where the system refuses."""
    saved = {state.name: {"declared": layout_of(state), **states[state.name].snapshot()} for state in program.states}
    content = {
        "format": FORMAT,
        "version": VERSION,
        "program": program.name,
        "shares": program.shares,
        "salt": hex(salt),
        "now_ns": now_ns,
        "view": abstract_state(program, states, now_ns),
        "states": saved,
    }
    try:
        write_text_atomically(str(path), _render_file(content))
    except OSError as error:
        raise StateFileError(str(path), f"cannot write: {reason_of(error)}") from error


def _render_file(content: Mapping[str, object]) -> str:
    """JSON with one line for each entry of a state, so that files can be compared line by line."""
    depths = {"view": 2, "states": 3}
    lines = [f"  {json.dumps(name)}: {_render(value, depths.get(name, 0), '  ')}" for name, value in content.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _render(value: object, depth: int, indent: str) -> str:
    """JSON of which the outermost `depth` levels have a line for each item."""
    inner = indent + "  "
    if depth and isinstance(value, dict) and value:
        items = [f"{inner}{json.dumps(name)}: {_render(item, depth - 1, inner)}" for name, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if depth and isinstance(value, list) and any(isinstance(item, list) for item in value):
        items = [f"{inner}{_render(item, depth - 1, inner)}" for item in value]
        return "[\n" + ",\n".join(items) + f"\n{indent}]"
    return json.dumps(value)


def load_state(path: Path | str, program: Program) -> SavedState:
    """Read a state file of `program`; `StateFileError` where it is damaged or of another program."""
    name = str(path)
    content = _read_json(name)
    try:
        return _restore(content, program)
    except StateError as error:
        raise StateFileError(name, error.problem, place=error.place) from error


def _read_json(path: str) -> object:
    try:
        return json.loads(Path(path).read_bytes().decode("utf-8"))
    except OSError as error:
        raise StateFileError(path, f"cannot read: {reason_of(error)}") from error
    except UnicodeDecodeError as error:
        raise StateFileError(path, f"not a state file: no UTF-8 text (byte {error.start})") from error
    except RecursionError as error:
        raise StateFileError(path, "not a state file: nested too deeply") from error
    except ValueError as error:  # of json, or of a number with thousands of digits
        raise StateFileError(path, f"not a state file: {error}") from error


def _restore(content: object, program: Program) -> SavedState:
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise StateError("format", f"not a state file: `format` is not {FORMAT!r}")
    if content.get("version") != VERSION:
        found = shown(content.get("version"))
        raise StateError("version", f"this release reads state files of version {VERSION}, not {found}")
    values = read_fields(content, *_FIELDS, place="the file")
    fields_found = dict(zip(_FIELDS, values, strict=True))
    shares = read_number(fields_found["shares"], most=1 << 16, place="shares")
    if shares != program.shares:
        raise StateError("shares", f"saved with {shares} shares, and the program has {program.shares} now")
    salt = read_number(fields_found["salt"], most=UINT64, place="salt")
    now_ns = read_number(fields_found["now_ns"], most=UINT64, place="now_ns")
    states = build_states(program, salt=salt)
    _restore_all(states, fields_found["states"])
    return SavedState(states, now_ns, salt)


def _restore_all(states: Mapping[str, RunState], saved: object) -> None:
    if not isinstance(saved, dict):
        raise StateError("states", f"expected the states by name, found {shown(saved)}")
    for name in saved:
        if name not in states:
            meant = closest(name, states)
            hint = f" (did you mean `{meant}`?)" if meant else ""
            raise StateError(shown(name), f"the program has no state of this name{hint}")
    for name, state in states.items():
        if name not in saved:
            raise StateError(name, "the file has no such state; it was saved by another program")
        _restore_one(state, saved[name])


def _restore_one(state: RunState, found: object) -> None:
    name = state.declaration.name
    if not isinstance(found, dict) or "declared" not in found:
        raise StateError(name, f"expected a saved state with its declaration, found {shown(found)}")
    declared, now = found["declared"], layout_of(state.declaration)
    if declared != now:
        raise StateError(name, _layout_difference(declared, now))
    state.restore({field: value for field, value in found.items() if field != "declared"})


def _layout_difference(saved: object, now: dict[str, object]) -> str:
    if isinstance(saved, dict):
        for field, value in now.items():
            if saved.get(field) != value:
                return f"saved with {field} {_short(saved.get(field))}, and the program has {_short(value)} now"
    return "saved under another declaration"


def _short(value: object) -> str:
    return json.dumps(value)[:60]


# What may change between two runs: words, what messages say, and what only new entries are asked for.
_IGNORED: Final = frozenset(
    {"name", "span", "key_shape", "value_shape", "shape", "capacity", "steps", "default", "size"}
)


def layout_of(state: State) -> dict[str, object]:
    """What of a declaration the saved layout depends on, in plain JSON types; names and defaults may change."""
    layout: dict[str, object] = {"kind": type(state).__name__.lower()}
    for field in fields(state):
        if field.name not in _IGNORED:
            layout[field.name] = _plain(getattr(state, field.name))
    return layout


def _plain(value: object) -> object:
    match value:
        case Bits(width=width):
            return f"u{width}"
        case Vector(width=width, lanes=lanes):
            return f"u{width}[{lanes}]"
        case tuple():
            return [_plain(item) for item in value]
        case None | bool() | int() | str():
            return value
        case _:
            return str(getattr(value, "value", value))
