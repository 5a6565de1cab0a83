"""Operations: the closed list of what a guarded straight line can do.

Every operation names its guard (an index into `Program.guards`; it is carried out only where that
guard holds) and its span. Operand and result fields are recognised by their annotations (see
`fields.py`): `Operand` and `tuple[Operand, ...]` are read, `Value` and `tuple[Value, ...]` are
defined.

Effect classes: pure operations are total and may be moved or deleted; packet operations write the
packet under construction; state operations read or write one state; emissions form one chain.
"""

from __future__ import annotations

from typing import TypeAlias

from compiler.ir.accesses import (
    ArrayRead,
    ArrayUpdate,
    ArrayWrite,
    CounterAdd,
    IndexFind,
    IndexOpen,
    LeaseClose,
    LeaseGet,
    LeaseOpen,
    MapFind,
    MapPut,
    MapRemove,
    MeterTake,
    ReduceContribute,
    StateAccess,
    TableGet,
)
from compiler.ir.emissions import (
    BuiltHeader,
    Clone,
    Digest,
    Drop,
    Emission,
    Final,
    Flood,
    Multicast,
    Reply,
    Rest,
    Send,
    Template,
    WriteField,
)
from compiler.ir.pure import (
    Binary,
    BinaryOperator,
    Compare,
    CompareOperator,
    Concat,
    Hash,
    HashAlgorithm,
    HeaderPresent,
    PacketFact,
    Pure,
    ReadFact,
    ReadField,
    ReadTunable,
    ReduceOperator,
    Resize,
    Select,
    Slice,
    Unary,
    UnaryOperator,
    VectorLane,
    VectorMake,
    VectorReduce,
)

Operation: TypeAlias = Pure | WriteField | StateAccess | Emission

__all__ = [
    "ArrayRead",
    "ArrayUpdate",
    "ArrayWrite",
    "Binary",
    "BinaryOperator",
    "BuiltHeader",
    "Clone",
    "Compare",
    "CompareOperator",
    "Concat",
    "CounterAdd",
    "Digest",
    "Drop",
    "Emission",
    "Final",
    "Flood",
    "Hash",
    "HashAlgorithm",
    "HeaderPresent",
    "IndexFind",
    "IndexOpen",
    "LeaseClose",
    "LeaseGet",
    "LeaseOpen",
    "MapFind",
    "MapPut",
    "MapRemove",
    "MeterTake",
    "Multicast",
    "Operation",
    "PacketFact",
    "Pure",
    "ReadFact",
    "ReadField",
    "ReadTunable",
    "ReduceContribute",
    "ReduceOperator",
    "Reply",
    "Resize",
    "Rest",
    "Select",
    "Send",
    "Slice",
    "StateAccess",
    "TableGet",
    "Template",
    "Unary",
    "UnaryOperator",
    "VectorLane",
    "VectorMake",
    "VectorReduce",
    "WriteField",
]
