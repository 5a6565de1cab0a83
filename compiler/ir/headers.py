"""Header layouts and parse rules, from which every engine derives its parser and deparser.

The rules form an acyclic graph: each header instance occurs at most once in a packet, so the depth
of parsing is bounded by the number of headers. Parsing begins at the header without rules (the
outermost) and goes on, after each header, to the first header in declaration order whose rule
holds, whose bytes are all there, and whose `valid` conditions hold; where one of the latter two
fails, or the length of its blob is negative or more than the blob's `max_bytes`, that header is
absent and parsing ends. Sums (`Linear`) are of integers: they can be negative and never wrap.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from compiler.ir.operations import CompareOperator
from compiler.ir.types import Bits, Blob, Shape, Type, bit_width
from compiler.source import Span


class ChecksumKind(Enum):
    """What an Internet checksum (RFC 1071) covers.

    The IP header before a header is the nearest one that has `pseudo` fields; each of them counts as
    a number of whole 16-bit words, filled up on the left. A TRANSPORT checksum covers as well the
    number of bytes from its own header to the end of the packet (of use where it is built).
    """

    HEADER = "header"  # its own header
    MESSAGE = "message"  # its own header and all that follows
    TRANSPORT = "transport"  # as MESSAGE, and the `pseudo` fields of the IP header before it


@dataclass(frozen=True, slots=True)
class Checksum:
    kind: ChecksumKind
    zero_means_none: bool = False  # UDP over IPv4: 0 stays 0, and a computed 0 is sent as 0xffff


@dataclass(frozen=True, slots=True)
class Linear:
    """The sum of `scale * field` over fields of one header, plus `constant`."""

    terms: tuple[tuple[str, int], ...]  # (field, scale)
    constant: int


@dataclass(frozen=True, slots=True)
class Condition:
    """`linear` compared with 0."""

    linear: Linear
    operator: CompareOperator


@dataclass(frozen=True, slots=True)
class HeaderField:
    name: str
    type: Type
    shape: Shape | None  # None for a blob and for padding
    offset: int  # bits from the start of the header; a blob is the last field
    checksum: Checksum | None = None
    pseudo: bool = False  # part of the pseudo-header that a TRANSPORT checksum covers
    is_size: bool = False  # a built header that does not name the field gets the bytes from here to the packet's end
    default: int = 0  # value in a built header that does not name the field
    size_less: int = 0  # bytes of that size that the field leaves out: IPv6 counts what follows its header

    @property
    def is_value(self) -> bool:
        """Whether the field is a number or a vector: a built header names it."""
        return not isinstance(self.type, Blob)


@dataclass(frozen=True, slots=True)
class ParseRule:
    """After `previous`, when each of its fields, masked, has the value."""

    previous: str
    matches: tuple[tuple[str, int, int], ...]  # (field, value, mask)


@dataclass(frozen=True, slots=True)
class Header:
    name: str
    fields: tuple[HeaderField, ...]
    rules: tuple[ParseRule, ...]  # any of them; none: the outermost header
    valid: tuple[Condition, ...]
    blob_length: Linear | None  # bytes of the last field when that is a blob
    swaps: tuple[tuple[str, str], ...] = ()  # pairs of fields that `reply` exchanges
    span: Span = field(compare=False, repr=False, kw_only=True)

    @property
    def fixed_bytes(self) -> int:
        return sum(bit_width(f.type) for f in self.fields if not isinstance(f.type, Blob)) // 8

    def field_named(self, name: str) -> HeaderField:
        return next(f for f in self.fields if f.name == name)

    @property
    def length_fields(self) -> frozenset[str]:
        """Fields that decide how long this header is or whether it is valid: read-only for programs."""
        names = {name for condition in self.valid for name, _ in condition.linear.terms}
        if self.blob_length is not None:
            names.update(name for name, _ in self.blob_length.terms)
        return frozenset(names)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands in front of the packets that come by `port`, a link between two pieces of one program.

    `port` is None where packets only leave with it. Its header, which has no rules, is parsed first, and the
    program's own headers behind it. A packet of that port without a whole and valid one has no headers at
    all. An envelope is no part of the packet: emissions leave it out, and `flood` does not send by its
    port. The packet's port, time and length are what its fields `port` (Bits(16)), `now` (Bits(64)) and
    `length` (Bits(32)) say.
    """

    port: int | None
    header: Header


ARRIVAL_FIELDS = {"port": Bits(16), "now": Bits(64), "length": Bits(32)}  # of every envelope


def is_plain(header_field: HeaderField) -> bool:
    """Whether a program may write the field's value as a number."""
    return isinstance(header_field.type, Bits) and header_field.checksum is None
