"""Names for the flat parts of keys and values, after the fields of the source."""

from __future__ import annotations

from backends.identifiers import as_identifier
from compiler.ir.program import Program
from compiler.ir.states import Index, Lease, Map, State, Table
from compiler.ir.types import leaves


def leaf_names(role: str, state: State, program: Program, count: int) -> list[str]:
    """Names of the `count` parts of a `key`, or of `values` or `lease_values`."""
    if isinstance(state, Index) and role != "key":
        lease = program.state(state.lease)
        assert isinstance(lease, Lease), "an index points to a lease"
        state = lease
    shape = None
    if isinstance(state, Map | Index | Table) and role == "key":
        shape = state.key_shape
    elif isinstance(state, Map | Lease | Table):
        shape = state.value_shape
    paths = [path for path, _ in leaves(shape)] if shape is not None else []
    if len(paths) != count:
        paths = [""] * count
    word = {"key": "key", "values": "value", "lease_values": "value"}.get(role, role)
    return [
        f"{word}_{as_identifier(path)}" if path else (f"{word}{place}" if count > 1 else word)
        for place, path in enumerate(paths)
    ]
