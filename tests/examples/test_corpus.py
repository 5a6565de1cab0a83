"""What holds for every program of examples/."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.load import load_program
from sim.captures import Packet, merge, open_capture
from sim.interpreter import run
from tests.examples.corpus import EXAMPLES, example_entries, example_program, example_script

NAMES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name not in ("__pycache__", "labs"))
PACKETS = 200


def code_lines(program: str) -> int:
    """The lines that are neither blank nor only a comment."""
    return sum(bool(line.strip()) and not line.strip().startswith("//") for line in program.splitlines())


def example_text(name: str, file: str) -> str:
    return (EXAMPLES / name / file).read_text(encoding="utf-8")


def packets_of(path: Path, port: int) -> Iterator[Packet]:
    with open_capture(path) as capture:
        yield from (packet._replace(port=port) for packet in capture)


def test_code_lines_are_counted_as_by_hand() -> None:
    assert code_lines("// one\n\nuse std::net;  // two\n   // three\non a (_) {\n    drop\n}\n") == 4


def test_the_table_lists_every_program_and_nothing_else() -> None:
    rows = re.findall(r"^\| \[(\w+)\]\((\w+)/README\.md\) \| .+ \| (\d+) \|$", example_text(".", "README.md"), re.M)
    lines = {name: code_lines(example_text(name, f"{name}.weft")) for name in NAMES}
    assert {name: int(count) for name, _, count in rows} == lines
    assert [name for name, _, _ in rows] == [folder for _, folder, _ in rows] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_readme_says_how_long_the_program_is_and_how_to_run_it(name: str) -> None:
    text = example_text(name, "README.md")
    assert re.findall(r"(\d+) lines of Weft", text) == [str(code_lines(example_text(name, f"{name}.weft")))]
    assert f"weft run examples/{name}/{name}.weft" in text
    assert (f"--entries examples/{name}/tables.toml" in text) == (EXAMPLES / name / "tables.toml").is_file()
    assert "\n## Not covered\n" in text


@pytest.mark.parametrize("name", NAMES)
def test_the_program_checks_without_a_warning(name: str) -> None:
    assert load_program(EXAMPLES / name / f"{name}.weft").warnings == ()


@pytest.mark.parametrize("name", NAMES)
def test_the_program_begins_with_a_sentence_on_what_it_does(name: str) -> None:
    assert re.match(r"// [A-Z].*[^ ]\n", example_text(name, f"{name}.weft"))


@pytest.mark.parametrize("name", NAMES)
def test_the_interpreter_takes_the_traffic_of_the_generator(name: str, tmp_path: Path) -> None:
    program, entries = example_program(name), example_entries(name)
    captures = example_script(name, "traffic").captures(tmp_path, packets=PACKETS)
    numbers = {port.name: number for number, port in enumerate(program.ports)}
    inputs = [packets_of(path, numbers[port]) for port, path in captures.items()]
    summary = run(program, merge(inputs), entries=entries)
    assert summary.packets == PACKETS
    assert sum(traffic.packets for traffic in summary.sent) > 0
    assert summary.unhandled == summary.lost == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides_the_traffic(name: str, tmp_path: Path) -> None:
    captures = example_script(name, "traffic").captures
    written = []
    for number, seed in enumerate((7, 7, 8)):
        paths = captures(tmp_path / str(number), packets=PACKETS, seed=seed)
        written.append({port: path.read_bytes() for port, path in paths.items()})
    assert written[0] == written[1] != written[2]


def test_a_generator_runs_as_a_script_and_prints_what_weft_run_takes(tmp_path: Path) -> None:
    script = EXAMPLES / "bridge" / "traffic.py"
    arguments = [sys.executable, str(script), "--packets", "8", "--seed", "2", "--out", str(tmp_path)]
    finished = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert finished.stdout.splitlines() == [f"any[{port}]={tmp_path}/any-{port}.pcap" for port in range(4)]
