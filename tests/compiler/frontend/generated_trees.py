"""Random typed trees: branches, calls, loops, early returns and ends, nested in all ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from random import Random

from compiler.frontend.typed import TBlock, TExpr, TFunction, THandler, TProgram, TStatement, TStatic
from compiler.frontend.types import NEVER, STATIC, TupleType, Ty
from compiler.frontend.variables import Local, StaticLiteral, StaticLocal, StaticOperation
from compiler.ir.operations import CompareOperator
from compiler.source import NOWHERE
from tests.compiler.frontend import trees as t

PAIR = TupleType((t.U8, t.U8))


@dataclass
class _Code:
    """What code may use where it stands."""

    numbers: list[Local] = field(default_factory=list)
    pairs: list[Local] = field(default_factory=list)
    loops: list[Local] = field(default_factory=list)
    functions: list[TFunction] = field(default_factory=list)
    in_function: bool = False
    has_layer: bool = False  # a header with x and y is present

    def inner(self) -> _Code:
        return _Code(
            list(self.numbers),
            list(self.pairs),
            list(self.loops),
            self.functions,
            self.in_function,
            self.has_layer,
        )


class TreeMaker:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._locals = count()

    def program(self) -> TProgram:
        functions: list[TFunction] = []
        for number in range(self._random.randrange(4)):
            functions.append(self._function(f"f{number}", functions))
        return t.program(*(self._handler(functions) for _ in range(self._random.randint(1, 3))))

    def _local(self, of: Ty = t.U8) -> Local:
        number = next(self._locals)
        return Local(number, f"v{number}", of)

    def _function(self, name: str, callees: list[TFunction]) -> TFunction:
        parameters = tuple(self._local() for _ in range(self._random.randrange(3)))
        code = _Code(numbers=list(parameters), functions=list(callees), in_function=True)
        body = self._block(code, depth=3, of=t.U8)
        return TFunction(name, parameters, t.U8, body)

    def _handler(self, functions: list[TFunction]) -> THandler:
        has_layer = self._chance(0.5)
        code = _Code(functions=functions, has_layer=has_layer)
        body = self._block(code, depth=4, of=NEVER)
        requires = (("left", "right"),) if has_layer else (("top",),)
        where = self._pure_truth() if self._chance(0.4) else None
        ports = self._random.choice([(0,), (1,), (0, 1)])
        return THandler("generated", ports, requires, where, body, span=NOWHERE)

    def _pure_truth(self) -> TExpr:
        return t.compare(CompareOperator.LT, t.field(t.B), t.number(self._random.randrange(256)))

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    # --- blocks and statements --------------------------------------------------------------------

    def _block(self, code: _Code, depth: int, of: Ty) -> TBlock:
        """Of a number, of nothing, or NEVER: a block that ends the handler (or returns, in a function)."""
        code = code.inner()
        statements: list[TStatement] = []
        for _ in range(self._random.randrange(4 if depth else 2)):
            statements.append(self._statement(code, depth))
        if of == NEVER or (of == t.U8 and self._chance(0.15)):
            statements.append(self._end(code, depth))
            return TBlock(tuple(statements), None, type=NEVER, span=NOWHERE)
        value = self._number(code, depth) if of == t.U8 else None
        return t.block(*statements, value=value)

    def _end(self, code: _Code, depth: int) -> TStatement:
        if depth and self._chance(0.3):
            branches = (self._block(code, depth - 1, NEVER) for _ in range(2))
            return t.run(t.choose(self._truth(code, depth - 1), *branches, of=NEVER))
        if code.in_function and self._chance(0.7):
            return t.give(self._number(code, depth))
        return self._random.choice([t.drop(), t.send(0), t.send(1)])

    def _statement(self, code: _Code, depth: int) -> TStatement:
        kinds = ["let", "pair", "assign", "part", "put", "update", "clone"]
        if depth:
            kinds += ["if"] * 5 + ["unwrap", "loop", "block", "effect"]
        match self._random.choice(kinds):
            case "let":
                return self._let(code, self._number(code, depth))
            case "unwrap":
                return self._let(code, self._unwrap(code, depth - 1))
            case "pair":
                parts = t.TMake((self._number(code, depth), self._number(code, depth)), type=PAIR, span=NOWHERE)
                code.pairs.append(self._local(PAIR))
                return t.let(code.pairs[-1], parts)
            case "assign" if code.numbers:
                return t.assign(self._random.choice(code.numbers), self._number(code, depth))
            case "part" if code.pairs:
                number = self._number(code, depth)
                return t.assign(self._random.choice(code.pairs), number, self._random.randrange(2))
            case "put":
                return t.put(
                    self._random.choice([t.B, t.X, t.Y] if code.has_layer else [t.B]), self._number(code, depth)
                )
            case "clone":
                return t.clone(self._random.randrange(2))
            case "if":
                return self._if(code, depth - 1)
            case "loop":
                return self._loop(code, depth - 1)
            case "block":
                return t.run(self._block(code, depth - 1, t.UNIT))
            case "effect":
                return t.run(self._truth(code, depth))
            case _:
                return t.run(self._update(code, depth))

    def _let(self, code: _Code, value: TExpr) -> TStatement:
        statement = t.let(self._local(), value)
        code.numbers.append(statement.local)
        return statement

    def _if(self, code: _Code, depth: int) -> TStatement:
        """Of the branches at most one never comes to its end, so that more code may follow."""
        ends = self._random.choice([(t.UNIT, t.UNIT), (t.UNIT, t.UNIT), (NEVER, t.UNIT), (t.UNIT, NEVER)])
        condition = self._truth(code, depth)
        then, otherwise = (self._block(code, depth, of) for of in ends)
        if ends == (NEVER, t.UNIT) and self._chance(0.5):
            otherwise = t.block()
        return t.run(t.choose(condition, then, otherwise))

    def _loop(self, code: _Code, depth: int) -> TStatement:
        variable = self._local(STATIC)
        inner = code.inner()
        inner.loops.append(variable)
        return t.repeat(variable, self._random.randrange(4), t.run(self._block(inner, depth, t.UNIT)))

    # --- expressions ------------------------------------------------------------------------------

    def _number(self, code: _Code, depth: int) -> TExpr:
        kinds = ["literal", "field", "local", "local", "part", "loop"]
        if depth:
            kinds += ["add", "multiply", "if", "call", "call", "unwrap", "update"]
        match self._random.choice(kinds):
            case "local" if code.numbers:
                return t.read(self._random.choice(code.numbers))
            case "part" if code.pairs:
                pair = t.read(self._random.choice(code.pairs))
                return t.choose(
                    t.equal(t.project(pair, 0), t.project(pair, 1)),
                    t.block(value=t.number(1)),
                    t.block(value=t.project(pair, 1)),
                    of=t.U8,
                )
            case "loop" if code.loops:
                return self._static(code)
            case "field":
                return t.field(self._random.choice([t.A, t.B, t.X, t.Y] if code.has_layer else [t.A, t.B]))
            case "add":
                return t.add(self._number(code, depth - 1), self._number(code, depth - 1))
            case "multiply":
                return t.multiply(self._number(code, depth - 1), self._number(code, depth - 1))
            case "if":
                branches = (self._block(code, depth - 1, t.U8) for _ in range(2))
                return t.choose(self._truth(code, depth - 1), *branches, of=t.U8)
            case "call" if code.functions:
                function = self._random.choice(code.functions)
                return t.call(function, *(self._number(code, depth - 1) for _ in function.parameters))
            case "unwrap":
                return self._unwrap(code, depth - 1)
            case "update":
                return self._update(code, depth - 1)
            case _:
                return t.number(self._random.randrange(5))

    def _static(self, code: _Code) -> TExpr:
        loop = StaticLocal(self._random.choice(code.loops))
        return TStatic(StaticOperation("+", loop, StaticLiteral(self._random.randrange(3))), type=t.U8, span=NOWHERE)

    def _unwrap(self, code: _Code, depth: int) -> TExpr:
        option = t.option(self._truth(code, depth), self._number(code, depth))
        return t.unwrap(option, self._block(code, depth, NEVER if self._chance(0.6) else t.U8))

    def _update(self, code: _Code, depth: int) -> TExpr:
        return t.update(t.number(self._random.randrange(4)), self._number(code, max(0, depth - 1)))

    def _truth(self, code: _Code, depth: int) -> TExpr:
        choice = self._random.randrange(6 if depth else 4)
        if choice == 0 and self._chance(0.3):
            return t.truth(self._chance(0.5))
        if choice == 1:
            return t.negated(self._truth(code, max(0, depth - 1)))
        if choice > 3:
            return t.logical(choice == 4, self._truth(code, depth - 1), self._truth(code, depth - 1))
        operator = self._random.choice([CompareOperator.EQ, CompareOperator.NE, CompareOperator.LT])
        depth = max(0, depth - 1)
        return t.compare(operator, self._number(code, depth), self._number(code, depth))
