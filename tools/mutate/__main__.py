"""Apply listed slips to the generators of P4 and C, one at a time in a copy, and see which ones the tests tell.

    python -m tools.mutate [--target p4|c|all] [--only TEXT] [--jobs N] [--golden]

P4 is run on bmv2 and C in this machine's processor, both beside the interpreter. Exits with 1 where fewer than 98 % of
a target's slips are told, or where an entry of a list no longer fits its file.
"""

from __future__ import annotations

import argparse
import queue
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.mutate.c_target import CTarget
from tools.mutate.mutations import ListError, Mutation, load_mutations
from tools.mutate.p4_target import P4Target
from tools.mutate.scratch import Scratch, Verdict
from tools.mutate.target import Target

WANTED = 0.98
TARGETS: tuple[Target, ...] = (P4Target(), CTarget())


def try_all(target: Target, mutations: Sequence[Mutation], folder: Path, *, jobs: int, golden: bool) -> list[Verdict]:
    common = folder / "common"
    common.mkdir(parents=True)
    target.prepare(common)
    scratches: queue.SimpleQueue[Scratch] = queue.SimpleQueue()
    for number in range(jobs):
        scratches.put(Scratch(folder / f"copy{number}", target, common))
    first = scratches.get()
    kind, how = first.judge(None)
    scratches.put(first)
    if kind != "survived":
        sys.exit(f"without any mutation {target.name} differs from the interpreter ({how}); mend that first")

    def one(mutation: Mutation) -> Verdict:
        scratch = scratches.get()
        try:
            found = scratch.try_out(mutation, golden=golden)
        finally:
            scratches.put(scratch)
        if found.kind == "killed":
            print(f"killed    {found.seconds:5.1f} s  {mutation.file}: {mutation.breaks} [{found.how}]", flush=True)
        else:
            print(f"{found.kind.upper()}  {mutation.file}: {mutation.breaks} [{found.how}]", flush=True)
        return found

    with ThreadPoolExecutor(jobs) as pool:
        return list(pool.map(one, mutations))


def report(target: Target, verdicts: Sequence[Verdict], seconds: float) -> bool:
    """Print what became of a target's slips; whether that is good enough."""
    killed = sum(v.kind == "killed" for v in verdicts)
    tried = sum(v.kind != "not applicable" for v in verdicts)
    share = killed / tried if tried else 0.0
    print(f"\n{target.name}: {killed} of {tried} killed ({share:.1%}) in {seconds:.0f} s")
    for verdict in verdicts:
        if verdict.kind != "killed":
            print(f"  {verdict.kind}: {verdict.mutation.file}: {verdict.mutation.breaks} [{verdict.how}]")
    return share >= WANTED and tried == len(verdicts)


def listed(target: Target, only: str) -> list[Mutation]:
    """The mutations of its lists whose file or sentence has the text `only`."""
    return [m for path in target.lists for m in load_mutations(path) if only in f"{m.file}: {m.breaks}"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools.mutate", description="Which slips in the generators are noticed?")
    names = [target.name for target in TARGETS]
    parser.add_argument("--target", choices=[*names, "all"], default="all", help="all: those that can run here")
    parser.add_argument("--only", default="", metavar="TEXT", help="those whose file or sentence has this text")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time")
    parser.add_argument("--golden", action="store_true", help="a change that only the text's tests see counts, too")
    arguments = parser.parse_args()
    wanted = [target for target in TARGETS if arguments.target in (target.name, "all")]
    missing = {target.name: why for target in wanted if (why := target.missing())}
    if len(missing) == len(wanted):
        sys.exit("\n".join(f"{name}: {why}" for name, why in missing.items()))
    good = True
    for target in wanted:
        if target.name in missing:
            print(f"{target.name} is left out: {missing[target.name]}")
            continue
        try:
            mutations = listed(target, arguments.only)
        except ListError as error:
            sys.exit(str(error))
        if not mutations:
            print(f"{target.name}: no mutation has {arguments.only!r}")
            continue
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="weft-mutate-") as folder:
            verdicts = try_all(target, mutations, Path(folder), jobs=arguments.jobs, golden=arguments.golden)
        good &= report(target, verdicts, time.monotonic() - start)
    sys.exit(not good)


if __name__ == "__main__":
    main()
