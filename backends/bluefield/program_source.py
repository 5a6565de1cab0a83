"""`app/program.c`: what the application has to know of the program, and its functions without their types."""

from __future__ import annotations

from collections.abc import Sequence

from backends.bluefield.manifest import Final, Manifest
from backends.bluefield.rules.program_rules import write_rules
from backends.bluefield.text_literal import text_literal
from backends.c.datapath import Datapath
from backends.c.layout import Block, Struct
from backends.writer import Writer
from compiler.ir.program import Program
from compiler.ir.states import Table, TableArray
from compiler.passes.rules.find_rules import Rules

_NO_LENGTH = "WEFT_NO_LENGTH"


def write_program_source(
    manifest: Manifest,
    datapath: Datapath,
    filled: Sequence[Table | TableArray],
    program: Program,
    rules: Rules,
) -> str:
    out, name = Writer(), datapath.name
    out.line(f"// What the application runs: {manifest.name}. Written by the Weft compiler.")
    out.line('#include "app/program.h"')
    out.line(f'#include "{name}.h"')
    if rules.templates:
        out.line('#include "weft/bytes.h"')
    out.line()
    out.line(f"#define STATE struct {name}_state")
    out.line()
    _write_functions(out, name)
    _write_tables(out, datapath, filled)
    _write_list(out, "const char *const ports[]", [text_literal(port.name) for port in manifest.ports])
    _write_list(out, "const struct weft_final finals[]", [_final(final) for final in manifest.finals])
    of_rules = write_rules(out, program, rules, datapath)
    with out.block("const struct weft_program weft_program =", end="};"):
        for member, value in [*_members(manifest, datapath), *of_rules]:
            out.line(f".{member} = {value},")
    return out.text()


def _write_functions(out: Writer, name: str) -> None:
    out.line(f"static void init(void *state) {{ {name}_init(state); }}")
    out.line()
    out.line("static uint32_t process(void *state, const struct weft_packet *packets, uint32_t count,")
    out.line("                        struct weft_output *out)")
    with out.block(""):
        out.line(f"return {name}_process(state, packets, count, out);")
    out.line()


def _write_tables(out: Writer, datapath: Datapath, filled: Sequence[Table | TableArray]) -> None:
    rows = []
    for state in filled:
        c_name = datapath.state_names[state.name]
        out.line(f"static void install_{c_name}(void *state, uint32_t count)")
        with out.block(""):
            out.line(f"{datapath.name}_state_install_{c_name}(state, count);")
        out.line()
        rows.append(_table_row(datapath.block, state, c_name))
    _write_list(out, "const struct weft_table tables[]", rows)


def _table_row(block: Block, state: Table | TableArray, c_name: str) -> str:
    role = "entries" if isinstance(state, Table) else "cells"
    entries, active = block.place(state.name, role), block.place(state.name, "active")
    capacity = entries.region.count // 2
    length, most = _NO_LENGTH, 0
    of = entries.region.of
    if isinstance(state, Table) and isinstance(of, Struct) and block.has(state.name, "lengths"):
        offset = next((at for member, at in of.offsets() if member.name == "length"), None)
        length, most = str(offset), block.place(state.name, "lengths").region.count // 2 - 1
    least = capacity if isinstance(state, TableArray) else 0
    parts = [text_literal(c_name), entries.offset, of.size, least, capacity, active.offset, length, most]
    return f"{{{', '.join(map(str, parts))}, install_{c_name}}}"


def _write_list(out: Writer, head: str, rows: Sequence[str]) -> None:
    if not rows:
        return
    with out.block(f"static {head} =", end="};"):
        for row in rows:
            out.line(f"{row},")
    out.line()


def _members(manifest: Manifest, datapath: Datapath) -> list[tuple[str, object]]:
    block, (emissions, copies, front, digest_bytes) = datapath.block, datapath.room
    found: list[tuple[str, object]] = [
        ("name", text_literal(manifest.name)),
        ("build", text_literal(manifest.build)),
        ("block_bytes", "sizeof(STATE)"),
        ("shares", f"{datapath.name.upper()}_SHARES"),
        ("test_header", str(manifest.test_header).lower()),
        *_counted("port", "ports", len(manifest.ports)),
        *_counted("table", "tables", len(manifest.tables)),
        *_counted("final", "finals", len(manifest.finals)),
    ]
    if block.has("", "tunables"):
        found += [
            ("tunables", "offsetof(STATE, tunables)"),
            ("tunables_bytes", block.place("", "tunables").region.size),
        ]
    if block.has("", "group_starts"):
        found += [
            ("group_starts", "offsetof(STATE, group_starts)"),
            ("group_ports", "offsetof(STATE, group_ports)"),
            ("group_port_count", block.place("", "group_ports").region.count),
        ]
    room = (("emissions", emissions), ("copies", copies), ("front", front), ("digest_bytes", digest_bytes))
    found += [(f"most_{what}", most) for what, most in room]
    return [*found, ("init", "init"), ("process", "process"), ("share", f"{datapath.name}_share")]


def _counted(one: str, many: str, count: int) -> list[tuple[str, object]]:
    return [(f"{one}_count", count), (many, many if count else "NULL")]


def _final(final: Final) -> str:
    return f"{{{text_literal(final.place)}, {text_literal(final.kind)}}}"
