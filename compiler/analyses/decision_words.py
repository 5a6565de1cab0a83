"""The decisions of a path, in the words of the source."""

from __future__ import annotations

import re
from collections.abc import Iterable

from compiler.analyses.paths import Decision
from compiler.analyses.value_numbers import Node, ValueNumbers, render_expression
from compiler.ir.fields import results
from compiler.ir.operations import IndexOpen, MapFind, Operation
from compiler.ir.program import Program
from compiler.ir.types import BOOL
from compiler.source import Span

_LONGEST = 70
_NAME = re.compile(r"[\w:]+")
_TRUTHS = frozenset({"compare", "unary", "binary"})  # what programs write as conditions

# (field of the operation, where it is 1, where it is 0)
_LOOK_UPS = (
    ("opened", "a new session is opened in `{state}`", "no session is opened in `{state}`"),
    ("present", "the key is in `{state}`", "the key is not in `{state}`"),
    ("room", "`{state}` has room for the key", "`{state}` has no room for the key"),
    ("live", "the id is live in `{state}`", "the id is not live in `{state}`"),
    ("hit", "the key is in `{state}`", "the key is not in `{state}`"),
    ("done", "`{state}` has a place", "`{state}` has no place left"),
    ("conforms", "`{state}` conforms", "`{state}` does not conform"),
)


class DecisionWords:
    """Tells decisions of one program; those that only code of another file could name have no words."""

    def __init__(self, program: Program, numbers: ValueNumbers) -> None:
        self._program = program
        self._numbers = numbers
        self._tests = _tests_of_bits(numbers)

    def tell(self, decision: Decision) -> str:
        """ "`seen > threshold` on line 20", "the key is not in `stations` on line 17"; "" where there are no words."""
        if decision.expression is None:
            return _unchanged(decision)
        number, truth = decision.expression, decision.truth
        node = self._numbers.nodes[number]
        if node.operation is None:
            return ""
        operation = self._program.operations[node.operation]
        if node.kind in ("result", "table"):
            return self._look_up(node, operation, truth=truth)
        if node.kind == "present":
            return f"it has {'' if truth else 'no '}`{node.detail[0]}`"
        if (port := self._port(node)) is not None:
            return f"it came in by {port}" if truth else f"it did not come in by {port}"
        if number in self._tests and (node.kind not in _TRUTHS or not _is_said(operation.span)):
            number, same = self._tests[number]
            truth, place = truth == same, self._numbers.nodes[number].operation
            assert place is not None, "a test is an operation"
            operation = self._program.operations[place]
        return self._source(operation.span, number, truth=truth)

    def tell_all(self, decisions: Iterable[Decision]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(words for decision in decisions if (words := self.tell(decision))))

    def _look_up(self, node: Node, operation: Operation, *, truth: bool) -> str:
        position = node.detail[1]
        assert isinstance(position, int), "a result of an operation is told by its position"
        result = results(operation)[position]
        state = getattr(operation, "state", "")
        for name, yes, no in _LOOK_UPS:
            if getattr(operation, name, None) == result:
                if isinstance(operation, IndexOpen) and name == "done":
                    yes, no = "the session of the key is in `{state}`", "no place or no id is left in `{state}`"
                if isinstance(operation, MapFind) and name == "room":
                    yes, no = "the key is not in `{state}` but fits", "the key is not in `{state}` and does not fit"
                words = (yes if truth else no).format(state=state)
                return f"{words} (line {operation.span.line})"
        name = result.name or f"the value from `{state}`"
        return f"{name} is {'not ' if truth else ''}0 (line {operation.span.line})" if result.type == BOOL else ""

    def _port(self, node: Node) -> str | None:
        """The port that a comparison asks for."""
        if node.kind != "compare" or node.detail != ("eq",):
            return None
        sides = [self._numbers.nodes[argument] for argument in node.arguments]
        asked = [side.detail[0] for side in sides if side.kind == "constant"]
        if len(asked) != 1 or not any(side.kind == "fact" and side.detail == ("port",) for side in sides):
            return None
        number = asked[0]
        return self._program.ports[number].name if isinstance(number, int) and number < len(self._program.ports) else ""

    def _source(self, span: Span, number: int, *, truth: bool) -> str:
        text = " ".join(span.text.split())
        if not _is_said(span) or not text:
            text = render_expression(self._program, self._numbers, number)
            if "..." in text:
                return ""
        if len(text) > _LONGEST:
            text = text[: _LONGEST - 3] + "..."
        if _NAME.fullmatch(text) and (matched := self._matched(number)):
            return f"{matched} is {'' if truth else 'not '}`{text}` on line {span.line}"
        return f"{'' if truth else 'not '}`{text}` on line {span.line}"

    def _matched(self, number: int) -> str:
        """What a pattern such as `Op::Get` or `17`, which stands alone, is compared with; "" where that is long."""
        node = self._numbers.nodes[number]
        if node.kind != "compare" or node.detail != ("eq",):
            return ""
        sides = [argument for argument in node.arguments if self._numbers.nodes[argument].kind != "constant"]
        text = render_expression(self._program, self._numbers, sides[0]) if len(sides) == 1 else "..."
        return "" if "..." in text else text


def _is_said(span: Span) -> bool:
    """Whether the text at `span` says just this: not so of steps inside a function of another file."""
    return span.inside is None or span.is_result


def _unchanged(decision: Decision) -> str:
    if decision.truth:
        return decision.text
    return re.sub(r"already holds what line (\d+) writes", r"holds something else than line \1 writes", decision.text)


def _tests_of_bits(numbers: ValueNumbers) -> dict[int, tuple[int, bool]]:
    """For a truth value that is compared or negated: the test, and whether both have the same truth."""
    found: dict[int, tuple[int, bool]] = {}
    for number, node in enumerate(numbers.nodes):
        if node.kind == "unary" and node.type == BOOL:
            found.setdefault(node.arguments[0], (number, False))
        if node.kind != "compare" or node.detail not in (("eq",), ("ne",)):
            continue
        for one, other in (node.arguments, node.arguments[::-1]):
            side = numbers.nodes[other]
            if numbers.nodes[one].type == BOOL and side.kind == "constant":
                found.setdefault(one, (number, (side.detail == (1,)) == (node.detail == ("eq",))))
    return found
