"""The passes in order: a table of contents of what happens to a program after the front end."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from compiler.analyses.shares import infer_shares
from compiler.ir.program import Program
from compiler.ir.verify import verify
from compiler.passes.assign_shares import assign_shares
from compiler.passes.copy_tables import copy_tables
from compiler.passes.eliminate_common_subexpressions import eliminate_common_subexpressions
from compiler.passes.eliminate_dead_code import eliminate_dead_code
from compiler.passes.expand_state import expand_state
from compiler.passes.fold_constants import fold_constants
from compiler.passes.merge_table_lookups import merge_table_lookups
from compiler.passes.propagate_copies import propagate_copies
from compiler.passes.prune_headers import prune_headers


@dataclass(frozen=True, slots=True)
class Pass:
    """`needs` and `provides` name facts that hold of a program; later passes keep them."""

    name: str
    run: Callable[[Program], Program]
    needs: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    on_request: bool = False  # only some targets want it


class UnknownPassError(Exception):
    """No pass has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no pass is called {name}; there are {', '.join(p.name for p in PASSES)}")
        self.name = name


def _assign_inferred_shares(program: Program) -> Program:
    return program if program.shares == 1 else assign_shares(program, infer_shares(program))


# fmt: off
PASSES: tuple[Pass, ...] = (
    Pass("assign_shares", _assign_inferred_shares, provides=("shares",)),
    Pass("fold_constants", fold_constants, provides=("constants folded",)),
    Pass("propagate_copies", propagate_copies, needs=("constants folded",)),
    Pass("eliminate_common_subexpressions", eliminate_common_subexpressions),
    Pass("eliminate_dead_code", eliminate_dead_code, provides=("no dead reads",)),
    Pass("prune_headers", prune_headers, needs=("no dead reads",)),
    Pass("merge_table_lookups", merge_table_lookups, on_request=True),
    Pass("expand_state", expand_state, needs=("shares",), on_request=True),
    Pass("copy_tables", copy_tables, on_request=True),
)
# fmt: on

_CLEAN_UP = ("fold_constants", "propagate_copies", "eliminate_common_subexpressions", "eliminate_dead_code")


def run_passes(
    program: Program,
    *,
    since: str | None = None,
    until: str | None = None,
    also: Collection[str] = (),
    check: bool = False,
) -> Program:
    """`program` after the passes behind `since` (None: from the first on) up to and with `until` (None: the last).

    `also` names passes that only some targets want; `until` asks for such a one by itself. After each,
    the program is cleaned up again, unless it was the last. `check`: verify after every pass.
    Raises `UnknownPassError`.
    """
    for name in (*also, *([until] if until else [])):
        _pass_named(name)
    for step in PASSES[PASSES.index(_pass_named(since)) + 1 if since else 0 :]:
        if step.on_request and step.name not in also and step.name != until:
            continue
        program = _run(step, program, check=check)
        if step.name == until:
            break
        if step.on_request:
            for name in _CLEAN_UP:
                program = _run(_pass_named(name), program, check=check)
    return program


def _pass_named(name: str) -> Pass:
    for step in PASSES:
        if step.name == name:
            return step
    raise UnknownPassError(name)


def _run(step: Pass, program: Program, *, check: bool) -> Program:
    after = step.run(program)
    if check:
        verify(after)
    return after
