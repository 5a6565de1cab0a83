"""What two engines make of the same packets, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from tests.engines import Outcome


def differences(expected: Outcome, found: Outcome) -> list[str]:
    """A line for every port, state and the digests that are not the same."""
    lines: list[str] = []
    for port in sorted({*expected.emissions, *found.emissions}):
        lines += _sequences(
            f"packets by {port}",
            [p.hex() for p in expected.emissions.get(port, ())],
            [p.hex() for p in found.emissions.get(port, ())],
        )
    lines += _sequences("digests", list(map(str, expected.digests)), list(map(str, found.digests)))
    for name in sorted({*expected.state, *found.state}):
        if expected.state.get(name) != found.state.get(name):
            lines.append(f"state {name}: {expected.state.get(name)} became {found.state.get(name)}")
    return lines


def _sequences(what: str, expected: Sequence[str], found: Sequence[str]) -> list[str]:
    if expected == found:
        return []
    pairs = zip(expected, found, strict=False)
    at = next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(expected), len(found)))
    one, other = (texts[at] if at < len(texts) else "nothing" for texts in (expected, found))
    return [f"{what}: {len(expected)} became {len(found)}; number {at}: {one} became {other}"]
