from compiler.analyses.atoms import Atom, Atoms, find_atoms
from compiler.analyses.cacheable import Cacheability, CachedPath, classify_paths
from compiler.analyses.dependences import Dependences, Needs, find_dependences
from compiler.analyses.entries import check_entries
from compiler.analyses.explain import Explanation, explain, explanation_data, render_explanation
from compiler.analyses.path_groups import PathGroup, group_paths
from compiler.analyses.paths import Decision, PacketPath, Paths, find_paths, walk_paths
from compiler.analyses.reasons import Reason
from compiler.analyses.shares import HandlerShare, NotSharded, ShardedState, Shares, infer_shares
from compiler.analyses.state_algebra import StateAlgebra, StateClass, StateFact, classify_states

__all__ = [
    "Atom",
    "Atoms",
    "Cacheability",
    "CachedPath",
    "Decision",
    "Dependences",
    "Explanation",
    "HandlerShare",
    "Needs",
    "NotSharded",
    "PacketPath",
    "PathGroup",
    "Paths",
    "Reason",
    "ShardedState",
    "Shares",
    "StateAlgebra",
    "StateClass",
    "StateFact",
    "check_entries",
    "classify_paths",
    "classify_states",
    "explain",
    "explanation_data",
    "find_atoms",
    "find_dependences",
    "find_paths",
    "group_paths",
    "infer_shares",
    "render_explanation",
    "walk_paths",
]
