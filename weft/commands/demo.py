"""`weft demo`."""

from __future__ import annotations

import importlib.util
import tempfile
from pathlib import Path

from sim.traffic.script import Captures
from weft.bundled import bundled_examples
from weft.commands.run import print_replay
from weft.engines import chosen_engine
from weft.failures import CommandError
from weft.program_to_run import load_runnable
from weft.replay import replay, total_bytes
from weft.terminal import progress, write_note

_EXAMPLE = "nat"


def run_demo(folder: Path | None, *, packets: int, as_json: bool) -> None:
    """Generate the traffic of the bundled NAT, run the NAT over it, print the summary and where the files are."""
    target = Path(tempfile.mkdtemp(prefix="weft-demo-")) if folder is None else folder
    example = bundled_examples() / _EXAMPLE
    program = load_runnable(example / f"{_EXAMPLE}.weft", warn=False).program
    captures = _captures_of(example / "traffic.py")(target / "in", packets=packets)
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    inputs = {numbers[name]: path for name, path in captures.items()}
    with progress(f"running {program.name}", total=total_bytes(inputs.values())) as advance:
        replayed = replay(program, inputs, out_dir=target / "out", engine=chosen_engine(None), progress=advance)
    print_replay(replayed, as_json=as_json)
    write_note(f"the program: {example / f'{_EXAMPLE}.weft'}")
    write_note(f"what arrived and what left: {target}/in, {target}/out")


def _captures_of(script: Path) -> Captures:
    """The function `captures` of an example's generator."""
    found = importlib.util.spec_from_file_location("weft_demo_traffic", script)
    if found is None or found.loader is None or not script.is_file():
        raise CommandError(f"{script} is missing: this installation is incomplete")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.captures
