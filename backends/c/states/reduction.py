"""Reductions: the slot protocol of `compiler/meaning/slot_protocol.py` in C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.c.layout import Member, Region, Struct
from backends.c.states.state_code import bind_results, function, result_struct
from backends.c.types import U8, U32, U64, calculated, stored
from backends.c.vectors import lane_binary
from backends.writer import Writer
from compiler.ir.accesses import ReduceContribute, StateAccess
from compiler.ir.operations import BinaryOperator
from compiler.ir.states import Reduction
from compiler.ir.types import Vector, bit_width

if TYPE_CHECKING:
    from backends.c.expressions import Expressions

_OPERATORS = (BinaryOperator.ADD, BinaryOperator.OR, BinaryOperator.MAX)  # 0, 1 and 2 of the protocol


class ReductionCode:
    """The C of one reduction: two banks a slot, of which round r uses bank r & 1."""

    def __init__(self, state: Reduction, *, name: str, block: str) -> None:
        self._state, self._name, self._block = state, name, block

    def regions(self) -> list[Region]:
        members = (
            Member("seen", U64),
            Member("epoch", U32),
            Member("round", U32),
            Member("tag", U32),
            Member("op", U8),
            Member("total", stored(self._state.type)),
        )
        return [Region(self._state.name, "banks", Struct(f"{self._name}_bank", members), 2 * self._state.slots)]

    def fetch(self, slot: str, round_: str) -> list[str]:
        """Statements that ask for the bank of any slot."""
        bank = f"state->{self._name}_banks[2 * {slot} + ({round_} & 1)]"
        return [f"if ({slot} < {self._state.slots}u)", f"    WEFT_FETCH(&{bank});"]

    def write_init(self, out: Writer) -> None:
        pass

    def write_functions(self, out: Writer) -> None:
        name, of = self._name, calculated(self._state.type)
        out.line(f"// reduction `{self._state.name}`")
        result_struct(out, f"{name}_answer", [("uint32_t", "verdict"), (of, "total")])
        lines = [
            "enum { PENDING, COMPLETE, REPEAT, STALE };",
            f"struct {name}_answer answer = {{.verdict = STALE}};",
            f"if (slot >= {self._state.slots}u || member >= 64 || !(members >> member & 1) || op > 2)",
            "    return answer;",
            f"struct {name}_bank *bank = &state->{name}_banks[2 * slot + (round & 1)];",
            "const uint64_t mine = (uint64_t)1 << member;",
            "const uint32_t ahead = round - bank->round;",
            "if (bank->seen == 0 || bank->epoch != epoch || (ahead != 0 && ahead < 0x80000000u)) {",
            f"    *bank = (struct {name}_bank){{.seen = mine, .epoch = epoch, .round = round, .tag = tag}};",
            "    bank->op = (uint8_t)op;",
            "    bank->total = value;",
            "    answer.verdict = mine == members ? COMPLETE : PENDING;",
            "} else if (ahead != 0 || bank->tag != tag || bank->op != op) {",
            "    return answer;",
            "} else if (bank->seen & mine) {",
            "    answer.verdict = bank->seen == members ? REPEAT : PENDING;",
            "} else {",
            *(f"    {line}" for line in self._combination()),
            "    bank->seen |= mine;",
            "    answer.verdict = bank->seen == members ? COMPLETE : PENDING;",
            "}",
            "if (answer.verdict != PENDING)",
            "    answer.total = bank->total;",
            "return answer;",
        ]
        parameters = (
            f"struct {self._block} *state, uint32_t slot, uint32_t epoch, uint32_t round, uint32_t tag, "
            f"uint32_t member, uint64_t members, uint32_t op, {of} value"
        )
        function(out, f"struct {name}_answer {name}_contribute({parameters})", lines)

    def _combination(self) -> list[str]:
        """`total` combined with `value` by the operator that the packet names."""
        of = self._state.type
        lines = ["switch (op) {"]
        for number, operator in enumerate(_OPERATORS):
            lines.append(f"case {number}:" if number < len(_OPERATORS) - 1 else "default:")
            if isinstance(of, Vector):
                each = lane_binary(
                    operator, "bank->total.lane[i]", "bank->total.lane[i]", "value.lane[i]", width=of.width
                )
                lines += [f"    for (uint32_t i = 0; i < {of.lanes}; i++) {{", *(f"        {x}" for x in each), "    }"]
            else:
                each = lane_binary(operator, "bank->total", "bank->total", "value", width=bit_width(of))
                lines += [f"    {line}" for line in each]
            lines.append("    break;")
        return [*lines, "}"]

    def write_call(self, operation: StateAccess, values: Expressions) -> None:
        assert isinstance(operation, ReduceContribute), "reductions take contributions"
        o = operation
        numbers = ", ".join(
            values.number(p).code for p in (o.slot, o.epoch, o.round, o.tag, o.member, o.members, o.operator)
        )
        call = f"{self._name}_contribute(state, {numbers}, {values.short(o.value)})"
        wanted = o.verdict.name or "answer"
        members = [(o.verdict, "verdict"), (o.total, "total")]
        bind_results(values, wanted, f"{self._name}_answer", call, members)
