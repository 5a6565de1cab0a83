"""One case on the interpreter and on the real switch, and what is kept of it where they differ."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backends.p4.compile import compile_program
from compiler.ir.text_print import render_program
from compiler.ir.verify import verify
from runtime.bmv2.errors import SwitchError
from tests.bmv2 import Bmv2Engine, CompileFailedError
from tests.differential.cases import Case, random_case, refusals
from tests.differential.compare import differences
from tests.differential.known_issues import KNOWN_ISSUES
from tests.engines import InterpreterEngine


@dataclass(slots=True)
class Tally:
    """What became of a number of cases."""

    equal: int = 0
    left_out: Counter[str] = field(default_factory=Counter)  # by reason
    failed: dict[int, str] = field(default_factory=dict)  # what to look at, by the case's number

    @property
    def cases(self) -> int:
        return self.equal + self.left_out.total() + len(self.failed)


def check_cases(numbers: Sequence[int], engine: Bmv2Engine) -> Tally:
    tally = Tally()
    for number in numbers:
        case = random_case(number)
        verify(case.program)
        reason = reason_to_leave_out(case)
        if reason is not None:
            tally.left_out[reason] += 1
            continue
        found = check(case, engine)
        if found:
            tally.failed[number] = f"case {number} ({keep(case, found)}):\n" + "\n".join(found)
        else:
            tally.equal += 1
    return tally


def reason_to_leave_out(case: Case) -> str | None:
    known = next((issue.name for issue in KNOWN_ISSUES if issue.concerns(case.program)), None)
    return next(iter(refusals(case.program)), known)


def check(case: Case, engine: Bmv2Engine) -> list[str]:
    """How the switch differs from the interpreter; empty where it does not."""
    expected = InterpreterEngine().run(case.program, case.entries, case.packets)
    try:
        return differences(expected, engine.run(case.program, case.entries, case.packets))
    except CompileFailedError as error:
        return [f"p4c: {error}"]
    except (SwitchError, AssertionError) as error:
        return [f"{type(error).__name__}: {error}"]


def keep(case: Case, found: Sequence[str]) -> Path:
    """A folder that stays: the program, its P4 and what differed."""
    folder = Path(tempfile.mkdtemp(prefix=f"weft-differential-{case.number}-"))
    (folder / "case.ir").write_text(render_program(case.program))
    (folder / "differences.txt").write_text("\n".join(found) + "\n")
    for path, content in compile_program(case.program, test_header=True).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder
