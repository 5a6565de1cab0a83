"""What is known on a path: three-valued truth of expressions, and contradictions.

Everything known is true of every packet that takes the path; what is not seen to be contradictory
may still be. So paths are never lost, and an impossible one may remain.
"""

from __future__ import annotations

from compiler.analyses.arithmetic import apply_binary, apply_compare
from compiler.analyses.domains import MIRRORED, NEGATED, Domain, anything
from compiler.analyses.laws import Laws
from compiler.analyses.value_numbers import Node
from compiler.ir.headers import ParseRule
from compiler.ir.operations import BinaryOperator, CompareOperator
from compiler.ir.types import Bits

_BOOLEAN = frozenset({BinaryOperator.AND.value, BinaryOperator.OR.value, BinaryOperator.XOR.value})


class Knowledge:
    def __init__(self, laws: Laws) -> None:
        self._laws = laws
        self._nodes = laws.numbers.nodes
        self._domains: dict[int, Domain] = {}
        self._headers: dict[str, bool] = {}
        self._memo: dict[int, int | None] = {}

    def copy(self) -> Knowledge:
        other = Knowledge(self._laws)
        other._domains = dict(self._domains)
        other._headers = dict(self._headers)
        return other

    def value(self, number: int) -> int | None:
        """The value of an expression, where it is known."""
        if number not in self._memo:
            self._memo[number] = self._evaluate(number)
        return self._memo[number]

    def assume(self, number: int, truth: bool) -> bool:
        """Take an expression that `undecided` gave to be true or false; False where that is contradictory."""
        known = self.value(number)
        if known is not None:
            return bool(known) == truth
        self._memo = {}
        if not self._narrow(number, CompareOperator.EQ, 1, int(truth)):
            return False
        follows = self._laws.implied.get((number, truth), ())
        return self._assume_inside(self._nodes[number], truth) and all(self.assume(n, t) for n, t in follows)

    def undecided(self, number: int) -> int:
        """An expression whose truth, once known, brings that of `number` nearer; itself where it is atomic."""
        node = self._nodes[number]
        match node.kind, node.detail:
            case "unary", _:
                return self.undecided(node.arguments[0])
            case "binary", (operator,) if node.type == Bits(1) and operator in _BOOLEAN:
                return self._first_open(node.arguments)
            case "select", _:
                condition, yes, no = node.arguments
                chosen = self.value(condition)
                return self.undecided(condition if chosen is None else yes if chosen else no)
            case "compare", _ if self._nodes[node.arguments[0]].type == Bits(1):
                return self._first_open(node.arguments)
            case "compare", _:
                return self._chosen_side(number, node)
            case _:
                return number

    def _first_open(self, arguments: tuple[int, ...]) -> int:
        return self.undecided(next(a for a in arguments if self.value(a) is None))

    def _chosen_side(self, number: int, node: Node) -> int:
        """A comparison of a choice between known numbers depends on what chooses."""
        for argument in node.arguments:
            side = self._nodes[argument]
            if side.kind == "select" and self.value(argument) is None:
                condition, *arms = side.arguments
                if self.value(condition) is None and all(self.value(arm) is not None for arm in arms):
                    return self.undecided(condition)
        return number

    def header_truth(self, header: str) -> bool | None:
        """Whether packets of the path have the header, where that is known."""
        found = self._header(header)
        return None if found is None else bool(found)

    # --- evaluation ---

    def _evaluate(self, number: int) -> int | None:
        node = self._nodes[number]
        domain = self._domains.get(number)
        if domain is not None and domain.value is not None:
            return domain.value
        gate = self._laws.zero_unless.get(number)
        if gate is not None and self.value(gate) == 0:
            return 0
        arguments = [self.value(argument) for argument in node.arguments]
        width = node.type.width if isinstance(node.type, Bits) else 0
        match node.kind, node.detail:
            case "constant", (int(value),):
                return value
            case "present", (str(header),):
                return self._header(header)
            case "field", (str(header), _) if self._header(header) == 0:
                return 0
            case "select", _:
                return self._selected(arguments)
            case "unary", _ if arguments[0] is not None and width:
                return ~arguments[0] & (1 << width) - 1
            case "binary", (str(operator),) if width:
                return apply_binary(BinaryOperator(operator), arguments[0], arguments[1], width=width)
            case "compare", (str(operator),):
                return self._compared(CompareOperator(operator), node, arguments)
            case "resize", _ if arguments[0] is not None and width:
                return arguments[0] & (1 << width) - 1
            case "slice", (int(high), int(low)) if arguments[0] is not None:
                return arguments[0] >> low & (1 << high - low + 1) - 1
            case _:
                return None

    def _selected(self, arguments: list[int | None]) -> int | None:
        condition, yes, no = arguments
        if condition is None:
            return yes if yes == no else None
        return yes if condition else no

    def _compared(self, operator: CompareOperator, node: Node, arguments: list[int | None]) -> int | None:
        left, right = arguments
        if left is not None and right is not None:
            return int(apply_compare(operator, left, right))
        if node.arguments[0] == node.arguments[1]:
            return int(apply_compare(operator, 0, 0))
        question = self._against_number(operator, node, arguments)
        if question is None:
            return None
        base, asked, mask, number = question
        truth = self._domain(base).compare(asked, mask, number)
        return None if truth is None else int(truth)

    def _against_number(
        self, operator: CompareOperator, node: Node, arguments: list[int | None]
    ) -> tuple[int, CompareOperator, int, int] | None:
        """A comparison with a known number as (base & mask) operator number."""
        left, right = arguments
        side, number = (node.arguments[0], right) if right is not None else (node.arguments[1], left)
        if number is None or not isinstance(self._nodes[side].type, Bits):
            return None
        base, mask, shift = self._masked(side)
        return base, operator if right is not None else MIRRORED[operator], mask, number << shift

    def _masked(self, number: int) -> tuple[int, int, int]:
        """`number` as (base & mask) >> shift, looking through masks, slices and zero extension."""
        node = self._nodes[number]
        assert isinstance(node.type, Bits)
        match node.kind, node.detail:
            case "binary", ("and",):
                known = [self.value(argument) for argument in node.arguments]
                for mask, other in zip(known, reversed(node.arguments), strict=True):
                    if mask is not None:
                        base, inner, shift = self._masked(other)
                        return base, inner & mask << shift, shift
            case "slice", (int(high), int(low)):
                base, inner, shift = self._masked(node.arguments[0])
                return base, inner & ((1 << high - low + 1) - 1) << (shift + low), shift + low
            case "resize", _:
                base, inner, shift = self._masked(node.arguments[0])
                return base, inner & ((1 << node.type.width) - 1) << shift, shift
            case _:
                pass
        return number, (1 << node.type.width) - 1, 0

    # --- narrowing ---

    def _domain(self, number: int) -> Domain:
        if number not in self._domains:
            node = self._nodes[number]
            assert isinstance(node.type, Bits)
            domain = anything(node.type.width)
            if node.kind == "fact" and node.detail == ("port",):
                domain = Domain(domain.width, 0, 0, 0, max(0, len(self._laws.program.ports) - 1))
            self._domains[number] = domain
        return self._domains[number]

    def _narrow(self, base: int, operator: CompareOperator, mask: int, number: int) -> bool:
        narrowed = self._domain(base).with_fact(operator, mask, number)
        if narrowed is None:
            return False
        self._domains[base] = narrowed
        self._memo = {}
        return True

    def _assume_inside(self, node: Node, truth: bool) -> bool:
        match node.kind, node.detail:
            case "compare", (str(operator),):
                return self._assume_compare(CompareOperator(operator), node, truth)
            case "present", (str(header),) if truth:
                return self._assume_header(header)
            case "present", (str(header),):
                self._headers[header] = False
                return True
            case _:
                return True

    def _assume_compare(self, operator: CompareOperator, node: Node, truth: bool) -> bool:
        arguments = [self.value(argument) for argument in node.arguments]
        question = self._against_number(operator, node, arguments)
        if question is None:
            return True
        base, asked, mask, number = question
        return self._narrow(base, asked if truth else NEGATED[asked], mask, number)

    # --- headers ---

    def _header(self, header: str) -> int | None:
        """Whether the header is in the packet: as assumed, or as the parse rules imply."""
        if header in self._headers:
            return int(self._headers[header])
        order = self._laws.parse_order
        if any(self._headers.get(other) is True for other in order.excluded[header]):
            return 0
        if any(self._headers.get(other) is False for other in order.required[header]):
            return 0
        rules = order.headers[header].rules
        return 0 if rules and all(self._refuted(rule) for rule in rules) else None

    def _refuted(self, rule: ParseRule) -> bool:
        for name, value, mask in rule.matches:
            base = self._laws.fields.get((rule.previous, name))
            if base is not None and self._domain(base).compare(CompareOperator.EQ, mask, value) is False:
                return True
        return False

    def _assume_header(self, header: str) -> bool:
        for name in (header, *self._laws.parse_order.required[header]):
            self._headers[name] = True
        self._memo = {}
        present = sorted(name for name, is_there in self._headers.items() if is_there)
        return all(self._follow_only_rule(name) for name in present)

    def _follow_only_rule(self, header: str) -> bool:
        """A header is there only by a rule; where just one is left, the fields before it have its values."""
        rules = self._laws.parse_order.headers[header].rules
        left = [rule for rule in rules if self._header(rule.previous) != 0 and not self._refuted(rule)]
        return self._follow(left[0]) if len(left) == 1 else bool(left) or not rules

    def _follow(self, rule: ParseRule) -> bool:
        bases = ((self._laws.fields.get((rule.previous, name)), value, mask) for name, value, mask in rule.matches)
        return all(base is None or self._narrow(base, CompareOperator.EQ, mask, value) for base, value, mask in bases)
