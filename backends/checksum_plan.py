"""Which Internet checksums have to be mended when certain fields of a packet may have changed, and by what."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.ir.headers import Checksum, ChecksumKind, Header, HeaderField
from compiler.ir.program import Program

Changed = list[tuple[str, str]]  # (header, field), in a fixed order


@dataclass(frozen=True, slots=True)
class Mended:
    """A checksum and what of its cover may change: (header, its changed fields), and the pseudo-headers' fields."""

    header: Header
    field: HeaderField
    covered: tuple[tuple[Header, tuple[HeaderField, ...]], ...]
    pseudo: tuple[tuple[Header, tuple[HeaderField, ...]], ...]  # the nearest one that is present counts, in this order


class ChecksumPlan:
    """What has to be mended in the packets of a program in which `changed` fields may change."""

    def __init__(self, program: Program, changed: Changed) -> None:
        self._headers = outermost_first(program.headers)
        self._after = _reachable(program.headers)
        self.mended: list[Mended] = []
        touched = {header: [name for h, name in changed if h == header] for header, _ in changed}
        for header in reversed(self._headers):  # innermost first: a mended sum is covered by the outer ones
            for f in header.fields:
                if f.checksum is not None:
                    found = self._mended(header, f, f.checksum, touched)
                    if found.covered or any(fields for _, fields in found.pseudo):
                        self.mended.append(found)
                        touched.setdefault(header.name, []).append(f.name)

    @property
    def received(self) -> Changed:
        """The fields of which egress has to know what was received."""
        found: dict[tuple[str, str], None] = {}
        for mended in self.mended:
            for header, fields in (*mended.covered, *mended.pseudo):
                found.update(((header.name, f.name), None) for f in fields)
        return list(found)

    def _mended(self, header: Header, field: HeaderField, checksum: Checksum, touched: dict[str, list[str]]) -> Mended:
        whole = checksum.kind is not ChecksumKind.HEADER
        covered = [
            (other, tuple(other.field_named(name) for name in touched[other.name]))
            for other in self._headers
            if other.name in touched and (other is header or (whole and other.name in self._after[header.name]))
        ]
        pseudo: list[tuple[Header, tuple[HeaderField, ...]]] = []
        if checksum.kind is ChecksumKind.TRANSPORT:
            passed: set[str] = set()
            for other in reversed(self._headers):
                if header.name in self._after[other.name] and any(f.pseudo for f in other.fields):
                    names = touched.get(other.name, ())
                    pseudo.append((other, tuple(f for f in other.fields if f.pseudo and f.name in names)))
                    passed.add(other.name)
                    if not _is_reached(header, self._headers, without=passed):
                        break  # every packet with this header has one of those
        return Mended(header, field, tuple(covered), tuple(self._deciding(pseudo)))

    def _deciding(
        self, pseudo: list[tuple[Header, tuple[HeaderField, ...]]]
    ) -> list[tuple[Header, tuple[HeaderField, ...]]]:
        """Without the headers that have nothing to mend and stand in front of none that has."""
        return [
            (header, fields)
            for place, (header, fields) in enumerate(pseudo)
            if fields or any(later and header.name in self._after[outer.name] for outer, later in pseudo[place + 1 :])
        ]


def outermost_first(headers: tuple[Header, ...]) -> list[Header]:
    """Every header behind all those that it can follow, else in declaration order."""
    placed: dict[str, Header] = {}
    waiting = list(headers)
    while waiting:
        ready = next(h for h in waiting if all(rule.previous in placed for rule in h.rules))
        placed[ready.name] = ready
        waiting.remove(ready)
    return list(placed.values())


def _reachable(headers: tuple[Header, ...]) -> dict[str, set[str]]:
    """For each header those that can come after it in a packet."""
    following: dict[str, set[str]] = {h.name: set() for h in headers}
    for header in headers:
        for rule in header.rules:
            following[rule.previous].add(header.name)
    found: dict[str, set[str]] = {}
    for header in reversed(outermost_first(headers)):
        found[header.name] = set(following[header.name])
        for after in following[header.name]:
            found[header.name] |= found[after]
    return found


def _is_reached(header: Header, headers: list[Header], *, without: set[str]) -> bool:
    """Whether a packet can have `header` behind none of the headers `without`."""
    reached: set[str] = set()
    for other in headers:  # outermost first
        starts = not other.rules or any(rule.previous in reached for rule in other.rules)
        if starts and other.name not in without:
            reached.add(other.name)
    return header.name in reached
