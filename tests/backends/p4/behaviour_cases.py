"""Small dense programs, and packets for them, that between them reach every feature of the P4 generator.

Keys are few, sets are full, clocks jump, tie and go back, widths are odd: a slip in the generator shows in what
leaves or in what stays. `tools/mutate` holds them to that.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from compiler.ir.program import Program
from compiler.ir.text_parse import parse_program
from compiler.load import load_source
from compiler.partition.cut import Cut
from compiler.source import Source
from sim.control import load_entries
from sim.state import NO_ENTRIES, ControlEntries
from tests.backends.p4.behaviour_packets import ip_packet, some, tunnel_packet, with_an_error
from tests.differential.cases import Case as GivenCase
from tests.differential.pieces import cases_of
from tests.engines import Arrival

FOLDER = Path(__file__).parent / "behaviour"
MS = 1_000_000
DAY = 86_400_000 * MS
_MACS = bytes.fromhex("020000000002020000000001")
_PROBE = b"\x88\xb5"

_ALL_ONES = (5, 50734)  # of 9 and 48 bits: their CRC-16 is 0xffff

Packets = Callable[[random.Random], Iterator[Arrival]]


@dataclass(frozen=True)
class Case:
    """A program of `folder` with the packets and the entries that it is run on."""

    name: str
    packets: Packets
    entries: str = ""  # TOML
    cut: Cut | None = None  # what is run is a piece of the program,
    device: str = ""  # this one's, on the packets that come to it there
    folder: Path = FOLDER

    def program(self) -> Program:
        return self._whole() if self.cut is None else self._piece().program

    def _piece(self) -> GivenCase:
        assert self.cut is not None, "only a cut makes pieces"
        whole, packets = self._whole(), list(self.packets(random.Random(self.name)))
        cases = cases_of(whole, self.cut, self.control_entries(whole), packets)
        return cases[self.cut.devices.index(self.device)]

    def _whole(self) -> Program:
        name = self.name.partition("-")[0]
        ir = self.folder / f"{name}.ir"
        if ir.exists():  # what no source can say, and yet the IR means something
            return parse_program(ir.read_text(encoding="utf-8"))
        path = self.folder / f"{name}.weft"
        return load_source(Source(path.name, path.read_text(encoding="utf-8"))).program

    def control_entries(self, program: Program) -> ControlEntries:
        if not self.entries:
            return NO_ENTRIES
        with tempfile.TemporaryDirectory(prefix="weft-entries-") as folder:
            file = Path(folder) / "entries.toml"
            file.write_text(self.entries, encoding="utf-8")
            return load_entries(file, program)

    def arrivals(self) -> list[Arrival]:
        if self.cut is None:
            return list(self.packets(random.Random(self.name)))
        return list(_with_strays(self._piece()))

    def given(self) -> GivenCase:
        """All of it."""
        program = self.program()
        return GivenCase(0, program, self.control_entries(program), tuple(self.arrivals()))


def packed(*fields: tuple[int, int]) -> bytes:
    """Numbers of given widths, (width, number), side by side."""
    bits, number = 0, 0
    for width, value in fields:
        number = number << width | value & (1 << width) - 1
        bits += width
    assert bits % 8 == 0, bits
    return number.to_bytes(bits // 8, "big")


def frame(payload: bytes, kind: bytes = _PROBE) -> bytes:
    return _MACS + kind + payload


def clock(rng: random.Random) -> Iterator[int]:
    """Times that mostly go on a little, and sometimes jump, tie or go back."""
    now = 5_000 * MS
    while True:
        yield now
        step = rng.choice(
            [0, 1, 1000, MS, 2 * MS, 3 * MS, 3 * MS, 9 * MS, 11 * MS, 12 * MS, 13 * MS, -2 * MS, -12 * MS]
        )
        now += step + rng.randrange(1000)
        if rng.random() < 0.02:
            now += 14 * DAY  # an age in the upper half of what is still an age


# --- values


def _values(rng: random.Random) -> Iterator[Arrival]:
    for turn in range(420):
        e = rng.choice([rng.randrange(50), rng.randrange(50, 120), rng.randrange(120, 256)])
        a = some(rng, 64)
        b = rng.choice([a, a + 1, some(rng, 64)])
        d = rng.choice([some(rng, 16), rng.randrange(80), rng.randrange(200), 254, 255, 256, 257])
        i = 5 if turn % 6 == 0 else some(rng, 3)
        fields = [
            (64, a),
            (64, b),
            (32, some(rng, 32)),
            (16, d),
            (8, e),
            (7, some(rng, 7)),
            (1, rng.getrandbits(1)),
        ]
        fields += [(12, some(rng, 12)), (3, i), (9, rng.choice([255, 256, some(rng, 9)]))]
        results = [(width, 0) for width in (64, 64, 32, 16, 8, 7, 1, 24, 8, 16, 32, 64, 9, 7)]
        wide = b""
        if turn % 6 == 0:
            n = rng.choice([0, 1, 7, 254, 255, 256, 257, 299, 599, 600, 601, 0xFFFF, rng.randrange(600)])
            wide = packed((600, rng.getrandbits(600)), (16, n), (600, 0), (600, 0))
        port = "lan"
        length = rng.choice([0, 0, 3000])
        yield Arrival(port, frame(packed(*fields, *results) + wide + rng.randbytes(3)), some(rng, 60), length)


def _lanes(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(300):
        far = rng.choice([0, 3, 15, 16, 255, 256, 257, 0xFFFF, rng.randrange(65536)])
        fields = [(8, rng.randrange(4)), (8, rng.choice([rng.randrange(18), 255, 16])), (16, far)]
        fields += [(16, some(rng, 16)) for _ in range(12)] + [(5, some(rng, 5)) for _ in range(16)]
        fields += [(16, rng.choice([1, 5, 255, 256, some(rng, 16)])), (16, 0), *[(32, 0)] * 3]
        yield Arrival("lan", frame(packed(*fields)), 1)


def _hashes(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(120):
        a = rng.choice([1, 2, some(rng, 3)])
        b, c = rng.choice([(some(rng, 9), some(rng, 48)), (some(rng, 9), some(rng, 48)), _ALL_ONES])
        head = [(3, a), (9, b), (48, c), (4, some(rng, 4))]
        results = [(width, 0) for width in (32, 32, 16, 32, 32, 32, 32)]
        more = rng.choice([b"", rng.randbytes(6), rng.randbytes(6), rng.randbytes(5)])
        yield Arrival(rng.choice(["lan", "third"]), frame(packed(*head, *results) + more), some(rng, 63))


# --- state


def _arrays(rng: random.Random) -> Iterator[Arrival]:
    times = clock(rng)
    for _ in range(400):
        op = rng.randrange(4)
        c = rng.choice([some(rng, 32), rng.randrange(500), rng.randrange(2000)]) if op == 2 else some(rng, 32)
        a = rng.choice([some(rng, 64), 2_000_000_000, 1_999_999_999, 1_024_000]) if op == 2 else some(rng, 64)
        i = rng.choice([rng.randrange(4), rng.randrange(20), some(rng, 8)])
        fields = [(64, a), (128, some(rng, 128)), (32, c), (8, i), (8, op), (64, 0), (128, 0), (32, 0), (16, 0)]
        now = next(times) if rng.random() < 0.8 else 5_000 * MS + rng.randrange(5_000_000)
        yield Arrival("lan", frame(packed(*fields)), now, rng.choice([0, 100, 1500]))


def maps(rng: random.Random) -> Iterator[Arrival]:
    times = clock(rng)
    now = 0
    for _ in range(1200):
        now = now if now and rng.random() < 0.7 else next(times)
        a, b = rng.choice([1, 2, 65]), rng.choice([0, 1, 256, 257])
        fields = [
            (8, rng.choice([0, 1, 2, 2, 2, 3, 4, 5, 6])),
            (7, a),
            (9, b),
            (32, some(rng, 32)),
            (100, some(rng, 100)),
            (4, 0),
        ]
        fields += [(8, rng.randrange(256)), (32, 0), (100, 0), (4, 0), (8, 0)]
        yield Arrival("lan", frame(packed(*fields)), now)


def leases(rng: random.Random) -> Iterator[Arrival]:
    times = clock(rng)
    now = 0
    for _ in range(600):
        op = rng.choice([0, 0, 0, 1, 2, 3, 4, 5])
        id_ = rng.randrange(2, 8) if op > 3 else rng.choice([rng.randrange(8, 19), rng.randrange(10, 16)])
        fields = [(8, op), (7, rng.choice([1, 2, 65])), (9, rng.choice([0, 1, 256])), (16, id_)]
        fields += [(8, rng.randrange(256)), (32, 0), (16, 0), (8, 0)]
        now = now if now and rng.random() < 0.5 else next(times)
        yield Arrival("lan", frame(packed(*fields)), now)


def _shares(rng: random.Random) -> Iterator[Arrival]:
    times = clock(rng)
    now = 0
    for _ in range(500):
        key = rng.choice([rng.randrange(24), 0xFFFF, 0x8000])
        fields = [(8, 1), (16, key), (8, rng.randrange(256)), (32, 0), (16, 0), (8, 0)]
        now = now if now and rng.random() < 0.6 else next(times)
        yield Arrival("lan", frame(packed(*fields)), now)


# Of 4,096 shares, one whose ids lie as far apart as any's.
_OF_ONE_SHARE = [0, 2989, 5978, 7415, 9497, 11956, 12867, 14830, 49290, 52007, 55248, 56445, 58771, 60990, 62153, 63844]


def _walk(rng: random.Random) -> Iterator[Arrival]:
    times = clock(rng)
    now = 0
    for _ in range(400):
        key = rng.choice(_OF_ONE_SHARE) if rng.random() < 0.8 else rng.randrange(1 << 16)
        fields = [(8, 0), (16, key), (8, rng.randrange(256)), (32, 0), (16, 0), (8, 0)]
        now = now if now and rng.random() < 0.75 else next(times)
        yield Arrival("lan", frame(packed(*fields)), now)


def _split(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(300):
        key = rng.choice([rng.randrange(24), 0xFFFF, 0x8000])
        fields = [(8, rng.choice([2, 3])), (16, key), (8, rng.randrange(256)), (32, 0), (16, 0), (8, 0)]
        fields += [(40, 1 << rng.randrange(42)), (9, 1 << rng.randrange(10)), (7, 0)]
        yield Arrival("lan", frame(packed(*fields)), 1)


def _reductions(rng: random.Random) -> Iterator[Arrival]:
    round_ = 0xFFFF_FFF0
    for turn in range(600):
        if turn % 12 == 0:
            round_ += 1
        near = (round_ + rng.choice([0, 0, 0, 0, 0, -1, -1, 1, -2])) & 0xFFFF_FFFF
        if rng.random() < 0.02:
            near ^= 0x8000_0000
        member = rng.choice([0, 2, 3, 0, 2, 3, 1, 7, 64, 255])
        slot = rng.choice([0, 1, 0, 1, 2, 255])
        odd = rng.random() < 0.06
        op, tag, epoch = near % 3, near >> 1 & 1, 5
        if odd:
            op, tag, epoch = rng.choice([(3, tag, 5), (op, 9, 5), (op, tag, 6), ((op + 1) % 3, tag, 5)])
        fields = [(8, slot), (8, member), (32, near), (32, epoch), (8, tag), (2, op), (6, 0)]
        fields += [(16, some(rng, 16)), (16, some(rng, 16)), (8, 0)]
        yield Arrival("lan", frame(packed(*fields)), 1)


# --- tables

_TABLES = f"""
cells = {[(1 + 37 * cell) % 65536 for cell in range(500)]}
exacts = [
    {{ key = [1, 2], value = {{ v = 0x80000001, w = 11 }} }}, {{ key = [1, 3], value = {{ v = 7, w = 12 }} }},
    {{ key = [65535, 7], value = {{ v = 9, w = 65535 }} }},
]
routes = [
    {{ key = "10.0.0.0/8", value = 1 }}, {{ key = "10.1.0.0/16", value = 2 }}, {{ key = "10.1.2.3", value = 3 }},
    {{ key = "128.0.0.0/1", value = 4 }},
]
acl = [
    {{ key = ["10.0.0.0/8", "*"], value = 1, priority = 10 }},
    {{ key = ["*", {{ value = "0x0001", mask = "0x0001" }}], value = 2, priority = 20 }},
    {{ key = ["10.1.2.3", 1000], value = 3, priority = 10 }},
    {{ key = ["10.1.0.0/16", "*"], value = 4, priority = 10 }},
    {{ key = ["10.1.2.3", "*"], value = 5, priority = 15 }},
]
spans = [
    {{ key = "0..10", value = 1 }}, {{ key = "5..1000", value = 2, priority = 5 }}, {{ key = "900..2000", value = 3 }},
    {{ key = 65535, value = 4 }},
]
mixed_one = [
    {{ key = ["10.0.0.0/8", 2], value = 1 }}, {{ key = ["10.1.0.0/16", 2], value = 2 }},
    {{ key = ["*", 3], value = 3 }},
]
mixed_two = [
    {{ key = ["10.1.0.0/16", "1..1000", 5], value = true, priority = 1 }},
    {{ key = ["10.1.2.3", "500..600", 5], value = false, priority = 2 }},
    {{ key = ["*", "*", 9], value = true, priority = 3 }},
]
members = [{{ key = 5 }}, {{ key = 0 }}, {{ key = 200 }}]
outs = [
    {{ key = 0, value = "wan[3]" }}, {{ key = 2, value = "wan[2]" }}, {{ key = 3, value = "wan[1]" }},
]
[tunables]
limit = 40000
"""


def _tables(rng: random.Random) -> Iterator[Arrival]:
    addresses = [0x0A010203, 0x0A010204, 0x0A020000, 0x80000001, 0x01020304, 0x0A0102FF]
    for _ in range(350):
        a = rng.choice([1, 1, 0, 5, 10, 11, 500, 550, 901, 1000, 1001, 2000, 2001, 39999, 40000, 40001, 65535])
        fields = [
            (8, rng.randrange(3)),
            (32, rng.choice(addresses)),
            (16, a),
            (8, rng.choice([5, 9, 0, 200, 99, 100, 3])),
        ]
        fields += [(3, rng.randrange(8)), (5, rng.randrange(32)), (32, 0), (16, 0), (8, 0), (8, rng.choice([5, 6]))]
        yield Arrival("lan", frame(packed(*fields)), 1)


# --- what leaves


def _emissions(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(420):
        op = rng.choice([0, 0, 1, 1, 1, 2])
        more = 2 if op == 2 else rng.choice([0, 1])
        c = rng.randrange(256)
        if op == 1 and rng.random() < 0.7:
            c = rng.choice([4, 8, 16, 32, 0]) | rng.choice([0, 1, 2, 3])
        probe = packed((8, op), (32, some(rng, 32)), (16, some(rng, 16)), (8, c), (8, some(rng, 8)))
        probe += packed((16, some(rng, 16)), (16, some(rng, 16)), (8, more))
        if more == 1:
            probe += packed((16, 1), (16, 2))
        if more == 2:
            words = rng.choice([1, 2, 3, 15])
            probe += packed((4, words), (4, 5)) + rng.randbytes(max(0, 4 * words - 7))
        tag = rng.random() < 0.4
        data = _MACS + (b"\x81\x00\x00\x07" if tag else b"") + _PROBE + probe + rng.randbytes(rng.randrange(6))
        port = "mirror" if op == 2 else "lan" if op == 0 else rng.choice(["lan", "wan"])
        yield Arrival(port, data, 1)


GROUPS = """
groups = [{ key = 1, value = 1 }, { key = 2, value = 2 }, { key = 9, value = 65000 }]
[multicast]
1 = ["lan", "wan"]
2 = ["wan", "third", "lan"]
32000 = ["third"]
"""


def _floods(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(250):
        group = rng.choice([0, 1, 2, 3, 9, 32000, 0x7F00, 0x7F01, 0x7FFE, 0x7FFF, 0xFFFF, 256])
        to = rng.choice([0, 1, 2, 2, 3])
        fields = [
            (8, rng.randrange(8)),
            (16, group),
            (16, to),
            (9, some(rng, 9)),
            (9, some(rng, 9)),
            (6, 1),
        ]
        data = frame(packed(*fields) + rng.randbytes(rng.randrange(4)))
        if rng.random() < 0.1:
            data = data[: rng.randrange(len(data))]
        yield Arrival(rng.choice(["lan", "wan", "third"]), data, 1)


def _parsing(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(500):
        version = rng.choice([4, 4, 4, 4, 4, 5])
        words = rng.choice([0, 1, 1, 2, 3, 15])
        total = rng.choice([0, 5, words * 4 + 9, words * 4 + 10, words * 4 + 8, 0xFFFF]) if rng.random() < 0.3 else 3
        following = rng.choice([0, 1, 1, 2, 2, 3, 3])
        probe = packed((4, version), (4, words), (16, total), (8, following)) + rng.randbytes(max(0, words * 4 - 3))
        n = rng.choice([9, 9, 2, 3])
        m = rng.choice([0, 1, 2 * n - 2, 2 * n - 1, 2 * n - 3])
        negative = bytes([n, m]) + rng.randbytes(max(0, 2 * n - m - 2))
        length = rng.choice([0, 1, 29, 30, 31, 59, 60, 89, 90, 100, 150, 179, 255])
        kind, z = rng.choice([1, 1, 1, 3]), rng.choice([3, 4])
        body = rng.randbytes(8 * length + 3) if length < 180 else rng.randbytes(40)
        long = bytes([kind, length, z]) + body
        fixed = bytes([0, rng.choice([1, 1, 2]), rng.choice([1, 1, 2])]) + bytes([rng.choice([99, 100, 5]), 3])
        data = {0: b"", 1: negative + (long if n == 9 else b"") + fixed, 2: long + fixed, 3: fixed}[following]
        tag = b""
        if rng.random() < 0.4:
            vid, more = rng.choice([(7, 3), (7, 1), (6, 3), (6, 2)])
            tag = b"\x81\x00" + packed((12, vid), (4, more))
        whole = _MACS + tag + _PROBE + probe + data
        if following == 2 and rng.random() < 0.3:
            whole = whole[: len(whole) - len(fixed) - rng.randrange(20)]
        elif rng.random() < 0.4:
            whole = whole[: rng.randrange(len(whole) + 1)]
        elif rng.random() < 0.2:
            whole += rng.randbytes(rng.randrange(1, 5))
        yield Arrival("lan", whole[:1500], 1)


def _presence(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(250):
        kind = rng.choice([0, 1, 2, 3, 2])
        data = packed((8, kind), (32, 0), (32, 0), (16, 0), (8, 0))
        y = rng.choice([7, 7, 5, 10])
        if kind in (1, 3):
            data += packed((16, rng.choice([3, 4])), (16, y))
        if kind == 2:
            data += packed((16, rng.choice([3, 5])), (32, y))
        if y == 7 and kind:
            data += bytes([rng.choice([1, 2]), rng.choice([3, 4])])
        if rng.random() < 0.2:
            data = data[: rng.randrange(len(data))]
        yield Arrival("lan", frame(data), 1)


def _absent(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(200):
        kind = rng.choice([0, 1, 2, 64, 1, 2])
        data = packed((8, kind | rng.choice([0, 128])), *[(16, 0)] * 12, (8, 0))
        if kind in (1, 2):
            y = rng.choice([7, some(rng, 16)])
            data += packed((16, some(rng, 16)), (16, y)) + (
                packed((16, rng.choice([5, 6])), (16, 77)) if y == 7 else b""
            )
        if kind == 64:
            amounts = [rng.choice([0, 1, 5, 15, 16, 255, 256, 257, 65535]) for _ in range(3)]
            data += packed(*[(16, some(rng, 16)) for _ in range(3)], *[(16, amount) for amount in amounts])
            data += packed(*[(5, some(rng, 5)) for _ in range(16)], *[(32, 0)] * 3, *[(4, 0)] * 8)
        yield Arrival("lan", frame(data), 1)


def _checksums(rng: random.Random) -> Iterator[Arrival]:
    # `id` goes from 0 to 1 under a sum of 0: 0xffff + 0xffff + 1 is 0x1ffff, and folded once it has a carry left.
    carries = Ether() / IP(tos=9 << 2, id=0, chksum=0, src="10.0.0.1", dst="10.0.0.2") / TCP(dport=1234)
    yield Arrival("lan", bytes(carries), 1)
    for _ in range(300):
        yield Arrival("lan", with_an_error(rng, ip_packet(rng)), 1)


def _tunnels(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(160):
        yield Arrival("lan", with_an_error(rng, tunnel_packet(rng)), 1)


def _pieces(rng: random.Random) -> Iterator[Arrival]:
    times = clock(rng)
    for _ in range(300):
        op, size = rng.choice([0, 1, 1, 1, 1, 2, 3, 7, 8]), rng.choice([0, 1, 3, 149, 150, 255])
        probe = packed((8, op), (8, rng.randrange(7)), (16, some(rng, 16)), (64, some(rng, 64)))
        probe += packed((16, rng.choice([0, 1, 2, 3, 4, 0xFFFF])), (16, some(rng, 16)), (16, some(rng, 16)))
        long = bytes([size]) + rng.randbytes(2 * size) + packed((16, some(rng, 16))) if op == 7 else b""
        data = frame(probe + long + rng.randbytes(rng.randrange(5)))
        if rng.random() < 0.1:
            data = data[: rng.randrange(len(data))]
        length = len(data) + rng.choice([0, 0, 0, 100])
        yield Arrival(rng.choice(["lan", "wan", "third"]), data, next(times), length)


def _with_strays(piece: GivenCase) -> Iterator[Arrival]:
    """What comes to a piece, and between it what is not of this program's other pieces."""
    rng = random.Random(piece.program.name)
    links = [port.name for number, port in enumerate(piece.program.ports) if number in piece.program.links]
    for packet in piece.packets:
        yield packet
        if packet.port in links and len(packet.data) > 200:  # cut inside of a long header
            yield Arrival(packet.port, packet.data[: -rng.randrange(10, 30)], packet.now_ns)
        if rng.random() < 0.15:
            kinds = [bytes(12) + b"\x88\xb6" + packet.data[14:], packet.data[: rng.randrange(40)], packet.data]
            if packet.port in links:
                kinds.append(packet.data[:14] + b"\x07" + packet.data[15:])  # to go on where this piece never does
            stray = rng.choice(kinds)
            elsewhere = rng.choice([port.name for port in piece.program.ports]) if packet.data == stray else links[0]
            yield Arrival(elsewhere, stray, packet.now_ns)


_CUT = Cut(("switch", "host", "switch"), {"near": 0, "seen": 1, "totals": 2})

CASES = (
    Case("values", _values),
    Case("lanes", _lanes),
    Case("hashes", _hashes),
    Case("arrays", _arrays),
    Case("maps", maps),
    Case("leases", leases),
    Case("shares", _shares),
    Case("split", _split),
    Case("walk", _walk),
    Case("reductions", _reductions),
    Case("tables", _tables, _TABLES),
    Case("emissions", _emissions),
    Case("floods", _floods, GROUPS),
    Case("parsing", _parsing),
    Case("presence", _presence),
    Case("absent", _absent),
    Case("checksums", _checksums),
    Case("tunnels", _tunnels),
    Case("pieces-switch", _pieces, cut=_CUT, device="switch"),
    Case("pieces-host", _pieces, cut=_CUT, device="host"),
    Case("floods-edge", _floods, GROUPS, cut=Cut(("edge", "core", "edge")), device="edge"),
)
