"""Types of the language, and how a value of each is laid out as flat IR values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from compiler.ir.types import BOOL, Bits, Enumeration, FlagSet, Record, Scalar, Shape, VectorShape
from compiler.ir.types import Type as FlatType
from compiler.ir.types import Vector as FlatVector


@dataclass(frozen=True, slots=True)
class IntType:
    """`u1` to `u2048`: unsigned, wrapping."""

    width: int


@dataclass(frozen=True, slots=True)
class BoolType:
    pass


@dataclass(frozen=True, slots=True)
class NamedScalar:
    """mac, ip4, ip6, time (nanoseconds), port, multicast: numbers that do not mix with others."""

    kind: str
    width: int


@dataclass(frozen=True, slots=True)
class StructType:
    name: str  # "" for an anonymous one
    fields: tuple[tuple[str, Ty], ...]
    module: str = ""  # where its methods are looked up


@dataclass(frozen=True, slots=True)
class TupleType:
    elements: tuple[Ty, ...]


@dataclass(frozen=True, slots=True)
class VariantType:
    name: str
    value: int
    payload: tuple[Ty, ...] = ()


@dataclass(frozen=True, slots=True)
class EnumType:
    """Laid out as its number, then the payloads of all variants side by side.

    An open enum may come from the wire, where a value may be none of the variants.
    """

    name: str
    width: int
    variants: tuple[VariantType, ...]
    module: str = ""
    is_open: bool = False  # declared with a width, so that header fields can have it

    @property
    def has_payload(self) -> bool:
        return any(v.payload for v in self.variants)


@dataclass(frozen=True, slots=True)
class FlagsType:
    name: str
    width: int
    bits: tuple[str, ...]  # lowest first
    module: str = ""


@dataclass(frozen=True, slots=True)
class VectorType:
    """Lanes of one width."""

    element: IntType
    lanes: int


@dataclass(frozen=True, slots=True)
class OptionType:
    """Present or not, then the value (zeros where not)."""

    inner: Ty


@dataclass(frozen=True, slots=True)
class EntryType:
    """What `find` on a map or set gives: present, room, slot, key, value."""

    state: str
    key: Ty
    value: Ty  # UnitType for a set


@dataclass(frozen=True, slots=True)
class SessionType:
    """A live lease: id, whether this packet opened it, value."""

    state: str
    id: IntType
    value: Ty


@dataclass(frozen=True, slots=True)
class UnitType:
    pass


@dataclass(frozen=True, slots=True)
class NeverType:
    """Of an expression after which the handler does not go on."""


@dataclass(frozen=True, slots=True)
class StaticType:
    """A whole number known when compiling, without a width: it takes the one its context has."""


@dataclass(frozen=True, slots=True)
class ErrorType:
    """Of an expression that was reported already; nothing more is said about it."""


Ty: TypeAlias = (
    IntType
    | BoolType
    | NamedScalar
    | StructType
    | TupleType
    | EnumType
    | FlagsType
    | VectorType
    | OptionType
    | EntryType
    | SessionType
    | UnitType
    | NeverType
    | StaticType
    | ErrorType
)

BOOLEAN = BoolType()
UNIT = UnitType()
NEVER = NeverType()
STATIC = StaticType()
ERROR = ErrorType()
MAC = NamedScalar("mac", 48)
IP4 = NamedScalar("ip4", 32)
IP6 = NamedScalar("ip6", 128)
TIME = NamedScalar("time", 64)
PORT = NamedScalar("port", 16)
MULTICAST = NamedScalar("multicast", 16)
NAMED_SCALARS = {t.kind: t for t in (MAC, IP4, IP6, TIME, PORT, MULTICAST)}

SLOT = Bits(32)  # of a map entry


def flatten(ty: Ty) -> tuple[FlatType, ...]:
    """The IR values that make up a value of this type, in order."""
    match ty:
        case IntType(width=width) | NamedScalar(width=width) | FlagsType(width=width):
            return (Bits(width),)
        case BoolType():
            return (BOOL,)
        case VectorType(element=element, lanes=lanes):
            return (FlatVector(element.width, lanes),)
        case StructType(fields=fields):
            return tuple(flat for _, field in fields for flat in flatten(field))
        case TupleType(elements=elements):
            return tuple(flat for element in elements for flat in flatten(element))
        case EnumType(width=width, variants=variants):
            payload = (flat for variant in variants for part in variant.payload for flat in flatten(part))
            return (Bits(width), *payload)
        case OptionType(inner=inner):
            return (BOOL, *flatten(inner))
        case EntryType(key=key, value=value):
            return (BOOL, BOOL, SLOT, *flatten(key), *flatten(value))
        case SessionType(id=id_type, value=value):
            return (Bits(id_type.width), BOOL, *flatten(value))
        case UnitType() | NeverType() | StaticType() | ErrorType():
            return ()


def shape_of(ty: Ty) -> Shape | None:
    """How people see a stored value of this type; None for a type that cannot be stored."""
    match ty:
        case IntType(width=width):
            return Scalar("uint", width)
        case BoolType():
            return Scalar("bool", 1)
        case NamedScalar(kind=kind, width=width):
            return Scalar(kind, width)
        case FlagsType(name=name, width=width, bits=bits):
            return FlagSet(name, width, bits)
        case VectorType(element=element, lanes=lanes):
            return VectorShape(Scalar("uint", element.width), lanes)
        case EnumType(name=name, width=width, variants=variants) if not ty.has_payload:
            return Enumeration(name, width, tuple((v.name, v.value) for v in variants))
        case StructType(name=name, fields=fields):
            return _record(name, fields)
        case TupleType(elements=elements):
            return _record("", tuple((str(i), element) for i, element in enumerate(elements)))
        case _:
            return None


def _record(name: str, fields: tuple[tuple[str, Ty], ...]) -> Record | None:
    shapes = tuple((field, shape_of(ty)) for field, ty in fields)
    if any(shape is None for _, shape in shapes):
        return None
    return Record(name, tuple((field, shape) for field, shape in shapes if shape is not None))


def describe(ty: Ty) -> str:
    """The type as a programmer writes it."""
    match ty:
        case IntType(width=width):
            return f"u{width}"
        case BoolType():
            return "bool"
        case NamedScalar(kind=kind):
            return kind
        case StructType(name=name, fields=fields):
            return name or "{ " + ", ".join(f"{field}: {describe(inner)}" for field, inner in fields) + " }"
        case TupleType(elements=elements):
            return "(" + ", ".join(map(describe, elements)) + ")"
        case EnumType(name=name) | FlagsType(name=name):
            return name
        case VectorType(element=element, lanes=lanes):
            return f"u{element.width}[{lanes}]"
        case OptionType(inner=inner):
            return "an optional value" if isinstance(inner, UnitType) else f"an optional {describe(inner)}"
        case EntryType(state=state):
            return f"an entry of `{state}`"
        case SessionType(state=state):
            return f"a session of `{state}`"
        case UnitType():
            return "nothing"
        case NeverType():
            return "the end of the handler"
        case StaticType():
            return "a number"
        case ErrorType():
            return "?"
