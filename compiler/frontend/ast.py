"""The syntax tree: what was written, with spans, before any name is resolved.

One frozen class a construct; `weft.lark` is the grammar. Fields that hold `None` were not written.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from compiler.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    span: Span = field(compare=False, repr=False)


# --- names, types, patterns -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name(Node):
    text: str


@dataclass(frozen=True, slots=True)
class Path(Node):
    names: tuple[Name, ...]

    def __str__(self) -> str:
        return "::".join(n.text for n in self.names)

    @property
    def last(self) -> Name:
        return self.names[-1]


@dataclass(frozen=True, slots=True)
class GenericArg(Node):
    """`name:` is None for a positional argument; `match` is a match kind written before a key's type."""

    name: Name | None
    match: str | None
    value: TypeNode


@dataclass(frozen=True, slots=True)
class NamedType(Node):
    """`path<args -> arrow>`; `arrow` stands for both `->` and `=>`."""

    path: Path
    args: tuple[GenericArg, ...] = ()
    arrow: TypeNode | None = None


@dataclass(frozen=True, slots=True)
class NumberType(Node):
    """A number where a type argument may stand: `rows: 3`, `window: 1s`."""

    value: Literal


@dataclass(frozen=True, slots=True)
class ArrayType(Node):
    element: TypeNode
    size: Expr


@dataclass(frozen=True, slots=True)
class TupleType(Node):
    elements: tuple[TypeNode, ...]


@dataclass(frozen=True, slots=True)
class FieldNode(Node):
    name: Name
    type: TypeNode


@dataclass(frozen=True, slots=True)
class RecordType(Node):
    fields: tuple[FieldNode, ...]


@dataclass(frozen=True, slots=True)
class PacketType(Node):
    """`ipv4 & l4`; empty for `_`, any packet."""

    headers: tuple[Name, ...]


TypeNode: TypeAlias = NamedType | NumberType | ArrayType | TupleType | RecordType | PacketType


@dataclass(frozen=True, slots=True)
class WildcardPattern(Node):
    pass


@dataclass(frozen=True, slots=True)
class LiteralPattern(Node):
    value: Literal


@dataclass(frozen=True, slots=True)
class RangePattern(Node):
    first: Literal
    last: Literal
    inclusive: bool


@dataclass(frozen=True, slots=True)
class PathPattern(Node):
    """A variant, a constant, a header, or (one plain name that means none of these) a binding."""

    path: Path
    arguments: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class FlagsPattern(Node):
    path: Path
    flags: tuple[tuple[Name, bool], ...]  # (flag, must be set)


@dataclass(frozen=True, slots=True)
class TuplePattern(Node):
    elements: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class AlternativePattern(Node):
    alternatives: tuple[Pattern, ...]


Pattern: TypeAlias = (
    WildcardPattern | LiteralPattern | RangePattern | PathPattern | FlagsPattern | TuplePattern | AlternativePattern
)

# --- expressions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """`kind`: int, duration, ip4, prefix4, mac, string, bool. `width` where a suffix such as `u16` was written.

    `value` is a number (nanoseconds for a duration), a text for a string, (address, length) for a prefix.
    """

    kind: str
    value: int | str | tuple[int, int]
    width: int | None = None


@dataclass(frozen=True, slots=True)
class NameExpr(Node):
    path: Path


@dataclass(frozen=True, slots=True)
class Member(Node):
    object: Expr
    name: Name


@dataclass(frozen=True, slots=True)
class Index(Node):
    object: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Argument(Node):
    name: Name | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Call(Node):
    function: Expr
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class UnaryExpr(Node):
    operator: str  # "!" or "-"
    operand: Expr


@dataclass(frozen=True, slots=True)
class BinaryExpr(Node):
    """Arithmetic, bits, comparisons, `&&`, `||`, by their spelling."""

    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class RangeExpr(Node):
    first: Expr
    last: Expr
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Membership(Node):
    """`value in range` or `value in prefix`."""

    value: Expr
    set: Expr


@dataclass(frozen=True, slots=True)
class Cast(Node):
    value: Expr
    type: Path


@dataclass(frozen=True, slots=True)
class TupleExpr(Node):
    elements: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class VectorExpr(Node):
    elements: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Splat(Node):
    """`[value; count]`."""

    value: Expr
    count: Expr


@dataclass(frozen=True, slots=True)
class FieldValue(Node):
    name: Name
    value: Expr | None  # None: the variable of the same name


@dataclass(frozen=True, slots=True)
class StructExpr(Node):
    path: Path
    fields: tuple[FieldValue, ...]


@dataclass(frozen=True, slots=True)
class PacketExpr(Node):
    parts: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class IfExpr(Node):
    """A statement or an expression; `otherwise` is a block (an `else if` is a block with an IfExpr as its value)."""

    condition: Expr
    then: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class Arm(Node):
    pattern: Pattern
    condition: Expr | None
    body: Block


@dataclass(frozen=True, slots=True)
class MatchExpr(Node):
    value: Expr
    arms: tuple[Arm, ...]


Expr: TypeAlias = (
    Literal
    | NameExpr
    | Member
    | Index
    | Call
    | UnaryExpr
    | BinaryExpr
    | RangeExpr
    | Membership
    | Cast
    | TupleExpr
    | VectorExpr
    | Splat
    | StructExpr
    | PacketExpr
    | IfExpr
    | MatchExpr
)

# --- statements -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Block(Node):
    """`value` is the block's last expression, written without a semicolon (or an if or match in that place)."""

    statements: tuple[Statement, ...]
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Let(Node):
    names: tuple[Name, ...]  # several: a tuple taken apart; "_" binds nothing
    mutable: bool
    type: TypeNode | None
    value: Expr
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class Assign(Node):
    target: Expr
    operator: str  # "=", "+=", ...
    value: Expr


@dataclass(frozen=True, slots=True)
class ExprStatement(Node):
    value: Expr
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class Return(Node):
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Verdict(Node):
    """send, reply, flood, multicast, drop. `target` is the port or the group."""

    kind: str
    target: Expr | None
    packet: Expr | None


@dataclass(frozen=True, slots=True)
class CloneStatement(Node):
    target: Expr
    packet: Expr | None


@dataclass(frozen=True, slots=True)
class DigestStatement(Node):
    value: Expr


@dataclass(frozen=True, slots=True)
class For(Node):
    name: Name
    range: RangeExpr
    body: Block


Statement: TypeAlias = Let | Assign | ExprStatement | Return | Verdict | CloneStatement | DigestStatement | For | Block
