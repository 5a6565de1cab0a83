"""P4Info as Weft writes it, held to p4c's."""

from __future__ import annotations

from pathlib import Path

import pytest
from finsy.proto import p4i
from google.protobuf import text_format

from backends.p4.compile import compile_program
from backends.p4.manifest import (
    Action,
    DigestRecord,
    KeyPart,
    Manifest,
    PacketIn,
    Parameter,
    Register,
    RegisterArray,
    Table,
    TableObject,
    TunableTable,
    Word,
)
from backends.p4.p4info import render_p4info, unique_suffixes
from backends.p4.tools import find_tool, run_p4c
from tests.examples.corpus import EXAMPLES, example_program

HERE = Path(__file__).parent
EXPECTED = HERE / "described.p4info.txtpb"  # p4c 1.2.5.16 wrote it for described.p4
needs_p4c = pytest.mark.skipif(find_tool("p4c-bm2-ss") is None, reason="p4c-bm2-ss is not on this machine")

# Those that p4c is done with in a second or two.
QUICK = ("bridge", "flow_monitor", "heavy_hitter", "router", "telemetry", "vxlan")
ALL = tuple(sorted(path.name for path in EXAMPLES.iterdir() if (path / f"{path.name}.weft").exists()))


def action(name: str, id_: int, *parameters: Parameter) -> Action:
    return Action(f"ingress.{name}", 0x01000000 + id_, parameters)


DESCRIBED = Manifest(
    weft="0",
    target="bmv2",
    name="described",
    p4="described.p4",
    program="program.ir",
    p4info="described.p4info.txtpb",
    device_config=None,
    test_header=False,
    ports=(),
    cpu_port=510,
    tables=(
        Table(
            "routes",
            (TableObject("ingress.routes_1", 0x02000001), TableObject("ingress.routes_2", 0x02000002)),
            (KeyPart("key0", 1, "lpm", 32),),
            action("routes_hit", 1, Parameter("value0", 1, 16), Parameter("value1", 2, 48)),
            action("routes_miss", 2),
            1024,
            needs_priority=False,
        ),
        Table(
            "rules",
            (TableObject("ingress.rules", 0x02000003),),
            (KeyPart("key0", 1, "ternary", 128), KeyPart("key1", 2, "range", 16), KeyPart("key2", 3, "exact", 2)),
            action("rules_hit", 3),
            action("rules_miss", 4),
            7,
            needs_priority=True,
        ),
        Table(
            "copies",
            (TableObject("ingress.routes", 0x02000004),),
            (KeyPart("index", 1, "exact", 32),),
            action("copies_hit", 5, Parameter("value0", 1, 48)),
            action("copies_miss", 6),
            4,
            needs_priority=False,
        ),
    ),
    tunables=TunableTable(
        TableObject("ingress.tunables", 0x02000005),
        action("set_tunables", 7, Parameter("new_threshold", 1, 32), Parameter("new_share", 2, 7)),
        (5000, 96),
    ),
    arrays=(
        RegisterArray("known__used", (Word(Register("ingress.known__used", 0x16000003), 0, 0),), 1, 64, 1, 0),
        RegisterArray(
            "known__key0", (Word(Register("ingress.known__key0__word1", 0x16000004), 111, 56),), 112, 64, 2, 0
        ),
        RegisterArray("routes", (Word(Register("egress.routes", 0x16000005), 23, 0),), 24, 64, 1, 0),
    ),
    packets_seen=Register("ingress.packets_seen", 0x16000001),
    digests_sent=Register("ingress.digests_sent", 0x16000002),
    groups=(),
    program_groups=None,
    packet_in=PacketIn(6, 16, (DigestRecord("Seen", 1, 6),)),
    crc32c=(),
)


def parsed(text: str) -> p4i.P4Info:
    return text_format.Parse(text, p4i.P4Info())


def test_p4info_is_the_message_that_p4c_writes() -> None:
    assert parsed(render_p4info(DESCRIBED)) == parsed(EXPECTED.read_text())


@needs_p4c
def test_expected_p4info_is_what_p4c_writes_today(tmp_path: Path) -> None:
    written = tmp_path / "out.p4info.txtpb"
    result = run_p4c(HERE / "described.p4", json_out=tmp_path / "out.json", p4info_out=written)
    assert result.errors == ()
    assert parsed(written.read_text()) == parsed(EXPECTED.read_text())


@needs_p4c
@pytest.mark.parametrize("name", QUICK)
def test_p4info_of_generated_p4_is_p4cs(name: str, tmp_path: Path) -> None:
    hold_to_p4c(name, tmp_path)


@needs_p4c
@pytest.mark.long
@pytest.mark.parametrize("name", sorted({*ALL} - {*QUICK}))
def test_p4info_of_every_example_is_p4cs(name: str, tmp_path: Path) -> None:
    hold_to_p4c(name, tmp_path)


def hold_to_p4c(name: str, folder: Path) -> None:
    for place, content in compile_program(example_program(name)).items():
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_bytes(content)
    written = folder / "out.p4info.txtpb"
    result = run_p4c(folder / f"{name}.p4", json_out=folder / "out.json", p4info_out=written)
    assert result.errors == ()
    assert parsed((folder / f"{name}.p4info.txtpb").read_text()) == parsed(written.read_text())


def test_alias_is_the_shortest_end_that_no_other_name_has() -> None:
    # Specification, 6.1.2: "a.b.c" and "d.b.c" need all three parts; where no end is its own, the name itself is it.
    names = ["in.a", "in.b.c", "out.b.c", "c", "in.a"]
    assert unique_suffixes(names) == {"in.a": "a", "in.b.c": "in.b.c", "out.b.c": "out.b.c", "c": "c"}


def test_text_of_names_is_escaped() -> None:
    manifest = DESCRIBED
    quoted = Register('ingress."odd\\name"', 0x16000001)
    text = render_p4info(
        type(manifest)(**{**{f: getattr(manifest, f) for f in manifest.__struct_fields__}, "packets_seen": quoted})
    )
    assert parsed(text).registers[0].preamble.name == 'ingress."odd\\name"'
