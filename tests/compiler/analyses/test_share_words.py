"""Share words against the share function: equal words, equal shares, on every packet."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from compiler.analyses.share_words import Word, is_constant, is_wide, word_of, xor_words
from compiler.analyses.value_numbers import number_values
from compiler.ir.operations import BinaryOperator
from compiler.ir.values import Value, constant
from compiler.meaning.hashing import fold16
from tests.compiler.analyses.build import Build

FIELDS = {"ipv4.src": 32, "ipv4.dst": 32, "tcp.sport": 16, "tcp.flags": 8, "eth.src": 48}


class Expressions:
    """Random parts of header fields: the value in the program, and a way to compute it, written by hand."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.build = Build()
        self.numbers = {name: random.randrange(2**width) for name, width in FIELDS.items()}

    def part(self, depth: int) -> tuple[Value, int, int]:
        """(value, its width, its number for the packet `self.numbers`)"""
        kind = self.random.choice(("field", "field", "slice", "concat", "resize", "xor")) if depth else "field"
        if kind == "field":
            name = self.random.choice(sorted(FIELDS))
            return self.build.field(name), FIELDS[name], self.numbers[name]
        value, width, number = self.part(depth - 1)
        if kind == "slice":
            low = self.random.randrange(width)
            high = self.random.randrange(low, width)
            return self.build.slice(value, high, low), high - low + 1, number >> low & (1 << high - low + 1) - 1
        if kind == "concat":
            other, other_width, other_number = self.part(depth - 1)
            return self.build.concat(value, other), width + other_width, number << other_width | other_number
        if kind == "resize":
            new = self.random.randrange(1, 80)
            return self.build.resize(value, new), new, number & (1 << new) - 1
        mask = self.random.randrange(1 << width)
        xored = self.build.binary(BinaryOperator.XOR, value, constant(mask, width))
        return xored, width, number ^ mask


def evaluate(word: Word, expressions: Expressions, fields: dict[int, str]) -> int:
    total = 0
    for place, source in word:
        bit = 1
        if source[0] == "field":
            _, expression, number = source
            assert isinstance(expression, int)
            assert isinstance(number, int)
            bit = expressions.numbers[fields[expression]] >> number & 1
        total ^= bit << place
    return total


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_a_word_is_the_fold_of_its_parts(seed: int, count: int) -> None:
    expressions = Expressions(Random(seed))
    parts = [expressions.part(3) for _ in range(count)]
    program = expressions.build.program()
    numbers = number_values(program)
    fields = {n: f"{node.detail[0]}.{node.detail[1]}" for n, node in enumerate(numbers.nodes) if node.kind == "field"}
    for value, _, _ in parts:
        numbers.of(value)
    words = [word_of(numbers, value, {}) for value, _, _ in parts]
    assert None not in words
    word = xor_words(found for found in words if found is not None)
    assert evaluate(word, expressions, fields) == fold16(number for _, _, number in parts)


def test_order_grouping_and_direction_do_not_matter() -> None:
    build = Build()
    src, dst, sport, dport = build.fields("ipv4.src", "ipv4.dst", "l4.sport", "l4.dport")
    again = build.fields("ipv4.src", "ipv4.dst", "l4.sport", "l4.dport")
    joined = build.concat(dst, src)
    numbers = number_values(build.program())
    words = {value: word_of(numbers, value, {}) for value in (src, dst, sport, dport, joined, *again)}
    assert None not in words.values()
    word = xor_words(words[value] or () for value in (src, dst, sport, dport))
    assert word == xor_words(words[value] or () for value in (again[1], again[0], again[3], again[2]))
    assert xor_words([words[src] or (), words[dst] or ()]) == words[joined]
    assert xor_words([words[src] or (), words[again[0]] or ()]) == frozenset()
    assert is_wide(word)


def test_what_is_no_received_field_has_no_word() -> None:
    build = Build()
    src = build.field("ipv4.src")
    chosen = build.select(build.equal(src, 1), src, build.field("ipv4.dst"))
    computed = build.binary(BinaryOperator.ADD, src, 1)
    hashed = build.hash(src)
    numbers = number_values(build.program())
    assert [word_of(numbers, value, {}) for value in (chosen, computed, hashed)] == [None, None, None]


def test_constants_tell_no_shares_apart_and_narrow_fields_few() -> None:
    build = Build()
    proto = build.resize(build.field("ipv4.proto"), 32)
    flipped = build.binary(BinaryOperator.XOR, proto, constant(0xFF00, 32))
    none = build.binary(BinaryOperator.XOR, proto, proto)
    numbers = number_values(build.program())
    words = [word_of(numbers, value, {}) for value in (proto, flipped, none)]
    assert [word is not None and is_constant(word) for word in words] == [False, False, True]
    assert not any(word is not None and is_wide(word) for word in words)
