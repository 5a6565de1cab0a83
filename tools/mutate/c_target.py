"""Slips in the C generator: its programs, compiled and run here, have to differ from the interpreter."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from backends.c.compile import compile_datapath, datapath_files
from compiler.ir.program import Program
from sim.native import find_compiler
from tests.backends.c.behaviour_cases import CASES
from tests.backends.c.checks import CHECKS
from tests.differential.cases import Case
from tests.differential.native import Reference, reference_of
from tests.differential.test_corpus import NAMES
from tests.differential.test_native import QUICK, cases_of, corpus_case
from tests.differential.test_pieces import piece_cases
from tools.mutate.mutations import Mutation
from tools.mutate.p4_baseline import digest_of

_LISTS = ("values", "packets", "parsing", "states", "library")
_EXAMPLE_PACKETS = 1_000
_PIECES = 4


@dataclass(frozen=True)
class Prepared:
    """A case, and what the interpreter says of it. `text`: a digest of its C, unmutated; `checks`: by name."""

    name: str
    case: Case
    reference: Reference
    text: str
    checks: tuple[str, ...]


class CTarget:
    name = "c"
    lists: Sequence[Path] = tuple(Path(__file__).parent / "c" / f"{name}.toml" for name in _LISTS)
    text_tests: str | None = None
    time_limit_s = 1_200.0  # of one that survives: a case that does not end is stopped on its own

    def missing(self) -> str:
        return "" if find_compiler() else "no C compiler was found (cc, gcc or clang)"

    def prepare(self, common: Path) -> None:
        """A file for each case: most mutants ask for one or two of them."""
        (common / "cases").mkdir()
        (common / "cache").mkdir()
        for number, prepared in enumerate(prepared_cases(common / "traffic")):
            path = common / "cases" / f"{number:03}-{prepared.name}"
            path.write_bytes(pickle.dumps(prepared))

    def judge(self, common: Path, mutation: Mutation | None) -> list[str]:
        command = ["tools.mutate.c_judge", str(common / "cases"), str(common / "cache")]
        if mutation is None:
            return [*command, "--always-run"]
        return [*command, "--first", ",".join(mutation.kills)]


def text_of(program: Program) -> str:
    """A digest of all that a program's C is compiled from, and of what its caller knows of it."""
    datapath = compile_datapath(program)
    return f"{digest_of(datapath_files(datapath))} {datapath.room}"


def prepared_cases(folder: Path) -> Iterator[Prepared]:
    """`folder` is for captures of the examples' generators."""
    for name, case, checks in _cases(folder):
        yield Prepared(name, case, reference_of(case), text_of(case.program), checks)


def case_names() -> list[str]:
    """Those that a mutation may name as likely to show it."""
    return [*(case.name for case in CASES), *(f"example-{name}" for name in NAMES)]


def _cases(folder: Path) -> Iterator[tuple[str, Case, tuple[str, ...]]]:
    """What the tests compare, under the same checks: small programs first."""
    for case in CASES:
        yield case.name, case.given(), tuple(CHECKS)
    for case in cases_of(range(5_000_000, 5_000_000 + QUICK)):
        yield f"generated-{case.number}", case, ("plain",)
    for number in range(_PIECES):
        for place, case in enumerate(piece_cases(number)):
            yield f"piece-{number}-{place}", case, ("plain",)
    for name in NAMES:
        (folder / name).mkdir(parents=True)
        yield f"example-{name}", corpus_case(name, folder / name, _EXAMPLE_PACKETS), ("plain",)
