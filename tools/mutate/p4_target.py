"""Slips in the P4 generator: its programs on bmv2 have to differ from the interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from backends.p4.compile import compile_program
from tests.backends.p4.behaviour_cases import CASES
from tests.bmv2 import MISSING
from tests.engines import InterpreterEngine
from tools.mutate.mutations import Mutation
from tools.mutate.p4_baseline import Prepared, digest_of, save

# What says how state is read back from a switch, and what stands in tables: slips may change no compiled file.
_AT_RUN_TIME = ("compiler/passes/expansion/snapshots.py", "compiler/passes/expansion/arrays.py")


class P4Target:
    name = "p4"
    lists: Sequence[Path] = (Path(__file__).with_name("p4.toml"),)
    text_tests: str | None = "tests/backends/p4"
    time_limit_s = 150.0

    def missing(self) -> str:
        return f"{' and '.join(MISSING)}: neither on PATH nor in WEFT_P4_BIN" if MISSING else ""

    def prepare(self, common: Path) -> None:
        (common / "p4c").mkdir()
        save(prepared_cases(), common / "baseline")

    def judge(self, common: Path, mutation: Mutation | None) -> list[str]:
        command = ["tools.mutate.p4_judge", str(common / "baseline"), str(common / "p4c")]
        if mutation is None:
            return [*command, "--always-run"]
        command += ["--first", ",".join(mutation.kills)]
        if mutation.file in _AT_RUN_TIME:
            command.append("--always-run")
        if mutation.file.endswith(".p4") and mutation.kills:  # every program includes it, few call it
            command.append("--only-first")
        return command


def prepared_cases() -> list[Prepared]:
    reference = InterpreterEngine()
    found: list[Prepared] = []
    for case in CASES:
        program, packets = case.program(), case.arrivals()
        entries = case.control_entries(program)
        files = digest_of(compile_program(program, test_header=True))
        found.append(Prepared(case.name, program, entries, packets, reference.run(program, entries, packets), files))
    return found
