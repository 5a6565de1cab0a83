"""Indexing: cells, lanes, ports of a group; every index is shown to be in range."""

from __future__ import annotations

from compiler.frontend import ast
from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.check.body import poison
from compiler.frontend.check.members import MemberChecker
from compiler.frontend.check.scope import (
    ArraySymbol,
    IndexSymbol,
    LeaseSymbol,
    MapSymbol,
    PortSymbol,
    TableSymbol,
    what_is,
)
from compiler.frontend.check.statics import static_number
from compiler.frontend.typed import TAccess, TBinary, TExpr, TLane, TLiteral, TResize, TStatic
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    PORT,
    EnumType,
    FlagsType,
    IntType,
    VectorType,
    describe,
)
from compiler.frontend.variables import Static, StaticLiteral
from compiler.ir.operations import BinaryOperator


class IndexChecker(MemberChecker):
    """Adds indexing to `MemberChecker`."""

    def index(self, node: ast.Index) -> TExpr:
        owner = self.thing(node.object)
        match owner:
            case PortSymbol(count=int()):
                return self._port_of_group(owner, node)
            case ArraySymbol(cells=int()):
                index = self.cell_index(owner.cells, node.index, f"`{owner.name}`")
                return poison(node.span) if index is None else self.array_read(owner, index, node.span)
            case TableSymbol(state=state, value=value) if hasattr(state, "cells"):
                index = self.cell_index(state.cells, node.index, f"`{state.name}`")  # type: ignore[union-attr]
                if index is None:
                    return poison(node.span)
                return TAccess(AccessKind.TABLE_CELL, state.name, (index,), type=value, span=node.span)
            case MapSymbol() | LeaseSymbol() | IndexSymbol():
                return self.error(
                    "W0320",
                    f"{what_is(owner)} is not indexed: there may be no such key",
                    node.span,
                    help="`.get(key) else ...` reads, `.set(key, value) else ...` writes",
                )
            case _:
                pass
        value = self.named_value(owner, node.object)
        if isinstance(value.type, VectorType):
            lane = self._lane(node.index, value.type.lanes)
            return poison(node.span) if lane is None else TLane(value, lane, type=value.type.element, span=node.span)
        if value.type == ERROR:
            return value
        return self.error("W0320", f"{describe(value.type)} cannot be indexed", node.span)

    def _lane(self, node: ast.Expr, lanes: int) -> Static | None:
        found = static_number(node, self.scope, self.reporter)
        if found is None:
            return None
        if isinstance(found[0], StaticLiteral) and not 0 <= found[0].value < lanes:
            self.error("W0311", f"lane {found[0].value} of a vector with {lanes} lanes", node.span)
            return None
        return found[0]

    def cell_index(self, cells: int | None, node: ast.Expr, owner: str) -> TExpr | None:
        """An index that is shown to be below `cells`."""
        value = self.expr(node)
        if value.type == ERROR:
            return None
        if value.type not in (ERROR,) and isinstance(value, TStatic):
            most = self.most(value)
            value = self.coerce(value, IntType(32))
        elif not isinstance(value.type, IntType) and not (
            isinstance(value.type, (EnumType, FlagsType)) or value.type == BOOLEAN
        ):
            help_text = "a port's place in its group is its `.index`" if value.type == PORT else None
            self.error("W0320", f"an index is an integer, not {describe(value.type)}", node.span, help=help_text)
            return None
        elif isinstance(value.type, EnumType) and not value.type.is_open:
            most = max(variant.value for variant in value.type.variants)
            value = self._at_most(TResize(value, type=IntType(32), span=node.span), most)
        else:
            most = self.most(value, node)
        if most >= (cells or 1):
            self.error(
                "W0321",
                f"this index can be up to {most}, but {owner} has {cells or 1} cells",
                node.span,
                help=f"write `... % {cells}`, test `if index < {cells} {{ ... }}` first, or use `.get(index) else ...`",
            )
            return None
        if isinstance(value.type, IntType) and value.type.width == 32:
            return value
        return TResize(value, type=IntType(32), span=node.span)

    def _at_most(self, value: TExpr, most: int) -> TExpr:
        """`value` where it is no more than `most`: what the control plane stored may be no variant of an enum."""
        limit = TLiteral((most,), type=value.type, span=value.span)
        return TBinary(BinaryOperator.MIN, value, limit, type=value.type, span=value.span)

    def _port_of_group(self, group: PortSymbol, node: ast.Index) -> TExpr:
        index = self.cell_index(group.count, node.index, f"`{group.name}`")
        if index is None:
            return poison(node.span)
        if isinstance(index, TLiteral) and index.values:
            return TLiteral((group.first + int(index.values[0]),), type=PORT, span=node.span)  # type: ignore[arg-type]
        number = TResize(index, type=PORT, span=node.span)
        base = TLiteral((group.first,), type=PORT, span=node.span)
        return TBinary(BinaryOperator.ADD, number, base, type=PORT, span=node.span)
