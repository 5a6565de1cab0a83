"""Pure operations: total, without effect; they may be moved or deleted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from compiler.ir.placed import Placed
from compiler.ir.values import Operand, Value


class UnaryOperator(Enum):
    NOT = "not"  # every bit flipped


class BinaryOperator(Enum):
    """Both sides and the result have one type (vectors: lane by lane), but for the shift amount."""

    ADD = "add"  # modulo 2^width
    SUB = "sub"
    MUL = "mul"
    DIV = "div"  # 0 where the right side is 0; that is a constant outside `core` devices
    MOD = "mod"  # likewise
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
    ID_OF_HASH = "id_of_hash"  # of one 16-bit part: the word whose Toeplitz hash it is, the inverse of SHARE
    RANDOM = "random"  # site `index`, time, port and all headers as received; meaning/hashing.py


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
class Unary(Placed):
    result: Value
    operator: UnaryOperator
    argument: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Binary(Placed):
    result: Value
    operator: BinaryOperator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare(Placed):
    result: Value
    operator: CompareOperator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(Placed):
    """`on_true` where `condition` (Bits(1)) is 1, else `on_false`; also how branches join."""

    result: Value
    condition: Operand
    on_true: Operand
    on_false: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Resize(Placed):
    """Zero-extend or cut to the result's width (vectors: each lane)."""

    result: Value
    argument: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Placed):
    """Bits `high` down to `low` of the argument, both included."""

    result: Value
    argument: Operand
    high: int
    low: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Concat(Placed):
    """The parts side by side, the first one in the highest bits."""

    result: Value
    parts: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hash(Placed):
    """Bits(32), but Bits(16) for CRC16 and ID_OF_HASH, and log2(index) bits, at least 1, for SHARE."""

    result: Value
    algorithm: HashAlgorithm
    index: int
    parts: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorMake(Placed):
    """A vector of the parts; one part alone fills every lane."""

    result: Value
    parts: tuple[Operand, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorLane(Placed):
    """Lane `lane` of the argument."""

    result: Value
    argument: Operand
    lane: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorReduce(Placed):
    result: Value
    operator: ReduceOperator
    argument: Operand


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFact(Placed):
    result: Value
    fact: PacketFact


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadField(Placed):
    """A header field as it was *received* (0 where the header is absent); writes do not show here."""

    result: Value
    header: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderPresent(Placed):
    """1 where the packet, as received, was parsed to have this header."""

    result: Value
    header: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTunable(Placed):
    result: Value
    tunable: str


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
