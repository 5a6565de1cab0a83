"""Blocks and statements, `if` and `match`; the last class of the chain, `BodyChecker`."""

from __future__ import annotations

from compiler.diagnostics import Note
from compiler.frontend import ast, items
from compiler.frontend.check.body import poison
from compiler.frontend.check.choices import ChoiceChecker
from compiler.frontend.check.facts import Facts
from compiler.frontend.check.functions import PACKET_RESULT, Binding
from compiler.frontend.check.scope import FunctionSymbol, PacketSymbol, Scope, StaticSymbol, VariableSymbol
from compiler.frontend.check.statics import static_number
from compiler.frontend.check.type_names import resolve_type
from compiler.frontend.typed import (
    FinalKind,
    SClone,
    SDigest,
    SExpr,
    SFinal,
    SFor,
    SLet,
    SReturn,
    TBlock,
    TExpr,
    TLiteral,
    TLocal,
    TStatement,
    TStatic,
    TUnwrap,
)
from compiler.frontend.types import (
    ERROR,
    MULTICAST,
    NEVER,
    PORT,
    STATIC,
    TIME,
    UNIT,
    NeverType,
    OptionType,
    StructType,
    TupleType,
    Ty,
    describe,
    shape_of,
)
from compiler.frontend.variables import StaticLocal
from compiler.ir.types import Record
from compiler.source import Span


class BodyChecker(ChoiceChecker):
    """Checks the body of a handler or of a function."""

    def new_body(self, scope: Scope, facts: Facts) -> BodyChecker:
        return BodyChecker(self.context, scope, facts)

    def check_alone(self, function: items.Function, symbol: FunctionSymbol) -> None:
        """Check a function that nothing calls, for its errors."""
        binding = Binding()
        for param in function.params:
            needs = self.packet_needs(param.type, symbol.scope)
            if param.type is None or (isinstance(param.type, ast.NamedType) and str(param.type.path) == "int"):
                return  # a method without its object, or a number that only a call gives
            if needs is not None:
                binding.symbols[param.name.text] = PacketSymbol(param.name.text)
                binding.facts = (*binding.facts, *self.facts_from_needs(needs))
            else:
                ty = resolve_type(param.type, symbol.scope, self.reporter)
                if ty == ERROR:
                    return
                binding.values.append((param.name, TLiteral((), type=ty, span=param.span)))
        scope, _ = self.function_scope(function, symbol, binding, None)
        body = self.new_body(scope, Facts().plus(binding.facts))
        if isinstance(function.result, ast.NamedType) and str(function.result.path) == PACKET_RESULT:
            body.packet_body(function.body)
            return
        result: Ty = UNIT if function.result is None else resolve_type(function.result, scope, self.reporter)
        body.function_body(function.body, result, function.name)

    # --- blocks ----------------------------------------------------------------------------------------

    def checked_block(self, node: ast.Block, expected: Ty | None = None, *, wants_value: bool = False) -> TBlock:
        """A block with a scope of its own. Its type is NEVER when it never comes to its end."""
        outer, self.scope = self.scope, Scope(parent=self.scope, module=self.scope.module)
        try:
            return self._in_scope(node, expected, wants_value)
        finally:
            self.scope = outer

    def _in_scope(self, node: ast.Block, expected: Ty | None, wants_value: bool) -> TBlock:
        statements: list[TStatement] = []
        ends_at: Span | None = None
        for statement in node.statements:
            if ends_at is not None:
                self._unreachable(statement.span, ends_at)
                break
            added, ends = self.statement(statement)
            statements.extend(added)
            if ends:
                ends_at = statement.span
        value: TExpr | None = None
        if node.value is not None and ends_at is not None:
            self._unreachable(node.value.span, ends_at)
        elif node.value is not None:
            value, ends = self._block_value(node.value, expected, wants_value, statements)
            ends_at = node.value.span if ends else None
        if ends_at is not None:
            ty: Ty = NEVER
        else:
            ty = UNIT if value is None else value.type
        return TBlock(tuple(statements), value, type=ty, span=node.span)

    def _unreachable(self, span: Span, ends_at: Span) -> None:
        note = Note(ends_at, "the packet's fate is decided here")
        self.error("W0601", "this is never carried out", span, notes=(note,), help="remove it, or move it up")

    def _block_value(
        self, node: ast.Expr, expected: Ty | None, wants_value: bool, statements: list[TStatement]
    ) -> tuple[TExpr | None, bool]:
        if wants_value:
            value = self.expr(node, expected)
            if expected is not None and value.type == STATIC:
                value = self.coerce(value, expected)
            return value, isinstance(value.type, NeverType)
        added, ends = self.statement(ast.ExprStatement(node, None, span=node.span))
        statements.extend(added)
        return None, ends

    def function_body(self, node: ast.Block, result: Ty, span_name: ast.Name) -> TBlock:
        """The body of a function that gives a `result`."""
        self.in_function, self.result = True, result
        block = self.checked_block(node, None if result == UNIT else result, wants_value=result != UNIT)
        if result == UNIT or isinstance(block.type, NeverType) or ERROR in (block.type, result):
            return block
        if block.value is None and self.has_errors_in(node.span):
            return block
        if block.value is None:
            self.error("W0603", f"`{span_name.text}` can end without giving a {describe(result)}", span_name.span)
            return block
        value = self.coerce(block.value, result)
        return TBlock(block.statements, value, type=value.type, span=block.span)

    def straight_statements(self, node: ast.Block) -> list[TStatement]:
        statements: list[TStatement] = []
        for statement in node.statements:
            added, ends = self.statement(statement)
            if ends:
                self.error("W0416", "a function that makes a packet cannot end the handler", statement.span)
            statements.extend(added)
        return statements

    # --- statements --------------------------------------------------------------------------------------

    def statement(self, node: ast.Statement) -> tuple[list[TStatement], bool]:
        """The checked statements, and whether they end the handler or function."""
        match node:
            case ast.Let():
                return self._let(node)
            case ast.Assign():
                return self.assign(node), False
            case ast.ExprStatement():
                return self._expression(node)
            case ast.Return():
                return self._return(node), True
            case ast.Verdict():
                return self._verdict(node), True
            case ast.CloneStatement(target=target, packet=packet, span=span):
                port = self.coerce(self.expr(target, PORT), PORT)
                made = self.packet(packet)
                if port.type == ERROR or (packet is not None and made is None):
                    return [], False
                statements, template = made or ([], None)
                return [*statements, SClone(port, template, span=span)], False
            case ast.DigestStatement():
                return self._digest(node), False
            case ast.For():
                return self._for(node), False
            case ast.Block():
                block = self.checked_block(node)
                return [SExpr(block, span=node.span)], isinstance(block.type, NeverType)

    def _let(self, node: ast.Let) -> tuple[list[TStatement], bool]:
        expected = None if node.type is None else resolve_type(node.type, self.scope, self.reporter)
        value = self.expr(node.value, expected)
        if node.otherwise is not None:
            value = self._unwrap(value, node.otherwise, node.value.span)
        elif isinstance(value.type, OptionType):
            self.error(
                "W0604",
                "there may be no value",
                node.value.span,
                help="say what happens then: `let x = ... else drop;`",
            )
            value = poison(node.span)
        if expected is not None:
            value = self.coerce(value, expected)
        if isinstance(value.type, NeverType):
            return [SExpr(value, span=node.span)], True
        if len(node.names) > 1:
            return self._let_tuple(node, value), False
        name = next(iter(node.names))
        if isinstance(value, TStatic) and value.type in (STATIC, TIME) and not node.mutable:
            self.bind(name, StaticSymbol(value.value, value.type))
            return [], False
        value = self.sized(value)
        if value.type == UNIT:
            self.error("W0332", "this has no value", node.value.span)
            value = poison(node.span)
        local = self.context.new_local(name.text, value.type)
        if not node.mutable:
            self.context.most[local.number] = self.most(value, node.value)
        self.bind(name, VariableSymbol(local, node.mutable, name.span))
        return ([] if value.type == ERROR else [SLet(local, value, span=node.span)]), False

    def _let_tuple(self, node: ast.Let, value: TExpr) -> list[TStatement]:
        ty = value.type
        if not isinstance(ty, TupleType) or len(ty.elements) != len(node.names):
            if ty != ERROR:
                self.error("W0300", f"{describe(ty)} is not {len(node.names)} values", node.value.span)
            for name in node.names:
                self.bind(name, VariableSymbol(self.context.new_local(name.text, ERROR), False, name.span))
            return []
        whole = self.context.new_local("tuple", ty)
        statements: list[TStatement] = [SLet(whole, value, span=node.span)]
        for position, (name, part) in enumerate(zip(node.names, ty.elements, strict=True)):
            local = self.context.new_local(name.text, part)
            read = self.tuple_part(TLocal(whole, type=ty, span=name.span), ty, position, name.span)
            statements.append(SLet(local, read, span=name.span))
            self.bind(name, VariableSymbol(local, node.mutable, name.span))
        return statements

    def _unwrap(self, value: TExpr, otherwise: ast.Block, span: Span) -> TExpr:
        if value.type == ERROR:
            self.checked_block(otherwise)
            return value
        if not isinstance(value.type, OptionType):
            self.error("W0605", "this always has a value; `else` is never used", span, help="remove the `else`")
            return poison(span)
        inner = value.type.inner
        saved = self.facts
        block = self.checked_block(otherwise, inner, wants_value=inner != UNIT)
        self.facts = saved
        if not isinstance(block.type, NeverType) and inner != UNIT:
            if block.value is None and self.has_errors_in(otherwise.span):
                return poison(span)
            if block.value is None:
                self.error(
                    "W0606",
                    f"this `else` must give a {describe(inner)} or end the handler",
                    otherwise.span,
                    help="`else drop`",
                )
                return poison(span)
            given = self.coerce(block.value, inner)
            block = TBlock(block.statements, given, type=given.type, span=block.span)
        return TUnwrap(value, block, type=inner, span=span)

    def _expression(self, node: ast.ExprStatement) -> tuple[list[TStatement], bool]:
        if isinstance(node.value, (ast.IfExpr, ast.MatchExpr)) and node.otherwise is None:
            chosen = self.if_or_match(node.value, None, wants_value=False)
            self.is_uncertain |= chosen.type == ERROR
            return [SExpr(chosen, span=node.span)], isinstance(chosen.type, NeverType)
        value = self.expr(node.value)
        if node.otherwise is not None:
            if isinstance(value.type, OptionType) and value.type.inner != UNIT:
                value = self.discarded(value)
            unwrapped = self._unwrap(value, node.otherwise, node.value.span)
            return [SExpr(unwrapped, span=node.span)], False
        if isinstance(value.type, OptionType):
            self.error(
                "W0604",
                "this can fail: there may be no room",
                node.value.span,
                help="say what happens then: `... else drop;` or `... else {}`",
            )
        elif value.type not in (UNIT, ERROR) and not self.has_effect(value):
            self.error(
                "W0333",
                "this value is not used",
                node.value.span,
                help="`let _ = ...;` throws it away; to give it back, leave out the `;` behind it",
            )
        return [SExpr(value, span=node.span)], isinstance(value.type, NeverType)

    def _return(self, node: ast.Return) -> list[TStatement]:
        if not self.in_function:
            self.error(
                "W0607", "`return` outside of a function", node.span, help="a handler ends with `send`, `drop`, ..."
            )
            return []
        if node.value is None:
            if self.result != UNIT:
                self.error("W0603", f"`return` without the {describe(self.result)} that this function gives", node.span)
            return [SReturn(None, span=node.span)]
        if self.result == UNIT:
            text = "this function gives no value"
            self.error("W0300", text, node.value.span, help="say what it gives: `fn name(...) -> u8 { ... }`")
            return []
        value = self.coerce(self.expr(node.value, self.result), self.result)
        return [] if value.type == ERROR else [SReturn(value, span=node.span)]

    def _verdict(self, node: ast.Verdict) -> list[TStatement]:
        target = None
        wanted = {"send": PORT, "multicast": MULTICAST}.get(node.kind)
        if node.target is not None and wanted is not None:
            target = self.expr(node.target, wanted)
            if target.type == STATIC:
                self.mismatch(STATIC, wanted, node.target.span)
                return []
            target = self.coerce(target, wanted)
        made = self.packet(node.packet)
        if (target is not None and target.type == ERROR) or (node.packet is not None and made is None):
            return []
        statements, template = made or ([], None)
        return [*statements, SFinal(FinalKind(node.kind), target, template, span=node.span)]

    def _digest(self, node: ast.DigestStatement) -> list[TStatement]:
        value = self.expr(node.value)
        if value.type == ERROR:
            return []
        if not isinstance(value.type, StructType):
            self.error("W0608", f"a digest is a struct, not {describe(value.type)}", node.value.span)
            return []
        shape = shape_of(value.type)
        if not isinstance(shape, Record):
            self.error("W0507", f"{describe(value.type)} cannot be sent", node.value.span)
            return []
        self.context.records[shape.name] = shape
        return [SDigest(shape.name, value, span=node.span)]

    def _for(self, node: ast.For) -> list[TStatement]:
        first = static_number(node.range.first, self.scope, self.reporter)
        last = static_number(node.range.last, self.scope, self.reporter)
        if first is None or last is None:
            return []
        end = last[0]
        if node.range.inclusive:
            end = self.static_plus_one(end, node.range.last.span)
        local = self.context.new_local(node.name.text, STATIC)
        self.context.most[local.number] = max(0, self.most_static(end) - 1)
        outer, self.scope = self.scope, Scope(parent=self.scope, module=self.scope.module)
        self.bind(node.name, StaticSymbol(StaticLocal(local), STATIC))
        self.forget_assigned(node.body)
        saved = self.facts
        body = self.checked_block(node.body)
        self.scope, self.facts = outer, saved
        self.forget_assigned(node.body)
        return [SFor(local, first[0], end, body, span=node.span)]

    # --- if and match --------------------------------------------------------------------------------------
