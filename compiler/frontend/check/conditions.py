"""What a condition shows: the facts that hold where it is true, or where it is false."""

from __future__ import annotations

from compiler.frontend import ast
from compiler.frontend.check.facts import Below, CanHold, Fact, Has
from compiler.frontend.check.packets import PacketChecker
from compiler.frontend.check.scope import PacketSymbol, resolve_path
from compiler.frontend.check.statics import static_number
from compiler.frontend.variables import StaticLiteral

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


class ConditionChecker(PacketChecker):
    """Adds flow facts to `PacketChecker`."""

    def facts_of(self, node: ast.Expr, truth: bool) -> tuple[Fact, ...]:
        match node:
            case ast.UnaryExpr(operator="!", operand=operand):
                return self.facts_of(operand, not truth)
            case ast.BinaryExpr(operator="&&", left=left, right=right) if truth:
                return (*self.facts_of(left, True), *self.facts_of(right, True))
            case ast.BinaryExpr(operator="||", left=left, right=right) if not truth:
                return (*self.facts_of(left, False), *self.facts_of(right, False))
            case ast.BinaryExpr(operator="&&" | "||", left=left, right=right):  # one of the two, not known which
                either = frozenset(self.facts_of(left, truth)) & frozenset(self.facts_of(right, truth))
                return tuple(either)
            case ast.BinaryExpr(operator=operator, left=left, right=right) if operator in _NEGATED:
                return self._bounds(operator if truth else _NEGATED[operator], left, right)
            case ast.Membership(value=value, set=ast.RangeExpr(last=last, inclusive=inclusive)) if truth:
                return self._bounds("<=" if inclusive else "<", value, last)
            case ast.Call(function=ast.Member(object=owner, name=name), arguments=arguments) if (
                truth and name.text == "has" and len(arguments) == 1
            ):
                return self._has_facts(owner, arguments[0].value)
            case ast.Member(object=owner, name=name) if truth and name.text in ("present", "has_room"):
                place = self.place(owner)
                return (CanHold(place),) if place is not None else ()
            case _:
                pass
        return ()

    def _has_facts(self, owner: ast.Expr, header: ast.Expr) -> tuple[Fact, ...]:
        if not isinstance(owner, ast.NameExpr) or not isinstance(resolve_path(owner.path, self.scope), PacketSymbol):
            return ()
        headers = self._quietly(lambda: self.headers_named(header))
        return self.facts_from_needs((headers,)) if headers else ()

    def _bounds(self, operator: str, left: ast.Expr, right: ast.Expr) -> tuple[Fact, ...]:
        """`place < number` and the like."""
        place = self.place(left)
        number = self._quietly(lambda: static_number(right, self.scope, self.reporter))
        if place is None or number is None:
            place = self.place(right)
            number = self._quietly(lambda: static_number(left, self.scope, self.reporter))
            operator = _FLIPPED[operator]
        if place is None or number is None or not isinstance(number[0], StaticLiteral):
            return ()
        limit = number[0].value
        match operator:
            case "<":
                return (Below(place, limit - 1),)
            case "<=" | "==":
                return (Below(place, limit),)
            case _:
                pass
        return ()

    def has_fact(self, headers: tuple[str, ...]) -> Has:
        return Has(frozenset(headers))
