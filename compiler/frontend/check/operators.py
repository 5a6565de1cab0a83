"""Expressions made of other expressions: literals, operators, casts, vectors, tuples, structs."""

from __future__ import annotations

import ipaddress
import re
from abc import abstractmethod

from compiler.frontend import ast
from compiler.frontend.check.body import BodyBase, poison
from compiler.frontend.check.facts import Fact
from compiler.frontend.check.statics import STATIC_OPERATORS, static_operation
from compiler.frontend.static_arithmetic import StaticArithmeticError
from compiler.frontend.typed import TBinary, TCompare, TExpr, TLiteral, TLogical, TStatic, TUnary, TVector
from compiler.frontend.types import (
    BOOLEAN,
    ERROR,
    IP4,
    IP6,
    MAC,
    MULTICAST,
    PORT,
    STATIC,
    TIME,
    BoolType,
    EnumType,
    FlagsType,
    IntType,
    NamedScalar,
    StructType,
    TupleType,
    Ty,
    VectorType,
    describe,
    flatten,
)
from compiler.frontend.variables import StaticLiteral
from compiler.ir.operations import BinaryOperator, CompareOperator, UnaryOperator
from compiler.source import Span

_ARITHMETIC = {
    "+": BinaryOperator.ADD,
    "-": BinaryOperator.SUB,
    "*": BinaryOperator.MUL,
    "/": BinaryOperator.DIV,
    "%": BinaryOperator.MOD,
    "&": BinaryOperator.AND,
    "|": BinaryOperator.OR,
    "^": BinaryOperator.XOR,
    "<<": BinaryOperator.SHL,
    ">>": BinaryOperator.SHR,
}
COMPARISONS = {
    "==": CompareOperator.EQ,
    "!=": CompareOperator.NE,
    "<": CompareOperator.LT,
    "<=": CompareOperator.LE,
    ">": CompareOperator.GT,
    ">=": CompareOperator.GE,
}
_MAC = re.compile(r"[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}$")


class OperatorChecker(BodyBase):
    """Adds operators to `BodyBase`."""

    def literal(self, node: ast.Literal, expected: Ty | None) -> TExpr:
        value = node.value
        match node.kind:
            case "int":
                assert isinstance(value, int)
                if node.width is not None:
                    typed = TStatic(StaticLiteral(value), type=STATIC, span=node.span)
                    return self.coerce(typed, IntType(node.width))
                return TStatic(StaticLiteral(value), type=STATIC, span=node.span)
            case "duration":
                assert isinstance(value, int)
                return TStatic(StaticLiteral(value), type=TIME, span=node.span)
            case "ip4":
                assert isinstance(value, int)
                return TLiteral((value,), type=IP4, span=node.span)
            case "mac":
                assert isinstance(value, int)
                return TLiteral((value,), type=MAC, span=node.span)
            case "bool":
                assert isinstance(value, int)
                return TLiteral((value,), type=BOOLEAN, span=node.span)
            case "string":
                assert isinstance(value, str)
                return self._address(node, value, expected)
            case _:
                return self.error(
                    "W0315", "a prefix stands only behind `in`", node.span, help="write `address in 10.0.0.0/8`"
                )

    def _address(self, node: ast.Literal, text: str, expected: Ty | None) -> TExpr:
        if _MAC.match(text):
            return TLiteral((int(re.sub("[:-]", "", text), 16),), type=MAC, span=node.span)
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            what = describe(expected) if expected in (IP4, IP6, MAC) else "an address"
            return self.error("W0102", f'"{text}" is not {what}', node.span)
        ty = IP4 if address.version == 4 else IP6
        return TLiteral((int(address),), type=ty, span=node.span)

    # --- unary and binary ----------------------------------------------------------------------------

    def unary(self, node: ast.UnaryExpr, expected: Ty | None) -> TExpr:
        operand = self.expr(node.operand, expected)
        ty = operand.type
        if ty == ERROR:
            return operand
        if node.operator == "!":
            if isinstance(operand, TStatic):
                operand = self.coerce(operand, expected) if isinstance(expected, IntType) else self.sized(operand)
                ty = operand.type
            if ty != ERROR and not _has_bits(ty):
                return self.error("W0316", f"`!` of {describe(ty)}", node.span, help="`!` negates a bool or flips bits")
            return TUnary(UnaryOperator.NOT, operand, type=ty, span=node.span)
        if isinstance(operand, TStatic) and ty == STATIC:
            zero = TStatic(StaticLiteral(0), type=STATIC, span=node.span)
            return self._static("-", zero, operand, node.span)
        if not isinstance(ty, (IntType, VectorType)):
            return self.error("W0316", f"`-` of {describe(ty)}", node.span)
        return TBinary(BinaryOperator.SUB, self.zero_of(ty, node), operand, type=ty, span=node.span)

    def zero_of(self, ty: Ty, node: ast.Expr) -> TExpr:
        """Zeros in every flat value of `ty`."""
        from_flats = tuple((0,) * f.lanes if hasattr(f, "lanes") else 0 for f in flatten(ty))  # type: ignore[union-attr]
        return TLiteral(from_flats, type=ty, span=node.span)

    def binary(self, node: ast.BinaryExpr, expected: Ty | None) -> TExpr:
        operator = node.operator
        if operator in ("&&", "||"):
            return self._logical(node)
        if operator in COMPARISONS:
            return self._comparison(node)
        left = self.expr(node.left, expected)
        right = self.expr(node.right, expected if operator not in ("<<", ">>") else None)
        if ERROR in (left.type, right.type):
            return poison(node.span)
        if isinstance(left, TStatic) and isinstance(right, TStatic) and operator in STATIC_OPERATORS:
            both = {left.type, right.type}
            if both <= {STATIC, TIME}:
                return self._static(operator, left, right, node.span)
        if operator in ("<<", ">>"):
            return self._shift(node, left, right, expected)
        if TIME in (left.type, right.type):
            return self._time(node, left, right)
        return self.arithmetic(_ARITHMETIC[operator], left, right, node, expected)

    def _static(self, operator: str, left: TStatic, right: TStatic, span: Span) -> TExpr:
        try:
            value = static_operation(operator, left.value, right.value)
        except StaticArithmeticError as error:
            return self.error("W0312", str(error), span)
        if operator in COMPARISONS:
            return TStatic(value, type=BOOLEAN, span=span)
        ratio = left.type == right.type == TIME and operator == "/"
        ty = TIME if TIME in (left.type, right.type) and not ratio else STATIC
        return TStatic(value, type=ty, span=span)

    def same_type(self, left: TExpr, right: TExpr, expected: Ty | None) -> tuple[TExpr, TExpr]:
        """Both sides with one type: a static number takes the other side's, or the expected one."""
        if left.type == STATIC and right.type == STATIC:
            if isinstance(expected, IntType):
                return self.coerce(left, expected), self.coerce(right, expected)
            return left, right
        if left.type == STATIC:
            return self._lane_wise(left, right.type), right
        if right.type == STATIC:
            return left, self._lane_wise(right, left.type)
        return left, self.coerce(right, left.type)

    def _lane_wise(self, value: TExpr, ty: Ty) -> TExpr:
        if isinstance(ty, VectorType):
            return TVector((self.coerce(value, ty.element),), type=ty, span=value.span)
        if isinstance(ty, (NamedScalar, FlagsType)) and ty != TIME and isinstance(value, TStatic):
            return self.mismatch(STATIC, ty, value.span)
        return self.coerce(value, ty)

    def arithmetic(
        self, operator: BinaryOperator, left: TExpr, right: TExpr, node: ast.Expr, expected: Ty | None = None
    ) -> TExpr:
        left, right = self.same_type(left, right, expected)
        ty = left.type
        if ERROR in (ty, right.type):
            return poison(node.span)
        bits = operator in (BinaryOperator.AND, BinaryOperator.OR, BinaryOperator.XOR)
        allowed = isinstance(ty, (IntType, VectorType)) or (bits and _has_bits(ty))
        if not allowed:
            help_text = "compute with its number: `as u32`" if isinstance(ty, (NamedScalar, EnumType)) else None
            if ty == PORT and bits:
                help_text = "`send` takes one port; for both write `clone a; send b;`"
            return self.error("W0316", f"`{operator.value}` of {describe(ty)}", node.span, help=help_text)
        if (
            operator in (BinaryOperator.DIV, BinaryOperator.MOD)
            and isinstance(right, TLiteral)
            and right.values == (0,)
        ):
            return self.error("W0312", "this divides by zero", node.span)
        return TBinary(operator, left, right, type=ty, span=node.span)

    def _shift(self, node: ast.BinaryExpr, left: TExpr, right: TExpr, expected: Ty | None) -> TExpr:
        if left.type == STATIC:
            left = self.coerce(left, expected) if isinstance(expected, IntType) else self.sized(left)
        if right.type == STATIC:
            right = self.coerce(right, IntType(16))
        if ERROR in (left.type, right.type):
            return poison(node.span)
        if not isinstance(left.type, (IntType, VectorType)) or not isinstance(right.type, IntType):
            return self.error("W0316", f"a shift of {describe(left.type)} by {describe(right.type)}", node.span)
        return TBinary(_ARITHMETIC[node.operator], left, right, type=left.type, span=node.span)

    def _time(self, node: ast.BinaryExpr, left: TExpr, right: TExpr) -> TExpr:
        """Sums, differences (never below 0: clocks of two devices differ), multiples and ratios of times."""
        u64 = IntType(64)
        both = left.type == right.type == TIME
        if node.operator in ("+", "-") and both:
            operator = BinaryOperator.ADD if node.operator == "+" else BinaryOperator.SAT_SUB
            return TBinary(operator, left, right, type=TIME, span=node.span)
        if node.operator in ("/", "%") and both:
            ty: Ty = u64 if node.operator == "/" else TIME
            return TBinary(_ARITHMETIC[node.operator], left, right, type=ty, span=node.span)
        if node.operator in ("*", "/") and left.type == TIME and right.type in (STATIC, u64):
            scale = self.coerce(right, u64)
            return TBinary(_ARITHMETIC[node.operator], left, scale, type=TIME, span=node.span)
        return self.error(
            "W0316",
            f"`{node.operator}` of {describe(left.type)} and {describe(right.type)}",
            node.span,
            help="write numbers that are times with a unit: `10ms`",
        )

    # --- comparisons and logic -----------------------------------------------------------------------

    def _comparison(self, node: ast.BinaryExpr) -> TExpr:
        operator = COMPARISONS[node.operator]
        left = self.expr(node.left)
        right = self.expr(node.right, None if left.type in (STATIC, ERROR) else left.type)
        if left.type == STATIC and right.type not in (STATIC, ERROR):
            left = self.expr(node.left, right.type)
        if ERROR in (left.type, right.type):
            return poison(node.span)
        if isinstance(left, TStatic) and isinstance(right, TStatic) and left.type == right.type:
            return self._static(node.operator, left, right, node.span)
        return self.compare(operator, left, right, node)

    def compare(self, operator: CompareOperator, left: TExpr, right: TExpr, node: ast.Expr) -> TExpr:
        left, right = self.same_type(left, right, None)
        ty = left.type
        if ERROR in (ty, right.type):
            return poison(node.span)
        ordered = isinstance(ty, (IntType, NamedScalar))
        equal_only = isinstance(ty, (BoolType, EnumType, FlagsType, StructType, TupleType, VectorType))
        is_equality = operator in (CompareOperator.EQ, CompareOperator.NE)
        if not ordered and not (equal_only and is_equality):
            return self.error("W0316", f"{describe(ty)} cannot be compared like this", node.span)
        if isinstance(ty, EnumType) and ty.has_payload:
            return self.error("W0316", f"{describe(ty)} is taken apart with `match`", node.span)
        return TCompare(operator, left, right, type=BOOLEAN, span=node.span)

    def _logical(self, node: ast.BinaryExpr) -> TExpr:
        left = self.condition(node.left)
        before = self.facts
        self.facts = before.plus(self.facts_of(node.left, node.operator == "&&"))
        right = self.condition(node.right)
        self.facts = before
        if ERROR in (left.type, right.type):
            return poison(node.span)
        return TLogical(node.operator == "&&", left, right, type=BOOLEAN, span=node.span)

    @abstractmethod
    def facts_of(self, node: ast.Expr, truth: bool) -> tuple[Fact, ...]:
        """What is known where `node` is true (or false)."""

    def condition(self, node: ast.Expr) -> TExpr:
        """An expression that must be a bool."""
        value = self.expr(node, BOOLEAN)
        if value.type in (ERROR, BOOLEAN):
            return value
        help_text = None
        if isinstance(value.type, IntType) or value.type == STATIC:
            negated = isinstance(node, ast.UnaryExpr) and node.operator == "!"
            help_text = "compare it: `... == 0`" if negated else "compare it: `... != 0`"
        return self.error("W0317", f"a condition is a bool, not {describe(value.type)}", node.span, help=help_text)

    def membership(self, node: ast.Membership) -> TExpr:
        """`value in first..last`, `value in first..=last`, `address in prefix`."""
        value = self.expr(node.value)
        if isinstance(node.set, ast.RangeExpr):
            first = self.expr(node.set.first, value.type)
            last = self.expr(node.set.last, value.type)
            upper = CompareOperator.LE if node.set.inclusive else CompareOperator.LT
            low = self.compare(CompareOperator.GE, value, first, node)
            high = self.compare(upper, value, last, node)
            if ERROR in (low.type, high.type):
                return poison(node.span)
            return TLogical(True, low, high, type=BOOLEAN, span=node.span)
        prefix = self._prefix(node.set)
        if prefix is None or value.type == ERROR:
            return poison(node.span)
        ty, address, length = prefix
        if value.type != ty:
            return self.mismatch(value.type, ty, node.value.span)
        assert isinstance(ty, NamedScalar)
        mask = ((1 << length) - 1) << (ty.width - length)
        masked = TBinary(
            BinaryOperator.AND, value, TLiteral((mask,), type=ty, span=node.set.span), type=ty, span=node.span
        )
        network = TLiteral((address & mask,), type=ty, span=node.set.span)
        return TCompare(CompareOperator.EQ, masked, network, type=BOOLEAN, span=node.span)

    def _prefix(self, node: ast.Expr) -> tuple[Ty, int, int] | None:
        match node:
            case ast.Literal(kind="prefix4", value=(int(address), int(length))):
                return IP4, address, length
            case ast.Literal(kind="string", value=str(text)):
                try:
                    network = ipaddress.ip_network(text, strict=False)
                except ValueError:
                    self.error("W0103", f'"{text}" is not a prefix', node.span)
                    return None
                return IP4 if network.version == 4 else IP6, int(network.network_address), network.prefixlen
            case _:
                self.error(
                    "W0318",
                    "behind `in` stands a range or a prefix",
                    node.span,
                    help="`1..=10` or `10.0.0.0/8`; for single values, `x == 80 || x == 443`",
                )
        return None

    # --- casts and construction ------------------------------------------------------------------------


def _has_bits(ty: Ty) -> bool:
    """Whether `& | ^ !` mean something: not for ports and groups, whose numbers are only names."""
    return isinstance(ty, (BoolType, IntType, VectorType, FlagsType, NamedScalar)) and ty not in (PORT, MULTICAST)
