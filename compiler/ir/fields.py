"""What an operation reads and defines, found by the annotations of its fields, and how to replace it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache

from compiler.ir.operations import BuiltHeader, Operation, Template
from compiler.ir.values import Constant, Operand, Value


@cache
def _fields_annotated(kind: type, *annotations: str) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(kind) if f.type in annotations)


def operands(operation: Operation) -> tuple[Operand, ...]:
    """Every operand that `operation` reads, in the order of its fields."""
    kind = type(operation)
    found: list[Operand] = []
    for name in _fields_annotated(kind, "Operand", "tuple[Operand, ...]", "Template | None"):
        match getattr(operation, name):
            case Value() | Constant() as operand:
                found.append(operand)
            case Template(headers=headers, data=data):
                for header in headers:
                    found.extend(header.fields)
                found.extend(data)
            case tuple() as several:
                found.extend(several)
            case _:
                pass
    return tuple(found)


def results(operation: Operation) -> tuple[Value, ...]:
    """Every value that `operation` defines, in the order of its fields."""
    found: list[Value] = []
    for name in _fields_annotated(type(operation), "Value", "tuple[Value, ...]"):
        match getattr(operation, name):
            case Value() as value:
                found.append(value)
            case tuple() as several:
                found.extend(several)
            case _:
                pass
    return tuple(found)


def replace_operands(operation: Operation, change: Callable[[Operand], Operand]) -> Operation:
    """The same operation with every operand replaced by what `change` makes of it."""
    changes: dict[str, object] = {}
    for name in _fields_annotated(type(operation), "Operand", "tuple[Operand, ...]", "Template | None"):
        match getattr(operation, name):
            case Value() | Constant() as operand:
                changes[name] = change(operand)
            case Template() as template:
                changes[name] = dataclasses.replace(
                    template,
                    headers=tuple(BuiltHeader(h.header, tuple(map(change, h.fields))) for h in template.headers),
                    data=tuple(map(change, template.data)),
                )
            case tuple() as several:
                changes[name] = tuple(map(change, several))
            case _:
                pass
    return dataclasses.replace(operation, **changes) if changes else operation


def replace_results(operation: Operation, change: Callable[[Value], Value]) -> Operation:
    """The same operation with every value that it defines replaced by what `change` makes of it."""
    changes: dict[str, object] = {}
    for name in _fields_annotated(type(operation), "Value", "tuple[Value, ...]"):
        found = getattr(operation, name)
        changes[name] = change(found) if isinstance(found, Value) else tuple(map(change, found))
    return dataclasses.replace(operation, **changes) if changes else operation
