"""The documentation's Weft is Weft: every block of code in docs/ is checked, and tables say what the code says.

How a block is marked:

    weft              a whole program: it compiles without errors and without warnings
    weft,items        declarations, of which the other blocks below the same `##` heading may make use
    weft,handler      statements of a handler `(p: ipv4 & l4)`; `weft,handler=ipv4+tcp` names other headers
    weft,expr         expressions, one a line, inside such a handler; `weft,expr=tcp` as above
    ...,error=W0310   gives exactly this code, and no other
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from compiler.diagnostics import CompileError
from compiler.frontend.check.declarations import MAX_PORTS, MAX_SHARES
from compiler.frontend.check.modules import module_source
from compiler.frontend.check.state_declarations import MAX_CAPACITY, MAX_CELLS
from compiler.frontend.check.table_declarations import MAX_SIZE
from compiler.frontend.check.type_names import MAX_LANES, MAX_PARTS
from compiler.frontend.parse import MAX_NESTING
from compiler.frontend.unroll_loops import MOST_ITERATIONS
from compiler.ir.headers import Header
from compiler.ir.types import MAX_WIDTH, Blob, FlagSet, Scalar
from compiler.load import MAX_SOURCE_BYTES, load_source
from compiler.meaning.slot_protocol import MAX_MEMBERS
from compiler.source import Source
from sim.control import load_entries

DOCS = Path(__file__).resolve().parents[2] / "docs"
_FENCE = re.compile(r"^```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_BEFORE = "use std::net;\nuse std::tcp;\nuse std::collective;\npair lan <-> wan;\nport any[4];\n"
_AFTER = "\non lan | wan (_) { drop }\n"


@dataclass(frozen=True, slots=True)
class Block:
    """A marked block of code, and the items that it may use."""

    file: str
    line: int
    marks: tuple[str, ...]
    text: str
    items: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def kind(self) -> str:
        return self.marks[0].partition("=")[0] if self.marks else ""

    @property
    def pattern(self) -> str:
        return (self.marks[0].partition("=")[2] or "ipv4+l4").replace("+", " & ")

    @property
    def expected(self) -> list[str]:
        return [mark.removeprefix("error=") for mark in self.marks if mark.startswith("error=")]

    @property
    def program(self) -> str:
        match self.kind:
            case "" | "error":
                return self.text
            case "items":
                return _BEFORE + self.items + self.text + _AFTER
            case "handler":
                return _BEFORE + self.items + self._handler(self.text) + _AFTER
            case "expr":
                lines = (line.partition("//")[0].strip() for line in self.text.splitlines())
                return _BEFORE + self.items + self._handler("".join(f"let _ = {x};\n" for x in lines if x)) + _AFTER
            case other:
                raise AssertionError(f"{self}: no such mark: {other}")

    def _handler(self, statements: str) -> str:
        # whether or not the statements decide what becomes of the packet
        return f"on lan (p: {self.pattern} & eth) {{ if p.length > 0 {{ {statements}\n }} drop }}"


def blocks() -> list[Block]:
    found: list[Block] = []
    for file in sorted(DOCS.glob("*.md")):
        text = file.read_text(encoding="utf-8")
        headings = [match.start() for match in re.finditer(r"^## ", text, re.MULTILINE)]
        section, items = 0, ""
        for match in _FENCE.finditer(text):
            kind, *marks = match[1].split(",")
            if kind != "weft":
                continue
            here = sum(start < match.start() for start in headings)
            section, items = here, items if here == section else ""
            block = Block(file.name, text.count("\n", 0, match.start()) + 1, tuple(marks), match[2], items)
            found.append(block)
            if block.kind == "items" and not block.expected:
                items += match[2]
    return found


@pytest.mark.parametrize("block", blocks(), ids=str)
def test_code_block(block: Block) -> None:
    try:
        loaded = load_source(Source(str(block), block.program))
        said = [] if block.kind in ("items", "handler", "expr") else [f"{d.code} {d.message}" for d in loaded.warnings]
        if block.expected:
            said = [d.code for d in loaded.warnings]
    except CompileError as error:
        said = [d.code if block.expected else f"{d.code} {d.message}" for d in error.diagnostics]
    assert sorted(set(said)) == block.expected


def test_language_reference_has_blocks_of_every_kind() -> None:
    kinds = {block.kind for block in blocks() if block.file == "language.md"}
    assert kinds == {"", "items", "handler", "expr"}


# --- links --------------------------------------------------------------------------------------------


def test_links_inside_the_reference_have_a_heading() -> None:
    text = (DOCS / "language.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]*)\)", text)) <= anchors


# --- the table of standard headers --------------------------------------------------------------------


def _rows(name: str) -> list[list[str]]:
    """The rows of the table that follows the comment `<!-- name -->`, their cells without backquotes."""
    text = (DOCS / "language.md").read_text(encoding="utf-8").partition(f"<!-- {name} -->\n")[2]
    lines = text.partition("\n\n")[0].splitlines()
    return [[cell.strip().replace("`", "") for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def _field(header: Header, name: str) -> str:
    field = header.field_named(name)
    match field.shape, field.type:
        case None, Blob():
            return f"({name})"
        case Scalar(kind="uint", width=width), _:
            return f"{name} u{width}"
        case Scalar(kind=kind), _:
            return f"{name} {kind}"
        case FlagSet(name=flags), _:
            return f"{name} {flags}"
        case shape, _:
            raise AssertionError(f"{header.name}.{name}: {shape}")


def standard_headers() -> list[list[str]]:
    """Each header of `std::net`: its name, the headers it follows, its fields."""
    source = Source("headers.weft", "use std::net;\nport lan;\non lan (_) { drop }")
    rows = []
    for header in load_source(source).program.headers:
        before = dict.fromkeys(rule.previous for rule in header.rules)
        fields = [_field(header, f.name) for f in header.fields if not f.name.startswith("_")]
        rows.append([header.name, ", ".join(before) or "(first)", ", ".join(fields)])
    return rows


def test_table_of_standard_headers() -> None:
    assert _rows("standard headers") == standard_headers()


def test_table_of_aliases() -> None:
    source = module_source("std::net", None)
    assert source is not None
    declared = re.findall(r"^alias (\w+) = (.*);", source.text, re.MULTILINE)
    assert _rows("aliases") == [[name, headers.replace(" | ", ", ")] for name, headers in declared]


# --- the table of limits ------------------------------------------------------------------------------


def test_table_of_limits() -> None:
    limits = {
        "bits of a number": MAX_WIDTH,
        "lanes of a vector": MAX_LANES,
        "parts of a value": MAX_PARTS,
        "ports of a group": MAX_PORTS,
        "shares": MAX_SHARES,
        "cells of an array, keys of a map": MAX_CELLS,
        "entries of a table": MAX_SIZE,
        "ids that one open looks at (steps)": 64,
        "members of a reduction": MAX_MEMBERS,
        "turns of loops inside one another": MOST_ITERATIONS,
        "brackets inside one another": MAX_NESTING,
    }
    rows = [row for row in _rows("limits") if row[0] != "a source file"]
    assert {what: int(most.replace(",", "")) for what, most in rows} == limits
    assert MAX_CELLS == MAX_CAPACITY
    assert ["a source file", f"{MAX_SOURCE_BYTES >> 20} MiB"] in _rows("limits")


# --- the example of a file of the control plane --------------------------------------------------------


def test_example_of_entries(tmp_path: Path) -> None:
    text = (DOCS / "language.md").read_text(encoding="utf-8")
    toml = re.search(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert toml is not None
    file = tmp_path / "entries.toml"
    file.write_text(toml[1], encoding="utf-8")
    items = "".join(b.text for b in blocks() if "table hosts" in b.text or "tunable threshold" in b.text)
    entries = load_entries(file, load_source(Source("entries.weft", _BEFORE + items + _AFTER)).program)
    assert {name: len(rows) for name, rows in entries.tables.items()} == {
        "routes": 2,
        "acl": 2,
        "allowed": 1,
        "hosts": 1,
    }
    assert entries.arrays == {"buckets": (1, 1, 2, 3)}
    assert (entries.tunables, entries.multicast) == ({"threshold": 5000}, {1: (2, 3)})
