from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.program import Port, Program, Tunable
from compiler.ir.states import Counter, MatchKind, Table, TableArray
from compiler.ir.types import Bits, Enumeration, Record, Scalar, Shape, leaf_types
from compiler.source import NOWHERE
from sim.control import EntriesError, load_entries
from sim.control.key_patterns import parse_key, render_key
from sim.state import ControlEntries, Exact, Prefix, Range, TableEntry, Ternary

IP4 = Scalar("ip4", 32)
U16 = Scalar("uint", 16)
PHASE = Enumeration("Phase", 8, (("Open", 0), ("Closing", 1)))


def table(name: str, key_shape: Shape, match: tuple[MatchKind, ...], value_shape: Shape | None, size: int = 4) -> Table:
    return Table(
        name=name,
        span=NOWHERE,
        key=leaf_types(key_shape),
        match=match,
        key_shape=key_shape,
        values=leaf_types(value_shape) if value_shape else (),
        value_shape=value_shape,
        size=size,
        default=None,
    )


BACKEND = Record("", (("ip", IP4), ("mac", Scalar("mac", 48))))
RULE = Record("Rule", (("src", IP4), ("dport", U16), ("phase", PHASE)))
PROGRAM = Program(
    name="p",
    shares=1,
    ports=(Port("lan", "lan"), Port("any[0]", "any"), Port("any[1]", "any")),
    headers=(),
    states=(
        table("backends", U16, (MatchKind.EXACT,), BACKEND),
        table("routes", IP4, (MatchKind.PREFIX,), Scalar("port", 16)),
        table("acl", RULE, (MatchKind.TERNARY, MatchKind.RANGE, MatchKind.EXACT), Scalar("bool", 1)),
        table("blocked", IP4, (MatchKind.EXACT,), None),
        TableArray(name="maglev", span=NOWHERE, type=Bits(16), cells=5, shape=U16),
        Counter(name="refused", span=NOWHERE, cells=4),
    ),
    tunables=(
        Tunable("threshold", Bits(32), 10_000, span=NOWHERE),
        Tunable("strict", Bits(1), 0, span=NOWHERE),
    ),
    records=(),
    guards=(),
    operations=(),
    handlers=(),
)


def load(tmp_path: Path, text: str) -> ControlEntries:
    path = tmp_path / "tables.toml"
    path.write_text(text)
    return load_entries(path, PROGRAM)


def test_every_kind_of_entry(tmp_path: Path) -> None:
    entries = load(
        tmp_path,
        """
        backends = [{ key = 1, value = { ip = "10.0.0.1", mac = "02:00:00:00:00:01" } }]
        maglev = [1, 1, "0x10"]

        [[routes]]
        key = "10.0.0.0/8"
        value = "any[1]"

        [[routes]]
        key = "*"
        value = "lan"

        [[acl]]
        key = { src = "192.168.0.0/16", dport = "80..443", phase = "Closing" }
        value = true
        priority = 10

        [[acl]]
        key = { src = { value = "10.0.0.1", mask = "255.0.0.255" }, dport = "*", phase = 7 }
        value = false

        [[blocked]]
        key = "6.6.6.6"

        [tunables]
        threshold = 5000
        strict = true

        [multicast]
        1 = ["any[1]", "any[0]"]
        """,
    )
    assert entries.tables == {
        "backends": (TableEntry((Exact(1),), (0x0A000001, 0x020000000001)),),
        "routes": (TableEntry((Prefix(0x0A000000, 8),), (2,)), TableEntry((Prefix(0, 0),), (0,))),
        "acl": (
            TableEntry((Ternary(0xC0A80000, 0xFFFF0000), Range(80, 443), Exact(1)), (1,), 10),
            TableEntry((Ternary(0x0A000001, 0xFF0000FF), Range(0, 65535), Exact(7)), (0,)),
        ),
        "blocked": (TableEntry((Exact(0x06060606),), ()),),
    }
    assert entries.arrays == {"maglev": (1, 1, 16)}
    assert entries.tunables == {"threshold": 5000, "strict": 1}
    assert entries.multicast == {1: (2, 1)}


def test_single_values_match_all_of_their_bits(tmp_path: Path) -> None:
    text = '[[routes]]\nkey = "10.0.0.1"\nvalue = "lan"\n'
    text += '[[acl]]\nkey = { src = "10.0.0.1", dport = 80, phase = "Open" }\nvalue = true\n'
    entries = load(tmp_path, text)
    assert entries.tables["routes"][0].key == (Prefix(0x0A000001, 32),)
    assert entries.tables["acl"][0].key[:2] == (Ternary(0x0A000001, 0xFFFFFFFF), Range(80, 80))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("routs = []", "`routs`: the program has no table of this name\nhelp: did you mean `routes`?"),
        ("xyz = []", "`xyz`: the program has no table of this name\nhelp: tables: backends, routes, acl"),
        ("refused = []", "`refused`: the control plane does not fill this state, packets do\nhelp: tables:"),
        ("[routes]", "table `routes`: expected a list of entries\nhelp: write [[routes]] above each"),
        ("routes = [1]", "table `routes`, entry 1: expected a table of key, value, priority"),
        ("[[routes]]\nkey = 1", "table `routes`, entry 1: `value` is missing"),
        ("[[routes]]\nkeys = 1", "table `routes`, entry 1: unknown field `keys`\nhelp: did you mean `key`?"),
        ('[[blocked]]\nkey = "1.1.1.1"\nvalue = 1', "table `blocked`, entry 1: unknown field `value`"),
        (
            '[[routes]]\nkey = "*"\nvalue = "lan"\n[[routes]]\nkey = "10.0.0.1/8"\nvalue = "lan"',
            (
                "table `routes`, entry 2: key: expected a prefix without bits after the first 8, found '10.0.0.1/8'\n"
                "help: did you mean `10.0.0.0/8`?"
            ),
        ),
        ('[[routes]]\nkey = "10.0.0.0/33"\nvalue = "lan"', "entry 1: key: expected a prefix: an IPv4 address such as"),
        ('[[routes]]\nkey = "10.0.0.0/"\nvalue = "lan"', "entry 1: key: expected a prefix: an IPv4 address such as"),
        (
            '[[routes]]\nkey = "*"\nvalue = "lam"',
            "value: expected the name of a port, found 'lam'\nhelp: did you mean `lan`?",
        ),
        (
            '[[acl]]\nkey = { src = "*", dport = "443..80", phase = 0 }\nvalue = true',
            (
                "key.dport: expected a range whose first value is not above its last, found '443..80'\n"
                "help: did you mean `80..443`?"
            ),
        ),
        (
            '[[acl]]\nkey = { src = { value = "10.0.0.1", mask = "255.0.0.0" }, dport = "*", phase = 0 }\nvalue = true',
            "key.src.value: expected no bits outside the mask, found '10.0.0.1'\nhelp: did you mean `10.0.0.0`?",
        ),
        ('[[acl]]\nkey = { src = { value = 1 }, dport = "*", phase = 0 }\nvalue = true', "key.src: expected an IPv4"),
        (
            '[[acl]]\nkey = { src = "*", dport = "80..", phase = 0 }\nvalue = true',
            "key.dport: expected a range: a whole",
        ),
        (
            '[[acl]]\nkey = { src = "*", dprt = 80, phase = 0 }\nvalue = true',
            "found `dprt`\nhelp: did you mean `dport`?",
        ),
        (
            '[[acl]]\nkey = { src = "*", dport = "*", phase = "Opn" }\nvalue = true',
            "key.phase: expected Phase: Open, Closing, or a number of 8 bits, found 'Opn'\nhelp: did you mean `Open`?",
        ),
        (
            '[[routes]]\nkey = "*"\nvalue = "lan"\npriority = 1',
            "entry 1: priority 1: only tables with ternary or range",
        ),
        ('[[routes]]\nkey = "*"\nvalue = "lan"\npriority = -1', "entry 1: priority: expected a whole number from 0"),
        ('[[blocked]]\nkey = "1.1.1.1"\n' * 2, "table `blocked`, entry 2: entry 1 has the same key"),
        (
            "\n".join(f'[[blocked]]\nkey = "1.1.1.{i}"' for i in range(5)),
            "table `blocked`: the table has room for 4 entries, and there are 5",
        ),
        ("maglev = [1, 65536]", "array `maglev`: [1]: expected a whole number from 0 to 65535, found 65536"),
        ("maglev = [0, 0, 0, 0, 0, 0]", "array `maglev`: there are 5 cells, and 6 values for them"),
        ("maglev = 5", "array `maglev`: expected a list of at most 5 values"),
        ("[tunables]\nthreshhold = 1", "the program has no tunable of this name\nhelp: did you mean `threshold`?"),
        ("[tunables]\nthreshold = -1", "tunable `threshold`: expected a whole number from 0 to 4294967295, found -1"),
        ("tunables = 1", "[tunables]: expected a section of names and values"),
        ('[multicast]\none = ["lan"]', "multicast group `one`: expected a whole number from 0 to 65535, found 'one'"),
        ('[multicast]\n1 = ["wan"]', "multicast group `1`: [0]: expected the name of a port, found 'wan'"),
        ('[multicast]\n1 = "lan"', "multicast group `1`: expected a list of ports, found 'lan'"),
        ('[multicast]\n1 = ["lan", "lan"]', "multicast group `1`: a port is in the group twice"),
        ("[multicast]\n1 = []\n0x1 = []", "multicast group `0x1`: group 1 is given twice"),
        ("a = [", "not valid TOML: "),
        ("a = " + "[" * 20_000, "nested too deeply"),
        ("maglev = [" + "9" * 5000 + "]", "not valid TOML: "),
    ],
)
def test_what_is_wrong_is_said_with_file_table_entry_and_cure(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(EntriesError) as caught:
        load(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'tables.toml'}: ")
    assert message in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(EntriesError, match="cannot read: No such file"):
        load_entries(tmp_path / "missing.toml", PROGRAM)
    with pytest.raises(EntriesError, match="cannot read: Is a directory"):
        load_entries(tmp_path, PROGRAM)
    (tmp_path / "binary.toml").write_bytes(b"a = \xff")
    with pytest.raises(EntriesError, match=r"not a text file in UTF-8 \(byte 4\)"):
        load_entries(tmp_path / "binary.toml", PROGRAM)


TOML_VALUES = st.sampled_from(
    [
        "1",
        "-1",
        '"x"',
        '"*"',
        '"1.1.1.1"',
        '"1.1.1.1/8"',
        '"1..2"',
        "true",
        "1.5",
        "[]",
        "[1]",
        "{}",
        "1979-05-27",
        "nan",
    ]
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["routes", "acl", "maglev", "blocked", "tunables", "multicast"]), TOML_VALUES, TOML_VALUES
        ),
        max_size=3,
        unique_by=lambda drawn: drawn[0],
    ),
    st.booleans(),
)
def test_any_toml_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[str, str, str]], entry: bool
) -> None:
    lines = [f"{name} = [{{ key = {a}, value = {b} }}]" if entry else f"{name} = {a}" for name, a, b in drawn]
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text("\n".join(lines))
    try:
        entries = load_entries(path, PROGRAM)
    except EntriesError as error:
        assert str(path) in str(error)
    else:
        assert isinstance(entries, ControlEntries)


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), st.integers(0, 65535), st.integers(0, 65535))
def test_rendered_keys_read_back(address: int, length: int, a: int, b: int) -> None:
    mask = 0xFFFFFFFF >> (32 - length) << (32 - length)
    routes, acl = PROGRAM.states[1], PROGRAM.states[2]
    assert isinstance(routes, Table) and isinstance(acl, Table)
    prefix = (Prefix(address & mask, length),)
    assert parse_key(routes, render_key(routes, prefix, ports=())[0], ports=()) == prefix
    key = (Ternary(0, 0), Range(min(a, b), max(a, b)), Exact(1))
    rendered = dict(zip(("src", "dport", "phase"), render_key(acl, key, ports=()), strict=True))
    assert parse_key(acl, rendered, ports=()) == key
