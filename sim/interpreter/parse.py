"""The parser that a program's headers describe: bytes to the place of every header.

Each header becomes a node. A node reads, as one number, the bytes of its header that decide anything
(its window); a parse rule is then one masked comparison, and a condition a sum of shifted parts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from compiler.ir.headers import Condition, Header, Linear, ParseRule
from compiler.ir.invalid import InvalidProgram
from compiler.ir.types import Blob, bit_width
from sim.interpreter.arithmetic import COMPARE

# Bytes -> (each header's first byte by number, -1 where it is absent; the first byte after the last header).
Parse: TypeAlias = Callable[[bytes], tuple[list[int], int]]

_INVALID: Final = -1
_NO_BLOB: Final = Linear((), 0)
_MOST_KNOWN: Final = 4096  # windows of one header whose meaning is kept: hostile bytes make many


@dataclass(slots=True)
class _Window:
    """Bytes `first` to `last` (exclusive) of a header: all that its rules and conditions look at."""

    header: Header
    first: int = 0
    last: int = 0
    mask: int = 0  # of the bits that belong to one of the fields

    @classmethod
    def of(cls, header: Header, names: set[str]) -> _Window:
        fields = [f for f in header.fields if f.name in names]
        if not fields:
            return cls(header)
        window = cls(
            header,
            first=min(f.offset for f in fields) // 8,
            last=max(f.offset + bit_width(f.type) + 7 for f in fields) // 8,
        )
        for f in fields:
            window.mask |= ((1 << bit_width(f.type)) - 1) << window.shift(f.name)
        return window

    def shift(self, name: str) -> int:
        """How far left of the window's lowest bit the field's lowest bit is."""
        found = self.header.field_named(name)
        return 8 * self.last - found.offset - bit_width(found.type)

    def number(self, linear: Linear) -> Callable[[int], int]:
        """`linear` as a function of the window. Its result may be negative."""
        terms = tuple(
            (scale, self.shift(name), (1 << bit_width(self.header.field_named(name).type)) - 1)
            for name, scale in linear.terms
        )
        return lambda window: sum(scale * (window >> shift & mask) for scale, shift, mask in terms) + linear.constant

    def test(self, condition: Condition) -> Callable[[int], bool]:
        number, compare = self.number(condition.linear), COMPARE[condition.operator]
        return lambda window: compare(number(window), 0)

    def pattern(self, rule: ParseRule) -> tuple[int, int] | None:
        """(mask, value) such that the rule holds where `window & mask == value`; None where it never does."""
        mask = value = 0
        for name, wanted, bits in rule.matches:
            shift = self.shift(name)
            bits &= (1 << bit_width(self.header.field_named(name).type)) - 1
            if wanted & ~bits or (value ^ wanted << shift) & mask & bits << shift:
                return None
            mask |= bits << shift
            value |= wanted << shift
        return mask, value


@dataclass(slots=True)
class _Node:
    number: int
    header: Header
    window: _Window
    deciding: int  # mask of the window's bits that decide anything
    valid: tuple[Callable[[int], bool], ...]
    blob_bytes: Callable[[int], int]
    choices: list[tuple[int, dict[int, _Node]]] = field(default_factory=list)  # (mask, window & mask -> next)
    known: dict[int, _Decision] = field(default_factory=dict)

    def decide(self, window: int) -> _Decision:
        """The length of a header with this window and the node after it. There are few windows, so answers are kept."""
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        decision = self.known[window] = self._length(window), self._next(window)
        return decision

    def _length(self, window: int) -> int:
        blob = self.blob_bytes(window)
        longest = sum(f.type.max_bytes for f in self.header.fields if isinstance(f.type, Blob))
        if not 0 <= blob <= longest or not all(holds(window) for holds in self.valid):
            return _INVALID
        return self.header.fixed_bytes + blob

    def _next(self, window: int) -> _Node | None:
        for mask, nodes in self.choices:
            if window & mask in nodes:
                return nodes[window & mask]
        return None


_Decision: TypeAlias = tuple[int, _Node | None]  # (bytes of the header, or _INVALID; what follows it)


def build_parser(headers: tuple[Header, ...]) -> Parse:
    """Compile the parse rules. Any bytes parse: what is truncated or invalid is absent, and parsing ends there."""
    outermost = _nodes(headers)
    absent = [-1] * len(headers)
    from_bytes = int.from_bytes

    def parse(data: bytes) -> tuple[list[int], int]:
        offsets = absent.copy()
        at, size = 0, len(data)
        node = outermost
        while node is not None:
            window_bytes = node.window
            if at + window_bytes.last > size:
                break
            window = from_bytes(data[at + window_bytes.first : at + window_bytes.last]) & node.deciding
            length, following = node.known.get(window) or node.decide(window)
            if length < 0 or at + length > size:
                break
            offsets[node.number] = at
            at += length
            node = following
        return offsets, at

    return parse


def _nodes(headers: tuple[Header, ...]) -> _Node | None:
    """A node for every header, linked; the outermost one."""
    outermost = [header for header in headers if not header.rules]
    if len(outermost) > 1:
        raise InvalidProgram(f"headers {', '.join(h.name for h in outermost)} are all outermost")
    windows = {header.name: _Window.of(header, _deciding(header, headers)) for header in headers}
    nodes = {header.name: _node(number, windows[header.name]) for number, header in enumerate(headers)}
    for header in headers:  # in declaration order: the first whose rule holds is the next header
        for rule in header.rules:
            pattern = windows[rule.previous].pattern(rule)
            if pattern is not None:
                mask, value = pattern
                choices = nodes[rule.previous].choices
                if not choices or choices[-1][0] != mask:
                    choices.append((mask, {}))
                choices[-1][1].setdefault(value, nodes[header.name])
    return nodes[outermost[0].name] if outermost else None


def _deciding(header: Header, headers: tuple[Header, ...]) -> set[str]:
    """The fields that decide whether `header` is valid, how long it is, and what follows it."""
    names = set(header.length_fields)
    for other in headers:
        for rule in other.rules:
            if rule.previous == header.name:
                names.update(name for name, _, _ in rule.matches)
    return names


def _node(number: int, window: _Window) -> _Node:
    header = window.header
    valid = tuple(window.test(condition) for condition in header.valid)
    return _Node(number, header, window, window.mask, valid, window.number(header.blob_length or _NO_BLOB))


def header_length(header: Header) -> Callable[[bytes | bytearray, int], int]:
    """(bytes, where the header starts) -> the bytes that a header takes which the parser found present."""
    fixed = header.fixed_bytes
    if header.blob_length is None:
        return lambda data, at: fixed
    window = _Window.of(header, {name for name, _ in header.blob_length.terms})
    blob, first, last = window.number(header.blob_length), window.first, window.last
    return lambda data, at: fixed + blob(int.from_bytes(data[at + first : at + last]))
