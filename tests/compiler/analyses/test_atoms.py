from __future__ import annotations

import pytest

from compiler.analyses import Atoms, find_atoms
from compiler.ir.operations import BinaryOperator, CompareOperator, UnaryOperator
from compiler.ir.states import Array
from tests.compiler.analyses.build import Build, array_state, map_state, table_state
from tests.compiler.analyses.programs import firewall, load_balancer, nat

A_AND_B: tuple[Array, Array] = (array_state("A"), array_state("B"))


def atoms_of(build: Build) -> Atoms:
    build.drop()
    return find_atoms(build.program())


def names(atoms: Atoms) -> list[str]:
    return [atom.name for atom in atoms.atoms]


def test_states_without_a_flow_between_them_are_two_atoms() -> None:
    """x = A; A = 1; y = B; B = 1; stamp(x, y)"""
    build = Build(*A_AND_B)
    build.line = 2
    x = build.read("A", 0)
    build.store("A", 0, 1)
    build.line = 3
    y = build.read("B", 0)
    build.store("B", 0, 1)
    build.line = 4
    build.write("ipv4.src", x)
    build.write("ipv4.dst", y)
    atoms = atoms_of(build)
    assert names(atoms) == ["A", "B"]
    assert [atom.lines for atom in atoms.atoms] == [(2,), (3,)]


def test_a_flow_one_way_leaves_two_atoms() -> None:
    build = Build(*A_AND_B)
    build.store("B", 0, build.update("A", 0, 1))
    assert names(atoms_of(build)) == ["A", "B"]


def test_a_flow_there_and_back_makes_one_atom() -> None:
    """x = A; B = x + B; A = B"""
    build = Build(*A_AND_B)
    sum_ = build.binary(BinaryOperator.ADD, build.read("A", 0), build.read("B", 0))
    build.store("B", 0, sum_)
    build.store("A", 0, sum_)
    atoms = atoms_of(build)
    assert names(atoms) == ["A, B"]
    assert set(atoms.atoms[0].operations) == {0, 1, 2, 3, 4}  # the sum lies on the way


def test_a_flow_back_through_a_guard_makes_one_atom() -> None:
    build = Build(*A_AND_B)
    with build.when(build.compare(CompareOperator.GT, build.read("A", 0), 3)):
        build.update("B", 0, 1)
    with build.when(build.compare(CompareOperator.GT, build.read("B", 1), 3)):
        build.store("A", 1, 0)
    assert names(atoms_of(build)) == ["A, B"]


def test_order_alone_ties_nothing() -> None:
    """Both states are written after both were read, but no value goes from one to the other."""
    build = Build(*A_AND_B)
    x, y = build.read("A", 0), build.read("B", 0)
    build.store("A", 0, x)
    build.store("B", 0, y)
    assert names(atoms_of(build)) == ["A", "B"]


def test_a_ring_of_three_states_is_one_atom() -> None:
    states = (*A_AND_B, array_state("C"))
    build = Build(*states)
    for read, written in (("A", "B"), ("B", "C"), ("C", "A")):
        build.store(written, 0, build.read(read, 0))
    assert names(atoms_of(build)) == ["A, B, C"]


def test_an_index_and_its_lease_are_one_atom() -> None:
    (atom,) = find_atoms(nat()).atoms
    assert (atom.states, atom.lines) == (("sessions", "by_flow"), (6, 11))


def test_tables_on_the_way_join_and_others_stand_alone() -> None:
    atoms = find_atoms(load_balancer())
    assert [(atom.name, atom.constant) for atom in atoms.atoms] == [
        ("connections", False),
        ("maglev (line 9)", True),
    ]
    assert atoms.of_state("backends") == (atoms.atoms[0],)


def test_two_handlers_of_one_state_are_one_atom() -> None:
    assert [atom.name for atom in find_atoms(firewall()).atoms] == ["flows", "refused"]


@pytest.mark.parametrize("shared", [False, True])
def test_a_pure_operation_lives_with_its_only_user(shared: bool) -> None:
    build = Build(map_state("m", [32]), array_state("A"))
    source = build.field("ipv4.src")
    key = build.negate(source)
    build.insert(build.find("m", [key]))
    if shared:
        build.update("A", 0, key)
    atoms = atoms_of(build)
    place = next(i for i, op in enumerate(build.operations) if getattr(op, "operator", None) is UnaryOperator.NOT)
    assert atoms.of_operation[place] is None
    assert atoms.home[place] == (None if shared else 0)
    assert atoms.home[0] == atoms.home[place]
    assert atoms.name_at(place) == "stateless"


def test_two_look_ups_in_one_table_are_two_atoms() -> None:
    build = Build(table_state("t", 16, [16]))
    for line in (3, 4):
        build.line = line
        build.write("udp.dport", build.table("t", build.field("udp.dport"), [16]).values[0])
    assert [(atom.name, atom.constant) for atom in atoms_of(build).atoms] == [
        ("t (line 3)", True),
        ("t (line 4)", True),
    ]
