from __future__ import annotations

import pytest

from compiler.analyses import check_entries
from compiler.diagnostics import Diagnostic, Severity, render_diagnostic
from compiler.ir.operations import BinaryOperator
from compiler.ir.program import Program
from compiler.ir.values import Value, constant
from tests.compiler.analyses.build import Build, array_state, lease_state, map_state
from tests.compiler.analyses.programs import bridge, firewall, load_balancer, nat, pool_nat

ONE = constant(1, 32)


def two_finds() -> tuple[Build, tuple[Value, ...]]:
    build = Build(map_state("m", [32], [32]))
    return build, build.fields("ipv4.src", "ipv4.dst")


def findings(build: Build) -> tuple[Diagnostic, ...]:
    build.line = 30
    build.drop()
    return check_entries(build.program())


def test_an_entry_written_through_after_another_key_was_put_is_stale() -> None:
    build, (src, dst) = two_finds()
    build.line = 3
    first = build.find("m", [src], [32])
    build.line = 4
    second = build.find("m", [dst], [32])
    build.line = 5
    build.insert(second, ONE)
    build.line = 6
    build.insert(first, ONE)
    (found,) = findings(build)
    assert (found.code, found.severity, found.span.line) == ("W0901", Severity.ERROR, 6)
    assert [note.span.line for note in found.notes] == [3, 5]
    assert "line 5 wrote the map since line 3 found it" in render_diagnostic(found)


def test_a_removal_through_a_stale_entry_is_found_too() -> None:
    build, (src, dst) = two_finds()
    first = build.find("m", [src], [32])
    build.insert(build.find("m", [dst], [32]), ONE)
    build.line = 8
    build.remove(first)
    assert [found.span.line for found in findings(build)] == [8]


def test_finding_again_cures_it() -> None:
    build, (src, dst) = two_finds()
    build.find("m", [src], [32])
    build.insert(build.find("m", [dst], [32]), ONE)
    build.insert(build.find("m", [src], [32]), ONE)
    assert findings(build) == ()


@pytest.mark.parametrize("kind", ["same key", "equal key", "exclusive", "present", "other present", "other map"])
def test_what_cannot_be_stale_is_not_reported(kind: str) -> None:
    build = Build(map_state("m", [32], [32]), map_state("n", [32], [32]))
    src, dst = build.fields("ipv4.src", "ipv4.dst")
    first = build.find("m", [src], [32])
    other_key = {"same key": src, "equal key": build.fields("ipv4.src")[0]}.get(kind, dst)
    other = build.find("n" if kind == "other map" else "m", [other_key], [32])
    tcp = build.present("tcp")
    with build.when(other.present if kind == "other present" else tcp):
        build.insert(other, ONE)
    with build.when(first.present if kind == "present" else tcp, truth=kind != "exclusive"):
        build.insert(first, constant(2, 32))
    assert findings(build) == ()


def test_keys_that_a_computation_makes_equal_by_chance_are_reported() -> None:
    build, (src, _) = two_finds()
    first = build.find("m", [src], [32])
    next_key = build.binary(BinaryOperator.ADD, src, 1)
    build.insert(build.find("m", [next_key], [32]), ONE)
    build.insert(first, ONE)
    assert [found.code for found in findings(build)] == ["W0901"]


def test_a_taken_port_is_lost_at_a_full_set() -> None:
    (found,) = check_entries(pool_nat())
    assert (found.code, found.severity, found.span.line) == ("W0902", Severity.WARNING, 5)
    assert [note.span.line for note in found.notes] == [7]
    assert found.help is not None
    assert "has_room" in found.help


def test_asking_for_room_first_cures_it() -> None:
    assert check_entries(pool_nat(check_room=True)) == ()


@pytest.mark.parametrize(
    ("kind", "lost"), [("closed", False), ("kept", False), ("rewritten", True), ("none taken", False), ("sent", False)]
)
def test_what_counts_as_keeping_an_id(kind: str, lost: bool) -> None:
    build = Build(lease_state("ids"), array_state("cells"))
    opened = build.lease_open("ids")
    match kind:
        case "closed":
            build.lease_close("ids", opened.id)
        case "kept":
            build.store("cells", 0, build.resize(opened.id, 32))
        case "rewritten":
            build.write("tcp.sport", opened.id)
        case "none taken":
            with build.when(opened.done):
                build.send(1)
            build.enter(opened.done, truth=False)
        case _:
            build.send(1)
            assert check_entries(build.program()) == ()
            return
    assert bool(findings(build)) == lost


@pytest.mark.parametrize("program", [nat(), firewall(), load_balancer(), bridge()])
def test_the_other_programs_have_no_findings(program: Program) -> None:
    assert check_entries(program) == ()
