from __future__ import annotations

import json

from compiler.analyses import explain, explanation_data, render_explanation
from tests.compiler.analyses.programs import bridge, firewall, load_balancer, nat


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def test_a_program_of_one_share_is_told_what_a_declaration_would_do_and_cost() -> None:
    text = render_explanation(explain(nat(shares=1)))
    assert "1 share; `shares 64;` would split the state by a hash of" in lines(text)
    assert (
        "sessions: by (id); 64512 in all become 1008 a share, and a share can be full before the others are"
        in lines(text)
    )
    assert "wan: tcp.dport or udp.dport" in lines(text)


def test_a_sharded_program() -> None:
    found = lines(render_explanation(explain(nat(shares=64))))
    assert "64 shares; a packet's share is a hash of" in found
    assert "sessions, by_flow: stays together, lines 6, 11" in found
    assert "sessions: sharded: equal (id) imply equal share [test.weft:6:1]" in found


def test_a_path_says_what_stops_it_with_the_line() -> None:
    found = lines(render_explanation(explain(load_balancer())))
    place = found.index("clients: send (line 18) where the key is not in `connections` (line 8) (2 paths)")
    assert found[place + 1] == (
        "not cacheable: line 14 inserts into `connections`; line 8 does not find the key in `connections`"
    )


def test_a_program_that_cannot_be_split_says_so() -> None:
    found = lines(render_explanation(explain(bridge())))
    assert "4 shares: no state can be split" in found
    assert any(line.startswith("stations: not split: one packet enters") for line in found)


def test_too_many_paths_are_said_to_be_so() -> None:
    explanation = explain(firewall(), limit=5)
    assert not explanation.complete
    assert "(a handler has more paths than were followed; those are not among these)" in lines(
        render_explanation(explanation)
    )


def test_the_data_hold_the_same_facts_as_plain_json() -> None:
    data = json.loads(json.dumps(explanation_data(explain(firewall()))))
    assert set(data) == {"states", "atoms", "shares", "cores", "paths", "complete"}
    refused = next(state for state in data["states"] if state["state"] == "refused")
    assert (refused["class"], refused["operator"], refused["identity"]) == ("mergeable", "add", 0)
    stopped = [path for path in data["paths"] if not path["cacheable"]]
    assert {"file": "test.weft", "line": 8, "column": 1} in [r["at"] for path in stopped for r in path["reasons"]]
    assert len(data["paths"]) == 15 + 2 + 4 + 2  # inside; not TCP; outside; neither
