"""State declarations -> IR states and the symbols that programs use them by."""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.diagnostics import Reporter
from compiler.frontend import ast, items
from compiler.frontend.check.options import Options
from compiler.frontend.check.scope import (
    ArraySymbol,
    CountingSymbol,
    IndexSymbol,
    LeaseSymbol,
    MapSymbol,
    ReductionSymbol,
    Scope,
    Symbol,
    is_wrong,
    resolve_path,
    what_is,
)
from compiler.frontend.check.statics import static_int, static_scalar
from compiler.frontend.check.type_names import resolve_type
from compiler.frontend.types import ERROR, UNIT, IntType, Ty, VectorType, describe, flatten, shape_of
from compiler.ir.states import Array, Counter, Index, Lease, Map, Meter, Reduction, State
from compiler.ir.types import Bits, Shape, bit_width, leaves
from compiler.meaning.clock import grain_ticks as grain_in_ticks
from compiler.meaning.clock import idle_ticks
from compiler.meaning.sets import GeometryError, set_geometry

MAX_CELLS = 1 << 26
MAX_CAPACITY = 1 << 26
KINDS = ("map", "set", "lease", "index", "counter", "meter", "reduce", "collective::reduce")


@dataclass(slots=True)
class Declared:
    """What declarations of state have added to the program so far."""

    shares: int = 1
    states: list[State] = field(default_factory=list)


class StateDeclarer:
    """Declares one state; `prefix` is the object instance that it belongs to, with a dot, or empty."""

    def __init__(self, scope: Scope, reporter: Reporter, declared: Declared, prefix: str = "") -> None:
        self.scope = scope
        self.reporter = reporter
        self.declared = declared
        self.prefix = prefix

    def declare(self, node: items.StateDecl) -> Symbol | None:
        """The symbol of the new state, or None after an error."""
        inner, sizes = node.type, []
        while isinstance(inner, ast.ArrayType) and isinstance(inner.element, (ast.NamedType, ast.ArrayType)):
            sizes.append(inner.size)
            inner = inner.element
        kind = str(inner.path) if isinstance(inner, ast.NamedType) else ""
        name = self.prefix + node.name.text
        options = Options(node.options, self.scope, self.reporter, owner=f"`{name}`", span=node.name.span)
        if kind in KINDS and isinstance(inner, ast.NamedType):
            symbol = self._kind(kind.removeprefix("collective::"), node, inner, sizes, options)
        else:
            symbol = self._array(node, options)
        options.finish()
        if node.initial is not None and not isinstance(symbol, ArraySymbol) and symbol is not None:
            self.reporter.error("W0505", "only arrays and variables have an initial value", node.initial.span)
        return symbol

    def _kind(
        self, kind: str, node: items.StateDecl, ty: ast.NamedType, sizes: list[ast.Expr], options: Options
    ) -> Symbol | None:
        if sizes and kind not in ("counter", "meter"):
            self.reporter.error("W0506", f"there are no arrays of {kind}s", node.type.span)
            return None
        match kind:
            case "map" | "set":
                return self._map(kind, node, ty, options)
            case "lease":
                return self._lease(node, ty, options)
            case "index":
                return self._index(node, ty, options)
            case "reduce":
                return self._reduction(node, ty, options)
            case _:
                return self._counting(kind, node, sizes, options)

    def _name(self, node: items.StateDecl) -> str:
        return self.prefix + node.name.text

    def _stored(self, node: ast.TypeNode) -> tuple[Ty, Shape] | None:
        ty = resolve_type(node, self.scope, self.reporter)
        shape = shape_of(ty)
        if ty == ERROR:
            return None
        if shape is None:
            self.reporter.error("W0507", f"{describe(ty)} cannot be stored", node.span)
            return None
        return ty, shape

    def _key(self, node: ast.TypeNode) -> tuple[Ty, Shape] | None:
        found = self._stored(node)
        if found is not None and not all(isinstance(t, Bits) for t in flatten(found[0])):
            self.reporter.error("W0508", "a key has no vectors", node.span)
            return None
        return found

    def _arguments(self, ty: ast.NamedType, count: int, form: str) -> tuple[ast.TypeNode, ...] | None:
        plain = [a.value for a in ty.args if a.name is None]
        if len(plain) != count or len(plain) != len(ty.args):
            self.reporter.error("W0303", f"`{ty.path}` is written `{form}`", ty.span)
            return None
        return tuple(plain)

    def _map(self, kind: str, node: items.StateDecl, ty: ast.NamedType, options: Options) -> Symbol | None:
        arguments = self._arguments(ty, 2 if kind == "map" else 1, "map<Key, Value>" if kind == "map" else "set<Key>")
        capacity = options.required_number("capacity", least=1, most=MAX_CAPACITY, example=65536)
        clock = _clock(options)
        geometry = self._geometry(options, capacity)
        if arguments is None or capacity is None or geometry is None:
            return None
        key = self._key(arguments[0])
        value = self._stored(arguments[1]) if kind == "map" else (UNIT, None)
        if key is None or value is None:
            return None
        if not all(isinstance(t, Bits) for t in flatten(value[0])):
            self.reporter.error("W0508", "a map has no vectors as values", arguments[1].span, help="use an array")
            return None
        state = Map(
            name=self._name(node),
            span=node.name.span,
            key=flatten(key[0]),
            values=flatten(value[0]),
            key_shape=key[1],
            value_shape=value[1],
            capacity=capacity,
            sets=geometry[0],
            ways=geometry[1],
            idle_ticks=clock.idle_ticks,
            grain_ticks=clock.grain_ticks,
            relaxed=options.flag("relaxed"),
        )
        self.declared.states.append(state)
        return MapSymbol(state, key[0], value[0])

    def _geometry(self, options: Options, capacity: int | None) -> tuple[int, int] | None:
        sets = options.number("sets", least=1, most=1 << 24)
        ways = options.number("ways", least=1, most=64)
        if capacity is None:
            return None
        try:
            chosen = set_geometry(capacity, self.declared.shares)
        except GeometryError as error:
            self.reporter.error("W0501", str(error), options.span_of("capacity"))
            return None
        if sets is not None and (sets & (sets - 1) or sets < self.declared.shares):
            self.reporter.error(
                "W0501",
                f"`sets` must be a power of two, at least the program's {self.declared.shares} shares",
                options.span_of("sets"),
            )
            return None
        return sets or chosen[0], ways or chosen[1]

    def _lease(self, node: items.StateDecl, ty: ast.NamedType, options: Options) -> Symbol | None:
        limits = options.range("range")
        clock, relaxed = _clock(options), options.flag("relaxed")
        steps = options.number("steps", least=1, most=64, default=16)
        if len(ty.args) != 1 or ty.arrow is None:
            self.reporter.error("W0303", "a lease is written `lease<Id => Value>`", ty.span)
            return None
        id_type = resolve_type(ty.args[0].value, self.scope, self.reporter)
        value = self._stored(ty.arrow)
        if limits is None or value is None or steps is None:
            return None
        if not isinstance(id_type, IntType) or id_type.width > 32:
            self.reporter.error("W0509", "a lease's ids are integers of at most 32 bits", ty.args[0].span)
            return None
        if limits[1] >> id_type.width:
            self.reporter.error("W0310", f"{limits[1]} does not fit into u{id_type.width}", options.span_of("range"))
            return None
        if self.declared.shares > 1 and id_type.width > 16:
            self.reporter.error("W0509", "with `shares`, a lease's ids have at most 16 bits", ty.args[0].span)
            return None
        state = Lease(
            name=self._name(node),
            span=node.name.span,
            id_width=id_type.width,
            first=limits[0],
            last=limits[1],
            values=flatten(value[0]),
            value_shape=value[1],
            idle_ticks=clock.idle_ticks,
            steps=steps,
            grain_ticks=clock.grain_ticks,
            relaxed=relaxed,
        )
        self.declared.states.append(state)
        return LeaseSymbol(state, id_type, value[0])

    def _index(self, node: items.StateDecl, ty: ast.NamedType, options: Options) -> Symbol | None:
        arrow = ty.arrow
        lease = resolve_path(arrow.path, self.scope) if isinstance(arrow, ast.NamedType) else None
        if len(ty.args) != 1 or arrow is None:
            self.reporter.error("W0303", "an index is written `index<Key => lease>`", ty.span)
            return None
        if is_wrong(lease):
            return None
        if not isinstance(lease, LeaseSymbol):
            found = "not declared" if lease is None else what_is(lease)
            self.reporter.error(
                "W0510", f"an index points into a lease; this is {found}", arrow.span, help="declare the lease above it"
            )
            return None
        key = self._key(ty.args[0].value)
        ids = lease.state.last - lease.state.first + 1
        capacity = options.number("capacity", least=1, most=MAX_CAPACITY, default=ids)
        geometry = self._geometry(options, capacity)
        if key is None or geometry is None or capacity is None:
            return None
        state = Index(
            name=self._name(node),
            span=node.name.span,
            key=flatten(key[0]),
            key_shape=key[1],
            lease=lease.state.name,
            capacity=capacity,
            sets=geometry[0],
            ways=geometry[1],
        )
        self.declared.states.append(state)
        return IndexSymbol(state, key[0], lease)

    def _counting(self, kind: str, node: items.StateDecl, sizes: list[ast.Expr], options: Options) -> Symbol | None:
        cells = static_int(sizes[0], self.scope, self.reporter) if sizes else 1
        if len(sizes) > 1 or cells is None or not 1 <= cells <= MAX_CELLS:
            self.reporter.error("W0506", f"a {kind} has 1 to {MAX_CELLS} cells in one dimension", node.type.span)
            return None
        if kind == "counter":
            self.declared.states.append(Counter(name=self._name(node), span=node.name.span, cells=cells))
        else:
            rate = options.required_number("rate", least=1, most=10**12, example=1_000_000)
            burst = options.required_number("burst", least=1, most=(1 << 31) - 1, example=15_000)
            if rate is None or burst is None:
                return None
            self.declared.states.append(
                Meter(name=self._name(node), span=node.name.span, cells=cells, rate=rate, burst=burst)
            )
        return CountingSymbol(kind, self._name(node), cells if sizes else None)

    def _reduction(self, node: items.StateDecl, ty: ast.NamedType, options: Options) -> Symbol | None:
        arguments = self._arguments(ty, 1, "collective::reduce<u32[64]>")
        slots = options.required_number("slots", least=1, most=1 << 20, example=4096)
        if arguments is None or slots is None:
            return None
        value = self._stored(arguments[0])
        if value is None:
            return None
        if not isinstance(value[0], (VectorType, IntType)):
            self.reporter.error("W0511", "a reduction adds up integers or vectors of them", arguments[0].span)
            return None
        self.declared.states.append(
            Reduction(
                name=self._name(node), span=node.name.span, type=flatten(value[0])[0], shape=value[1], slots=slots
            )
        )
        return ReductionSymbol(self._name(node), value[0], slots)

    def _array(self, node: items.StateDecl, options: Options) -> Symbol | None:
        """`u32[4096]` is 4,096 cells; `u32[64][4096]` is 4,096 vectors; `u32` is one variable."""
        element, cells = node.type, None
        if isinstance(node.type, ast.ArrayType):
            element, cells = node.type.element, static_int(node.type.size, self.scope, self.reporter)
            if cells is None:
                return None
            if not 1 <= cells <= MAX_CELLS:
                self.reporter.error("W0506", f"an array has 1 to {MAX_CELLS} cells, not {cells}", node.type.size.span)
                return None
        stored = self._stored(element)
        if stored is None:
            return None
        ty, shape = stored
        initial = 0 if node.initial is None else static_scalar(node.initial, ty, self.scope, self.reporter)
        if initial is None:
            return None
        if initial and (len(flatten(ty)) != 1 or initial < 0 or initial >> bit_width(flatten(ty)[0])):
            self.reporter.error("W0310", f"{initial} does not fit into {describe(ty)}", node.type.span)
            return None
        names = []
        for (path, flat), leaf in zip(leaves(shape), _leaf_shapes(shape), strict=True):
            name = self._name(node) + (f".{path}" if path else "")
            names.append(name)
            self.declared.states.append(
                Array(name=name, span=node.name.span, type=flat, cells=cells or 1, shape=leaf, initial=initial)
            )
        return ArraySymbol(self._name(node), ty, tuple(names), cells)


@dataclass(frozen=True, slots=True)
class _Clock:
    """When entries expire, and how much later a device may notice it; in ticks."""

    idle_ticks: int | None
    grain_ticks: int = 0


def _clock(options: Options) -> _Clock:
    idle, grain = options.duration_ns("idle"), options.duration_ns("grain")
    if idle is None:
        if grain is not None:
            options.reporter.error(
                "W0502",
                f"{options.owner} has a `grain`, and no `idle` time",
                options.span_of("grain"),
                help="add for example `idle: 300s`, or leave `grain` out",
            )
        return _Clock(None)
    return _Clock(idle_ticks(idle), 0 if grain is None else grain_in_ticks(grain))


def _leaf_shapes(shape: Shape) -> list[Shape]:
    fields = getattr(shape, "fields", None)
    if fields is None:
        return [shape]
    return [leaf for _, inner in fields for leaf in _leaf_shapes(inner)]
