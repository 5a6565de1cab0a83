"""What a rule says, but for its numbers: which bits it compares and what it does."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.headers import Header

PORT_BYTES = 2
CELL_BYTES = 4


@dataclass(frozen=True, slots=True)
class Compared:
    """Bits of a header that a packet of the rule has: a constant, or what a field of the rule's record says.

    `mask` and `value` are over the fixed bytes of the header, the first bit highest. `bytes`: (first byte of the
    header, how many) that the field of the record holds, other bits of them 0; None for a constant.
    """

    header: str
    mask: int
    value: int = 0
    bytes: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A field that the rule sets to what a field of its record says, in as many whole bytes as it needs."""

    header: str
    field: str
    first_bit: int
    width: int

    @property
    def bytes(self) -> int:
        return (self.width + 7) // 8


@dataclass(frozen=True, slots=True)
class Counted:
    """A cell in which each packet counts; the record says which. `each`: added for a packet; `by_bytes`: its length is.

    Of a counter one is added to its packets as well.
    """

    state: str
    each: int
    by_bytes: bool


@dataclass(frozen=True, slots=True)
class RuleTemplate:
    """The fields of its record are, in order: those of `compared`, of `written`, the port, the cells of `counted`."""

    record: str
    headers: tuple[Header, ...]  # in front of the packets, in order
    compared: tuple[Compared, ...]
    written: tuple[Written, ...]
    counted_down: tuple[tuple[str, str], ...]  # (header, field) made one less
    sends: bool  # by the port of the record; else the rule drops
    counted: tuple[Counted, ...]
    idle_ticks: int | None  # the shortest idle time of the entries that it leans on
    lines: tuple[int, ...]  # where the paths that it serves end

    @property
    def written_at(self) -> int:
        """The byte of the record at which what is written begins, and so on; what is compared stands in front."""
        return sum(compared.bytes[1] for compared in self.compared if compared.bytes is not None)

    @property
    def port_at(self) -> int:
        return self.written_at + sum(written.bytes for written in self.written)

    @property
    def cells_at(self) -> int:
        return self.port_at + (PORT_BYTES if self.sends else 0)

    @property
    def bytes(self) -> int:
        return self.cells_at + CELL_BYTES * len(self.counted)
