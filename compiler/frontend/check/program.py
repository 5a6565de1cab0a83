"""A parsed file -> the checked program."""

from __future__ import annotations

from pathlib import Path

from compiler.diagnostics import Note, Reporter
from compiler.frontend import ast, items
from compiler.frontend.check.body import Context
from compiler.frontend.check.declarations import Declarer, check_unused_functions
from compiler.frontend.check.facts import Facts
from compiler.frontend.check.modules import load_module
from compiler.frontend.check.scope import (
    AliasSymbol,
    BuiltinSymbol,
    HeaderSymbol,
    ModuleSymbol,
    PacketSymbol,
    PortSymbol,
    Scope,
    is_wrong,
    report_unknown,
    wrong_symbol,
)
from compiler.frontend.check.state_declarations import Declared
from compiler.frontend.check.statements import BodyChecker
from compiler.frontend.nesting import reported_nesting
from compiler.frontend.typed import THandler, TProgram
from compiler.frontend.types import ERROR, NeverType
from compiler.ir.program import Tunable

_BUILTINS = ("now", "min", "max", "random", "concat")
_HASHES = ("crc32", "crc16", "crc32c", "family")


def check_program(module: items.Module, reporter: Reporter, *, directory: Path | None = None) -> TProgram | None:
    """The checked program, or None where there are errors. `directory` is searched for modules of the user's."""
    return _ProgramChecker(reporter, directory).check(module)


class _ProgramChecker:
    def __init__(self, reporter: Reporter, directory: Path | None) -> None:
        self.reporter = reporter
        self.directory = directory
        self.syntax_failed = False
        self.context = Context(reporter, Declared())
        self.tunables: list[Tunable] = []
        self.modules: dict[str, Scope | None] = {}  # None while it is being loaded
        self.builtin = Scope()
        for name in _BUILTINS:
            self.builtin.symbols[name] = BuiltinSymbol(name)
        hashes = Scope(module="hash")
        for name in _HASHES:
            hashes.symbols[name] = BuiltinSymbol(f"hash::{name}")
        self.builtin.modules["hash"] = ModuleSymbol("hash", hashes)

    def check(self, module: items.Module) -> TProgram | None:
        self.syntax_failed = bool(self.reporter.errors)  # a brace too much may have ended a handler early
        scope = Scope(parent=self.builtin, module=module.name, lacks_names=module.lacks_names)
        scope.symbols.update({name.text: wrong_symbol(name.span) for name in module.broken})
        self._declare(module, scope, is_main=True)
        handlers: list[THandler] = []
        for item in module.items:
            if isinstance(item, items.HandlerDecl):
                with reported_nesting(item.span, self.reporter):
                    handlers.extend(self._handler(item, scope))
        check_unused_functions(module, scope, self.context)
        if not self.context.ports and not self.reporter.errors:
            self.reporter.error(
                "W0217", "this program has no ports", module.span, help="`port lan, wan;` or `pair left <-> right;`"
            )
        if self.reporter.errors:
            return None
        self._catch_all(handlers)
        return TProgram(
            module.name,
            self.context.declared.shares,
            tuple(self.context.ports),
            tuple(h.header for h in self.context.headers.values()),
            tuple(self.context.declared.states),
            tuple(self.tunables),
            tuple(self.context.records.values()),
            tuple(handlers),
            span=module.span,
        )

    def _declare(self, module: items.Module, scope: Scope, *, is_main: bool) -> None:
        declarer = Declarer(self.context, scope, self.tunables, is_main=is_main)
        for item in module.items:
            if isinstance(item, items.Use):
                self._use(item, scope)
            elif isinstance(item, items.HandlerDecl) and not is_main:
                self.reporter.error("W0211", "a module has no handlers", item.span)
        for item in module.items:
            with reported_nesting(item.span, self.reporter):
                declarer.declare(item)

    # --- modules -----------------------------------------------------------------------------------------

    def _use(self, use: items.Use, scope: Scope) -> None:
        name = str(use.path)
        used = self._module(use)
        if used is None:
            scope.lacks_names = True
            return
        if use.names is not None:
            for wanted in use.names:
                symbol = used.symbols.get(wanted.text)
                if symbol is None:
                    report_unknown(ast.Path((wanted,), span=wanted.span), used, self.reporter, what=f"name in {name}")
                else:
                    scope.symbols[wanted.text] = symbol
        scope.modules[use.path.names[-1].text] = ModuleSymbol(name, used)
        scope.used.append(used)
        for header_name, symbol in used.symbols.items():
            if isinstance(symbol, (HeaderSymbol, AliasSymbol)):
                scope.symbols.setdefault(header_name, symbol)

    def _module(self, use: items.Use) -> Scope | None:
        name = str(use.path)
        if name in self.modules:
            found = self.modules[name]
            if found is None:
                self.reporter.error("W0218", f"module `{name}` uses itself", use.span)
            return found
        self.modules[name] = None
        module = load_module(use, self.directory, self.reporter)
        scope = Scope(parent=self.builtin, module=name)
        self.modules[name] = scope
        if module is None:
            del self.modules[name]
            return None
        self.modules[name] = None
        self._declare(module, scope, is_main=False)
        self.modules[name] = scope
        return scope

    # --- handlers ----------------------------------------------------------------------------------------

    def _handler(self, node: items.HandlerDecl, scope: Scope) -> list[THandler]:
        ports = self._handler_ports(node, scope)
        outer = BodyChecker(self.context, scope, Facts())
        needs = outer.packet_needs(node.type, scope) or ()
        if ports is None or any(not n for n in needs):
            return []
        inner = Scope(parent=scope, module=scope.module)
        if node.packet is not None:
            inner.symbols[node.packet.text] = PacketSymbol(node.packet.text)
        facts = Facts().plus(outer.facts_from_needs(needs))
        where = None
        if node.where is not None:
            tester = BodyChecker(self.context, inner, facts)
            tester.header_only = True
            where = tester.condition(node.where)
            facts = facts.plus(tester.facts_of(node.where, True))
        body = BodyChecker(self.context, inner, facts)
        body.handler_ports = ports
        block = body.checked_block(node.body)
        variable = "" if node.packet is None else f"{node.packet.text}: "
        name = f"{' | '.join(p.text for p in node.ports)} ({variable}{node.type.span.text})"
        complete = not body.has_errors_in(node.span) and not self.syntax_failed and not body.is_uncertain
        if not isinstance(block.type, NeverType) and complete:
            self.reporter.error(
                "W0600",
                "this handler can end without deciding what happens to the packet",
                node.body.span,
                help="end every path with `send`, `reply`, `multicast`, `flood` or `drop`",
            )
        if where is not None and where.type == ERROR:
            return []
        return [THandler(name, ports, needs, where, block, span=node.span)]

    def _handler_ports(self, node: items.HandlerDecl, scope: Scope) -> tuple[int, ...] | None:
        numbers: list[int] = []
        for name in node.ports:
            symbol = scope.find(name.text)
            if is_wrong(symbol):
                return None
            if not isinstance(symbol, PortSymbol):
                self.reporter.error(
                    "W0203", f"`{name.text}` is not a port", name.span, help=self._port_help(name, scope)
                )
                return None
            numbers.extend(range(symbol.first, symbol.first + (symbol.count or 1)))
        return tuple(numbers)

    def _port_help(self, name: ast.Name, scope: Scope) -> str:
        from_names = [n for n, s in scope.symbols.items() if isinstance(s, PortSymbol)]
        if not from_names:
            return f"declare it: `port {name.text};`"
        return "the ports are " + ", ".join(f"`{n}`" for n in from_names)

    def _catch_all(self, handlers: list[THandler]) -> None:
        """Warn about ports where some packets are taken by no handler, and about handlers never reached."""
        for number, port in enumerate(self.context.ports):
            mine = [h for h in handlers if number in h.ports]
            if not mine:  # a port for sending only
                continue
            total = next((i for i, h in enumerate(mine) if self._takes_all(h)), None)
            if total is None:
                place = mine[-1].span
                if port.group == port.name or port.name.endswith("[0]"):
                    self.reporter.warning(
                        "W0612",
                        f"packets on `{port.group}` that no handler takes are dropped",
                        place.first_line(),
                        help=f"say so, or pass them on: `on {port.group} (_) {{ drop }}`",
                    )
                continue
            for later in mine[total + 1 :] if not mine[total].requires else []:
                note = Note(mine[total].span.first_line(), "this one takes every packet")
                self.reporter.warning("W0613", "this handler is never reached", later.span.first_line(), notes=(note,))
        self._shadowed(handlers)

    def _takes_all(self, handler: THandler) -> bool:
        """Whether every packet (but one shorter than the outermost header) is this handler's."""
        outermost = {name for name, h in self.context.headers.items() if not h.header.rules}
        return handler.where is None and all(set(n) & outermost for n in handler.requires)

    def _shadowed(self, handlers: list[THandler]) -> None:
        """A handler that an earlier, more general one hides."""
        for position, later in enumerate(handlers):
            needs = self._implied(later)
            for earlier in handlers[:position]:
                if earlier.where is not None or not earlier.requires or not set(later.ports) <= set(earlier.ports):
                    continue
                if all(any(set(n) <= set(e) for n in needs) for e in earlier.requires):
                    note = Note(earlier.span.first_line(), "this one takes the same packets, and is tried first")
                    self.reporter.warning(
                        "W0613", "this handler is never reached", later.span.first_line(), notes=(note,)
                    )
                    break

    def _implied(self, handler: THandler) -> list[tuple[str, ...]]:
        needs = list(handler.requires)
        for headers in handler.requires:
            common = frozenset.intersection(*(self.context.implied(h) for h in headers))
            needs.extend((h,) for h in sorted(common))
        return needs
