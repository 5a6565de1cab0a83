"""The operations of states: `flows.find(key)`, `ports.open(value)`, `entry.set(value)`, ..."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from compiler.diagnostics import closest
from compiler.frontend import ast
from compiler.frontend.check.body import poison
from compiler.frontend.check.members import MemberChecker, flat_leaf_types, project
from compiler.frontend.check.scope import (
    ArraySymbol,
    CountingSymbol,
    IndexSymbol,
    LeaseSymbol,
    MapSymbol,
    ReductionSymbol,
    StateSymbol,
    TableSymbol,
)
from compiler.frontend.typed import (
    AccessKind,
    SExpr,
    SLet,
    TAccess,
    TBlock,
    TCompare,
    TExpr,
    TFact,
    TIf,
    TLiteral,
    TLocal,
    TMake,
    TProject,
)
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    UNIT,
    EntryType,
    EnumType,
    IntType,
    OptionType,
    SessionType,
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


class StateMethodChecker(MemberChecker):
    """Adds operations on states to `MemberChecker`."""

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

    def state_call(self, state: StateSymbol, name: ast.Name, node: ast.Call) -> TExpr:
        """`state.name(arguments)`."""
        match state:
            case ArraySymbol():
                known, result = [*UPDATES, "get"], self._array(state, name.text, node)
            case MapSymbol(value=UnitType()):
                known, result = ["has", "peek", "find", "add", "remove"], self._set(state, name.text, node)
            case MapSymbol():
                known = ["get", "has", "find", "peek", "set", "remove"]
                result = self._map(state, name.text, node)
            case LeaseSymbol():
                known, result = ["get", "has", "peek", "open", "close"], self._lease(state, name.text, node)
            case IndexSymbol():
                known, result = ["find", "peek", "find_or_open"], self._index(state, name.text, node)
            case TableSymbol():
                known, result = ["get", "has"], self._table(state, name.text, node)
            case CountingSymbol(kind="counter"):
                known, result = ["add"], self._counter(state, name.text, node)
            case CountingSymbol():
                known, result = ["take"], self._meter(state, name.text, node)
            case ReductionSymbol():
                known, result = ["contribute"], self._reduction(state, name.text, node)
        if result is not None:
            return result
        near = closest(name.text, known)
        listed = ", ".join(f"`{k}`" for k in known)
        return self.error(
            "W0207",
            f"this state has no operation `{name.text}`",
            name.span,
            help=f"did you mean `{near}`?" if near else f"it has {listed}",
        )

    # --- arrays --------------------------------------------------------------------------------------

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

    # --- maps and sets ---------------------------------------------------------------------------------

    def _found(self, state: MapSymbol, node: ast.Call, *, refresh: bool) -> TExpr:
        arguments = self.arguments(node, [("key", state.key)])
        if arguments is None:
            return poison(node.span)
        return self._find(state, arguments[0], node.span, refresh=refresh)

    def _find(self, state: MapSymbol, key: TExpr, span: Span, *, refresh: bool) -> TExpr:
        ty = EntryType(state.state.name, state.key, state.value)
        return self.access(AccessKind.MAP_FIND, state.state.name, (key,), ty, span, refresh=refresh)

    def _optional(self, entry: TExpr, state: MapSymbol, span: Span) -> TExpr:
        """An entry as an optional value."""
        if entry.type == ERROR:
            return entry
        local = self.context.new_local("entry", entry.type)
        read = TLocal(local, type=entry.type, span=span)
        keys = len(state.state.key)
        parts = (project(read, 0, BOOLEAN, span), project(read, 3 + keys, state.value, span))
        value = TMake(parts, type=OptionType(state.value), span=span)
        return TBlock((SLet(local, entry, span=span),), value, type=value.type, span=span)

    def _put(self, state: MapSymbol, key: TExpr, value: TExpr, span: Span) -> TExpr:
        entry = self._find(state, key, span, refresh=False)
        if entry.type == ERROR:
            return entry
        return self.access(AccessKind.ENTRY_PUT, state.state.name, (entry, value), OptionType(UNIT), span)

    def _map(self, state: MapSymbol, name: str, node: ast.Call) -> TExpr | None:
        match name:
            case "find":
                return self._found(state, node, refresh=True)
            case "get" | "peek":
                return self._optional(self._found(state, node, refresh=name == "get"), state, node.span)
            case "has":
                return project_if_valid(self._found(state, node, refresh=True), 0, BOOLEAN, node.span)
            case "set":
                arguments = self.arguments(node, [("key", state.key), ("value", state.value)])
                return (
                    poison(node.span) if arguments is None else self._put(state, arguments[0], arguments[1], node.span)
                )
            case "remove":
                return self._removed(state, node)
        return None

    def _set(self, state: MapSymbol, name: str, node: ast.Call) -> TExpr | None:
        match name:
            case "find":
                return self._found(state, node, refresh=True)
            case "has" | "peek":
                return project_if_valid(self._found(state, node, refresh=name == "has"), 0, BOOLEAN, node.span)
            case "add":
                arguments = self.arguments(node, [("key", state.key)])
                unit = TMake((), type=UNIT, span=node.span)
                return poison(node.span) if arguments is None else self._put(state, arguments[0], unit, node.span)
            case "remove":
                return self._removed(state, node)
        return None

    def _removed(self, state: MapSymbol, node: ast.Call) -> TExpr:
        entry = self._found(state, node, refresh=False)
        if entry.type == ERROR:
            return entry
        return self.access(AccessKind.ENTRY_REMOVE, state.state.name, (entry,), UNIT, node.span)

    def entry_call(self, entry: TExpr, place: str | None, name: ast.Name, node: ast.Call) -> TExpr | None:
        """`entry.set(value)`, `entry.add()`, `entry.remove()`; None for another name."""
        ty = entry.type
        assert isinstance(ty, EntryType)
        if name.text == "remove":
            if self.arguments(node, []) is None:
                return poison(node.span)
            return self.access(AccessKind.ENTRY_REMOVE, ty.state, (entry,), UNIT, node.span)
        wanted = {"set": [("value", ty.value)], "add": []} if not isinstance(ty.value, UnitType) else {"add": []}
        if name.text not in wanted or (name.text == "add" and not isinstance(ty.value, UnitType)):
            return None
        arguments = self.arguments(node, wanted[name.text])
        if arguments is None:
            return poison(node.span)
        value = arguments[0] if arguments else TMake((), type=UNIT, span=node.span)
        put = self.access(AccessKind.ENTRY_PUT, ty.state, (entry, value), OptionType(UNIT), node.span)
        if self.facts.is_present(place):  # it was found, so it cannot fail
            return TBlock((SExpr(put, span=node.span),), None, type=UNIT, span=node.span)
        return put

    # --- leases and indexes ------------------------------------------------------------------------------

    def _lease(self, state: LeaseSymbol, name: str, node: ast.Call) -> TExpr | None:
        lease = state.state.name
        match name:
            case "open":
                arguments = self.arguments(node, [("value", state.value)])
                ty = OptionType(SessionType(lease, self._id_type(state), state.value))
                kind = AccessKind.LEASE_OPEN
            case "get" | "peek" | "has":
                arguments = self.arguments(node, [("id", state.id)])
                ty, kind = OptionType(state.value), AccessKind.LEASE_GET
            case "close":
                arguments = self.arguments(node, [("id", state.id)])
                ty, kind = UNIT, AccessKind.LEASE_CLOSE
            case _:
                return None
        if arguments is None:
            return poison(node.span)
        result = self.access(kind, lease, tuple(arguments), ty, node.span, refresh=name != "peek")
        return project_if_valid(result, 0, BOOLEAN, node.span) if name == "has" else result

    def _id_type(self, state: LeaseSymbol) -> IntType:
        assert isinstance(state.id, IntType)
        return state.id

    def _index(self, state: IndexSymbol, name: str, node: ast.Call) -> TExpr | None:
        session = OptionType(SessionType(state.lease.state.name, self._id_type(state.lease), state.lease.value))
        if name in ("find", "peek"):
            arguments = self.arguments(node, [("key", state.key)])
            if arguments is None:
                return poison(node.span)
            return self.access(
                AccessKind.INDEX_FIND, state.state.name, tuple(arguments), session, node.span, refresh=name == "find"
            )
        if name != "find_or_open":
            return None
        wanted: list[tuple[str, Ty | None]] = [("key", state.key), ("value", state.lease.value)]
        same = state.key == state.lease.value
        arguments = self.arguments(node, wanted, optional=1 if same else 0)
        if arguments is None:
            return poison(node.span)
        if len(arguments) == 1:
            local = self.context.new_local("key", state.key)
            key = TLocal(local, type=state.key, span=node.span)
            opened = self.access(AccessKind.INDEX_OPEN, state.state.name, (key, key), session, node.span)
            let = SLet(local, arguments[0], span=node.span)
            return TBlock((let,), opened, type=opened.type, span=node.span)
        return self.access(AccessKind.INDEX_OPEN, state.state.name, tuple(arguments), session, node.span)

    # --- tables, counters, meters, reductions ------------------------------------------------------------

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


def truth(value: bool, span: Span) -> TLiteral:
    return TLiteral((int(value),), type=BOOLEAN, span=span)


def project_if_valid(value: TExpr, first: int, ty: Ty, span: Span) -> TExpr:
    return value if value.type == ERROR else TProject(value, first, type=ty, span=span)


__all__ = ["CONTRIBUTION", "UPDATES", "StateMethodChecker", "flat_leaf_types", "truth"]
