"""What happened to one packet, in the words of the source: the value that `weft trace` prints or writes as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Plain: TypeAlias = object  # of plain JSON types, as `compiler.ir.literals` writes values


@dataclass(frozen=True, slots=True)
class HeaderSeen:
    header: str
    fields: dict[str, Plain]


@dataclass(frozen=True, slots=True)
class HandlerTried:
    """A handler in source order. `because`: why it did not take the packet; empty where it did."""

    handler: str
    line: int
    took: bool
    because: str = ""


@dataclass(frozen=True, slots=True)
class Computed:
    """A variable of the source and its value."""

    name: str
    value: Plain
    kind: Literal["value"] = "value"


@dataclass(frozen=True, slots=True)
class Decided:
    """An `if` whose condition reads `condition`. `because`: what was compared, or which part is false; may be empty."""

    condition: str
    holds: bool
    because: str = ""
    kind: Literal["condition"] = "condition"


@dataclass(frozen=True, slots=True)
class Branched:
    """An arm of a `match` that was taken, or the `else` of what had no value."""

    branch: Literal["arm", "else"]
    kind: Literal["branch"] = "branch"


@dataclass(frozen=True, slots=True)
class LookedUp:
    """A look into a state. `found`: what it gave, in words; `value`: what is there (None: nothing, or no value)."""

    state: str
    key: Plain
    found: str
    value: Plain = None
    kind: Literal["lookup"] = "lookup"


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry of a state before and after; None: absent."""

    state: str
    entry: Plain
    before: Plain
    after: Plain
    note: str = ""  # where nothing changed although something was asked for
    kind: Literal["change"] = "change"


@dataclass(frozen=True, slots=True)
class Wrote:
    """A header field; what leaves from here on carries the new value."""

    field: str
    before: Plain
    after: Plain
    kind: Literal["write"] = "write"


@dataclass(frozen=True, slots=True)
class Reported:
    """A digest."""

    record: str
    value: Plain
    kind: Literal["digest"] = "digest"


@dataclass(frozen=True, slots=True)
class Did:
    """An action: `send wan`, `drop`."""

    action: str
    kind: Literal["action"] = "action"


Step: TypeAlias = Computed | Decided | Branched | LookedUp | Changed | Wrote | Reported | Did


@dataclass(frozen=True, slots=True)
class LineRun:
    """One line of source text, and what it did, in order."""

    file: str
    line: int
    source: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of an emission that is not as received; None: its header is not there."""

    field: str
    before: Plain
    after: Plain


@dataclass(frozen=True, slots=True)
class Left:
    """A packet that left."""

    port: str
    length: int
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class PacketStory:
    """A packet from arrival to departure. `number` counts from 1 in the order of arrival."""

    number: int
    port: str
    time_ns: int
    length: int  # bytes on the wire
    captured: int  # bytes that the capture holds
    headers: tuple[HeaderSeen, ...]
    handlers: tuple[HandlerTried, ...]
    lines: tuple[LineRun, ...]
    left: tuple[Left, ...]
    fate: str
