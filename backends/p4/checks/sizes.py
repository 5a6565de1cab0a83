"""Sizes that p4c or bmv2 cannot take: of numbers, of what the parser looks at, of keys, and of all state."""

from __future__ import annotations

from backends.p4.division import bits_of_division
from backends.p4.layout import Layout
from compiler.diagnostics import Note, Reporter
from compiler.ir import states
from compiler.ir.fields import results
from compiler.ir.operations import Binary, BinaryOperator
from compiler.ir.program import Program
from compiler.ir.states import MatchKind, State, Table
from compiler.ir.types import MAX_WIDTH, Blob, Type, Vector, bit_width
from compiler.ir.values import Constant
from compiler.passes.expansion.arrays import expanded

TOO_WIDE = "W0802"
LOOK_AHEAD = "W0807"
WIDE_PREFIX_KEY = "W0808"
TOO_MANY_CELLS = "W0810"

# bmv2 keeps the key of a longest-prefix match in a trie of at most so many bytes. Source: bm/bm_sim, lpm_trie.cpp.
MOST_PREFIX_KEY_BYTES = 64
MOST_CELLS = 1 << 25
CELL_BYTES = 120  # measured: resident memory of simple_switch by cells of a register, bit<1> to bit<56> alike
_LARGEST_SHOWN = 3


def check_widths(layout: Layout, reporter: Reporter) -> None:
    """No value is wider than p4c takes: vectors are as wide as all their lanes."""
    program = layout.program
    for header in program.all_headers:
        for f in header.fields:
            if not isinstance(f.type, Blob) and _is_wide(f.type):
                _report_wide(reporter, f"field `{f.name}` of `{header.name}`", f.type, header.span)
    for state in layout.source.states:
        wide = next((of for of in _types_of(state) if _is_wide(of)), None)
        if wide is not None:
            _report_wide(reporter, f"a value in `{state.name}`", wide, state.span)
    for operation in program.operations:
        wide = next((v.type for v in results(operation) if _is_wide(v.type)), None)
        if wide is not None:
            _report_wide(reporter, "this value", wide, operation.span)
        elif isinstance(operation, Binary) and operation.operator in (BinaryOperator.DIV, BinaryOperator.MOD):
            _check_division(operation, reporter)


def _is_wide(of: Type) -> bool:
    return bit_width(of) > MAX_WIDTH


def _types_of(state: State) -> tuple[Type, ...]:
    match state:
        case states.Array(type=of) | states.TableArray(type=of) | states.Reduction(type=of):
            return (of,)
        case states.Table(key=key, values=values) | states.Map(key=key, values=values):
            return (*key, *values)
        case states.Lease(values=values):
            return values
        case states.Index(key=key):
            return key
        case _:
            return ()


def _report_wide(reporter: Reporter, what: str, of: Type, span: object) -> None:
    lanes = f" ({of.lanes} lanes of {of.width})" if isinstance(of, Vector) else ""
    reporter.error(
        TOO_WIDE,
        f"{what} has {bit_width(of)} bits{lanes}, and p4c carries at most {MAX_WIDTH}",
        span,  # type: ignore[arg-type]
        help="divide it into parts: two vectors of half the lanes, say",
    )


def _check_division(operation: Binary, reporter: Reporter) -> None:
    of, right = operation.result.type, operation.right
    if not isinstance(right, Constant):
        return  # refused as such
    width = of.width if isinstance(of, Vector) else bit_width(of)
    divisors = right.value if isinstance(right.value, tuple) else (right.value,)
    needed = max(bits_of_division(divisor, width=width) for divisor in divisors)
    if needed > MAX_WIDTH:
        reporter.error(
            TOO_WIDE,
            f"dividing {width} bits takes a product of {needed}, and p4c carries at most {MAX_WIDTH}",
            operation.span,
            help="divide by a power of two, or a number of fewer bits",
        )


def check_look_ahead(program: Program, reporter: Reporter) -> None:
    """What says how long a header is has to be looked at before the header is taken."""
    for header in program.headers:
        for f in header.fields:
            end = f.offset + bit_width(f.type)
            if f.name in header.length_fields and end > MAX_WIDTH:
                reporter.error(
                    LOOK_AHEAD,
                    f"field `{f.name}`, which decides about the header's length or validity, ends at bit {end}",
                    header.span,
                    label=f"p4c looks ahead {MAX_WIDTH} bits",
                    help=f"put `{f.name}` in front of the wide fields",
                )
                break


def check_table_keys(program: Program, reporter: Reporter) -> None:
    for state in program.states:
        if not isinstance(state, Table) or MatchKind.PREFIX not in state.match:
            continue
        if MatchKind.TERNARY in state.match or MatchKind.RANGE in state.match:
            continue  # matched otherwise
        length = sum((bit_width(part) + 7) // 8 for part in state.key)
        if length > MOST_PREFIX_KEY_BYTES:
            reporter.error(
                WIDE_PREFIX_KEY,
                f"the key of `{state.name}` takes {length} bytes; with a prefix, bmv2 matches {MOST_PREFIX_KEY_BYTES}",
                state.span,
                help="leave out parts of the key, or make a part `ternary`",
            )


def check_cells(layout: Layout, reporter: Reporter) -> None:
    """All registers of a program fit into a few gigabytes."""
    cells = {array.name: array.cells * array.lanes * len(array.words) for array in layout.registers.arrays}
    total = sum(cells.values())
    if total <= MOST_CELLS:
        return
    by_state = {
        state.name: sum(cells.get(part.name, 0) for part in expanded(state, layout.source))
        for state in layout.source.states
    }
    largest = sorted(layout.source.states, key=lambda s: -by_state[s.name])[:_LARGEST_SHOWN]
    gigabytes = total * CELL_BYTES / (1 << 30)
    reporter.error(
        TOO_MANY_CELLS,
        f"the program's state takes {total:,} register cells, about {gigabytes:.0f} GiB in bmv2; "
        f"there may be {MOST_CELLS:,}",
        largest[0].span,
        label=f"{by_state[largest[0].name]:,} of them",
        notes=[Note(s.span, f"{by_state[s.name]:,} are of `{s.name}`") for s in largest[1:] if by_state[s.name]],
        help=f"make `{largest[0].name}` smaller",
    )
