"""Operations of states that are reached by a cell or an entry of the control plane."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from compiler.frontend import ast
from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.check.body import poison
from compiler.frontend.check.indexing import IndexChecker
from compiler.frontend.check.scope import (
    ArraySymbol,
    CountingSymbol,
    ReductionSymbol,
    TableSymbol,
)
from compiler.frontend.typed import TAccess, TBlock, TCompare, TExpr, TFact, TIf, TLiteral, TMake, TProject
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    UNIT,
    EnumType,
    IntType,
    OptionType,
    Ty,
    UnitType,
    VariantType,
    describe,
)
from compiler.ir.operations import BinaryOperator, CompareOperator, PacketFact
from compiler.ir.states import Table
from compiler.source import Span

UPDATES = {
    "add": BinaryOperator.ADD,
    "sub": BinaryOperator.SUB,
    "sat_add": BinaryOperator.SAT_ADD,
    "sat_sub": BinaryOperator.SAT_SUB,
    "max": BinaryOperator.MAX,
    "min": BinaryOperator.MIN,
    "or": BinaryOperator.OR,
    "and": BinaryOperator.AND,
    "xor": BinaryOperator.XOR,
}
_U32, _U64 = IntType(32), IntType(64)
CONTRIBUTION: tuple[tuple[str, Ty], ...] = (
    ("slot", _U32),
    ("epoch", _U32),
    ("round", _U32),
    ("tag", _U32),
    ("member", IntType(8)),
    ("members", _U64),
    ("op", IntType(2)),
)


def truth(value: bool, span: Span) -> TLiteral:
    return TLiteral((int(value),), type=BOOLEAN, span=span)


class CellMethodChecker(IndexChecker):
    """Adds arrays, tables, counters, meters and reductions to `IndexChecker`."""

    def _array(self, array: ArraySymbol, name: str, node: ast.Call) -> TExpr | None:
        if name == "get":
            return self._checked_read(array, node)
        if name not in UPDATES:
            return None
        wanted: list[tuple[str, Ty | None]] = [("amount", array.type)]
        if array.cells is not None:
            wanted.insert(0, ("index", None))
        arguments = self.arguments(node, wanted)
        if arguments is None:
            return poison(node.span)
        index: TExpr | None = TLiteral((0,), type=_U32, span=node.span)
        if array.cells is not None:
            index = self.cell_index(array.cells, node.arguments[0].value, f"`{array.name}`")
        if index is None:
            return poison(node.span)
        return self.array_update(array, UPDATES[name], index, arguments[-1], node.span)

    def array_update(
        self, array: ArraySymbol, operator: BinaryOperator, index: TExpr, amount: TExpr, span: Span
    ) -> TExpr:
        """One read-modify-write of a cell; the new value."""
        if len(array.arrays) != 1:
            return self.error("W0515", f"`{array.name}` has several fields; write them one by one", span)
        return self.access(
            AccessKind.ARRAY_UPDATE, array.arrays[0], (index, amount), array.type, span, operator=operator
        )

    def _checked_read(self, array: ArraySymbol, node: ast.Call) -> TExpr:
        arguments = self.arguments(node, [("index", None)])
        if arguments is None or arguments[0].type == ERROR:
            return poison(node.span)
        index = self.coerce(arguments[0], _U32) if not isinstance(arguments[0].type, IntType) else arguments[0]
        if not isinstance(index.type, IntType):
            return self.error("W0320", f"an index is an integer, not {describe(index.type)}", node.span)
        cells = array.cells or 1
        ty = OptionType(array.type)
        if cells >> index.type.width:  # every index is in range
            return TMake((truth(True, node.span), self.array_read(array, index, node.span)), type=ty, span=node.span)
        limit = TLiteral((cells,), type=index.type, span=node.span)
        inside = TCompare(CompareOperator.LT, index, limit, type=BOOLEAN, span=node.span)
        found = TMake((truth(True, node.span), self.array_read(array, index, node.span)), type=ty, span=node.span)
        none = self.zero_of(ty, node)
        return TIf(
            inside,
            TBlock((), found, type=ty, span=node.span),
            TBlock((), none, type=ty, span=node.span),
            type=ty,
            span=node.span,
        )

    def _table(self, state: TableSymbol, name: str, node: ast.Call) -> TExpr | None:
        if name not in ("get", "has") or not isinstance(state.state, Table):
            return None
        arguments = self.arguments(node, [("key", state.key)])
        if arguments is None:
            return poison(node.span)
        ty = OptionType(state.value)
        found = self.access(AccessKind.TABLE_GET, state.state.name, tuple(arguments), ty, node.span)
        if found.type == ERROR:
            return found
        if name == "has":
            return TProject(found, 0, type=BOOLEAN, span=node.span)
        if state.state.default is not None:
            return TProject(found, 1, type=state.value, span=node.span)
        if isinstance(state.value, UnitType):
            return self.error("W0516", f"table `{state.state.name}` has no values", node.span, help="use `has`")
        return found

    def _cell(self, state: CountingSymbol, node: ast.Call) -> tuple[TExpr, list[ast.Argument]] | None:
        """The index argument, where there is one, and the other arguments."""
        if state.cells is None:
            return TLiteral((0,), type=_U32, span=node.span), list(node.arguments)
        if not node.arguments:
            self.error("W0322", f"`{state.name}` has {state.cells} cells; say which", node.span)
            return None
        index = self.cell_index(state.cells, node.arguments[0].value, f"`{state.name}`")
        return None if index is None else (index, list(node.arguments[1:]))

    def _counter(self, state: CountingSymbol, name: str, node: ast.Call) -> TExpr | None:
        if name in ("get", "read", "value"):
            return self.error(
                "W0517", "a counter cannot be read by packets", node.span, help="declare an array: `state n: u64[...]`"
            )
        if name != "add":
            return None
        found = self._cell(state, node)
        if found is None:
            return poison(node.span)
        index, rest = found
        if len(rest) > 1:
            return self.error("W0322", "`add` takes the cell and, if not the packet's, the number of bytes", node.span)
        amount: TExpr = TFact(PacketFact.LENGTH, type=_U32, span=node.span)
        if rest:
            amount = self.coerce(self.expr(rest[0].value, _U32), _U32)
        return self.access(AccessKind.COUNTER_ADD, state.name, (index, amount), UNIT, node.span)

    def _meter(self, state: CountingSymbol, name: str, node: ast.Call) -> TExpr | None:
        if name != "take":
            return None
        found = self._cell(state, node)
        if found is None or len(found[1]) != 1:
            return (
                poison(node.span)
                if found is None
                else self.error("W0322", "`take` takes a number of tokens", node.span)
            )
        amount = self.coerce(self.expr(found[1][0].value, _U32), _U32)
        return self.access(AccessKind.METER_TAKE, state.name, (found[0], amount), BOOLEAN, node.span)

    def _reduction(self, state: ReductionSymbol, name: str, node: ast.Call) -> TExpr | None:
        if name != "contribute":
            return None
        arguments = self.arguments(node, [*CONTRIBUTION, ("value", state.value)])
        if arguments is None:
            return poison(node.span)
        verdict = EnumType(
            "collective::Verdict",
            2,
            (
                VariantType("Pending", 0),
                VariantType("Complete", 1, (state.value,)),
                VariantType("Repeat", 2, (state.value,)),
                VariantType("Stale", 3),
            ),
        )
        return self.access(AccessKind.REDUCE, state.name, tuple(arguments), verdict, node.span)

    @abstractmethod
    def arguments(
        self, node: ast.Call, wanted: Sequence[tuple[str, Ty | None]], *, optional: int = 0
    ) -> list[TExpr] | None: ...

    def access(
        self, kind: AccessKind, state: str, arguments: tuple[TExpr, ...], ty: Ty, span: Span, **more: object
    ) -> TExpr:
        if self.header_only:
            return self.error(
                "W0413",
                "a `where` looks at header fields and constants only",
                span,
                help="test it in the handler's body",
            )
        return TAccess(kind, state, arguments, type=ty, span=span, **more)  # type: ignore[arg-type]
