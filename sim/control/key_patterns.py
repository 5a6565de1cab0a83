"""Patterns of table keys as people write them.

| match | written as |
|---|---|
| exact | the value |
| lpm | `"10.0.0.0/8"`, a value (all of its bits), or `"*"` |
| ternary | `{ value = ..., mask = ... }`, `"10.0.0.0/8"`, a value (all of its bits), or `"*"` |
| range | `"80..443"`, both included, a value, or `"*"` |
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.ir.literals import (
    LeafShape,
    LiteralError,
    described,
    leaf_shapes,
    parse_leaf,
    parse_number,
    render_number,
    render_value,
    split_value,
)
from compiler.ir.states import MatchKind, Table
from compiler.ir.types import Scalar, VectorShape
from sim.state.entries import Exact, Pattern, Prefix, Range, Ternary

ANY = "*"


def render_key(table: Table, key: Sequence[Pattern], *, ports: Sequence[str]) -> list[str]:
    """The patterns of a key, each as text, ternary ones as `value & mask`."""
    shapes = leaf_shapes(table.key_shape)
    return [_render_pattern(pattern, shape, ports) for pattern, shape in zip(key, shapes, strict=True)]


def _render_pattern(pattern: Pattern, shape: LeafShape, ports: Sequence[str]) -> str:
    if isinstance(pattern, Exact):
        return str(render_value(shape, [pattern.value], ports=ports))
    scalar = _scalar(shape)

    def text(number: int) -> str:
        return str(render_number(scalar, number, ports=ports))

    match pattern:
        case Prefix(value=value, length=length):
            return f"{text(value)}/{length}" if length else ANY
        case Ternary(value=value, mask=mask):
            return f"{text(value)} & {mask:#x}" if mask else ANY
        case Range(low=low, high=high):
            return f"{text(low)}..{text(high)}"


def parse_key(table: Table, found: object, *, ports: Sequence[str], path: str = "key") -> tuple[Pattern, ...]:
    """The patterns of one entry's key; `LiteralError` where they are none."""
    parts = split_value(table.key_shape, found, path)
    return tuple(
        _parse_pattern(kind, shape, part, ports, place)
        for kind, (shape, part, place) in zip(table.match, parts, strict=True)
    )


def _parse_pattern(kind: MatchKind, shape: LeafShape, found: object, ports: Sequence[str], path: str) -> Pattern:
    match kind:
        case MatchKind.EXACT:
            return Exact(parse_leaf(shape, found, ports=ports, path=path))
        case MatchKind.PREFIX:
            return _prefix(_scalar(shape), found, ports, path)
        case MatchKind.TERNARY:
            return _ternary(_scalar(shape), found, ports, path)
        case MatchKind.RANGE:
            return _range(_scalar(shape), found, ports, path)


def _scalar(shape: LeafShape) -> Scalar:
    """Names of variants and flags have no order and no prefixes: there, such patterns are written in numbers."""
    assert not isinstance(shape, VectorShape), "vectors match exactly"
    return shape if isinstance(shape, Scalar) else Scalar("uint", shape.width)


def _prefix(shape: Scalar, found: object, ports: Sequence[str], path: str) -> Prefix:
    expected = f'a prefix: {described(shape)}, "/" and 0..{shape.width}; or "*"'
    if found == ANY:
        return Prefix(0, 0)
    address, slash, digits = found.rpartition("/") if isinstance(found, str) else (found, "", "")
    if not slash:
        return Prefix(_number(shape, found, ports, path, expected), shape.width)
    length = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 4 else shape.width + 1
    if length > shape.width:
        raise LiteralError(path, expected, found)
    value = _number(shape, address, ports, path, expected)
    kept = value >> (shape.width - length) << (shape.width - length)
    if kept != value:
        meant = f"{render_number(shape, kept, ports=ports)}/{length}"
        raise LiteralError(path, f"a prefix without bits after the first {length}", found, suggestion=meant)
    return Prefix(value, length)


def _ternary(shape: Scalar, found: object, ports: Sequence[str], path: str) -> Ternary:
    everything = (1 << shape.width) - 1
    if found == ANY:
        return Ternary(0, 0)
    if isinstance(found, str) and "/" in found:
        prefix = _prefix(shape, found, ports, path)
        return Ternary(prefix.value, everything >> (shape.width - prefix.length) << (shape.width - prefix.length))
    expected = f'{described(shape)}, {{ value, mask }} of such, a prefix, or "*"'
    if not isinstance(found, dict):
        return Ternary(_number(shape, found, ports, path, expected), everything)
    if found.keys() != {"value", "mask"}:
        raise LiteralError(path, expected, found)
    value = _number(shape, found["value"], ports, f"{path}.value", described(shape))
    mask = _mask(shape, found["mask"], f"{path}.mask")
    if value & ~mask:
        meant = str(render_number(shape, value & mask, ports=ports))
        raise LiteralError(f"{path}.value", "no bits outside the mask", found["value"], suggestion=meant)
    return Ternary(value, mask)


def _mask(shape: Scalar, found: object, path: str) -> int:
    """A mask is written like a value, or as a plain number."""
    try:
        return parse_number(Scalar("uint", shape.width), found, path=path)
    except LiteralError:
        return _number(shape, found, (), path, f"a mask: {described(shape)}, or a number")


def _range(shape: Scalar, found: object, ports: Sequence[str], path: str) -> Range:
    expected = f'a range: {described(shape)}, "..", and the last value that matches; or "*"'
    if found == ANY:
        return Range(0, (1 << shape.width) - 1)
    low, dots, high = found.partition("..") if isinstance(found, str) else (found, "", "")
    first = _number(shape, low, ports, path, expected)
    last = _number(shape, high, ports, path, expected) if dots else first
    if first > last:
        raise LiteralError(path, "a range whose first value is not above its last", found, suggestion=f"{high}..{low}")
    return Range(first, last)


def _number(shape: Scalar, found: object, ports: Sequence[str], path: str, expected: str) -> int:
    try:
        return parse_number(shape, found, ports=ports, path=path)
    except LiteralError as error:
        raise LiteralError(path, expected, found, suggestion=error.suggestion) from error
