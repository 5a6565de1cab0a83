"""Lower statements: they change variables and the packet, and decide its fate."""

from __future__ import annotations

from dataclasses import replace

from compiler.frontend.lower.context import Context
from compiler.frontend.lower.control import lower_return
from compiler.frontend.lower.paths import Exit, FieldName, Variable
from compiler.frontend.lower.pure import current_field
from compiler.frontend.lower.value_names import value_names
from compiler.frontend.typed import (
    FinalKind,
    SAssign,
    SClone,
    SDigest,
    SExpr,
    SFinal,
    SFor,
    SLet,
    SReturn,
    SSetField,
    TStatement,
    TTemplate,
)
from compiler.ir.operations import (
    BuiltHeader,
    Clone,
    Digest,
    Drop,
    Final,
    Flood,
    Multicast,
    Operation,
    Reply,
    Send,
    Template,
    WriteField,
)
from compiler.ir.values import FALSE, TRUE, Operand


def lower_statement(context: Context, statement: TStatement) -> None:
    match statement:
        case SLet(local=local, value=value):
            values = context.values(value, local.name)
            context.scope.environment.variables[local.number] = Variable(local, values)
            context.steps.defined(context.scope.guard, statement, values)
        case SAssign():
            _lower_assignment(context, statement)
        case SSetField():
            _lower_write(context, statement)
        case SExpr(value=value):
            context.values(value)
        case SReturn(value=value):
            lower_return(context, () if value is None else context.values(value))
        case SFinal():
            _lower_final(context, statement)
        case SClone() | SDigest():
            context.builder.emit(_emission(context, statement))
        case SFor():
            raise AssertionError("loops are unrolled")


def _lower_assignment(context: Context, assignment: SAssign) -> None:
    local, first = assignment.local, assignment.first
    part = value_names(assignment.value.type, _name_of_part(assignment))
    values = context.values(assignment.value, part[0] if len(part) == 1 else local.name)
    before = context.scope.environment.variables[local.number].values
    after = (*before[:first], *values, *before[first + len(values) :])
    context.scope.environment.variables[local.number] = Variable(local, after)
    context.steps.assigned(context.scope.guard, assignment, values, before[first : first + len(values)])


def _name_of_part(assignment: SAssign) -> str:
    names = value_names(assignment.local.type, assignment.local.name)
    return names[assignment.first] if assignment.first < len(names) else assignment.local.name


def _lower_write(context: Context, write: SSetField) -> None:
    """Of several headers, each is written where it is present."""
    value = context.operand(write.value, write.alternatives[0][1])
    if len(write.alternatives) == 1:
        _write(context, write, write.alternatives[0], value, context.scope.guard)
        return
    builder, place = context.builder, context.place(write.span)
    for name in write.alternatives:
        present = builder.header_present(place, name[0])
        before = current_field(context, name, place)
        _write(context, write, name, value, builder.guards.child(place.guard, present, True))
        after = builder.select(place, present, value, before, ".".join(name))
        context.scope.environment.fields[name] = after


def _write(context: Context, write: SSetField, name: FieldName, value: Operand, guard: int) -> None:
    header, field = name
    context.builder.emit(WriteField(guard=guard, span=write.span, header=header, field=field, value=value))
    context.scope.environment.fields[name] = value


def _lower_final(context: Context, final: SFinal) -> None:
    operation = _final(context, final)
    scope = context.scope
    if scope.is_alive:
        context.builder.emit(operation)
        context.joins.leave(scope, Exit(scope.guard, TRUE, TRUE))


def _final(context: Context, final: SFinal) -> Final:
    target = FALSE if final.target is None else context.operand(final.target)
    packet = _template(context, final.packet)
    guard, span = context.scope.guard, final.span
    if context.calls and context.calls[0].line != span.line:
        span = replace(span, called_from=context.calls[0])
    match final.kind:
        case FinalKind.SEND:
            return Send(guard=guard, span=span, port=target, packet=packet)
        case FinalKind.REPLY:
            return Reply(guard=guard, span=span, packet=packet)
        case FinalKind.FLOOD:
            return Flood(guard=guard, span=span)
        case FinalKind.MULTICAST:
            return Multicast(guard=guard, span=span, group=target, packet=packet)
        case FinalKind.DROP:
            return Drop(guard=guard, span=span)


def _emission(context: Context, statement: SClone | SDigest) -> Operation:
    match statement:
        case SClone(target=target, packet=packet, span=span):
            port, template = context.operand(target), _template(context, packet)
            return Clone(guard=context.scope.guard, span=span, port=port, packet=template)
        case SDigest(record=record, value=value, span=span):
            values = context.values(value)
            return Digest(guard=context.scope.guard, span=span, record=record, values=values)


def _template(context: Context, template: TTemplate | None) -> Template | None:
    if template is None:
        return None
    headers = tuple(BuiltHeader(name, context.all_values(fields)) for name, fields in template.headers)
    return Template(headers, context.all_values(template.data), template.rest, template.rest_header)
