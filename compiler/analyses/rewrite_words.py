"""What a path writes into headers, in the words of the source and with values as people write them."""

from __future__ import annotations

from compiler.analyses.cacheable import CachedPath, is_ttl_step
from compiler.analyses.value_numbers import ValueNumbers, render_expression
from compiler.ir.literals import LeafShape, leaf_shapes, render_number
from compiler.ir.operations import WriteField
from compiler.ir.program import Program
from compiler.ir.types import VectorShape
from compiler.ir.values import Value


def rewrites_told(program: Program, numbers: ValueNumbers, found: CachedPath) -> tuple[str, ...]:
    """ "ipv4.src = 203.0.113.1", "tcp.sport = session.id", "ipv4.ttl - 1 (dec_ttl)"."""
    writes = [op for place in found.path.operations if isinstance(op := program.operations[place], WriteField)]
    return tuple(_told(program, numbers, write, found) for write in writes)


def _told(program: Program, numbers: ValueNumbers, write: WriteField, found: CachedPath) -> str:
    field = f"{write.header}.{write.field}"
    number = numbers.of(write.value)
    if is_ttl_step(numbers, write, number):
        return f"{field} - 1 (dec_ttl)"
    value = found.path.known.value(number)
    shape = _shape(program, write)
    if value is not None and shape is not None and not isinstance(shape, VectorShape):
        return f"{field} = {render_number(shape, value, ports=[port.name for port in program.ports])}"
    if isinstance(write.value, Value) and write.value.name and numbers.nodes[number].kind in ("result", "table"):
        return f"{field} = {write.value.name}"
    return f"{field} = {render_expression(program, numbers, number)}"


def _shape(program: Program, write: WriteField) -> LeafShape | None:
    shape = program.header(write.header).field_named(write.field).shape
    return None if shape is None else next(leaf_shapes(shape), None)
