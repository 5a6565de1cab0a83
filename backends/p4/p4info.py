"""P4Info of a compiled program as protobuf text: what p4c would write for the P4 beside it.

All IDs are pinned in the P4, so a controller can use either file. The form is that of p4c's
`--p4runtime-files`: https://p4.org/p4-spec/p4runtime/main/P4Runtime-Spec.html, section 6.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from backends.p4.manifest import Action, KeyPart, Manifest, PacketIn, Register, Table, TableObject, TunableTable

_HEADER = """\
# proto-file: p4/config/v1/p4info.proto
# proto-message: p4.config.v1.P4Info
"""
_MATCH_TYPES = {"exact": "EXACT", "lpm": "LPM", "ternary": "TERNARY", "range": "RANGE"}
PACKET_IN_ID = 0x0400_0001
COUNTER_WIDTH = 32  # bits of the registers that count packets and digests
KEYLESS_SIZE = 1024  # p4c's, for a table that does not say how many entries it holds


def render_p4info(manifest: Manifest) -> str:
    """P4Info of the program that `manifest` describes, equal as a message to the one that p4c writes."""
    return _Writer(manifest).render()


class _Writer:
    """Writes protobuf text: one line a field, nested messages in braces."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._lines = [_HEADER]
        self._indent = ""
        self._aliases = unique_suffixes(_names(manifest))

    def render(self) -> str:
        manifest = self._manifest
        with self._message("pkg_info"):
            self._text("arch", "v1model")
        for table in manifest.tables:
            for copy in table.copies:
                self._table(table, copy)
        if manifest.tunables is not None:
            self._tunable_table(manifest.tunables)
        for action in _actions(manifest):
            self._action(action)
        if manifest.packet_in is not None:
            self._packet_in(manifest.packet_in)
        for register, width, cells in registers(manifest):
            self._register(register, width, cells)
        with self._message("type_info"):
            pass
        return "\n".join(self._lines) + "\n"

    def _table(self, table: Table, copy: TableObject) -> None:
        with self._message("tables"):
            self._preamble(copy.name, copy.id)
            for part in table.key:
                self._match_field(part)
            self._action_reference(table.hit)
            self._action_reference(table.miss, default_only=True)
            self._number("const_default_action_id", table.miss.id)
            with self._message("initial_default_action"):
                self._number("action_id", table.miss.id)
            self._number("size", table.size)

    def _tunable_table(self, tunables: TunableTable) -> None:
        with self._message("tables"):
            self._preamble(tunables.table.name, tunables.table.id)
            self._action_reference(tunables.action)
            with self._message("initial_default_action"):
                self._number("action_id", tunables.action.id)
                for parameter, value in zip(tunables.action.parameters, tunables.initial, strict=True):
                    with self._message("arguments"):
                        self._number("param_id", parameter.id)
                        self._bytes("value", value.to_bytes((parameter.width + 7) // 8, "big"))
            self._number("size", KEYLESS_SIZE)

    def _match_field(self, part: KeyPart) -> None:
        with self._message("match_fields"):
            self._number("id", part.id)
            self._text("name", part.name)
            self._number("bitwidth", part.width)
            self._word("match_type", _MATCH_TYPES[part.match])

    def _action_reference(self, action: Action, *, default_only: bool = False) -> None:
        with self._message("action_refs"):
            self._number("id", action.id)
            if default_only:
                self._text("annotations", "@defaultonly")
                self._word("scope", "DEFAULT_ONLY")

    def _action(self, action: Action) -> None:
        with self._message("actions"):
            self._preamble(action.name, action.id, action.annotations)
            for parameter in action.parameters:
                with self._message("params"):
                    self._number("id", parameter.id)
                    self._text("name", parameter.name)
                    self._number("bitwidth", parameter.width)

    def _packet_in(self, packet_in: PacketIn) -> None:
        with self._message("controller_packet_metadata"):
            with self._message("preamble"):
                self._number("id", PACKET_IN_ID)
                self._text("name", "packet_in")
                self._text("alias", "packet_in")
                self._text("annotations", '@controller_header("packet_in")')
            for number, (name, width) in enumerate(packet_in_fields(packet_in), start=1):
                with self._message("metadata"):
                    self._number("id", number)
                    self._text("name", name)
                    self._number("bitwidth", width)

    def _register(self, register: Register, width: int, cells: int) -> None:
        with self._message("registers"):
            self._preamble(register.name, register.id)
            with self._message("type_spec"), self._message("bitstring"), self._message("bit"):
                self._number("bitwidth", width)
            self._number("size", cells)

    def _preamble(self, name: str, id_: int, annotations: tuple[str, ...] = ()) -> None:
        with self._message("preamble"):
            self._number("id", id_)
            self._text("name", name)
            self._text("alias", self._aliases[name])
            for annotation in annotations:
                self._text("annotations", annotation)

    @contextmanager
    def _message(self, name: str) -> Iterator[None]:
        self._line(f"{name} {{")
        self._indent += "  "
        yield
        self._indent = self._indent[2:]
        self._line("}")

    def _number(self, name: str, number: int) -> None:
        self._line(f"{name}: {number}")

    def _word(self, name: str, word: str) -> None:
        self._line(f"{name}: {word}")

    def _text(self, name: str, text: str) -> None:
        escaped = text.replace("\\", "\\\\").replace('"', '\\"')
        self._line(f'{name}: "{escaped}"')

    def _bytes(self, name: str, value: bytes) -> None:
        octal = "".join(f"\\{byte:03o}" for byte in value)
        self._line(f'{name}: "{octal}"')

    def _line(self, line: str) -> None:
        self._lines.append(self._indent + line)


def registers(manifest: Manifest) -> Iterator[tuple[Register, int, int]]:
    """Each register with the width of its cells in bits, and their number, in the order of the P4."""
    for counter in (manifest.packets_seen, manifest.digests_sent):
        if counter is not None:
            yield counter, COUNTER_WIDTH, 1
    for array in manifest.arrays:
        for word in array.words:
            yield word.register, word.high - word.low + 1, array.cells * array.lanes


def packet_in_fields(packet_in: PacketIn) -> tuple[tuple[str, int], ...]:
    """Names and widths of the fields in front of a digest; their IDs count from 1."""
    return ("record", packet_in.record_bits), ("sequence", 32)


def _actions(manifest: Manifest) -> Iterator[Action]:
    """In the order of the P4; an action that several tables share stands there once."""
    seen: set[int] = set()
    for table in manifest.tables:
        for action in (table.hit, table.miss):
            if action.id not in seen:
                seen.add(action.id)
                yield action
    if manifest.tunables is not None:
        yield manifest.tunables.action


def _names(manifest: Manifest) -> Iterator[str]:
    """The full names of all objects: among these an alias has to be unique."""
    for table in manifest.tables:
        yield from (copy.name for copy in table.copies)
    if manifest.tunables is not None:
        yield manifest.tunables.table.name
    yield from (action.name for action in _actions(manifest))
    yield from (register.name for register, _, _ in registers(manifest))


def unique_suffixes(names: Iterable[str]) -> dict[str, str]:
    """For each dotted name its shortest end, of whole parts, that no other name has: its alias in P4Info."""
    ends: dict[str, int] = {}
    distinct = dict.fromkeys(names)
    for name in distinct:
        for end in _ends(name):
            ends[end] = ends.get(end, 0) + 1
    return {name: next((end for end in _ends(name) if ends[end] == 1), name) for name in distinct}


def _ends(name: str) -> Iterator[str]:
    """`c`, `b.c`, `a.b.c`."""
    parts = name.split(".")
    return (".".join(parts[-count:]) for count in range(1, len(parts) + 1))
