"""Which headers can be in one packet: what the parse rules alone imply.

Parsing is one chain from the outermost header on, so two headers are in one packet only if one can
follow the other, at some distance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from compiler.ir.headers import Header
from compiler.ir.program import Program

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, slots=True)
class ParseOrder:
    """`excluded[h]`: headers never in a packet with h. `required[h]`: those in every packet with h."""

    excluded: Mapping[str, frozenset[str]]
    required: Mapping[str, frozenset[str]]
    headers: Mapping[str, Header]


def find_parse_order(program: Program) -> ParseOrder:
    import networkx as nx  # noqa: PLC0415 - slow to load, and rarely needed

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(header.name for header in program.headers)
    graph.add_edges_from((rule.previous, header.name) for header in program.headers for rule in header.rules)
    together = {name: nx.ancestors(graph, name) | nx.descendants(graph, name) | {name} for name in graph}
    excluded = {name: frozenset(set(graph) - with_it) for name, with_it in together.items()}
    headers = {header.name: header for header in program.headers}
    required: dict[str, frozenset[str]] = {}
    for name in nx.topological_sort(graph):
        ways = [required[previous] | {previous} for previous in graph.predecessors(name)]
        required[name] = frozenset.intersection(*ways) if ways else frozenset()
    return ParseOrder(excluded, required, headers)
