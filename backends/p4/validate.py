"""What bmv2's v1model cannot do, told before a line of P4 is written.

Each of these was tried on p4c 1.2.5.16 and bmv2 1.15.5: p4c refuses it, the switch ends or loses packets, or
what comes out is wrong.
"""

from __future__ import annotations

import re

from backends.p4.checks.checksums import check_checksum_alignment
from backends.p4.checks.sizes import check_cells, check_look_ahead, check_table_keys, check_widths
from backends.p4.compile import plan_layout
from backends.p4.expression_text import MOST_SHIFT
from backends.p4.layout import Layout
from backends.p4.sites import CPU_PORT, MOST_GROUP
from compiler.diagnostics import Diagnostic, Note, Reporter
from compiler.ir.operations import Binary, BinaryOperator, Multicast
from compiler.ir.program import Program
from compiler.ir.types import Vector, bit_width
from compiler.ir.values import Constant
from compiler.source import Span

DIVISION = "W0801"
WIDE_SHIFT = "W0803"
TOO_MANY_PORTS = "W0804"
COPIES_BESIDE_GROUP = "W0805"
NO_SUCH_GROUP = "W0806"

MOST_PORTS = CPU_PORT  # ports 0 to 509; 510 leads to the controller, and 511 is v1model's drop


def validate(program: Program) -> list[Diagnostic]:
    """Why the program (`LoadedProgram.program`) cannot run on bmv2, in the order of the text; [] where it can."""
    reporter = Reporter()
    layout = plan_layout(program)
    _check_ports(program, reporter)
    check_widths(layout, reporter)
    _check_arithmetic(layout.program, reporter)
    _check_groups(layout, reporter)
    check_look_ahead(layout.program, reporter)
    check_table_keys(layout.source, reporter)
    check_checksum_alignment(layout, reporter)
    check_cells(layout, reporter)
    return sorted(reporter.diagnostics, key=lambda d: (d.span.source.name, d.span.start))


def _check_ports(program: Program, reporter: Reporter) -> None:
    if len(program.ports) > MOST_PORTS and program.handlers:
        group = program.ports[MOST_PORTS].group
        reporter.error(
            TOO_MANY_PORTS,
            f"the program has {len(program.ports)} ports, and a bmv2 switch has {MOST_PORTS} for it",
            _declaration_of_port(group, program.handlers[0].span),
            label="one of these is too many",
            help="declare fewer ports, or divide the program between switches",
        )


def _declaration_of_port(group: str, elsewhere: Span) -> Span:
    """Where the program declares a port: the IR does not say. `elsewhere` is any place in its file."""
    source = elsewhere.source
    found = re.search(rf"^[ \t]*(?:port|pair)\b[^;]*?\b({re.escape(group)})\b", source.text, re.MULTILINE)
    return Span(source, found.start(1), found.end(1)) if found else elsewhere


def _check_arithmetic(program: Program, reporter: Reporter) -> None:
    for operation in program.operations:
        match operation:
            case Binary(operator=BinaryOperator.DIV | BinaryOperator.MOD, right=right) if not isinstance(
                right, Constant
            ):
                reporter.error(
                    DIVISION,
                    "bmv2 divides by constants only",
                    operation.span,
                    label="the divisor is known at run time only",
                    help="shift by a number of bits, or look the divisor's reciprocal up in a table",
                )
            case Binary(operator=BinaryOperator.SHL | BinaryOperator.SHR, left=left, right=right):
                width = left.type.width if isinstance(left.type, Vector) else bit_width(left.type)
                amount = right.type.width if isinstance(right.type, Vector) else bit_width(right.type)
                known = isinstance(right, Constant)
                if not known and width > MOST_SHIFT + 1 and amount > MOST_SHIFT.bit_length():
                    reporter.error(
                        WIDE_SHIFT,
                        f"bmv2 shifts by at most {MOST_SHIFT} bits, and this number has {width}",
                        operation.span,
                        label="an amount known at run time only",
                        help=f"where no amount is above {MOST_SHIFT}, write `(... as u8)` around it; else shift twice",
                    )
            case _:
                pass


def _check_groups(layout: Layout, reporter: Reporter) -> None:
    copies = layout.sites.copies
    for site in layout.sites.finals:
        operation = site.operation
        if not isinstance(operation, Multicast):
            continue
        if copies:
            kind = type(copies[0].operation).__name__.lower()
            reporter.error(
                COPIES_BESIDE_GROUP,
                f"on bmv2 a program with a `{kind}` cannot multicast to groups of the control plane",
                operation.span,
                label="a group that is not set up would take the copies with it",
                notes=[Note(copies[0].operation.span, "these copies leave by a group as well")],
                help="`send` to the ports or `flood` instead of `multicast`, or leave clones and digests out",
            )
        if isinstance(operation.group, Constant) and operation.group.value > MOST_GROUP:  # type: ignore[operator]
            reporter.error(
                NO_SUCH_GROUP,
                f"bmv2 serves multicast groups up to {MOST_GROUP} for a program, and this is {operation.group.value}",
                operation.span,
                help="number the groups from 0 on",
            )
