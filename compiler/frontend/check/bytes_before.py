"""How many bytes of the packet lie in front of the rest of it that a new packet keeps.

Headers present form a chain, so those in front of a header are the present ones that it can come after, each with its
fixed fields and its blob. What the checker knows of the packet makes most of that a constant.
"""

from __future__ import annotations

from compiler.frontend.check.body import Context
from compiler.frontend.check.facts import Facts
from compiler.frontend.typed import TBinary, TBlock, TExpr, TField, THeaderPresent, TIf, TLiteral, TResize
from compiler.frontend.types import BOOLEAN, IntType
from compiler.ir.headers import Header
from compiler.ir.operations import BinaryOperator, Rest
from compiler.ir.types import bit_width
from compiler.source import Span

_U32 = IntType(32)


def bytes_before(rest: Rest, header: str, *, context: Context, facts: Facts, span: Span) -> TExpr:
    """The u32 number of bytes in front of `rest` (and `header`, where it names one)."""
    total: TExpr = _number(0, span)
    for name, symbol in context.headers.items():
        if not _may_be_in_front(name, rest, header, context) or _is_ruled_out(name, context, facts):
            continue
        size = _size(symbol.header, span)
        total = _sum(total, size if facts.has(name) else _if_present(name, size), span)
    return total


def _may_be_in_front(name: str, rest: Rest, header: str, context: Context) -> bool:
    match rest:
        case Rest.PAYLOAD:
            return True
        case Rest.FROM:
            return context.comes_after(header, name)
        case Rest.AFTER:
            return name == header or context.comes_after(header, name)
        case Rest.WHOLE | Rest.NOTHING:
            return False


def _is_ruled_out(name: str, context: Context, facts: Facts) -> bool:
    """Whether a header that the packet is known to have excludes this one."""
    return any(facts.has(other) and context.exclusive(name, other) for other in context.headers)


def _size(header: Header, span: Span) -> TExpr:
    """The bytes of a header that is present: below 2^32, for it lies in a packet."""
    size: TExpr = _number(header.fixed_bytes, span)
    if header.blob_length is None:
        return size
    size = _number((header.fixed_bytes + header.blob_length.constant) & 0xFFFF_FFFF, span)
    for name, scale in header.blob_length.terms:
        width = bit_width(header.field_named(name).type)
        field = TField(((header.name, name),), type=IntType(width), span=span)
        scaled = TBinary(
            BinaryOperator.MUL,
            TResize(field, type=_U32, span=span),
            _number(scale & 0xFFFF_FFFF, span),
            type=_U32,
            span=span,
        )
        size = TBinary(BinaryOperator.ADD, size, scaled, type=_U32, span=span)
    return size


def _if_present(name: str, size: TExpr) -> TExpr:
    span = size.span
    present = THeaderPresent((name,), type=BOOLEAN, span=span)
    nothing = TBlock((), _number(0, span), type=_U32, span=span)
    return TIf(present, TBlock((), size, type=_U32, span=span), nothing, type=_U32, span=span)


def _sum(left: TExpr, right: TExpr, span: Span) -> TExpr:
    match left, right:
        case TLiteral(values=(int(a),)), TLiteral(values=(int(b),)):
            return _number(a + b, span)
        case _:
            return TBinary(BinaryOperator.ADD, left, right, type=_U32, span=span)


def _number(value: int, span: Span) -> TExpr:
    return TLiteral((value,), type=_U32, span=span)
