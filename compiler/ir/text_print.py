"""Programs as text, for people and for `text_parse`.

    [g1]   %ipv4.src_3: u32 = read_field ipv4, src                      // nat.weft:12: let s = p.src;

Operations are indented by the depth of their guard; comments name the source line.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from enum import Enum

from compiler.ir.fields import results
from compiler.ir.operations import Operation
from compiler.ir.program import Guard, Program
from compiler.ir.text_form import is_bare, layout, snake_case
from compiler.ir.types import Bits, Blob, Type, Vector
from compiler.ir.values import Constant, Value
from compiler.source import Span

_LINE_WIDTH = 100
_COMMENT_COLUMN = 88
_DECIMAL_BELOW = 1 << 17


def render_program(program: Program) -> str:
    """The text form of `program`, complete: `parse_program` gives back an equal one."""
    lines = [f"program {json.dumps(program.name)}", f"shares {program.shares}"]
    for section in ("ports", "headers", "states", "tunables", "records", "handlers", "envelopes"):
        lines += _section(section, getattr(program, section))
    lines += ["", "guards"]
    lines += [f"  g{i} = {_guard(guard)}" for i, guard in enumerate(program.guards)]
    lines += ["", "operations"]
    depths = _guard_depths(program)
    for operation in program.operations:
        depth = depths[operation.guard] if operation.guard < len(depths) else 0
        lines.append(
            _with_comment(f"  [g{operation.guard}] {'  ' * depth}{render_operation(operation)}", operation.span)
        )
    return "\n".join(lines) + "\n"


def render_operation(operation: Operation) -> str:
    """One operation on one line, without its guard and source line."""
    form = layout(type(operation))
    kind = snake_case(type(operation).__name__)
    if form.suffix is not None:
        kind += f".{getattr(operation, form.suffix).value}"
    arguments = [render_literal(getattr(operation, name), quoted=False) for name in form.positional]
    defaults = {f.name: f.default for f in dataclasses.fields(operation)}
    for name in form.named:
        item = getattr(operation, name)
        if not _is_default(item, defaults[name]):
            arguments.append(f"{name}={render_literal(item, quoted=False)}")
    defined = ", ".join(_definition(getattr(operation, name)) for name in form.results)
    call = f"{kind} {', '.join(arguments)}".rstrip()
    return f"{defined} = {call}" if results(operation) or form.results else call


def render_type(of: Type) -> str:
    match of:
        case Bits(width=width):
            return f"u{width}"
        case Vector(width=width, lanes=lanes):
            return f"u{width}[{lanes}]"
        case Blob(max_bytes=max_bytes):
            return f"bytes[{max_bytes}]"


def render_value(value: Value) -> str:
    if not value.name:
        return f"%{value.number}"
    name = value.name if is_bare(value.name) else json.dumps(value.name)
    return f"%{name}_{value.number}"


def render_literal(item: object, *, quoted: bool = True) -> str:
    """Any part of a program on one line; `quoted`: text is always in quotes."""
    match item:
        case str():
            return json.dumps(item) if quoted or not is_bare(item) else item
        case tuple():
            return f"({', '.join(render_literal(part, quoted=quoted) for part in item)})"
        case None | bool():
            return str(item).lower()
        case int():
            return str(item) if item < _DECIMAL_BELOW else hex(item)
        case Bits() | Vector() | Blob():
            return render_type(item)
        case Value():
            return render_value(item)
        case Constant():
            return f"{render_literal(item.value)}{render_type(item.type)}"
        case Enum():
            return f"{snake_case(type(item).__name__)}.{item.value}"
        case _:
            return f"{_call_name(item)}({', '.join(p + render_literal(part) for p, part in _call_parts(item))})"


def _section(title: str, items: tuple[object, ...]) -> list[str]:
    if not items:
        return []
    return ["", title, *(line for item in items for line in _wrapped("", item, "  "))]


def _wrapped(prefix: str, item: object, indent: str, end: str = "") -> Iterator[str]:
    """The lines of a literal, its parts on lines of their own where one line is too long."""
    line = f"{indent}{prefix}{render_literal(item)}{end}"
    parts = [("", part) for part in item] if isinstance(item, tuple) else _call_parts(item)
    if len(line) <= _LINE_WIDTH or not parts:
        yield line
        return
    name = "" if isinstance(item, tuple) else _call_name(item)
    yield f"{indent}{prefix}{name}("
    for part_prefix, part in parts:
        yield from _wrapped(part_prefix, part, indent + "  ", ",")
    yield f"{indent}){end}"


def _call_name(item: object) -> str:
    return snake_case(type(item).__name__)


def _call_parts(item: object) -> list[tuple[str, object]]:
    """The fields that a call names, each with `name=` where its place does not say which it is."""
    if not dataclasses.is_dataclass(item) or isinstance(item, (Bits, Vector, Blob, Constant, Value)):
        return []
    parts: list[tuple[str, object]] = []
    by_place = True
    for field in dataclasses.fields(item):
        value = getattr(item, field.name)
        if not field.compare:
            continue
        if _is_default(value, field.default):
            by_place = False
            continue
        by_place = by_place and not field.kw_only
        parts.append(("" if by_place else f"{field.name}=", value))
    return parts


def _is_default(value: object, default: object) -> bool:
    return type(value) is type(default) and value == default


def _guard(guard: Guard) -> str:
    if guard.condition is None:
        return "root"
    return f"g{guard.parent} {'if' if guard.polarity else 'unless'} {render_value(guard.condition)}"


def _guard_depths(program: Program) -> list[int]:
    depths: list[int] = []
    for number, guard in enumerate(program.guards):
        depths.append(depths[guard.parent] + 1 if guard.condition is not None and guard.parent < number else 0)
    return depths


def _definition(value: Value | tuple[Value, ...]) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_definition, value))})"
    return f"{render_value(value)}: {render_type(value.type)}"


def _with_comment(line: str, span: Span) -> str:
    text = span.source.line(span.line).strip()
    return f"{line:<{_COMMENT_COLUMN}} // {span.source.name}:{span.line}: {text}" if text else line
