import zlib
from collections import Counter
from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.meaning.hashing import (
    crc16,
    crc32,
    crc32c,
    family_hash,
    family_multiplier,
    fold16,
    id_at,
    lanes_as_number,
    pack,
    random,
    share_of,
    share_position,
    splitmix64,
    toeplitz16,
    toeplitz16_inverse,
)

CHECK = b"123456789"  # of the CRC catalogue


def test_crcs_of_the_catalogues_check_string() -> None:
    assert crc32(CHECK) == zlib.crc32(CHECK) == 0xCBF43926
    assert crc32c(CHECK) == 0xE3069283
    assert crc16(CHECK) == 0xBB3D


@pytest.mark.parametrize(
    ("content", "crc"),
    [(bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E)],
)
def test_crc32c_of_rfc_3720_b_4(content: bytes, crc: int) -> None:
    assert crc32c(content) == crc


@pytest.mark.parametrize(
    ("parts", "widths", "packed"),
    [
        ((), (), ""),
        ((0x12, 0x3456), (8, 16), "123456"),
        ((1,), (1,), "80"),
        ((0b101, 0b0110), (3, 4), "ac"),  # 1010 110 and one zero
        ((1, 0xFFFF), (9, 16), "00ffff80"),
        ((0,), (32,), "00000000"),
    ],
)
def test_parts_are_packed_bit_after_bit(parts: tuple[int, ...], widths: tuple[int, ...], packed: str) -> None:
    assert pack(parts, widths).hex() == packed


def test_lane_0_is_highest() -> None:
    assert lanes_as_number((1, 2, 3), width=8) == 0x010203


# --- the family -----------------------------------------------------------------------------------------


def test_splitmix64_of_its_reference_implementation() -> None:
    # The first outputs for seed 1234567: each call of the reference adds the golden gamma to its state.
    outputs, state = [], 1234567
    for _ in range(3):
        outputs.append(splitmix64(state))
        state = (state + 0x9E3779B97F4A7C15) % 2**64
    assert outputs == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@given(st.integers(0, 300), st.binary(max_size=40), st.integers(0, 2**64 - 1))
def test_a_member_is_the_high_half_of_crc_times_its_odd_multiplier(index: int, packed: bytes, salt: int) -> None:
    multiplier = family_multiplier(index, salt)
    assert multiplier % 2 == 1
    assert family_hash(index, packed, salt=salt) == zlib.crc32(packed) * multiplier % 2**64 // 2**32


KEYS = [
    pack((0x0A000000 + i * 7, 0xC0A80000 + i * i % 65536, 1024 + i % 5000, 443, 6), (32, 32, 16, 16, 8))
    for i in range(1 << 16)
]
CELL_BITS = 20


def _colliding(hashed: Callable[[bytes], int]) -> set[tuple[int, int]]:
    """The pairs of keys that share one of 2^20 cells, by the hash's highest bits."""
    cells: dict[int, list[int]] = {}
    for i, key in enumerate(KEYS):
        cells.setdefault(hashed(key) >> (32 - CELL_BITS), []).append(i)
    return {pair for members in cells.values() for pair in combinations(members, 2)}


def _is_independent_family(member: Callable[[int, bytes], int]) -> bool:
    """Whether each member collides as often as chance has it, and hardly any pair collides in two members."""
    by_member = [_colliding(lambda key, i=i: member(i, key)) for i in range(4)]
    expected = len(KEYS) * (len(KEYS) - 1) / 2 / (1 << CELL_BITS)  # 2,048; its deviation is about 45
    usual = all(abs(len(pairs) - expected) < 6 * expected**0.5 for pairs in by_member)
    # By chance, 2048 / 2^20 pairs; equal CRC digests add n^2 / 2^33 = 0.5, which all members share.
    shared = [len(left & right) for left, right in combinations(by_member, 2)]
    return usual and max(shared) <= 8


def test_members_of_the_family_collide_independently() -> None:
    assert _is_independent_family(family_hash)


def test_seeded_crcs_are_one_hash_function() -> None:
    assert not _is_independent_family(lambda seed, key: zlib.crc32(key, seed))
    assert _colliding(lambda key: zlib.crc32(key, 1)) != set()
    assert _colliding_digests(1) == _colliding_digests(2)


def _colliding_digests(seed: int) -> set[tuple[int, int]]:
    """A seed XORs a constant to every CRC of one length, so the same keys share a cell under every seed."""
    return _colliding(lambda key: zlib.crc32(key, seed))


def test_every_bit_of_a_member_is_even() -> None:
    ones = Counter[int]()
    for key in KEYS[:20_000]:
        hashed = family_hash(3, key)
        ones.update(bit for bit in range(32) if hashed >> bit & 1)
    assert all(abs(ones[bit] - 10_000) < 500 for bit in range(32))  # 7 deviations of 71


# --- shares ---------------------------------------------------------------------------------------------


def toeplitz(content: bytes, key: bytes) -> int:
    """The RSS hash by its definition: for each bit set, the 32 bits of the key that begin there."""
    bits = int.from_bytes(key, "big")
    hashed = 0
    for i in range(8 * len(content)):
        if content[i // 8] >> (7 - i % 8) & 1:
            hashed ^= bits >> (8 * len(key) - 32 - i) & 0xFFFFFFFF
    return hashed


MICROSOFT_KEY = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")
PERIODIC_KEY = bytes.fromhex("6d5a" * 20)


@pytest.mark.parametrize(
    ("content", "hashed"),
    [  # source 66.9.149.187:2794, destination 161.142.100.80:1766; Microsoft, "Verifying the RSS hash calculation"
        (bytes([66, 9, 149, 187, 161, 142, 100, 80]), 0x323E8FC2),
        (bytes([66, 9, 149, 187, 161, 142, 100, 80]) + (2794).to_bytes(2) + (1766).to_bytes(2), 0x51CCC178),
    ],
)
def test_the_definition_gives_the_published_hashes(content: bytes, hashed: int) -> None:
    assert toeplitz(content, MICROSOFT_KEY) == hashed


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=18))
def test_under_the_periodic_key_a_string_hashes_as_its_fold(words: list[int]) -> None:
    content = b"".join(word.to_bytes(2) for word in words)
    assert toeplitz(content, PERIODIC_KEY) & 0xFFFF == toeplitz16(fold16(words))


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 65535), st.integers(0, 65535))
def test_a_network_card_computes_the_share_in_both_directions(src: int, dst: int, sport: int, dport: int) -> None:
    there = src.to_bytes(4) + dst.to_bytes(4) + sport.to_bytes(2) + dport.to_bytes(2)
    back = dst.to_bytes(4) + src.to_bytes(4) + dport.to_bytes(2) + sport.to_bytes(2)
    share = share_of((src, dst, sport, dport), shares=64)
    assert toeplitz(there, PERIODIC_KEY) % 64 == toeplitz(back, PERIODIC_KEY) % 64 == share


def test_parts_are_filled_on_the_left_each_by_itself() -> None:
    assert fold16((0x12, 0x3456)) == 0x12 ^ 0x3456
    assert fold16((0x0800_2000_0001,)) == 0x0800 ^ 0x2000 ^ 0x0001
    assert fold16((0x1_0002, 6)) == 1 ^ 2 ^ 6


def test_the_hash_of_a_word_is_a_permutation_with_a_known_inverse() -> None:
    assert {toeplitz16(word) for word in range(65536)} == set(range(65536))
    assert all(toeplitz16_inverse(toeplitz16(word)) == word for word in range(65536))


@pytest.mark.parametrize("shares", [2, 64, 65536])
def test_an_id_has_one_position_in_one_share(shares: int) -> None:
    for id_ in range(0, 65536, 37):
        share, position = share_position(id_, shares=shares)
        assert share == share_of((id_,), shares=shares)
        assert id_at(share, position, shares=shares) == id_
        assert position < 65536 // shares


# --- randomness -----------------------------------------------------------------------------------------


def test_random_depends_on_each_of_its_inputs() -> None:
    inputs = {"now_ns": 1, "port": 2, "digest": 3}
    changed = [random(5, **inputs), random(6, **inputs), random(5, **inputs, seed=1)]
    changed += [random(5, **(inputs | {name: 9})) for name in inputs]
    assert len(set(changed)) == len(changed)
    assert random(5, **inputs) == random(5, **inputs)


def test_random_is_even_over_packets() -> None:
    drawn = [random(0, now_ns=i * 1000, port=i % 2, digest=zlib.crc32(bytes([i % 7]))) for i in range(10_000)]
    counts = Counter(value >> 28 for value in drawn)
    chi_squared = sum((counts[cell] - 625) ** 2 / 625 for cell in range(16))
    assert chi_squared < 45  # 15 degrees of freedom: exceeded once in 13,000 times
    assert all(0 <= value < 2**32 for value in drawn)
