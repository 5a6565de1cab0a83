"""How often each value is read by what is written: not by what nothing needs in the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from compiler.ir.fields import operands, results
from compiler.ir.operations import Hash, HashAlgorithm, Operation, Pure, Template
from compiler.ir.program import ROOT, Program
from compiler.ir.values import Operand, Value


def count_uses(program: Program) -> Counter[int]:
    """By the value's number; every write of the program is carried by some emission."""
    definitions = {v.number: o for o in program.operations for v in results(o)}
    uses: Counter[int] = Counter()
    waiting: list[Operand] = []
    tested: set[int] = set()  # both branches of a guard are one `if`

    def test(guard: int) -> None:
        while guard != ROOT:
            condition = program.guards[guard].condition
            assert condition is not None, "only the root has no condition"
            if condition.number not in tested:
                tested.add(condition.number)
                waiting.append(condition)
            guard = program.guards[guard].parent

    for operation in program.operations:
        if not isinstance(operation, Pure):
            waiting.extend(_read(program, operation))
            test(operation.guard)
    seen: set[int] = set()
    while waiting:
        operand = waiting.pop()
        if not isinstance(operand, Value):
            continue
        uses[operand.number] += 1
        definition = definitions.get(operand.number)
        if isinstance(definition, Pure) and operand.number not in seen:
            seen.add(operand.number)
            if not (isinstance(definition, Hash) and definition.algorithm is HashAlgorithm.RANDOM):
                waiting.extend(operands(definition))
            test(definition.guard)
    return uses


def _read(program: Program, operation: Operation) -> Sequence[Operand]:
    """The operands of an operation with an effect that its C reads."""
    template: Template | None = getattr(operation, "packet", None)
    if template is None:
        return operands(operation)
    in_template: list[Operand] = list(template.data)
    for built in template.headers:
        fields = [f for f in program.header(built.header).fields if f.is_value]
        # Checksums are worked out, whatever their operands.
        in_template += [o for f, o in zip(fields, built.fields, strict=True) if f.checksum is None]
    others = [getattr(operation, name) for name in ("port", "group") if hasattr(operation, name)]
    return [*others, *in_template]
