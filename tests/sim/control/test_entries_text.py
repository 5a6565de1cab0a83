from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.leaf_values import Leaf
from compiler.ir.program import Port, Program, Tunable
from compiler.ir.states import MatchKind, State, Table, TableArray
from compiler.ir.types import (
    Bits,
    Enumeration,
    FlagSet,
    Record,
    Scalar,
    Shape,
    Type,
    Vector,
    VectorShape,
    bit_width,
    leaf_types,
)
from compiler.source import NOWHERE
from sim.control import entries_as_toml, load_entries
from sim.state import ControlEntries, Exact, Pattern, Prefix, Range, TableEntry, Ternary

PORTS = (Port("lan", "lan"), Port("any[0]", "any"), Port("any[1]", "any"))
SCALARS = st.sampled_from(
    [
        *(Scalar("uint", width) for width in (1, 7, 16, 54, 64, 128)),
        Scalar("bool", 1),
        Scalar("mac", 48),
        Scalar("ip4", 32),
        Scalar("ip6", 128),
        Scalar("time", 64),
        Scalar("multicast", 16),
        Enumeration("Phase", 8, (("Open", 0), ("Closing", 1))),
        FlagSet("Flags", 6, ("syn", "ack")),
    ]
)
VECTORS = st.builds(VectorShape, st.builds(Scalar, st.just("uint"), st.sampled_from([1, 9, 32])), st.integers(1, 3))
NAMES = st.sampled_from(["a", "b", "dport", "0x", "key", "value"])


def records(fields: st.SearchStrategy[Shape]) -> st.SearchStrategy[Record]:
    named = st.lists(st.tuples(NAMES, fields), min_size=1, max_size=3, unique_by=lambda field: field[0])
    tuples = st.lists(fields, min_size=1, max_size=3).map(lambda of: [(str(i), shape) for i, shape in enumerate(of)])
    return st.one_of(named, tuples).map(lambda of: Record("", tuple(of)))


KEYS = st.recursive(SCALARS, records, max_leaves=4)
VALUES = st.one_of(
    st.none(), st.recursive(st.one_of(SCALARS, VECTORS, st.just(Scalar("port", 16))), records, max_leaves=4)
)


def leaves(type_: Type) -> st.SearchStrategy[Leaf]:
    if isinstance(type_, Vector):
        return st.tuples(*[st.integers(0, 2**type_.width - 1)] * type_.lanes)
    return st.integers(0, 2 ** bit_width(type_) - 1)


def values(shape: Shape) -> st.SearchStrategy[tuple[Leaf, ...]]:
    """Leaves of a shape; ports are those of the program."""
    if isinstance(shape, Record):
        inner = [values(field) for _, field in shape.fields]
        return st.tuples(*inner).map(lambda parts: tuple(leaf for part in parts for leaf in part))
    if shape == Scalar("port", 16):
        return st.tuples(st.integers(0, len(PORTS) - 1))
    return st.tuples(*map(leaves, leaf_types(shape)))


def patterns(kind: MatchKind, type_: Type) -> st.SearchStrategy[Pattern]:
    width = bit_width(type_)
    numbers = st.integers(0, 2**width - 1)
    match kind:
        case MatchKind.EXACT:
            return st.builds(Exact, leaves(type_))
        case MatchKind.PREFIX:
            lengths = st.integers(0, width)
            return st.builds(lambda value, cut: Prefix(value >> cut << cut, width - cut), numbers, lengths)
        case MatchKind.TERNARY:
            masks = st.one_of(numbers, st.integers(0, width).map(lambda cut: 2**width - 2**cut))
            return st.builds(lambda value, mask: Ternary(value & mask, mask), numbers, masks)
        case MatchKind.RANGE:
            return st.builds(lambda a, b: Range(min(a, b), max(a, b)), numbers, numbers)


@st.composite
def tables(draw: st.DrawFn) -> tuple[Table, tuple[TableEntry, ...]]:
    key_shape, value_shape = draw(KEYS), draw(VALUES)
    key = leaf_types(key_shape)
    kinds = [draw(st.sampled_from([kind for kind in MatchKind if kind is not MatchKind.PREFIX])) for _ in key]
    if draw(st.booleans()):
        kinds[draw(st.integers(0, len(kinds) - 1))] = MatchKind.PREFIX
    table = Table(
        name="t",
        span=NOWHERE,
        key=key,
        match=tuple(kinds),
        key_shape=key_shape,
        values=leaf_types(value_shape) if value_shape else (),
        value_shape=value_shape,
        size=4,
        default=None,
    )
    is_ordered = MatchKind.TERNARY in kinds or MatchKind.RANGE in kinds
    entry = st.builds(
        TableEntry,
        st.tuples(*(patterns(kind, type_) for kind, type_ in zip(kinds, key, strict=True))),
        values(value_shape) if value_shape else st.just(()),
        st.integers(0, 2**31 - 1) if is_ordered else st.just(0),
    )
    entries = draw(st.lists(entry, min_size=1, max_size=4, unique_by=lambda drawn: (drawn.key, drawn.priority)))
    return table, tuple(entries)


def program(*states: State, tunables: tuple[Tunable, ...] = ()) -> Program:
    return Program("p", 1, PORTS, (), states, tunables, (), (), (), ())


def written_and_read(source: Program, entries: ControlEntries, folder: Path) -> ControlEntries:
    path = folder / "entries.toml"
    path.write_text(entries_as_toml(source, entries), encoding="utf-8")
    return load_entries(path, source)


@given(tables())
def test_entries_of_any_table_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, drawn: tuple[Table, tuple[TableEntry, ...]]
) -> None:
    table, entries = drawn
    folder = tmp_path_factory.getbasetemp()
    assert written_and_read(program(table), ControlEntries({"t": entries}), folder).tables == {"t": entries}


@given(
    st.lists(st.integers(0, 65535), min_size=1, max_size=60),
    st.integers(0, 2**64 - 1),
    st.booleans(),
    st.dictionaries(st.integers(0, 65535), st.lists(st.integers(0, 2), max_size=3, unique=True).map(tuple), max_size=3),
)
def test_arrays_tunables_and_groups_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory,
    cells: list[int],
    wide: int,
    flag: bool,
    groups: dict[int, tuple[int, ...]],
) -> None:
    array = TableArray(name="cells", span=NOWHERE, type=Bits(16), cells=60, shape=Scalar("uint", 16))
    tunables = (Tunable("wide", Bits(64), 0, span=NOWHERE), Tunable("flag", Bits(1), 0, span=NOWHERE))
    entries = ControlEntries({}, {"cells": tuple(cells)}, {"wide": wide, "flag": int(flag)}, groups)
    folder = tmp_path_factory.getbasetemp()
    assert written_and_read(program(array, tunables=tunables), entries, folder) == entries


def test_cells_of_several_values_read_back(tmp_path: Path) -> None:
    pair = Record("", (("ip", Scalar("ip4", 32)), ("port", Scalar("uint", 16))))
    array = TableArray(name="cells", span=NOWHERE, type=Bits(48), cells=2, shape=pair)
    entries = ControlEntries(arrays={"cells": (0x0A0000010050, 0)})
    assert 'cells = [{ ip = "10.0.0.1", port = 80 }, { ip = "0.0.0.0", port = 0 }]' in entries_as_toml(
        program(array), entries
    )
    assert written_and_read(program(array), entries, tmp_path) == entries


def test_it_reads_as_people_write_it() -> None:
    rule = Record("", (("src", Scalar("ip4", 32)), ("dport", Scalar("uint", 16))))
    acl = Table(
        name="acl",
        span=NOWHERE,
        key=leaf_types(rule),
        match=(MatchKind.TERNARY, MatchKind.RANGE),
        key_shape=rule,
        values=(Bits(16),),
        value_shape=Scalar("port", 16),
        size=4,
        default=None,
    )
    array = TableArray(name="cells", span=NOWHERE, type=Bits(16), cells=60, shape=Scalar("uint", 16))
    entries = ControlEntries(
        {
            "acl": (
                TableEntry((Ternary(0x0A000000, 0xFF000000), Range(80, 443)), (2,), 10),
                TableEntry((Ternary(0x0A000001, 0xFF0000FF), Range(0, 65535)), (0,)),
            )
        },
        {"cells": tuple(range(1000, 1030))},
        {"limit": 9},
        {1: (2, 0)},
    )
    text = entries_as_toml(program(acl, array, tunables=(Tunable("limit", Bits(16), 7, span=NOWHERE),)), entries)
    assert text == (
        "acl = [\n"
        '    { key = { src = "10.0.0.0/8", dport = "80..443" }, value = "any[1]", priority = 10 },\n'
        '    { key = { src = { value = "10.0.0.1", mask = "0xff0000ff" }, dport = "*" }, value = "lan" },\n'
        "]\n"
        "\n"
        "cells = [\n"
        "    1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015,\n"
        "    1016, 1017, 1018, 1019, 1020, 1021, 1022, 1023, 1024, 1025, 1026, 1027, 1028, 1029,\n"
        "]\n"
        "\n"
        "[tunables]\n"
        "limit = 9\n"
        "\n"
        "[multicast]\n"
        '1 = ["any[1]", "lan"]\n'
    )
    assert tomllib.loads(text)["tunables"] == {"limit": 9}


def test_nothing_is_an_empty_file() -> None:
    assert entries_as_toml(program(), ControlEntries()) == ""
