"""Types of IR values, and shapes: how flat values make up what the programmer declared.

The IR knows three kinds of values. Structs, tuples, enums and options of the language are
flattened into them when a program is lowered; a `Shape` remembers what they stood for, so that a
session prints as a flow and not as five numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

MAX_WIDTH = 2048  # bits; the widest field or value that v1model carries


@dataclass(frozen=True, slots=True)
class Bits:
    """An unsigned integer of `width` bits, 1..2048. A truth value is `Bits(1)`."""

    width: int


@dataclass(frozen=True, slots=True)
class Vector:
    """`lanes` unsigned integers of `width` bits each; operations are lane-wise."""

    width: int
    lanes: int


@dataclass(frozen=True, slots=True)
class Blob:
    """Whole bytes whose number is known only at run time, at most `max_bytes`; only header fields."""

    max_bytes: int


Type: TypeAlias = Bits | Vector | Blob

BOOL = Bits(1)


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number; `kind` says how people write it: uint, bool, mac, ip4, ip6, time, port, multicast."""

    kind: str
    width: int


@dataclass(frozen=True, slots=True)
class VectorShape:
    element: Scalar
    lanes: int


@dataclass(frozen=True, slots=True)
class Enumeration:
    """A number with named values. Values outside the list are kept as they are (`Other(n)`)."""

    name: str
    width: int
    variants: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FlagSet:
    """A number whose bits have names, the lowest bit first."""

    name: str
    width: int
    bits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A struct (named fields) or a tuple (fields named "0", "1", ...)."""

    name: str  # "" for a tuple or an anonymous struct
    fields: tuple[tuple[str, Shape], ...]


Shape: TypeAlias = Scalar | VectorShape | Enumeration | FlagSet | Record


def leaves(shape: Shape, path: str = "") -> Iterator[tuple[str, Type]]:
    """The flat values that make up `shape`, in declaration order, each with its dotted path."""
    match shape:
        case Scalar(width=width) | Enumeration(width=width) | FlagSet(width=width):
            yield path, Bits(width)
        case VectorShape(element=element, lanes=lanes):
            yield path, Vector(element.width, lanes)
        case Record(fields=fields):
            for name, inner in fields:
                yield from leaves(inner, f"{path}.{name}" if path else name)


def leaf_types(shape: Shape) -> tuple[Type, ...]:
    return tuple(leaf for _, leaf in leaves(shape))


def bit_width(value: Type) -> int:
    """Bits that a value of this type takes when packed; the most it can take for a blob."""
    match value:
        case Bits(width=width):
            return width
        case Vector(width=width, lanes=lanes):
            return width * lanes
        case Blob(max_bytes=max_bytes):
            return 8 * max_bytes
