"""Small dense programs, and packets for them, that between them reach every feature of the C generator.

Those of `tests/backends/p4` are the greater part; here is what no switch can do, or what only C does in its own way.
`tools/mutate` holds the generator to all of them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from tests.backends.p4.behaviour_cases import CASES as SWITCH_CASES
from tests.backends.p4.behaviour_cases import MS, Case, Packets, clock, frame, leases, maps, packed
from tests.backends.p4.behaviour_packets import some
from tests.engines import Arrival

FOLDER = Path(__file__).parent / "behaviour"


def _fields(rng: random.Random, widths: str) -> list[tuple[int, int]]:
    """(width, number) of fields by their widths, `3*16` for three of 16 bits."""
    found: list[tuple[int, int]] = []
    for word in widths.split():
        count, _, width = word.rpartition("*")
        found += [(int(width), some(rng, int(width))) for _ in range(int(count or 1))]
    return found


# --- values


def _bits(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(300):
        fields = _fields(rng, "24 40 56 48 3 37 61 1 2 11 13 4 100 128 9 15 9*1 7 300 12 32 64")
        yield Arrival("lan", frame(packed((8, rng.randrange(4)), *fields)), 1)


def _numbers(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(400):
        fields = _fields(rng, "33 33 6 64 64 128 128 100 100 16 16 8 8 9 7")
        for at in (1, 4, 6, 8, 10, 12):  # what divides, or says how far to shift
            width = fields[at][0]
            number = rng.choice([0, 1, 3, fields[at - 1][1] if at > 1 else 5, rng.randrange(140), fields[at][1]])
            fields[at] = width, number
        results = [(width, 0) for width in (33, 33, 6, 64, 64, 128, 128, 100, 100, 16, 8)]
        yield Arrival("lan", frame(packed((8, rng.randrange(4)), *fields, *results)), 1)


def _wides(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(400):
        op, by = rng.randrange(6), rng.choice([0, 1, 63, 64, 65, 128, 191, 192, 199, 200, 201, some(rng, 16)])
        a, c, e = (some(rng, width) for width in (200, 192, 130))
        b = rng.choice([a, a + 1, 0, 3, 1 << 199, some(rng, 200), rng.getrandbits(70)])
        d = rng.choice([c, c - 1, 0, 77, 1 << 64, some(rng, 192), rng.getrandbits(20)])
        f = rng.choice([e, 0, 1 << 129, some(rng, 130)])
        fields = [(8, op), (16, by), (200, a), (200, b), (192, c), (192, d), (130, e), (130, f), (4, 0)]
        fields += _fields(rng, "200 200 192 192 130 130 4 128 64 16 16")
        more = packed((200, some(rng, 200))) if rng.random() < 0.6 else b""
        yield Arrival("lan", frame(packed(*fields) + more), 1)


def _vectors(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(300):
        fields = [(8, rng.randrange(3)), (16, rng.choice([0, 1, 5, 11, 12, 64, 199, 200, some(rng, 16)]))]
        for widths in ("8*1", "2*100", "2*200", "4*12", "3*32", "4*8", "2*16"):
            one = _fields(rng, widths)
            fields += one + (one if rng.random() < 0.4 else _fields(rng, widths))
        results = _fields(rng, "8*1 2*100 2*200 4*12 3*32 4*8 200 100 4 48 24 8")
        yield Arrival("lan", frame(packed(*fields, *results)), 1)


# --- state

_ZERO_TAGS = [key for key in range(400_000) if crc32(key.to_bytes(4)) & 0xFFFF == 0]  # a set takes 0 for a free way


def _sets(rng: random.Random) -> Iterator[Arrival]:
    times, now = clock(rng), 0
    addresses = [rng.getrandbits(128) for _ in range(3)]
    longs = [rng.getrandbits(200) for _ in range(2)]
    round_ = 0xFFFF_FFFE
    for _ in range(1500):
        now = now if now and rng.random() < 0.7 else next(times)
        op = rng.choice([0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5])
        key = rng.choice([rng.randrange(90), rng.randrange(90), rng.choice(_ZERO_TAGS)])
        if op == 1:
            key = rng.randrange(3)
        long = rng.choice(longs) + rng.choice([0, 0, 1, 1 << 199, 1 << 70])
        round_ += rng.random() < 0.02
        fields = [(8, op), (32, key), (200, long), (128, rng.choice(addresses) ^ rng.choice([0, 0, 1, 1 << 127]))]
        fields += [(8, rng.randrange(256)), (32, 0), (32, 0), (8, 0), (32, round_ + rng.choice([0, 0, 0, -1, -2]))]
        yield Arrival("lan", frame(packed(*fields)), now)


def _shared(rng: random.Random) -> Iterator[Arrival]:
    times, now = clock(rng), 0
    keys = [(some(rng, 40), some(rng, 9), some(rng, 24)) for _ in range(30)]
    far = [rng.getrandbits(64) << rng.choice([0, 16, 64]) for _ in range(10)]
    long = [rng.getrandbits(100) << rng.choice([0, 5, 100]) for _ in range(10)]
    for _ in range(700):
        now = now if now and rng.random() < 0.6 else next(times)
        a, b, d = rng.choice(keys)
        x = rng.choice([rng.randrange(256), 200])
        fields = [(8, rng.randrange(4)), (40, a), (9, b), (7, 0), (24, d)]
        fields += [(128, rng.choice(far)), (200, rng.choice(long))]
        inner = packed((32, rng.choice([rng.randrange(20), rng.randrange(20) << 16])))
        if x == 200:
            fields[0] = 8, 9
        yield Arrival("lan", frame(packed(*fields, (8, x), (32, 0), (16, 0), (8, 0)) + inner), now)


def _halves(rng: random.Random) -> Iterator[Arrival]:
    times, now = clock(rng), 0
    for _ in range(400):
        now = now if now and rng.random() < 0.6 else next(times)
        fields = [(16, rng.choice([rng.randrange(20), 0xFFFF, 0x8000])), (8, rng.randrange(256)), (32, 0), (16, 0)]
        yield Arrival("lan", frame(packed(*fields)), now)


def _told(rng: random.Random) -> Iterator[Arrival]:
    times, now = clock(rng), 0
    for _ in range(1500):
        now = now if now and rng.random() < 0.7 else next(times)
        op = rng.choice([0, 0, 0, 1, 1, 2, 3, 4, 4, 5, 6, 6, 7])
        fields = [(8, op), (32, rng.randrange(5)), (16, rng.randrange(3))]
        fields += [(8, rng.choice([rng.randrange(9), rng.randrange(256)])), (8, rng.randrange(256))]
        yield Arrival("lan", frame(packed(*fields, (32, 0), (16, 0), (8, 0))), now)


def _wrapping(packets: Packets) -> Packets:
    """The packets at times about where ticks of 32 bits begin anew."""

    def made(rng: random.Random) -> Iterator[Arrival]:
        for packet in packets(rng):
            yield packet._replace(now_ns=packet.now_ns + (1 << 52) - 6_000 * MS)

    return made


def _listed(keys: list[str]) -> str:
    """Entries with these keys, and their numbers as values."""
    return "[" + ", ".join(f"{{ key = {key}, value = {100 + number} }}" for number, key in enumerate(keys)) + "]"


_A = [0x5A << 192, 0x5A << 192 | 0x77, (1 << 200) - 1, 3, 1 << 199]
_D = [1 << 100, (1 << 128) - 1, 0, 5, 1 << 64]
_TWO_BITS = f'{{ value = "{1 << 100:#x}", mask = "{1 << 100 | 2:#x}" }}'
_ENTRIES = f"""
by_wide = [
    {{ key = "{0x5A << 192:#x}/8", value = 31 }}, {{ key = "{_A[1]:#x}/200", value = 32 }},
    {{ key = "{1 << 199:#x}/1", value = 33 }}, {{ key = "{_A[2] - 1:#x}/199", value = 34 }},
    {{ key = "{_A[1] - 7:#x}/197", value = 35 }},
]
by_ip6 = [
    {{ key = [1, "2001:db8::/32"], value = {{ x = 1, y = 2 }} }},
    {{ key = [1, "2001:db8::/64"], value = {{ x = 3, y = 4 }} }},
    {{ key = [1, "2001:db8::1"], value = {{ x = 5, y = 6 }} }},
    {{ key = [2, "8000::/1"], value = {{ x = 9, y = 10 }} }},
    {{ key = [3, "*"], value = {{ x = 13, y = 14 }} }},
]
by_24 = [
    {{ key = "0x800000/1", value = 21 }}, {{ key = "0xabc000/12", value = 22 }}, {{ key = "0xabcdef/24", value = 23 }},
    {{ key = "0xabcdee/23", value = 24 }},
]
by_bit = [{{ key = "1/1", value = 41 }}, {{ key = "*", value = 42 }}]
masked = [
    {{ key = [{{ value = "{0x5A << 192:#x}", mask = "{0xFF << 192:#x}" }}, "*"], value = 51, priority = 1 }},
    {{ key = [{{ value = 3, mask = 255 }}, 1], value = 52, priority = 3 }},
    {{ key = [{_TWO_BITS}, {{ value = 2, mask = 2 }}], value = 53, priority = 2 }},
    {{ key = ["*", 60], value = 54 }},
]
spans = [
    {{ key = "3..{_A[0]:#x}", value = 61 }}, {{ key = "{1 << 199:#x}..{(1 << 199) + 1:#x}", value = 62, priority = 1 }},
    {{ key = "{_A[2] - 2:#x}..{_A[2]:#x}", value = 63 }},
]
spans128 = [
    {{ key = "5..{1 << 64:#x}", value = 71 }},
    {{ key = "{(1 << 100) + 1:#x}..{(1 << 128) - 2:#x}", value = 72 }},
]
exacts = {_listed([f'["{d:#x}", "{a:#x}"]' for d in _D for a in _A[:3]])}
small = {_listed([str(key) for key in range(60)])}
"""


def _lookups(rng: random.Random) -> Iterator[Arrival]:
    addresses = [0x2001_0DB8 << 96 | 1, 0x2001_0DB8 << 96 | 2, 0x2001_0DB8 << 96 | 1 << 64, 0xFE80 << 112 | 1, 0]
    for _ in range(400):
        a = rng.choice(_A) ^ rng.choice([0, 0, 1, 2, 1 << 100])
        c = rng.choice([0xABCDEF, 0xABCDEE, 0xABCDED, 0xABC001, 0x912345, 0, 0x7FFFFF])
        d = rng.choice(_D) + rng.choice([0, 0, 1, -1])
        fields = [(8, rng.randrange(2)), (200, a), (128, rng.choice(addresses)), (24, c), (128, d)]
        fields += [(8, rng.choice([1, 2, 3, rng.randrange(70)])), (1, rng.randrange(2)), (7, 0)]
        fields += [(32, 0), (16, 0), (8, 0)]
        yield Arrival("lan", frame(packed(*fields)), 1)


# --- packets


def _oddsums(rng: random.Random) -> Iterator[Arrival]:
    inner = {1: "8 8 16 16 24 24 8", 2: "40 8 16 24 8", 3: "16 32 16 16 16"}
    seven = {1: 0, 2: 1, 3: 2}  # the field that says whether `tail` follows
    for _ in range(700):
        kind, words = rng.randrange(5), rng.choice([1, 1, 2, 3, 15])
        outer = packed((8, kind), (4, words), (4, 1), *_fields(rng, "12 20 16 8")) + rng.randbytes(3 * words - 3)
        fields = _fields(rng, inner.get(kind, ""))
        if kind in seven and rng.random() < 0.6:
            fields[seven[kind]] = fields[seven[kind]][0], 7
        if kind == 3 and rng.random() < 0.4:
            fields[3] = 16, 0
        tail = [*_fields(rng, "8 8 16 13 3"), (16, rng.choice([5, 5, some(rng, 16)])), *_fields(rng, "8 16 8")]
        data = frame(outer + packed(*fields, *tail) + rng.randbytes(rng.randrange(4)))
        if rng.random() < 0.15:
            data = data[: rng.randrange(len(data))]
        yield Arrival("lan", data, 1)


def _evensums(rng: random.Random) -> Iterator[Arrival]:
    inner = {1: "32 16 16 64 128", 2: "16 16 16 48 16", 3: "8 64 8 16"}
    seven = {1: 2, 2: 1}  # the field that says whether `last` follows
    for _ in range(600):
        kind = rng.randrange(4)
        fields = _fields(rng, inner.get(kind, ""))
        if kind in seven and rng.random() < 0.6:
            fields[seven[kind]] = 16, 7
        if kind == 2 and rng.random() < 0.4:
            fields[2] = 16, 0
        outer = [(16, kind), *_fields(rng, "32 32 8 8 16 16 40 8")]
        data = frame(packed(*outer, *fields, *_fields(rng, "16 16 3*16 8 8")) + rng.randbytes(rng.randrange(4)))
        if rng.random() < 0.1:
            data = data[: rng.randrange(len(data))]
        yield Arrival("lan", data, 1)


def _lengths(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(300):
        kind, words = rng.randrange(1, 5), rng.choice([0, 1, 1, 2, 3])
        fields = [*_fields(rng, {1: "16 16 24", 2: "16 24", 3: "16 8", 4: "16 16 8"}[kind])]
        data = packed(*fields) + (bytes([words]) + rng.randbytes(3 * words) if kind == 3 else b"")
        data += packed(*_fields(rng, "32 16")) + rng.randbytes(rng.randrange(4))
        yield Arrival("lan", frame(data, bytes([0, kind])), 1)


def _nearest(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(300):
        kind, behind = rng.randrange(4), rng.randrange(4)
        fields = [*_fields(rng, "16 16"), (16, kind)]
        if kind == 1:
            fields += [*_fields(rng, "32"), (16, behind), *_fields(rng, "16")]
        yield Arrival("lan", frame(packed(*fields, *_fields(rng, "8 8 16 24")) + rng.randbytes(rng.randrange(3))), 1)


def _manyports(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(250):
        data = frame(packed((8, rng.choice([1, 2, 200, 201, 202])), (32, 5)) + rng.randbytes(rng.choice([0, 9, 900])))
        if rng.random() < 0.3:
            data = data[: rng.randrange(14, 18)]
        yield Arrival(rng.choice(["lan", "lan", "lan", "wan[7]"]), data, 1, rng.choice([0, 3000]))


_LONG = 0x8_0000_0000_0000_0000_0000_0001


def _headers(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(700):
        a, big = rng.choice([10, 10, 9, 11, 255]), rng.choice([5, 5, 4, 6, (1 << 60) - 1])
        long = rng.choice([_LONG, _LONG, 1, _LONG ^ 1 << 99, _LONG ^ 1 << 3, _LONG ^ 1 << 64, some(rng, 100)])
        far = rng.choice([0, 0, (1 << 64) - 1, 1_000_000_000_000 // 3, 1_000_000_000_000 // 3 + 1])
        fields = [(8, a), (1, rng.randrange(2)), (1, rng.randrange(2)), (6, rng.choice([33, 33, 32, 1])), (100, long)]
        fields += [(4, 1), (60, big), (4, 2), (64, far), (8, rng.choice([7, 6, 9, 10]))]
        length = rng.choice([0, 0, 1, 2, 3, 255])
        behind = rng.choice(
            [
                bytes([rng.choice([1, 2, 5, 6]), 2, rng.choice([2, 3])]),
                bytes([2, length]) + rng.randbytes(2 * length),
                bytes([rng.choice([1, 2, 3]), length]) + rng.randbytes(2 * length),
            ]
        )
        data = frame(packed(*fields) + behind + rng.randbytes(rng.randrange(5)))
        if rng.random() < 0.2:
            data = data[: rng.randrange(len(data) + 1)]
        yield Arrival(rng.choice(["lan", "lan", "wan"]), data, 1)


def _shapes(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(150):
        kind, n = rng.choice([1, 1, 2]), rng.randrange(6)
        data = frame(bytes([n]) + rng.randbytes(8), bytes([0, kind]))
        yield Arrival("lan", data[: rng.choice([99, 15, 16, 17, 18, 20])], 1)


def _names(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(150):
        following = rng.randrange(4)
        body = bytes([rng.randrange(256), following, *rng.randbytes(2)])
        body += bytes([rng.choice([2, 2, 3]), 4]) if following == 1 else rng.randbytes(4)
        yield Arrival("lan", frame(body)[: rng.choice([99, 99, 17, 18, 19, 20])], 1)


def _built(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(300):
        length = rng.choice([0, 0, 1, 2, 5, 255])
        fields = [(8, rng.randrange(4)), *_fields(rng, "32 16 8"), (8, length)]
        data = frame(packed(*fields) + rng.randbytes(3 * length) + rng.choice([b"\xff", b"\0"]) * rng.randrange(5))
        data += rng.randbytes(rng.randrange(4))
        yield Arrival("lan", data, 1, rng.choice([0, 0, 0, len(data) + 70_000]))


def _unwritten(rng: random.Random) -> Iterator[Arrival]:
    for _ in range(300):
        kind, which = rng.choice([4, 4, 0]), rng.randrange(4)
        head = [(6, kind), (2, which), *_fields(rng, "3*1 5 3*16 40 4 4 8 200 440 200")]
        one = _fields(rng, "4*16 200")
        if rng.random() < 0.5:
            one[1] = 16, 7
        vec = _fields(rng, "3*12 4 2*200 2*100 2*300 8*5 2*130 4 2*64")
        vec += [(width, rng.choice([0, 1, 5, 99, 199, some(rng, width)])) for width in (100, 100, 200, 200)]
        vec += _fields(rng, "8*1 8*3 200")
        behind = {1: one, 2: _fields(rng, "16 16")}.get(which, [])
        yield Arrival("lan", frame(packed(*head, *behind, *vec)), 1)


def _case(name: str, packets: Packets, entries: str = "") -> Case:
    return Case(name, packets, entries, folder=FOLDER)


OWN_CASES = (
    _case("bits", _bits),
    _case("numbers", _numbers),
    _case("wides", _wides),
    _case("vectors", _vectors),
    _case("sets", _sets),
    _case("shared", _shared),
    _case("halves", _halves),
    _case("told", _told),
    _case("lookups", _lookups, _ENTRIES),
    _case("oddsums", _oddsums),
    _case("evensums", _evensums),
    _case("lengths", _lengths),
    _case("nearest", _nearest),
    _case("manyports", _manyports),
    _case("headers", _headers),
    _case("shapes", _shapes),
    _case("conflicts", _shapes),
    _case("names", _names),
    _case("built", _built),
    _case("unwritten", _unwritten),
    Case("maps-wrapping", _wrapping(maps)),
    Case("leases-wrapping", _wrapping(leases)),
)
CASES = (*SWITCH_CASES, *OWN_CASES)
