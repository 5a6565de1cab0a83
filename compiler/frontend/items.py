"""The syntax tree of declarations; see `ast.py` for what stands inside them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from compiler.frontend.ast import (
    Block,
    Expr,
    FieldNode,
    Name,
    Node,
    PacketType,
    Path,
    RangeExpr,
    TypeNode,
)


@dataclass(frozen=True, slots=True)
class Use(Node):
    """`use std::tcp;` or, with `names`, `use std::tcp::{flags, Phase};`."""

    path: Path
    names: tuple[Name, ...] | None


@dataclass(frozen=True, slots=True)
class Shares(Node):
    count: Expr


@dataclass(frozen=True, slots=True)
class PortDecl(Node):
    ports: tuple[tuple[Name, Expr | None], ...]  # (name, count)


@dataclass(frozen=True, slots=True)
class Pair(Node):
    left: Name
    right: Name


@dataclass(frozen=True, slots=True)
class Const(Node):
    name: Name
    type: TypeNode | None
    value: Expr


@dataclass(frozen=True, slots=True)
class TunableDecl(Node):
    name: Name
    type: TypeNode
    value: Expr


@dataclass(frozen=True, slots=True)
class HeaderMatch(Node):
    """`header.field == value`; `field` None: always, after `header`."""

    header: Name
    field: Name | None
    value: Expr | None


@dataclass(frozen=True, slots=True)
class HeaderCondition(Node):
    left: Expr
    operator: str
    right: Expr


@dataclass(frozen=True, slots=True)
class HeaderFieldNode(Node):
    attributes: tuple[Name, ...]
    name: Name  # "_" for padding
    type: TypeNode
    value: Expr | None


@dataclass(frozen=True, slots=True)
class HeaderDecl(Node):
    """`rules`: alternatives of conjunctions. `layout`: another header whose fields this one has."""

    name: Name
    layout: Name | None
    rules: tuple[tuple[HeaderMatch, ...], ...]
    where: tuple[HeaderCondition, ...]
    fields: tuple[HeaderFieldNode, ...] | None


@dataclass(frozen=True, slots=True)
class Alias(Node):
    """`alias l4 = tcp | udp;`: whichever of the headers is present."""

    name: Name
    headers: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Struct(Node):
    name: Name
    fields: tuple[FieldNode, ...]


@dataclass(frozen=True, slots=True)
class VariantNode(Node):
    name: Name
    payload: tuple[TypeNode, ...]
    value: Expr | None


@dataclass(frozen=True, slots=True)
class Enum(Node):
    name: Name
    type: TypeNode | None
    variants: tuple[VariantNode, ...]


@dataclass(frozen=True, slots=True)
class Flags(Node):
    name: Name
    type: TypeNode
    bits: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class GenericParam(Node):
    """`kind` None: a type; else "int" or "time"."""

    name: Name
    kind: Name | None
    default: Expr | None


@dataclass(frozen=True, slots=True)
class Param(Node):
    name: Name  # "self" in a method
    type: TypeNode | None


@dataclass(frozen=True, slots=True)
class Function(Node):
    name: Name
    generics: tuple[GenericParam, ...]
    params: tuple[Param, ...]
    result: TypeNode | None
    body: Block


@dataclass(frozen=True, slots=True)
class Option(Node):
    name: Name
    value: Expr | RangeExpr


@dataclass(frozen=True, slots=True)
class StateDecl(Node):
    name: Name
    type: TypeNode
    options: tuple[Option, ...]
    initial: Expr | None


@dataclass(frozen=True, slots=True)
class TableDecl(Node):
    name: Name
    type: TypeNode
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Object(Node):
    name: Name
    generics: tuple[GenericParam, ...]
    members: tuple[StateDecl | TableDecl | Function | Const, ...]


@dataclass(frozen=True, slots=True)
class HandlerDecl(Node):
    ports: tuple[Name, ...]
    packet: Name | None  # the packet's variable; None where it is not used: `(_)`
    type: PacketType
    where: Expr | None
    body: Block


Item: TypeAlias = (
    Use
    | Shares
    | PortDecl
    | Pair
    | Const
    | TunableDecl
    | HeaderDecl
    | Alias
    | Struct
    | Enum
    | Flags
    | Function
    | Object
    | StateDecl
    | TableDecl
    | HandlerDecl
)


@dataclass(frozen=True, slots=True)
class Module(Node):
    name: str  # "std::net", or the file's name without its ending
    items: tuple[Item, ...]
    broken: tuple[Name, ...] = ()  # what items that could not be parsed would have declared
    lacks_names: bool = False  # one of those was a `use`
