"""What a compiled folder holds, and which source-level name each of its objects stands for.

`weft compile --target bmv2` writes `manifest.json` beside the P4. Everything that talks to a deployed
program goes through it: nothing else needs to know how states became registers. The program itself, with
all its declarations, lies beside it as IR text (`program`).
"""

from __future__ import annotations

from pathlib import Path

import msgspec

FORMAT = 1
FILE_NAME = "manifest.json"


class ManifestError(Exception):
    """A folder that is no compiled program, or one of another version. The message says which, and what to do."""


class Port(msgspec.Struct, frozen=True):
    """A logical port of the program and the number that the device knows it by."""

    name: str
    number: int
    device_port: int


class KeyPart(msgspec.Struct, frozen=True):
    """One match field of a table; `width` in bits."""

    name: str
    id: int
    match: str  # exact, lpm, ternary, range: as MatchKind
    width: int


class Parameter(msgspec.Struct, frozen=True):
    name: str
    id: int
    width: int


class Action(msgspec.Struct, frozen=True):
    """`name` as P4Runtime has it, "ingress.backends_hit"; `annotations` as P4Info lists them."""

    name: str
    id: int
    parameters: tuple[Parameter, ...]
    annotations: tuple[str, ...] = ()


class TableObject(msgspec.Struct, frozen=True):
    """One P4 table."""

    name: str  # as P4Runtime has it, "ingress.backends"
    id: int


class Table(msgspec.Struct, frozen=True):
    """A `table` of the program. An entry is written into all `copies`, with `hit` as its action.

    `needs_priority`: P4Runtime wants a priority above 0, and the entry of the highest one wins.
    `miss` is the default action, with no parameters; it is fixed.
    """

    name: str
    copies: tuple[TableObject, ...]
    key: tuple[KeyPart, ...]
    hit: Action
    miss: Action
    size: int
    needs_priority: bool


class TunableTable(msgspec.Struct, frozen=True):
    """The table without a key whose default action carries all tunables, in the program's order.

    `initial`: their defaults, which the P4 sets as well.
    """

    table: TableObject
    action: Action
    initial: tuple[int, ...] = ()


class Register(msgspec.Struct, frozen=True):
    """`name` as the switch has it, "ingress.sessions__used"; `id` in P4Info."""

    name: str
    id: int


class Word(msgspec.Struct, frozen=True):
    """A register that holds bits `high` to `low` of each cell; at most 63 of them."""

    register: Register
    high: int
    low: int


class RegisterArray(msgspec.Struct, frozen=True):
    """An array of `expand_state`, as registers.

    Each word has `cells` * `lanes` cells: lane l of cell c is at c * lanes + l. (A number has one lane.)
    The value of a lane is its words side by side; `initial` is what every lane holds at the start.
    """

    name: str  # of the array: "sessions__used"
    words: tuple[Word, ...]
    width: int  # of a lane, in bits
    cells: int
    lanes: int
    initial: int


class Replica(msgspec.Struct, frozen=True):
    device_port: int
    instance: int


class Group(msgspec.Struct, frozen=True):
    """A multicast group that the program itself needs. It must be there before traffic is."""

    number: int
    replicas: tuple[Replica, ...]


class ProgramGroups(msgspec.Struct, frozen=True):
    """Where the groups that the program's `multicast` names are: group g is the device's group g + `offset`.

    Its replicas: the members in order with instance `instance`, and `extra` in every group.
    """

    offset: int
    most: int  # the highest group of the program that can be served
    instance: int
    extra: tuple[Replica, ...]


class DigestRecord(msgspec.Struct, frozen=True):
    """A record of the program that arrives as packet-in: `number` in its metadata, `length` bytes of payload."""

    name: str
    number: int
    length: int


class PacketIn(msgspec.Struct, frozen=True):
    """How digests reach the control plane: as packets by the CPU port, in the program's order.

    The header in front of a payload is `header_bytes` long, the number of the record in `record_bits`
    bits, then its sequence number in 32.
    """

    header_bytes: int
    record_bits: int
    records: tuple[DigestRecord, ...]


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """All names are the source's unless they say otherwise."""

    format: int = FORMAT
    weft: str  # version of the compiler
    target: str
    name: str  # of the program
    p4: str  # file names in the folder
    program: str
    p4info: str
    device_config: str | None  # the JSON that p4c wrote, where it was found
    test_header: bool  # a test build: time, port, sequence number and length come in a header in front
    ports: tuple[Port, ...]
    cpu_port: int
    tables: tuple[Table, ...]  # and the arrays that the control plane fills: one exact key, the index
    tunables: TunableTable | None
    arrays: tuple[RegisterArray, ...]
    packets_seen: Register  # one cell of 32 bits, counting packets: tells whether a state was read at rest
    digests_sent: Register | None  # one cell of 32 bits, counting digests; each carries the number before it
    groups: tuple[Group, ...]
    program_groups: ProgramGroups | None
    packet_in: PacketIn | None
    crc32c: tuple[str, ...]  # calculations that the switch must be told to do with the polynomial of Castagnoli


def manifest_as_json(manifest: Manifest) -> bytes:
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n"


def load_manifest(folder: Path | str) -> Manifest:
    """Read the manifest of a compiled folder; `ManifestError` where there is none that this version can read."""
    path = Path(folder) / FILE_NAME
    try:
        found = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ManifestError(f"{path}: cannot read: {reason}; a folder written by `weft compile` is expected") from error
    try:
        version = msgspec.json.decode(found, type=dict).get("format")
        if version != FORMAT:
            raise ManifestError(f"{path}: format {version}, but this version reads format {FORMAT}; compile again")
        return msgspec.json.decode(found, type=Manifest)
    except msgspec.MsgspecError as error:
        raise ManifestError(f"{path}: not a manifest ({error}); compile again") from error
