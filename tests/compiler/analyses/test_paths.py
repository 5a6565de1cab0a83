"""Paths: by hand on small programs, and against the interpreter on random ones."""

from __future__ import annotations

from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compiler.analyses import PacketPath, find_paths
from compiler.analyses.value_numbers import number_values
from compiler.ir.fields import results
from compiler.ir.operations import BinaryOperator, CompareOperator, PacketFact, Pure
from compiler.ir.program import Program
from compiler.ir.values import constant
from compiler.ir.verify import verify
from sim.interpreter import Machine, Trace
from sim.state import build_states
from tests.compiler.analyses.build import Build, array_state, map_state
from tests.compiler.analyses.programs import firewall, nat
from tests.compiler.analyses.random_programs import random_packets, random_program


def decisions(program: Program) -> list[list[str]]:
    return [[str(decision) for decision in path.decisions] for path in find_paths(program).paths]


def test_a_nested_guard_is_decided_only_where_its_parent_holds() -> None:
    build = Build(array_state("a"))
    outer = build.present("tcp")
    with build.when(outer):
        inner = build.equal(build.field("tcp.sport"), 7)
        with build.when(inner):
            build.store("a", 0, 1)
        build.send(1)
    with build.when(outer, truth=False):
        build.drop()
    assert decisions(build.program()) == [
        ["tcp present", "tcp.sport == 7"],
        ["tcp present", "not (tcp.sport == 7)"],
        ["not (tcp present)"],
    ]


def test_two_values_of_one_field_contradict() -> None:
    build = Build(array_state("a"))
    flags = build.field("tcp.flags")
    for number in range(3):
        with build.when(build.equal(flags, number + 1)):
            build.store("a", number, 1)
    build.drop()
    assert len(find_paths(build.program()).paths) == 4


def test_ports_are_no_more_than_the_program_has() -> None:
    build = Build(array_state("a"), ports=("one", "two", "three"))
    for number in range(3):
        with build.when(build.on_port(number)):
            build.store("a", number, 1)
    build.drop()
    paths = find_paths(build.program()).paths
    assert [len(path.decisions) for path in paths] == [1, 2, 2]  # the third port is what is left


def test_alternative_headers_exclude_each_other_and_need_the_one_before() -> None:
    build = Build(array_state("a"))
    for header in ("tcp", "udp", "arp", "ipv4"):
        with build.when(build.present(header)):
            build.store("a", 0, 1)
    build.drop()
    assert decisions(build.program()) == [
        ["tcp present"],
        ["not (tcp present)", "udp present"],
        ["not (tcp present)", "not (udp present)", "arp present"],
        ["not (tcp present)", "not (udp present)", "not (arp present)", "ipv4 present"],
        ["not (tcp present)", "not (udp present)", "not (arp present)", "not (ipv4 present)"],
    ]


def test_a_parse_rule_fixes_the_field_before() -> None:
    build = Build(array_state("a"))
    is_udp = build.equal(build.field("ipv4.proto"), 17)
    with build.when(build.present("tcp")):
        with build.when(is_udp):
            build.store("a", 0, 1)
        build.store("a", 1, 1)
    build.drop()
    assert decisions(build.program()) == [["tcp present"], ["not (tcp present)"]]


def test_masks_ranges_and_booleans_are_seen_through() -> None:
    build = Build(array_state("a"))
    flags, sport = build.field("tcp.flags"), build.field("tcp.sport")
    syn = build.equal(build.binary(BinaryOperator.AND, flags, 0x12), 2)
    low = build.compare(CompareOperator.LT, sport, 10)
    with build.when(build.both(syn, low)):
        with build.when(build.equal(build.binary(BinaryOperator.AND, flags, 0x10), 0)):
            build.store("a", 0, 1)
        with build.when(build.compare(CompareOperator.GE, sport, 10)):
            build.store("a", 1, 1)
        with build.when(build.negate(low)):
            build.store("a", 2, 1)
        build.send(0)
    build.enter(build.both(syn, low), truth=False)
    build.drop()
    first = find_paths(build.program()).paths[0]
    assert [str(d) for d in first.decisions] == ["tcp.flags & 18 == 2", "tcp.sport < 10"]
    assert len(first.operations) == 2


def test_a_put_that_finds_its_value_is_a_path_of_its_own() -> None:
    build = Build(map_state("m", [16], [8]))
    found = build.find("m", [build.field("udp.dport")], [8])
    build.line = 4
    build.insert(found, constant(3, 8))
    build.drop()
    assert decisions(build.program()) == [
        ["`m` has the key", "`m` already holds what line 4 writes"],
        ["`m` has the key", "not (`m` already holds what line 4 writes)"],
        ["not (`m` has the key)"],
    ]


def test_a_put_that_writes_the_found_value_back_changes_nothing() -> None:
    build = Build(map_state("m", [16], [8]))
    found = build.find("m", [build.field("udp.dport")], [8])
    with build.when(found.present):
        build.insert(found, found.values[0])
    build.drop()
    paths = find_paths(build.program()).paths
    assert [sorted(path.unchanged) for path in paths] == [[2], []]


def test_a_second_put_is_a_write_whatever_it_writes() -> None:
    """The first one may have changed the entry, so that putting the found value back is no read."""
    build = Build(map_state("m", [16], [8]))
    found = build.find("m", [build.field("udp.dport")], [8])
    with build.when(found.present):
        build.insert(found, constant(3, 8))
        build.insert(found, found.values[0])
    build.drop()
    changing = find_paths(build.program()).paths[1]
    assert len(changing.operations) == 4
    assert not changing.unchanged


def test_values_of_an_absent_entry_are_zero() -> None:
    build = Build(map_state("m", [16], [8]), array_state("a"))
    found = build.find("m", [build.field("udp.dport")], [8])
    with build.when(found.present, truth=False):
        with build.when(build.equal(found.values[0], 3)):
            build.store("a", 0, 1)
        build.drop()
    with build.when(found.present):
        build.send(1)
    assert decisions(build.program()) == [["`m` has the key"], ["not (`m` has the key)"]]


def test_a_shift_of_a_truth_value_is_one_condition() -> None:
    build = Build(array_state("a"))
    shifted = build.binary(BinaryOperator.SHL, build.present("tcp"), build.field("ipv4.ttl"))
    with build.when(shifted):
        build.store("a", 0, 1)
    build.drop()
    assert len(find_paths(build.program()).paths) == 2


def test_the_cap_is_reported() -> None:
    build = Build(array_state("a", 16))
    for bit in range(8):
        with build.when(build.bit(build.field("tcp.flags"), bit)):
            build.store("a", bit, 1)
    build.drop()
    program = build.program()
    assert (len(find_paths(program).paths), find_paths(program).complete) == (256, True)
    assert (len(find_paths(program, limit=100).paths), find_paths(program, limit=100).complete) == (100, False)


def test_paths_name_their_handler_and_final() -> None:
    program = firewall()
    finals = {(path.handler, program.operations[path.final].span.line) for path in find_paths(program).paths}
    assert finals == {(0, 8), (0, 9), (0, 10), (0, 11), (1, 21), (1, 22), (-1, 30)}
    assert len(find_paths(nat()).paths) == 12


def test_a_choice_between_numbers_is_decided_by_what_chooses() -> None:
    build = Build(array_state("a"))
    chosen = build.select(build.present("tcp"), constant(1, 8), constant(2, 8))
    with build.when(build.equal(chosen, 1)):
        build.store("a", 0, 1)
    with build.when(build.equal(chosen, 2)):
        build.store("a", 1, build.fact(PacketFact.LENGTH))
    build.drop()
    assert decisions(build.program()) == [["tcp present"], ["not (tcp present)"]]


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_every_packet_takes_one_path_and_what_is_known_there_is_true(seed: int) -> None:
    random = Random(seed)
    program = random_program(random, shares=1)
    verify(program)
    found = find_paths(program, limit=2_000)
    assume(found.complete)
    numbers = number_values(program)
    places = {id(operation): place for place, operation in enumerate(program.operations)}
    trace = Trace()
    machine = Machine(program, states=build_states(program), observer=trace)
    for packet in random_packets(random, 30):
        machine.process(packet.data, port=packet.port, now=packet.now)
        actual: dict[int, int] = {}
        carried: list[int] = []
        for execution in trace.packets[-1].executions:
            place = places[id(execution.operation)]
            for value, result in zip(results(execution.operation), execution.results, strict=True):
                assert isinstance(result, int)
                actual[numbers.of(value)] = result
            if not isinstance(execution.operation, Pure):
                carried.append(place)
        taken = [path for path in found.paths if _agrees(path, actual)]
        assert {path.operations for path in taken} == {tuple(carried)}
        for number, value in actual.items():
            assert any(path.known.value(number) in (None, value) for path in taken)


def _agrees(path: PacketPath, actual: dict[int, int]) -> bool:
    """Whether all of the path's decisions on conditions are as they came out."""
    tests = [decision for decision in path.decisions if decision.expression is not None]
    return all(
        d.expression in actual and bool(actual[d.expression]) == d.truth for d in tests if d.expression is not None
    )
