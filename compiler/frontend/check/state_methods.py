"""The operations of states: `flows.find(key)`, `ports.open(value)`, `entry.set(value)`, ..."""

from __future__ import annotations

from compiler.diagnostics import closest
from compiler.frontend import ast
from compiler.frontend.access_kinds import AccessKind
from compiler.frontend.check.body import poison
from compiler.frontend.check.cell_methods import UPDATES, CellMethodChecker
from compiler.frontend.check.members import project
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
from compiler.frontend.typed import SExpr, SLet, TBlock, TExpr, TLocal, TMake, TProject
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    UNIT,
    EntryType,
    IntType,
    OptionType,
    SessionType,
    Ty,
    UnitType,
)
from compiler.source import Span


class StateMethodChecker(CellMethodChecker):
    """Adds operations on states to `MemberChecker`."""

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
            case _:
                pass
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
            case _:
                pass
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
        if self.facts.can_hold(place):
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


def project_if_valid(value: TExpr, first: int, ty: Ty, span: Span) -> TExpr:
    return value if value.type == ERROR else TProject(value, first, type=ty, span=span)
