"""A program with every kind of table, and a compiled folder for it made by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from backends.p4.manifest import (
    FILE_NAME,
    Action,
    Group,
    KeyPart,
    Manifest,
    Parameter,
    Port,
    ProgramGroups,
    Register,
    Replica,
    Table,
    TableObject,
    TunableTable,
    manifest_as_json,
)
from backends.p4.p4info import render_p4info
from compiler.ir.program import Program
from compiler.ir.text_print import render_program
from compiler.load import load_program
from runtime.p4runtime.compiled_folder import CompiledFolder, load_folder

SOURCE = """\
use std::net;

shares 4;
port lan, wan, side[2];

enum Verdict { Deny, Permit }
struct Rule { verdict: Verdict, number: u10 }

tunable limit: u32 = 1000;
tunable strict: bool = false;

table hosts: exact<ip4 -> { to: port, mac: mac }> { size: 8 }
table routes: lpm<ip4 -> port> { size: 16 }
table rules: mixed<ternary ip4, range u16, exact u8 -> Rule> { size: 32 }
table zones: mixed<lpm ip4, ternary u8 -> u16> { size: 16 }
table blocked: exact<mac> { size: 4 }
table weights: exact<u8 -> u16[2]> { size: 4 }
table slots: array<u16>[300];

state sessions: lease<u16 => net::Flow> { range: 1024..=1045, idle: 300s }
state by_flow: index<net::Flow => sessions>;

on lan (p: ipv4 & l4) {
    if blocked.has(p.eth.src) { drop }
    let session = by_flow.find_or_open(p.flow()) else drop;
    let rule = rules.get((p.ipv4.dst, p.l4.dport, p.ipv4.proto)) else drop;
    if rule.verdict == Verdict::Deny && strict { drop }
    let zone = zones.get((p.ipv4.dst, p.ipv4.ttl)) else drop;
    let w = weights.get(p.ipv4.ttl) else drop;
    if (zone as u32) + (w[0] as u32) + (slots[p.ipv4.ttl] as u32) > limit { multicast 3u16 as multicast; }
    let host = hosts.get(p.ipv4.dst) else {
        let out = routes.get(p.ipv4.dst) else drop;
        send out;
    };
    p.l4.sport = session.id;
    p.eth.dst = host.mac;
    send host.to;
}

on lan | wan | side (_) { drop }
"""

ENTRIES = """\
hosts = [
    { key = "10.0.0.1", value = { to = "wan", mac = "02:00:00:00:00:01" } },
    { key = "10.0.0.2", value = { to = "side[1]", mac = "02:00:00:00:00:02" } },
]
routes = [{ key = "10.0.0.0/8", value = "lan" }, { key = "*", value = "wan" }]
rules = [
    { key = ["10.0.0.0/8", "1..1023", 6], value = { verdict = "Permit", number = 1 }, priority = 10 },
    { key = ["*", "*", 6], value = { verdict = "Deny", number = 2 } },
    { key = [{ value = "10.0.0.1", mask = "255.0.0.255" }, 53, 17], value = { verdict = "Permit", number = 3 } },
]
zones = [
    { key = ["10.0.0.0/8", "*"], value = 8 },
    { key = ["10.1.0.0/16", 64], value = 16 },
]
blocked = ["02:00:00:00:00:09"]
weights = [{ key = 64, value = [1, 2] }]
slots = [0, 0, 7]

[tunables]
limit = 5000

[multicast]
3 = ["side[1]", "lan"]
"""

# Device port of each port of the program, and the copies that the generator made of a table.
DEVICE_PORTS = {"lan": 1, "wan": 2, "side[0]": 3, "side[1]": 4}
COPIES = {"rules": 2}
SPLIT_VECTORS = {"weights"}  # whose lanes are parameters of their own
INTERNAL_GROUP = Group(1, (Replica(1, 1), Replica(2, 2)))
PROGRAM_GROUPS = ProgramGroups(offset=16, most=100, instance=5, extra=(Replica(510, 9),))
CONFIG = b'{ "program": "gate" }'


@cache
def gate_program() -> Program:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "gate.weft"
        path.write_text(SOURCE, encoding="utf-8")
        return load_program(path).program


def action(name: str, number: int, widths: list[int]) -> Action:
    parameters = tuple(Parameter(f"v{i}", i + 1, width) for i, width in enumerate(widths))
    return Action(f"ingress.{name}", 0x01000000 + number, parameters)


def table(name: str, number: int, key: list[tuple[str, int]], values: list[int], size: int) -> Table:
    """Table number N has IDs N * 16 and on, its actions likewise."""
    copies = tuple(
        TableObject(f"ingress.{name}" + (f"__{copy + 1}" if copy else ""), 0x02000000 + number * 16 + copy)
        for copy in range(COPIES.get(name, 1))
    )
    return Table(
        name=name,
        copies=copies,
        key=tuple(KeyPart(f"k{i}", i + 1, match, width) for i, (match, width) in enumerate(key)),
        hit=action(f"{name}_hit", number * 16, values),
        miss=action(f"{name}_miss", number * 16 + 1, []),
        size=size,
        needs_priority=any(match in ("ternary", "range") for match, _ in key),
    )


TABLES = (
    table("hosts", 1, [("exact", 32)], [16, 48], 8),
    table("routes", 2, [("lpm", 32)], [16], 16),
    table("rules", 3, [("ternary", 32), ("range", 16), ("exact", 8)], [1, 10], 32),
    table("zones", 4, [("lpm", 32), ("ternary", 8)], [16], 16),
    table("blocked", 5, [("exact", 48)], [], 4),
    table("weights", 6, [("exact", 8)], [16, 16], 4),
    table("slots", 7, [("exact", 9)], [16], 300),
    table("sessions__order", 8, [("exact", 9)], [16], 512),
    table("sessions__length", 9, [("exact", 2)], [32], 4),
)
TUNABLES = TunableTable(
    TableObject("ingress.tunables", 0x02000100), action("set_tunables", 0x100, [32, 1]), initial=(1000, 0)
)
MANIFEST = Manifest(
    weft="0.1.0",
    target="bmv2",
    name="gate",
    p4="gate.p4",
    program="program.ir",
    p4info="gate.p4info.txtpb",
    device_config="gate.json",
    test_header=False,
    ports=tuple(Port(name, number, device) for number, (name, device) in enumerate(DEVICE_PORTS.items())),
    cpu_port=510,
    tables=TABLES,
    tunables=TUNABLES,
    arrays=(),
    packets_seen=Register("ingress.packets_seen", 0x16000001),
    digests_sent=None,
    groups=(INTERNAL_GROUP,),
    program_groups=PROGRAM_GROUPS,
    packet_in=None,
    crc32c=(),
)


def write_folder(
    folder: Path, *, manifest: Manifest = MANIFEST, program: Program | None = None, config: bytes = CONFIG
) -> Path:
    """The folder as `weft compile` leaves it."""
    folder.mkdir(exist_ok=True)
    (folder / FILE_NAME).write_bytes(manifest_as_json(manifest))
    (folder / manifest.program).write_text(render_program(program or gate_program()), encoding="utf-8")
    (folder / manifest.p4info).write_text(render_p4info(manifest), encoding="utf-8")
    (folder / manifest.p4).write_text("// gate\n", encoding="utf-8")
    if manifest.device_config is not None:
        (folder / manifest.device_config).write_bytes(config)
    return folder


@cache
def gate() -> CompiledFolder:
    """The folder as it is read; it is gone from the disk."""
    with TemporaryDirectory() as folder:
        return load_folder(write_folder(Path(folder)))
