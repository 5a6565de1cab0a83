"""Tables that the control plane fills: their declarations, and lookups as statements."""

from __future__ import annotations

from backends.p4.expressions import Expressions, Text
from backends.p4.layout import Layout, PlannedTable
from backends.p4.text import number_text, type_text
from backends.writer import Writer
from compiler.ir.operations import TableGet
from compiler.ir.states import Table
from compiler.ir.types import bit_width


class TableStatements:
    """Each table is looked up in one place, and its action assigns what that place uses."""

    def __init__(self, layout: Layout, values: Expressions) -> None:
        self._layout, self._values = layout, values
        self._keys: dict[str, list[str]] = {}
        self._targets: dict[str, list[str | None]] = {}  # of each source table: what its actions assign

    def get(self, operation: TableGet) -> None:
        planned = self._layout.tables[operation.state]
        values, out = self._values, self._values.out
        keys: list[str] = []
        for operand, part in zip(operation.key, planned.table.key, strict=True):
            code = values.text(operand)
            if planned.is_array and bit_width(operand.type) != part.width:
                name = self._key(operation.state, part.name, part.width)
                out.line(f"{name} = (bit<{part.width}>) {values.part(operand)};")
            elif code.constant is None and not code.is_bool and _is_seen_by_tables(code.code):
                name = code.code
            else:
                name = self._key(operation.state, part.name, part.width)
                out.line(f"{name} = {values.bits(operand)};")
            keys.append(name)
        self._keys[operation.state] = keys
        targets = self._targets.setdefault(planned.table.name, [None] * len(operation.values))
        used = [(place, value) for place, value in enumerate(operation.values) if values.is_used(value)]
        for place, value in enumerate(operation.values):
            if targets[place] is None:
                name = values.names.fresh(f"{planned.table.name}_value{place}")
                values.declarations.append(f"{type_text(value.type)} {name} = 0;")
                targets[place] = name
        if planned.is_array:  # every index is that of a cell; the switch holds rows for those that are not zero
            values.bind(operation.hit, Text("1w1", constant=1))
        if values.is_used(operation.hit) and not planned.is_array:
            hit = values.declare(operation.hit, is_bool=True)
            out.line(f"{hit} = {planned.name}.apply().hit;")
        else:
            out.line(f"{planned.name}.apply();")
        for place, value in used:
            shared = targets[place]
            assert shared is not None, "it was given a name above"
            if len(planned.table.copies) == 1:
                values.bind(value, Text(shared))
            else:  # the next copy's lookup assigns it as well
                out.line(f"{values.declare(value)} = {shared};")

    def _key(self, state: str, part: str, width: int) -> str:
        """A variable in front of all blocks, where the table sees it."""
        name = self._values.names.fresh(f"{state}_{part}")
        self._values.declarations.append(f"bit<{width}> {name} = 0;")
        return name

    def write_declarations(self, out: Writer) -> None:
        for planned in self._layout.tables.values():
            if planned.state in self._keys:
                self._write_table(out, planned)
        if self._layout.tunable_table is not None:
            self._write_tunables(out)

    def _write_actions(self, out: Writer, planned: PlannedTable) -> None:
        declaration, table = planned.declaration, planned.table
        parameters = [f"bit<{p.width}> {p.name}" for p in table.hit.parameters]
        hit, miss = (action.name.removeprefix("ingress.") for action in (table.hit, table.miss))
        targets = self._targets[table.name]
        annotated = " ".join([f"@id({table.hit.id:#010x})", *table.hit.annotations])
        with out.block(f"{annotated} action {hit}({', '.join(parameters)})"):
            for target, parameter in zip(targets, table.hit.parameters, strict=True):
                if target is not None:
                    out.line(f"{target} = {parameter.name};")
        default = declaration.default if isinstance(declaration, Table) else None
        with out.block(f"@id({table.miss.id:#010x}) action {miss}()"):
            for place, target in enumerate(targets):
                if target is not None:
                    out.line(f"{target} = {number_text(default[place]) if default else 0};")

    def _write_table(self, out: Writer, planned: PlannedTable) -> None:
        table = planned.table
        hit, miss = (action.name.removeprefix("ingress.") for action in (table.hit, table.miss))
        copy = next(c for c in table.copies if c.name == f"ingress.{planned.name}")
        if copy is table.copies[0]:
            out.says_where(planned.declaration.span)
            self._write_actions(out, planned)
        with out.block(f"@id({copy.id:#010x}) table {planned.name}"):
            with out.block("key ="):
                for name, part in zip(self._keys[planned.state], table.key, strict=True):
                    out.line(f'{name}: {part.match} @name("{part.name}");')
            with out.block("actions ="):
                out.line(f"{hit};")
                out.line(f"@defaultonly {miss};")
            out.line(f"const default_action = {miss}();")
            out.line(f"size = {table.size};")
        out.line()

    def _write_tunables(self, out: Writer) -> None:
        tunables = self._layout.tunable_table
        assert tunables is not None, "there are tunables"
        action, name = (x.removeprefix("ingress.") for x in (tunables.action.name, tunables.table.name))
        program = self._layout.program
        for tunable in program.tunables:
            out.line(f"{type_text(tunable.type)} {self._layout.tunable_variables[tunable.name]} = 0;")
        parameters = [f"bit<{p.width}> {p.name}" for p in tunables.action.parameters]
        out.line("// Tunables: the control plane sets them as this table's default action.")
        with out.block(f"@id({tunables.action.id:#010x}) action {action}({', '.join(parameters)})"):
            for tunable, parameter in zip(program.tunables, tunables.action.parameters, strict=True):
                out.line(f"{self._layout.tunable_variables[tunable.name]} = {parameter.name};")
        defaults = ", ".join(number_text(tunable.default) for tunable in program.tunables)
        with out.block(f"@id({tunables.table.id:#010x}) table {name}"):
            out.line("key = {}")
            out.line(f"actions = {{ {action}; }}")
            out.line(f"default_action = {action}({defaults});")
        out.line()


def _is_seen_by_tables(code: str) -> bool:
    """Whether the text is the name of a header's or a metadata field, declared where tables are."""
    return code.startswith(("hdr.", "meta.")) and code.replace(".", "").replace("_", "").isalnum()
