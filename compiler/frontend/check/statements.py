"""Blocks and statements, `if` and `match`; the last class of the chain, `BodyChecker`."""

from __future__ import annotations

from compiler.diagnostics import Note
from compiler.frontend import ast, items
from compiler.frontend.check.assignments import AssignmentChecker
from compiler.frontend.check.body import poison
from compiler.frontend.check.facts import Facts
from compiler.frontend.check.functions import PACKET_RESULT, Binding
from compiler.frontend.check.members import HeaderRef
from compiler.frontend.check.patterns import Matched
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
    StaticLocal,
    TBlock,
    TExpr,
    TIf,
    TLiteral,
    TLocal,
    TLogical,
    TStatement,
    TStatic,
    TUnwrap,
)
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    MULTICAST,
    NEVER,
    PORT,
    STATIC,
    TIME,
    UNIT,
    EnumType,
    NeverType,
    OptionType,
    StructType,
    TupleType,
    Ty,
    describe,
    shape_of,
)
from compiler.ir.types import Record
from compiler.source import Span


class BodyChecker(AssignmentChecker):
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
        name = node.names[0]
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
            self.error("W0333", "this value is not used", node.value.span, help="`let _ = ...;` throws it away")
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
        value = self.coerce(self.expr(node.value, self.result), self.result)
        return [] if value.type == ERROR else [SReturn(value, span=node.span)]

    def _verdict(self, node: ast.Verdict) -> list[TStatement]:
        target = None
        wanted = {"send": PORT, "multicast": MULTICAST}.get(node.kind)
        if node.target is not None and wanted is not None:
            target = self.expr(node.target, wanted)
            if target.type == STATIC:
                help_text = "groups come from a table or a constant `as multicast`" if wanted == MULTICAST else None
                self.error("W0300", f"expected {describe(wanted)}, found a number", node.target.span, help=help_text)
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
            folded = self.static_plus_one(end)
            end = folded
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

    def if_or_match(self, node: ast.IfExpr | ast.MatchExpr, expected: Ty | None, *, wants_value: bool) -> TExpr:
        if isinstance(node, ast.MatchExpr):
            return self._match(node, expected, wants_value)
        condition = self.condition(node.condition)
        before = self.facts
        self.facts = before.plus(self.facts_of(node.condition, True))
        then = self.checked_block(node.then, expected, wants_value=wants_value)
        after_then = self.facts
        self.facts = before.plus(self.facts_of(node.condition, False))
        if node.otherwise is not None:
            otherwise = self.checked_block(node.otherwise, expected, wants_value=wants_value)
        else:
            otherwise = TBlock((), None, type=UNIT, span=node.span)
        self.facts = self.joined_facts(before, (then, after_then), (otherwise, self.facts))
        if condition.type == ERROR:
            return poison(node.span)
        return self._choice(condition, then, otherwise, node.span, wants_value)

    def _choice(self, condition: TExpr, then: TBlock, otherwise: TBlock, span: Span, wants_value: bool) -> TExpr:
        if not wants_value:
            both_end = isinstance(then.type, NeverType) and isinstance(otherwise.type, NeverType)
            return TIf(condition, then, otherwise, type=NEVER if both_end else UNIT, span=span)
        if ERROR in (then.type, otherwise.type):
            return poison(span)
        then, otherwise, ty = self._same_blocks(then, otherwise)
        if ty == ERROR:
            return poison(span)
        if ty == UNIT:
            return self.error("W0332", "this has no value", span, help="both branches must end with a value")
        return TIf(condition, then, otherwise, type=ty, span=span)

    def _same_blocks(self, then: TBlock, otherwise: TBlock) -> tuple[TBlock, TBlock, Ty]:
        """Both blocks with values of one type."""
        if isinstance(then.type, NeverType):
            return then, otherwise, otherwise.type
        if isinstance(otherwise.type, NeverType):
            return then, otherwise, then.type
        if then.value is None or otherwise.value is None:
            bad = then if then.value is None else otherwise
            if then.value is None and otherwise.value is None:
                return then, otherwise, UNIT
            self.error("W0332", "this branch gives no value, but the other one does", bad.span)
            return then, otherwise, ERROR
        left, right = then.value, otherwise.value
        if left.type == STATIC and right.type != STATIC:
            left = self.coerce(left, right.type)
        else:
            right = self.coerce(right, left.type)
        if left.type == STATIC:
            left = self.sized(left)
        if ERROR in (left.type, right.type):
            return then, otherwise, ERROR
        return (
            TBlock(then.statements, left, type=left.type, span=then.span),
            TBlock(otherwise.statements, right, type=right.type, span=otherwise.span),
            left.type,
        )

    def _match(self, node: ast.MatchExpr, expected: Ty | None, wants_value: bool) -> TExpr:
        thing = self.thing(node.value)
        if isinstance(thing, HeaderRef):
            return self._arms(node, None, thing, expected, wants_value)
        value = self.sized(self.named_value(thing, node.value))
        if value.type == ERROR:
            return value
        if isinstance(value.type, OptionType):
            return self.error(
                "W0328", "an optional value is not matched", node.value.span, help="`let x = ... else drop;`"
            )
        local = self.context.new_local("value", value.type)
        chosen = self._arms(node, TLocal(local, type=value.type, span=node.value.span), None, expected, wants_value)
        let = SLet(local, value, span=node.value.span)
        result = None if chosen.type in (UNIT, NEVER) and not wants_value else chosen
        statements = (let,) if result is not None else (let, SExpr(chosen, span=node.span))
        return TBlock(statements, result, type=chosen.type, span=node.span)

    def _arms(
        self, node: ast.MatchExpr, value: TLocal | None, owner: HeaderRef | None, expected: Ty | None, wants_value: bool
    ) -> TExpr:
        if not node.arms:
            return self.error("W0609", "this `match` has no arms", node.span)
        before, ends = self.facts, []
        checked: list[tuple[TExpr | None, TBlock]] = []
        covered: frozenset[int] = frozenset()
        done = failed = False
        for arm in node.arms:
            if done:
                self.error("W0610", "this arm is never reached: the arms above take everything", arm.span)
                break
            self.facts = before
            outer, self.scope = self.scope, Scope(parent=self.scope, module=self.scope.module)
            made = self._arm(arm, value, owner, expected, wants_value)
            self.scope = outer
            if made is None:
                failed = True
                continue
            matched, test, block = made
            ends.append((block, self.facts))
            if arm.condition is None:
                covered |= matched.covers or frozenset()
                done = matched.covers is None or self._all_covered(covered, value, owner)
            checked.append((None if done else test, block))
        self.facts = self.joined_facts(before, *ends)
        if failed:
            return poison(node.span)
        if not done:
            return self._incomplete(node, covered, value, owner)
        return self._chain(checked, node.span, wants_value)

    def _all_covered(self, covered: frozenset[int], value: TLocal | None, owner: HeaderRef | None) -> bool:
        if owner is not None:
            return len(covered) == len(owner.headers)
        assert value is not None
        if isinstance(value.type, EnumType) and value.type.is_open:
            return len(covered) >= 1 << value.type.width
        return not self.complete(covered, value.type)

    def _incomplete(
        self, node: ast.MatchExpr, covered: frozenset[int], value: TLocal | None, owner: HeaderRef | None
    ) -> TExpr:
        if owner is not None:
            missing = [h for i, h in enumerate(owner.headers) if i not in covered]
        else:
            assert value is not None
            missing = self.complete(covered, value.type) or ["_"]
        listed = ", ".join(f"`{m}`" for m in missing)
        help_text = f"add `{missing[0]} => ...`"
        if missing == ["_"] and value is not None and isinstance(value.type, EnumType):
            help_text = "a value from a packet may be none of the variants: add `_ => ...`"
        return self.error("W0611", f"this `match` does not take {listed}", node.span, help=help_text)

    def _arm(
        self, arm: ast.Arm, value: TLocal | None, owner: HeaderRef | None, expected: Ty | None, wants_value: bool
    ) -> tuple[Matched, TExpr | None, TBlock] | None:
        matched = self.header_pattern(arm.pattern, owner) if owner else self.pattern(arm.pattern, value)  # type: ignore[arg-type]
        if matched is None:
            return None
        self.facts = self.facts.plus(matched.facts)
        lets: list[TStatement] = []
        for name, bound in matched.bindings:
            local = self.context.new_local(name.text, bound.type)
            self.bind(name, VariableSymbol(local, False, name.span))
            lets.append(SLet(local, bound, span=name.span))
        test = matched.test
        if arm.condition is not None:
            condition = self.condition(arm.condition)
            self.facts = self.facts.plus(self.facts_of(arm.condition, True))
            if lets:  # the condition may use what the pattern binds
                condition = TBlock(tuple(lets), condition, type=BOOLEAN, span=arm.span)
            test = condition if test is None else TLogical(True, test, condition, type=BOOLEAN, span=arm.span)
        block = self.checked_block(arm.body, expected, wants_value=wants_value)
        if lets:
            block = TBlock((*lets, *block.statements), block.value, type=block.type, span=block.span)
        return matched, test, block

    def _chain(self, arms: list[tuple[TExpr | None, TBlock]], span: Span, wants_value: bool) -> TExpr:
        """Arms as nested ifs; the last one needs no test."""
        if wants_value:
            arms = self._with_one_type(arms)
        _, last = arms[-1]
        result: TExpr = last
        for test, block in reversed(arms[:-1]):
            assert test is not None
            rest = result if isinstance(result, TBlock) else self._as_block(result, span)
            result = self._choice(test, block, rest, block.span, wants_value)
            if result.type == ERROR:
                return result
        return result

    def _with_one_type(self, arms: list[tuple[TExpr | None, TBlock]]) -> list[tuple[TExpr | None, TBlock]]:
        """Arms that give a number take the width that another arm has."""
        typed = next((b.type for _, b in arms if b.type not in (STATIC, NEVER, ERROR, UNIT)), None)
        if typed is None:
            return arms
        changed = []
        for test, block in arms:
            if block.type == STATIC and block.value is not None:
                value = self.coerce(block.value, typed)
                block = TBlock(block.statements, value, type=value.type, span=block.span)
            changed.append((test, block))
        return changed

    def _as_block(self, value: TExpr, span: Span) -> TBlock:
        if value.type in (UNIT, NEVER):
            return TBlock((SExpr(value, span=span),), None, type=value.type, span=span)
        return TBlock((), value, type=value.type, span=span)
