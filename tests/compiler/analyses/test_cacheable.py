"""Which paths a rule may serve: by hand on the headline programs, and on random ones by keeping a cache."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compiler.analyses import CachedPath, classify_paths
from compiler.analyses.value_numbers import number_values
from compiler.ir.fields import results
from compiler.ir.operations import (
    BinaryOperator,
    Clone,
    CompareOperator,
    Flood,
    Hash,
    HashAlgorithm,
    MapFind,
    MapPut,
    Operation,
    PacketFact,
    ReadField,
    WriteField,
)
from compiler.ir.program import Program
from compiler.ir.values import Value, constant
from sim.interpreter import Machine, PacketTrace, Trace
from sim.state import build_states
from tests.compiler.analyses.build import (
    Build,
    array_state,
    counter_state,
    map_state,
    meter_state,
    table_state,
)
from tests.compiler.analyses.programs import bridge, firewall, load_balancer, nat
from tests.compiler.analyses.random_programs import random_packets, random_program

L3 = {"ipv4.src", "ipv4.dst"}


def ends_at(program: Program, line: int) -> list[CachedPath]:
    found = classify_paths(program).paths
    return [path for path in found if program.operations[path.path.final].span.line == line]


def reasons(path: CachedPath) -> list[str]:
    return [reason.text for reason in path.reasons]


def test_the_nat_is_served_but_for_what_opens_a_session() -> None:
    lan = ends_at(nat(), 8)
    assert [path.cacheable for path in lan] == [False, True, False, True]  # opened and found, by TCP and UDP
    assert reasons(lan[0]) == ["line 6 opens a session and inserts it into `by_flow`"]
    assert set(lan[1].key) == {*L3, "tcp.sport", "tcp.dport"}
    assert set(lan[3].key) == {*L3, "udp.sport", "udp.dport"}
    assert lan[1].rewrites[0] == "ipv4.src = 0xcb007101"
    assert lan[1].match == ("port == 0", "tcp present")
    wan = ends_at(nat(), 13)
    assert [(path.cacheable, path.key) for path in wan] == [(True, ("tcp.dport",)), (True, ("udp.dport",))]
    missed = ends_at(nat(), 11)
    assert {text for path in missed for text in reasons(path)} == {"line 11 does not find the key in `sessions`"}


def test_the_firewall_is_read_mostly_though_it_writes_on_every_packet() -> None:
    acks = ends_at(firewall(), 10)
    assert [path.cacheable for path in acks] == [True, False]
    assert reasons(acks[1]) == ["line 10 changes an entry of `flows`"]
    assert acks[0].match[-2:] == ("tcp.flags & 1 == 0", "tcp.flags & 4 == 0")
    syns = ends_at(firewall(), 8)
    assert {text for path in syns for text in reasons(path)} == {
        "line 8 changes an entry of `flows`",
        "line 6 does not find the key in `flows`",
        "line 8 inserts into `flows`",
    }
    assert all(path.cacheable for path in ends_at(firewall(), 22))


@pytest.mark.parametrize("counts", ["", "counter"])
def test_the_load_balancer_is_served_where_the_connection_stays(counts: str) -> None:
    paths = ends_at(load_balancer(counts=counts), 18)
    served = [path for path in paths if path.cacheable]
    assert len(served) == 2  # TCP and UDP
    assert served[0].states == ("connections", "maglev", "backends")
    assert served[0].rewrites[-1] == "ipv4.ttl - 1 (dec_ttl)"
    assert served[0].counts == (("seen",) if counts else ())
    stopped = {text for path in paths for text in reasons(path)}
    assert "line 14 inserts into `connections`" in stopped
    assert "line 14 changes an entry of `connections`" in stopped


def test_a_running_total_stops_every_path() -> None:
    paths = ends_at(load_balancer(counts="running"), 18)
    assert paths
    assert all("line 15 uses the running value of `bytes`" in reasons(path) for path in paths)


def test_a_bridge_rule_matches_what_the_entry_is_compared_with() -> None:
    (served,) = [path for path in classify_paths(bridge()).paths if path.cacheable]
    assert served.key == ("eth.dst", "eth.src", "port")


def found_entry(build: Build) -> None:
    """Everything after stands where `m` has the key (udp.dport)."""
    build.line = 3
    found = build.find("m", [build.field("udp.dport")], [32])
    with build.when(found.present, truth=False):
        build.drop()
    build.enter(found.present)


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("computed", "line 20 writes a computed value (ipv4.tos + 1)"),
        ("other field", "line 20 writes a computed value (ipv4.src)"),
        ("two less", "line 20 writes a computed value (ipv4.ttl - 2)"),
        ("from one", "line 20 writes a computed value (1 - ipv4.ttl)"),
        ("wrong field", "line 20 writes a computed value (ipv4.ttl - 1)"),
        ("time", "line 20 decides by the arrival time"),
        ("length", "line 20 decides by the packet's length"),
        ("random", "line 20 decides by a random number"),
        ("hash", "line 20 decides by a hash"),
        ("clone", "line 20 clones"),
        ("flood", "line 20 floods"),
        ("meter", "line 20 takes tokens from `tokens`"),
        ("remove", "line 20 removes from `m`"),
        ("array", "line 20 writes `cells`"),
        ("max", "line 20 updates `cells` by `max`"),
        ("amount", "line 20 adds to `cells` what is neither packets nor bytes"),
        ("read", "line 20 adds to `cells`, but line 25 reads `cells`"),
        ("untested", "line 20 does not find the key in `m`"),
        ("miss", "line 20 does not find the key in `m`"),
    ],
)
def test_what_stops_a_path(what: str, expected: str) -> None:
    build = Build(map_state("m", [16], [32]), meter_state("tokens"), array_state("cells"))
    found_entry(build)
    build.line = 20
    decided = None
    if not put_write(build, what) and not put_access(build, what):
        decided = put_condition(build, what)
    if decided is not None:
        with build.when(decided):
            build.send(1)
        build.enter(decided, truth=False)
    if what != "flood":
        build.send(0)
    paths = classify_paths(build.program()).paths
    assert expected in reasons(paths[1] if what in ("miss", "untested") else paths[0])


def put_write(build: Build, what: str) -> bool:
    ttl, subtract = build.field("ipv4.ttl"), BinaryOperator.SUB
    match what:
        case "computed":
            build.write("ipv4.tos", build.binary(BinaryOperator.ADD, build.field("ipv4.tos"), 1))
        case "other field":
            build.write("ipv4.dst", build.field("ipv4.src"))
        case "two less":
            build.write("ipv4.ttl", build.binary(subtract, ttl, 2))
        case "from one":
            build.write("ipv4.ttl", build.binary(subtract, constant(1, 8), ttl))
        case "wrong field":
            build.write("ipv4.proto", build.binary(subtract, ttl, 1))
        case _:
            return False
    return True


def put_access(build: Build, what: str) -> bool:
    match what:
        case "clone":
            build.put(Clone, port=constant(1, 16))
        case "flood":
            build.put(Flood)
        case "meter":
            build.meter("tokens", 1)
        case "remove":
            build.remove(build.find("m", [build.field("udp.dport")], [32]))
        case "array":
            build.store("cells", 1, 1)
        case "max":
            build.update("cells", 1, 1, BinaryOperator.MAX)
        case "amount":
            build.update("cells", 1, build.field("ipv4.src"))
        case "read":
            build.update("cells", 1, 1)
            build.line = 25
            build.write("ipv4.id", build.read("cells", 1))
        case "untested":
            build.find("m", [build.field("udp.sport")], [32])
        case _:
            return False
    return True


def put_condition(build: Build, what: str) -> Value:
    match what:
        case "time":
            return build.compare(CompareOperator.GT, build.fact(PacketFact.NOW), 5)
        case "length":
            return build.compare(CompareOperator.GT, build.fact(PacketFact.LENGTH), 500)
        case "random":
            number = build.put(Hash, result=build.new(32), algorithm=HashAlgorithm.RANDOM, index=1, parts=())
            return build.compare(CompareOperator.LT, number.result, 100)
        case "hash":
            return build.compare(CompareOperator.LT, build.hash(build.field("ipv4.src")), 100)
        case _:
            return build.negate(build.find("m", [build.field("udp.sport")], [32]).present)


@pytest.mark.parametrize("what", ["looked up", "key field", "length counted", "one counted", "flags", "ttl", "table"])
def test_what_a_rule_may_do(what: str) -> None:
    build = Build(map_state("m", [16], [32]), counter_state("hits"), array_state("cells"), table_state("t", 16, [32]))
    found_entry(build)
    found = build.find("m", [build.field("udp.dport")], [32])
    build.enter(found.present)
    dport = build.field("udp.dport")
    match what:
        case "looked up":
            build.write("ipv4.src", found.values[0])
        case "key field":
            build.write("udp.sport", build.binary(BinaryOperator.ADD, dport, 1))
        case "length counted":
            build.update("cells", 1, build.fact(PacketFact.LENGTH))
        case "one counted":
            build.count("hits", build.resize(dport, 32))
        case "flags":
            build.enter(build.equal(build.field("tcp.flags"), 0))
        case "ttl":
            build.write("ipv4.ttl", build.binary(BinaryOperator.ADD, build.field("ipv4.ttl"), 255))
        case _:
            build.write("ipv4.src", build.table("t", build.resize(found.values[0], 16), [32]).values[0])
    build.send(1)
    path = classify_paths(build.program()).paths[0]
    assert (reasons(path), path.key) == ([], ("udp.dport",))


def test_the_index_of_a_counter_becomes_part_of_the_key() -> None:
    build = Build(counter_state("hits"))
    build.count("hits", build.resize(build.field("ipv4.proto"), 32))
    build.send(1)
    (path,) = classify_paths(build.program()).paths
    assert (path.cacheable, path.key, path.counts) == (True, ("ipv4.proto",), ("hits",))


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_a_cache_filled_from_served_paths_is_right(seed: int) -> None:
    """What a served path does is a function of path and key, until a packet takes a path that is not served."""
    random = Random(seed)
    program = random_program(random, shares=1)
    classified = classify_paths(program, limit=1_000)
    assume(classified.complete)
    numbers = number_values(program)
    trace = Trace()
    machine = Machine(program, states=build_states(program), observer=trace)
    cache: dict[object, object] = {}
    for packet in random_packets(random, 60):
        machine.process(packet.data, port=packet.port, now=packet.now)
        seen = trace.packets[-1]
        taken = _taken(program, seen, classified.paths, numbers.of_value)
        if not taken.cacheable:
            cache.clear()
            continue
        key = (taken.path.decisions, *(_field(seen, name) for name in taken.key))
        assert cache.setdefault(key, _actions(seen, taken)) == _actions(seen, taken)


def _taken(
    program: Program, seen: PacketTrace, paths: tuple[CachedPath, ...], expressions: Mapping[int, int]
) -> CachedPath:
    """The path whose decisions came out so."""
    actual: dict[int, object] = {}
    for execution in seen.executions:
        for value, result in zip(results(execution.operation), execution.results, strict=True):
            actual[expressions[value.number]] = bool(result)
    same = {place for place, operation in enumerate(program.operations) if _wrote_the_same(seen, operation)}
    possible = [
        path
        for path in paths
        if all(d.expression is None or actual.get(d.expression) is d.truth for d in path.path.decisions)
        and path.path.unchanged <= same
    ]
    return max(possible, key=lambda path: len(path.path.unchanged))


def _wrote_the_same(seen: PacketTrace, operation: Operation) -> bool:
    """Whether the packet put into an entry, present when it was found, the values that were in it."""
    done = next((execution for execution in seen.executions if execution.operation is operation), None)
    if done is None or not isinstance(operation, MapPut):
        return False
    finds = [execution for execution in seen.executions if isinstance(execution.operation, MapFind)]
    find = next(f for f in finds if isinstance(f.operation, MapFind) and f.operation.slot == operation.slot)
    present, _, _, *values = find.results
    return bool(present) and values == list(done.operands[-len(values) :])


def _field(seen: PacketTrace, name: str) -> object:
    if name == "port":
        return seen.arrival.port
    if name.endswith(" present"):
        return name.removesuffix(" present") in seen.arrival.headers
    header, _, field = name.partition(".")
    for execution in seen.executions:
        operation = execution.operation
        if isinstance(operation, ReadField) and (operation.header, operation.field) == (header, field):
            return execution.results
    return None


def _actions(seen: PacketTrace, path: CachedPath) -> object:
    writes = [
        (execution.operation.header, execution.operation.field, execution.operands)
        for execution in seen.executions
        if isinstance(execution.operation, WriteField)
    ]
    return writes, seen.executions[-1].operation, seen.executions[-1].operands, path.path.final
