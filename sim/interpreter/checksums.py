"""Internet checksums as part of emission: what a program changes is mended, what was wrong stays wrong."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeAlias

from compiler.ir.headers import Checksum, ChecksumKind, Header
from compiler.ir.invalid import InvalidProgram
from sim.interpreter.layout import FieldPlace, Layout

Touched: TypeAlias = tuple[FieldPlace, int]  # a field that may have changed, and where its header starts

_MOST_KNOWN: Final = 4096  # kinds of packets whose repairs are kept: hostile lengths make many


def ones_complement_sum(words: Iterable[int]) -> int:
    """The 16-bit one's complement sum; 0 only where every word is."""
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def updated_checksum(checksum: int, changes: Iterable[tuple[int, int]]) -> int:
    """The Internet checksum after 16-bit words that it covers changed, each from its first to its second value.

    Source: RFC 1624, equation 3. A wrong checksum stays wrong: nothing is summed again.
    """
    total = ~checksum & 0xFFFF
    for old, new in changes:
        total += (old ^ 0xFFFF) + new
    return ones_complement_sum((total,)) ^ 0xFFFF


def full_checksum(data: bytes | bytearray, *, words: Iterable[int] = ()) -> int:
    """The checksum of `data`, its own checksum field being zero there, and of further 16-bit words (RFC 1071)."""
    padded = bytes(data) + b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(padded[at : at + 2]) for at in range(0, len(padded), 2))
    return ~ones_complement_sum((total, *words)) & 0xFFFF


def pseudo_words(value: int, width: int) -> list[int]:
    """A field of a pseudo-header as 16-bit words, filled up on the left."""
    return [value >> shift & 0xFFFF for shift in range((width - 1) // 16 * 16, -1, -16)]


class _Repair(NamedTuple):
    """What a checksum covers of the fields that may have changed; all places are in bytes from the packet's start."""

    place: FieldPlace  # of the checksum
    start: int  # of its header
    zero_means_none: bool
    words: tuple[int, ...]  # the 16-bit words to compare
    numbers: tuple[Touched, ...]  # fields of the pseudo-header that are no whole words


class Mender:
    """Mends every checksum of a packet whose fields were written."""

    def __init__(self, layout: Layout) -> None:
        # Innermost first: an inner checksum's own change is part of what an outer one covers.
        self._sums = [
            (place, place.field.checksum)
            for header in reversed(_outermost_first(layout.headers))
            for place in layout.places_of(header)
            if place.field.checksum is not None
        ]
        pseudo = [place for header in layout.headers for place in layout.places_of(header) if place.field.pseudo]
        self._with_pseudo = sorted({place.header for place in pseudo})
        self._known: dict[tuple[object, ...], list[_Repair]] = {}

    def mend(
        self, received: bytes | bytearray, packet: bytearray, *, offsets: list[int], written: Iterable[FieldPlace]
    ) -> None:
        """Bring the checksums of `packet` up to date; it is `received` but for the `written` fields."""
        from_bytes = int.from_bytes
        for place, start, zero_means_none, words, numbers in self._repairs(offsets, written):
            old = place.read(received, start)
            if old == 0 and zero_means_none:
                continue
            changes: list[tuple[int, int]] = []
            for word in words:
                was, now = received[word : word + 2], packet[word : word + 2]
                if was != now:
                    if len(was) == 1:  # an odd byte at the packet's end is the high one of its word
                        was, now = was + b"\0", now + b"\0"
                    changes.append((from_bytes(was), from_bytes(now)))
            for number, at in numbers:
                values = number.read(received, at), number.read(packet, at)
                pairs = zip(*(pseudo_words(value, number.width) for value in values), strict=True)
                changes.extend(pair for pair in pairs if pair[0] != pair[1])
            if changes:
                new = updated_checksum(old, changes)
                place.write(packet, start, 0xFFFF if new == 0 and zero_means_none else new)

    def _repairs(self, offsets: list[int], written: Iterable[FieldPlace]) -> list[_Repair]:
        """What to do for packets with these headers and writes. There are few kinds of them, so answers are kept."""
        kind = (*offsets, *written)
        repairs = self._known.get(kind)
        if repairs is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            repairs = self._known[kind] = self._planned(offsets, written)
        return repairs

    def _planned(self, offsets: list[int], written: Iterable[FieldPlace]) -> list[_Repair]:
        touched: list[Touched] = [(place, offsets[place.header]) for place in written]
        repairs: list[_Repair] = []
        for place, checksum in self._sums:
            if offsets[place.header] >= 0:
                repair = self._repair(place, checksum, offsets, touched)
                if repair.words or repair.numbers:
                    repairs.append(repair)
                    touched.append((place, repair.start))
        return repairs

    def _repair(self, place: FieldPlace, checksum: Checksum, offsets: list[int], touched: list[Touched]) -> _Repair:
        start = offsets[place.header]
        whole_message = checksum.kind is not ChecksumKind.HEADER
        pseudo_header = self._pseudo_header_before(start, offsets) if checksum.kind is ChecksumKind.TRANSPORT else -1
        words: set[int] = set()  # each counts once, however many fields share it
        numbers: list[Touched] = []
        for other, at in touched:
            first, last = at + other.first, at + other.last
            if other.header == place.header or (whole_message and at > start):
                words.update(range(first - (first - start) % 2, last, 2))
            elif other.header == pseudo_header and other.field.pseudo:
                if other.field.offset % 8 == 0 and other.width % 16 == 0:
                    words.update(range(first, last, 2))
                else:
                    numbers.append((other, at))
        return _Repair(place, start, checksum.zero_means_none, tuple(sorted(words)), tuple(numbers))

    def _pseudo_header_before(self, start: int, offsets: list[int]) -> int:
        """The number of the nearest header before byte `start` that has pseudo-header fields; -1: there is none."""
        before = [(offsets[header], header) for header in self._with_pseudo if 0 <= offsets[header] < start]
        return max(before)[1] if before else -1


def _outermost_first(headers: tuple[Header, ...]) -> list[Header]:
    """Every header after all those that it can follow: on any packet, outer headers before inner ones."""
    placed: dict[str, Header] = {}
    waiting = list(headers)
    while waiting:
        ready = [h for h in waiting if all(rule.previous in placed for rule in h.rules)]
        if not ready:
            raise InvalidProgram(f"the parse rules of {', '.join(h.name for h in waiting)} form a cycle")
        placed.update((header.name, header) for header in ready)
        waiting = [h for h in waiting if h.name not in placed]
    return list(placed.values())
