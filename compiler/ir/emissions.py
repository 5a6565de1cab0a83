"""The packet under construction, and what leaves: one chain of emissions in program order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from compiler.ir.placed import Placed
from compiler.ir.values import Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteField(Placed):
    """Later emissions carry `value` in this field. Nothing happens where the header is absent."""

    header: str
    field: str
    value: Operand


class Rest(Enum):
    """What of the packet as it stands follows the headers that a template builds.

    Its checksums are those of the packet as it stands: built headers in front change nothing in them.
    FROM and AFTER an absent header are nothing.
    """

    NOTHING = "nothing"
    WHOLE = "whole"  # every header and the payload
    FROM = "from"  # from header `header` on
    AFTER = "after"  # what follows header `header`
    PAYLOAD = "payload"  # what follows the last parsed header


@dataclass(frozen=True, slots=True)
class BuiltHeader:
    """A new header of a declared layout; one operand a field, in declaration order (none for blobs)."""

    header: str
    fields: tuple[Operand, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """The bytes of an emission that is not the packet as it stands.

    Built headers, then `data` packed (whole bytes, big-endian), then the rest. Fields of built headers
    hold their operands, sizes as well: the front end has computed those. Checksums alone are computed
    here, whatever their operands: HEADER checksums are full sums; the others are 0 where zero means
    none, else full sums over the bytes that were captured. Blobs of built headers are empty.
    """

    headers: tuple[BuiltHeader, ...]
    data: tuple[Operand, ...] = ()
    rest: Rest = Rest.NOTHING
    header: str = ""  # for FROM and AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Placed):
    """Emit the packet by a logical port (Bits(16)) and end."""

    port: Operand
    packet: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(Placed):
    """Emit by the port it came in by, with source and destination of MAC, IP and ports swapped, and end.

    All `swaps` of the headers present are carried out, after the program's writes and before a template
    takes the rest; built headers are not swapped.
    """

    packet: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood(Placed):
    """Emit one copy by every port of the program but the one it came in by, in port order, and end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multicast(Placed):
    """Emit one copy by every port of a control-plane group (Bits(16)), in the group's order, and end."""

    group: Operand
    packet: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(Placed):
    """End without a verdict to emit. `reason`: "drop" as written, "unhandled" where no handler took the packet."""

    reason: str = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone(Placed):
    """Emit a copy of the packet as it stands here (or the template) by a port, and go on."""

    port: Operand
    packet: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(Placed):
    """Append a record to the run's digest stream, and go on. `record` names a `Program.records` entry."""

    record: str
    values: tuple[Operand, ...]


Final: TypeAlias = Send | Reply | Flood | Multicast | Drop
Emission: TypeAlias = Final | Clone | Digest
