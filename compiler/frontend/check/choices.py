"""`if` and `match`: branches of one type, arms that take every value."""

from __future__ import annotations

from abc import abstractmethod

from compiler.frontend import ast
from compiler.frontend.check.assignments import AssignmentChecker
from compiler.frontend.check.body import poison
from compiler.frontend.check.members import HeaderRef
from compiler.frontend.check.patterns import Matched
from compiler.frontend.check.scope import Scope, VariableSymbol
from compiler.frontend.typed import SExpr, SLet, TBlock, TExpr, TIf, TLocal, TLogical, TStatement
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    NEVER,
    STATIC,
    UNIT,
    EnumType,
    NeverType,
    OptionType,
    Ty,
)
from compiler.source import Span


class ChoiceChecker(AssignmentChecker):
    """Adds choices to `AssignmentChecker`."""

    @abstractmethod
    def checked_block(self, node: ast.Block, expected: Ty | None = None, *, wants_value: bool = False) -> TBlock: ...

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
        if ty == UNIT and self.has_errors_in(span):
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
