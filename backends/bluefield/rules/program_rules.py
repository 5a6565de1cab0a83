"""The part of `app/program.c` that says what the rules of a program look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from backends.bluefield.text_literal import text_literal
from backends.c.datapath import Datapath
from backends.writer import Writer
from compiler.analyses.header_kinds import HeaderKind
from compiler.ir.program import Program
from compiler.ir.states import TICK_SHIFT, Array, Counter
from compiler.ir.types import bit_width
from compiler.passes.rules.find_rules import Rules
from compiler.passes.rules.templates import CELL_BYTES, RuleTemplate

_FIELDS = {
    (HeaderKind.ETH, 0): "WEFT_ETH_DST",
    (HeaderKind.ETH, 48): "WEFT_ETH_SRC",
    (HeaderKind.IPV4, 8): "WEFT_IPV4_DSCP",
    (HeaderKind.IPV4, 64): "WEFT_IPV4_TTL",
    (HeaderKind.IPV4, 96): "WEFT_IPV4_SRC",
    (HeaderKind.IPV4, 128): "WEFT_IPV4_DST",
    (HeaderKind.IPV6, 56): "WEFT_IPV6_HOP_LIMIT",
    (HeaderKind.IPV6, 64): "WEFT_IPV6_SRC",
    (HeaderKind.IPV6, 192): "WEFT_IPV6_DST",
    (HeaderKind.TCP, 0): "WEFT_TCP_SPORT",
    (HeaderKind.TCP, 16): "WEFT_TCP_DPORT",
    (HeaderKind.UDP, 0): "WEFT_UDP_SPORT",
    (HeaderKind.UDP, 16): "WEFT_UDP_DPORT",
}


def write_rules(out: Writer, program: Program, rules: Rules, datapath: Datapath) -> list[tuple[str, object]]:
    """Writes tables and functions; the members of `weft_program` that name them."""
    templates = rules.templates
    if not templates:
        return []
    rows = [_write_template(out, number, template, rules.kinds) for number, template in enumerate(templates, start=1)]
    with out.block("static const struct weft_rule_template rule_templates[] =", end="};"):
        for row in rows:
            with out.block("", end="},"):
                for member, value in row:
                    out.line(f".{member} = {value},")
    out.line()
    _write_functions(out, program, templates, datapath)
    return [
        ("rule_template_count", len(templates)),
        ("rule_templates", "rule_templates"),
        ("find_rule", "find_rule"),
        ("fold_rule", "fold_rule"),
    ]


def _write_template(
    out: Writer, number: int, template: RuleTemplate, kinds: Mapping[str, HeaderKind]
) -> list[tuple[str, object]]:
    """Writes its lists; the members of its struct."""
    lists = {
        "item": list(_items(template, kinds)),
        "part": list(_parts(template)),
        "write": list(_writes(template, kinds)),
    }
    for what, rows in lists.items():
        if rows:
            with out.block(f"static const struct weft_rule_{what} {what}s_{number}[] =", end="};"):
                for row in rows:
                    out.line(f"{row},")
    out.line()
    idle_ns = 0 if template.idle_ticks is None else template.idle_ticks << TICK_SHIFT
    return [
        *((f"{what}s", f"{what}s_{number}" if rows else "NULL") for what, rows in lists.items()),
        *((f"{what}_count", len(rows)) for what, rows in lists.items()),
        ("compared_bytes", template.written_at),
        ("value_bytes", template.bytes),
        ("counts_down", str(bool(template.counted_down)).lower()),
        ("sends", str(template.sends).lower()),
        ("port", template.port_at),
        ("idle_ns", f"{idle_ns}u"),
        ("lines", text_literal(", ".join(map(str, template.lines)))),
    ]


def _items(template: RuleTemplate, kinds: Mapping[str, HeaderKind]) -> Iterator[str]:
    for header in template.headers:
        mask = value = 0
        for compared in template.compared:
            if compared.header == header.name:
                mask, value = mask | compared.mask, value | compared.value
        size = header.fixed_bytes
        yield f"{{WEFT_{kinds[header.name].name}, {_bytes(mask, size)}, {_bytes(value, size)}}}"


def _parts(template: RuleTemplate) -> Iterator[str]:
    names = [header.name for header in template.headers]
    at = 0
    for compared in template.compared:
        if compared.bytes is not None:
            first, count = compared.bytes
            yield f"{{{names.index(compared.header)}, {first}, {count}, {at}}}"
            at += count


def _writes(template: RuleTemplate, kinds: Mapping[str, HeaderKind]) -> Iterator[str]:
    at = template.written_at
    for written in template.written:
        yield f"{{{_FIELDS[kinds[written.header], written.first_bit]}, {written.width}, {at}}}"
        at += written.bytes


def _bytes(number: int, size: int) -> str:
    if not number:
        return "{0}"
    return f"{{{', '.join(f'0x{byte:02x}' for byte in number.to_bytes(size).rstrip(bytes(1)))}}}"


def _write_functions(out: Writer, program: Program, templates: Sequence[RuleTemplate], datapath: Datapath) -> None:
    out.line("static uint32_t find_rule(void *state, const struct weft_packet *packet, uint8_t *values)")
    with out.block(""):
        out.line(f"return {datapath.name}_rule(state, packet, values);")
    out.line()
    out.line(
        "static void fold_rule(void *given, uint32_t number, const uint8_t *values, uint64_t packets, uint64_t bytes)"
    )
    with out.block(""):
        out.line("STATE *state = given;")
        for unused in ("state", "values", "packets", "bytes"):
            out.line(f"(void){unused};")
        with out.block("switch (number)"):
            for number, template in enumerate(templates, start=1):
                if template.counted:
                    out.line(f"case {number}:")
                    with out.indented():
                        for line in _folds(program, template, datapath):
                            out.line(line)
                        out.line("break;")
            out.line("default:")
            out.line("    break;")
    out.line()


def _folds(program: Program, template: RuleTemplate, datapath: Datapath) -> Iterator[str]:
    at = template.cells_at
    for counted in template.counted:
        state = program.state(counted.state)
        cell = f"state->{datapath.state_names[counted.state]}_cells[weft_get32(values + {at})]"
        amount = "bytes" if counted.by_bytes else f"packets * {counted.each}u"
        match state:
            case Counter():
                yield f"{cell}.packets += packets;"
                yield f"{cell}.bytes += {amount};"
            case Array(type=of):
                width = bit_width(of)
                mask = f" & {(1 << width) - 1:#x}u" if width not in (8, 16, 32, 64, 128) and width < 64 else ""
                kind = datapath.block.place(counted.state, "cells").region.of.name
                yield f"{cell} = ({kind})(({cell} + {amount}){mask});"
            case _:
                raise AssertionError("nothing else is counted in")
        at += CELL_BYTES
