"""Give the front end as many wrong programs as asked for; count what it says, and how fast.

    python -m bench.fuzz [--inputs N] [--first N] [--limit SECONDS] [--json PATH]

Inputs are numbered; a number that fails (an exception that is no diagnostic, a span outside the text, or more than
`--limit` seconds) is printed with its reason, and `--show NUMBER` prints the input.
"""

import argparse
import json
import signal
import time
import traceback
from collections import Counter
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from tests.fuzz.inputs import fuzz_input
from tests.fuzz.property import outcome


class TooSlowError(Exception):
    """An input took longer than the limit."""


def stop(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlowError


def failure_of(text: str, limit: int) -> tuple[tuple[str, ...], str | None]:
    """The codes reported for `text`, and what is wrong with that, if anything."""
    signal.alarm(limit)
    try:
        return outcome(text), None
    except TooSlowError:
        return (), f"took more than {limit} s"
    except Exception as error:  # noqa: BLE001 -- every kind of exception is what is looked for
        frames = traceback.extract_tb(error.__traceback__)
        return (), f"{type(error).__name__}: {error} at {Path(frames[-1].filename).name}:{frames[-1].lineno}"
    finally:
        signal.alarm(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--inputs", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--show", type=int)
    options = parser.parse_args()
    if options.show is not None:
        print(fuzz_input(options.show))
        return
    signal.signal(signal.SIGALRM, stop)
    codes: Counter[str] = Counter()
    loaded, failures, slowest = 0, {}, (0.0, 0)
    begun = time.perf_counter()
    for number in range(options.first, options.first + options.inputs):
        before = time.perf_counter()
        found, failure = failure_of(fuzz_input(number), options.limit)
        slowest = max(slowest, (time.perf_counter() - before, number))
        if failure is not None:
            failures[number] = failure
            print(f"{number}: {failure}", flush=True)
        codes.update(set(found))
        loaded += failure is None and not found
    seconds = time.perf_counter() - begun
    table = Table("measure", "value", title="Wrong programs in the front end")
    rows = {
        "inputs": options.inputs,
        "loaded without a word": loaded,
        "different codes": len(codes),
        "failures": len(failures),
        "inputs per second": round(options.inputs / seconds, 1),
        "slowest, s": round(slowest[0], 2),
        "slowest input": slowest[1],
    }
    for name, value in rows.items():
        table.add_row(name, f"{value:,}")
    Console().print(table)
    if options.json is not None:
        result = {**rows, "codes": dict(codes.most_common()), "failures": failures}
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
