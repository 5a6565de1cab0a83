"""What speaks against serving a cacheable path from rules that hear of changes late."""

from __future__ import annotations

import pytest

from compiler.analyses.cacheable import classify_paths
from compiler.analyses.rule_paths import find_rule_paths
from compiler.load import load_source
from compiler.source import Source

CHANGE = "if p.ipv4.ttl == 7 { entry.set(9); send a } "


def reasons(options: str, *, between: str = "") -> set[str]:
    """Against rules for the packets that find their entry."""
    text = f"""
        use std::net;
        port a, b;
        state m: map<ip4, u8> {{ capacity: 16{options} }}
        on a (p: ipv4) {{
            let entry = m.find(p.ipv4.src);
            if !entry.present {{ entry.set(1) else {{}} drop }}
            {between}
            send b;
        }}
        on a | b (_) {{ drop }}
    """
    program = load_source(Source("test.weft", text)).program
    found = [path for path in find_rule_paths(program, classify_paths(program)) if path.cached.states == ("m",)]
    assert found
    return {reason.text for path in found for reason in path.reasons}


def test_an_entry_that_is_only_added_may_be_served() -> None:
    assert reasons("") == set()


@pytest.mark.parametrize("granted", ["", ", grain: 1s"])
def test_an_idle_time_needs_a_grain(granted: str) -> None:
    (reason,) = reasons(f", idle: 60s{granted}")
    assert "no `grain` of 2 s" in reason


def test_a_grain_permits_late_expiry() -> None:
    assert reasons(", idle: 60s, grain: 2s") == set()


def test_a_short_idle_time_is_over_before_a_rule_is_asked() -> None:
    (reason,) = reasons(", idle: 7s, grain: 2s")
    assert "below 8 s" in reason


def test_a_change_of_a_living_entry_is_told_with_its_line() -> None:
    (reason,) = reasons("", between=CHANGE)
    assert "line 8 changes entries of `m`" in reason


def test_a_removal_is_a_change() -> None:
    (reason,) = reasons("", between="if p.ipv4.ttl == 7 { entry.remove(); send a }")
    assert "line 8 changes entries of `m`" in reason


def test_relaxed_permits_changes() -> None:
    assert reasons(", relaxed: true", between=CHANGE) == set()
