"""Operations: the closed list of what a guarded straight line can do.

Every operation names its guard (an index into `Program.guards`; it is carried out only where that
guard holds) and its span. Operand and result fields are recognised by their annotations (see
`fields.py`): `Operand` and `tuple[Operand, ...]` are read, `Value` and `tuple[Value, ...]` are
defined.

Effect classes: pure operations are total and may be moved or deleted; packet operations write the
packet under construction; state operations read or write one state; emissions form one chain.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from compiler.ir.values import Operand, Value
from compiler.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    guard: int
    span: Span = field(compare=False, repr=False)


# --- pure ---------------------------------------------------------------------------------------


class UnaryOperator(Enum):
    NOT = "not"  # every bit flipped


class BinaryOperator(Enum):
    """Both sides and the result have one type (vectors: lane by lane), but for the shift amount."""

    ADD = "add"  # modulo 2^width
    SUB = "sub"
    MUL = "mul"
    DIV = "div"  # the right side is a constant other than 0 outside `core` devices
    MOD = "mod"
    AND = "and"
    OR = "or"
    XOR = "xor"
    SHL = "shl"  # 0 when the amount is the width or more
    SHR = "shr"
    SAT_ADD = "sat_add"  # 2^width - 1 instead of wrapping
    SAT_SUB = "sat_sub"  # 0 instead of wrapping
    MIN = "min"
    MAX = "max"


class CompareOperator(Enum):
    """Unsigned; the result is Bits(1). Vectors compare lane by lane only under EQ and NE, as a whole."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"


class HashAlgorithm(Enum):
    """Input: the parts packed bit after bit, big-endian, the last byte filled with zeros on the right."""

    CRC32 = "crc32"  # IEEE 802.3, reflected; as zlib.crc32
    CRC16 = "crc16"  # reflected 0x8005, initial value 0 (CRC-16/ARC)
    CRC32C = "crc32c"  # Castagnoli, reflected
    FAMILY = "family"  # member `index` of the independent family; meaning/hashing.py
    SHARE = "share"  # XOR of all 16-bit words, then Toeplitz 0x6d5a...; `index` = number of shares
    RANDOM = "random"  # site `index`, time, port and packet digest; meaning/hashing.py


class ReduceOperator(Enum):
    """Combines the lanes of a vector to one number of the lane's width (SUM wraps)."""

    SUM = "sum"
    MIN = "min"
    MAX = "max"
    AND = "and"
    OR = "or"
    XOR = "xor"


class PacketFact(Enum):
    """What is known of a packet beside its bytes."""

    PORT = "port"  # logical port it came in by, Bits(16)
    LENGTH = "length"  # bytes on the wire as received, Bits(32)
    NOW = "now"  # arrival time in nanoseconds, Bits(64); read once, at the first device


@dataclass(frozen=True, slots=True, kw_only=True)
class Unary(_Placed):
    result: Value
    operator: UnaryOperator
    argument: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(_Placed):
    result: Value
    operator: BinaryOperator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(_Placed):
    result: Value
    operator: CompareOperator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(_Placed):
    """`on_true` where `condition` (Bits(1)) is 1, else `on_false`; also how branches join."""

    result: Value
    condition: Operand
    on_true: Operand
    on_false: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize(_Placed):
    """Zero-extend or cut to the result's width (vectors: each lane)."""

    result: Value
    argument: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(_Placed):
    """Bits `high` down to `low` of the argument, both included."""

    result: Value
    argument: Operand
    high: int
    low: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat(_Placed):
    """The parts side by side, the first one in the highest bits."""

    result: Value
    parts: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hash(_Placed):
    """Bits(32), but Bits(16) for CRC16 and log2(index) bits, at least 1, for SHARE."""

    result: Value
    algorithm: HashAlgorithm
    index: int
    parts: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorMake(_Placed):
    """A vector of the parts; one part alone fills every lane."""

    result: Value
    parts: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorLane(_Placed):
    """Lane `lane` of the argument."""

    result: Value
    argument: Operand
    lane: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorReduce(_Placed):
    result: Value
    operator: ReduceOperator
    argument: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFact(_Placed):
    result: Value
    fact: PacketFact


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadField(_Placed):
    """A header field as it was *received* (0 where the header is absent); writes do not show here."""

    result: Value
    header: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderPresent(_Placed):
    """1 where the packet, as received, was parsed to have this header."""

    result: Value
    header: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTunable(_Placed):
    result: Value
    tunable: str


# --- the packet under construction ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteField(_Placed):
    """Later emissions carry `value` in this field. Nothing happens where the header is absent."""

    header: str
    field: str
    value: Operand


# --- state --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayRead(_Placed):
    """Cell `index` of an array; the checker has shown that the index is in range."""

    state: str
    result: Value
    index: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayWrite(_Placed):
    state: str
    index: Operand
    value: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayUpdate(_Placed):
    """One atomic read-modify-write: cell = cell `operator` amount. `result` is the new value of the cell.

    Whether anything uses `result` decides if the state is mergeable.
    """

    state: str
    result: Value
    index: Operand
    operator: BinaryOperator
    amount: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class TableGet(_Placed):
    """Look a key up in a control-plane table. Values are the default's, or zero, on a miss."""

    state: str
    key: tuple[Operand, ...]
    hit: Value
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFind(_Placed):
    """Find the entry of `key` in a map or set. Values are zero when it is absent.

    `slot` (Bits(32)) names the matching way, else the lowest free or expired way of the key's set
    when `room` is 1, else all ones. `refresh`: a hit counts as a use (last use = now).
    """

    state: str
    key: tuple[Operand, ...]
    present: Value
    room: Value
    slot: Value
    values: tuple[Value, ...]
    refresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPut(_Placed):
    """Store `values` under `key` in the slot that a `MapFind` of the same key gave; counts as a use.

    `done` is 0, and nothing happens, when the slot is all ones. A present entry is written only where
    a value differs (writing the value already there is a read).
    """

    state: str
    slot: Operand
    key: tuple[Operand, ...]
    values: tuple[Operand, ...]
    done: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRemove(_Placed):
    """Free the slot if it holds `key`; nothing happens otherwise."""

    state: str
    slot: Operand
    key: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseOpen(_Placed):
    """Take a free or expired id of `share` and store `values` with it; `done` 0 when none was found in bounded steps."""

    state: str
    share: Operand
    values: tuple[Operand, ...]
    done: Value
    id: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseGet(_Placed):
    """The values of lease `id` if it is live (else zeros). `refresh`: a hit counts as a use."""

    state: str
    id: Operand
    live: Value
    values: tuple[Value, ...]
    refresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseClose(_Placed):
    """Free lease `id` at once; nothing happens where it is not live or out of range."""

    state: str
    id: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexFind(_Placed):
    """The live lease that `key` points to. `refresh`: a hit counts as a use of the lease."""

    state: str
    lease: str
    key: tuple[Operand, ...]
    present: Value
    id: Value
    values: tuple[Value, ...]  # of the lease
    refresh: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOpen(_Placed):
    """Find the live lease of `key`, else open one with `lease_values` and point the key to it.

    `done` 0, and nothing is opened or stored, when the key's set has no room or the lease no id.
    `opened` 1 where the lease is new. `values` are the lease's, found or new. A hit counts as a use.
    """

    state: str
    lease: str
    key: tuple[Operand, ...]
    lease_values: tuple[Operand, ...]
    done: Value
    opened: Value
    id: Value
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterAdd(_Placed):
    """Count one packet and `amount` bytes (Bits(32)) in cell `index`."""

    state: str
    index: Operand
    amount: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTake(_Placed):
    """Take `amount` tokens (Bits(32)) from bucket `index` if it holds that many; `conforms` says whether it did."""

    state: str
    index: Operand
    amount: Operand
    conforms: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class ReduceContribute(_Placed):
    """One worker's contribution to a slot's round; see `meaning/slot_protocol.py` for the rules.

    `verdict`: 0 pending, 1 complete (this packet completed the round), 2 repeat (the round was complete,
    the worker asked again), 3 stale. `total` is zero unless the verdict is 1 or 2.
    """

    state: str
    slot: Operand  # Bits(32), proven or checked in range: out of range is stale
    epoch: Operand  # Bits(32)
    round: Operand  # Bits(32)
    tag: Operand  # Bits(32)
    member: Operand  # Bits(8): bit number in `members`
    members: Operand  # Bits(64): mask of all members
    operator: Operand  # Bits(2): 0 sum (wrapping), 1 or, 2 max; 3 is stale
    value: Operand
    verdict: Value  # Bits(2)
    total: Value


# --- emission -------------------------------------------------------------------------------------------


class Rest(Enum):
    """What of the packet as it stands follows the headers that a template builds."""

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

    Built headers, then `data` packed (whole bytes, big-endian), then the rest.
    """

    headers: tuple[BuiltHeader, ...]
    data: tuple[Operand, ...] = ()
    rest: Rest = Rest.NOTHING
    header: str = ""  # for FROM and AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(_Placed):
    """Emit the packet by a logical port (Bits(16)) and end."""

    port: Operand
    packet: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply(_Placed):
    """Emit by the port it came in by, with source and destination of MAC, IP and ports swapped, and end."""

    packet: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Flood(_Placed):
    """Emit one copy by every port of the program but the one it came in by, in port order, and end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multicast(_Placed):
    """Emit one copy by every port of a control-plane group (Bits(16)), in the group's order, and end."""

    group: Operand
    packet: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(_Placed):
    """End without a verdict to emit. `reason`: "drop" as written, "unhandled" where no handler took the packet."""

    reason: str = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clone(_Placed):
    """Emit a copy of the packet as it stands here (or the template) by a port, and go on."""

    port: Operand
    packet: Template | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest(_Placed):
    """Append a record to the run's digest stream, and go on. `record` names a `Program.records` entry."""

    record: str
    values: tuple[Operand, ...]


Pure: TypeAlias = (
    Unary
    | Binary
    | Compare
    | Select
    | Resize
    | Slice
    | Concat
    | Hash
    | VectorMake
    | VectorLane
    | VectorReduce
    | ReadFact
    | ReadField
    | HeaderPresent
    | ReadTunable
)
StateAccess: TypeAlias = (
    ArrayRead
    | ArrayWrite
    | ArrayUpdate
    | TableGet
    | MapFind
    | MapPut
    | MapRemove
    | LeaseOpen
    | LeaseGet
    | LeaseClose
    | IndexFind
    | IndexOpen
    | CounterAdd
    | MeterTake
    | ReduceContribute
)
Final: TypeAlias = Send | Reply | Flood | Multicast | Drop
Emission: TypeAlias = Final | Clone | Digest
Operation: TypeAlias = Pure | WriteField | StateAccess | Emission
