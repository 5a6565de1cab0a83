"""Names and what they stand for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from compiler.diagnostics import Reporter, closest
from compiler.frontend import items
from compiler.frontend.ast import Path
from compiler.frontend.check.foreign_names import FOREIGN_NAMES
from compiler.frontend.typed import TLiteral
from compiler.frontend.types import ERROR, Ty
from compiler.frontend.variables import Local, Static
from compiler.ir.headers import Header
from compiler.ir.states import Index, Lease, Map, Table, TableArray
from compiler.source import Span


@dataclass(frozen=True, slots=True)
class ConstSymbol:
    """A constant without a type is a static number; one with a type is a literal of it."""

    value: Static | TLiteral
    type: Ty


@dataclass(frozen=True, slots=True)
class TunableSymbol:
    name: str
    type: Ty


@dataclass(frozen=True, slots=True)
class HeaderSymbol:
    header: Header
    field_types: dict[str, Ty]


@dataclass(frozen=True, slots=True)
class AliasSymbol:
    name: str
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TypeSymbol:
    type: Ty


@dataclass(frozen=True, slots=True)
class FunctionSymbol:
    """All functions of one name in one module; the first that takes the argument is called."""

    name: str
    overloads: tuple[items.Function, ...]
    scope: Scope


@dataclass(frozen=True, slots=True)
class ObjectSymbol:
    declaration: items.Object
    scope: Scope


@dataclass(frozen=True, slots=True)
class PortSymbol:
    """Ports `first` to `first + count - 1`; `count` None for a single port."""

    name: str
    first: int
    count: int | None


@dataclass(frozen=True, slots=True)
class ArraySymbol:
    """An array state of any storable type: one IR array a flat value. `cells` None for a single variable."""

    name: str
    type: Ty
    arrays: tuple[str, ...]
    cells: int | None


@dataclass(frozen=True, slots=True)
class MapSymbol:
    state: Map
    key: Ty
    value: Ty  # UnitType for a set


@dataclass(frozen=True, slots=True)
class LeaseSymbol:
    state: Lease
    id: Ty
    value: Ty


@dataclass(frozen=True, slots=True)
class IndexSymbol:
    state: Index
    key: Ty
    lease: LeaseSymbol


@dataclass(frozen=True, slots=True)
class TableSymbol:
    state: Table | TableArray
    key: Ty
    value: Ty


@dataclass(frozen=True, slots=True)
class CountingSymbol:
    """A counter or a meter. `cells` None where one was declared without an index."""

    kind: str  # "counter" or "meter"
    name: str
    cells: int | None


@dataclass(frozen=True, slots=True)
class ReductionSymbol:
    name: str
    value: Ty
    slots: int


@dataclass(frozen=True, slots=True)
class InstanceSymbol:
    """A state whose type is an object: its members live in `scope`."""

    name: str
    declaration: items.Object
    scope: Scope


@dataclass(frozen=True, slots=True)
class ModuleSymbol:
    name: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class BuiltinSymbol:
    """A function or a word that the compiler knows: `now`, `hash::family`, `min`."""

    name: str


@dataclass(frozen=True, slots=True)
class VariableSymbol:
    local: Local
    mutable: bool
    span: Span


@dataclass(frozen=True, slots=True)
class StaticSymbol:
    """A loop variable, a generic number or an unchanging variable with a static value."""

    value: Static
    type: Ty


@dataclass(frozen=True, slots=True)
class PacketSymbol:
    """The packet that a handler or a function works on."""

    name: str


Symbol: TypeAlias = (
    ConstSymbol
    | TunableSymbol
    | HeaderSymbol
    | AliasSymbol
    | TypeSymbol
    | FunctionSymbol
    | ObjectSymbol
    | PortSymbol
    | ArraySymbol
    | MapSymbol
    | LeaseSymbol
    | IndexSymbol
    | TableSymbol
    | CountingSymbol
    | ReductionSymbol
    | InstanceSymbol
    | ModuleSymbol
    | BuiltinSymbol
    | VariableSymbol
    | StaticSymbol
    | PacketSymbol
)

StateSymbol: TypeAlias = (
    ArraySymbol | MapSymbol | LeaseSymbol | IndexSymbol | TableSymbol | CountingSymbol | ReductionSymbol
)


@dataclass(slots=True)
class Scope:
    """Names of one block, function, object or module; what is not found here is looked up in `parent`."""

    parent: Scope | None = None
    module: str = ""
    symbols: dict[str, Symbol] = field(default_factory=dict)
    modules: dict[str, ModuleSymbol] = field(default_factory=dict)  # a module and a header may share a name
    used: list[Scope] = field(default_factory=list)  # modules whose functions are methods here
    lacks_names: bool = False  # a `use` failed: what is not declared may come from there

    def find(self, name: str) -> Symbol | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.symbols:
                return scope.symbols[name]
            scope = scope.parent
        return None

    def find_header(self, name: str) -> HeaderSymbol | AliasSymbol | None:
        """The header or alias of that name; a variable may hide its name, but not behind `p.`."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.symbols.get(name)
            if isinstance(found, (HeaderSymbol, AliasSymbol)):
                return found
            scope = scope.parent
        return None

    def find_module(self, name: str) -> ModuleSymbol | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.modules:
                return scope.modules[name]
            scope = scope.parent
        return None

    def names(self) -> Iterator[str]:
        scope: Scope | None = self
        while scope is not None:
            yield from scope.symbols
            scope = scope.parent

    def is_complete(self) -> bool:
        """Whether a name that is not found here is a mistake of its own."""
        return not self.lacks_names and (self.parent is None or self.parent.is_complete())

    def note_missing_names(self) -> None:
        """A `use` is missing, which was reported: what else comes from there is not worth saying."""
        self.lacks_names = True
        if self.parent is not None and self.parent.module == self.module:
            self.parent.note_missing_names()

    def method_scopes(self) -> Iterator[Scope]:
        """Where a method may be declared: this scope and outwards, and the modules in use."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            yield from scope.used
            scope = scope.parent


def wrong_symbol(span: Span) -> ConstSymbol:
    """Stands for what is declared, but wrong, which was reported: what uses it says nothing more."""
    return ConstSymbol(TLiteral((), type=ERROR, span=span), ERROR)


def is_wrong(symbol: Symbol | None) -> bool:
    return isinstance(symbol, ConstSymbol) and symbol.type == ERROR


def resolve_path(path: Path, scope: Scope) -> Symbol | None:
    """What a path such as `net::Flow` stands for, or None."""
    if len(path.names) == 1:
        return scope.find(path.names[0].text)
    module = find_module(path, scope)
    return None if module is None else module.scope.symbols.get(path.names[-1].text)


def find_module(path: Path, scope: Scope) -> ModuleSymbol | None:
    """The module that all names of a path but the last one name."""
    module = scope.find_module(path.names[0].text)
    for name in path.names[1:-1]:
        module = None if module is None else module.scope.modules.get(name.text)
    return module


def report_unknown(path: Path, scope: Scope, reporter: Reporter, *, what: str = "") -> None:
    """Say that `path` is not declared, with the closest name there is; once a line, and only if it is news."""
    if not scope.is_complete() or is_wrong(scope.find(path.names[0].text)):
        return
    known = list(scope.names())
    asked = path.names[-1].text
    holder = find_module(path, scope) if len(path.names) > 1 else None
    if holder is not None:
        known = list(holder.scope.symbols)
    near = closest(asked, known)
    elsewhere = _module_with(asked, scope)
    help_text = f"did you mean `{near}`?" if near else None
    if elsewhere and (near is None or near != asked):
        help_text = f"did you mean `{elsewhere}::{asked}`?"
    elif len(path.names) > 1 and holder is None and isinstance(scope.find(path.names[0].text), HeaderSymbol | None):
        help_text = f"`{path.names[0].text}` is not in use here: begin the file with `use std::{path.names[0].text};`"
    help_text = FOREIGN_NAMES.get(str(path), help_text)
    message = f"there is no {what} `{path}`" if what else f"`{path}` is not declared"
    line = path.span.line
    if any(e.message == message and e.span.line == line and e.span.source is path.span.source for e in reporter.errors):
        return
    reporter.error("W0201", message, path.span, help=help_text)


def _module_with(name: str, scope: Scope) -> str | None:
    at: Scope | None = scope
    while at is not None:
        for module_name, module in at.modules.items():
            if name in module.scope.symbols:
                return module_name
        at = at.parent
    return None


def what_is(symbol: Symbol) -> str:
    """The kind of thing, for messages."""
    names = {
        ConstSymbol: "a constant",
        TunableSymbol: "a tunable",
        HeaderSymbol: "a header",
        AliasSymbol: "an alias of headers",
        TypeSymbol: "a type",
        FunctionSymbol: "a function",
        ObjectSymbol: "an object type",
        PortSymbol: "a port",
        ArraySymbol: "a state",
        MapSymbol: "a map",
        LeaseSymbol: "a lease",
        IndexSymbol: "an index",
        TableSymbol: "a table",
        CountingSymbol: "a counter or meter",
        ReductionSymbol: "a reduction",
        InstanceSymbol: "an object",
        ModuleSymbol: "a module",
        BuiltinSymbol: "a built-in function",
        VariableSymbol: "a variable",
        StaticSymbol: "a number known when compiling",
        PacketSymbol: "the packet",
    }
    return names[type(symbol)]
