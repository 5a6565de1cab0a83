import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.ir.leaf_values import Leaf, packed_number, unpacked_number
from compiler.ir.literals import LiteralError, parse_value, render_time, render_value
from compiler.ir.types import Bits, Enumeration, FlagSet, Record, Scalar, Shape, Vector, VectorShape, leaf_types

FLOW = Record(
    "Flow",
    (
        ("src", Scalar("ip4", 32)),
        ("dst", Scalar("ip4", 32)),
        ("sport", Scalar("uint", 16)),
        ("dport", Scalar("uint", 16)),
        ("proto", Scalar("uint", 8)),
    ),
)
PHASE = Enumeration("Phase", 8, (("Opening", 0), ("Open", 1), ("Closing", 2)))
FLAGS = FlagSet("flags", 8, ("fin", "syn", "rst", "psh", "ack"))
PORTS = ("lan", "wan", "any[0]")


@pytest.mark.parametrize(
    ("shape", "leaves", "written"),
    [
        (Scalar("uint", 16), (80,), 80),
        (Scalar("uint", 128), (1 << 100,), "0x10000000000000000000000000"),
        (Scalar("bool", 1), (1,), True),
        (Scalar("mac", 48), (0x0200_0000_00FF,), "02:00:00:00:00:ff"),
        (Scalar("ip4", 32), (0x0A00_0001,), "10.0.0.1"),
        (Scalar("ip6", 128), (0x2001_0DB8 << 96 | 1,), "2001:db8::1"),
        (Scalar("time", 64), (300_000_000_000,), "5min"),
        (Scalar("time", 64), (1_000_000_001,), "1000000001ns"),
        (Scalar("port", 16), (2,), "any[0]"),
        (Scalar("port", 16), (7,), 7),
        (Scalar("multicast", 16), (3,), 3),
        (PHASE, (2,), "Closing"),
        (PHASE, (9,), 9),
        (FLAGS, (0b10010,), ["syn", "ack"]),
        (FLAGS, (0b1100_0001,), ["fin", 0xC0]),
        (VectorShape(Scalar("uint", 8), 3), ((1, 2, 3),), [1, 2, 3]),
        (Record("", (("0", Scalar("uint", 8)), ("1", PHASE))), (5, 1), [5, "Open"]),
        (
            FLOW,
            (0x0A00_0001, 0x0808_0808, 1234, 53, 17),
            {"src": "10.0.0.1", "dst": "8.8.8.8", "sport": 1234, "dport": 53, "proto": 17},
        ),
    ],
)
def test_values_are_written_as_people_write_them(shape: Shape, leaves: tuple[Leaf, ...], written: object) -> None:
    assert render_value(shape, leaves, ports=PORTS) == written
    if written != 7:  # a port that does not exist prints, but cannot be asked for
        assert parse_value(shape, written, ports=PORTS) == leaves


@pytest.mark.parametrize(
    ("shape", "written", "leaf"),
    [
        (Scalar("time", 64), "300s", 300_000_000_000),
        (Scalar("time", 64), "1h", 3_600_000_000_000),
        (Scalar("time", 64), 5, 5),
        (Scalar("uint", 32), "0xffff_ffff", 0xFFFF_FFFF),
        (Scalar("uint", 32), "10_000", 10_000),
        (Scalar("mac", 48), "02-00-00-00-00-0A", 0x0200_0000_000A),
        (Scalar("port", 16), 1, 1),
        (PHASE, 200, 200),
        (FLAGS, 3, 3),
    ],
)
def test_other_ways_to_write_a_number(shape: Shape, written: object, leaf: int) -> None:
    assert parse_value(shape, written, ports=PORTS) == (leaf,)


@pytest.mark.parametrize(
    ("shape", "written", "message"),
    [
        (Scalar("uint", 16), 65536, "expected a whole number from 0 to 65535, found 65536"),
        (Scalar("uint", 16), -1, "expected a whole number from 0 to 65535, found -1"),
        (Scalar("uint", 16), True, "expected a whole number from 0 to 65535, found true"),
        (Scalar("uint", 16), 1.5, "expected a whole number from 0 to 65535, found 1.5"),
        (Scalar("ip4", 32), "10.0.0.256", "expected an IPv4 address such as \"10.0.0.1\", found '10.0.0.256'"),
        (Scalar("ip6", 128), "fe80::1%eth0", "expected an IPv6 address such as \"2001:db8::1\", found 'fe80::1%eth0'"),
        (Scalar("mac", 48), "02:00", "expected a MAC address such as \"02:00:00:00:00:01\", found '02:00'"),
        (Scalar("bool", 1), 1, "expected true or false, found 1"),
        (Scalar("port", 16), "lam", "expected the name of a port, found 'lam' (did you mean `lan`?)"),
        (Scalar("port", 16), 3, "expected the name of a port, found 3"),
        (
            PHASE,
            "Opened",
            "expected Phase: Opening, Open, Closing, or a number of 8 bits, found 'Opened' (did you mean `Open`?)",
        ),
        (FLAGS, ["sin"], "[0]: expected a list of flags: fin, syn, rst, psh, ack, found 'sin' (did you mean `syn`?)"),
        (VectorShape(Scalar("uint", 8), 2), [1], "expected a list of 2 numbers, found a list of 1"),
        (VectorShape(Scalar("uint", 8), 2), [1, 256], "[1]: expected a whole number from 0 to 255, found 256"),
        (FLOW, {"src": "10.0.0.1"}, 'dst: expected an IPv4 address such as "10.0.0.1", found nothing'),
        (
            FLOW,
            {"source": "10.0.0.1"},
            "expected a table of src, dst, sport, dport, proto, found `source` (did you mean `src`?)",
        ),
        (FLOW, [], "expected a table of src, dst, sport, dport, proto, found a list of 0"),
    ],
)
def test_what_is_no_value_says_where_and_what_was_expected(shape: Shape, written: object, message: str) -> None:
    with pytest.raises(LiteralError) as caught:
        parse_value(shape, written, ports=PORTS)
    assert str(caught.value) == message


def test_a_path_leads_into_nested_values() -> None:
    shape = Record("", (("0", FLOW), ("1", PHASE)))
    flow = {"src": "10.0.0.1", "dst": "8.8.8.8", "sport": 99999, "dport": 53, "proto": 17}
    with pytest.raises(LiteralError) as caught:
        parse_value(shape, [flow, "Open"], path="key")
    assert caught.value.path == "key[0].sport"


@pytest.mark.parametrize(
    ("nanoseconds", "written"),
    [(0, "0s"), (1, "1ns"), (1_500_000, "1500us"), (7_200_000_000_000, "2h"), (86_400_000_000_000, "1d")],
)
def test_times_are_written_in_the_largest_unit_that_is_exact(nanoseconds: int, written: str) -> None:
    assert render_time(nanoseconds) == written


def scalars() -> st.SearchStrategy[Shape]:
    kinds = {"bool": 1, "mac": 48, "ip4": 32, "ip6": 128, "time": 64, "multicast": 16}
    named = st.sampled_from([Scalar(kind, width) for kind, width in kinds.items()])
    return st.one_of(named, st.builds(Scalar, st.just("uint"), st.sampled_from([1, 7, 16, 48, 128, 2048])))


def shapes() -> st.SearchStrategy[Shape]:
    leaves = st.one_of(
        scalars(),
        st.just(PHASE),
        st.just(FLAGS),
        st.builds(lambda lanes: VectorShape(Scalar("uint", 32), lanes), st.integers(1, 4)),
    )

    def records(inner: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
        fields = st.lists(inner, min_size=1, max_size=3)
        structs = fields.map(lambda found: Record("S", tuple((f"f{i}", field) for i, field in enumerate(found))))
        return structs | fields.map(lambda found: Record("", tuple((str(i), field) for i, field in enumerate(found))))

    return st.recursive(leaves, records, max_leaves=5)


def leaf(type_: object) -> st.SearchStrategy[Leaf]:
    match type_:
        case Vector(width=width, lanes=lanes):
            return st.tuples(*[st.integers(0, (1 << width) - 1)] * lanes)
        case Bits(width=width):
            return st.integers(0, (1 << width) - 1)
        case _:
            raise AssertionError(type_)


@given(st.data())
def test_reading_what_was_written_gives_the_value_back(data: st.DataObject) -> None:
    shape = data.draw(shapes())
    leaves = tuple(data.draw(leaf(type_)) for type_ in leaf_types(shape))
    assert parse_value(shape, render_value(shape, leaves)) == leaves


@given(
    scalars() | shapes(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
)
def test_anything_else_is_a_literal_error(shape: Shape, found: object) -> None:
    try:
        leaves = parse_value(shape, found)
    except LiteralError as error:
        assert "expected" in str(error)
    else:
        assert len(leaves) == len(leaf_types(shape))


def test_a_vector_packs_lane_0_highest() -> None:
    assert packed_number((0x1, 0x2, 0xF), Vector(4, 3)) == 0x12F
    assert unpacked_number(0x12F, Vector(4, 3)) == (0x1, 0x2, 0xF)
