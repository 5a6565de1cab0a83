"""The `{ name: value }` options of a state declaration."""

from __future__ import annotations

from collections.abc import Iterable

from compiler.diagnostics import Reporter, closest
from compiler.frontend import ast, items
from compiler.frontend.check.scope import Scope
from compiler.frontend.check.statics import static_int, static_number
from compiler.frontend.types import TIME
from compiler.frontend.variables import StaticLiteral
from compiler.meaning.clock import HALF_RANGE, idle_ticks
from compiler.source import Span


class Options:
    """Reads the options of one declaration and reports those that nobody asked for."""

    def __init__(
        self, given: Iterable[items.Option], scope: Scope, reporter: Reporter, *, owner: str, span: Span
    ) -> None:
        self.scope = scope
        self.reporter = reporter
        self.owner = owner
        self.span = span
        self.given: dict[str, items.Option] = {}
        self.asked: list[str] = []
        for option in given:
            if option.name.text in self.given:
                reporter.error("W0202", f"option `{option.name.text}` is given twice", option.name.span)
            self.given[option.name.text] = option

    def value(self, name: str) -> ast.Expr | None:
        self.asked.append(name)
        option = self.given.get(name)
        return None if option is None else option.value

    def span_of(self, name: str) -> Span:
        option = self.given.get(name)
        return self.span if option is None else option.value.span

    def number(self, name: str, *, least: int, most: int, default: int | None = None) -> int | None:
        """A whole number; None (reported, unless `default` None means optional) where there is none."""
        node = self.value(name)
        if node is None:
            return default
        number = static_int(node, self.scope, self.reporter)
        if number is None:
            return default
        if not least <= number <= most:
            self.reporter.error("W0501", f"`{name}` must be {least} to {most}, not {number}", node.span)
            return default
        return number

    def required_number(self, name: str, *, least: int, most: int, example: int) -> int | None:
        if name not in self.given:
            self.asked.append(name)
            self.reporter.error(
                "W0502", f"{self.owner} needs `{name}`", self.span, help=f"add `{{ {name}: {example} }}`"
            )
            return None
        return self.number(name, least=least, most=most)

    def duration_ns(self, name: str) -> int | None:
        node = self.value(name)
        if node is None:
            return None
        found = static_number(node, self.scope, self.reporter)
        if found is None or not isinstance(found[0], StaticLiteral):
            return None
        if found[1] != TIME:
            self.reporter.error("W0503", f"`{name}` is a time", node.span, help=f"write for example `{name}: 300s`")
            return None
        if idle_ticks(found[0].value) >= HALF_RANGE:
            self.reporter.error("W0501", f"`{name}` must be below 26 days: stored times are 32 bits wide", node.span)
            return None
        return found[0].value

    def flag(self, name: str) -> bool:
        node = self.value(name)
        if node is None:
            return False
        if isinstance(node, ast.Literal) and node.kind == "bool":
            return bool(node.value)
        self.reporter.error("W0503", f"`{name}` is `true` or `false`", node.span, help=f"write `{name}: true`")
        return False

    def range(self, name: str) -> tuple[int, int] | None:
        """First and last number of a range, both included."""
        node = self.value(name)
        if not isinstance(node, ast.RangeExpr):
            self.reporter.error(
                "W0502",
                f"{self.owner} needs `{name}`, a range",
                self.span_of(name),
                help=f"add `{{ {name}: 1024..=65535 }}`",
            )
            return None
        first = static_int(node.first, self.scope, self.reporter)
        last = static_int(node.last, self.scope, self.reporter)
        if first is None or last is None:
            return None
        if not node.inclusive:
            last -= 1
        if not 0 <= first <= last:
            self.reporter.error("W0501", "this range is empty", node.span)
            return None
        return first, last

    def finish(self) -> None:
        """Report options that this kind of state does not have."""
        for name, option in self.given.items():
            if name not in self.asked:
                near = closest(name, self.asked)
                known = ", ".join(f"`{a}`" for a in sorted(set(self.asked))) or "none"
                self.reporter.error(
                    "W0504",
                    f"{self.owner} has no option `{name}`",
                    option.name.span,
                    help=f"did you mean `{near}`?" if near else f"its options are: {known}",
                )
