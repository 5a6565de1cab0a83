"""Functions: which one is called, what its generic parameters are, and its checked body for them."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from compiler.diagnostics import CompileError
from compiler.frontend import ast, items
from compiler.frontend.check.body import PACKET_PLACE, may_return, poison
from compiler.frontend.check.calls import CallChecker
from compiler.frontend.check.facts import Fact, Facts, Has
from compiler.frontend.check.members import Thing
from compiler.frontend.check.scope import (
    AliasSymbol,
    FunctionSymbol,
    HeaderSymbol,
    InstanceSymbol,
    PacketSymbol,
    Scope,
    StaticSymbol,
    Symbol,
    TypeSymbol,
    VariableSymbol,
    resolve_path,
)
from compiler.frontend.check.statics import static_number
from compiler.frontend.check.type_names import resolve_type
from compiler.frontend.typed import TCall, TExpr, TFunction, TStatic
from compiler.frontend.types import ERROR, NEVER, STATIC, UNIT, IntType, NeverType, Ty, VectorType, describe
from compiler.frontend.variables import Local, StaticLiteral

MOST_BODIES = 4_096  # bodies to check: one for each function and each set of types and static numbers
PACKET_RESULT = "packet"  # the result type of a function that makes a packet


@dataclass(slots=True)
class Binding:
    """What a call gives to a function: symbols for its scope, values, and what its packet has."""

    symbols: dict[str, Symbol] = field(default_factory=dict)
    values: list[tuple[ast.Name, TExpr]] = field(default_factory=list)
    facts: tuple[Fact, ...] = ()


class FunctionChecker(CallChecker):
    """Adds calls of declared functions to `CallChecker`."""

    @abstractmethod
    def new_body(self, scope: Scope, facts: Facts) -> FunctionChecker: ...

    @abstractmethod
    def function_body(self, node: ast.Block, result: Ty, span_name: ast.Name) -> object: ...

    def packet_needs(self, node: ast.TypeNode | None, scope: Scope) -> tuple[tuple[str, ...], ...] | None:
        """For a packet parameter, the alternatives of headers it must have; None for any other parameter."""
        names: tuple[ast.Name, ...]
        match node:
            case ast.PacketType(headers=names):
                pass
            case ast.NamedType(path=path, args=(), arrow=None) if len(path.names) == 1:
                if scope.find_header(str(path)) is None:
                    return None
                names = path.names
            case _:
                return None
        needs = []
        for name in names:
            symbol = scope.find_header(name.text)
            if isinstance(symbol, HeaderSymbol):
                needs.append((symbol.header.name,))
            elif isinstance(symbol, AliasSymbol):
                needs.append(symbol.headers)
            else:
                self.report_no_header(name, scope)
                needs.append(())
        return tuple(needs)

    def facts_from_needs(self, needs: tuple[tuple[str, ...], ...]) -> tuple[Fact, ...]:
        facts: list[Fact] = []
        for headers in needs:
            known = [h for h in headers if h in self.context.headers]
            facts.append(Has(frozenset(known)))
            implied = [self.context.implied(h) for h in known]
            for header in sorted(frozenset.intersection(*implied)) if implied else ():
                facts.append(Has(frozenset({header})))
        return tuple(facts)

    def takes_first(self, function: FunctionSymbol, ty: Ty | None) -> bool:
        for overload in function.overloads:
            if not overload.params:
                continue
            first = overload.params[0]
            if ty is None:
                if self.packet_needs(first.type, function.scope) is not None:
                    return True
            elif self._may_take(overload, first, ty, function.scope):
                return True
        return False

    def _may_take(self, overload: items.Function, param: items.Param, ty: Ty, scope: Scope) -> bool:
        if param.type is None or self.packet_needs(param.type, scope) is not None:
            return False
        bindings: dict[str, object] = {}
        generics = {g.name.text for g in overload.generics}
        return self._unify(param.type, ty, generics, bindings, scope)

    # --- overloads and generics ------------------------------------------------------------------------

    def call_function(
        self, function: FunctionSymbol, receiver: Thing | None, node: ast.Call, instance: InstanceSymbol | None = None
    ) -> TExpr:
        chosen = self._choose(function, receiver, node)
        if chosen is None:
            return poison(node.span)
        binding = self.bind_arguments(chosen, function.scope, receiver, node)
        if binding is None:
            return poison(node.span)
        return self._instantiate(chosen, function, binding, node, instance)

    def _choose(self, function: FunctionSymbol, receiver: Thing | None, node: ast.Call) -> items.Function | None:
        """The first overload whose packet parameter is satisfied and whose receiver fits."""
        wanted: list[str] = []
        for overload in function.overloads:
            first = overload.params[0] if overload.params else None
            needs = self.packet_needs(first.type, function.scope) if first is not None else None
            if needs is not None:
                if all(self.facts.has_one_of(n) for n in needs):
                    return overload
                wanted.append(str(first.type.span.text if first is not None and first.type is not None else ""))
            elif (
                len(function.overloads) == 1 or receiver is None or isinstance(receiver, (InstanceSymbol, PacketSymbol))
            ) or (first is not None and self._may_take(overload, first, value_type(receiver), function.scope)):
                return overload
        listed = " or ".join(f"`{w}`" for w in wanted)
        self.error(
            "W0415",
            f"`{function.name}` needs a packet with {listed}, which this one may not be",
            node.span,
            help="ask for it in the handler's pattern, or test with `p.has(...)` first",
        )
        return None

    def bind_arguments(
        self, function: items.Function, scope: Scope, receiver: Thing | None, node: ast.Call
    ) -> Binding | None:
        binding = Binding()
        generics = {g.name.text for g in function.generics}
        bindings: dict[str, object] = {}
        params = list(function.params)
        pending = list(node.arguments)
        first_value: TExpr | None = None
        if receiver is not None and params:
            head = params.pop(0)
            if isinstance(receiver, PacketSymbol):
                binding.symbols[head.name.text] = PacketSymbol(head.name.text)
                binding.facts = self.facts_from_needs(self.packet_needs(head.type, scope) or ())
            elif not isinstance(receiver, InstanceSymbol):
                first_value = receiver  # type: ignore[assignment]
                params.insert(0, head)
        if len(pending) + (first_value is not None) != len(params):
            names = ", ".join(p.name.text for p in params)
            self.error("W0322", f"`{function.name.text}` takes ({names})", node.span)
            return None
        for param in params:
            if first_value is not None:
                value: TExpr | None = self._value_argument(param, first_value, generics, bindings, scope)
                first_value = None
            else:
                argument = self._take_argument(param, pending)
                value = (
                    None if argument is None else self._argument(param, argument, generics, bindings, binding, scope)
                )
                if argument is None:
                    self.error("W0322", f"missing argument `{param.name.text}`", node.span)
            if value is None:
                return None
            if value.type != STATIC:
                binding.values.append((param.name, value))
        return self._bind_generics(function, bindings, binding, node)

    def _take_argument(self, param: items.Param, pending: list[ast.Argument]) -> ast.Argument | None:
        for position, argument in enumerate(pending):
            if argument.name is not None and argument.name.text == param.name.text:
                return pending.pop(position)
        if pending and pending[0].name is None:
            return pending.pop(0)
        return None

    def _argument(
        self,
        param: items.Param,
        argument: ast.Argument,
        generics: set[str],
        bindings: dict[str, object],
        binding: Binding,
        scope: Scope,
    ) -> TExpr | None:
        needs = self.packet_needs(param.type, scope)
        if needs is not None:
            thing = self.thing(argument.value)
            if not isinstance(thing, PacketSymbol) or not all(self.facts.has_one_of(n) for n in needs):
                self.error("W0415", f"`{param.name.text}` needs a packet that this one may not be", argument.span)
                return None
            binding.symbols[param.name.text] = PacketSymbol(param.name.text)
            binding.facts = (*binding.facts, *self.facts_from_needs(needs))
            return _no_value(argument)
        if isinstance(param.type, ast.NamedType) and str(param.type.path) == "int":
            found = static_number(argument.value, self.scope, self.reporter)
            if found is None:
                return None
            binding.symbols[param.name.text] = StaticSymbol(found[0], found[1])
            return _no_value(argument)
        expected = None
        if param.type is not None and not _mentions(param.type, generics):
            expected = resolve_type(param.type, scope, self.reporter)
        value = self.expr(argument.value, expected)
        return self._value_argument(param, value, generics, bindings, scope)

    def _value_argument(
        self, param: items.Param, value: TExpr, generics: set[str], bindings: dict[str, object], scope: Scope
    ) -> TExpr | None:
        if value.type == ERROR or param.type is None:
            return None
        if not _mentions(param.type, generics):
            coerced = self.coerce(value, resolve_type(param.type, scope, self.reporter))
            return None if coerced.type == ERROR else coerced
        value = self.sized(value)
        if value.type == ERROR:
            return None
        if not self._unify(param.type, value.type, generics, bindings, scope):
            self.error("W0300", f"expected `{param.type.span.text}`, found {describe(value.type)}", value.span)
            return None
        return value

    def _unify(self, node: ast.TypeNode, ty: Ty, generics: set[str], bindings: dict[str, object], scope: Scope) -> bool:
        match node:
            case ast.NamedType(path=path) if str(path) in generics:
                return bindings.setdefault(str(path), ty) == ty
            case ast.ArrayType(element=element, size=ast.NameExpr(path=path)) if str(path) in generics:
                if not isinstance(ty, VectorType):
                    return False
                same = bindings.setdefault(str(path), StaticLiteral(ty.lanes)) == StaticLiteral(ty.lanes)
                return same and self._unify(element, ty.element, generics, bindings, scope)
            case ast.NamedType(path=path) if resolve_path(path, scope) is None and str(path).startswith("u"):
                return isinstance(ty, IntType) and str(path) == f"u{ty.width}"
            case _ if _mentions(node, generics):
                return False
            case _:
                return resolve_type(node, scope, self.reporter) == ty

    def _bind_generics(
        self, function: items.Function, bindings: dict[str, object], binding: Binding, node: ast.Call
    ) -> Binding | None:
        for generic in function.generics:
            found = bindings.get(generic.name.text)
            if found is None:
                self.error(
                    "W0327", f"`{generic.name.text}` of `{function.name.text}` cannot be told from this call", node.span
                )
                return None
            if isinstance(found, StaticLiteral):
                binding.symbols[generic.name.text] = StaticSymbol(found, STATIC)
            else:
                binding.symbols[generic.name.text] = TypeSymbol(found)  # type: ignore[arg-type]
        return binding

    # --- bodies ----------------------------------------------------------------------------------------

    def _instantiate(
        self,
        function: items.Function,
        symbol: FunctionSymbol,
        binding: Binding,
        node: ast.Call,
        instance: InstanceSymbol | None,
    ) -> TExpr:
        self.context.called.add(id(function))
        if any(active is function for active in self.context.active):
            return self.error(
                "W0602",
                f"`{function.name.text}` calls itself",
                node.span,
                help="functions are inlined: use a `for` with constant bounds",
            )
        key = (
            id(function),
            instance.name if instance else "",
            tuple(sorted((n, _key_of(s)) for n, s in binding.symbols.items())),
            tuple(v.type for _, v in binding.values),
            self.header_only,
        )
        found = self.context.functions.get(key)
        if found is None and len(self.context.functions) >= MOST_BODIES:
            self.error(
                "W0614",
                "this program is too large",
                node.span,
                help=f"functions are called with more than {MOST_BODIES:,} different types and static numbers",
            )
            raise CompileError(*self.reporter.diagnostics)
        if found is None:
            found = self._check_body(function, symbol, binding, instance)
            if found is None:
                self.context.broken_calls.append(node.span)
                return poison(node.span)
            self.context.functions[key] = found
        arguments = tuple(value for _, value in binding.values)
        if any(isinstance(s, PacketSymbol) for s in binding.symbols.values()):  # it may write any field
            self.facts = self.facts.without(PACKET_PLACE)
        return TCall(found, arguments, type=_type_of_call(found), span=node.span)

    def _check_body(
        self, function: items.Function, symbol: FunctionSymbol, binding: Binding, instance: InstanceSymbol | None
    ) -> TFunction | None:
        scope, parameters = self.function_scope(function, symbol, binding, instance)
        result: Ty = UNIT if function.result is None else resolve_type(function.result, scope, self.reporter)
        body = self.new_body(scope, Facts().plus(binding.facts))
        body.header_only = self.header_only
        self.context.active.append(function)
        try:
            checked = body.function_body(function.body, result, function.name)
        finally:
            self.context.active.pop()
        if result == UNIT and body.has_errors_in(function.body.span):
            return None  # it may have been meant to give a value
        name = f"{instance.name}.{function.name.text}" if instance else function.name.text
        return TFunction(name, tuple(parameters), result, checked)  # type: ignore[arg-type]

    def function_scope(
        self, function: items.Function, symbol: FunctionSymbol, binding: Binding, instance: InstanceSymbol | None
    ) -> tuple[Scope, list[Local]]:
        scope = Scope(parent=symbol.scope, module=symbol.scope.module)
        scope.symbols.update(binding.symbols)
        if instance is not None:
            scope.symbols["self"] = instance
        parameters = []
        for name, value in binding.values:
            # one body serves all calls: of a parameter only its type is known, not how large the argument was
            local = self.context.new_local(name.text, value.type)
            parameters.append(local)
            scope.symbols[name.text] = VariableSymbol(local, False, name.span)
        return scope, parameters


def value_type(thing: Thing) -> Ty:
    """The type of a thing that is a value; ERROR for anything else."""
    ty = getattr(thing, "type", ERROR)
    return ty


def _type_of_call(function: TFunction) -> Ty:
    """NEVER where every path through the function decides what becomes of the packet."""
    ends = isinstance(function.body.type, NeverType) and not may_return(function.body)
    return NEVER if function.result == UNIT and ends else function.result


def _key_of(symbol: Symbol) -> str:
    return repr(symbol)


def _mentions(node: ast.TypeNode, generics: set[str]) -> bool:
    match node:
        case ast.NamedType(path=path, args=args, arrow=arrow):
            inner = [a.value for a in args] + ([arrow] if arrow is not None else [])
            return str(path) in generics or any(_mentions(i, generics) for i in inner)
        case ast.ArrayType(element=element, size=size):
            named = isinstance(size, ast.NameExpr) and str(size.path) in generics
            return named or _mentions(element, generics)
        case ast.TupleType(elements=elements):
            return any(_mentions(e, generics) for e in elements)
        case _:
            return False


def _no_value(argument: ast.Argument) -> TExpr:
    """Stands for an argument that is known when compiling."""
    return TStatic(StaticLiteral(0), type=STATIC, span=argument.span)
