"""Checksums that cannot be mended: their words would have to be cut in the middle."""

from __future__ import annotations

from backends.p4.layout import Layout
from backends.p4.parser import blob_of
from compiler.diagnostics import Note, Reporter
from compiler.ir.headers import Header
from compiler.ir.program import Program

ODD_DISTANCE = "W0809"


def check_checksum_alignment(layout: Layout, reporter: Reporter) -> None:
    """What a checksum covers and the program changes begins an even number of bytes behind the checksum's header."""
    program = layout.program
    sources = dict(zip((h.name for h in program.headers), layout.source.headers, strict=True))
    for mended in layout.checksums.mended:
        odd = _can_be_at_odd_distance(mended.header, program)
        for covered, fields in mended.covered:
            between = odd.get(covered.name)
            if between is not None and fields:
                reporter.error(
                    ODD_DISTANCE,
                    f"`{sources[covered.name].name}.{fields[0].name}` changes, but can be an odd number of bytes "
                    f"behind `{sources[mended.header.name].name}`, whose checksum covers it",
                    sources[covered.name].span,
                    notes=[Note(sources[between].span, "this header can have an odd number of bytes")],
                    help="give every header between the two an even length",
                )


def _can_be_at_odd_distance(first: Header, program: Program) -> dict[str, str]:
    """The headers that can begin an odd number of bytes behind `first`, each with a header that makes it so."""
    parities: dict[str, set[int]] = {first.name: {0}}
    blame: dict[str, str] = {}
    by_name = {h.name: h for h in program.headers}
    waiting = [first.name]
    while waiting:
        name = waiting.pop()
        header = by_name[name]
        after = {(parity + length) % 2 for parity in parities[name] for length in _length_parities(header)}
        for later in program.headers:
            if not any(rule.previous == name for rule in later.rules):
                continue
            known = parities.setdefault(later.name, set())
            if not after <= known:
                known |= after
                if 1 in after:
                    blame.setdefault(later.name, name if 1 in _length_parities(header) else blame.get(name, name))
                waiting.append(later.name)
    return {name: blame[name] for name, found in parities.items() if 1 in found}


def _length_parities(header: Header) -> frozenset[int]:
    """Whether the header's bytes can be even (0) in number, or odd (1)."""
    if blob_of(header) is None or header.blob_length is None:
        return frozenset({header.fixed_bytes % 2})
    if any(scale % 2 for _, scale in header.blob_length.terms):
        return frozenset({0, 1})
    return frozenset({(header.fixed_bytes + header.blob_length.constant) % 2})
