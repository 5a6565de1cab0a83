from __future__ import annotations

import networkx as nx
import pytest

from compiler.analyses import find_dependences
from compiler.ir.operations import Clone
from compiler.ir.program import Program
from compiler.ir.values import constant
from tests.compiler.analyses.build import Build, array_state
from tests.compiler.analyses.programs import firewall, load_balancer, nat, pool_nat


def test_each_kind_of_dependence() -> None:
    build = Build(array_state("A"))
    condition = build.present("ipv4")  # 0
    first = build.read("A", 0)  # 1
    with build.when(condition):
        build.store("A", 0, first)  # 2
        build.write("ipv4.src", first)  # 3
        build.write("ipv4.src", constant(1, 32))  # 4
        build.put(Clone, port=constant(1, 16))  # 5
        build.write("ipv4.dst", first)  # 6
        build.send(1)  # 7
    with build.when(condition, truth=False):
        build.read("A", 1)  # 8
        build.drop()  # 9
    needs = find_dependences(build.program()).needs
    assert needs[1].all == ()
    assert (needs[2].data, needs[2].control, needs[2].state) == ((1,), (0,), (1,))
    assert needs[4].packet == (3,)
    assert (needs[5].packet, needs[5].emission) == ((3, 4), ())
    assert needs[6].packet == (5,)  # the copy must not carry the later write
    assert (needs[7].packet, needs[7].emission) == ((3, 4, 6), (5,))
    assert (needs[8].control, needs[8].state) == ((0,), (2,))
    assert (needs[9].packet, needs[9].emission) == ((), ())  # the send is carried out only elsewhere


@pytest.mark.parametrize("program", [nat(), pool_nat(), firewall(), load_balancer()])
def test_the_graph_is_acyclic_and_points_forward(program: Program) -> None:
    graph = find_dependences(program).graph()
    assert nx.is_directed_acyclic_graph(graph)
    assert all(before < after for before, after in graph.edges)
    assert len(graph) == len(program.operations)


def test_an_index_access_is_on_the_chain_of_its_lease() -> None:
    program = nat()
    kinds = [type(operation).__name__ for operation in program.operations]
    needs = find_dependences(program).needs
    assert needs[kinds.index("LeaseGet")].state == (kinds.index("IndexOpen"),)
