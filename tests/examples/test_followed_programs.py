"""A program made for following packets does what the program that `weft run` runs does."""

from dataclasses import replace
from pathlib import Path

import pytest

from compiler.frontend.lower import Assignment, Decision
from compiler.ir.verify import verify
from compiler.load import follow_source, load_program
from sim.captures import merge
from sim.control import abstract_state
from sim.interpreter import Machine, Outcome
from sim.state import build_states
from tests.examples.corpus import EXAMPLES, example_entries, example_script
from tests.examples.test_corpus import NAMES, packets_of

PACKETS = 150


def told(outcome: Outcome) -> tuple[object, ...]:
    """What became of a packet, and where in the source that was decided; numbers of guards may differ."""
    return outcome.emissions, outcome.digests, type(outcome.final), str(outcome.final.span)


@pytest.mark.parametrize("name", NAMES)
def test_both_lowerings_do_the_same_to_generated_traffic(name: str, tmp_path: Path) -> None:
    loaded, entries = load_program(EXAMPLES / name / f"{name}.weft"), example_entries(name)
    followed = follow_source(loaded)
    verify(followed.program)
    assert followed.program.states == loaded.program.states
    programs = (loaded.program, followed.program)
    states = [build_states(program, entries) for program in programs]
    plain, other = (
        Machine(program, states=own, tunables=entries.tunables, groups=entries.multicast)
        for program, own in zip(programs, states, strict=True)
    )
    numbers = {port.name: number for number, port in enumerate(loaded.program.ports)}
    captures = example_script(name, "traffic").captures(tmp_path, packets=PACKETS)
    now = 0
    for now, data, wire_length, port in merge([packets_of(path, numbers[p]) for p, path in captures.items()]):
        one, two = (m.process(data, port=port, now=now, wire_length=wire_length) for m in (plain, other))
        assert told(one) == told(two)
    assert abstract_state(loaded.program, states[0], now) == abstract_state(loaded.program, states[1], now)


@pytest.mark.parametrize("name", NAMES)
def test_every_step_stands_on_its_own_line_of_the_program(name: str) -> None:
    path = EXAMPLES / name / f"{name}.weft"
    lines = path.read_text(encoding="utf-8").splitlines()
    steps = follow_source(load_program(path)).steps
    assert [replace(step, effects=0) for step in steps] == [
        replace(step, effects=0) for step in sorted(steps, key=lambda step: step.effects)
    ]
    for step in steps:
        line = lines[step.span.line - 1]
        match step.what:
            case Decision():
                assert "if " in line
            case Assignment(name=variable, before=before) if before is not None:
                assert variable.split(".")[0] in line and "=" in line
            case _:
                assert line.strip()
